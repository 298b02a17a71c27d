import { createHash, randomBytes } from 'node:crypto'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { OfferedFileDescription, Outcome, SessionCommand } from '../../src/cpm/index.js'
import { type OpenedServerDatabase, openServerDatabase } from '../../src/server/index.js'
import { DepositClock } from '../../src/server/deposit-clock.js'
import { DepositDelivery, type DeliveryResult, deliveryHeaders } from '../../src/server/deposit-delivery.js'
import { DepositIntake } from '../../src/server/deposit-intake.js'
import { DEPOSIT_DEFAULTS, type DepositHostOptions } from '../../src/server/deposit-options.js'
import { DepositQuota } from '../../src/server/deposit-quota.js'
import { DepositReader } from '../../src/server/deposit-reader.js'
import { DepositSpool } from '../../src/server/deposit-spool.js'
import type { Deposit } from '../../src/server/deposit-types.js'
import { DepositWriter } from '../../src/server/deposit-writer.js'
import { nodeHost } from '../../src/node/index.js'
import { tempFolder } from '../node/temp-folder.js'

const FILE = new Uint8Array(randomBytes(5000))
const SHA1 = new Uint8Array(createHash('sha1').update(FILE).digest())
const CONVERSATION = { conversationId: 'conversation', contributionId: 'contribution' }
const SENDER = { uri: 'sip:alice@example.org', displayName: 'Alice', identities: ['sip:alice@example.org'], hidden: false }

const offered = (more: Partial<OfferedFileDescription> = {}): OfferedFileDescription => ({
  fileId: 'f1',
  transferId: 't1',
  selector: { name: 'a.bin', size: FILE.length, hashes: [{ algorithm: 'sha-1', octets: SHA1 }] },
  disposition: 'attachment',
  description: undefined,
  modified: undefined,
  icon: undefined,
  range: undefined,
  unavailable: undefined,
  ...more,
})

const deposit = (more: Partial<Deposit> = {}): Deposit => ({
  id: 'd1',
  node: 'n1',
  recipient: 'sip:bob@example.org',
  creator: 'sip:alice@example.org',
  ...CONVERSATION,
  created: 1,
  expires: 100_000_000_000_000,
  state: 'waiting',
  attempts: 0,
  nextAttempt: 0,
  files: [{ name: 'a.bin', type: 'text/plain', size: 10, disposition: 'attachment', octets: 10, cpimLength: 0, state: 'waiting' }],
  ...more,
})

let folder: string
let spool: DepositSpool

beforeEach(() => {
  folder = join(tempFolder(), 'spool')
  spool = new DepositSpool(folder, 'n1')
})

