import { createHash, randomBytes } from 'node:crypto'
import { readdirSync, statSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { encodeCpimHead, formatImdnHeaders, readNotifications, decodeCpimMessage } from '../../src/cpim/index.js'
import type { OfferedFileDescription } from '../../src/cpm/index.js'
import { DepositMessage } from '../../src/server/deposit-message.js'
import { type DepositNote, decodeNote, encodeNote } from '../../src/server/deposit-note.js'
import { depositNotice } from '../../src/server/deposit-notice.js'
import { DepositReader } from '../../src/server/deposit-reader.js'
import { DepositSpool } from '../../src/server/deposit-spool.js'
import { DepositWriter } from '../../src/server/deposit-writer.js'
import { concatBytes, parseMediaType } from '../../src/wire/index.js'
import { tempFolder } from '../node/temp-folder.js'

const FILE = new Uint8Array(randomBytes(5000))
const SHA1 = new Uint8Array(createHash('sha1').update(FILE).digest())
const TYPE = parseMediaType('text/plain;charset=utf-8')
const HEAD = encodeCpimHead({
  from: { uri: 'sip:alice@example.org' },
  to: [{ uri: 'sip:bob@example.org' }],
  dateTime: '2026-11-23T10:00:00Z',
  extensions: formatImdnHeaders({ messageId: 'Vb2k9QwLx73TfRe1', wanted: ['positive-delivery', 'processing'] }),
  mime: [['Content-Type', 'text/plain;charset=utf-8']],
})

const offered = (more: Partial<OfferedFileDescription> = {}): OfferedFileDescription => ({
  fileId: 'f1',
  transferId: 't1',
  selector: {
    name: 'rés "1".txt',
    size: FILE.length,
    hashes: [{ algorithm: 'sha-1', octets: SHA1 }],
    ...(TYPE !== undefined && { type: TYPE }),
  },
  disposition: 'attachment',
  description: 'Notes',
  modified: new Date(1_700_000_000_000),
  icon: { type: 'image/png', bytes: new Uint8Array([1, 2, 250]) },
  range: undefined,
  unavailable: undefined,
  ...more,
})

let folder: string
let spool: DepositSpool

beforeEach(() => {
  folder = join(tempFolder(), 'spool')
  spool = new DepositSpool(folder, 'n1')
})

describe('the spool of kept messages', () => {
  it('has files of mode 0600 in a folder of mode 0700, deleted by name only', async () => {
    const writer = await DepositWriter.open(spool)
    expect(statSync(folder).mode & 0o777).toBe(0o700)
    expect(statSync(join(folder, writer.name)).mode & 0o777).toBe(0o600)
    writeFileSync(join(folder, '..', 'precious'), 'x')
    await spool.remove('../precious', 'nothing')
    expect(readdirSync(join(folder, '..'))).toContain('precious')
    await writer.drop()
    await writer.drop()
    expect(readdirSync(folder)).toEqual([])
  })

  it('sweeps what no deposit needs: its own files, and those of other nodes once they are too old', async () => {
    const other = new DepositSpool(folder, 'n2')
    const [kept, mine, young, old] = await Promise.all([spool, spool, other, other].map(async each => DepositWriter.open(each)))
    for (const writer of [kept, mine, young, old]) await writer?.seal(new Uint8Array(1))
    utimesSync(join(folder, old?.name ?? ''), 1, 1)
    for (const name of ['other.txt', `${'a'.repeat(20)}.cpmft-spool`]) writeFileSync(join(folder, name), 'x')
    symlinkSync('/etc/hostname', join(folder, (mine?.name ?? '').replace(/^..../, 'ffff')))
    expect(await spool.sweep(new Set([kept?.name ?? '']), 1_000_000)).toBe(2)
    const left = readdirSync(folder)
    expect(left).toContain(kept?.name)
    expect(left).toContain(young?.name)
    expect(left).toHaveLength(5)
    expect(await new DepositSpool(join(folder, 'none'), 'n1').sweep(new Set(), 0)).toBe(0)
  })
})

describe('a message on its way into the spool', () => {
  const note: DepositNote = { contentType: 'message/cpim', headers: [], hidden: false, order: undefined, file: offered() }

  it('is read again as it came, with what was said about it @req RCS-9', async () => {
    const writer = await DepositWriter.open(spool)
    for (let at = 0; at < FILE.length; at += 700) writer.add(FILE.subarray(at, at + 700))
    writer.contentAt(100, FILE.length - 100)
    expect(await writer.digest()).toEqual({
      size: FILE.length - 100,
      sha1: new Uint8Array(createHash('sha1').update(FILE.subarray(100)).digest()),
    })
    await writer.seal(encodeNote(note))
    const reader = await DepositReader.open(spool, writer.name, FILE.length)
    const { fileId: _id, transferId: _transfer, range: _range, unavailable: _unavailable, ...file } = offered()
    expect(reader.note).toEqual({ ...note, file })
    const parts: Uint8Array[] = []
    await Promise.all([
      reader.read(0, 1000, (_, bytes) => void parts.push(bytes)),
      reader.read(1000, 100_000, (position, bytes) => {
        expect(position).toBe(1000)
        parts.push(bytes)
      }),
    ])
    expect(concatBytes(...parts)).toEqual(FILE)
    await reader.close()
    await reader.close()
  })

  it('is not delivered from a file that is damaged or gone', async () => {
    const writer = await DepositWriter.open(spool)
    writer.add(FILE)
    await writer.digest()
    await writer.seal(encodeNote(note))
    const open = (octets = FILE.length) => DepositReader.open(spool, writer.name, octets)
    await expect(open(FILE.length - 1)).rejects.toThrow()
    await expect(open(FILE.length + 10_000)).rejects.toThrow('damaged')
    const reader = await open()
    truncateSync(join(folder, writer.name), 100)
    await expect(reader.read(0, 5000, () => undefined)).rejects.toThrow('shorter')
    await reader.close()
    await spool.remove(writer.name)
    await expect(open()).rejects.toMatchObject({ code: 'ENOENT' })
  })

  it('is hashed beside the event loop when it is large, and slows its sender down when the disk is slow', async () => {
    const { HashPool, OpenResources } = await import('../../src/node/index.js')
    const pool = new HashPool(new OpenResources())
    const writer = await DepositWriter.open(spool, pool)
    const large = new Uint8Array(randomBytes(6 * 1024 * 1024))
    writer.contentAt(0, large.length)
    writer.add(large)
    const full = writer.full()
    expect(full).toBeInstanceOf(Promise)
    expect(writer.full()).toBeUndefined()
    await full
    expect((await writer.digest()).sha1).toEqual(new Uint8Array(createHash('sha1').update(large).digest()))
    await writer.drop()
    await expect(writer.digest()).rejects.toThrow()
    await pool.close()
  })

  it('is hashed out of the memory it came in, from the octet on where the file begins', async () => {
    const { blocks, HashPool, OpenResources } = await import('../../src/node/index.js')
    const pool = new HashPool(new OpenResources())
    const writer = await DepositWriter.open(spool, pool)
    const message: Uint8Array[] = []
    const add = (length: number): void => {
      const { bytes } = blocks.take(1024 * 1024)
      bytes.set(randomBytes(length))
      message.push(bytes.slice(0, length))
      writer.add(bytes.subarray(0, length))
      blocks.release(bytes)
    }
    add(100)
    writer.contentAt(1000, 5 * 1024 * 1024)
    // before it, around it, behind it
    for (const length of [300, 5000, 1024 * 1024, 100_000, 700_000]) add(length)
    const file = Buffer.concat(message).subarray(1000)
    const { size, sha1 } = await writer.digest()
    expect([size, Buffer.from(sha1).toString('hex')]).toEqual([file.length, createHash('sha1').update(file).digest('hex')])
    await writer.drop()
    await pool.close()
  })

  it('cannot say more than it may: a note is read only within its limit', () => {
    expect(() => decodeNote(new Uint8Array(300_000))).toThrow('too long')
    expect(() => decodeNote(new Uint8Array([1]))).toThrow()
  })
})

describe('the message of one file', () => {
  it('is taken as CPIM or as it is, and verified by size, type and hash @req RCS-9', () => {
    const wrapped = new DepositMessage(offered(), false)
    wrapped.begin(HEAD.length + FILE.length, 'message/cpim', [['Content-Disposition', 'x']])
    expect(wrapped.take(0, HEAD.subarray(0, 10))).toEqual({ fresh: HEAD.subarray(0, 10) })
    // what came before is passed over
    expect(wrapped.take(5, HEAD.subarray(5)).contentAt).toBe(HEAD.length)
    wrapped.take(HEAD.length, FILE)
    expect(wrapped.verify(HEAD.length + FILE.length, FILE.length, SHA1)).toBeUndefined()
    expect(wrapped.note()).toMatchObject({
      contentType: 'message/cpim',
      headers: [],
      order: { messageId: 'Vb2k9QwLx73TfRe1', wanted: ['positive-delivery', 'processing'] },
    })
    const plain = new DepositMessage(offered(), true)
    plain.begin(FILE.length, 'text/plain;charset=utf-8', [
      ['Message-ID', 'm'],
      ['Content-Type', 'text/plain'],
      ['Content-Disposition', 'attachment'],
      ['Content-ID', 'x'.repeat(5000)],
    ])
    expect(plain.take(0, FILE).contentAt).toBe(0)
    expect(plain.verify(FILE.length, FILE.length, SHA1)).toBeUndefined()
    expect(plain.note()).toMatchObject({ headers: [['Content-Disposition', 'attachment']], hidden: true, order: undefined })
    expect(plain.verify(FILE.length, FILE.length, new Uint8Array(20))).toMatchObject({ code: 'hash-mismatch' })
    expect(plain.verify(FILE.length, 4, SHA1)).toMatchObject({ code: 'size-mismatch' })
  })

  it('is not taken with more octets than announced, with a hole, or without an end to its head @req RCS-9', () => {
    const message = new DepositMessage(offered(), false)
    expect(message.verify(0, 0, SHA1)).toMatchObject({ code: 'protocol-error' })
    expect(() => message.begin(FILE.length + 1, 'text/plain', [])).toThrow('More octets')
    message.begin(undefined, 'message/cpim', [])
    expect(() => message.take(1, FILE)).toThrow('left out')
    message.take(0, HEAD.subarray(0, 20))
    expect(message.verify(20, 0, SHA1)).toMatchObject({ code: 'protocol-error' })
    const plain = new DepositMessage(offered(), false)
    plain.begin(undefined, 'text/plain', [])
    plain.take(0, FILE)
    expect(() => plain.take(FILE.length, new Uint8Array(1))).toThrow('More octets')
  })
})

describe('what the store tells a sender', () => {
  const parts = {
    order: {
      messageId: 'Vb2k9QwLx73TfRe1',
      wanted: ['processing'],
      from: 'sip:mallory@elsewhere.example',
      dateTime: '2026-11-23T10:00:00Z',
      originalTo: undefined,
      recordRoute: ['sip:victim@elsewhere.example'],
    },
    sender: 'sip:alice@example.org',
    recipient: 'sip:bob@example.org',
    service: 'sip:store@example.org',
    conversationId: 'conversation',
    random: (length: number) => new Uint8Array(randomBytes(length)),
    dateTime: '2026-11-23T11:00:00Z',
  }

  it('is that it keeps the file, to the proven sender alone, whatever the message says @req RCS-9 IMDN-4', () => {
    const command = depositNotice('stored', parts)
    expect(command).toMatchObject({ method: 'MESSAGE', to: 'sip:alice@example.org' })
    const message = decodeCpimMessage(command?.body?.bytes ?? new Uint8Array())
    expect(message.head.from.uri).toBe('sip:store@example.org')
    expect(readNotifications(message)).toEqual([
      expect.objectContaining({ kind: 'processing', status: 'stored', messageId: 'Vb2k9QwLx73TfRe1', recipientUri: 'sip:bob@example.org' }),
    ])
    expect(command?.headers).toContainEqual(['Conversation-ID', 'conversation'])
  })

  it('is told only to those who asked for it @req RCS-9 IMDN-3', () => {
    const wanting = (...wanted: string[]) => ({ ...parts, order: { ...parts.order, wanted } })
    const told = (notice: 'stored' | 'failed' | 'declined', ...wanted: string[]) => depositNotice(notice, wanting(...wanted)) !== undefined
    expect(told('stored', 'positive-delivery')).toBe(true)
    expect(told('stored', 'display', 'negative-delivery')).toBe(false)
    expect(told('failed', 'positive-delivery', 'processing')).toBe(false)
    expect(told('failed', 'negative-delivery')).toBe(true)
    expect(told('declined', 'negative-delivery')).toBe(true)
    expect(depositNotice('stored', { ...parts, order: undefined })).toBeUndefined()
    expect(depositNotice('stored', { ...parts, sender: 'nobody' })).toBeUndefined()
    expect(depositNotice('stored', { ...parts, conversationId: '' })?.headers?.map(([name]) => name)).not.toContain('Conversation-ID')
  })
})
