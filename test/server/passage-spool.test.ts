import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, existsSync, mkdirSync, readdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { blocks, HashPool, OpenResources } from '../../src/node/index.js'
import type { PassageHostOptions, PassageLimits } from '../../src/server/passage-host.js'
import { isSpoolName } from '../../src/server/spool-folder.js'
import { descriptorsUnder } from '../node/descriptors.js'
import { tempFolder } from '../node/temp-folder.js'
import { filesIn, PassageBench, pattern, sha1 } from './passage-kit.js'

const KIB = 1024
const MIB = 1024 * KIB
const OPEN = { name: 'open', passage: 'p', total: undefined, limit: 1e9, keep: false } as const

let spool: string
let bench: PassageBench
let retained: number

function open(limits: Partial<PassageLimits> = {}, options: Partial<PassageHostOptions> = {}): void {
  bench = new PassageBench({
    folder: spool,
    // nobody has time
    now: () => 0,
    limits: { window: 256 * KIB, smallestWindow: 64 * KIB, inFlight: 64 * KIB, patience: 0, ...limits },
    ...options,
  })
}

function send(bytes: Uint8Array, from = 0): void {
  for (let at = 0; at < bytes.length; ) {
    const block = blocks.take(64 * KIB)
    block.bytes.set(bytes.subarray(at, at + block.bytes.length))
    const view = block.bytes.subarray(0, Math.min(block.bytes.length, bytes.length - at))
    retained++
    block.onFree = () => void retained--
    bench.do({ name: 'write', passage: 'p', offset: from + at, bytes: view })
    blocks.release(block.bytes)
    at += view.length
  }
}

async function turn(milliseconds = 0): Promise<void> {
  await new Promise(resolve => setTimeout(resolve, milliseconds))
}

async function until(condition: () => boolean): Promise<void> {
  for (let left = 5000; !condition(); left--) {
    if (left === 0) throw new Error('It never came true.')
    await turn(1)
  }
}

/** Reads to the end, with a pause before each question. */
async function readAll(
  reader: string,
  length: number,
  piece = 64 * KIB,
  pause: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  for (let offset = bench.count(reader); offset < length; offset = bench.count(reader)) {
    await pause()
    const before = offset
    bench.do({ name: 'read', passage: 'p', reader, offset, length: piece })
    await until(() => bench.count(reader) > before || bench.events.some(event => event.name === 'failed'))
    if (bench.events.some(event => event.name === 'failed')) return
  }
  bench.do({ name: 'leave', passage: 'p', reader })
}

/** The same from where it asked last. */
async function readRest(reader: string, length: number): Promise<void> {
  let offset = 128 * KIB + KIB
  const before = bench.onEvent
  bench.onEvent = event => {
    before(event)
    if (event.name === 'octets' && event.reader === reader) offset = event.offset + event.bytes.length
  }
  while (offset < length) {
    const from = offset
    bench.do({ name: 'read', passage: 'p', reader, offset, length: 64 * KIB })
    await until(() => offset > from)
  }
  bench.do({ name: 'leave', passage: 'p', reader })
}

beforeEach(() => {
  spool = join(tempFolder(), 'data', 'spool')
  retained = 0
  open()
})

afterEach(async () => {
  await bench.host.close()
  expect(filesIn(spool)).toEqual([])
  expect(descriptorsUnder(spool)).toEqual([])
  expect(bench.host.figures).toMatchObject({ passages: 0, readers: 0, memory: 0, pending: 0, spooled: 0 })
  expect(retained).toBe(0)
})