describe('the session of a sender', () => {
  const start = (options: { keep?: () => Promise<void>; fits?: boolean; open?: () => Promise<DepositWriter> } = {}) => {
    const commands: SessionCommand[] = []
    const kept: Parameters<ConstructorParameters<typeof DepositIntake>[2]['keep']>[0][] = []
    const facts = { over: 0, room: 0, logged: 0 }
    const timers: (() => void)[] = []
    const intake = new DepositIntake(SENDER, 'token', {
      command: command => commands.push(command),
      reserve: async sizes =>
        sizes.map(() => {
          if (options.fits === false) return undefined
          facts.room++
          return () => facts.room--
        }),
      open: options.open ?? (() => DepositWriter.open(spool)),
      hold: () => undefined,
      keep: async one => {
        await options.keep?.()
        kept.push(one)
      },
      log: () => facts.logged++,
      after: (_, callback) => {
        timers.push(callback)
        return () => undefined
      },
      over: () => facts.over++,
    })
    const offer = async (files = [offered()], first = true): Promise<void> => {
      const before = commands.length
      intake.onEvent({ type: 'offer', files, subject: 'Hello', conversation: CONVERSATION, first })
      await expect.poll(() => commands.length).toBeGreaterThan(before)
    }
    const send = (octets: Uint8Array, contentType = 'application/octet-stream'): void => {
      intake.onEvent({ type: 'message', fileId: 'f1', total: octets.length, contentType })
      for (let at = 0; at < octets.length; at += 900)
        intake.onEvent({ type: 'octets', fileId: 'f1', position: at, bytes: octets.subarray(at, at + 900) })
      intake.onEvent({ type: 'complete', fileId: 'f1', contentType, length: octets.length })
    }
    return { intake, commands, kept, facts, timers, offer, send }
  }

  it('hears of success once its file is proven, on disk and in the database, and not before @req RCS-9 GRP-30', async () => {
    let release: (() => void) | undefined
    const { intake, commands, kept, facts, timers, offer, send } = start({ keep: () => new Promise(resolve => (release = resolve)) })
    await offer()
    expect(commands).toEqual([{ name: 'answer', accepted: ['f1'] }])
    send(FILE)
    await expect.poll(() => release).toBeDefined()
    await new Promise(resolve => setTimeout(resolve, 100))
    expect(commands).toHaveLength(1)
    release?.()
    await expect.poll(() => commands.at(-1)).toEqual({ name: 'saved', fileId: 'f1' })
    expect(kept).toMatchObject([{ id: 'token0000', creator: SENDER.uri, creatorName: 'Alice', subject: 'Hello', ...CONVERSATION }])
    expect(kept[0]?.files[0]).toMatchObject({
      size: FILE.length,
      octets: FILE.length,
      cpimLength: 0,
      sha1: Buffer.from(SHA1).toString('hex'),
    })
    expect(facts.room).toBe(0)
    for (const fire of timers) fire()
    expect(commands.at(-1)).toMatchObject({ name: 'close' })
    intake.onEvent({ type: 'ended' })
    expect(facts.over).toBe(1)
    expect(readdirSync(folder)).toHaveLength(1)
  })

  it.each<[string, () => Uint8Array, SessionCommand]>([
    ['another content', () => new Uint8Array(FILE.length), { name: 'spoiled', fileId: 'f1', outcome: { code: 'hash-mismatch' } }],
    [
      'fewer octets',
      () => FILE.subarray(1),
      { name: 'spoiled', fileId: 'f1', outcome: expect.objectContaining({ code: 'size-mismatch' }) as Outcome },
    ],
    [
      'more octets',
      () => new Uint8Array(FILE.length + 1),
      { name: 'abort', fileId: 'f1', outcome: expect.objectContaining({ code: 'protocol-error' }) as Outcome, status: 413 },
    ],
  ])('keeps nothing of a file with %s than was offered @req RCS-9', async (_what, octets, answer) => {
    const { commands, kept, facts, offer, send } = start()
    await offer()
    send(octets())
    await expect.poll(() => commands.at(-1)).toEqual(answer)
    await expect.poll(() => readdirSync(folder)).toEqual([])
    expect([kept.length, facts.room]).toEqual([0, 0])
  })

  it('hears of failure when the database does not take the file', async () => {
    const { commands, facts, offer, send } = start({ keep: () => Promise.reject(new Error('gone')) })
    await offer()
    send(FILE)
    await expect.poll(() => commands.at(-1)).toEqual({ name: 'spoiled', fileId: 'f1', outcome: { code: 'write-failed' } })
    expect(facts).toMatchObject({ room: 0, logged: 1 })
  })

  it('is refused as if nobody kept files, when none can be kept @req RCS-9 SEC-4', async () => {
    const { size: _size, ...selector } = offered().selector
    const cannot: OfferedFileDescription[] = [
      offered({ kind: 'pull' }),
      offered({ range: { start: 11, stop: undefined } }),
      offered({ selector: { ...selector, hashes: [] } }),
      offered({ unavailable: 'too large' }),
    ]
    for (const file of cannot) {
      const { commands, offer } = start()
      await offer([file])
      expect(commands).toEqual([{ name: 'refuse', status: 480 }])
    }
    const full = start({ fits: false })
    await full.offer()
    await full.offer([offered()], false)
    expect(full.commands).toEqual([
      { name: 'refuse', status: 480 },
      { name: 'answer', accepted: [] },
    ])
    const broken = start({ open: () => Promise.reject(new Error('no space')) })
    await broken.offer()
    expect(broken.commands).toEqual([{ name: 'refuse', status: 480 }])
    expect(broken.facts).toMatchObject({ room: 0, logged: 1 })
  })

  it('leaves nothing behind when it takes the file back or vanishes @req RCS-9', async () => {
    for (const end of ['file', 'ended', 'drop'] as const) {
      const { intake, facts, offer } = start()
      await offer()
      intake.onEvent({ type: 'message', fileId: 'f1', total: FILE.length, contentType: 'text/plain' })
      intake.onEvent({ type: 'octets', fileId: 'f1', position: 0, bytes: FILE.subarray(0, 100) })
      if (end === 'file') intake.onEvent({ type: 'file', fileId: 'f1', state: 'aborted', transferId: 't1' })
      else if (end === 'ended') intake.onEvent({ type: 'ended' })
      else intake.drop()
      await expect.poll(() => readdirSync(folder)).toEqual([])
      expect(facts).toMatchObject({ room: 0, over: end === 'file' ? 0 : 1 })
    }
    const early = start()
    early.intake.onEvent({ type: 'offer', files: [offered()], subject: undefined, conversation: CONVERSATION, first: true })
    early.intake.onEvent({ type: 'offer-withdrawn', outcome: { code: 'withdrawn' } })
    await expect.poll(() => early.facts.room).toBe(0)
    await expect.poll(() => readdirSync(folder)).toEqual([])
    expect(early.commands).toEqual([])
  })
})

