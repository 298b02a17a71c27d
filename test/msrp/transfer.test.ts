import { describe, expect, it } from 'vitest'
import { formatEndLine } from '../../src/msrp/index.js'
import { decodeLatin1, encodeLatin1 } from '../../src/wire/index.js'
import { parseAll } from '../kit/msrp-hand.js'
import { Pair, type PairOptions, type Party, pick, seededRandom } from '../kit/msrp-pair.js'

/** The file `big` of D.2, of any length. */
function big(length: number, shift = 0): Uint8Array {
  return Uint8Array.from({ length }, (_, index) => (7 * index + 3 + shift) & 0xff)
}

/** Compares without printing megabytes. */
function expectSame(a: Uint8Array, b: Uint8Array): void {
  expect([a.length, Buffer.compare(a, b)]).toEqual([b.length, 0])
}

/** Answers every complete message with 200. */
function approve(pair: Pair, party: Party): void {
  party.onEvent = event => {
    if (event.type === 'complete')
      pair.give(party, { type: 'verdict', sessionId: event.sessionId, messageId: event.messageId, status: 200 })
  }
}

function wire(party: Party): string {
  return party.outputs
    .filter(output => output.type === 'write')
    .flatMap(output => output.views.map(view => decodeLatin1(view)))
    .join('')
}

/** The order of sessions in what one party wrote: the id in From-Path of each chunk and the length of its body. */
function chunks(party: Party): { id: string; length: number; flag: string; range: string }[] {
  return parseAll(wire(party))
    .filter(({ start, body }) => start.endsWith('SEND') && body !== undefined)
    .map(({ headers, body, flag }) => ({
      id: headers['From-Path']?.split('/')[3]?.split(';')[0] as string,
      length: body?.length ?? 0,
      flag,
      range: headers['Byte-Range'] as string,
    }))
}

function pairOf(options: PairOptions = {}): Pair {
  const pair = new Pair(options)
  approve(pair, pair.a)
  approve(pair, pair.b)
  return pair
}

describe('a whole transfer', () => {
  it.each([0, 1, 12, 2047, 2048, 2049, 4400, 65_536, 100_000, 300_001])(
    'carries %d octets and confirms them both ways @req CR-8 CR-9 MSRP-51 MSRP-54',
    length => {
      const pair = pairOf({ latency: 20 })
      const session = pair.session()
      pair.send(pair.a, session.a, big(length))
      pair.runFor(10_000)
      expectSame(pair.b.file(session.b), big(length))
      expect(pair.a.told(session.a)).toEqual(['bound', 'answered', 'reported'])
      expect(pair.b.told(session.b)).toEqual(['bound', 'message', 'complete'])
      expect(pair.a.events.filter(event => event.type === 'progress').at(-1)).toMatchObject({
        handed: length,
        answered: length,
        reported: length,
      })
    },
  )

  it('pulls: the receiver connects, the sender waits to be bound @req CON-10 CON-12 CON-13 OA-36', () => {
    const pair = pairOf({ latency: 20 })
    const session = pair.session({ direction: 'receive' })
    pair.send(pair.b, session.b, big(100_000))
    pair.runFor(5000)
    expectSame(pair.a.file(session.a), big(100_000))
    expect(pair.b.told(session.b)).toEqual(['bound', 'answered', 'reported'])
  })

  it('is the same whatever the pieces, delays, chunks and blocks are @req MSRP-6 MSRP-7 MSRP-23 MSRP-26', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = seededRandom(seed)
      const pair = pairOf({
        seed,
        latency: pick(random, 50),
        splitUpTo: 1 + pick(random, seed % 4 === 0 ? 10 : 3000),
        readDelay: pick(random, 20),
        dataUpTo: 1 + pick(random, 5000),
        a: { chunkSize: 2048 + pick(random, 10_000), blockSize: 1 + pick(random, 20_000), window: 20_000 + pick(random, 50_000) },
      })
      const file = big(pick(random, 60_000), seed)
      const session = pair.session()
      pair.send(pair.a, session.a, file)
      pair.runFor(20_000)
      expectSame(pair.b.file(session.b), file)
      expect(pair.a.told(session.a)).toEqual(['bound', 'answered', 'reported'])
      for (const { length, flag } of chunks(pair.a)) if (flag === '+') expect(length).toBeGreaterThanOrEqual(2048)
    }
  })

  it('arrives octet by octet @req MSRP-6', () => {
    const pair = pairOf({ splitUpTo: 1, a: { chunkSize: 2048 } })
    const session = pair.session()
    pair.send(pair.a, session.a, big(10_000))
    pair.runFor(1000)
    expectSame(pair.b.file(session.b), big(10_000))
  })
})

