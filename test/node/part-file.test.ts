import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { FileSink, SinkOptions } from '../../src/client/index.js'
import { type NodeHost, nodeHost } from '../../src/node/node-host.js'
import { isPartName } from '../../src/node/part-file.js'
import { sweepParts } from '../../src/node/sweep-parts.js'
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

function create(options: Partial<SinkOptions> = {}): Promise<FileSink> {
  return host.create({ into: folder, name: 'photo.jpg', size: undefined, onConflict: 'rename', hash: true, ...options })
}

/** Leaves the first octets of `bytes` as a partial file. */
async function leave(bytes: Uint8Array, options: Partial<SinkOptions> = {}): Promise<{ path: string; length: number }> {
  const sink = await create(options)
  sink.write(0, bytes)
  const part = await sink.keep?.()
  if (part === undefined) throw new Error('nothing was kept')
  return part
}

function pattern(size: number, seed = 0): Uint8Array {
  const bytes = new Uint8Array(size)
  for (let index = 0; index < size; index++) bytes[index] = (index * 31 + (index >> 8) + seed) % 251
  return bytes
}

function sha1(bytes: Uint8Array): string {
  return createHash('sha1').update(bytes).digest('hex')
}

async function finish(sink: FileSink): Promise<{ size: number; sha1: string; path: string }> {
  const { size, sha1: digest } = await sink.finish()
  return { size, sha1: Buffer.from(digest ?? []).toString('hex'), path: await sink.commit() }
}

describe('keep', () => {
  it('leaves the octets from the start without a hole, mode 0600, under the partial name @req RCS-3', async () => {
    const bytes = pattern(3_000_000)
    const sink = await create({ size: 3_000_000 })
    expect([sink.prefix, sink.part]).toEqual([0, join(folder, readdirSync(folder)[0] as string)])
    sink.write(0, bytes.subarray(0, 1_500_000))
    sink.write(2_000_000, bytes.subarray(2_000_000, 2_500_000))
    await sink.drained()
    expect(sink.prefix).toBe(1_500_000)
    const kept = await sink.keep?.()
    expect(kept).toEqual({ path: sink.part, length: 1_500_000 })
    expect(basename(kept?.path ?? '')).toMatch(/^\.photo\.jpg\.[0-9a-f]{12}\.cpmft-part$/)
    expect(statSync(kept?.path ?? '').mode & 0o777).toBe(0o600)
    expect(Buffer.from(bytes.subarray(0, 1_500_000)).equals(readFileSync(kept?.path ?? ''))).toBe(true)
    expect(host.openResources().filter(name => name.startsWith('sink'))).toEqual([])
    // what is kept is no longer the sink's to delete, nor the host's
    sink.write(0, new Uint8Array(1))
    await sink.discard()
    await expect(sink.keep?.()).rejects.toMatchObject({ code: 'write-failed' })
    await expect(sink.commit()).rejects.toMatchObject({ code: 'write-failed' })
    await host.close()
    expect(existsSync(kept?.path ?? '')).toBe(true)
  })

  it('writes what is queued before it tells the length', async () => {
    const sink = await create()
    for (let at = 0; at < 40; at++) sink.write(at * 50_000, new Uint8Array(50_000).fill(at))
    const [kept] = await Promise.all([sink.keep?.(), sink.discard()])
    expect(kept?.length).toBe(readFileSync(kept?.path ?? '').length)
    const whole = await leave(pattern(2_000_000))
    expect(whole.length).toBe(2_000_000)
  })

  it('cannot be had of a file that was discarded or committed', async () => {
    const sink = await create()
    await sink.discard()
    await expect(sink.keep?.()).rejects.toMatchObject({ code: 'write-failed' })
    expect(readdirSync(folder)).toEqual([])
  })
})