describe('one try to deliver', () => {
  async function start(headers: readonly (readonly [string, string])[] = [], contentType = 'message/cpim') {
    const writer = await DepositWriter.open(spool)
    writer.add(FILE)
    const { encodeNote } = await import('../../src/server/deposit-note.js')
    await writer.digest()
    await writer.seal(encodeNote({ contentType, headers, hidden: false, order: undefined, file: offered() }))
    const one = deposit({ files: [{ ...(deposit().files[0] as Deposit['files'][0]), spool: writer.name, octets: FILE.length }] })
    const commands: SessionCommand[] = []
    const ended: ReadonlyMap<string, DeliveryResult>[] = []
    const delivery = new DepositDelivery([one], {
      command: command => commands.push(command),
      open: ({ files: [file] }) => DepositReader.open(spool, file?.spool ?? '', file?.octets ?? 0),
      log: () => undefined,
      over: results => ended.push(results),
    })
    const file = (state: 'connecting' | 'completed' | 'declined' | 'aborted' | 'failed', outcome?: Outcome): void =>
      delivery.onEvent({ type: 'file', fileId: 'd1', state, transferId: 't', ...(outcome !== undefined && { outcome }) })
    return { delivery, commands, ended, file, one }
  }

  it('offers the file as it was offered and forwards the message as it came @req RCS-9 RCS-10', async () => {
    const { delivery, commands, ended, file } = await start([['Content-Disposition', 'attachment; filename="a.bin"']], 'text/plain')
    expect(await delivery.prepare()).toBe(true)
    delivery.send('fresh')
    const { selector } = offered()
    expect(commands).toEqual([
      {
        name: 'send',
        files: [{ fileId: 'd1', selector, disposition: 'attachment' }],
        conversation: { conversationId: 'conversation', contributionId: 'fresh' },
      },
    ])
    file('connecting')
    expect(commands.at(-1)).toEqual({
      name: 'forward',
      fileId: 'd1',
      total: FILE.length,
      contentType: 'text/plain',
      headers: [['Content-Disposition', 'attachment; filename="a.bin"']],
    })
    delivery.onEvent({ type: 'need-octets', fileId: 'd1', position: 1000, length: 2000 })
    await expect.poll(() => commands.at(-1)).toEqual({ name: 'octets', fileId: 'd1', position: 1000, bytes: FILE.subarray(1000, 3000) })
    file('completed')
    delivery.onEvent({ type: 'ended' })
    delivery.onEvent({ type: 'ended' })
    expect(ended).toEqual([new Map([['d1', { result: 'delivered' }]])])
  })

  it.each<[DeliveryResult['result'], 'declined' | 'aborted' | 'failed' | 'ended', Outcome | undefined]>([
    ['declined', 'declined', { code: 'declined', status: 488 }],
    ['declined', 'ended', { code: 'declined', status: 603 }],
    ['stopped', 'aborted', { code: 'aborted-by-peer' }],
    ['stopped', 'failed', { code: 'aborted-by-peer', status: 413 }],
    ['failed', 'failed', { code: 'peer-failed', status: 403 }],
    ['failed', 'failed', { code: 'unsupported-media' }],
    ['failed', 'ended', { code: 'unknown-recipient', status: 404 }],
    ['later', 'failed', { code: 'peer-failed', status: 481 }],
    ['later', 'failed', { code: 'aborted-by-peer' }],
    ['later', 'failed', { code: 'connection-lost' }],
    ['later', 'failed', undefined],
    ['later', 'ended', { code: 'unreachable', status: 480 }],
    ['later', 'ended', { code: 'busy', status: 486 }],
    ['later', 'ended', undefined],
  ])('is %s after %s %j @req RCS-9', async (result, how, outcome) => {
    const { delivery, ended, file } = await start()
    await delivery.prepare()
    if (how !== 'ended') file(how, outcome)
    delivery.onEvent({ type: 'ended', ...(how === 'ended' && outcome !== undefined && { outcome }) })
    expect(ended[0]?.get('d1')?.result).toBe(result)
  })

  it('fails without its file, and says who sends: the one who left it', async () => {
    const { delivery, ended, one } = await start()
    await spool.remove(one.files[0]?.spool ?? '')
    expect(await delivery.prepare()).toBe(false)
    expect(ended[0]?.get('d1')).toEqual({ result: 'failed', error: 'spool file not readable' })
    const fields = new Map(deliveryHeaders({ ...one, creatorName: 'Alice', subject: 'Plans' }, 'fresh', false))
    for (const name of ['From', 'P-Asserted-Identity', 'Referred-By'])
      expect(fields.get(name), name).toBe('"Alice" <sip:alice@example.org>')
    expect([fields.get('Conversation-ID'), fields.get('Contribution-ID'), fields.get('Subject')]).toEqual([
      'conversation',
      'fresh',
      'Plans',
    ])
    const hidden = JSON.stringify(deliveryHeaders({ ...one, creatorName: 'Alice' }, 'fresh', true))
    expect(hidden).not.toContain('alice')
    expect(hidden).not.toContain('Alice')
    expect(hidden).toContain('"Privacy","id"')
  })
})

