import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { appendFileSync, chmodSync, openAsBlob, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { FileSource } from '../../src/client/index.js'
import { HashPool } from '../../src/node/hash-pool.js'
import { type NodeHost, nodeHost } from '../../src/node/node-host.js'
import { OpenResources } from '../../src/node/open-resources.js'
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

function file(name: string, contents: Uint8Array | string): string {
  const path = join(folder, name)
  writeFileSync(path, contents)
  return path
}

function pattern(size: number): Uint8Array {
  const bytes = new Uint8Array(size)
  for (let index = 0; index < size; index++) bytes[index] = (index * 7 + (index >> 9)) % 253
  return bytes
}

function sha1(bytes: Uint8Array | string): string {
  return createHash('sha1').update(bytes).digest('hex')
}

async function hashOf(source: FileSource): Promise<string> {
  return Buffer.from(await source.hash()).toString('hex')
}

describe('open', () => {
  it('takes a path, a file URL, a Blob, a File and a source @req SND-4', async () => {
    const path = file('photo.JPG', 'not really')
    for (const input of [path, pathToFileURL(path), pathToFileURL(path).href]) {
      const source = await host.open(input)
      expect([source.name, source.type, source.size]).toEqual(['photo.JPG', 'image/jpeg', 10])
      expect(source.modified).toBeInstanceOf(Date)
      expect(Buffer.from(await source.read(4, 3)).toString()).toBe('rea')
      expect(Buffer.from(await source.read(8, 100)).toString()).toBe('ly')
      expect(await hashOf(source)).toBe(sha1('not really'))
      expect(await host.open(source)).toBe(source)
      await source.close()
    }
    const blob = await host.open(new Blob(['abc'], { type: 'text/plain' }))
    expect([blob.name, blob.type, blob.size, await hashOf(blob)]).toEqual(['file', 'text/plain', 3, sha1('abc')])
    const named = await host.open(new File(['abcdef'], 'dir/notes.pdf', { lastModified: 1000 }))
    expect([named.name, named.type, named.modified]).toEqual(['notes.pdf', 'application/pdf', new Date(1000)])
    expect(Buffer.from(await named.read(2, 2)).toString()).toBe('cd')
    const unknown = await host.open(file('data.unknown-extension', ''))
    expect([unknown.type, unknown.size, await hashOf(unknown)]).toEqual(['application/octet-stream', 0, sha1('')])
  })

  it('refuses what is not a readable regular file', async () => {
    await expect(host.open(join(folder, 'none'))).rejects.toMatchObject({ code: 'file-missing' })
    await expect(host.open(join(file('plain', ''), 'below'))).rejects.toMatchObject({ code: 'file-missing' })
    await expect(host.open(folder)).rejects.toMatchObject({ code: 'not-a-file' })
    await expect(host.open('/dev/null')).rejects.toMatchObject({ code: 'not-a-file' })
    await expect(host.open(new URL('https://example.com/a'))).rejects.toMatchObject({ code: 'not-a-file' })
    const fifo = join(folder, 'fifo')
    execFileSync('mkfifo', [fifo])
    await expect(host.open(fifo)).rejects.toMatchObject({ code: 'not-a-file' })
    const server = createServer().listen(join(folder, 'socket'))
    await new Promise(resolve => server.once('listening', resolve))
    await expect(host.open(join(folder, 'socket'))).rejects.toMatchObject({ code: 'not-a-file' })
    await new Promise(resolve => server.close(resolve))
    if (process.getuid?.() === 0) return
    const secret = file('secret', 'x')
    chmodSync(secret, 0)
    await expect(host.open(secret)).rejects.toMatchObject({ code: 'file-unreadable' })
  })
})

describe('a file on disk', () => {
  it.each([
    ['grows', (path: string) => appendFileSync(path, 'x')],
    ['is truncated', (path: string) => truncateSync(path, 10)],
    ['is written in place', (path: string) => utimesSync(path, new Date(), new Date(Date.now() + 5000))],
  ])('is refused when it %s after the snapshot @req SND-4', async (_, change) => {
    const path = file('a.bin', pattern(300_000))
    const source = await host.open(path)
    await source.read(0, 100)
    change(path)
    await expect(source.read(100, 100)).rejects.toMatchObject({ code: 'file-changed' })
    await expect(source.read(200_000, 100_000)).rejects.toMatchObject({ code: 'file-changed' })
    await expect(source.hash()).rejects.toMatchObject({ code: 'file-changed' })
    await source.close()
  })

  it('is read in pooled blocks that come back @req SND-5', async () => {
    const whole = pattern(5_000_000)
    const source = await host.open(file('a.bin', whole))
    const memory = new Set<ArrayBufferLike>()
    const hash = createHash('sha1')
    for (let at = 0; at < whole.length; at += 1_048_576) {
      const block = await source.read(at, 1_048_576)
      memory.add(block.buffer)
      hash.update(block)
      source.release?.(block)
      source.release?.(block)
    }
    expect(hash.digest('hex')).toBe(sha1(whole))
    expect(memory.size).toBe(1)
    const [first, second] = await Promise.all([source.read(0, 1_048_576), source.read(1_048_576, 1_048_576)])
    expect(first.buffer).not.toBe(second.buffer)
    // a copy, not a view as Buffer.slice would give
    expect(first.slice(0, 10).buffer).not.toBe(first.buffer)
    await source.close()
    await expect(source.read(0, 1)).rejects.toMatchObject({ code: 'file-unreadable' })
  })

  it('is hashed in a worker with progress, and known the second time @req SND-4', async () => {
    const whole = pattern(20_000_000)
    const path = file('a.bin', whole)
    const old = new Date(Date.now() - 60_000)
    utimesSync(path, old, old)
    const source = await host.open(path)
    const seen: number[] = []
    const digest = await source.hash({ onProgress: octets => seen.push(octets) })
    expect(Buffer.from(digest).toString('hex')).toBe(sha1(whole))
    // fails when the worker was not built: npx tsc -b src/node
    expect(host.openResources()).toContain('hash worker')
    expect(seen.length).toBeGreaterThan(1)
    expect(seen).toEqual([...seen].sort((a, b) => a - b))
    expect(seen.at(-1)).toBe(whole.length)
  })

  it('can be cancelled while it is hashed, and closed while it is hashed', async () => {
    const source = await host.open(file('a.bin', pattern(30_000_000)))
    const abort = new AbortController()
    const cancelled = source.hash({ signal: abort.signal, onProgress: () => abort.abort() })
    await expect(cancelled).rejects.toMatchObject({ code: 'aborted' })
    await expect(source.hash({ signal: AbortSignal.abort() })).rejects.toMatchObject({ code: 'aborted' })
    const running = source.hash()
    const outcome = expect(running).rejects.toMatchObject({ code: 'aborted' })
    await source.close()
    await outcome
  })

  it('is hashed on the main thread where no worker runs or the worker dies', async () => {
    const whole = pattern(3_000_000)
    const path = file('a.bin', whole)
    const { openSync, closeSync } = await import('node:fs')
    const fd = openSync(path, 'r')
    for (const script of [new URL('file:///nowhere/hash-worker.js'), new URL('data:text/javascript,throw new Error("no")')]) {
      const pool = new HashPool(new OpenResources(), script)
      expect(Buffer.from(await pool.hash(fd, whole.length)).toString('hex')).toBe(sha1(whole))
      expect(pool.size).toBe(0)
      await pool.close()
    }
    closeSync(fd)
  })

  it('is noticed when it changes under a Blob @req SND-4', async () => {
    const path = file('a.txt', 'abc')
    const source = await host.open(await openAsBlob(path))
    appendFileSync(path, 'def')
    utimesSync(path, new Date(), new Date(Date.now() + 5000))
    await expect(source.read(0, 3)).rejects.toMatchObject({ code: 'file-changed' })
  })
})
