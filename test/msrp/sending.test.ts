import { describe, expect, it } from 'vitest'
import { encodeLatin1 } from '../../src/wire/index.js'
import type { EndpointOutput } from '../../src/msrp/index.js'
import { Hand, OWN, OWN_ID, PEER, reportText, responseText, sendText } from '../kit/msrp-hand.js'

const letters = (length: number): string => Array.from({ length }, (_, index) => String.fromCharCode(97 + (index % 26))).join('')

/** A bound sending session; what it wrote to get there is forgotten. */
function bound(options: Parameters<typeof Hand.passive>[2] = {}, session: Parameters<typeof Hand.passive>[1] = {}): Hand {
  const hand = Hand.passive('send', session, options)
  hand.say(sendText())
  hand.heard()
  return hand
}

describe('chunks', () => {
  it('sends a short file as one chunk with its real end @req MSRP-20 MSRP-21 MSRP-3 OA-60', () => {
    const hand = bound()
    hand.send('Hello, CPM!\n')
    const [chunk, ...more] = hand.said()
    expect(more).toEqual([])
    expect(chunk).toMatchObject({
      body: 'Hello, CPM!\n',
      flag: '$',
      headers: { 'To-Path': PEER, 'From-Path': OWN, 'Byte-Range': '1-12/12', 'Content-Type': 'text/plain' },
    })
    expect(chunk?.tid).toMatch(/^[A-Za-z0-9]{32}$/)
    expect(chunk?.headers['Message-ID']).toMatch(/^[A-Za-z0-9]{32}$/)
  })

  it('sends an empty file as an empty body with a Content-Type @req MSRP-25', () => {
    const hand = bound()
    hand.send('')
    const text = hand.heard()
    expect(text).toContain('Byte-Range: 1-0/0\r\nContent-Type: text/plain\r\n\r\n\r\n-------')
    expect(text.endsWith('$\r\n')).toBe(true)
    hand.say(responseText((text.split(' ')[1] as string).trim()))
    expect(hand.told()).toEqual(['bound', 'answered'])
  })

  it.each([
    [2048, ['1-2048/2048']],
    [2049, ['1-*/2049']],
    [4400, ['1-*/4400']],
  ])('writes %d octets as one large chunk %s @req MSRP-21 MSRP-22', (length, ranges) => {
    const hand = bound()
    hand.send(letters(length))
    const said = hand.said()
    expect(said.map(({ headers }) => headers['Byte-Range'])).toEqual(ranges)
    expect(said.map(({ body }) => body).join('')).toBe(letters(length))
  })

  it('cuts at the chunk size with +, new tid, same Message-ID, in order, and repeats the headers @req MSRP-23 MSRP-24 MSRP-22', () => {
    const hand = bound({ chunkSize: 2048 })
    hand.send(letters(4717), { successReport: true, contentType: 'message/cpim' })
    const said = hand.said()
    expect(said.map(({ headers, flag }) => `${headers['Byte-Range']} ${flag}`)).toEqual([
      '1-2048/4717 +',
      '2049-4096/4717 +',
      '4097-4717/4717 $',
    ])
    expect(new Set(said.map(({ tid }) => tid)).size).toBe(3)
    expect(new Set(said.map(({ headers }) => headers['Message-ID'])).size).toBe(1)
    for (const { headers } of said) expect(headers).toMatchObject({ 'Content-Type': 'message/cpim', 'Success-Report': 'yes' })
    expect(said.map(({ body }) => body).join('')).toBe(letters(4717))
  })

  it('never makes a chunk shorter than 2048 octets but the last, whatever the option says @req MSRP-22', () => {
    const hand = bound({ chunkSize: 100 })
    hand.send(letters(5000))
    expect(hand.said().map(({ body }) => body?.length)).toEqual([2048, 2048, 904])
  })

  it('passes the given views on without copying them @req MSRP-7', () => {
    const hand = bound({ blockSize: 5000 })
    hand.give({
      type: 'send',
      sessionId: OWN_ID,
      message: { total: 10_000, contentType: 'a/b', successReport: false, failureReport: 'yes' },
    })
    const bytes = new Uint8Array(5000)
    const outputs = hand.give({ type: 'data', sessionId: OWN_ID, offset: 0, bytes })
    const write = outputs.find(output => output.type === 'write')
    expect(write?.views[1]).toBe(bytes)
  })

  it('writes the end-line with the last octets, not with the next head @req MSRP-2', () => {
    const hand = bound({ chunkSize: 4096, blockSize: 4096 })
    hand.give({
      type: 'send',
      sessionId: OWN_ID,
      message: { total: 10_000, contentType: 'a/b', successReport: false, failureReport: 'yes' },
    })
    hand.give({ type: 'data', sessionId: OWN_ID, offset: 0, bytes: new Uint8Array(4096) })
    expect(hand.heard()).toMatch(/-------[A-Za-z0-9]{32}\+\r\n$/)
  })

  it('waits for the first 2048 octets before it begins a chunk, so that it can always end it @req MSRP-22', () => {
    const hand = bound()
    hand.give({
      type: 'send',
      sessionId: OWN_ID,
      message: { total: 10_000, contentType: 'a/b', successReport: false, failureReport: 'yes' },
    })
    hand.give({ type: 'data', sessionId: OWN_ID, offset: 0, bytes: encodeLatin1(letters(2047)) })
    expect(hand.heard()).toBe('')
    hand.give({ type: 'data', sessionId: OWN_ID, offset: 2047, bytes: encodeLatin1('x') })
    expect(hand.heard()).toContain('Byte-Range: 1-*/10000')
    hand.say(sendText({ tid: 'keepalive1' }))
    expect(hand.heard()).toMatch(/\r\n-------\w{32}\+\r\nMSRP keepalive1 200 OK\r\n/)
  })

  it('refuses header values that would break out of their line @req SEC-14', () => {
    const hand = bound()
    const send = (contentType: string, headers: [string, string][]) =>
      hand.give({
        type: 'send',
        sessionId: OWN_ID,
        message: { total: 1, contentType, headers, successReport: false, failureReport: 'yes' },
      })
    expect(() => send('a/b\r\nX: y', [])).toThrow('cannot be sent')
    expect(() => send('a/b', [['X', 'a\r\nb']])).toThrow('cannot be sent')
    expect(() => send('a/b', [['X: y\r\nZ', 'a']])).toThrow('cannot be sent')
    expect(hand.heard()).toBe('')
  })

  it('refuses a second file in one session and a file in the wrong direction @req OA-60', () => {
    const hand = bound()
    hand.send('a')
    expect(() => hand.send('b')).toThrow('one file')
    expect(() => Hand.passive('receive').send('a')).toThrow('only receives')
  })
})

