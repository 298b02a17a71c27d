import { describe, expect, it } from 'vitest'
import { decodeLatin1, encodeUtf8 } from '../../src/wire/index.js'
import { fileLine, LoneSession, sdp } from '../kit/lone-session.js'
import { Hand, sendText } from '../kit/msrp-hand.js'
import { attribute, SessionPair } from '../kit/session-pair.js'

/** Bob gets one wrapped file of ten octets under this head; what was written and which status refused it. */
function wrapped(head: string, strict: boolean, total: number | undefined): { written: string; status: number | undefined } {
  const session = new LoneSession({ strict })
  session.incoming(sdp(fileLine({ selector: 'type:text/plain size:10' })))
  session.answer()
  const sessionId = /:2855\/([^;]+);/.exec(attribute(session.sdp, 'path')[0] ?? '')?.[1] as string
  const message = { messageId: 'm', total, contentType: 'message/cpim', headers: [], successReport: true, failureReport: 'yes' } as const
  session.step({ type: 'msrp', event: { type: 'message', sessionId, message } })
  session.step({ type: 'msrp', event: { type: 'body', sessionId, messageId: 'm', offset: 0, bytes: encodeUtf8(`${head}0123456789`) } })
  const written = session.events.map(event => (event.type === 'octets' ? decodeLatin1(event.bytes) : '')).join('')
  const status = session.msrp.flatMap(input => (input.type === 'verdict' ? [input.status] : []))[0]
  return { written, status }
}

describe('the blank line between CPIM and MIME headers', () => {
  const GLUED = 'From: <sip:a@x>\r\nTo: <sip:b@x>\r\nContent-Type: text/plain\r\n\r\n'
  const RIGHT = GLUED.replace('Content-Type', '\r\nContent-Type')

  it('D-23: may be missing in what we read, unless we are strict @req D-23', () => {
    for (const known of [true, false]) {
      const read = (head: string, strict: boolean) => wrapped(head, strict, known ? head.length + 10 : undefined)
      expect(read(GLUED, false), `${known}`).toEqual({ written: '0123456789', status: undefined })
      expect(read(RIGHT, true)).toEqual({ written: '0123456789', status: undefined })
      expect(read(GLUED, true)).toEqual({ written: '', status: 400 })
    }
  })
})

describe('nicknames', () => {
  it('D-25: are advertised in no SDP of ours, and NICKNAME gets 501 @req D-25', () => {
    const pair = new SessionPair()
    pair.send(pair.alice, [pair.alice.file('a.txt', encodeUtf8('Hello, CPM!\n'))])
    const texts = pair.sip.map(step => step.sdp).filter(text => text !== '')
    expect(texts.length).toBeGreaterThan(3)
    for (const text of texts) expect(text).not.toMatch(/chatroom|nickname/i)
    const session = new LoneSession()
    session.incoming(sdp(fileLine({ more: ['a=chatroom:nickname private-messages'] })))
    session.answer()
    expect(session.last?.name).toBe('accept')
    expect(session.sdp).not.toMatch(/chatroom|nickname/i)
    const hand = Hand.passive('receive')
    hand.say(sendText().replace('SEND', 'NICKNAME'))
    expect(hand.said()).toMatchObject([{ start: 'MSRP tid00001 501 Not Implemented' }])
  })
})
