import { createHash, randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { encodeCpimHead, formatImdnHeaders } from '../../src/cpim/index.js'
import type { Deposit as WantedDeposit, PassageCommand } from '../../src/focus/index.js'
import { GroupDeposits, isForStore } from '../../src/server/deposit-group.js'
import type { NewDeposit } from '../../src/server/deposit-options.js'
import { DepositReader } from '../../src/server/deposit-reader.js'
import { DepositSpool } from '../../src/server/deposit-spool.js'
import { DepositWriter } from '../../src/server/deposit-writer.js'
import { concatBytes } from '../../src/wire/index.js'
import { tempFolder } from '../node/temp-folder.js'

const FILE = new Uint8Array(randomBytes(9000))
const HEAD = encodeCpimHead({
  from: { uri: 'sip:alice@example.org' },
  to: [{ uri: 'sip:ft-1@example.org' }],
  dateTime: '2026-11-23T10:00:00Z',
  mime: [['Content-Type', 'application/octet-stream']],
})
const MESSAGE = concatBytes(HEAD, FILE)

const wanted = (participant: string, uri: string, hash: Uint8Array = createHash('sha1').update(FILE).digest()): WantedDeposit => ({
  participant,
  recipient: { uri, copyControl: 'to', anonymize: false },
  fileId: 'f1',
  passage: 'c1/f1',
  total: MESSAGE.length,
  selector: { name: 'a.bin', size: FILE.length, hashes: [{ algorithm: 'sha-1', octets: new Uint8Array(hash) }] },
  disposition: 'attachment',
  description: 'Notes',
  modified: undefined,
  sender: { uri: 'sip:alice@example.org', displayName: 'Alice' },
  subject: 'Meeting',
  conversation: { conversationId: 'conversation', contributionId: 'contribution' },
})

let folder: string
let kept: NewDeposit[]
let settled: string[]
let asked: Extract<PassageCommand, { name: 'read' }>[]
let commands: string[]
let room: number
let failing: boolean
let deposits: GroupDeposits

beforeEach(() => {
  folder = join(tempFolder(), 'spool')
  const spool = new DepositSpool(folder, 'n1')
  ;[kept, settled, asked, commands, room, failing] = [[], [], [], [], 0, false]
  deposits = new GroupDeposits({
    reserve: async (_sender, recipient) => {
      await new Promise(resolve => setTimeout(resolve, recipient.length))
      if (recipient.includes('full')) return undefined
      if (recipient.includes('broken')) throw new Error('no database')
      room++
      return () => room--
    },
    open: () => (failing ? Promise.reject(new Error('no space')) : DepositWriter.open(spool)),
    keep: async one => {
      if (one.recipient.includes('unlucky')) throw new Error('database gone')
      kept.push(one)
    },
    token: () => `t${kept.length}`,
    log: () => undefined,
  })
})

const want = (participant: string, uri: string, hash?: Uint8Array): Promise<void> =>
  deposits.want({
    wanted: wanted(participant, uri, hash),
    group: 'sip:team@example.org',
    passage: command => {
      commands.push(command.name)
      if (command.name === 'read') asked.push(command)
    },
    settled: yes => settled.push(`${participant} ${yes}`),
  })

/** Answers questions until there are none. */
async function serve(octets = MESSAGE): Promise<void> {
  for (let question = asked.shift(); question !== undefined; question = asked.shift()) {
    const { passage, reader, offset } = question
    deposits.octets({ name: 'octets', passage, reader, offset, bytes: octets.slice(offset, offset + 2000) })
    await new Promise(resolve => setTimeout(resolve, 5))
  }
}

describe('files of a group for members that are away', () => {
  it('are copied once from the passage, for all of them @req RCS-9 GRP-29', async () => {
    await Promise.all([
      want('p1', 'sip:bob@example.org'),
      want('p2', 'sip:carol.long.name@example.org'),
      want('p3', 'sip:full@example.org'),
      want('p4', 'sip:broken@example.org'),
      want('p5', 'mailto:nobody'),
    ])
    expect(settled.sort()).toEqual(['p3 false', 'p4 false', 'p5 false'])
    await serve()
    await expect.poll(() => settled.slice(3).sort()).toEqual(['p1 true', 'p2 true'])
    expect(kept.map(({ recipient }) => recipient).sort()).toEqual(['sip:bob@example.org', 'sip:carol.long.name@example.org'])
    expect(new Set(kept.map(({ files: [file] }) => file?.spool)).size).toBe(1)
    expect(kept[0]).toMatchObject({ creator: 'sip:alice@example.org', group: 'sip:team@example.org', subject: 'Meeting' })
    expect(kept[0]?.files[0]).toMatchObject({ size: FILE.length, octets: MESSAGE.length, cpimLength: HEAD.length, description: 'Notes' })
    expect(readdirSync(folder)).toHaveLength(1)
    expect(commands.at(-1)).toBe('leave')
    expect(room).toBe(0)
  })

  it('are not kept when they are not what was announced, or the passage ends before @req RCS-9', async () => {
    await want('p1', 'sip:bob@example.org', randomBytes(20))
    await serve()
    await expect.poll(() => settled).toEqual(['p1 false'])
    await want('p2', 'sip:bob@example.org')
    deposits.octets({ name: 'octets', passage: 'c1/f1', reader: asked[0]?.reader ?? '', offset: 500, bytes: FILE })
    expect(settled).toEqual(['p1 false', 'p2 false'])
    asked.length = 0
    await want('p3', 'sip:bob@example.org')
    deposits.over('c1/other')
    deposits.over('c1/f1')
    deposits.over('c1/f1')
    await serve()
    failing = true
    await want('p4', 'sip:bob@example.org')
    expect(settled).toEqual(['p1 false', 'p2 false', 'p3 false', 'p4 false'])
    expect([kept.length, room]).toEqual([0, 0])
    await expect.poll(() => readdirSync(folder)).toEqual([])
  })

  it('for hidden ones say where their notifications go, and order none from the store @req IMDN-7 GRP-25', async () => {
    const ordered = concatBytes(
      encodeCpimHead({
        from: { uri: 'sip:alice@example.org' },
        to: [{ uri: 'sip:ft-1@example.org' }],
        dateTime: '2026-11-23T10:00:00Z',
        extensions: formatImdnHeaders({ messageId: 'm1', wanted: ['positive-delivery', 'negative-delivery'] }),
        mime: [['Content-Type', 'application/octet-stream']],
      }),
      FILE,
    )
    const ask = (participant: string, hidden: boolean, more = {}): Promise<void> => {
      const one = { ...wanted(participant, `sip:${participant}@example.org`), total: ordered.length }
      return deposits.want({
        wanted: { ...one, recipient: { ...one.recipient, anonymize: hidden } },
        group: undefined,
        passage: command => void (command.name === 'read' && asked.push(command)),
        settled: yes => settled.push(`${participant} ${yes}`),
        ...more,
      })
    }
    const conference = { conference: 'sip:ft-1@example.org' }
    await Promise.all([ask('open', false, conference), ask('hidden', true, conference), ask('lost', true)])
    await serve(ordered)
    await expect.poll(() => settled.sort()).toEqual(['hidden true', 'lost false', 'open true'])
    const notes = await Promise.all(
      ['open', 'hidden'].map(async name => {
        const file = kept.find(({ recipient }) => recipient.startsWith(`sip:${name}@`))?.files[0]
        const reader = await DepositReader.open(new DepositSpool(folder, 'n1'), file?.spool ?? '', file?.octets ?? 0)
        await reader.close()
        return reader.note
      }),
    )
    expect(notes.map(({ order, notifyRoute }) => [order?.wanted, notifyRoute])).toEqual([
      [['positive-delivery', 'negative-delivery'], undefined],
      [undefined, 'sip:ft-1@example.org'],
    ])
  })

  it('are kept for one member though the database is gone for the next @req RCS-9', async () => {
    await Promise.all([want('p1', 'sip:bob@example.org'), want('p2', 'sip:unlucky@example.org')])
    await serve()
    await expect.poll(() => settled.sort()).toEqual(['p1 true', 'p2 false'])
    expect([kept.map(({ recipient }) => recipient), room]).toEqual([['sip:bob@example.org'], 0])
  })

  it('leave nothing behind when the passage ends while room is looked for @req RCS-9', async () => {
    const wish = want('p1', 'sip:bob@example.org')
    deposits.over('c1/f1')
    await wish
    expect([settled, asked, room]).toEqual([['p1 false'], [], 0])
    await expect.poll(() => readdirSync(folder)).toEqual([])
  })

  it('are told apart from those of members by the name of the reader', () => {
    const octets = { name: 'octets', passage: 'c1/f1', offset: 0, bytes: FILE } as const
    expect(isForStore({ ...octets, reader: 'store1' })).toBe(true)
    expect(isForStore({ ...octets, reader: 'p1' })).toBe(false)
    expect(isForStore({ name: 'failed', passage: 'c1/f1', cause: 'full', detail: '' })).toBe(false)
  })
})