describe('pulling octets', () => {
  const ask = (hand: Hand): { offset: number; length: number }[] => hand.takeAsked().map(({ offset, length }) => ({ offset, length }))

  it('asks in blocks while the window is open, and again when octets were written @req SND-5', () => {
    const hand = bound({ blockSize: 1000, window: 3000, chunkSize: 100_000 })
    hand.takesWrites = false
    hand.takeAsked()
    hand.give({
      type: 'send',
      sessionId: OWN_ID,
      message: { total: 10_000, contentType: 'a/b', successReport: false, failureReport: 'yes' },
    })
    expect(ask(hand)).toEqual([0, 1000, 2000].map(offset => ({ offset, length: 1000 })))
    for (const offset of [0, 1000, 2000]) hand.give({ type: 'data', sessionId: OWN_ID, offset, bytes: new Uint8Array(1000) })
    expect(ask(hand)).toEqual([])
    hand.give({ type: 'written', connection: 'in-1', length: hand.heard().length })
    expect(ask(hand)).toEqual([3000, 4000, 5000].map(offset => ({ offset, length: 1000 })))
  })

  it('asks only for what is there @req SND-5', () => {
    const hand = bound({ blockSize: 1000 })
    hand.takeAsked()
    hand.give({ type: 'send', sessionId: OWN_ID, message: { total: 1500, contentType: 'a/b', successReport: false, failureReport: 'yes' } })
    expect(ask(hand)).toEqual([
      { offset: 0, length: 1000 },
      { offset: 1000, length: 500 },
    ])
  })

  it('refuses octets that were not asked for @req SND-4', () => {
    const hand = bound({ blockSize: 1000, window: 1000 })
    hand.give({ type: 'send', sessionId: OWN_ID, message: { total: 5000, contentType: 'a/b', successReport: false, failureReport: 'yes' } })
    for (const [offset, length] of [
      [1, 10],
      [0, 1001],
      [0, 0],
    ] as const) {
      expect(() => hand.give({ type: 'data', sessionId: OWN_ID, offset, bytes: new Uint8Array(length) })).toThrow('not asked for')
    }
  })

  it('leaves at most 64 requests unanswered @req OA-64', () => {
    const hand = bound({ chunkSize: 2048 })
    hand.send(letters(2048 * 100))
    const said = hand.said()
    expect(said).toHaveLength(64)
    for (const { tid } of said.slice(0, 10)) hand.say(responseText(tid))
    expect(hand.said()).toHaveLength(10)
  })
})

