import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { type Client, CpmClient, HostError, type IncomingOffer, type Store, type Transfer } from '../../src/client/index.js'
import { memoryStore, SeededRandom, type VirtualHost, VirtualNetwork, virtualHost } from '../../src/testkit/index.js'

/** Runs; each has its own seed. `CPMFT_MODEL_RUNS=2000` walks for minutes, `CPMFT_MODEL_SEED=7` begins elsewhere. */
const RUNS = Number(process.env.CPMFT_MODEL_RUNS ?? '40')
const FIRST_SEED = Number(process.env.CPMFT_MODEL_SEED ?? '1')
const STEPS = 30

const OVER = new Set(['done', 'failed', 'declined', 'cancelled'])
/** How far along a state is; pausing and going on again is no way back. */
const RANK: Record<string, number> = { hashing: 0, offered: 1, accepted: 2, sending: 3, receiving: 3, verifying: 4, paused: -1 }
const SIZES = [0, 1, 12, 4400, 70_000, 300_000]

type Side = 'alice' | 'bob'
interface World {
  readonly network: VirtualNetwork
  readonly random: SeededRandom
  readonly hosts: Record<Side, VirtualHost>
  readonly clients: Record<Side, Client | undefined>
  /** The running process of each side. */
  readonly lives: Record<Side, { dead: boolean }>
  /** Contents by file name. */
  readonly contents: Map<string, Uint8Array>
  readonly transfers: { readonly side: Side; readonly transfer: Transfer }[]
  readonly log: string[]
  files: number
}

const uris: Record<Side, string> = { alice: 'sip:alice@192.0.2.10:5060;transport=tcp', bob: 'sip:bob@192.0.2.20:5060;transport=tcp' }
const addresses: Record<Side, string> = { alice: '192.0.2.10', bob: '192.0.2.20' }
const other = (side: Side): Side => (side === 'alice' ? 'bob' : 'alice')

function world(seed: number): World {
  const random = new SeededRandom(seed * 7919)
  const network = new VirtualNetwork(seed, { latency: random.integer(0, 40), split: random.integer(100, 16_384) })
  const host = (address: string): VirtualHost => ({
    ...virtualHost(network, address, { sha1: () => createHash('sha1'), writeLatency: random.integer(0, 5) }),
    store: memoryStore(),
  })
  const hosts = { alice: host(addresses.alice), bob: host(addresses.bob) }
  return {
    network,
    random,
    hosts,
    clients: { alice: undefined, bob: undefined },
    lives: { alice: { dead: false }, bob: { dead: false } },
    contents: new Map(),
    transfers: [],
    log: [],
    files: 0,
  }
}

async function open(here: World, side: Side): Promise<void> {
  const { network, random } = here
  const address = addresses[side]
  const life = { dead: false }
  here.lives[side] = life
  const client = await network.until(
    CpmClient.open(mortal(here.hosts[side], life), {
      aor: `sip:${side}@${address}:5060`,
      listen: `sip:${side}@${address}:5060;transport=tcp`,
      into: '/inbox',
      profile: 'open',
      chunkSize: [2048, 16_384, 4_194_304][random.integer(0, 2)] ?? 2048,
      releaseTimer: random.integer(0, 3),
      ringTimeout: 20,
      notifications: random.chance(0.3),
    }),
  )
  here.clients[side] = client
  void (async () => {
    for await (const offer of client.offers()) void answer(here, side, offer)
  })()
}

/** The host of one process: once that is dead, nothing it still does reaches disk, record or network. */
function mortal(host: VirtualHost, life: { dead: boolean }): VirtualHost {
  const { store } = host
  const gone = async () => Promise.reject(new HostError('network', 'The process is dead.'))
  const writes = new Set(['saveTransfer', 'saveFile', 'saveProgress', 'saveCapabilities', 'saveContact'])
  const record = new Proxy(store ?? memoryStore(), {
    get: (target, name: keyof Store) => (life.dead && writes.has(name) ? gone : target[name]?.bind(target)),
  })
  return { ...host, store: record, connect: options => (life.dead ? gone() : host.connect(options)) }
}