describe('what is due', () => {
  const host = nodeHost()
  let database: OpenedServerDatabase
  const clocks: DepositClock[] = []

  beforeEach(async () => {
    database = await openServerDatabase(join(folder, '..', 'server.db'))
  })
  afterEach(async () => {
    for (const clock of clocks.splice(0)) await clock.close()
    await database.close()
  })

  function clockOf(node: string, more: Partial<DepositHostOptions> = {}): string[] {
    const given: string[] = []
    const options = { host, database, node, spool: folder, domain: 'example.org', ...more } as DepositHostOptions
    const limits = { ...DEPOSIT_DEFAULTS, sweep: 60, nodeDead: 5000 }
    const clock = new DepositClock(options, limits, {
      free: () => 10,
      busy: () => given.length > 0,
      deliver: deposits => given.push(deposits.map(({ id }) => id).join()),
      expired: deposits => given.push(`expired ${deposits.map(({ id }) => id).join()}`),
      log: error => given.push(String(error)),
    })
    clocks.push(clock)
    clock.start()
    return given
  }

  it('is delivered by one node only, and by another one once that is dead @req RCS-9', async () => {
    await database.deposits.add(deposit({ node: 'a', id: 'x2', nextAttempt: 100_000_000_000_000 }))
    await database.deposits.add(deposit({ node: 'a', id: 'x1', nextAttempt: 100_000_000_000_000 }))
    await database.deposits.add(deposit({ node: 'a', id: 'y1', contributionId: 'other', nextAttempt: 100_000_000_000_000 }))
    await database.nodes.beat({ id: 'a', address: 'sip:a.example.org', heartbeat: Date.now() })
    const alone = clockOf('d')
    const [b, c] = [clockOf('b', { sharedSpool: true }), clockOf('c', { sharedSpool: true })]
    await new Promise(resolve => setTimeout(resolve, 200))
    expect([...alone, ...b, ...c]).toEqual([])
    await database.nodes.beat({ id: 'a', address: 'sip:a.example.org', heartbeat: Date.now() - 6000 })
    await expect.poll(() => [...b, ...c].length).toBe(2)
    await new Promise(resolve => setTimeout(resolve, 200))
    // each session of the sender is one, in its order, and nobody has it twice
    expect([...b, ...c].sort()).toEqual(['x1,x2', 'y1'])
    expect(alone).toEqual([])
  })

  it('is what is kept for somebody who registers, and what nobody took in time @req RCS-9', async () => {
    const now = Date.now()
    const given = clockOf('n1')
    await database.deposits.add(deposit({ nextAttempt: now + 1_000_000 }))
    await database.deposits.add(deposit({ id: 'd2', recipient: 'sip:carol@example.org', nextAttempt: now + 1_000_000, expires: now + 150 }))
    clocks[0]?.look()
    expect(clocks[0]?.cameBack('sip:bob@example.org', now)).toBe(false)
    const binding = { aor: 'sip:bob@example.org', contact: 'sip:bob@192.0.2.1', parameters: '', callId: 'c', cseq: 1, q: 1, path: [] }
    await database.bindings.update(binding.aor, now, () => ({ bindings: [{ ...binding, expires: now + 60_000 }], result: 0 }))
    await expect.poll(() => given).toEqual(['d1', 'expired d2'])
    expect(clocks[0]?.cameBack('sip:bob@example.org', now)).toBe(true)
  })

  it('is promised to many senders at once and never more than there is @req SEC-4', async () => {
    const limits = { ...DEPOSIT_DEFAULTS, file: 100, ofRecipient: 250, ofSender: 350, total: 1000, count: 4 }
    const quota = new DepositQuota(database.deposits, 'n1', limits)
    const ask = (from: string, to: string, ...sizes: number[]) => quota.reserve(`sip:${from}@x`, `sip:${to}@x`, sizes, Date.now())
    const granted = (await Promise.all([ask('a', 'bob', 100, 101, 100), ask('b', 'bob', 100, 50), ask('c', 'bob', 1)])).map(each =>
      each.map(one => one !== undefined),
    )
    expect(granted).toEqual([[true, false, true], [false, true], [false]])
    expect(quota.promised).toBe(250)
    const [first] = await ask('a', 'dan', 100)
    expect(await ask('a', 'erin', 100)).toEqual([undefined])
    first?.()
    expect((await ask('a', 'erin', 100))[0]).toBeDefined()
    expect((await ask('d', 'frank', 1, 1, 1, 1, 1)).map(one => one !== undefined)).toEqual([true, true, true, true, false])
  })
})