describe('answers', () => {
  it('counts a file as answered only when every chunk is, in whatever order @req CR-8 OA-64', () => {
    const hand = bound({ chunkSize: 2048 })
    hand.send(letters(6000))
    const [first, second, third] = hand.said().map(({ tid }) => tid) as [string, string, string]
    hand.say(responseText(third))
    hand.say(responseText(first))
    expect(hand.told()).toEqual(['bound'])
    hand.say(responseText(second))
    expect(hand.told()).toEqual(['bound', 'answered'])
  })

  it('ignores answers to unknown transactions and second answers @req MSRP-44', () => {
    const hand = bound({ chunkSize: 2048 })
    hand.send(letters(4000))
    const [first] = hand.said()
    hand.say(responseText('unknown1', '481 nobody'))
    hand.say(responseText(first?.tid as string))
    hand.say(responseText(first?.tid as string, '400 Bad Request'))
    hand.say(responseText(first?.tid as string))
    expect(hand.told()).toEqual(['bound'])
  })

  it('reports progress: handed, answered, reported @req SND-11', () => {
    const hand = bound({ chunkSize: 2048 })
    hand.send(letters(4000), { successReport: true })
    const said = hand.said()
    const id = said[0]?.headers['Message-ID'] as string
    hand.say(responseText(said[0]?.tid as string))
    hand.say(reportText(id, '1-1000/4000'))
    const progress = hand.events.filter(event => event.type === 'progress')
    expect(progress.at(-1)).toMatchObject({ handed: 4000, answered: 2048, reported: 1000 })
  })

  it.each([400, 403, 404, 413, 415, 423, 428, 481, 501, 506, 599])(
    'fails the file once on %d and ends the chunk on the wire with # @req CR-12 MSRP-45 MSRP-46 OA-43',
    status => {
      const hand = bound({ blockSize: 4000, window: 4000 })
      hand.give({
        type: 'send',
        sessionId: OWN_ID,
        message: { total: 20_000, contentType: 'a/b', successReport: true, failureReport: 'yes' },
      })
      hand.give({ type: 'data', sessionId: OWN_ID, offset: 0, bytes: encodeLatin1(letters(4000)) })
      const tid = hand.heard().split(' ')[1] as string
      hand.takeAsked()
      hand.say(responseText(tid, `${status} because`))
      expect(hand.heard()).toBe(`\r\n-------${tid}#\r\n`)
      hand.say(responseText(tid, `${status} because`))
      expect(hand.events.filter(event => event.type === 'failed')).toEqual([
        { type: 'failed', sessionId: OWN_ID, cause: 'refused', status, comment: 'because' },
      ])
      expect(hand.takeAsked()).toEqual([])
      hand.give({ type: 'data', sessionId: OWN_ID, offset: 4000, bytes: new Uint8Array(10) })
      expect(hand.heard()).toBe('')
    },
  )

  it('takes 408 like its own timeout @req MSRP-45', () => {
    const hand = bound()
    hand.send('hello')
    hand.say(responseText(hand.said()[0]?.tid as string, '408 late'))
    expect(hand.find('failed')).toMatchObject({ cause: 'timeout', status: 408 })
  })

  it('waits 30 s from the last octet, not from the first @req MSRP-43 CR-13', () => {
    const hand = bound({ blockSize: 2048, window: 2048 })
    hand.takesWrites = false
    hand.give({ type: 'send', sessionId: OWN_ID, message: { total: 4096, contentType: 'a/b', successReport: false, failureReport: 'yes' } })
    hand.give({ type: 'data', sessionId: OWN_ID, offset: 0, bytes: new Uint8Array(2048) })
    hand.wait(40_000)
    hand.give({ type: 'written', connection: 'in-1', length: hand.heard().length })
    hand.give({ type: 'data', sessionId: OWN_ID, offset: 2048, bytes: new Uint8Array(2048) })
    hand.wait(40_000)
    expect(hand.told()).toEqual(['bound'])
    hand.give({ type: 'written', connection: 'in-1', length: hand.heard().length })
    hand.wait(29_900)
    expect(hand.told()).toEqual(['bound'])
    hand.wait(200)
    expect(hand.find('failed')).toEqual({ type: 'failed', sessionId: OWN_ID, cause: 'timeout', status: 408 })
  })

  it('waits 30 s from the answer before it, where peers may be slow @req MSRP-43', () => {
    const hand = bound({ chunkSize: 2048, slowPeers: true })
    hand.send(letters(3 * 2048))
    const tids = hand.said().map(({ tid }) => tid)
    expect(tids).toHaveLength(3)
    for (const tid of tids.slice(0, 2)) {
      hand.wait(29_900)
      hand.say(responseText(tid))
    }
    hand.wait(29_900)
    expect(hand.told()).toEqual(['bound'])
    hand.wait(200)
    expect(hand.find('failed')).toMatchObject({ cause: 'timeout', status: 408 })
  })

  it('does not time out when the answer came at 29.9 s @req MSRP-43', () => {
    const hand = bound()
    hand.send('hello')
    const tid = hand.said()[0]?.tid as string
    hand.wait(29_900)
    hand.say(responseText(tid))
    hand.wait(100_000)
    expect(hand.told()).toEqual(['bound', 'answered'])
    expect(hand.endpoint.deadline).toBeUndefined()
  })

  it('ends the chunk that is being sent with # when an earlier one timed out @req MSRP-43', () => {
    const hand = bound({ chunkSize: 2048, blockSize: 2048, window: 2048 })
    hand.takesWrites = false
    hand.give({
      type: 'send',
      sessionId: OWN_ID,
      message: { total: 40_000, contentType: 'a/b', successReport: false, failureReport: 'yes' },
    })
    hand.give({ type: 'data', sessionId: OWN_ID, offset: 0, bytes: new Uint8Array(2048) })
    hand.give({ type: 'written', connection: 'in-1', length: hand.heard().length })
    hand.wait(30_000)
    expect(hand.find('failed')).toMatchObject({ cause: 'timeout' })
  })

  it.each(['no', 'partial'] as const)(
    'with Failure-Report %s a chunk counts as answered when it was written, and no timer runs @req MSRP-43 MSRP-41',
    failureReport => {
      const hand = bound({ chunkSize: 2048 })
      hand.takesWrites = false
      hand.send(letters(3000), { failureReport })
      const text = hand.heard()
      expect(text).toContain(`Failure-Report: ${failureReport}\r\n`)
      expect(hand.told()).toEqual(['bound'])
      hand.give({ type: 'written', connection: 'in-1', length: text.length - 1 })
      expect(hand.told()).toEqual(['bound'])
      hand.give({ type: 'written', connection: 'in-1', length: 1 })
      expect(hand.told()).toEqual(['bound', 'answered'])
      hand.wait(100_000)
      expect(hand.told()).toEqual(['bound', 'answered'])
    },
  )

  it('still understands an error answer to a chunk with Failure-Report partial @req MSRP-45 MSRP-41', () => {
    const hand = bound({ chunkSize: 2048 })
    hand.send(letters(3000), { failureReport: 'partial', successReport: true })
    hand.say(responseText(hand.said()[0]?.tid as string, '413 stop'))
    expect(hand.told()).toEqual(['bound', 'answered', 'failed'])
  })
})

