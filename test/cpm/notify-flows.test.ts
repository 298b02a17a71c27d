import { describe, expect, it } from 'vitest'
import type { NotifyOrder, OutgoingFile, SessionEvent, SessionSettings } from '../../src/cpm/index.js'
import type { Body } from '../../src/sip/index.js'
import { encodeUtf8 } from '../../src/wire/index.js'
import { fileLine, LoneSession, sdp, sdpBody } from '../kit/lone-session.js'
import { SessionPair } from '../kit/session-pair.js'

const NOTES = encodeUtf8('The quick brown fox jumps over the lazy dog\n'.repeat(100))
const NOTIFY = { messageId: 'Vb2k9QwLx73TfRe1', wanted: ['positive-delivery', 'display'] } as const
const orderOf = (events: readonly SessionEvent[]): NotifyOrder | undefined => {
  const event = events.find(({ type }) => type === 'complete')
  return event?.type === 'complete' ? event.notify : undefined
}
const failure = (events: readonly SessionEvent[]) => events.find(event => event.type === 'file' && event.state === 'failed')

/** Alice sends a file with this request; what Bob was told with it. */
function pushed(notify: OutgoingFile['notify'], settings: ConstructorParameters<typeof SessionPair>[0] = {}): SessionPair {
  const pair = new SessionPair(settings)
  pair.send(pair.alice, [{ ...pair.alice.file('notes.txt', NOTES), ...(notify === undefined ? {} : { notify }) }])
  return pair
}

describe('notifications of a pushed file', () => {
  it('are ordered in its wrapper and told with the complete file @req IMDN-1', () => {
    const pair = pushed(NOTIFY)
    expect(orderOf(pair.bob.events)).toEqual({
      ...NOTIFY,
      from: 'sip:alice@home.example',
      dateTime: '2024-05-04T12:16:49Z',
      originalTo: undefined,
      recordRoute: [],
    })
    expect([...pair.bob.received.values()][0]).toEqual(NOTES)
    expect(orderOf(pushed(undefined).bob.events)).toBeUndefined()
  })

  it('are not ordered by anonymous senders @req IMDN-1', () => {
    const pair = pushed(NOTIFY, { alice: { ownUri: 'sip:anonymous@anonymous.invalid' } })
    expect([...pair.bob.received.values()][0]).toEqual(NOTES)
    expect(orderOf(pair.bob.events)).toBeUndefined()
  })

  it('are told with the failure of an accepted file @req IMDN-3', () => {
    const pair = new SessionPair({ chunkSize: 2048 })
    let octets = 0
    pair.carry = (from, view) => {
      if (from === pair.alice) octets += view.length
      return octets < 4000
    }
    pair.send(pair.alice, [{ ...pair.alice.file('notes.txt', NOTES), notify: NOTIFY }])
    pair.cut()
    expect(failure(pair.bob.events)).toMatchObject({ notify: { messageId: NOTIFY.messageId } })
    expect(failure(pair.alice.events)).not.toHaveProperty('notify')
  })
})

