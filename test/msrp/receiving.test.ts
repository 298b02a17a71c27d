import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { concatBytes, decodeLatin1 } from '../../src/wire/index.js'
import { Hand, OWN, OWN_ID, PEER, responseText, type SendText, sendText } from '../kit/msrp-hand.js'

/** The file as the `body` events built it. */
function file(hand: Hand): string {
  let bytes = new Uint8Array(0)
  for (const event of hand.events) {
    if (event.type !== 'body') continue
    const end = event.offset + event.bytes.length
    if (end > bytes.length) bytes = new Uint8Array(concatBytes(bytes, new Uint8Array(end - bytes.length)))
    bytes.set(event.bytes, event.offset)
  }
  return decodeLatin1(bytes)
}

const codes = (hand: Hand): string[] => hand.said().map(({ start }) => start.slice(start.indexOf(' ', 5) + 1))

describe('one message', () => {
  it('answers 200 with the paths of the RFC and gives the file @req MSRP-41 MSRP-42', () => {
    const hand = Hand.passive('receive')
    hand.say(sendText({ body: 'hello', headers: ['Content-Disposition: attachment', 'Success-Report: yes'] }))
    expect(hand.heard()).toBe(`MSRP tid00001 200 OK\r\nTo-Path: ${PEER}\r\nFrom-Path: ${OWN}\r\n-------tid00001$\r\n`)
    expect(hand.told()).toEqual(['bound', 'message', 'body', 'complete'])
    const message = hand.find('message')?.message
    expect(message).toMatchObject({ messageId: 'mid00001', total: 5, contentType: 'text/plain', successReport: true, failureReport: 'yes' })
    expect(message?.headers).toContainEqual(['Content-Disposition', 'attachment'])
    expect(hand.find('complete')).toMatchObject({ messageId: 'mid00001', length: 5 })
    expect(file(hand)).toBe('hello')
  })

  it('sends the response to the previous hop only @req MSRP-42 RLY-7', () => {
    const relay = 'msrp://relay.example.com:2855/r1;tcp'
    const hand = Hand.passive('receive', { remotePath: [relay, PEER] })
    hand.say(sendText({ body: 'hello', from: `${relay} ${PEER}`, headers: ['Success-Report: yes'] }))
    expect(hand.said()[0]?.headers['To-Path']).toBe(relay)
    hand.give({ type: 'verdict', sessionId: OWN_ID, messageId: 'mid00001', status: 200 })
    expect(hand.said()[0]?.headers['To-Path']).toBe(`${relay} ${PEER}`)
  })

  it('tells a bodiless SEND from an empty file @req MSRP-25', () => {
    const hand = Hand.passive('receive')
    hand.say(sendText({ id: 'keepalive' }))
    expect(hand.told()).toEqual(['bound'])
    hand.say(sendText({ tid: 'tid00002', body: '', range: '1-0/0' }))
    expect(hand.told()).toEqual(['bound', 'message', 'complete'])
    expect(hand.find('complete')).toMatchObject({ length: 0 })
    hand.say(sendText({ id: 'keepalive2', tid: 'tid00003' }))
    expect(codes(hand)).toEqual(['200 OK', '200 OK', '200 OK'])
  })

  it('takes a message without Byte-Range as a whole one @req MSRP-20', () => {
    const hand = Hand.passive('receive')
    hand.say(sendText({ body: 'hello', range: undefined }))
    expect(hand.find('complete')).toMatchObject({ length: 5 })
    expect(hand.find('message')?.message.total).toBeUndefined()
  })

  it('gives the body while it arrives, as views of what came in @req MSRP-7', () => {
    const hand = Hand.passive('receive')
    hand.say(sendText({ body: 'x'.repeat(50_000), range: '1-*/50000' }).slice(0, 20_000))
    expect(hand.told()).toEqual(['bound', 'message', 'body'])
    const bytes = new Uint8Array(30_000).fill(0x79)
    const outputs = hand.give({ type: 'bytes', connection: 'in-1', bytes })
    expect(outputs).toMatchObject([{ type: 'event', event: { type: 'body' } }])
    const [output] = outputs
    expect(output?.type === 'event' && output.event.type === 'body' && output.event.bytes.buffer).toBe(bytes.buffer)
    expect(hand.heard()).toBe('')
  })
})