describe('turns', () => {
  it('gives each session 64 KiB before the next one has its turn, when both have octets waiting @req CON-18', () => {
    const hand = new Hand({ chunkSize: 2048, blockSize: 200_000, window: 1_000_000, limits: { unanswered: 1 } })
    const common = { role: 'active', direction: 'send', acceptTypes: ['*'] } as const
    const ids = ['aaaaaaaa', 'bbbbbbbb']
    for (const id of ids) {
      const session = { ...common, localUri: `msrp://192.0.2.20:2855/${id};tcp`, remotePath: [`msrp://192.0.2.10:2855/peer${id};tcp`] }
      hand.give({ type: 'add-session', session })
      hand.give({
        type: 'send',
        sessionId: id,
        message: { total: 200_000, contentType: 'a/b', successReport: false, failureReport: 'yes' },
      })
    }
    hand.give({ type: 'connected', connection: 'out-1' })
    for (let asked = hand.outputs.filter(output => output.type === 'need-data'), seen = 0; seen < asked.length; seen++) {
      const { sessionId, offset, length } = asked[seen] as (typeof asked)[number]
      hand.give({ type: 'data', sessionId, offset, bytes: new Uint8Array(length) })
      asked = hand.outputs.filter(output => output.type === 'need-data')
    }
    let turns = ''
    for (let said = hand.said(); said.length > 0; said = hand.said()) {
      for (const { tid, headers } of said) {
        turns += headers['From-Path']?.includes('aaaa') ? 'a' : 'b'
        hand.say(responseText(tid), 'out-1')
      }
    }
    expect(turns).toHaveLength(2 * Math.ceil(200_000 / 2048))
    const runs = turns.match(/a+|b+/g) ?? []
    expect(runs.slice(0, 5).map(run => run.length)).toEqual([32, 32, 32, 32, 32])
  })

  it('takes a 200 that comes before the chunk has ended @req MSRP-44 CR-8', () => {
    const hand = bound({ blockSize: 3000, window: 3000 })
    hand.give({ type: 'send', sessionId: OWN_ID, message: { total: 6000, contentType: 'a/b', successReport: false, failureReport: 'yes' } })
    hand.give({ type: 'data', sessionId: OWN_ID, offset: 0, bytes: new Uint8Array(3000) })
    hand.say(responseText(hand.heard().split(' ')[1] as string))
    expect(hand.told()).toEqual(['bound'])
    hand.give({ type: 'data', sessionId: OWN_ID, offset: 3000, bytes: new Uint8Array(3000) })
    expect(hand.told()).toEqual(['bound', 'answered'])
    hand.wait(100_000)
    expect(hand.told()).toEqual(['bound', 'answered'])
  })
})