/** The user at this side: accepts all or some, declines, or leaves it. */
async function answer(here: World, side: Side, offer: IncomingOffer): Promise<void> {
  const { network, random } = here
  const roll = random.next()
  await new Promise<void>(resolve => void network.clock.after(random.integer(0, 300), resolve))
  if (offer.signal.aborted) return
  here.log.push(`${side} answers ${offer.files.map(({ name }) => name).join()} ${roll.toFixed(2)}`)
  if (roll < 0.8) follow(here, side, offer.accept(roll < 0.65 ? undefined : offer.files.filter(() => random.chance(0.5))))
  else if (roll < 0.92) await offer.decline()
  else offer.ignore()
}

function follow(here: World, side: Side, transfer: Transfer): void {
  here.transfers.push({ side, transfer })
  const ranks = new Map<unknown, { name: string; rank: number; over: boolean }>()
  void (async () => {
    for await (const event of transfer) {
      if (event.type !== 'state') continue
      const before = ranks.get(event.file)
      const rank = OVER.has(event.state) ? 9 : (RANK[event.state] ?? 0)
      if (before?.over === true) here.log.push(`BAD ${event.file.name}: ${event.state} after ${before.name}`)
      // an offer from further back begins anew (RCS-4)
      if (before !== undefined && rank > 1 && rank < before.rank) here.log.push(`BAD ${event.file.name}: ${before.name} > ${event.state}`)
      ranks.set(event.file, { name: event.state, rank: rank < 0 ? (before?.rank ?? 0) : rank, over: OVER.has(event.state) })
    }
  })()
}

function newFile(here: World, side: Side): string {
  const { random } = here
  const name = `${side}-${here.files++}.bin`
  const bytes = random.bytes(SIZES[random.integer(0, SIZES.length - 1)] ?? 0)
  here.contents.set(name, bytes)
  here.hosts[side].files.set(`/outbox/${name}`, { bytes })
  return `/outbox/${name}`
}

const commands: Record<string, (here: World, side: Side) => void | Promise<void>> = {
  send: (here, side) => {
    const files = Array.from({ length: here.random.integer(1, 3) }, () => newFile(here, side))
    const client = here.clients[side]
    if (client !== undefined) follow(here, side, client.send(uris[other(side)], files))
  },
  async share(here, side) {
    await here.clients[side]?.share(newFile(here, side))
  },
  get: (here, side) => {
    const names = [...here.contents.keys()].filter(name => name.startsWith(other(side)))
    const name = names[here.random.integer(0, Math.max(0, names.length - 1))] ?? 'nothing.bin'
    const client = here.clients[side]
    if (client !== undefined) follow(here, side, client.get(uris[other(side)], { name }))
  },
  pause: here => running(here)?.pause(),
  continue: here => {
    for (const { transfer } of here.transfers) transfer.continue()
  },
  abort: here => running(here)?.abort(),
  abortFile: here => {
    const transfer = running(here)
    const file = transfer?.files.find(({ state }) => !OVER.has(state))
    if (file !== undefined) transfer?.abortFile(file)
  },
  async resume(here, side) {
    const client = here.clients[side]
    const [stopped] = (await client?.interrupted()) ?? []
    if (stopped === undefined || client === undefined) return
    const transfer = await client.resume(stopped.id).catch(() => undefined)
    if (transfer !== undefined) follow(here, side, transfer)
  },
  async retry(here, side) {
    const client = here.clients[side]
    const failed = (await client?.history({ direction: 'sent', states: ['failed', 'declined'] })) ?? []
    const [stored] = failed
    if (stored === undefined || client === undefined) return
    const transfer = await client.retry(stored.id).catch(() => undefined)
    if (transfer !== undefined) follow(here, side, transfer)
  },
  cut: here => {
    const all = here.network.connections
    const victim = all[here.random.integer(0, Math.max(0, all.length - 1))]
    if (victim !== undefined) here.network.cut(victim)
  },
  async close(here, side) {
    const client = here.clients[side]
    here.clients[side] = undefined
    if (client === undefined) return
    await here.network.until(client.close())
    await open(here, side)
  },
  // The process dies in the middle of everything: sinks stay as they are, sockets break, and a new client comes on the same store
  async crash(here, side) {
    const client = here.clients[side]
    if (client === undefined) return
    here.clients[side] = undefined
    here.lives[side].dead = true
    here.hosts[side].crash()
    for (const connection of here.network.connections)
      if (connection.local.host === addresses[side] || connection.remote.host === addresses[side]) here.network.cut(connection)
    await here.network.until(client.close())
    await open(here, side)
  },
  slow: here => {
    here.network.behaviour.latency = here.random.integer(0, 200)
  },
  calm: () => undefined,
}