describe('chunks', () => {
  it('puts chunks together in any order, also after the one with $ @req MSRP-26', () => {
    const text = 'abcdefghijklmnopqrst'
    const cut = [0, 3, 7, 12, 20]
    const chunks = [0, 1, 2, 3].map(index => ({ from: cut[index] as number, to: cut[index + 1] as number }))
    fc.assert(
      fc.property(fc.shuffledSubarray(chunks, { minLength: 4 }), order => {
        const hand = Hand.passive('receive')
        for (const [index, { from, to }] of order.entries()) {
          expect(hand.find('complete')).toBeUndefined()
          hand.say(sendText({ tid: `tid0000${index}`, body: text.slice(from, to), range: `${from + 1}-*/20`, flag: to === 20 ? '$' : '+' }))
        }
        expect(hand.find('complete')).toMatchObject({ length: 20 })
        expect(file(hand)).toBe(text)
        expect(codes(hand)).toEqual(['200 OK', '200 OK', '200 OK', '200 OK'])
      }),
      { numRuns: 24 },
    )
  })

  it('lets later octets win where chunks overlap, and duplicates do no harm @req MSRP-27', () => {
    const hand = Hand.passive('receive')
    hand.say(sendText({ tid: 'tid00001', body: 'aaaaaaaa', range: '1-8/12', flag: '+' }))
    hand.say(sendText({ tid: 'tid00002', body: 'aaaaaaaa', range: '1-8/12', flag: '+' }))
    hand.say(sendText({ tid: 'tid00003', body: 'bbbbbbbb', range: '5-12/12', flag: '$' }))
    expect(file(hand)).toBe('aaaabbbbbbbb')
    expect(hand.events.filter(event => event.type === 'complete')).toHaveLength(1)
  })

  it('counts the octets it sees, not the announced end @req MSRP-26', () => {
    const hand = Hand.passive('receive')
    hand.say(sendText({ tid: 'tid00001', body: 'abc', range: '1-10/10', flag: '+' }))
    hand.say(sendText({ tid: 'tid00002', body: 'defghij', range: '4-10/10', flag: '$' }))
    expect(file(hand)).toBe('abcdefghij')
    expect(hand.find('complete')).toMatchObject({ length: 10 })
  })

  it('lets the chunk with $ fix the length @req MSRP-28', () => {
    const hand = Hand.passive('receive')
    hand.say(sendText({ body: 'abc', range: '1-*/10', flag: '$' }))
    expect(hand.find('complete')).toMatchObject({ length: 3 })
    const gap = Hand.passive('receive')
    gap.say(sendText({ body: 'abc', range: '4-*/*', flag: '$' }))
    expect(gap.find('complete')).toBeUndefined()
    gap.say(sendText({ body: 'xxxx', range: '4-*/*', flag: '+', tid: 'tid00002' }))
    gap.say(sendText({ body: 'abc', range: '1-*/*', flag: '+', tid: 'tid00003' }))
    expect(codes(gap)).toEqual(['200 OK', '400 Bad Request', '200 OK'])
    expect(gap.find('complete')).toMatchObject({ length: 6 })
  })

  it('answers duplicates of a complete message and does not deliver them @req MSRP-27', () => {
    const hand = Hand.passive('receive')
    const send = sendText({ body: 'hello', headers: ['Success-Report: yes'] })
    hand.say(send)
    hand.give({ type: 'verdict', sessionId: OWN_ID, messageId: 'mid00001', status: 200 })
    hand.heard()
    const before = hand.events.length
    hand.say(send.replaceAll('tid00001', 'tid00002'))
    const [report, response] = hand.said()
    expect([response?.start, report?.headers['Status']]).toEqual(['MSRP tid00002 200 OK', '000 200 OK'])
    expect(hand.events).toHaveLength(before)
  })

  it('gives up the message on #, with 200, and refuses further chunks of it @req OA-45 MSRP-31', () => {
    const hand = Hand.passive('receive')
    hand.say(sendText({ body: 'abc', range: '1-*/10', flag: '#' }))
    expect(hand.told()).toEqual(['bound', 'message', 'body', 'abandoned'])
    expect(hand.find('abandoned')).toMatchObject({ cause: 'aborted', messageId: 'mid00001' })
    hand.say(sendText({ body: 'def', range: '4-*/10', flag: '$', tid: 'tid00002' }))
    expect(codes(hand)).toEqual(['200 OK', '413 Stop Sending'])
  })

  it.each([
    ['empty body', { body: '', range: '4-3/10', flag: '#', tid: 'tid00002' }],
    ['no body', { flag: '#', tid: 'tid00002' }],
  ] as [string, SendText][])('takes # on a chunk with %s @req OA-45', (_what, last) => {
    const hand = Hand.passive('receive')
    hand.say(sendText({ body: 'abc', range: '1-*/10', flag: '+' }))
    hand.say(sendText(last))
    expect(hand.find('abandoned')).toMatchObject({ cause: 'aborted' })
    expect(codes(hand)).toEqual(['200 OK', '200 OK'])
  })
})