describe('reports', () => {
  const sent = (message: Parameters<Hand['send']>[1] = { successReport: true }): { hand: Hand; id: string; tid: string } => {
    const hand = bound()
    hand.send(letters(4400), message)
    const [chunk] = hand.said()
    return { hand, id: chunk?.headers['Message-ID'] as string, tid: chunk?.tid as string }
  }

  it('tells reported only when the ranges cover the whole message, overlaps counted once @req CR-9 MSRP-54', () => {
    const { hand, id, tid } = sent()
    hand.say(responseText(tid))
    hand.say(reportText(id, '1-2000/4400'))
    hand.say(reportText(id, '1-2000/4400'))
    expect(hand.told()).toEqual(['bound', 'answered'])
    hand.say(reportText(id, '1001-4400/4400'))
    expect(hand.told()).toEqual(['bound', 'answered', 'reported'])
  })

  it('takes a REPORT that overtakes the 200 @req MSRP-54', () => {
    const { hand, id, tid } = sent()
    hand.say(reportText(id, '1-4400/4400'))
    hand.say(responseText(tid))
    expect(hand.told()).toEqual(['bound', 'reported', 'answered'])
  })

  it.each([
    ['unknown Message-ID', 'unknown001', '1-4400/4400', '000 200 OK', {}],
    ['other namespace', undefined, '1-4400/4400', '001 200 OK', {}],
    ['garbled Status', undefined, '1-4400/4400', '000 2xx', {}],
    ['garbled Byte-Range', undefined, '4400-1/4400', '000 200 OK', {}],
    ['other session', undefined, '1-4400/4400', '000 200 OK', { to: 'msrp://192.0.2.20:2855/other;tcp' }],
  ])('ignores a REPORT with %s, without an answer @req MSRP-54 MSRP-8 MSRP-53', (_what, id, range, status, extra) => {
    const { hand, id: real } = sent()
    hand.say(reportText(id ?? real, range, status, extra))
    expect(hand.told()).toEqual(['bound'])
    expect(hand.heard()).toBe('')
  })

  it('ignores a REPORT without Status @req MSRP-54', () => {
    const { hand, id } = sent()
    hand.say(
      `MSRP rep00001 REPORT\r\nTo-Path: ${OWN}\r\nFrom-Path: ${PEER}\r\nMessage-ID: ${id}\r\nByte-Range: 1-4400/4400\r\n-------rep00001$\r\n`,
    )
    expect(hand.told()).toEqual(['bound'])
    expect(hand.heard()).toBe('')
  })

  it.each([400, 403, 408, 413, 415, 481])('takes a failure REPORT %d like a response with that code @req CR-12 MSRP-54 MSRP-47', status => {
    const { hand, id, tid } = sent()
    hand.say(responseText(tid))
    hand.say(reportText(id, '1-4400/4400', `000 ${status} no`))
    expect(hand.find('failed')).toMatchObject({ status, comment: 'no', cause: status === 408 ? 'timeout' : 'refused' })
  })

  it('takes a failure REPORT after the last 200 without Success-Report, and nothing after it was removed @req CR-12 MSRP-55', () => {
    const { hand, id, tid } = sent({ successReport: false })
    hand.say(responseText(tid))
    hand.say(reportText(id, '1-4400/4400', '000 403 no'))
    expect(hand.told()).toEqual(['bound', 'answered', 'failed'])
    hand.give({ type: 'remove-session', sessionId: OWN_ID })
    hand.say(reportText(id, '1-4400/4400', '000 403 no'))
    expect(hand.told()).toEqual(['bound', 'answered', 'failed'])
    expect(hand.heard()).toBe('')
  })

  it('tells unconfirmed 120 s after the last 200, and still takes a later report @req SND-8', () => {
    const { hand, id, tid } = sent()
    hand.wait(20_000)
    hand.say(responseText(tid))
    hand.wait(119_900)
    expect(hand.told()).toEqual(['bound', 'answered'])
    hand.wait(200)
    expect(hand.told()).toEqual(['bound', 'answered', 'unconfirmed'])
    hand.say(reportText(id, '1-4400/4400'))
    expect(hand.told()).toEqual(['bound', 'answered', 'unconfirmed', 'reported'])
  })

  it('is not fooled by a peer that answers a REPORT of ours @req MSRP-8', () => {
    const hand = Hand.passive('receive')
    hand.say(sendText({ body: 'hello', headers: ['Success-Report: yes'] }))
    hand.heard()
    hand.give({ type: 'verdict', sessionId: OWN_ID, messageId: 'mid00001', status: 200 })
    const [report] = hand.said()
    hand.say(responseText(report?.tid as string, '481 what?'))
    expect(hand.told()).toEqual(['bound', 'message', 'body', 'complete'])
    expect(hand.heard()).toBe('')
  })
})

