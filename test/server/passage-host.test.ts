import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { blocks } from '../../src/node/block-pool.js'
import { PassageBench, filesIn, pattern, sha1 } from './passage-kit.js'
import { tempFolder } from '../node/temp-folder.js'

let folder: string
let bench: PassageBench

const OPEN = { name: 'open', passage: 'p', total: undefined, limit: 1e9, keep: false } as const

function open(options: Partial<ConstructorParameters<typeof PassageBench>[0]> = {}): void {
  bench = new PassageBench({ folder: join(folder, 'spool'), ...options })
}

/** Sends `bytes` in blocks of the pool, as a connection receives them. */
function send(bytes: Uint8Array, from = 0, piece = 16 * 1024): void {
  for (let at = 0; at < bytes.length; ) {
    const block = blocks.take(64 * 1024)
    block.bytes.set(bytes.subarray(at, at + block.bytes.length))
    const end = Math.min(bytes.length, at + block.bytes.length)
    for (let start = at; start < end; start += piece) {
      const view = block.bytes.subarray(start - at, Math.min(end, start + piece) - at)
      bench.do({ name: 'write', passage: 'p', offset: from + start, bytes: view })
    }
    blocks.release(block.bytes)
    at = end
  }
}

/** A reader that asks for more as soon as it got something. */
function readAll(reader: string, length: number, piece = 32 * 1024): Promise<void> {
  return new Promise(resolve => {
    const before = bench.onEvent
    bench.onEvent = event => {
      before(event)
      if (event.name !== 'octets' || event.reader !== reader) return
      const offset = event.offset + event.bytes.length
      if (offset < length) return bench.do({ name: 'read', passage: 'p', reader, offset, length: piece })
      bench.do({ name: 'leave', passage: 'p', reader })
      resolve()
    }
    bench.do({ name: 'read', passage: 'p', reader, offset: 0, length: piece })
  })
}

beforeEach(() => {
  folder = tempFolder()
  open()
})

afterEach(async () => {
  await bench.host.close()
  expect(filesIn(join(folder, 'spool'))).toEqual([])
  expect(bench.host.figures).toMatchObject({ passages: 0, readers: 0, memory: 0, pending: 0, spooled: 0 })
})

