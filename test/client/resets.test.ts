import { afterEach, describe, expect, it } from 'vitest'
import { ERRORS, type ErrorCode, type Transfer } from '../../src/client/index.js'
import { finish, HELLO, pair, start, states } from '../kit/client-world.js'
import { VirtualPair } from '../kit/virtual-pair.js'

const LARGE = Uint8Array.from({ length: 2_500_000 }, (_, i) => (i * 31 + (i >> 8)) % 251)
const OVER = new Set(['done', 'failed', 'declined', 'cancelled'])

const streams = (kind: 'sip' | 'msrp') =>
  pair.network.connections.filter(({ local, remote }) => (local.port === 5060 || remote.port === 5060) === (kind === 'sip'))
const cut = (kind: 'sip' | 'msrp') => {
  const found = streams(kind)
  for (const connection of found) pair.network.cut(connection)
  return found.length
}
const isSaved = (path: string, bytes: Uint8Array) => Buffer.compare(pair.hosts.bob.saved.get(path)?.bytes ?? new Uint8Array(0), bytes) === 0

/** Runs until `ready`, in steps of a few milliseconds; false when it never was. */
async function reach(ready: () => boolean, transfer: Transfer): Promise<boolean> {
  for (let step = 0; step < 4000; step++) {
    if (ready()) return true
    if (transfer.files.every(({ state }) => OVER.has(state)) && step > 3000) return false
    await pair.network.run(1)
  }
  return false
}

function clearCodes(transfer: Transfer): void {
  for (const { state, error } of transfer.files) {
    expect(OVER.has(state), state).toBe(true)
    if (state === 'done') continue
    expect(Object.keys(ERRORS)).toContain(error?.code)
    expect(['internal', 'protocol-error'] satisfies ErrorCode[]).not.toContain(error?.code)
  }
}

/** What must hold after any interruption: everything ended with a clear code, the next transfer works, what stopped can go on. */
async function aftermath(transfer: Transfer, remember: boolean): Promise<void> {
  await pair.network.until(transfer.done, 200_000)
  clearCodes(transfer)
  await pair.network.run(70_000)
  for (const received of pair.received) {
    await pair.network.until(received.done, 200_000)
    clearCodes(received)
  }
  const [file] = transfer.files
  if (file?.state === 'done') expect(isSaved('/inbox/large.bin', LARGE)).toBe(true)
  const next = await pair.network.until(pair.alice.send(pair.bobUri, pair.file('next.txt', HELLO)).done, 200_000)
  expect(next.files[0]?.error?.message ?? 'ok').toBe('ok')
  expect(isSaved('/inbox/next.txt', HELLO)).toBe(true)
  if (!remember || file?.state === 'done') return
  const [stopped] = await pair.alice.interrupted()
  expect(stopped?.id).toBe(transfer.id)
  const again = await pair.network.until(pair.alice.resume(transfer.id))
  const report = await pair.network.until(again.done, 200_000)
  expect(report.files[0]?.error?.message ?? 'ok').toBe('ok')
  expect(isSaved('/inbox/large.bin', LARGE)).toBe(true)
}

type Moment = { readonly name: string; readonly ready: (transfer: Transfer) => boolean }
const aliceSaid = (text: string) => log.some(entry => entry.startsWith(text))
let log: string[] = []
function record(): void {
  log = []
  void (async () => {
    for await (const entry of pair.alice.trace()) {
      if (entry.kind !== 'message') continue
      const [first = ''] = entry.text.split('\r\n')
      const method = /^CSeq: \d+ (\w+)/m.exec(entry.text)?.[1] ?? ''
      log.push(`${entry.direction} ${first.replace(/^(SIP\/2.0 \d+).*/, '$1').replace(/^MSRP \S+ /, 'MSRP ')} ${method}`)
    }
  })()
}