describe('going on', () => {
  it('hashes the whole file although only the rest comes @req RCS-3 RCV-13', async () => {
    for (const [size, first] of [
      [100, 40],
      [3_000_000, 2_200_000],
      [3_000_000, 10],
      [5_000_000, 5_000_000],
    ] as const) {
      const bytes = pattern(size)
      const part = await leave(bytes.subarray(0, first), { size })
      const sink = await create({ part, size })
      expect([sink.part, sink.prefix]).toEqual([part.path, first])
      sink.write(first, bytes.subarray(first))
      const done = await finish(sink)
      expect([done.size, done.sha1]).toEqual([size, sha1(bytes)])
      expect(Buffer.from(bytes).equals(readFileSync(done.path))).toBe(true)
    }
    expect(readdirSync(folder).every(name => !name.includes('cpmft-part'))).toBe(true)
  })

  it('takes octets again that are there already, and other ones', async () => {
    const bytes = pattern(3_000_000)
    const part = await leave(pattern(2_500_000, 7), { size: 3_000_000 })
    const sink = await create({ part, size: 3_000_000 })
    for (let at = 0; at < 3_000_000; at += 250_000) sink.write(at, bytes.subarray(at, at + 250_000))
    const done = await finish(sink)
    expect([done.size, done.sha1]).toEqual([3_000_000, sha1(bytes)])
    const again = await leave(bytes.subarray(0, 2_500_000))
    const overlap = await create({ part: again })
    overlap.write(2_000_000, bytes.subarray(2_000_000))
    expect((await finish(overlap)).sha1).toBe(sha1(bytes))
  })

  it('forgets what lies behind the length it is told', async () => {
    const part = await leave(pattern(1000))
    const sink = await create({ part: { path: part.path, length: 10 } })
    sink.write(10, Buffer.from('end'))
    const done = await finish(sink)
    expect(readFileSync(done.path).length).toBe(13)
    expect(done.size).toBe(13)
  })

  it('can be broken off and gone on with again and again', async () => {
    const bytes = pattern(2_000_000)
    let part = await leave(bytes.subarray(0, 1))
    for (const to of [700_000, 1_400_000]) {
      const sink = await create({ part })
      sink.write(part.length, bytes.subarray(part.length, to))
      part = (await sink.keep?.()) ?? part
      expect(part.length).toBe(to)
    }
    const sink = await create({ part, hash: false })
    sink.write(part.length, bytes.subarray(part.length))
    expect(await sink.finish()).toEqual({ size: 2_000_000, sha1: undefined })
    expect(sha1(readFileSync(await sink.commit()))).toBe(sha1(bytes))
  })

  it('deletes the partial file when it is discarded', async () => {
    const part = await leave(pattern(2_000_000))
    await (await create({ part })).discard()
    expect(readdirSync(folder)).toEqual([])
  })

  it('refuses partial files that are gone, shorter or in use', async () => {
    const part = await leave(pattern(1000))
    const refused = async (one: { path: string; length: number }): Promise<void> =>
      expect(create({ part: one })).rejects.toMatchObject({ code: 'file-missing' })
    await refused({ ...part, length: 1001 })
    for (const length of [-1, 0.5, Number.NaN, 2 ** 60]) await refused({ ...part, length })
    const sink = await create({ part })
    await refused(part)
    await sink.discard()
    await refused(part)
    const young = await create()
    await refused({ path: young.part ?? '', length: 0 })
    await young.discard()
    expect(host.openResources().filter(name => name.startsWith('sink'))).toEqual([])
  })

  it('takes only a file of its own, in the folder, with one name @req SEC-1 RCS-3', async () => {
    const secret = join(folder, 'secret.txt')
    writeFileSync(secret, 'do not touch')
    const named = (name: string): string => join(folder, name)
    const refused = async (path: string): Promise<void> => {
      await expect(create({ part: { path, length: 5 } })).rejects.toMatchObject({
        code: expect.stringMatching(/^(file-missing|not-a-file)$/),
      })
      expect(readFileSync(secret, 'utf8')).toBe('do not touch')
    }
    await refused(secret)
    symlinkSync(secret, named('.a.000000000000.cpmft-part'))
    await refused(named('.a.000000000000.cpmft-part'))
    linkSync(secret, named('.b.000000000000.cpmft-part'))
    await refused(named('.b.000000000000.cpmft-part'))
    mkdirSync(named('.c.000000000000.cpmft-part'))
    await refused(named('.c.000000000000.cpmft-part'))
    const other = tempFolder()
    const elsewhere = await leave(pattern(100), { into: other })
    await refused(elsewhere.path)
    await refused(`${other}/../${basename(other)}/${basename(elsewhere.path)}`)
    await refused('/nowhere/.d.000000000000.cpmft-part')
    symlinkSync(other, named('link'))
    await refused(join(folder, 'link', basename(elsewhere.path)))
    // another way to the same folder is the same folder
    symlinkSync(folder, join(other, 'way'))
    const part = await leave(pattern(100))
    chmodSync(part.path, 0o666)
    const sink = await create({ part: { ...part, path: join(other, 'way', basename(part.path)) } })
    expect(statSync(part.path).mode & 0o777).toBe(0o600)
    await sink.discard()
  })

  it('counts only the rest against the free space @req RCV-10', async () => {
    const part = await leave(pattern(1000))
    await expect(create({ part, size: Number.MAX_SAFE_INTEGER })).rejects.toMatchObject({ code: 'disk-full' })
    await (await create({ part, size: 10 })).discard()
  })

  it('notices a file that was cut meanwhile', async () => {
    const part = await leave(pattern(3_000_000))
    const sink = await create({ part })
    truncateSync(part.path, 100)
    await expect(sink.finish()).rejects.toMatchObject({ code: 'file-changed' })
    await sink.discard()
  })
})