describe('refusals', () => {
  it.each([
    ['400', 'a bad range', { body: 'a', range: '0-1/1' }],
    ['400', 'an end before the start', { body: 'a', range: '5-3/10' }],
    ['400', 'numbers that are not exact', { body: 'a', range: '1-*/9007199254740993' }],
    ['400', 'a body without type', { body: 'a', type: undefined }],
    ['400', 'a type without body', { type: 'text/plain' }],
    ['400', 'a wrong report value', { body: 'a', headers: ['Failure-Report: perhaps'] }],
    ['400', 'an unreadable To-Path', { body: 'a', to: 'msrp://' }],
    ['400', 'a To-Path without session-id', { body: 'a', to: 'msrp://192.0.2.20:2855;tcp' }],
    ['400', 'an unreadable From-Path', { body: 'a', from: 'me' }],
    ['415', 'a type that was not offered', { body: 'a', type: 'image/png' }],
    ['415', 'an unreadable type', { body: 'a', type: 'image' }],
    ['415', 'a transfer encoding', { body: 'a', headers: ['Content-Transfer-Encoding: base64'] }],
    ['413', 'a total over the limit', { body: 'a', range: '1-*/9999999999999' }],
    ['413', 'a start over the limit', { body: 'a', range: '5000-*/*' }],
    ['413', 'octets over the limit', { body: 'a'.repeat(1001), range: '1-*/*' }],
    ['481', 'an unknown session', { body: 'a', to: 'msrp://192.0.2.20:2855/unknown;tcp' }],
    ['481', 'a path of two', { body: 'a', to: `msrp://relay.example.com:2855/r;tcp ${OWN}` }],
    ['481', 'another sender', { body: 'a', from: 'msrp://192.0.2.66:2855/evil;tcp' }],
  ] as [string, string, SendText][])(
    'answers %s to %s @req MSRP-3 MSRP-9 MSRP-20 MSRP-29 MSRP-30 MSRP-40 MSRP-60 MSRP-62 CON-1 CON-14 CON-15',
    (code, _what, send) => {
      const hand = Hand.passive('receive', { acceptTypes: ['message/cpim', 'text/*'], maxLength: 1000 })
      hand.say(sendText(send))
      expect(codes(hand).map(text => text.slice(0, 3))).toEqual([code])
      expect(hand.find('complete')).toBeUndefined()
      hand.say(
        sendText({
          ...send,
          tid: 'tid00002',
          headers: [...(send.headers ?? []).filter(line => !line.startsWith('Failure')), 'Failure-Report: no'],
        }),
      )
      const isFault = send.headers?.[0]?.startsWith('Failure') ?? false
      if (!isFault) expect(hand.heard()).toBe('')
    },
  )

  it('takes the two-URI path apart only when it is well-formed, and echoes the tid of a malformed one @req MSRP-4', () => {
    const hand = Hand.passive('receive')
    hand.say(sendText({ tid: 'abc' }))
    expect(hand.said()[0]).toMatchObject({ start: 'MSRP abc 400 Bad Request', flag: '$' })
  })

  it('answers 400 to a SEND without Message-ID @req MSRP-11', () => {
    const hand = Hand.passive('receive')
    hand.say(sendText({ body: 'a' }).replace(/Message-ID: .*\r\n/, ''))
    expect(codes(hand)).toEqual(['400 Bad Request'])
  })

  it('answers 400 without To-Path, and closes without From-Path @req MSRP-3', () => {
    const hand = Hand.passive('receive')
    hand.say(sendText().replace(/To-Path: .*\r\n/, ''))
    expect(codes(hand)).toEqual(['400 Bad Request'])
    expect(hand.closed).toEqual([])
    hand.say(sendText({ tid: 'tid00002' }).replace(/From-Path: .*\r\n/, ''))
    expect(hand.heard()).toBe('')
    expect(hand.closed).toEqual(['in-1'])
  })

  it('answers 400 to a later chunk without Byte-Range @req MSRP-20', () => {
    const hand = Hand.passive('receive')
    hand.say(sendText({ body: 'abc', range: '1-*/10', flag: '+' }))
    hand.say(sendText({ body: 'def', range: undefined, tid: 'tid00002' }))
    expect(codes(hand)).toEqual(['200 OK', '400 Bad Request'])
  })

  it('answers 403 to payload against the direction, not to a keep-alive @req OA-36 OA-37', () => {
    const hand = Hand.passive('send')
    hand.say(sendText({ id: 'keepalive' }))
    hand.say(sendText({ body: 'evil', tid: 'tid00002' }))
    expect(codes(hand)).toEqual(['200 OK', '403 Forbidden'])
    expect(hand.told()).toEqual(['bound'])
  })

  it('answers 403 to a second file and keeps the first @req OA-60', () => {
    const hand = Hand.passive('receive')
    hand.say(sendText({ body: 'first' }))
    hand.say(sendText({ body: 'second', id: 'mid00002', tid: 'tid00002' }))
    expect(codes(hand)).toEqual(['200 OK', '403 Forbidden'])
    expect(hand.told()).toEqual(['bound', 'message', 'body', 'complete'])
    hand.give({ type: 'verdict', sessionId: OWN_ID, messageId: 'mid00001', status: 200 })
    const running = Hand.passive('receive')
    running.say(sendText({ body: 'abc', range: '1-*/6', flag: '+' }))
    running.say(sendText({ body: 'second', id: 'mid00002', tid: 'tid00002' }))
    running.say(sendText({ body: 'def', range: '4-*/6', tid: 'tid00003' }))
    expect(codes(running)).toEqual(['200 OK', '403 Forbidden', '200 OK'])
    expect(file(running)).toBe('abcdef')
  })

  it.each(['AUTH', 'NICKNAME', 'FOO'])('answers 501 to %s @req MSRP-8', method => {
    const hand = Hand.passive('receive')
    const relay = 'msrp://relay.example.com:2855/r;tcp'
    hand.say(sendText({ from: `${relay} ${PEER}` }).replace('SEND', method))
    expect(hand.said()).toMatchObject([{ start: 'MSRP tid00001 501 Not Implemented', headers: { 'To-Path': `${relay} ${PEER}` } }])
  })

  it('tells the sender early, while the chunk is still coming, and only once @req MSRP-41 RCV-12', () => {
    const hand = Hand.passive('receive', { maxLength: 10 })
    const text = sendText({ body: 'x'.repeat(30), range: '1-*/*' })
    const cut = text.indexOf('xxx') + 20
    hand.say(text.slice(0, cut))
    expect(codes(hand)).toEqual(['413 Stop Sending'])
    expect(hand.find('failed')).toMatchObject({ cause: 'refused', status: 413 })
    hand.say(text.slice(cut))
    expect(hand.heard()).toBe('')
    hand.say(sendText({ body: 'x', range: '2-*/*', tid: 'tid00002' }))
    expect(codes(hand)).toEqual(['413 Stop Sending'])
  })

  it('takes multipart and signed content whatever was offered, and exact, wild and any types @req MSRP-60', () => {
    const accepts = (acceptTypes: string[], type: string): boolean => {
      const hand = Hand.passive('receive', { acceptTypes })
      hand.say(sendText({ body: 'a', type }))
      return codes(hand)[0] === '200 OK'
    }
    expect(accepts([], 'multipart/mixed;boundary=x')).toBe(true)
    expect(accepts([], 'multipart/alternative;boundary=x')).toBe(true)
    expect(accepts([], 'multipart/signed;boundary=x')).toBe(true)
    expect(accepts(['message/cpim'], 'Message/CPIM; charset=utf-8')).toBe(true)
    expect(accepts(['image/*'], 'image/png')).toBe(true)
    expect(accepts(['image/*'], 'imagery/png')).toBe(false)
    expect(accepts(['message/cpim'], 'image/png')).toBe(false)
    expect(accepts(['*'], 'image/png')).toBe(true)
  })

  it('limits the number of separate ranges of one message @req MSRP-29', () => {
    const hand = Hand.passive('receive')
    for (let index = 0; index < 1100 && hand.find('failed') === undefined; index++) {
      hand.say(sendText({ tid: `tid0${index}`, body: 'x', range: `${index * 2 + 1}-*/*`, flag: '+' }))
    }
    expect(hand.find('failed')).toMatchObject({ status: 413 })
    expect(hand.events.filter(event => event.type === 'body')).toHaveLength(1024)
  })

  it('ignores the large body of a REPORT and refuses that of others @req MSRP-10', () => {
    const hand = Hand.passive('receive')
    hand.say(sendText())
    hand.heard()
    const body = 'x'.repeat(10_241)
    hand.say(sendText({ body, tid: 'tid00002' }).replace('SEND', 'FOO'))
    expect(codes(hand)).toEqual(['400 Bad Request'])
    hand.say(sendText({ body: 'x', tid: 'tid00003' }).replace('SEND', 'FOO'))
    expect(codes(hand)).toEqual(['501 Not Implemented'])
    hand.say(sendText({ body, tid: 'tid00004', headers: ['Status: 000 200 OK'] }).replace('SEND', 'REPORT'))
    expect(hand.heard()).toBe('')
  })
})