const MOMENTS: Moment[] = [
  { name: 'hashing', ready: transfer => states(transfer)?.[0] === 'hashing' },
  { name: 'inviting', ready: () => aliceSaid('out INVITE') },
  { name: 'ringing', ready: () => aliceSaid('in SIP/2.0 180') },
  { name: 'accepted', ready: () => aliceSaid('in SIP/2.0 200') },
  { name: 'connecting', ready: () => streams('msrp').length > 0 },
  { name: 'sending', ready: transfer => (transfer.files[0]?.bytes ?? 0) > 100_000 },
  { name: 'paused', ready: transfer => states(transfer)?.[0] === 'paused' && aliceSaid('in SIP/2.0 200 INVITE') },
  { name: 'done, being closed', ready: transfer => states(transfer)?.[0] === 'done' },
  { name: 'releasing', ready: transfer => states(transfer)?.[0] === 'done' && log.filter(text => text.startsWith('out ACK')).length > 1 },
  { name: 'receiving half of it', ready: () => (pair.received[0]?.files[0]?.bytes ?? 0) > 700_000 },
  { name: 'receiving the last octets', ready: () => (pair.received[0]?.files[0]?.bytes ?? 0) === LARGE.length },
]

describe('a reset connection', () => {
  afterEach(finish)

  for (const remember of [false, true])
    for (const kind of ['sip', 'msrp'] as const)
      it.each(MOMENTS)(`${kind} while $name, ${remember ? 'with' : 'without'} a store @req CR-13 CON-16`, async ({ name, ready }) => {
        await start({ remember, latency: 10, alice: { chunkSize: 4096 } })
        pair.serve()
        record()
        const transfer = pair.alice.send(pair.bobUri, pair.file('large.bin', LARGE))
        if (name === 'paused') {
          await reach(() => (transfer.files[0]?.bytes ?? 0) > 200_000, transfer)
          transfer.pause()
        }
        expect(await reach(() => ready(transfer), transfer)).toBe(true)
        cut(kind)
        if (name === 'paused') transfer.continue()
        await aftermath(transfer, remember)
      })

  it('of both at once, again and again, ends in a whole file with a store @req RCS-2', async () => {
    await start({ remember: true, latency: 10, alice: { chunkSize: 4096 } })
    pair.serve()
    let transfer: Transfer = pair.alice.send(pair.bobUri, pair.file('large.bin', LARGE))
    let before = 0
    let rounds = 0
    for (; rounds < 8; rounds++) {
      const more = before + 150_000
      expect(await reach(() => (transfer.files[0]?.bytes ?? 0) > more, transfer)).toBe(true)
      cut('sip')
      cut('msrp')
      await pair.network.until(transfer.done, 200_000)
      await pair.network.run(40_000)
      if (transfer.files[0]?.state === 'done') break
      expect(states(transfer)).toEqual(['failed'])
      before = transfer.files[0]?.bytes ?? 0
      transfer = await pair.network.until(pair.alice.resume(transfer.id))
    }
    expect((await pair.network.until(transfer.done, 200_000)).ok).toBe(true)
    expect(rounds).toBeGreaterThan(1)
    expect(transfer.files[0]?.resumedAt).toBe(before)
    expect(isSaved('/inbox/large.bin', LARGE)).toBe(true)
    expect(pair.hosts.bob.parts.size).toBe(0)
  })
})

