import { createHash } from 'node:crypto'
import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ConflictPolicy, FileSink, HostError, SinkOptions } from '../../src/client/index.js'
import { blocks } from '../../src/node/block-pool.js'
import { BLOCK_SIZE } from '../../src/node/limits.js'
import { type NodeHost, nodeHost } from '../../src/node/node-host.js'
import { descriptorsUnder } from './descriptors.js'
import { tempFolder } from './temp-folder.js'

let host: NodeHost
let folder: string

beforeEach(() => {
  host = nodeHost()
  folder = tempFolder()
})

afterEach(async () => {
  await host.close()
  expect(host.openResources()).toEqual([])
  expect(descriptorsUnder(folder)).toEqual([])
})

function create(name: string, options: Partial<SinkOptions> = {}): Promise<FileSink> {
  return host.create({ into: folder, name, size: undefined, onConflict: 'rename', hash: true, ...options })
}

async function receive(name: string, text: string, onConflict: ConflictPolicy = 'rename'): Promise<string> {
  const sink = await create(name, { onConflict })
  sink.write(0, Buffer.from(text))
  await sink.finish()
  return sink.commit()
}

function sha1(bytes: Uint8Array): string {
  return createHash('sha1').update(bytes).digest('hex')
}

function hex(bytes: Uint8Array | undefined): string {
  return Buffer.from(bytes ?? []).toString('hex')
}

/** Repeatable contents without a period that divides a block. */
function pattern(size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  for (let index = 0; index < size; index++) bytes[index] = (index * 31 + (index >> 8)) % 251
  return bytes
}