describe('PassageHost', () => {
  it('passes octets on as they come, from memory alone while nobody lags @req GRP-27', async () => {
    const bytes = pattern(5_000_000)
    bench.do(OPEN)
    const done = Promise.all(['a', 'b', 'c'].map(reader => readAll(reader, bytes.length)))
    send(bytes)
    bench.do({ name: 'finish', passage: 'p' })
    await done
    for (const reader of ['a', 'b', 'c']) expect(sha1(bench.octets(reader))).toBe(sha1(bytes))
    const finished = await bench.event('finished')
    expect([finished.size, Buffer.from(finished.sha1).toString('hex')]).toEqual([bytes.length, sha1(bytes)])
    expect(filesIn(join(folder, 'spool'))).toEqual([])
    expect(bench.host.figures.spooled).toBe(0)
  })

  it('gives every reader all octets in order, whatever their pace @req GRP-27 GRP-29', async () => {
    const action = fc.record({ who: fc.nat({ max: 4 }), length: fc.integer({ min: 1, max: 40_000 }) })
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 400_000 }),
        fc.array(action, { maxLength: 60 }),
        fc.boolean(),
        fc.nat(),
        async (size, actions, keep, head) => {
          open({ limits: { window: 32 * 1024, smallestWindow: 8 * 1024, inFlight: 16 * 1024 } })
          const bytes = pattern(size)
          const contentAt = head % size
          bench.do({ ...OPEN, keep }, { name: 'content-at', passage: 'p', offset: contentAt })
          const readers = ['a', 'b', 'c', 'd']
          for (const reader of readers) bench.do({ name: 'join', passage: 'p', reader })
          const at = new Map(readers.map(reader => [reader, 0]))
          const asking = new Set<string>()
          bench.onEvent = event => {
            if (event.name !== 'octets') return
            at.set(event.reader, event.offset + event.bytes.length)
            asking.delete(event.reader)
          }
          const ask = (reader: string, length: number): void => {
            if (asking.has(reader) || (at.get(reader) ?? 0) >= size) return
            asking.add(reader)
            bench.do({ name: 'read', passage: 'p', reader, offset: at.get(reader) ?? 0, length })
          }
          let sent = 0
          for (const { who, length } of actions) {
            const reader = readers[who]
            if (reader === undefined) {
              const piece = bytes.subarray(sent, sent + length * 3)
              send(piece, sent)
              sent += piece.length
              if (length % 5 === 0) await new Promise(resolve => setImmediate(resolve))
            } else ask(reader, length)
          }
          if (keep) bench.do({ name: 'settled', passage: 'p' })
          send(bytes.subarray(sent), sent)
          bench.do({ name: 'finish', passage: 'p' })
          const finished = await bench.event('finished')
          expect([finished.size, Buffer.from(finished.sha1).toString('hex')]).toEqual([size - contentAt, sha1(bytes.subarray(contentAt))])
          while (readers.some(reader => (at.get(reader) ?? 0) < size)) {
            for (const reader of readers) ask(reader, 30_000)
            await new Promise(resolve => setImmediate(resolve))
            expect(bench.events.filter(event => event.name === 'failed')).toEqual([])
          }
          for (const reader of readers) expect(sha1(bench.octets(reader))).toBe(sha1(bytes))
          await bench.host.close()
        },
      ),
      { numRuns: 60, interruptAfterTimeLimit: 4000 },
    )
  })

  it('leaves a view alone until its transport must have written it, wherever it came from @req GRP-27', async () => {
    const inFlight = 64 * 1024
    open({ limits: { window: 128 * 1024, smallestWindow: 64 * 1024, inFlight } })
    const bytes = pattern(3_000_000)
    const views: { readonly reader: string; readonly offset: number; readonly view: Uint8Array }[] = []
    const at = new Map([
      ['slow', 0],
      ['fast', 0],
    ])
    bench.onEvent = event => {
      if (event.name !== 'octets') return
      views.push({ reader: event.reader, offset: event.offset, view: event.bytes })
      at.set(event.reader, event.offset + event.bytes.length)
    }
    bench.do(OPEN, { name: 'join', passage: 'p', reader: 'slow' }, { name: 'join', passage: 'p', reader: 'fast' })
    const read = (reader: string): void => {
      const offset = at.get(reader) ?? 0
      bench.do({ name: 'read', passage: 'p', reader, offset, length: 10_000 })
      // all that is not certainly written yet
      for (const given of views)
        if (given.reader === reader && given.offset + given.view.length > offset + 10_000 - inFlight)
          expect(Buffer.compare(given.view, bytes.subarray(given.offset, given.offset + given.view.length))).toBe(0)
    }
    let turn = 0
    for (let sent = 0; sent < bytes.length || (at.get('slow') ?? 0) < bytes.length; turn++) {
      const piece = bytes.subarray(sent, sent + 40_000)
      send(piece, sent)
      sent += piece.length
      // in step with the disk
      while (bench.host.figures.pending > 0) await new Promise(resolve => setImmediate(resolve))
      for (let count = 0; count < 5 && (at.get('fast') ?? 0) < sent; count++) read('fast')
      if (turn % 4 === 0 || sent === bytes.length) {
        const before = at.get('slow') ?? 0
        if (before < bytes.length) read('slow')
        for (let left = 1000; left > 0 && before < bytes.length && at.get('slow') === before; left--)
          await new Promise(resolve => setImmediate(resolve))
      }
    }
    expect(bench.host.figures.spooled).toBeGreaterThan(1_000_000)
    expect([...at.values()]).toEqual([bytes.length, bytes.length])
  })
})
