import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { type Client, group, nodeHost, openStore, type Store, type Transfer } from '../node/index.js'
import type { TraceEntry } from '../trace/index.js'
import { type BreakableHost, breakableHost } from './breakable-host.js'
import { type LiveSamples, writeLiveSamples } from './live-samples.js'
import { Stage } from './stage.js'

/** The steps of the tour, in order. */
export const TOUR_STEPS = ['send', 'accept-some', 'decline', 'group', 'resume'] as const
export type TourStep = (typeof TOUR_STEPS)[number]

export interface LiveDemoOptions {
  readonly signal: AbortSignal
  readonly onTrace: (entry: TraceEntry) => void
  /** Alice begins a transfer, or one goes on. */
  readonly onTransfer: (transfer: Transfer, subject: string | undefined) => void
  /** One line of what people do. */
  readonly onNote: (note: string | undefined) => void
}

/** Milliseconds that people think before they answer, and before the interrupted transfer goes on by itself. */
const THINKING = 700
const LOOKING = 6000

/** Wait for the copy that the server kept, milliseconds. */
const PATIENCE = 20_000

/** Share of the film that is there when the network breaks. */
const HALF_WAY = 0.4

/** A server and its people on loopback. Alice is the user's; Bob and Carol answer by themselves, Dan is away. */
export class LiveDemo implements AsyncDisposable {
  readonly #people: Client[] = []
  readonly #over = new AbortController()
  #playing: Promise<void> = Promise.resolve()

  private constructor(
    private readonly options: LiveDemoOptions,
    private readonly stage: Stage,
    private readonly samples: LiveSamples,
    private readonly breakable: BreakableHost,
    readonly alice: Client,
  ) {}

  static async open(options: LiveDemoOptions): Promise<LiveDemo> {
    const stage = await Stage.set(options.signal, options.onTrace)
    try {
      const samples = await writeLiveSamples(join(stage.folder, 'files'))
      const store = await openStore(join(stage.folder, 'alice.sqlite'))
      const proxyPort = stage.server.addresses[0]?.port
      const breakable = breakableHost(nodeHost({ store }), port => port === proxyPort)
      const alice = await stage.clientAt(breakable.host, 'alice', store)
      const demo = new LiveDemo(options, stage, samples, breakable, alice)
      demo.#follow(alice)
      await demo.#fillAddressBook(store)
      await demo.#arrive('bob', false)
      await demo.#arrive('carol', true)
      return demo
    } catch (error) {
      await stage[Symbol.asyncDispose]()
      throw error
    }
  }

  /** Folder of what Alice receives. */
  get inbox(): string {
    return this.stage.inbox('alice')
  }

  get proxy(): string {
    return this.stage.proxy
  }