describe('abort and pause', () => {
  const running = (failureReport: 'yes' | 'no' = 'yes'): { hand: Hand; tid: string } => {
    const hand = bound({ blockSize: 30_000, window: 30_000 })
    hand.give({
      type: 'send',
      sessionId: OWN_ID,
      message: { total: 100_331, contentType: 'message/cpim', successReport: true, failureReport },
    })
    hand.give({ type: 'data', sessionId: OWN_ID, offset: 0, bytes: encodeLatin1(letters(30_000)) })
    return { hand, tid: hand.heard().split(' ')[1] as string }
  }

  it('ends the chunk on the wire with # and takes the 200 @req OA-40 SND-10', () => {
    const { hand, tid } = running()
    hand.takeAsked()
    hand.give({ type: 'abort', sessionId: OWN_ID })
    expect(hand.heard()).toBe(`\r\n-------${tid}#\r\n`)
    hand.say(responseText(tid))
    expect(hand.told()).toEqual(['bound', 'aborted'])
    hand.wait(200_000)
    expect(hand.told()).toEqual(['bound', 'aborted'])
    expect(hand.takeAsked()).toEqual([])
  })

  it('sends an empty chunk with # when none is on the wire @req OA-40', () => {
    const hand = bound({ chunkSize: 2048, blockSize: 2048, window: 2048 })
    hand.give({ type: 'send', sessionId: OWN_ID, message: { total: 9000, contentType: 'a/b', successReport: false, failureReport: 'yes' } })
    hand.give({ type: 'data', sessionId: OWN_ID, offset: 0, bytes: new Uint8Array(2048) })
    const [chunk] = hand.said()
    hand.give({ type: 'abort', sessionId: OWN_ID })
    const [last] = hand.said()
    expect(last).toMatchObject({
      flag: '#',
      body: '',
      headers: { 'Byte-Range': '2049-2048/9000', 'Message-ID': chunk?.headers['Message-ID'] },
    })
    hand.say(responseText(chunk?.tid ?? ''))
    expect(hand.told()).toEqual(['bound'])
    hand.say(responseText(last?.tid ?? ''))
    expect(hand.told()).toEqual(['bound', 'aborted'])
  })

  it.each([
    ['an error to what was on its way', (hand: Hand, tid: string) => hand.say(responseText(tid, '413 Stop'))],
    ['a lost connection', (hand: Hand) => hand.give({ type: 'closed', connection: 'in-1' })],
    ['silence', (hand: Hand) => hand.wait(31_000)],
  ])('is stopped, and not failed, by %s after the # @req OA-40', (_name, happen) => {
    const { hand, tid } = running()
    hand.give({ type: 'abort', sessionId: OWN_ID })
    expect(hand.told()).toEqual(['bound'])
    happen(hand, tid)
    expect(hand.told()).toEqual(['bound', 'aborted'])
  })

  it('waits for no answer to the # when none was asked for @req OA-40', () => {
    const { hand } = running('no')
    hand.give({ type: 'abort', sessionId: OWN_ID })
    expect(hand.told()).toEqual(['bound', 'aborted'])
  })

  it('interrupts with + on pause and goes on at the next octet with the same Message-ID @req OA-38 MSRP-23', () => {
    const { hand, tid } = running()
    hand.give({ type: 'pause', sessionId: OWN_ID })
    expect(hand.heard()).toBe(`\r\n-------${tid}+\r\n`)
    hand.say(responseText(tid))
    expect(hand.told()).toEqual(['bound', 'paused'])
    hand.takeAsked()
    hand.give({ type: 'data', sessionId: OWN_ID, offset: 30_000, bytes: encodeLatin1(letters(5000)) })
    hand.wait(100_000)
    expect(hand.heard()).toBe('')
    expect(hand.takeAsked()).toEqual([])
    hand.give({ type: 'continue', sessionId: OWN_ID })
    const text = hand.heard()
    expect(text).toContain('Byte-Range: 30001-*/100331\r\n')
    expect(text).toContain(letters(5000))
  })

  it('starts paused when the pause came before the file @req OA-38', () => {
    const hand = bound()
    hand.give({ type: 'pause', sessionId: OWN_ID })
    hand.send('hello')
    expect(hand.heard()).toBe('')
    hand.give({ type: 'continue', sessionId: OWN_ID })
    hand.serve('hello')
    expect(hand.said()[0]?.body).toBe('hello')
  })

  it('is silent about an abort of a session that is not bound @req OA-40 CON-13', () => {
    const hand = Hand.passive('send')
    hand.send('hello')
    hand.give({ type: 'abort', sessionId: OWN_ID })
    expect(hand.heard()).toBe('')
    expect(hand.told()).toEqual(['aborted'])
  })
})

