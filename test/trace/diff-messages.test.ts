import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { diffMessages } from '../../src/trace/diff-messages.js'
import type { MessageEntry } from '../../src/trace/entry.js'
import { MAX_COMPARED_LINES } from '../../src/trace/limits.js'
import { SampleTrace } from './sample-trace.js'

const message = (text: string) => new SampleTrace().out(['a', '1.1.1.1:1'], ['b', '2.2.2.2:2'], text).entries[0] as MessageEntry
/** `= left | right`, what differs in brackets. */
const shown = (left: string, right: string): string[] =>
  diffMessages(message(left), message(right)).map(row => {
    const side = (one: typeof row.left): string =>
      one === undefined
        ? ''
        : one.to > one.from
          ? `${one.text.slice(0, one.from)}[${one.text.slice(one.from, one.to)}]${one.text.slice(one.to)}`
          : one.text
    return `${{ same: '=', changed: '~', removed: '-', added: '+' }[row.kind]} ${side(row.left)} | ${side(row.right)}`
  })

describe('two messages side by side', () => {
  it('stand header by header, wherever each is, and line by line in the body', () => {
    const left =
      'INVITE sip:b SIP/2.0\r\nVia: x;branch=z9hG4bK1\r\nCSeq: 1 INVITE\r\nSubject: a\r\n\r\nv=0\r\nm=message 9 TCP/MSRP *\r\na=sendonly\r\na=path:p\r\n'
    const right =
      'INVITE sip:b SIP/2.0\r\nCSeq: 2 INVITE\r\nvia: x;branch=z9hG4bK2\r\nAllow: ACK\r\n\r\nv=0\r\nm=message 0 TCP/MSRP *\r\na=path:p\r\na=recvonly\r\n'
    expect(shown(left, right)).toEqual([
      '= INVITE sip:b SIP/2.0 | INVITE sip:b SIP/2.0',
      '~ [Via: x;branch=z9hG4bK1] | [via: x;branch=z9hG4bK2]',
      '~ CSeq: [1] INVITE | CSeq: [2] INVITE',
      '- [Subject: a] | ',
      '+  | [Allow: ACK]',
      '=  | ',
      '= v=0 | v=0',
      '~ m=message [9] TCP/MSRP * | m=message [0] TCP/MSRP *',
      '- [a=sendonly] | ',
      '= a=path:p | a=path:p',
      '+  | [a=recvonly]',
    ])
  })

  it('keep repeated headers in order, and pieces that only one has', () => {
    expect(shown('SIP/2.0 200 OK\r\nVia: 1\r\nVia: 2', 'SIP/2.0 200 OK\r\nVia: 1')).toEqual([
      '= SIP/2.0 200 OK | SIP/2.0 200 OK',
      '= Via: 1 | Via: 1',
      '- [Via: 2] | ',
    ])
    expect(shown('A\r\n\r\nx', 'AB\r\n\r\n')).toEqual(['~ A | A[B]', '=  | ', '- [x] | '])
  })

  it('are the same when they are, and hold every line of both', () => {
    const lines = fc.array(fc.constantFrom('A: 1', 'A: 2', 'B: 1', '', 'v=0', 'a=x:1', 'a=x:2', 'm=1', 'text'), { maxLength: 15 })
    fc.assert(
      fc.property(lines, lines, (a, b) => {
        const texts = [a, b].map(list => ['START', ...list, 'end'].join('\r\n')) as [string, string]
        const rows = diffMessages(message(texts[0]), message(texts[1]))
        const all = (text: string): string[] =>
          text
            .split('\r\n')
            .filter(line => line !== '')
            .sort()
        expect(rows.flatMap(({ left }) => left?.text || []).sort()).toEqual(all(texts[0]))
        expect(rows.flatMap(({ right }) => right?.text || []).sort()).toEqual(all(texts[1]))
        expect(diffMessages(message(texts[0]), message(texts[0])).every(({ kind }) => kind === 'same')).toBe(true)
      }),
    )
  })

  it('are compared up to a number of lines', () => {
    const long = message(`A\r\n\r\n${'x\r\n'.repeat(MAX_COMPARED_LINES * 2)}`)
    expect(diffMessages(long, long).length).toBe(MAX_COMPARED_LINES)
  })
})
