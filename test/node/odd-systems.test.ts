import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { FileSink, SinkOptions } from '../../src/client/index.js'
import { networkError } from '../../src/node/host-errors.js'
import { type NodeHost, nodeHost } from '../../src/node/node-host.js'
import { tempFolder } from './temp-folder.js'

type Promises = typeof import('node:fs/promises')
type FileIo = typeof import('../../src/node/file-io.js')

/** What the system refuses at the moment, by call: the code it answers. */
const refuses: { link?: string; rename?: string; statfs?: string; truncate?: string; sync?: string } = {}

function refuse(code: string): never {
  throw Object.assign(new Error(code), { code })
}

vi.mock('node:fs/promises', async importOriginal => {
  const original = await importOriginal<Promises>()
  return {
    ...original,
    link: (from: string, to: string) => (refuses.link === undefined ? original.link(from, to) : refuse(refuses.link)),
    rename: (from: string, to: string) => (refuses.rename === undefined ? original.rename(from, to) : refuse(refuses.rename)),
    statfs: (path: string) => (refuses.statfs === undefined ? original.statfs(path) : refuse(refuses.statfs)),
  }
})

vi.mock('../../src/node/file-io.js', async importOriginal => {
  const original = await importOriginal<FileIo>()
  return {
    ...original,
    truncateFile: async (fd: number, length: number) =>
      refuses.truncate === undefined ? original.truncateFile(fd, length) : refuse(refuses.truncate),
    syncFile: async (fd: number) => (refuses.sync === undefined ? original.syncFile(fd) : refuse(refuses.sync)),
  }
})

// files count as settled at once, and only two digests are remembered
vi.mock('../../src/node/limits.js', async importOriginal => ({ ...(await importOriginal<object>()), SETTLED_AFTER: -1, MAX_DIGESTS: 2 }))

let host: NodeHost
let folder: string

beforeEach(() => {
  host = nodeHost()
  folder = tempFolder()
})

afterEach(async () => {
  for (const call of Object.keys(refuses)) delete refuses[call as keyof typeof refuses]
  await host.close()
  expect(host.openResources()).toEqual([])
})

async function received(options: Partial<SinkOptions> = {}): Promise<FileSink> {
  const sink = await host.create({ into: folder, name: 'a.txt', size: 5, onConflict: 'rename', hash: true, ...options })
  sink.write(0, Buffer.from('hello'))
  await sink.drained()
  return sink
}

it('never overwrites where there are no hard links either @req RCV-11', async () => {
  for (const code of ['EPERM', 'ENOTSUP']) {
    refuses.link = code
    await (await received()).commit()
  }
  expect(readdirSync(folder).sort()).toEqual(['a (2).txt', 'a.txt'])
  expect(readFileSync(join(folder, 'a (2).txt'), 'utf8')).toBe('hello')
  refuses.rename = 'EACCES'
  const sink = await received()
  await expect(sink.commit()).rejects.toMatchObject({ code: 'folder-unwritable' })
  // the name it had claimed is free again
  expect(readdirSync(folder).filter(name => !name.startsWith('.'))).toHaveLength(2)
  await sink.discard()
  const late = await received({ onConflict: 'overwrite' })
  await expect(late.commit()).rejects.toMatchObject({ code: 'folder-unwritable' })
  await late.discard()
  refuses.link = 'EIO'
  const broken = await received()
  await expect(broken.commit()).rejects.toMatchObject({ code: 'folder-unwritable' })
  await broken.discard()
  expect(readdirSync(folder)).toHaveLength(2)
})

it('takes the space as unlimited where the system cannot tell it', async () => {
  refuses.statfs = 'ENOSYS'
  await (await received({ size: Number.MAX_SAFE_INTEGER })).discard()
})

it('keeps nothing that is not safe on disk @req RCS-3', async () => {
  for (const call of ['truncate', 'sync'] as const) {
    refuses[call] = call === 'sync' ? 'EIO' : 'ENOSPC'
    const sink = await received()
    await expect(sink.keep?.()).rejects.toMatchObject({ code: call === 'sync' ? 'write-failed' : 'disk-full' })
    expect(readdirSync(folder)).toEqual([])
    await sink.discard()
    delete refuses[call]
  }
})

it('does not call a file finished that could not be synced @req RCV-13', async () => {
  refuses.sync = 'EIO'
  const sink = await received()
  await expect(sink.finish()).rejects.toMatchObject({ code: 'write-failed' })
  await expect(sink.commit()).rejects.toMatchObject({ code: 'write-failed' })
  await sink.discard()
  expect(readdirSync(folder)).toEqual([])
})

it('remembers digests of files that stay as they are, the last few', async () => {
  const sha1 = (text: string): string => createHash('sha1').update(text).digest('hex')
  const hash = async (name: string): Promise<string> => {
    const source = await host.open(join(folder, name))
    try {
      const seen: number[] = []
      const digest = await source.hash({ onProgress: octets => seen.push(octets) })
      expect(seen.at(-1)).toBe(source.size)
      return Buffer.from(digest).toString('hex')
    } finally {
      await source.close()
    }
  }
  for (const name of ['one', 'two', 'three', 'two', 'one', 'one']) {
    writeFileSync(join(folder, name), name, { flag: 'a' })
    const text = readFileSync(join(folder, name), 'utf8')
    expect([await hash(name), await hash(name)]).toEqual([sha1(text), sha1(text)])
  }
})

it('calls TLS failures by their name and everything else a failure of the network', () => {
  for (const [code, expected] of [
    ['ERR_SSL_WRONG_VERSION_NUMBER', 'tls'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'tls'],
    ['CERT_HAS_EXPIRED', 'tls'],
    ['EPROTO', 'tls'],
    ['EHOSTUNREACH', 'network'],
  ])
    expect(networkError(Object.assign(new Error('x'), { code }), 'It failed')).toMatchObject({
      code: expected,
      message: `It failed (${code}).`,
    })
  expect(networkError('no error at all', 'It failed').message).toBe('It failed (unknown).')
})