describe('what an application may do wrong or late', () => {
  const message = { total: 1, contentType: 'a/b', successReport: false, failureReport: 'yes' } as const

  it.each([-1, 1.5, Number.NaN, 2 ** 53])('refuses a length of %d octets @req MSRP-20 MSRP-30', total => {
    const hand = bound()
    expect(() => hand.give({ type: 'send', sessionId: OWN_ID, message: { ...message, total } })).toThrow('whole number')
  })

  it('writes further headers before Content-Type, in UTF-8 @req MSRP-3 OA-63', () => {
    const hand = bound()
    hand.give({ type: 'send', sessionId: OWN_ID, message: { ...message, headers: [['Content-Disposition', 'attachment; filename="ü"']] } })
    hand.serve('x')
    expect(hand.heard()).toContain('\r\nContent-Disposition: attachment; filename="\u00c3\u00bc"\r\nContent-Type: a/b\r\n\r\nx')
  })

  it('sends nothing in a session that failed @req CON-16', () => {
    const hand = bound()
    hand.give({ type: 'closed', connection: 'in-1' })
    expect(hand.give({ type: 'send', sessionId: OWN_ID, message })).toEqual([])
  })

  it('tells when its random source gives the same transaction id again and again @req MSRP-4', () => {
    const hand = bound({ chunkSize: 2048, random: length => new Uint8Array(length) })
    expect(() => hand.send(letters(5000))).toThrow('random source')
  })
})

describe('reports without a clear range', () => {
  it.each([undefined, '1-*/*', '1-*/10', '1-10/*'])('take the range %s for all of the message @req MSRP-54', range => {
    const hand = bound()
    hand.send(letters(10), { successReport: true })
    const [chunk] = hand.said()
    hand.say(reportText(chunk?.headers['Message-ID'] as string, range))
    expect(hand.told()).toEqual(['bound', 'reported'])
  })
})

describe('after the wait for the success REPORT', () => {
  const unconfirmed = () => {
    const hand = bound()
    hand.send('hello', { successReport: true })
    const [chunk] = hand.said()
    hand.say(responseText(chunk?.tid as string))
    hand.wait(120_000)
    return { hand, messageId: chunk?.headers['Message-ID'] as string }
  }

  it('a lost connection changes nothing, a failure REPORT does @req SND-8 MSRP-52 MSRP-55', () => {
    const lost = unconfirmed()
    lost.hand.give({ type: 'closed', connection: 'in-1' })
    expect(lost.hand.told()).toEqual(['bound', 'answered', 'unconfirmed'])
    const refused = unconfirmed()
    refused.hand.say(reportText(refused.messageId, '1-5/5', '000 413 Stop'))
    expect(refused.hand.events.at(-1)).toMatchObject({ type: 'failed', cause: 'refused', status: 413 })
  })
})

