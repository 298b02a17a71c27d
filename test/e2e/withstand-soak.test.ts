import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Client, CpmClient, type Transfer } from '../../src/client/index.js'
import { type NodeHost, nodeHost } from '../../src/node/node-host.js'
import { TempFolder } from '../kit/temp-folder.js'

/** Transfers of each kind; `CPMFT_SOAK=10000` for the whole run, which takes minutes. */
const COUNT = Number(process.env.CPMFT_SOAK ?? '500')
const AT_ONCE = 64
/**
 * Octets that the heap may grow from the first quarter to the end, whatever the number of transfers. Measured: some 0.9 KB for each of the
 * last 10,000 files whose notifications are awaited (NOTICES_AWAITED), and what the engine keeps of compiled code.
 */
const HEAP_GROWTH = 24e6
/** Measurements of one run; a long one prints them. */
const POINTS = 8

interface Use {
  readonly sockets: number
  readonly timers: number
  readonly descriptors: number
  readonly open: number
  readonly heap: number
  readonly rss: number
}

setFlagsFromString('--expose-gc')
const collectGarbage: () => void = runInNewContext('gc')

let folder: TempFolder
let inbox: string
let hosts: { alice: NodeHost; bob: NodeHost }
let alice: Client
let bob: Client

beforeEach(async () => {
  folder = new TempFolder()
  inbox = folder.join('inbox')
  mkdirSync(inbox)
  hosts = { alice: nodeHost(), bob: nodeHost() }
})
afterEach(async () => {
  await Promise.all([alice.close(), bob.close()])
  const left = [...hosts.alice.openResources(), ...hosts.bob.openResources()].filter(name => name !== 'hash worker')
  await Promise.all([hosts.alice.close(), hosts.bob.close()])
  folder.remove()
  expect(left).toEqual([])
})

async function open(releaseTimer: number): Promise<void> {
  const client = (host: NodeHost, name: string) =>
    CpmClient.open(host, { aor: `sip:${name}@127.0.0.1`, listen: 'sip:127.0.0.1;transport=tcp', into: inbox, releaseTimer })
  alice = await client(hosts.alice, 'alice')
  bob = await client(hosts.bob, 'bob')
  void (async () => {
    for await (const offer of bob.offers()) offer.accept(undefined, { onConflict: 'overwrite' })
  })()
}

async function inUse(): Promise<Use> {
  // what just ended is still being closed
  await new Promise(resolve => setTimeout(resolve, 300))
  const kinds = process.getActiveResourcesInfo()
  const count = (pattern: RegExp) => kinds.filter(kind => pattern.test(kind)).length
  collectGarbage()
  return {
    sockets: count(/TCP|UDP/),
    timers: count(/^Timeout$/),
    descriptors: existsSync('/proc/self/fd') ? readdirSync('/proc/self/fd').length : 0,
    open: hosts.alice.openResources().length + hosts.bob.openResources().length,
    heap: process.memoryUsage().heapUsed,
    rss: process.memoryUsage().rss,
  }
}

/** What is in use at `POINTS` moments of a run. */
class Measurements {
  readonly #uses: Use[] = []
  readonly #began = performance.now()

  async at(done: number, all: number): Promise<void> {
    if (Math.floor((done * POINTS) / all) <= this.#uses.length) return
    const use = await inUse()
    this.#uses.push(use)
    const seconds = Math.round((performance.now() - this.#began) / 1000)
    if (COUNT > 1000) console.log(`${done} of ${all} in ${seconds} s: ${JSON.stringify(use)}`)
  }

  /** From the end of the first quarter on, when everything is compiled and every cache is warm, nothing grew. */
  areFlat(): void {
    expect(this.#uses).toHaveLength(POINTS)
    isFlat(this.#uses[POINTS / 4 - 1] as Use, this.#uses.at(-1) as Use)
  }
}

function isFlat(first: Use, last: Use): void {
  expect(last.sockets, 'sockets').toBeLessThanOrEqual(first.sockets + 4)
  expect(last.timers, 'timers').toBeLessThanOrEqual(first.timers + 8)
  expect(last.descriptors, 'descriptors').toBeLessThanOrEqual(first.descriptors + 8)
  expect(last.open, 'resources').toBeLessThanOrEqual(first.open + 4)
  expect(last.heap, `heap of ${first.heap}`).toBeLessThan(first.heap + HEAP_GROWTH)
}

const outcomes = (reports: readonly Awaited<Transfer['done']>[]) =>
  reports.flatMap(({ files }) => files.map(({ error, state }) => error?.message ?? state))

describe(`${COUNT} transfers`, () => {
  const timeout = 60_000 + COUNT * 100

  it('one after the other, each in its own session: nothing grows @req CR-17 CPM-14', { timeout }, async () => {
    await open(0)
    const file = folder.file('small.txt', 'hello\n')
    const measurements = new Measurements()
    for (let count = 1; count <= COUNT; count++) {
      expect(outcomes([await alice.send(bob.contact, file).done]), `transfer ${count}`).toEqual(['done'])
      await measurements.at(count, COUNT)
    }
    measurements.areFlat()
  })

  it(`${AT_ONCE} at a time: every one arrives, nothing grows @req CPM-14 D-6 CR-16`, { timeout }, async () => {
    await open(1)
    const files = Array.from({ length: AT_ONCE }, (_, index) => folder.file(`${index}.txt`, `file ${index}`))
    const rounds = Math.ceil(COUNT / AT_ONCE)
    const measurements = new Measurements()
    for (let round = 1; round <= rounds; round++) {
      const reports = await Promise.all(files.map(file => alice.send(bob.contact, file).done))
      expect(new Set(outcomes(reports))).toEqual(new Set(['done']))
      expect(readdirSync(inbox)).toHaveLength(AT_ONCE)
      for (const name of readdirSync(inbox)) rmSync(`${inbox}/${name}`)
      await measurements.at(round, rounds)
    }
    measurements.areFlat()
  })
})