describe('FileSink', () => {
  it('keeps a file under a random hidden name with mode 0600 until it is committed @req RCV-11', async () => {
    const sink = await create('photo.jpg', { size: 5 })
    sink.write(0, Buffer.from('hello'))
    await sink.drained()
    const [partial = ''] = readdirSync(folder)
    expect(readdirSync(folder)).toHaveLength(1)
    expect(partial).toMatch(/^\.photo\.jpg\.[0-9a-f]{12}\.cpmft-part$/)
    expect(statSync(join(folder, partial)).mode & 0o777).toBe(0o600)
    const finished = await sink.finish()
    expect([finished.size, hex(finished.sha1)]).toEqual([5, sha1(Buffer.from('hello'))])
    expect(readdirSync(folder)).toEqual([partial])
    expect(await sink.commit()).toBe(join(folder, 'photo.jpg'))
    expect(readdirSync(folder)).toEqual(['photo.jpg'])
    expect(readFileSync(join(folder, 'photo.jpg'), 'utf8')).toBe('hello')
    expect(host.openResources()).toEqual([])
  })

  it('receives an empty file @req RCV-13', async () => {
    const sink = await create('empty', { size: 0 })
    expect(hex((await sink.finish()).sha1)).toBe('da39a3ee5e6b4b0d3255bfef95601890afd80709')
    expect(statSync(await sink.commit()).size).toBe(0)
  })

  it('never overwrites: the next free number is taken @req RCV-11', async () => {
    writeFileSync(join(folder, 'a.txt'), 'mine')
    expect(await receive('a.txt', 'one')).toBe(join(folder, 'a (2).txt'))
    expect(await receive('a.txt', 'two')).toBe(join(folder, 'a (3).txt'))
    expect(readFileSync(join(folder, 'a.txt'), 'utf8')).toBe('mine')
    expect(readFileSync(join(folder, 'a (3).txt'), 'utf8')).toBe('two')
  })

  it('gives every one of many sinks with one name a file of its own @req RCV-11 RCV-17', async () => {
    const sinks = await Promise.all(Array.from({ length: 12 }, () => create('same.txt')))
    for (const [index, sink] of sinks.entries()) sink.write(0, Buffer.from(`contents ${index}`))
    const paths = await Promise.all(sinks.map(sink => sink.commit()))
    expect(new Set(paths).size).toBe(12)
    expect(paths.map(path => readFileSync(path, 'utf8'))).toEqual(sinks.map((_, index) => `contents ${index}`))
    expect(readdirSync(folder)).toHaveLength(12)
  })

  it('replaces a file only when told to, and skips when told to @req RCV-11', async () => {
    writeFileSync(join(folder, 'a.txt'), 'mine')
    await expect(create('a.txt', { onConflict: 'skip' })).rejects.toMatchObject({ code: 'exists' })
    const late = await create('b.txt', { onConflict: 'skip' })
    writeFileSync(join(folder, 'b.txt'), 'came meanwhile')
    await expect(late.commit()).rejects.toMatchObject({ code: 'exists' })
    await late.discard()
    expect(readFileSync(join(folder, 'b.txt'), 'utf8')).toBe('came meanwhile')
    expect(await receive('a.txt', 'theirs', 'overwrite')).toBe(join(folder, 'a.txt'))
    expect(readFileSync(join(folder, 'a.txt'), 'utf8')).toBe('theirs')
    mkdirSync(join(folder, 'sub'))
    const onFolder = await create('sub', { onConflict: 'overwrite' })
    await expect(onFolder.commit()).rejects.toMatchObject({ code: 'exists' })
    await onFolder.discard()
    expect(readdirSync(folder).sort()).toEqual(['a.txt', 'b.txt', 'sub'])
  })

  it.each(['rename', 'overwrite'] as const)('does not follow a symbolic link at the final name (%s) @req SEC-1', async onConflict => {
    const outside = tempFolder()
    const victim = join(outside, 'victim')
    writeFileSync(victim, 'precious')
    symlinkSync(victim, join(folder, 'a.txt'))
    symlinkSync(join(outside, 'new'), join(folder, 'dangling'))
    await receive('a.txt', 'evil', onConflict)
    const path = await receive('dangling', 'evil', onConflict)
    expect(readFileSync(victim, 'utf8')).toBe('precious')
    expect(readdirSync(outside)).toEqual(['victim'])
    expect(lstatSync(path).isFile()).toBe(true)
    if (onConflict === 'rename') expect(lstatSync(join(folder, 'a.txt')).isSymbolicLink()).toBe(true)
  })

  it.each(['../../etc/passwd', '..%2F..%2Fx', 'C:\\x', 'a/b', '\\\\srv\\share', 'z'.repeat(5000), 'nul.txt', 'a\u202eb', '..'])(
    'keeps %j inside the folder @req SEC-1 SEC-2',
    async name => {
      const path = await receive(name, 'x')
      expect(path.slice(0, path.lastIndexOf('/'))).toBe(folder)
      expect(readdirSync(folder)).toEqual([path.slice(folder.length + 1)])
    },
  )

  it('resolves a folder that is a link once, and refuses when it was replaced meanwhile @req SEC-1', async () => {
    const real = join(folder, 'real')
    const other = join(folder, 'other')
    mkdirSync(real)
    mkdirSync(other)
    symlinkSync(real, join(folder, 'link'))
    const sink = await create('a', { into: join(folder, 'link') })
    expect(await sink.commit()).toBe(join(real, 'a'))
    const late = await create('b', { into: join(folder, 'link') })
    renameSync(real, other)
    symlinkSync(other, real)
    await expect(late.commit()).rejects.toMatchObject({ code: 'folder-missing' })
    expect(readdirSync(other)).not.toContain('b')
    await late.discard()
    expect(readdirSync(other)).toEqual(['a'])
  })

  it('refuses a missing folder, a file as folder, and one that cannot be written @req RCV-10', async () => {
    await expect(create('a', { into: join(folder, 'none') })).rejects.toMatchObject({ code: 'folder-missing' })
    writeFileSync(join(folder, 'plain'), '')
    await expect(create('a', { into: join(folder, 'plain') })).rejects.toMatchObject({ code: 'folder-missing' })
    // procfs refuses new files even from root
    await expect(create('a', { into: '/proc' })).rejects.toMatchObject({ code: expect.stringMatching(/folder-(unwritable|missing)/) })
    if (process.getuid?.() === 0) return
    chmodSync(folder, 0o500)
    await expect(create('a')).rejects.toMatchObject({ code: 'folder-unwritable' })
    chmodSync(folder, 0o700)
  })

  it('refuses a size that the disk has no room for, counting what others were promised @req RCV-10', async () => {
    const { bavail, bsize } = await import('node:fs/promises').then(fs => fs.statfs(folder))
    const free = bavail * bsize
    await expect(create('a', { size: free * 2 })).rejects.toMatchObject({ code: 'disk-full' })
    const first = await create('a', { size: Math.floor(free * 0.7) })
    await expect(create('b', { size: Math.floor(free * 0.7) })).rejects.toMatchObject({ code: 'disk-full' })
    await first.discard()
    const second = await create('b', { size: Math.floor(free * 0.7) })
    await second.discard()
    expect(readdirSync(folder)).toEqual([])
  })

  it('stops once at the first failed write, tells so, and leaves nothing behind @req RCV-11', async () => {
    const sink = await create('a')
    const errors: HostError[] = []
    sink.onError = error => errors.push(error)
    sink.write(0, Buffer.from('fine'))
    // trap: the system would take this as "the current position"
    sink.write(2 ** 53, Buffer.from('bad'))
    sink.write(4, Buffer.from('ignored'))
    await expect(sink.drained()).rejects.toMatchObject({ code: 'write-failed' })
    await expect(sink.finish()).rejects.toMatchObject({ code: 'write-failed' })
    await expect(sink.commit()).rejects.toMatchObject({ code: 'write-failed' })
    expect(errors).toHaveLength(1)
    expect(sink.pending).toBe(0)
    await sink.discard()
    expect(readdirSync(folder)).toEqual([])
  })

  it('tells people neither path nor contents in its errors @req SEC-9', async () => {
    const error = await create('a', { into: join(folder, 'none') }).catch(reason => reason as HostError)
    expect(String(error)).not.toContain(folder)
    const missing = await host.open(join(folder, 'none.txt')).catch(reason => reason as HostError)
    expect(String(missing)).not.toContain(folder)
    expect((missing as HostError).cause).toBeUndefined()
  })

  it('discards at any moment, twice, and after commit keeps the file @req RCV-14', async () => {
    const sink = await create('a')
    for (let index = 0; index < 50; index++) sink.write(index * 100_000, new Uint8Array(100_000))
    await sink.discard()
    await sink.discard()
    expect(readdirSync(folder)).toEqual([])
    await expect(sink.commit()).rejects.toMatchObject({ code: 'write-failed' })
    const kept = await create('b')
    const path = await kept.commit()
    await kept.discard()
    expect(readdirSync(folder)).toEqual(['b'])
    expect(path).toBe(join(folder, 'b'))
  })

  it('leaves no partial file when the host closes @req RCV-11', async () => {
    const sink = await create('a')
    sink.write(0, pattern(3_000_000))
    await host.close()
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('SHA-1 while writing', () => {
  const size = 5_300_003
  const whole = pattern(size)

  async function hashOf(sink: FileSink): Promise<string> {
    const finished = await sink.finish()
    expect(finished.size).toBe(size)
    const path = await sink.commit()
    expect(sha1(readFileSync(path))).toBe(sha1(whole))
    rmSync(path)
    return hex(finished.sha1)
  }

  it('follows writes in order @req RCV-13', async () => {
    const sink = await create('a', { size })
    for (let at = 0; at < size; at += 65_536) {
      sink.write(at, whole.subarray(at, Math.min(size, at + 65_536)))
      if (at % 655_360 === 0) await sink.drained()
    }
    expect(await hashOf(sink)).toBe(sha1(whole))
  })

  it('follows writes out of order @req RCV-13', async () => {
    const sink = await create('a', { size })
    const parts = Array.from({ length: Math.ceil(size / 70_000) }, (_, index) => index * 70_000)
    for (const at of parts.reverse()) sink.write(at, whole.subarray(at, Math.min(size, at + 70_000)))
    expect(await hashOf(sink)).toBe(sha1(whole))
  })

  it('hashes what stayed when octets are written twice, the last write winning @req RCV-13', async () => {
    const sink = await create('a', { size })
    const wrong = new Uint8Array(500_000).fill(7)
    for (let at = 0; at < size; at += 500_000) sink.write(at, wrong.subarray(0, Math.min(500_000, size - at)))
    await sink.drained()
    // time for the worker to start and to hash what is about to be replaced
    await new Promise(resolve => setTimeout(resolve, 300))
    // overlapping, unaligned, some while others run
    for (let at = 0; at < size; at += 300_000) {
      sink.write(at, wrong.subarray(0, Math.min(300_000, size - at)))
      sink.write(at, whole.subarray(at, Math.min(size, at + 333_333)))
    }
    expect(await hashOf(sink)).toBe(sha1(whole))
  })

  it('hashes at the end when the writes are scattered beyond measure @req RCV-13', async () => {
    const sink = await create('a', { size })
    const step = 512
    for (const start of [1, 0]) {
      for (let at = start * step; at < size; at += 2 * step) sink.write(at, whole.subarray(at, Math.min(size, at + step)))
      await sink.drained()
    }
    expect(await hashOf(sink)).toBe(sha1(whole))
  })

  it('hashes in a worker thread that is closed with the host', async () => {
    const sink = await create('a', { size })
    sink.write(0, whole.subarray(0, 4_000_000))
    await sink.drained()
    // fails when the worker was not built: npx tsc -b src/node
    expect(host.openResources()).toContain('hash worker')
    sink.write(4_000_000, whole.subarray(4_000_000))
    expect(await hashOf(sink)).toBe(sha1(whole))
  })

  it('serves many followers with two workers, none waiting for another @req RCV-17', async () => {
    const sinks = await Promise.all(Array.from({ length: 6 }, (_, index) => create(`f${index}`, { size })))
    for (const sink of sinks) sink.write(0, whole.subarray(0, 2_000_000))
    await Promise.all(sinks.map(sink => sink.drained()))
    expect(host.openResources().filter(name => name === 'hash worker').length).toBeLessThanOrEqual(2)
    const last = sinks.pop() as FileSink
    last.write(2_000_000, whole.subarray(2_000_000))
    expect(await hashOf(last)).toBe(sha1(whole))
    await Promise.all(sinks.map(sink => sink.discard()))
  })

  it('does not hash unless asked', async () => {
    const sink = await create('a', { hash: false })
    sink.write(0, whole)
    expect((await sink.finish()).sha1).toBeUndefined()
    expect(host.openResources()).not.toContain('hash worker')
    await sink.discard()
  })

  it('holds a reused block until it is written, and writes neighbours as one', async () => {
    const block = blocks.take(BLOCK_SIZE)
    block.bytes.set(whole.subarray(0, BLOCK_SIZE))
    const sink = await create('a')
    let freed = false
    block.onFree = () => {
      freed = true
    }
    sink.write(0, block.bytes.subarray(0, BLOCK_SIZE / 2))
    for (let at = BLOCK_SIZE / 2; at < BLOCK_SIZE; at += 4096) sink.write(at, block.bytes.subarray(at, at + 4096))
    blocks.release(block.bytes)
    expect(freed).toBe(false)
    await sink.drained()
    expect(freed).toBe(true)
    const path = await sink.commit()
    expect(sha1(readFileSync(path))).toBe(sha1(whole.subarray(0, BLOCK_SIZE)))
  })
})
