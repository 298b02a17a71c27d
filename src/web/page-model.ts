import { CpmftError, type IncomingOffer, type Transfer, type TransferEvent } from '../client/index.js'
import { CHANGES_AT_ONCE, OFFERS_WAITING } from './limits.js'
import { type AddressBook, offerView } from './offer-view.js'
import {
  type AccountView,
  type FolderView,
  type NoticeView,
  type OfferView,
  type PageChange,
  type PageState,
  RECENT_TRANSFERS,
  type RegistrationView,
  type TourView,
  type TransferAction,
} from './protocol/index.js'
import { type CardFacts, TransferCard } from './transfer-card.js'

/** What does not change while a world lasts. */
export interface PageFacts {
  readonly version: string
  readonly mode: PageState['mode']
  readonly account: AccountView | undefined
  readonly limits: PageState['limits']
}

export interface PageClock {
  /** Milliseconds, never running backwards. */
  now(): number
  /** Milliseconds since 1970. */
  date(): number
}

interface PendingOffer {
  readonly offer: IncomingOffer
  readonly view: OfferView
}

/**
 * What the page knows, as plain values: takes what happens and gives the state, or the changes since they were last asked for.
 * Does nothing by itself and knows no sockets; `onDirty` is called when there is something to fetch with `changes`.
 */
export class PageModel {
  #facts: PageFacts
  #registration: RegistrationView = { state: 'none' }
  #folder: FolderView = { path: '', free: undefined }
  #tour: TourView | undefined
  #book: AddressBook = new Map()
  readonly #cards = new Map<string, TransferCard>()
  readonly #offers = new Map<string, PendingOffer>()
  #lastOffer = 0
  /** Transfers to be told whole; those of which only numbers changed. */
  readonly #whole = new Set<string>()
  readonly #moved = new Set<string>()
  readonly #other: PageChange[] = []
  #tooMany = false

  constructor(
    facts: PageFacts,
    private readonly clock: PageClock,
    private readonly onDirty: () => void,
  ) {
    this.#facts = facts
  }

