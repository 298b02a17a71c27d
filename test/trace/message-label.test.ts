import { describe, expect, it } from 'vitest'
import type { MessageEntry } from '../../src/trace/entry.js'
import { MAX_HEADERS, MAX_LABEL_LENGTH } from '../../src/trace/limits.js'
import { headerOf, type MessageHead, readHead } from '../../src/trace/message-head.js'
import { mediaPorts, messageLabel } from '../../src/trace/message-label.js'
import { msrpText, sdpText, sipText } from './sample-trace.js'

const entry = (text: string, fields: Partial<MessageEntry> = {}): MessageEntry => ({
  v: 1,
  kind: 'message',
  time: 1,
  protocol: text.startsWith('MSRP') ? 'msrp' : 'sip',
  direction: 'in',
  transport: 'tcp',
  party: 'a',
  local: '1.1.1.1:1',
  remote: '2.2.2.2:2',
  text,
  bodyLength: 0,
  ...fields,
})
const msrp = (start: string, headers = '') => msrpText(start, 'msrp://b:1/s;tcp', 'msrp://a:1/s;tcp', headers)

describe('the label of one message', () => {
  it('does not count the line of a capability description as a declined file', () => {
    const answer = sipText('SIP/2.0 200 OK', '7 OPTIONS', { sdp: sdpText('msrp://a:1/s;tcp', 0) })
    expect(messageLabel(entry(answer))).toBe('200 OK (SDP: capabilities)')
  })

  it.each([
    ['INVITE (SDP)', entry(sipText('INVITE sip:b SIP/2.0', '1 INVITE', { sdp: sdpText('msrp://a:1/s;tcp', 1) }))],
    ['200 OK (SDP: 1 no)', entry(sipText('SIP/2.0 200 OK', '1 INVITE', { sdp: sdpText('msrp://a:1/s;tcp', 0) }))],
    ['200', entry('SIP/2.0 200 \r\n\r\n')],
    ['SEND · 1.3 MB · $', entry(msrp('t1 SEND'), { bodyLength: 1_281_000, flag: '$' })],
    ['SEND', entry(msrp('t1 SEND'))],
    ['REPORT 408', entry(msrp('t1 REPORT', 'Status: 000 408 Late\r\n'))],
    ['REPORT', entry(msrp('t1 REPORT'))],
    ['REPORT', entry(msrp('t1 REPORT', 'Status: 000\r\n'))],
    ['413 Stop', entry(msrp('t1 413 Stop'))],
    ['undecodable message', entry('nonsense')],
  ])('is %j', (label, message) => {
    expect(messageLabel(message)).toBe(label)
  })

  it('is cut when it is too long', () => {
    const label = (length: number) => messageLabel(entry(`${'X'.repeat(length)} sip:b SIP/2.0\r\n\r\n`))
    expect(label(MAX_LABEL_LENGTH - 1)).toBe('X'.repeat(MAX_LABEL_LENGTH - 1))
    expect(label(MAX_LABEL_LENGTH)).toBe('X'.repeat(MAX_LABEL_LENGTH))
    expect(label(MAX_LABEL_LENGTH + 1)).toBe(`${'X'.repeat(MAX_LABEL_LENGTH - 1)}…`)
  })

  it('counts an m-line without a port as closed', () => {
    expect(
      mediaPorts(readHead(entry('INVITE sip:b SIP/2.0\r\nc: application/sdp\r\n\r\nm=\nm=message x\nm=message 9 TCP')) as MessageHead),
    ).toEqual([0, 0, 9])
  })

  it('passes over lines that are no headers', () => {
    const head = readHead(entry('BYE sip:b SIP/2.0\r\n folded under nothing\r\nno colon\r\n: no name\r\ni: c1\r\n\r\n')) as MessageHead
    expect(head.headers).toEqual([['call-id', 'c1']])
  })

  it('looks at so many header lines and no more', () => {
    const found = (before: number) =>
      headerOf(readHead(entry(`BYE sip:b SIP/2.0\r\n${'X: y\r\n'.repeat(before)}Call-ID: c1\r\n\r\n`)) as MessageHead, 'call-id')
    expect([MAX_HEADERS - 2, MAX_HEADERS - 1, MAX_HEADERS].map(found)).toEqual(['c1', 'c1', undefined])
  })
})