/** Killed in the middle of a file, with a hole in it; runs the built package, as users do. */
const RECEIVER = `
import { nodeHost } from ${JSON.stringify(new URL('../../dist/node/node-host.js', import.meta.url).href)}
const host = nodeHost()
const sink = await host.create({ into: process.argv[2], name: 'photo.jpg', size: 8_000_000, onConflict: 'rename', hash: true })
const bytes = new Uint8Array(8_000_000)
for (let index = 0; index < bytes.length; index++) bytes[index] = (index * 31 + (index >> 8)) % 251
for (let at = 0; at < 3_000_000; at += 60_000) sink.write(at, bytes.subarray(at, at + 60_000))
sink.write(5_000_000, bytes.subarray(5_000_000, 6_000_000))
await sink.drained()
process.stdout.write(JSON.stringify({ path: sink.part, length: sink.prefix }))
for (let at = 3_000_000; ; at += 1000) { sink.write(at % 4_000_000 + 3_000_000, bytes.subarray(0, 1000)); await new Promise(resolve => setImmediate(resolve)) }
`

it('has on disk what it said was written when the process is killed @req RCS-3', async () => {
  const script = join(tempFolder(), 'receiver.mjs')
  writeFileSync(script, RECEIVER)
  const child = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  let part: { path: string; length: number }
  try {
    const [said] = await Promise.race([once(child.stdout, 'data'), once(child, 'exit')])
    part = JSON.parse(String(said)) as typeof part
  } finally {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  }
  expect(part.length).toBe(3_000_000)
  const bytes = pattern(8_000_000)
  const sink = await create({ part, size: 8_000_000 })
  sink.write(part.length, bytes.subarray(part.length))
  const done = await finish(sink)
  expect([done.size, done.sha1]).toEqual([8_000_000, sha1(bytes)])
})

describe('sweepParts', () => {
  it('deletes old partial files of our own and nothing else @req RCS-3', async () => {
    const [old, kept, young] = [await leave(pattern(10)), await leave(pattern(10)), await leave(pattern(10))]
    const hourAgo = new Date(Date.now() - 3_600_000)
    const sink = await create()
    for (const path of [old.path, kept.path, sink.part ?? '']) utimesSync(path, hourAgo, hourAgo)
    const others = [
      '.cpmft-part',
      '.a.cpmft-part',
      'a.000000000000.cpmft-part',
      '.a.00000000000G.cpmft-part',
      '.a.000000000000.cpmft-part.txt',
      '..000000000000.cpmft-part',
      '.a:b.000000000000.cpmft-part',
    ]
    for (const name of others) writeFileSync(join(folder, name), '')
    mkdirSync(join(folder, '.dir.000000000000.cpmft-part'))
    symlinkSync(old.path, join(folder, '.link.000000000000.cpmft-part'))
    for (const name of others) utimesSync(join(folder, name), hourAgo, hourAgo)
    expect(await host.sweepParts?.(folder, Date.now() - 60_000, new Set([kept.path]))).toBe(1)
    expect([old, kept, young].map(one => existsSync(one.path))).toEqual([false, true, true])
    expect(readdirSync(folder)).toEqual(expect.arrayContaining([...others, '.dir.000000000000.cpmft-part', basename(sink.part ?? '')]))
    await sink.discard()
    renameSync(kept.path, join(folder, '.b.111111111111.cpmft-part'))
    symlinkSync(folder, join(folder, 'way'))
    const way = join(folder, 'way')
    expect(await sweepParts(way, Date.now() - 60_000, new Set([join(way, '.b.111111111111.cpmft-part')]))).toBe(0)
    expect(await sweepParts(way, Date.now() - 60_000, new Set())).toBe(1)
  })

  it('does nothing in folders that are none', async () => {
    expect(await sweepParts(join(folder, 'missing'), Date.now(), new Set())).toBe(0)
    writeFileSync(join(folder, 'file'), '')
    expect(await sweepParts(join(folder, 'file'), Date.now(), new Set())).toBe(0)
  })

  it('knows its names exactly', () => {
    for (const name of ['.a.0123456789ab.cpmft-part', '.a b (2).tar.gz.0123456789ab.cpmft-part', '._.profile.0123456789ab.cpmft-part'])
      expect([name, isPartName(name)]).toEqual([name, true])
    for (const name of [
      '',
      '.',
      '.a/b.0123456789ab.cpmft-part',
      '.a.0123456789AB.cpmft-part',
      '.a.0123456789ab.cpmft-part ',
      '.nul.0123456789ab.cpmft-part',
    ])
      expect([name, isPartName(name)]).toEqual([name, false])
  })
})