describe('notifications ordered in the INVITE', () => {
  const cpim = (id: string, more = '') =>
    `--b\r\nContent-Type: message/cpim\r\n\r\nFrom: <sip:alice@home1.example>\r\nTo: <sip:bob@home2.example>\r\nNS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: ${id}\r\nDateTime: 2024-05-04T12:16:49Z\r\nimdn.Disposition-Notification: positive-delivery${more}\r\n\r\n`
  const mixed = (lines: readonly string[], ...parts: readonly string[]) =>
    sdpBody(`--b\r\nContent-Type: application/sdp\r\n\r\n${sdp(...lines)}\r\n${parts.join('')}--b--\r\n`, 'multipart/mixed;boundary=b')
  const LINE = fileLine({ selector: 'name:"a.bin" type:application/octet-stream size:5' })
  const SECOND = fileLine({ selector: 'name:"b.bin" size:5', id: 'second', path: 'msrp://192.0.2.10:2855/second;tcp' })

  function received(session: LoneSession, index: number, contentType = 'application/octet-stream'): SessionEvent[] {
    const added = session.msrp.flatMap(input => (input.type === 'add-session' ? [input.session.localUri] : []))
    const sessionId = added[index]?.split(/[/;]/)[3] as string
    const message = { messageId: `m${index}`, total: 5, contentType, headers: [], successReport: true, failureReport: 'yes' } as const
    const before = session.events.length
    session.step({ type: 'msrp', event: { type: 'message', sessionId, message } })
    session.step({ type: 'msrp', event: { type: 'body', sessionId, messageId: message.messageId, offset: 0, bytes: encodeUtf8('hello') } })
    session.step({ type: 'msrp', event: { type: 'complete', sessionId, messageId: message.messageId, length: 5 } })
    return session.events.slice(before)
  }

  it('count for files that come without a wrapper, in their order @req IMDN-2 SIP-17', () => {
    const session = new LoneSession()
    session.incoming(mixed([LINE, SECOND], cpim('firstId1'), '--b\r\n\r\nno type\r\n', cpim('secondId')))
    session.answer()
    expect(orderOf(received(session, 0))).toMatchObject({
      messageId: 'firstId1',
      wanted: ['positive-delivery'],
      from: 'sip:alice@home1.example',
    })
    expect(orderOf(received(session, 1))?.messageId).toBe('secondId')
  })

  it('count for files that are added later @req IMDN-2', () => {
    const session = new LoneSession()
    session.incoming(sdp(LINE))
    session.answer()
    session.event({ name: 'offered', id: 'bob', body: mixed([LINE, SECOND], cpim('laterId1')), method: 'INVITE', request: {} as never })
    session.answer()
    expect(orderOf(received(session, 0))).toBeUndefined()
    expect(orderOf(received(session, 1))?.messageId).toBe('laterId1')
  })

  it('are none when their part is broken, and the file is offered all the same @req IMDN-2', () => {
    for (const part of [
      '--b\r\nContent-Type: message/cpim\r\n\r\nFrom nobody\r\n\r\n\r\n',
      '--b\r\nContent-Type: message/cpim\r\n\r\n\r\n',
      '',
    ]) {
      const session = new LoneSession()
      session.incoming(mixed([LINE], part))
      session.answer()
      expect(orderOf(received(session, 0))).toBeUndefined()
    }
  })

  it('are put there by a sender only when it is switched on, also beside icons @req IMDN-2', () => {
    const JPEG = { type: 'image/jpeg', bytes: Uint8Array.of(0xff, 0xd8) }
    const offer = (settings: Partial<SessionSettings>, ...more: Partial<OutgoingFile>[]) => {
      const session = new LoneSession({ ownUri: 'sip:alice@home1.example', peerUri: 'sip:bob@home2.example', ...settings })
      const files = more.map((each, index) => {
        const selector = { name: `${index}.bin`, size: 5, hashes: [] }
        return { fileId: `f${index}`, disposition: 'attachment' as const, selector, ...each }
      })
      session.step({ type: 'command', command: { name: 'send', files } })
      const invite = session.sip[0]
      return (invite?.name === 'invite' ? invite.body : undefined) as Body
    }
    const on = { notifyInInvite: true }
    const notify = (messageId: string) => ({ notify: { ...NOTIFY, messageId } })
    expect(offer({}, notify('first1')).contentType).toBe('application/sdp')
    expect(offer(on, {}, notify('second')).contentType).toBe('application/sdp')
    expect(offer({ ...on, ownUri: 'sip:anonymous@anonymous.invalid' }, notify('first1')).contentType).toBe('application/sdp')
    const body = offer({ ...on, ownDisplayName: 'Alice' }, { ...notify('first1'), icon: JPEG }, notify('second'), {}, notify('fourth'))
    expect(body.contentType).toMatch(/^multipart\/mixed;boundary="[A-Za-z0-9]{24}"$/)
    const session = new LoneSession()
    session.incoming(body)
    expect(session.offer?.files.map(({ icon }) => icon)).toEqual([JPEG, undefined, undefined, undefined])
    session.answer()
    expect(orderOf(received(session, 0))).toMatchObject({ messageId: 'first1', from: 'sip:alice@home1.example', wanted: NOTIFY.wanted })
    expect(orderOf(received(session, 1))?.messageId).toBe('second')
    expect(orderOf(received(session, 2))).toBeUndefined()
    expect(orderOf(received(session, 3))).toBeUndefined()
    const many = offer(on, ...Array.from({ length: 40 }, (_, index) => notify(`many${index}`)))
    const taker = new LoneSession()
    taker.incoming(many)
    expect(taker.offer?.files).toHaveLength(40)
  })
})
