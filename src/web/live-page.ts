import { randomBytes } from 'node:crypto'
import { CpmftError, type IncomingOffer, isToSeveral, resumableFiles, retryableFiles, type Transfer } from '../client/index.js'
import { errorView } from './error-view.js'
import { EventHub } from './event-hub.js'
import { RATE_TICK } from './limits.js'
import { type PageFacts, PageModel } from './page-model.js'
import type { PageWorld, WebOptions } from './page-world.js'
import { CHANGE_INTERVAL, type RegistrationView, type TransferAction } from './protocol/index.js'
import { Refusal } from './refusal.js'
import { TraceRing } from './trace-ring.js'
import type { TransferCard } from './transfer-card.js'

/** Seconds an offer waits where the client was not told (D-7). */
const RING_TIMEOUT = 120

/** Members of a group made for one transfer where the client was not told (GRP-5). */
const GROUP_SIZE = 10

/** Wait for the end of a transfer to be in the record, milliseconds; how often is looked. */
const RECORD_WAIT = 1000
const LOOK_AGAIN = 20

/** Follows what happens in the world behind the page and tells all pages, at most ten times a second. */
export class LivePage {
  readonly model: PageModel
  readonly hub: EventHub
  readonly trace = new TraceRing()
  readonly #tick: NodeJS.Timeout
  #world: PageWorld | undefined
  #leaving = new AbortController()
  #timer: NodeJS.Timeout | undefined
  #toldAt = 0
  #hasTrace = false