describe('the receiving side stops', () => {
  const half = sendText({ body: 'x'.repeat(100), range: '1-*/100' }).slice(0, -60)

  it('answers 413 to the request in progress, once @req OA-41', () => {
    const hand = Hand.passive('receive')
    hand.say(half)
    hand.give({ type: 'abort', sessionId: OWN_ID })
    expect(codes(hand)).toEqual(['413 Stop Sending'])
    hand.say('\r\n-------tid00001#\r\n')
    expect(hand.heard()).toBe('')
    hand.say(sendText({ body: 'x', range: '50-*/100', tid: 'tid00002' }))
    expect(codes(hand)).toEqual(['413 Stop Sending'])
    expect(hand.told()).toEqual(['bound', 'message', 'body'])
  })

  it('answers 413 to the next request when none is in progress @req OA-41', () => {
    const hand = Hand.passive('receive')
    hand.say(sendText({ body: 'abc', range: '1-*/10', flag: '+' }))
    hand.give({ type: 'abort', sessionId: OWN_ID })
    expect(codes(hand)).toEqual(['200 OK'])
    hand.say(sendText({ body: 'def', range: '4-*/10', tid: 'tid00002' }))
    expect(codes(hand)).toEqual(['413 Stop Sending'])
  })

  it('is silent with Failure-Report no @req OA-42', () => {
    const hand = Hand.passive('receive')
    hand.say(half.replace('Content-Type', 'Failure-Report: no\r\nContent-Type'))
    hand.give({ type: 'abort', sessionId: OWN_ID })
    hand.say('\r\n-------tid00001$\r\n')
    expect(hand.heard()).toBe('')
    expect(hand.told()).toEqual(['bound', 'message', 'body'])
  })

  it('gives up a message of which nothing comes for 60 s @req MSRP-31', () => {
    const hand = Hand.passive('receive')
    hand.say(half)
    hand.wait(59_000)
    hand.say('x')
    hand.wait(59_900)
    expect(hand.find('abandoned')).toBeUndefined()
    hand.wait(200)
    expect(hand.find('abandoned')).toMatchObject({ cause: 'idle' })
    expect(codes(hand)).toEqual(['413 Stop Sending'])
    hand.say('\r\n-------tid00001$\r\n')
    hand.say(sendText({ body: 'x', range: '50-*/100', tid: 'tid00002' }))
    expect(codes(hand)).toEqual(['413 Stop Sending'])
  })

  it('is patient while the session is paused @req OA-38 MSRP-31', () => {
    const hand = Hand.passive('receive')
    hand.say(sendText({ body: 'abc', range: '1-*/6', flag: '+' }))
    hand.give({ type: 'pause', sessionId: OWN_ID })
    hand.wait(500_000)
    hand.give({ type: 'continue', sessionId: OWN_ID })
    hand.say(sendText({ body: 'def', range: '4-*/6', tid: 'tid00002' }))
    expect(hand.told()).toEqual(['bound', 'message', 'body', 'body', 'complete'])
  })
})

