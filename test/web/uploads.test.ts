import { mkdir, mkdtemp, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { request } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { memoryStore } from '../../src/testkit/index.js'
import { Outbox } from '../../src/web/outbox.js'
import { contentDisposition } from '../../src/web/routes-download.js'
import { isRisky } from '../../src/web/offer-view.js'
import { storedFile, storedTransfer } from '../node/stored-samples.js'
import { PageKit } from '../kit/page-kit.js'

const DAY = 24 * 3600 * 1000

describe('uploads', () => {
  let kit: PageKit
  beforeEach(async () => {
    kit = await PageKit.start({ world: { maxFileSize: 500_000_000 } })
  })
  afterEach(() => kit[Symbol.asyncDispose]())
  const outbox = () => readdir(join(kit.folder, 'outbox'))

  /** An upload whose octets we write by hand. */
  const begin = (headers: Record<string, string | number>) => {
    const sending = request(`${kit.origin}/api/uploads`, { method: 'POST', headers: { authorization: `Bearer ${kit.token}`, ...headers } })
    const answer = new Promise<number>((resolve, reject) => {
      sending.on('response', response => {
        response.resume()
        resolve(response.statusCode ?? 0)
      })
      sending.on('error', reject)
    })
    answer.catch(() => {})
    return { sending, answer }
  }

  it('takes 300 MB and holds a few pieces of them in memory', async () => {
    const total = 300_000_000
    const piece = Buffer.alloc(1_000_000)
    const { sending, answer } = begin({ 'x-file-name': 'zeros.bin', 'content-length': total })
    const before = process.memoryUsage()
    let most = 0
    const watch = setInterval(() => {
      const { external, heapUsed } = process.memoryUsage()
      most = Math.max(most, external - before.external + heapUsed - before.heapUsed)
    }, 10)
    await pipeline(
      Readable.from(
        (function* () {
          for (let sent = 0; sent < total; sent += piece.length) yield piece
        })(),
      ),
      sending,
    )
    expect(await answer).toBe(200)
    clearInterval(watch)
    expect(most).toBeLessThan(80_000_000)
    const [id] = await outbox()
    const path = join(kit.folder, 'outbox', id as string)
    expect((await stat(join(path, 'zeros.bin'))).size).toBe(total)
    expect([(await stat(path)).mode & 0o777, (await stat(join(path, 'zeros.bin'))).mode & 0o777]).toEqual([0o700, 0o600])
  }, 60_000)

  it('leaves nothing of an upload that was given up', async () => {
    const { sending, answer } = begin({ 'x-file-name': 'a.bin', 'content-length': 1_000_000 })
    sending.write(Buffer.alloc(500_000))
    await expect.poll(outbox).toHaveLength(1)
    sending.destroy()
    await expect(answer).rejects.toThrow()
    await expect.poll(outbox).toEqual([])
    expect((await kit.upload('b.bin', 'fine')).status).toBe(200)
  })

  it('refuses what has no size, no name, or too much of either, before a single octet is written', async () => {
    const status = async (headers: Record<string, string | number>) => {
      const { sending, answer } = begin(headers)
      sending.end('x')
      return answer
    }
    expect(await status({ 'x-file-name': 'a', 'transfer-encoding': 'chunked' })).toBe(411)
    expect(await status({ 'content-length': 1 })).toBe(400)
    expect(await status({ 'x-file-name': '', 'content-length': 1 })).toBe(400)
    expect(await status({ 'x-file-name': '%FF', 'content-length': 1 })).toBe(400)
    expect(await status({ 'x-file-name': 'a'.repeat(5_000), 'content-length': 1 })).toBe(400)
    const { sending, answer } = begin({ 'x-file-name': 'a', 'content-length': 600_000_000 })
    sending.flushHeaders()
    expect(await answer).toBe(413)
    sending.destroy()
    expect(await outbox()).toEqual([])
  })

  it('keeps the time of a file, and takes the name as it is', async () => {
    const { sending, answer } = begin({
      'x-file-name': encodeURIComponent('Grüße 100%.txt'),
      'x-file-modified': 1_700_000_000_000,
      'content-length': 2,
    })
    sending.end('ab')
    expect(await answer).toBe(200)
    const [id = ''] = await outbox()
    const path = join(kit.folder, 'outbox', id, 'Grüße 100%.txt')
    expect(await readFile(path, 'utf8')).toBe('ab')
    expect((await stat(path)).mtimeMs).toBe(1_700_000_000_000)
  })

  it('takes eight at once and no more', async () => {
    const many = Array.from({ length: 8 }, (_, number) => begin({ 'x-file-name': `a${number}`, 'content-length': 10 }))
    for (const { sending } of many) sending.write('12345')
    await expect.poll(outbox).toHaveLength(8)
    expect((await kit.upload('ninth', 'x')).status).toBe(429)
    for (const { sending } of many) sending.end('67890')
    expect(await Promise.all(many.map(({ answer }) => answer))).toEqual(Array.from({ length: 8 }, () => 200))
    expect((await kit.upload('ninth', 'x')).status).toBe(200)
  })
})

describe('the outbox', () => {
  let folder: string
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'cpmft-outbox-'))
  })
  afterEach(() => rm(folder, { recursive: true, force: true }))

  it('refuses what would fill the disk', async () => {
    const outbox = await Outbox.open(folder, async () => 100_000_000)
    const body = Readable.from([Buffer.alloc(10)])
    await expect(outbox.take({ name: 'a', size: 90_000_000 }, body as never)).rejects.toMatchObject({ status: 507, code: 'disk-full' })
    expect(await readdir(folder)).toEqual([])
    await expect(outbox.take({ name: 'a', size: 9 }, Readable.from([Buffer.alloc(10)]) as never)).rejects.toMatchObject({ status: 400 })
    await expect(outbox.take({ name: 'a', size: 11 }, Readable.from([Buffer.alloc(10)]) as never)).rejects.toMatchObject({ status: 400 })
    expect(await readdir(folder)).toEqual([])
  })

  it('finds uploads of an earlier run, and no half ones', async () => {
    const first = await Outbox.open(folder, async () => undefined)
    const { id } = await first.take({ name: 'a.txt', size: 3 }, Readable.from([Buffer.from('abc')]) as never)
    await mkdir(join(folder, 'half'))
    await writeFile(join(folder, 'half', '.part'), 'x')
    const second = await Outbox.open(folder, async () => undefined)
    expect(second.upload(id)).toMatchObject({ name: 'a.txt', size: 3 })
    expect(() => second.upload('half')).toThrow('not here')
  })

  it('sweeps old uploads, but not those that a transfer can still go on with', async () => {
    const outbox = await Outbox.open(folder, async () => undefined)
    const now = Date.now()
    const put = async (name: string, age: number) => {
      const upload = await outbox.take({ name, size: 1 }, Readable.from([Buffer.from('x')]) as never)
      await utimes(join(folder, upload.id), new Date(now - age), new Date(now - age))
      return upload
    }
    const young = await put('young', DAY / 2)
    const old = await put('old', 1.1 * DAY)
    const failed = await put('failed', 2 * DAY)
    const sent = await put('sent', 2 * DAY)
    const ancient = await put('ancient', 8 * DAY)
    const store = memoryStore()
    const record = (id: string, path: string, state: string) =>
      store.saveTransfer(
        storedTransfer({ id, direction: 'sent', started: now - DAY, ended: now, files: [storedFile({ path, state, part: undefined })] }),
      )
    await record('AAAA', failed.path, 'failed')
    await record('BBBB', sent.path, 'done')
    await record('CCCC', ancient.path, 'failed')
    expect(await outbox.sweep(store, now)).toBe(3)
    expect((await readdir(folder)).sort()).toEqual([young.id, failed.id].sort())
    expect(() => outbox.upload(old.id)).toThrow()
    expect(await outbox.sweep(undefined, now)).toBe(1)
    expect(outbox.holds(join(folder, 'x'))).toBe(true)
    expect(outbox.holds(`${folder}x`)).toBe(false)
  })
})