describe('several files on one connection', () => {
  it('interleaves them in turns of 64 KiB and keeps each whole @req CON-11 CON-18 MSRP-22 RCV-17', () => {
    const pair = pairOf({ latency: 5, rate: 10_000, a: { window: 512 * 1024 } })
    const sessions = [0, 1, 2].map(() => pair.session())
    for (const [index, session] of sessions.entries()) pair.send(pair.a, session.a, big(1_000_000, index))
    pair.runFor(60_000)
    for (const [index, session] of sessions.entries()) {
      expectSame(pair.b.file(session.b), big(1_000_000, index))
      expect(pair.a.told(session.a)).toEqual(['bound', 'answered', 'reported'])
    }
    expect(pair.linkCount).toBe(1)
    // while all three have octets to send, none gets more than a turn ahead
    const ahead = new Map(sessions.map(({ a }) => [a, 0]))
    for (const { id, length, flag } of chunks(pair.a)) {
      if ([...ahead.values()].every(sent => sent < 900_000)) {
        ahead.set(id, (ahead.get(id) as number) + length)
        expect(Math.max(...ahead.values()) - Math.min(...ahead.values())).toBeLessThanOrEqual(2 * 65_536)
      }
      if (flag === '+') expect(length).toBeGreaterThanOrEqual(2048)
    }
  })

  it('lets a small file overtake a large one @req CON-18', () => {
    const pair = pairOf({ latency: 1, rate: 10_000, a: { window: 256 * 1024 } })
    const [large, small] = [pair.session(), pair.session()]
    pair.send(pair.a, large.a, big(5_000_000))
    pair.runFor(50)
    pair.send(pair.a, small.a, big(10_000))
    pair.run(() => pair.a.find('reported', small.a) !== undefined, 60_000)
    expect(pair.now).toBeLessThan(150)
    expect(pair.a.find('answered', large.a)).toBeUndefined()
  })

  it('answers the peer at once while it sends a large file @req MSRP-22', () => {
    const pair = pairOf({ latency: 5, rate: 100_000, a: { window: 256 * 1024, blockSize: 65_536 } })
    const out = pair.session()
    const back = pair.session({ direction: 'receive' })
    pair.send(pair.a, out.a, big(20_000_000))
    pair.runFor(50)
    const begin = pair.now
    pair.send(pair.b, back.b, big(100_000))
    pair.run(() => pair.b.find('reported', back.b) !== undefined, 10_000)
    expect(pair.now - begin).toBeLessThan(100)
    expect(pair.a.find('answered', out.a)).toBeUndefined()
    pair.runFor(10_000)
    expectSame(pair.b.file(out.b), big(20_000_000))
  })

  it.each(['sender', 'receiver'] as const)('abort of one by the %s leaves the others alone @req OA-40 OA-41 OA-43 OA-45 OA-46', who => {
    const pair = pairOf({ latency: 5, rate: 10_000, a: { window: 256 * 1024 } })
    const sessions = [0, 1, 2].map(() => pair.session())
    for (const [index, session] of sessions.entries()) pair.send(pair.a, session.a, big(1_000_000, index))
    pair.runFor(100)
    const victim = sessions[1] as { a: string; b: string }
    pair.give(who === 'sender' ? pair.a : pair.b, { type: 'abort', sessionId: who === 'sender' ? victim.a : victim.b })
    pair.runFor(60_000)
    for (const index of [0, 2]) {
      const session = sessions[index] as { a: string; b: string }
      expectSame(pair.b.file(session.b), big(1_000_000, index))
      expect(pair.a.told(session.a)).toEqual(['bound', 'answered', 'reported'])
    }
    if (who === 'sender') {
      expect(pair.a.told(victim.a)).toEqual(['bound', 'aborted'])
      expect(pair.b.told(victim.b)).toEqual(['bound', 'message', 'abandoned'])
    } else {
      expect(pair.a.find('failed', victim.a)).toMatchObject({ cause: 'refused', status: 413 })
      expect(pair.b.told(victim.b)).toEqual(['bound', 'message'])
    }
    // the receiver's 413 may find no chunk of it on the wire
    expect(chunks(pair.a).filter(({ flag }) => flag === '#').length).toBeLessThanOrEqual(1)
  })

  it('fails all of them when the connection is lost @req CON-16 CR-13', () => {
    const pair = pairOf({ latency: 5, rate: 10_000 })
    const sessions = [0, 1, 2].map(() => pair.session())
    for (const session of sessions) pair.send(pair.a, session.a, big(1_000_000))
    pair.runFor(100)
    pair.breakLinks()
    for (const session of sessions) {
      expect(pair.a.find('failed', session.a)).toMatchObject({ cause: 'connection-lost' })
      expect(pair.b.find('failed', session.b)).toMatchObject({ cause: 'connection-lost' })
    }
    pair.runFor(200_000)
    expect(pair.a.events.filter(event => event.type === 'failed')).toHaveLength(3)
    expect([pair.a.endpoint.deadline, pair.b.endpoint.deadline]).toEqual([undefined, undefined])
  })

  it('leaves nothing behind when all sessions are removed @req CON-17', () => {
    const pair = pairOf({ latency: 5 })
    const sessions = [0, 1].map(() => pair.session())
    for (const session of sessions) pair.send(pair.a, session.a, big(100_000))
    pair.runFor(1000)
    for (const session of sessions) {
      pair.give(pair.a, { type: 'remove-session', sessionId: session.a })
      pair.give(pair.b, { type: 'remove-session', sessionId: session.b })
    }
    expect(pair.openLinks).toBe(1)
    pair.runFor(31_000)
    expect(pair.openLinks).toBe(0)
    expect([pair.a.endpoint.deadline, pair.b.endpoint.deadline]).toEqual([undefined, undefined])
  })
})