describe('contradictions of a peer', () => {
  it('answers 400 to octets behind the end that $ fixed, and to another end @req MSRP-28 MSRP-20', () => {
    const hand = Hand.passive('receive')
    hand.say(sendText({ tid: 'last0001', body: 'xyz', range: '5-7/*' }))
    hand.say(sendText({ tid: 'after001', body: 'q', range: '9-*/*', flag: '+' }))
    hand.say(sendText({ tid: 'again001', body: 'uv', range: '5-6/*' }))
    expect(codes(hand)).toEqual(['200 OK', '400 Bad Request', '400 Bad Request'])
    hand.say(sendText({ tid: 'first001', body: 'abcd', range: '1-4/*', flag: '+' }))
    expect(hand.find('complete')).toMatchObject({ length: 7 })
  })

  it('does not give up for a bodiless # that names another message @req OA-45', () => {
    const hand = Hand.passive('receive')
    hand.say(sendText({ tid: 'begin001', body: 'he', range: '1-2/5', flag: '+' }))
    hand.say(sendText({ tid: 'other001', id: 'mid99999', flag: '#' }))
    expect(hand.find('abandoned')).toBeUndefined()
    hand.say(sendText({ tid: 'same0001', flag: '#' }))
    expect(hand.find('abandoned')).toMatchObject({ messageId: 'mid00001', cause: 'aborted' })
  })

  it.each(['Success-Report: yes', 'Failure-Report: no', 'Status: 000 200 OK', 'Content-Type: text/plain'])(
    'answers 400 to two headers %s @req MSRP-3',
    line => {
      const hand = Hand.passive('receive')
      hand.say(
        sendText({ body: 'a', headers: [line, line] }).replace('Failure-Report: no\r\nFailure', 'Failure-Report: partial\r\nFailure'),
      )
      expect(codes(hand)).toEqual(['400 Bad Request'])
    },
  )

  it('keeps to the status a message was refused with, whatever else stops it @req GRP-26', () => {
    const hand = Hand.passive('receive')
    hand.say(sendText({ tid: 'begin001', body: 'he', range: '1-2/5', flag: '+' }))
    hand.give({ type: 'verdict', sessionId: OWN_ID, messageId: 'mid00001', status: 404 })
    hand.give({ type: 'abort', sessionId: OWN_ID })
    hand.heard()
    hand.say(sendText({ tid: 'next0001', body: 'l', range: '3-3/5', flag: '+' }))
    expect(codes(hand)).toEqual([expect.stringMatching(/^404/)])
  })

  it('takes a verdict about a file it sends for nothing @req RCV-13', () => {
    const hand = Hand.passive('send')
    hand.say(sendText())
    hand.heard()
    hand.give({ type: 'verdict', sessionId: OWN_ID, messageId: 'mid00001', status: 413 })
    expect(hand.heard()).toBe('')
    expect(hand.told()).toEqual(['bound'])
  })

  it('tells nothing more when two waits end in the same moment and the first fails the session @req CON-19 MSRP-31', () => {
    const hand = Hand.passive('receive', { keepAlive: true }, { limits: { keepAlive: 3000, transaction: 17_000, chunkIdle: 20_000 } })
    hand.say(sendText({ tid: 'begin001', body: 'he', range: '1-2/5', flag: '+' }))
    hand.wait(15_000)
    for (const { tid, start } of hand.said()) if (start.endsWith('SEND')) hand.say(responseText(tid))
    hand.say(sendText({ tid: 'next0001', body: 'l', range: '3-3/5', flag: '+' }))
    hand.wait(20_000)
    expect(hand.told().filter(type => type !== 'body')).toEqual(['bound', 'message', 'failed'])
  })

  it('closes when it cannot be told that its method is unknown @req MSRP-3 MSRP-8', () => {
    const hand = Hand.passive('receive')
    hand.say(`MSRP tid00001 FOO\r\nTo-Path: ${OWN}\r\n-------tid00001$\r\n`)
    expect([hand.heard(), hand.closed]).toEqual(['', ['in-1']])
  })

  it.each([['MS', 'XX tid00001 SEND\r\n'], ['MSRP', '/2.0\r\n'], ['X']])(
    'closes when its first octets are no MSRP: %j @req MSRP-1',
    (...pieces) => {
      const hand = Hand.passive('receive')
      for (const piece of pieces) hand.say(piece)
      expect(hand.closed).toEqual(['in-1'])
    },
  )
})