  state(): PageState {
    return {
      v: 1,
      ...this.#facts,
      registration: this.#registration,
      folder: this.#folder,
      transfers: [...this.#cards.values()].reverse().map(card => card.view()),
      offers: [...this.#offers.values()].map(({ view }) => view),
      tour: this.#tour,
    }
  }

  /** What happened since the last call; undefined when it is so much that the state is shorter. */
  changes(): readonly PageChange[] | undefined {
    const changes: PageChange[] = []
    for (const id of this.#whole) {
      const card = this.#cards.get(id)
      if (card !== undefined) changes.push({ type: 'transfer', transfer: card.view() })
      card?.told()
    }
    for (const id of this.#moved) {
      const card = this.#whole.has(id) ? undefined : this.#cards.get(id)
      if (card !== undefined) changes.push(card.numbers())
      card?.told()
    }
    changes.push(...this.#other)
    const isTooMuch = this.#tooMany || changes.length > CHANGES_AT_ONCE
    this.#whole.clear()
    this.#moved.clear()
    this.#other.length = 0
    this.#tooMany = false
    return isTooMuch ? undefined : changes
  }

  get isDirty(): boolean {
    return this.#whole.size > 0 || this.#moved.size > 0 || this.#other.length > 0 || this.#tooMany
  }

  /** Another world: nothing of the former one stays, and everybody reads everything again. */
  begin(facts: PageFacts, registration: RegistrationView, folder: FolderView, tour: TourView | undefined): void {
    this.#facts = facts
    this.#registration = registration
    this.#folder = folder
    this.#tour = tour
    this.#cards.clear()
    this.#offers.clear()
    this.#tooMany = true
    this.onDirty()
  }

  registration(registration: RegistrationView): void {
    this.#registration = registration
    this.#tell({ type: 'registration', registration })
  }

  folder(folder: FolderView): void {
    this.#folder = folder
    this.#tell({ type: 'folder', folder })
  }

  tour(tour: TourView): void {
    this.#tour = tour
    this.#tell({ type: 'tour', tour })
  }

  notice(notice: NoticeView): void {
    const card = this.#cards.get(notice.transferId)
    card?.noticed(notice.index, notice.state)
    if (card !== undefined) this.#whole.add(notice.transferId)
    this.#tell({ type: 'notice', notice })
    this.#tell({ type: 'history' })
  }

  /** Contacts or groups changed. */
  people(): void {
    this.#tell({ type: 'people' })
  }

  /** The contacts as they are now: cards that are shown get the new names. */
  book(book: AddressBook): void {
    this.#book = book
    for (const id of this.#cards.keys()) this.#whole.add(id)
    if (this.#cards.size > 0) this.onDirty()
  }

  history(): void {
    this.#tell({ type: 'history' })
  }

  get currentFolder(): FolderView {
    return this.#folder
  }

  /** A transfer begins, or goes on: the one of the same id is replaced. */
  begun(transfer: Transfer, facts: Omit<CardFacts, 'started' | 'earlier'>): TransferCard {
    const earlier = this.#cards.get(transfer.id)?.view().files
    const card = new TransferCard(
      transfer,
      { ...facts, started: this.clock.date(), ...(earlier !== undefined && { earlier }) },
      () => this.#book,
    )
    this.#cards.delete(transfer.id)
    this.#cards.set(transfer.id, card)
    this.#whole.add(transfer.id)
    this.#tell({ type: 'history' })
    return card
  }

  happened(card: TransferCard, event: TransferEvent): void {
    const weight = card.take(event, this.clock.now(), this.clock.date())
    if (this.#cards.get(card.transfer.id) !== card) return
    ;(weight === 'numbers' ? this.#moved : this.#whole).add(card.transfer.id)
    if (event.type === 'done') {
      this.#tell({ type: 'history' })
      this.#dropOld()
    }
    this.onDirty()
  }

  /** What can be done with a transfer that ended. */
  goesOn(card: TransferCard, actions: readonly TransferAction[]): void {
    card.goOn(actions)
    if (this.#cards.get(card.transfer.id) !== card) return
    this.#whole.add(card.transfer.id)
    this.#tell({ type: 'history' })
  }

  card(id: string): TransferCard | undefined {
    return this.#cards.get(id)
  }

  /** Takes an ended transfer from the list. @returns whether it was there and over */
  dismiss(id: string): boolean {
    const card = this.#cards.get(id)
    if (card === undefined || card.ended === undefined) return false
    this.#drop(id)
    return true
  }

  /** Somebody offers files. @returns its id; undefined when too many wait already */
  offered(offer: IncomingOffer, ringTime: number): string | undefined {
    if (this.#offers.size >= OFFERS_WAITING) return undefined
    const id = `o${++this.#lastOffer}`
    const view = offerView(id, offer, this.clock.date(), ringTime, this.#book)
    this.#offers.set(id, { offer, view })
    this.#tell({ type: 'offer', offer: view })
    return id
  }

  offer(id: string): IncomingOffer | undefined {
    return this.#offers.get(id)?.offer
  }

  /** Nobody needs to answer any more. @returns whether it still waited */
  offerGone(id: string, why: (PageChange & { type: 'offer-gone' })['why']): boolean {
    if (!this.#offers.delete(id)) return false
    this.#tell({ type: 'offer-gone', id, why })
    return true
  }

  /** Call it now and then: rates of what stands still sink. */
  tick(): void {
    const now = this.clock.now()
    for (const [id, card] of this.#cards)
      if (card.isMoving) {
        card.tick(now)
        this.#moved.add(id)
      }
    if (this.#moved.size > 0) this.onDirty()
  }

  get hasMoving(): boolean {
    return [...this.#cards.values()].some(card => card.isMoving)
  }

  /** @throws CpmftError `no-such-transfer` */
  mustHaveCard(id: string): TransferCard {
    const card = this.#cards.get(id)
    if (card === undefined) throw new CpmftError('no-such-transfer', `It was "${id}".`)
    return card
  }

  #tell(change: PageChange): void {
    const isSingle = change.type === 'history' || change.type === 'people'
    if (!(isSingle && this.#other.some(({ type }) => type === change.type))) this.#other.push(change)
    if (this.#other.length > CHANGES_AT_ONCE) {
      this.#other.length = 0
      this.#tooMany = true
    }
    this.onDirty()
  }

  /** Of those that ended only the latest stay. */
  #dropOld(): void {
    const ended = [...this.#cards].filter(([, card]) => card.ended !== undefined)
    for (const [id] of ended.slice(0, Math.max(0, ended.length - RECENT_TRANSFERS))) this.#drop(id)
  }

  #drop(id: string): void {
    this.#cards.delete(id)
    this.#tell({ type: 'transfer-gone', id })
  }
}