describe('a body that holds the end-line of its own transaction', () => {
  /** The transaction id that the sender will choose first, learned from a rehearsal with the same seed. */
  function rehearse(options: PairOptions, length: number): string {
    const pair = pairOf(options)
    const session = pair.session()
    pair.send(pair.a, session.a, new Uint8Array(length))
    pair.runFor(1000)
    return parseAll(wire(pair.a))[0]?.tid as string
  }

  it.each([
    ['at the very beginning', 0, 1_000_000],
    ['in the first 2048 octets', 1500, 1_000_000],
    ['across the 2048th octet', 2040, 1_000_000],
    ['later', 50_000, 1_000_000],
    ['at a block border', 60_000, 60_000],
    ['across a block border', 59_990, 60_000],
    ['across a block border, one octet before', 60_000 - 38, 60_000],
    ['at the very end', 99_956, 1_000_000],
  ])('%s arrives unchanged @req MSRP-5', (_where, at, blockSize) => {
    for (const dataUpTo of [undefined, 3000, 20]) {
      const options: PairOptions = { seed: 5, a: { blockSize, window: 2 * blockSize }, ...(dataUpTo !== undefined && { dataUpTo }) }
      const tid = rehearse(options, 100_000)
      const file = big(100_000)
      file.set(encodeLatin1(formatEndLine(tid, '$', true)), at)
      const pair = pairOf(options)
      const session = pair.session()
      pair.send(pair.a, session.a, file)
      pair.runFor(1000)
      expectSame(pair.b.file(session.b), file)
      expect(pair.b.told(session.b)).toEqual(['bound', 'message', 'complete'])
      // no chunk holds its own tid, and none was cut too short
      const parts = wire(pair.a).split(/(?=MSRP \w{32} SEND\r\n)/)
      for (const part of parts) {
        const own = part.slice(5, 37)
        expect(part.split(`-------${own}`)).toHaveLength(2)
      }
    }
  })
})

