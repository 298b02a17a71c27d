import { describe, expect, it } from 'vitest'
import { Hand, OWN, OWN_ID, PEER, sendText } from '../kit/msrp-hand.js'

const SUCCESS = [undefined, 'no', 'yes'] as const
const FAILURE = [undefined, 'yes', 'partial', 'no'] as const

describe('what the receiver says', () => {
  const cells = SUCCESS.flatMap(success =>
    FAILURE.flatMap(failure => ([200, 403, 415] as const).map(outcome => ({ success, failure, outcome }))),
  )

  it.each(cells)(
    'Success-Report $success, Failure-Report $failure, outcome $outcome @req MSRP-40 MSRP-41 MSRP-51 MSRP-52',
    ({ success, failure, outcome }) => {
      const hand = Hand.passive('receive', { acceptTypes: ['text/plain'] })
      const headers = [
        ...(success === undefined ? [] : [`Success-Report: ${success}`]),
        ...(failure === undefined ? [] : [`Failure-Report: ${failure}`]),
      ]
      hand.say(sendText({ body: 'hello', headers, type: outcome === 415 ? 'image/png' : 'text/plain' }))
      const response = hand.said().map(({ start }) => Number(start.split(' ')[2]))
      hand.give({ type: 'verdict', sessionId: OWN_ID, messageId: 'mid00001', status: outcome })
      const report = hand.said().map(({ headers: { Status: status } }) => status?.slice(0, 7))

      const isYes = failure === undefined || failure === 'yes'
      if (outcome === 415) {
        // seen before the 200: goes into the response
        expect(response).toEqual(failure === 'no' ? [] : [415])
        expect(report).toEqual([])
      } else {
        expect(response).toEqual(isYes ? [200] : [])
        const wantsSuccess = outcome === 200 && success === 'yes'
        const wantsFailure = outcome === 403 && failure !== 'no'
        expect(report).toEqual(wantsSuccess || wantsFailure ? [`000 ${outcome}`] : [])
      }
    },
  )

  it('writes the REPORT of call flow 1: paths, ids, whole range, fresh tid @req MSRP-50 MSRP-51', () => {
    const hand = Hand.passive('receive')
    hand.say(sendText({ tid: 'tid00001', body: 'abc', range: '1-3/6', flag: '+', headers: ['Success-Report: yes'] }))
    hand.say(sendText({ tid: 'tid00002', body: 'def', range: '4-6/6', flag: '$', headers: ['Success-Report: yes'] }))
    hand.heard()
    hand.give({ type: 'verdict', sessionId: OWN_ID, messageId: 'mid00001', status: 200 })
    const [report] = hand.said()
    expect(report).toEqual({
      start: `MSRP ${report?.tid} REPORT`,
      tid: expect.stringMatching(/^[A-Za-z0-9]{32}$/),
      headers: { 'To-Path': PEER, 'From-Path': OWN, 'Message-ID': 'mid00001', 'Byte-Range': '1-6/6', Status: '000 200 OK' },
      body: undefined,
      flag: '$',
    })
  })

  it('reports an empty file as 1-0/0, and a failure with its comment @req MSRP-50 MSRP-52', () => {
    const hand = Hand.passive('receive')
    hand.say(sendText({ body: '', range: '1-0/0' }))
    hand.heard()
    hand.give({ type: 'verdict', sessionId: OWN_ID, messageId: 'mid00001', status: 403, comment: 'content does\r\nnot match' })
    expect(hand.said()[0]?.headers).toMatchObject({ 'Byte-Range': '1-0/0', Status: '000 403 content does  not match' })
  })

  it('says nothing before the verdict and nothing twice @req MSRP-51', () => {
    const hand = Hand.passive('receive')
    hand.say(sendText({ body: 'hello', headers: ['Success-Report: yes'] }))
    expect(hand.said()).toHaveLength(1)
    hand.wait(100_000)
    expect(hand.heard()).toBe('')
    for (const messageId of ['other0001', 'mid00001', 'mid00001']) hand.give({ type: 'verdict', sessionId: OWN_ID, messageId, status: 200 })
    expect(hand.said()).toHaveLength(1)
  })

  it('sends no REPORT for a session that is gone @req MSRP-53', () => {
    const hand = Hand.passive('receive')
    hand.say(sendText({ body: 'hello', headers: ['Success-Report: yes'] }))
    hand.heard()
    hand.give({ type: 'closed', connection: 'in-1' })
    hand.give({ type: 'verdict', sessionId: OWN_ID, messageId: 'mid00001', status: 200 })
    expect(hand.heard()).toBe('')
  })

  it('turns a store error in the middle into a refusal of the next chunk @req MSRP-52', () => {
    const hand = Hand.passive('receive')
    hand.say(sendText({ body: 'abc', range: '1-*/10', flag: '+' }))
    hand.heard()
    hand.give({ type: 'verdict', sessionId: OWN_ID, messageId: 'mid00001', status: 413 })
    hand.say(sendText({ body: 'def', range: '4-*/10', tid: 'tid00002' }))
    expect(hand.said()[0]?.start).toBe('MSRP tid00002 413 Stop Sending')
  })

  it('turns an abort between the last 200 and the verdict into a failure REPORT @req MSRP-52 OA-41', () => {
    const hand = Hand.passive('receive')
    hand.say(sendText({ body: 'hello', headers: ['Success-Report: yes'] }))
    hand.heard()
    hand.give({ type: 'abort', sessionId: OWN_ID })
    expect(hand.said()[0]?.headers['Status']).toBe('000 413 Stop Sending')
  })
})