describe('names', () => {
  it.each([
    ['plan.pdf', `attachment; filename="plan.pdf"; filename*=UTF-8''plan.pdf`],
    ['naïve 🙂.txt', `attachment; filename="na_ve _.txt"; filename*=UTF-8''na%C3%AFve%20%F0%9F%99%82.txt`],
    ['a"; filename="evil.exe', `attachment; filename="a; filename=evil.exe"; filename*=UTF-8''a%3B%20filename%3Devil.exe`],
    ["it's (1)*.txt", `attachment; filename="it's (1).txt"; filename*=UTF-8''it%27s%20%281%29.txt`],
    ['a\r\nSet-Cookie: x', `attachment; filename="aSet-Cookie x"; filename*=UTF-8''aSet-Cookie%20x`],
    ['../../etc/passwd', `attachment; filename="passwd"; filename*=UTF-8''passwd`],
  ])('puts %j into Content-Disposition as RFC 6266 wants it @req SEC-3', (name, header) => {
    expect(contentDisposition(name)).toBe(header)
  })

  it.each(['a.exe', 'a.pdf.EXE', 'a.exe. ', 'a.docm', 'run.sh', 'page.html', '.lnk'])('warns of %j', name => {
    expect(isRisky(name)).toBe(true)
  })

  it.each(['a.pdf', 'exe', 'photo.jpg', 'a.exe.txt', '', '...', 'ε.docx'])('does not warn of %j', name => {
    expect(isRisky(name)).toBe(false)
  })
})
