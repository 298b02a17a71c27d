import { describe, expect, it } from 'vitest'
import { Hand, OWN_ID, responseText, sendText } from '../kit/msrp-hand.js'

/** A bound passive session that is to be kept alive; nothing was written since. */
function silent(direction: 'send' | 'receive' = 'receive', keepAlive = true): Hand {
  const hand = Hand.passive(direction, { keepAlive })
  hand.say(sendText())
  hand.heard()
  return hand
}

describe('keep-alive', () => {
  it('is a bodiless SEND after 120 seconds of silence, and again after the next @req CON-19 MSRP-25', () => {
    const hand = silent()
    for (let round = 0; round < 3; round++) {
      hand.wait(119_999)
      expect(hand.said()).toEqual([])
      hand.wait(1)
      const [sign, ...more] = hand.said()
      expect(more).toEqual([])
      expect(sign).toMatchObject({ body: undefined, flag: '$', headers: { 'Byte-Range': '1-0/0' } })
      expect(sign?.headers).not.toHaveProperty('Failure-Report')
      hand.say(responseText(sign?.tid as string))
    }
    expect(hand.told()).toEqual(['bound'])
  })

  it('is counted from the last octet that came or went @req CON-19', () => {
    const hand = silent('send')
    hand.wait(100_000)
    hand.say(sendText({ tid: 'hello002' }))
    expect(hand.said()).toHaveLength(1)
    hand.wait(100_000)
    hand.send('hello')
    const [chunk] = hand.said()
    hand.wait(10)
    hand.say(responseText(chunk?.tid as string))
    hand.wait(119_999)
    expect(hand.said()).toEqual([])
    hand.wait(1)
    expect(hand.said()).toMatchObject([{ body: undefined }])
  })

  it('finds out that the peer is dead @req CON-19 MSRP-43', () => {
    const hand = silent()
    hand.wait(149_999)
    expect(hand.told()).toEqual(['bound'])
    hand.wait(1)
    expect(hand.events.at(-1)).toMatchObject({ type: 'failed', sessionId: OWN_ID, cause: 'timeout', status: 408 })
    hand.heard()
    hand.wait(1_000_000)
    expect(hand.heard()).toBe('')
  })

  it('ends with the session @req CON-19', () => {
    for (const end of [
      { type: 'remove-session', sessionId: OWN_ID },
      { type: 'closed', connection: 'in-1' },
    ] as const) {
      const hand = silent()
      hand.give(end)
      hand.wait(1_000_000)
      expect(hand.heard()).toBe('')
    }
  })

  it('is only sent where it is wanted, and one for all sessions of a connection @req CON-19', () => {
    const without = silent('receive', false)
    without.wait(1_000_000)
    expect(without.heard()).toBe('')
    const hand = Hand.passive('receive', { keepAlive: true })
    const localUri = 'msrp://192.0.2.20:2855/own1own1own1own1own1;tcp'
    const remotePath = ['msrp://192.0.2.10:2855/peer1peer1peer1peer1;tcp']
    hand.give({
      type: 'add-session',
      session: { localUri, remotePath, role: 'passive', direction: 'receive', acceptTypes: ['*'], keepAlive: true },
    })
    hand.say(sendText() + sendText({ tid: 'second01', to: localUri, from: remotePath[0] as string }))
    hand.heard()
    hand.wait(120_000)
    expect(hand.said()).toHaveLength(1)
  })
})