describe('turns', () => {
  it('go on with the others when the first of them is aborted while the second has its turn @req CON-18 OA-46', () => {
    const hand = Hand.passive('send', {}, { blockSize: 64 * 1024 })
    const ids = [OWN_ID, OWN_ID.replace('own0', 'own1'), OWN_ID.replace('own0', 'own2')]
    for (const id of ids) {
      const [localUri, peer] = [OWN.replace(OWN_ID, id), PEER.replace('peer0', id.slice(0, 5))]
      const session = { localUri, remotePath: [peer], role: 'passive', direction: 'send', acceptTypes: ['*'] } as const
      if (id !== OWN_ID) hand.give({ type: 'add-session', session })
      hand.say(sendText({ to: localUri, from: id === OWN_ID ? PEER : peer }))
    }
    hand.heard()
    const size = 200_000
    const asked: { sessionId: string; offset: number; length: number }[] = []
    const take = (outputs: readonly EndpointOutput[]) => asked.push(...outputs.filter(output => output.type === 'need-data'))
    for (const sessionId of ids) {
      take(hand.give({ type: 'send', sessionId, message: { total: size, contentType: 'a/b', successReport: false, failureReport: 'yes' } }))
    }
    const serve = (sessionId: string) => {
      const index = asked.findIndex(need => need.sessionId === sessionId)
      const [{ offset, length }] = asked.splice(index, 1) as [(typeof asked)[number]]
      take(hand.give({ type: 'data', sessionId, offset, bytes: new Uint8Array(length) }))
    }
    serve(ids[0] as string)
    serve(ids[1] as string)
    hand.give({ type: 'abort', sessionId: ids[0] as string })
    for (const id of ids.slice(1)) while (asked.some(need => need.sessionId === id)) serve(id)
    const octets = new Map<string, number>()
    for (const { headers, body } of hand.said()) {
      const from = headers['From-Path'] as string
      octets.set(from, (octets.get(from) ?? 0) + (body?.length ?? 0))
    }
    for (const id of ids.slice(1)) expect(octets.get(OWN.replace(OWN_ID, id))).toBe(size)
    expect(octets.get(OWN)).toBe(64 * 1024)
  })

  it('are 64 KiB when several wait for answers at the same time and all of them come at once @req CON-18 OA-64', () => {
    const hand = Hand.passive('send', {}, { blockSize: 64 * 1024, chunkSize: 70_000, limits: { unanswered: 2 } })
    const otherId = OWN_ID.replace('own0', 'own1')
    const [localUri, peer] = [OWN.replace(OWN_ID, otherId), PEER.replace('peer0', 'peer1')]
    const session = { localUri, remotePath: [peer], role: 'passive', direction: 'send', acceptTypes: ['*'] } as const
    hand.give({ type: 'add-session', session })
    hand.say(sendText() + sendText({ to: localUri, from: peer }))
    hand.heard()
    const message = { total: 500_000, contentType: 'a/b', successReport: false, failureReport: 'yes' } as const
    const give = (sessionId: string, block: number) =>
      hand.give({ type: 'data', sessionId, offset: block * 65_536, bytes: new Uint8Array(65_536) })
    for (const sessionId of [OWN_ID, otherId]) hand.give({ type: 'send', sessionId, message })
    for (let block = 0; block < 5; block++) give(OWN_ID, block)
    for (let block = 0; block < 2; block++) give(otherId, block)
    const waiting = hand.said()
    expect(waiting.map(({ body }) => body?.length)).toEqual([70_000, 70_000])
    hand.say(waiting.map(({ tid }) => responseText(tid)).join(''))
    const turns = hand.said()
    expect(new Set(turns.map(({ headers }) => headers['From-Path']))).toEqual(new Set([OWN, localUri]))
    // the second one of them is longer: then the window of unanswered requests keeps the other out
    expect(turns[0]?.body?.length).toBeLessThanOrEqual(65_536)
    expect(turns[0]?.flag).toBe('+')
  })
})

describe('a window that is too small', () => {
  it.each([1, 1000, 2047])('of %d octets still lets a file through @req SND-5', window => {
    const hand = bound({ window, blockSize: 500 })
    const file = letters(7000)
    hand.send(file)
    expect(
      hand
        .said()
        .map(({ body }) => body)
        .join(''),
    ).toBe(file)
  })
})