function running(here: World): Transfer | undefined {
  const open = here.transfers.filter(({ transfer }) => transfer.files.some(({ state }) => !OVER.has(state)))
  return open[here.random.integer(0, Math.max(0, open.length - 1))]?.transfer
}

async function walk(seed: number): Promise<World> {
  const here = world(seed)
  const { network, random } = here
  await open(here, 'alice')
  await open(here, 'bob')
  const names = [...Object.keys(commands), 'send', 'send', 'send', 'resume', 'calm', 'continue']
  for (let step = 0; step < STEPS; step++) {
    const name = names[random.integer(0, names.length - 1)] ?? 'calm'
    const side: Side = random.chance(0.5) ? 'alice' : 'bob'
    here.log.push(`${Math.round(network.clock.now)} ${side} ${name}`)
    await commands[name]?.(here, side)
    await network.run(random.integer(0, 1500))
  }
  for (let round = 0; round < 3; round++) {
    await commands.continue?.(here, 'alice')
    await network.run(60_000)
  }
  return here
}

async function check(here: World): Promise<void> {
  const { network, hosts, clients, contents } = here
  expect(here.log.filter(line => line.startsWith('BAD'))).toEqual([])
  for (const { transfer } of here.transfers) {
    await network.until(transfer.done, 300_000)
    for (const { state, error } of transfer.files) {
      expect(OVER.has(state), state).toBe(true)
      expect(error?.code).not.toBe('internal')
    }
  }
  for (const side of ['alice', 'bob'] as const)
    for (const [path, { bytes }] of hosts[side].saved) {
      const name = path.replace('/inbox/', '').replace(/ \(\d+\)/, '')
      expect(Buffer.compare(bytes ?? Buffer.from('nothing'), contents.get(name) ?? Buffer.from('unknown')), path).toBe(0)
    }
  // what is interrupted can go on: each ends, and what is done is whole
  for (const side of ['alice', 'bob'] as const) {
    const client = clients[side]
    for (const stopped of (await client?.interrupted()) ?? []) {
      const transfer = await network.until(client?.resume(stopped.id) ?? Promise.reject(new Error('no client'))).catch(() => undefined)
      if (transfer !== undefined) await network.until(transfer.done, 300_000)
    }
  }
  await network.run(60_000)
  await network.until(Promise.all([clients.alice?.close(), clients.bob?.close()]))
  await network.run(40_000)
  expect(network.openResources()).toEqual([])
}

describe('two whole clients and a user who does anything at any time', () => {
  it(`${RUNS} walks: every transfer ends, states go forward, bytes are equal, nothing is left @req SND-5 CR-13 RCS-2 RCV-11`, {
    timeout: 20_000 + RUNS * 2000,
  }, async () => {
    const seen = new Set<string>()
    for (let seed = FIRST_SEED; seed < FIRST_SEED + RUNS; seed++) {
      const here = await walk(seed)
      try {
        await check(here)
        for (const { transfer } of here.transfers) for (const { state } of transfer.files) seen.add(state)
      } catch (error) {
        throw new Error(`seed ${seed}\n${here.log.join('\n')}`, { cause: error })
      }
    }
    expect([...seen].sort()).toEqual(['cancelled', 'declined', 'done', 'failed'])
  })
})