describe('a full disk', () => {
  afterEach(finish)

  it.each([
    ['before the answer', { freeSpace: 1000 }, 'disk-full', 'declined'],
    ['at the first octet', { diskFullAt: 0 }, 'disk-full', 'failed'],
    ['in the middle', { diskFullAt: 700_000 }, 'disk-full', 'failed'],
    ['at the last octet', { diskFullAt: LARGE.length - 1 }, 'disk-full', 'failed'],
    ['when the file gets its name', { commitFails: 'write-failed' }, 'write-failed', 'failed'],
    ['when the part is put away', { diskFullAt: 700_000, keepFails: 'disk-full' }, 'disk-full', 'failed'],
  ] as const)('%s: both are told, nothing is left, and the next file comes @req RCV-10 RCV-11', async (_, faults, code, sent) => {
    await start({ remember: true, latency: 5, alice: { chunkSize: 4096 } })
    pair.serve()
    Object.assign(pair.hosts.bob.faults, faults)
    const transfer = pair.alice.send(pair.bobUri, pair.file('large.bin', LARGE))
    await pair.network.until(transfer.done, 200_000)
    await pair.network.run(40_000)
    expect(states(transfer)).toEqual([sent])
    expect(pair.received[0]?.files[0]).toMatchObject({ state: 'failed', error: { code } })
    clearCodes(transfer)
    expect(pair.hosts.bob.saved.size).toBe(0)
    for (const name of Object.keys(faults)) delete pair.hosts.bob.faults[name as keyof typeof faults]
    const again = await pair.network.until(pair.alice.send(pair.bobUri, pair.file('large.bin', LARGE)).done)
    expect(again.ok).toBe(true)
    expect(isSaved('/inbox/large.bin', LARGE)).toBe(true)
  })
})

describe('clocks', () => {
  afterEach(finish)

  it.each([-10 * 365, -1, 1, 10 * 365])('the wall clock jumps by %i days while a file goes: nothing is disturbed', async days => {
    await start({ remember: true, latency: 10, alice: { chunkSize: 4096 } })
    pair.serve()
    const transfer = pair.alice.send(pair.bobUri, pair.file('large.bin', LARGE))
    await reach(() => (transfer.files[0]?.bytes ?? 0) > 300_000, transfer)
    const { clock } = pair.network
    // the wall clock of the virtual world runs with the other one until it is moved
    const apart = clock.date - Math.floor(clock.now) + days * 86_400_000
    Object.defineProperty(clock, 'date', { configurable: true, get: () => apart + Math.floor(clock.now) })
    const report = await pair.network.until(transfer.done)
    expect(report.files[0]?.error?.message ?? 'ok').toBe('ok')
    await pair.network.run(40_000)
    expect(isSaved('/inbox/large.bin', LARGE)).toBe(true)
    expect((await pair.network.until(pair.alice.send(pair.bobUri, pair.file('next.txt', HELLO)).done)).ok).toBe(true)
    const [stored] = await pair.bob.history({ text: 'large' })
    expect(stored?.files[0]?.state).toBe('done')
  })

  it('a machine that slept for a day: the transfer ends with a clear code or goes on, and the next one works', async () => {
    await start({ remember: true, latency: 10, alice: { chunkSize: 4096 } })
    pair.serve()
    const transfer = pair.alice.send(pair.bobUri, pair.file('large.bin', LARGE))
    await reach(() => (transfer.files[0]?.bytes ?? 0) > 300_000, transfer)
    const later = () => pair.network.clock.now + 86_400_000
    Object.assign(pair.hosts.alice, { now: later })
    Object.assign(pair.hosts.bob, { now: later })
    await aftermath(transfer, true)
  })
})

describe('a proxy and names', () => {
  it('a first server that takes no connection at all is passed over @req SIP-37', async () => {
    const own = await new VirtualPair(1, {}, { dns: true }).start({ transport: 'tcp' })
    const { network } = own
    network.records('_sip._tcp.example.org', 'SRV', [
      { priority: 1, weight: 1, port: 5060, name: 'first.example.org' },
      { priority: 2, weight: 1, port: 5060, name: 'second.example.org' },
    ])
    // 192.0.2.77 does not exist: connecting times out instead of being refused
    network.name('first.example.org', ['192.0.2.77'])
    network.name('second.example.org', ['192.0.2.20'])
    own.serve()
    const report = await network.until(own.alice.send('sip:bob@example.org;transport=tcp', own.file('a.txt', HELLO)).done, 120_000)
    expect(report.files[0]?.error?.message ?? 'ok').toBe('ok')
    await own.close()
    await network.run(100)
    expect(network.openResources()).toEqual([])
  })
})