  constructor(readonly options: WebOptions) {
    const clock = { now: () => performance.now(), date: () => Date.now() }
    this.model = new PageModel(this.#factsOf(undefined), clock, () => this.#wake())
    this.hub = new EventHub({
      epoch: randomBytes(6).toString('hex'),
      now: clock.now,
      snapshot: () => {
        this.#tell()
        return this.model.state()
      },
      trace: (after, characters) => this.trace.page(after, characters),
    })
    this.#tick = setInterval(() => this.model.tick(), RATE_TICK)
    this.#tick.unref()
  }

  get world(): PageWorld | undefined {
    return this.#world
  }

  /** @throws Refusal 409 before there is an account */
  get mustHaveWorld(): PageWorld {
    if (this.#world === undefined) throw new Refusal(409, 'no-account', 'There is no account yet.')
    return this.#world
  }

  /** From now on this world is behind the page; the page closes it at the end, or when another one comes. */
  async enter(world: PageWorld): Promise<void> {
    const former = this.#world
    this.#leaving.abort()
    this.#leaving = new AbortController()
    this.#world = world
    this.trace.clear()
    this.model.begin(this.#factsOf(world), registrationOf(world), { path: world.into, free: undefined }, world.tour?.view())
    this.#follow(world, this.#leaving.signal)
    await former?.close()
  }

  /** A transfer of this client that the page shall show. */
  show(transfer: Transfer, direction: 'sent' | 'received', subject: string | undefined): TransferCard {
    const card = this.model.begun(transfer, { direction, subject })
    void this.#watch(card).catch(() => {})
    return card
  }

  /** Free space changes with every file. */
  async lookAtFolder(path = this.model.currentFolder.path): Promise<void> {
    const free = await this.options.desktop.freeSpace(path)
    const { path: shown, free: told } = this.model.currentFolder
    if (path !== shown || free !== told) this.model.folder({ path, free })
  }

  /** Contacts or groups changed. */
  people(): void {
    this.model.people()
    void this.#readBook().catch(() => {})
  }

  async #readBook(): Promise<void> {
    const contacts = (await this.#world?.client.store?.contacts()) ?? []
    this.model.book(new Map(contacts.map(contact => [contact.uri, contact])))
  }

  async close(): Promise<void> {
    this.#leaving.abort()
    clearInterval(this.#tick)
    this.#tell()
    clearTimeout(this.#timer)
    this.hub.close()
    await this.#world?.close()
  }

  #factsOf(world: PageWorld | undefined): PageFacts {
    const { version } = this.options
    const none = { maxFileSize: undefined, warnSize: undefined, maxGroupSize: GROUP_SIZE }
    if (world === undefined) return { version, mode: 'first-run', account: undefined, limits: none }
    const { client, displayName, proxy, profile, maxFileSize, warnSize, maxGroupSize } = world
    return {
      version,
      mode: 'client',
      account: { aor: client.aor, displayName, contact: client.contact, proxy, profile },
      limits: {
        maxFileSize: maxFileSize === 0 ? undefined : maxFileSize,
        warnSize: warnSize === 0 ? undefined : warnSize,
        maxGroupSize: maxGroupSize ?? GROUP_SIZE,
      },
    }
  }

  #follow(world: PageWorld, signal: AbortSignal): void {
    const { client } = world
    const quietly = (work: Promise<void>): void => void work.catch(() => {})
    quietly(this.#followRegistration(world, signal))
    quietly(this.#followOffers(world, signal))
    quietly(this.#followNotices(world, signal))
    quietly(
      (async () => {
        for await (const transfer of client.fetched?.({ signal }) ?? []) this.show(transfer, 'sent', undefined)
      })(),
    )
    quietly(
      (async () => {
        for await (const { transfer, direction, subject } of world.begun ?? []) if (!signal.aborted) this.show(transfer, direction, subject)
      })(),
    )
    for (const entries of world.traces ?? [client.trace()]) quietly(this.#followTrace(entries, signal))
    world.tour?.onChange(() => {
      if (!signal.aborted && world.tour !== undefined) this.model.tour(world.tour.view())
    })
    quietly(this.lookAtFolder(world.into))
    quietly(this.#readBook())
  }

  async #followRegistration({ client, proxy }: PageWorld, signal: AbortSignal): Promise<void> {
    if (proxy === undefined) return
    void client.ready.then(
      () => signal.aborted || this.model.registration({ state: 'registered' }),
      (error: unknown) =>
        signal.aborted || client.registration !== undefined || this.model.registration(failedRegistration(error, undefined)),
    )
    for await (const news of client.registration?.({ signal }) ?? [])
      this.model.registration(news.state === 'registered' ? { state: 'registered' } : failedRegistration(news.error, news.retryIn))
  }

  async #followOffers({ client, ringTimeout }: PageWorld, signal: AbortSignal): Promise<void> {
    for await (const offer of client.offers({ signal })) {
      if (offer.accepted !== undefined) {
        this.show(offer.accepted, 'received', offer.subject)
        continue
      }
      const id = this.model.offered(offer, (ringTimeout ?? RING_TIMEOUT) * 1000)
      if (id === undefined) offer.ignore()
      else offer.signal.addEventListener('abort', () => this.model.offerGone(id, whyGone(offer)), { once: true })
    }
  }

  async #followNotices({ client }: PageWorld, signal: AbortSignal): Promise<void> {
    for await (const { recipient, ...notice } of client.notices({ signal })) this.model.notice({ ...notice, recipient })
  }

  async #followTrace(entries: AsyncIterable<Parameters<TraceRing['add']>[0]>, signal: AbortSignal): Promise<void> {
    for await (const entry of entries) {
      if (signal.aborted) return
      this.trace.add(entry)
      this.#hasTrace = true
      this.#wake()
    }
  }

  async #watch(card: TransferCard): Promise<void> {
    for await (const event of card.transfer) this.model.happened(card, event)
    if (card.facts.direction === 'received') await this.lookAtFolder()
    const actions = await this.#actionsAfter(card.transfer.id)
    if (actions.length > 0) this.model.goesOn(card, actions)
  }

  /** What the record says that can be done with a transfer that ended. */
  async #actionsAfter(id: string): Promise<readonly TransferAction[]> {
    const store = this.#world?.client.store
    for (let waited = 0; store !== undefined && waited < RECORD_WAIT; waited += LOOK_AGAIN) {
      const transfer = await store.transfer(id)
      if (transfer?.ended !== undefined) {
        const canResume = !isToSeveral(transfer) && resumableFiles(transfer).length > 0
        const left = retryableFiles(transfer)
        return [...(canResume ? (['resume'] as const) : []), ...(left.length > 0 ? (['retry'] as const) : [])]
      }
      await new Promise(resolve => setTimeout(resolve, LOOK_AGAIN))
    }
    return []
  }

  /** The first change goes out at once, those that follow soon wait for their turn. */
  #wake(): void {
    if (this.#timer !== undefined || this.#leaving.signal.aborted) return
    const wait = Math.max(0, this.#toldAt + CHANGE_INTERVAL - performance.now())
    this.#timer = setTimeout(() => this.#tell(), wait)
  }

  #tell(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#toldAt = performance.now()
    if (this.model.isDirty) {
      const changes = this.model.changes()
      if (changes === undefined) this.hub.publish({ event: 'snapshot', data: this.model.state() })
      else if (changes.length > 0) this.hub.publish({ event: 'changes', data: changes })
    }
    if (this.#hasTrace) {
      this.#hasTrace = false
      this.hub.traced()
    }
  }
}

function registrationOf({ proxy }: PageWorld): RegistrationView {
  return { state: proxy === undefined ? 'none' : 'connecting' }
}

function failedRegistration(error: unknown, retryIn: number | undefined): RegistrationView {
  return { state: 'failed', error: errorView(error), ...(retryIn !== undefined && { retryAt: Date.now() + retryIn }) }
}

/** Our own answers take the offer from the model before its signal says anything. */
function whyGone({ signal }: IncomingOffer): 'withdrawn' | 'expired' | 'closed' {
  const { reason } = signal
  if (!(reason instanceof CpmftError)) return 'closed'
  if (reason.code === 'timeout' || reason.status === 480 || reason.status === 408) return 'expired'
  return reason.code === 'session-ended' ? 'closed' : 'withdrawn'
}