describe('time', () => {
  it('takes the 200 of a chunk at 29.9 s and not the one at 30.1 s @req MSRP-43', () => {
    for (const [late, outcome] of [
      [29_900, ['bound', 'answered', 'reported']],
      [30_100, ['failed']],
    ] as const) {
      const pair = pairOf({ latency: late / 2 })
      const session = pair.session({ b: {} })
      pair.send(pair.a, session.a, big(1000))
      pair.runFor(100_000)
      expect(pair.a.told(session.a).filter(type => outcome.includes(type as never))).toEqual(outcome)
    }
  })

  it('starts the 30 s when a slow link has taken the last octet @req MSRP-43', () => {
    const pair = pairOf({ latency: 5, rate: 1 })
    const session = pair.session()
    pair.send(pair.a, session.a, big(100_000)) // 100 s
    pair.runFor(200_000)
    expect(pair.a.told(session.a)).toEqual(['bound', 'answered', 'reported'])
  })

  it.each([
    ['a fast peer', { latency: 1, rate: 1_000_000 }, [4, 15]],
    ['a slow one', { latency: 5, rate: 3000 }, [4, 4]],
  ])('sends larger chunks to %s, one after the other @req MSRP-22', (_peer, options, firstAndLargest) => {
    const pair = pairOf({ ...options, a: { trace: true } })
    for (const party of [pair.a, pair.b]) party.isRecording = false
    pair.b.onBody = () => {}
    const block = new Uint8Array(1024 * 1024)
    const lengths: number[] = []
    pair.a.onOutput = output => {
      if (output.type === 'trace' && output.entry.direction === 'out' && output.entry.bodyLength > 0)
        lengths.push(output.entry.bodyLength / block.length)
    }
    const session = pair.session()
    pair.send(pair.a, session.a, { total: 100 * block.length, source: (_offset, length) => block.subarray(0, length) })
    pair.run(() => pair.a.find('reported') !== undefined)
    expect([lengths[0], Math.max(...lengths)]).toEqual(firstAndLargest)
  })

  it('carries 10 GB with a bounded window and no growth @req SND-5 MSRP-7 MSRP-29', () => {
    const total = 10_000_000_000
    const pair = pairOf({ latency: 10, rate: 1_000_000 })
    for (const party of [pair.a, pair.b]) party.isRecording = false
    const block = big(2 * 1024 * 1024)
    const session = pair.session()
    let received = 0
    let mistakes = 0
    pair.b.onBody = ({ offset, bytes }) => {
      if (offset !== received || bytes[0] !== (7 * offset + 3) % 256) mistakes++
      received += bytes.length
    }
    let most = 0
    let asked = 0
    pair.send(pair.a, session.a, {
      total,
      source: (offset, length) => {
        asked = offset + length
        most = Math.max(most, asked - received)
        const from = offset % 256
        return block.subarray(from, from + length)
      },
    })
    pair.run(() => received > total / 10)
    const before = process.memoryUsage()
    pair.run(() => pair.a.find('reported') !== undefined)
    const after = process.memoryUsage()
    expect(received).toBe(total)
    expect(mistakes).toBe(0)
    expect(most).toBeLessThan(32 * 1024 * 1024)
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(16 * 1024 * 1024)
    expect(pair.a.told(session.a)).toEqual(['bound', 'answered', 'reported'])
  }, 60_000)
})