  /** Plays a step to its end. @returns whether all went as it should */
  play(step: TourStep): Promise<boolean> {
    const playing = this.#play(step)
    this.#playing = playing.then(
      () => {},
      () => {},
    )
    return playing
  }

  async #play(step: TourStep): Promise<boolean> {
    switch (step) {
      case 'send':
        return this.#send('bob', this.samples.send, 'Photos and a backup')
      case 'accept-some':
        return this.#beOffered()
      case 'decline':
        return !(await this.#send('carol', [this.samples.unwanted], 'Read this!'))
      case 'group':
        return this.#sendToGroup()
      case 'resume':
        return this.#breakAndResume()
    }
  }

  async #send(user: string, paths: readonly string[], subject: string): Promise<boolean> {
    const transfer = this.alice.send(this.stage.aor(user), paths, { subject })
    this.options.onTransfer(transfer, subject)
    return (await transfer.done).ok
  }

  async #beOffered(): Promise<boolean> {
    const [bob] = this.#people as [Client]
    this.options.onNote('Bob offers four files. Tick those you want.')
    const transfer = bob.send(this.alice.aor, this.samples.offered, { subject: 'From the meeting' })
    const { files } = await transfer.done
    return files.every(({ state }) => state === 'done' || state === 'declined' || state === 'cancelled')
  }

  /** Bob and Carol take it; Dan is away, and gets it from the server when he comes. */
  async #sendToGroup(): Promise<boolean> {
    const subject = 'For all of you'
    const people = ['bob', 'carol', 'dan'].map(user => this.stage.aor(user))
    const transfer = this.alice.send(group(people, { subject }), this.samples.forAll, { subject })
    this.options.onTransfer(transfer, subject)
    this.options.onNote('Dan is not online: the server keeps his copy.')
    const { recipients = [] } = await transfer.done
    await this.#pause(LOOKING / 2)
    this.options.onNote('Dan comes online and gets his copy.')
    const dan = await this.stage.client('dan')
    if (this.#over.signal.aborted) await dan.close()
    else this.#people.push(dan)
    this.#follow(dan)
    try {
      await dan.ready
      const late = await nextOffer(dan, this.#over.signal)
      await this.#pause(THINKING)
      const states = new Set(recipients.map(({ state }) => state))
      return late?.files[0]?.state === 'done' && !states.has('failed') && !states.has('unreachable')
    } finally {
      this.#people.splice(this.#people.indexOf(dan), 1)
      await dan.close()
    }
  }

  async #breakAndResume(): Promise<boolean> {
    const subject = 'The film of the holidays'
    const transfer = this.alice.send(this.stage.aor('bob'), this.samples.film, { subject })
    this.options.onTransfer(transfer, subject)
    const { id } = transfer
    let isOver = false
    void transfer.done.then(() => (isOver = true))
    const isHalfWay = (): boolean => transfer.files.some(({ bytes, size }) => size !== undefined && bytes > size * HALF_WAY)
    while (!isOver && !isHalfWay()) await this.#pause(50)
    this.breakable.cut()
    this.options.onNote('The network breaks. What Bob has, he keeps.')
    await transfer.done
    this.options.onNote('Press Resume, or wait: the rest goes out from where it stopped.')
    const { store } = this.alice
    const isWaiting = async () =>
      (await store?.transfer(id))?.files.some(({ state }) => state === 'failed' || state === 'interrupted') === true
    for (let waited = 0; waited < LOOKING && (await isWaiting()); waited += THINKING) await this.#pause(THINKING)
    if (await isWaiting()) {
      const rest = await this.alice.resume(id)
      this.options.onTransfer(rest, subject)
      return (await rest.done).ok
    }
    // The user was quicker
    for (let waited = 0; waited < 60 && (await store?.transfer(id))?.ended === undefined; waited++) await this.#pause(500)
    return (await store?.transfer(id))?.files.every(({ state }) => state === 'done') === true
  }

  async #fillAddressBook(store: Store): Promise<void> {
    const added = Date.now()
    for (const user of ['bob', 'carol', 'dan']) {
      const name = `${user.slice(0, 1).toUpperCase()}${user.slice(1)}`
      await store.saveContact({ uri: this.stage.aor(user), name, trusted: false, added })
    }
    const members = ['bob', 'carol', 'dan'].map(user => this.stage.aor(user))
    await store.saveGroup?.({ name: 'Friends', uri: undefined, members, added })
  }

  async #arrive(user: string, declines: boolean): Promise<void> {
    const client = await this.stage.client(user)
    this.#people.push(client)
    this.#follow(client)
    void this.#answerAll(client, declines).catch(() => {})
    await client.ready
  }

  /** @param declines does not want what is for this person alone */
  async #answerAll(client: Client, declines: boolean): Promise<void> {
    for await (const offer of client.offers()) {
      await this.#pause(THINKING)
      if (offer.signal.aborted) continue
      if (declines && offer.group === undefined) await offer.decline('Not now, please')
      else offer.accept(undefined, { onConflict: 'rename' })
    }
  }

  #follow(client: Client): void {
    void (async () => {
      for await (const entry of client.trace()) this.options.onTrace(entry)
    })().catch(() => {})
  }

  /** Rejects when the demo is over: nothing goes on behind its end. */
  #pause(milliseconds: number): Promise<void> {
    return setTimeout(milliseconds, undefined, { signal: this.#over.signal })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#over.abort()
    await Promise.all([this.alice, ...this.#people].map(client => client.close()))
    await this.#playing
    await this.stage[Symbol.asyncDispose]()
  }
}

/** Takes the next offer, should one come in time. */
async function nextOffer(client: Client, over: AbortSignal): Promise<Transfer | undefined> {
  try {
    for await (const offer of client.offers({ signal: AbortSignal.any([over, AbortSignal.timeout(PATIENCE)]) })) {
      const transfer = offer.accept()
      await transfer.done
      return transfer
    }
  } catch {
    // nobody brought anything
  }
  return undefined
}