describe('PassageHost on disk', () => {
  it('writes nothing before a reader falls out of the window, and only what fell out @req GRP-29', async () => {
    const bytes = pattern(2 * MIB)
    bench.do(OPEN, { name: 'join', passage: 'p', reader: 'slow' })
    send(bytes.subarray(0, 256 * KIB))
    await turn(10)
    expect(existsSync(spool)).toBe(false)
    send(bytes.subarray(256 * KIB, 512 * KIB), 256 * KIB)
    await until(() => bench.host.figures.spooled > 0 && bench.host.figures.pending === 0)
    expect(bench.host.figures.spooled).toBe(256 * KIB)
    const [name = ''] = readdirSync(spool)
    expect(isSpoolName(name)).toBe(true)
    expect(statSync(join(spool, name)).mode & 0o777).toBe(0o600)
    expect(statSync(spool).mode & 0o777).toBe(0o700)
    await readAll('slow', 512 * KIB)
    // nobody lags any more: the rest stays off the disk
    send(bytes.subarray(512 * KIB), 512 * KIB)
    expect(bench.host.figures.spooled).toBe(256 * KIB)
    bench.do({ name: 'finish', passage: 'p' })
    expect(Buffer.from((await bench.event('finished')).sha1).toString('hex')).toBe(sha1(bytes))
    expect(sha1(bench.octets('slow'))).toBe(sha1(bytes.subarray(0, 512 * KIB)))
  })

  it('lets a slow reader wait for nobody and nobody for it, in flat memory @req GRP-29', async () => {
    const bytes = pattern(16 * MIB)
    bench.do(OPEN)
    for (const reader of ['slow', 'fast-1', 'fast-2']) bench.do({ name: 'join', passage: 'p', reader })
    let highest = 0
    let blocksHeld = 0
    const fast = ['fast-1', 'fast-2'].map(reader => readAll(reader, bytes.length, MIB))
    const slow = readAll('slow', 160 * KIB, 10 * KIB, () => turn(50))
    for (let at = 0; at < bytes.length; at += 128 * KIB) {
      send(bytes.subarray(at, at + 128 * KIB), at)
      highest = Math.max(highest, bench.host.figures.memory)
      blocksHeld = Math.max(blocksHeld, retained)
      // a sender in step with the disk
      await until(() => bench.host.figures.pending <= 128 * KIB)
    }
    bench.do({ name: 'finish', passage: 'p' })
    await Promise.all(fast)
    expect(bench.octets('slow').length).toBeLessThan(512 * KIB)
    await bench.event('finished')
    expect(highest).toBeLessThan(2 * MIB)
    expect(blocksHeld * 64 * KIB).toBeLessThan(2 * MIB)
    await slow
    for (const reader of ['fast-1', 'fast-2']) expect(sha1(bench.octets(reader))).toBe(sha1(bytes))
    expect(sha1(bench.octets('slow'))).toBe(sha1(bytes.subarray(0, bench.octets('slow').length)))
  })

  it('keeps everything for readers that come late, and hashes it by a worker @req GRP-29', async () => {
    const resources = new OpenResources()
    const hashes = new HashPool(resources)
    open({}, { hashes })
    const bytes = pattern(9 * MIB)
    bench.do({ ...OPEN, keep: true, total: bytes.length }, { name: 'content-at', passage: 'p', offset: 1000 })
    for (let at = 0; at < bytes.length; at += MIB) {
      send(bytes.subarray(at, at + MIB), at)
      await turn()
    }
    bench.do({ name: 'finish', passage: 'p' })
    const finished = await bench.event('finished')
    expect([finished.size, Buffer.from(finished.sha1).toString('hex')]).toEqual([bytes.length - 1000, sha1(bytes.subarray(1000))])
    expect(bench.host.figures.memory).toBe(0)
    expect(bench.host.figures.spooled).toBe(bytes.length)
    await Promise.all([readAll('late', bytes.length, 200 * KIB), readAll('later', bytes.length, 30 * KIB)])
    bench.do({ name: 'settled', passage: 'p' })
    for (const reader of ['late', 'later']) expect(sha1(bench.octets(reader))).toBe(sha1(bytes))
    await bench.host.close()
    await hashes.close()
    expect(resources.names()).toEqual([])
  })

  it('keeps a small message for late readers in memory', async () => {
    const bytes = pattern(100 * KIB)
    bench.do({ ...OPEN, keep: true })
    send(bytes)
    bench.do({ name: 'finish', passage: 'p' })
    await bench.event('finished')
    await readAll('late', bytes.length)
    expect(sha1(bench.octets('late'))).toBe(sha1(bytes))
    expect(existsSync(spool)).toBe(false)
    bench.do({ name: 'settled', passage: 'p' })
    expect(bench.host.figures.memory).toBe(0)
  })

  it('holds the sender while the disk cannot keep up, and lets it go on @req GRP-29', async () => {
    open({ highWater: 512 * KIB })
    bench.do({ ...OPEN, keep: true })
    send(pattern(MIB))
    expect(bench.holds).toHaveLength(1)
    let free = false
    void bench.holds[0]?.then(() => {
      free = true
    })
    await Promise.resolve()
    expect(free).toBe(false)
    await until(() => free)
    expect(bench.host.figures.pending).toBeLessThanOrEqual(256 * KIB)
  })

  it('ends a passage that does not fit into its quota, that of the host, or its own limit @req GRP-29', async () => {
    for (const limits of [{ passageQuota: 512 * KIB }, { spoolQuota: 512 * KIB }]) {
      open(limits)
      bench.do({ ...OPEN, keep: true })
      send(pattern(2 * MIB))
      expect((await bench.event('failed')).cause).toBe('full')
      await bench.host.close()
      expect(bench.host.figures.spooled).toBe(0)
    }
    open()
    bench.do({ ...OPEN, limit: 1000 })
    send(pattern(1001))
    expect((await bench.event('failed')).cause).toBe('full')
  })

  it('ends a passage whose folder refuses files, and no other', async () => {
    mkdirSync(join(spool, '..'), { recursive: true })
    writeFileSync(spool, 'no folder')
    bench.do({ ...OPEN, keep: true }, { ...OPEN, passage: 'small' })
    send(pattern(MIB))
    const failed = await bench.event('failed')
    expect(failed.cause).toBe('broken')
    expect(failed.detail).toContain('EEXIST')
    expect(bench.host.figures.passages).toBe(1)
    bench.do({ name: 'close', passage: 'small' })
    chmodSync(spool, 0o600)
    spool = join(spool, '..', 'none')
  })

  it('can be closed in every state', async () => {
    const states: (() => Promise<unknown> | undefined)[] = [
      () => undefined,
      () => turn(),
      () => until(() => bench.host.figures.pending === 0),
      () => {
        bench.do({ name: 'finish', passage: 'p' })
        return undefined
      },
      () => {
        bench.do({ name: 'finish', passage: 'p' })
        return bench.event('finished')
      },
      () => {
        bench.do({ name: 'read', passage: 'p', reader: 'late', offset: 0, length: 1000 })
        return undefined
      },
    ]
    for (const state of states) {
      open()
      bench.do({ ...OPEN, keep: true })
      send(pattern(MIB))
      await state()
      bench.do({ name: 'close', passage: 'p' }, { name: 'close', passage: 'p' })
      const told = bench.events.length
      bench.do({ name: 'finish', passage: 'p' }, { name: 'write', passage: 'p', offset: 0, bytes: pattern(1) })
      await bench.host.close()
      expect(bench.events).toHaveLength(told)
      expect(filesIn(spool)).toEqual([])
    }
  })

  it('ends a passage whose time is over @req GRP-29', async () => {
    open({ ttl: 1234 })
    bench.do({ ...OPEN, keep: true })
    send(pattern(MIB))
    expect(bench.timers.map(timer => timer.milliseconds)).toEqual([1234])
    bench.timers[0]?.callback()
    expect((await bench.event('failed')).cause).toBe('broken')
    expect(bench.timers).toEqual([])
  })

  it('refuses octets out of order and too many passages or readers', async () => {
    open({ passages: 1, readers: 1 })
    bench.do(OPEN, { ...OPEN, passage: 'other' })
    expect((await bench.event('failed', 'other')).cause).toBe('full')
    bench.do({ name: 'write', passage: 'p', offset: 5, bytes: pattern(1) })
    expect((await bench.event('failed')).cause).toBe('broken')
    open({ readers: 1 })
    bench.do(OPEN, { name: 'join', passage: 'p', reader: 'a' }, { name: 'join', passage: 'p', reader: 'b' })
    expect((await bench.event('failed')).cause).toBe('broken')
  })

  it('makes room in other passages when memory is short', async () => {
    open({ memory: MIB, window: MIB, passages: 10 })
    for (const passage of ['a', 'b', 'c', 'p']) {
      bench.do({ ...OPEN, passage, keep: true })
      for (let at = 0; at < MIB; at += 64 * KIB) {
        const { bytes } = blocks.take(64 * KIB)
        bench.do({ name: 'write', passage, offset: at, bytes })
        blocks.release(bytes)
        await until(() => bench.host.figures.pending === 0)
      }
    }
    expect(bench.host.figures.memory).toBeLessThanOrEqual(MIB + 256 * KIB)
  })

  it('lets the sender wait a moment when everybody is behind, instead of using the disk @req GRP-29', async () => {
    let clock = 0
    open({ patience: 77 }, { now: () => clock })
    const settled: number[] = []
    const watch = (): void => bench.holds.forEach((hold, index) => void hold.then(() => settled.includes(index) || settled.push(index)))
    const patience = (): (() => void) | undefined => bench.timers.find(({ milliseconds }) => milliseconds === 77)?.callback
    bench.do(OPEN, { name: 'join', passage: 'p', reader: 'slow' }, { name: 'read', passage: 'p', reader: 'fast', offset: 0, length: KIB })
    send(pattern(320 * KIB))
    watch()
    expect([bench.holds.length, bench.host.figures.spooled]).toEqual([1, 0])
    expect(patience()).toBeDefined()
    bench.do({ name: 'read', passage: 'p', reader: 'fast', offset: KIB, length: KIB })
    await turn()
    expect(settled).toEqual([])
    // the faster one comes into the window: the disk has to do for the other one, who was waited for long enough
    clock = 100
    bench.do({ name: 'read', passage: 'p', reader: 'fast', offset: 128 * KIB, length: KIB })
    await turn()
    expect([settled, patience()]).toEqual([[0], undefined])
    expect(bench.host.figures.spooled).toBe(64 * KIB)
    // and nobody is waited for longer than that
    send(pattern(128 * KIB), 320 * KIB)
    watch()
    expect(bench.holds).toHaveLength(2)
    const before = bench.host.figures.spooled
    patience()?.()
    await turn()
    expect(settled).toEqual([0, 1])
    expect(bench.host.figures.spooled).toBeGreaterThan(before)
    await Promise.all([readAll('slow', 448 * KIB), readRest('fast', 448 * KIB)])
  })

  it('holds the sender for a reader a little behind, a small share of the time of the others @req GRP-29', async () => {
    let clock = 0
    open({ patience: 50 }, { now: () => clock })
    const freed = new Set<unknown>()
    let at = 0
    const write = (length = 320 * KIB): void => {
      send(pattern(length), at)
      at += length
      const hold = bench.holds.at(-1)
      void hold?.then(() => freed.add(hold))
    }
    const read = (reader: string, offset: number): void => bench.do({ name: 'read', passage: 'p', reader, offset, length: KIB })
    bench.do(OPEN)
    for (const reader of ['even', 'odd']) read(reader, 0)
    read('even', KIB)
    write()
    // one is in the window, the other catches up in 10 ms: the disk is not needed
    read('even', 300 * KIB)
    clock = 10
    expect([bench.holds.length, freed.size, bench.host.figures.spooled]).toEqual([1, 0, 0])
    read('odd', 200 * KIB)
    await turn()
    expect([bench.holds.length, freed.size, bench.host.figures.spooled]).toEqual([1, 1, 0])
    // it falls behind again, and is waited for until the time for that is used up
    write()
    read('even', 600 * KIB)
    const readers = [
      { reader: 'even', offset: 600 * KIB, wanted: 0, isSlow: false },
      { reader: 'odd', offset: 200 * KIB, wanted: 0, isSlow: false },
    ]
    expect(bench.host.report).toEqual([
      {
        passage: 'p',
        total: undefined,
        length: at,
        memoryFrom: 192 * KIB,
        spooled: 0,
        pending: 0,
        keeps: false,
        isFinishing: false,
        waits: true,
        readers,
      },
    ])
    expect([bench.holds.length, bench.host.figures.spooled]).toEqual([2, 0])
    clock = 53
    read('even', 610 * KIB)
    await turn()
    expect([bench.holds.length, freed.size]).toEqual([2, 2])
    expect(bench.host.figures.spooled).toBeGreaterThan(0)
    // time brings some again, but not for one that did not come
    clock = 1000
    read('even', 640 * KIB)
    write(128 * KIB)
    expect(bench.holds).toHaveLength(2)
    // before it has caught up
    read('odd', 760 * KIB)
    for (let count = 0; count < 2; count++) {
      read('even', at)
      write(128 * KIB)
    }
    expect(bench.holds).toHaveLength(3)
    read('odd', at)
    read('even', at)
    await turn()
    expect(freed.size).toBe(3)
    bench.do({ name: 'leave', passage: 'p', reader: 'odd' }, { name: 'leave', passage: 'p', reader: 'even' })
  })

  it('does not hold more because a sender does not wait', async () => {
    bench.do(OPEN, { name: 'read', passage: 'p', reader: 'r', offset: 0, length: KIB })
    for (let at = 0; at < 4 * MIB; at += 64 * KIB) {
      send(pattern(64 * KIB), at)
      await until(() => bench.host.figures.pending === 0)
      expect(bench.host.figures.memory).toBeLessThanOrEqual(640 * KIB)
    }
    bench.do({ name: 'leave', passage: 'p', reader: 'r' })
  })

  it('reads ahead in small blocks when many are behind', async () => {
    const readers = Array.from({ length: 40 }, (_, n) => `r${n}`)
    bench.do({ ...OPEN, keep: true })
    send(pattern(3 * MIB))
    bench.do({ name: 'finish', passage: 'p' })
    await bench.event('finished')
    for (const reader of readers) bench.do({ name: 'read', passage: 'p', reader, offset: 0, length: 10 * KIB })
    await until(() => readers.every(reader => bench.count(reader) === 10 * KIB))
    expect(bench.host.figures.memory).toBe(16 * MIB + 24 * 64 * KIB)
    await Promise.all(readers.slice(0, 5).map(reader => readAll(reader, 3 * MIB, 500 * KIB)))
    for (const reader of readers.slice(0, 5)) expect(sha1(bench.octets(reader))).toBe(sha1(pattern(3 * MIB)))
  })

  it('deletes what a killed process left, and nothing else', async () => {
    const script = join(spool, '..', '..', 'holder.mjs')
    const built = (path: string): string => JSON.stringify(new URL(`../../dist/${path}`, import.meta.url).href)
    writeFileSync(
      script,
      `import { PassageHost } from ${built('server/passage-host.js')}
const host = new PassageHost({ folder: process.argv[2], onEvent: () => {}, hold: () => {}, after: () => () => {}, limits: { patience: 0 } })
host.command({ name: 'open', passage: 'p', total: undefined, limit: 1e9, keep: true })
host.command({ name: 'write', passage: 'p', offset: 0, bytes: new Uint8Array(8_000_000) })
const timer = setInterval(() => { if (host.figures.pending === 0) { process.stdout.write('there'); clearInterval(timer); setInterval(() => {}, 1000) } }, 5)
`,
    )
    const child = spawn(process.execPath, [script, spool], { stdio: ['ignore', 'pipe', 'inherit'] })
    const [said] = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    expect(String(said)).toBe('there')
    expect(readdirSync(spool).map(isSpoolName)).toEqual([true])
    writeFileSync(join(spool, 'mine.cpmft-spool'), '')
    symlinkSync(join(spool, 'mine.cpmft-spool'), join(spool, `${'a'.repeat(20)}.cpmft-spool`))
    expect(await bench.host.sweep()).toBe(1)
    expect(readdirSync(spool).sort()).toEqual([`${'a'.repeat(20)}.cpmft-spool`, 'mine.cpmft-spool'])
    spool = join(spool, 'none')
    expect(await bench.host.sweep()).toBe(0)
  })
})
