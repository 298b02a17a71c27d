import {
  type CpmftError,
  ProgressRate,
  type Transfer,
  type TransferEvent,
  type TransferFile,
  type TransferRecipient,
} from '../client/index.js'
import { errorView } from './error-view.js'
import { type AddressBook, contactOf, partyView } from './offer-view.js'
import type { FileView, PageChange, RecipientView, TransferAction, TransferView } from './protocol/index.js'

type Phase = TransferView['phase']

/** What is known of a transfer besides what it says itself. */
export interface CardFacts {
  readonly direction: 'sent' | 'received'
  readonly subject: string | undefined
  /** Wall clock, milliseconds. */
  readonly started: number
  /** Files of the attempt before, of which this one may take only some. */
  readonly earlier?: readonly FileView[]
}

/** Warnings kept of one transfer; house. */
const WARNINGS = 20

const MOVING = new Set(['sending', 'receiving'])
const OVER = new Set(['done', 'failed', 'declined', 'cancelled'])

/** One transfer as the page sees it: follows its events, measures rates, makes views. */
export class TransferCard {
  readonly #meters = new Map<TransferFile, ProgressRate>()
  readonly #hashed = new Map<TransferFile, number>()
  readonly #moved = new Set<TransferFile>()
  readonly #movedRecipients = new Map<string, TransferRecipient>()
  readonly #notices = new Map<number, NonNullable<FileView['notice']>>()
  readonly #recipientStates = new Map<string, string>()
  readonly #warnings: { readonly code: string; readonly text: string }[] = []
  #phase: Phase
  #ended: number | undefined
  #ok: boolean | undefined
  #error: CpmftError | undefined
  #next: readonly TransferAction[] = []

  constructor(
    readonly transfer: Transfer,
    readonly facts: CardFacts,
    private readonly book: () => AddressBook,
  ) {
    this.#phase = facts.direction === 'sent' ? 'preparing' : 'running'
  }

  get ended(): number | undefined {
    return this.#ended
  }

  /** Octets are moving: rates have to be looked at although nothing is told. */
  get isMoving(): boolean {
    return this.#ended === undefined && this.transfer.files.some(({ state }) => MOVING.has(state))
  }

  /** Takes an event at `now` (steady clock) and `date` (wall clock). @returns whether only numbers changed */
  take(event: TransferEvent, now: number, date: number): 'numbers' | 'more' {
    switch (event.type) {
      case 'hashing':
        this.#hashed.set(event.file, event.bytes)
        this.#moved.add(event.file)
        return 'numbers'
      case 'progress':
        this.#meter(event.file).update(event.bytes, now)
        this.#moved.add(event.file)
        return 'numbers'
      case 'recipient':
        if (this.#recipientStates.get(event.uri) !== event.state) {
          this.#recipientStates.set(event.uri, event.state)
          return 'more'
        }
        this.#movedRecipients.set(event.uri, event.recipient)
        return 'numbers'
      case 'ringing':
        if (this.#phase === 'preparing') this.#phase = 'ringing'
        break
      case 'state':
        this.#state(event.file)
        break
      case 'warning':
        if (this.#warnings.length < WARNINGS) this.#warnings.push({ code: event.code, text: event.text })
        break
      case 'done':
        this.#phase = 'ended'
        this.#ended = date
        this.#ok =
          event.report.ok && this.#withEarlier([]).every(({ index, state }) => state === 'done' || this.fileAt(index) !== undefined)
        this.#error = event.report.error
        this.#meters.clear()
    }
    return 'more'
  }

  /** What can be done once it ended. */
  goOn(actions: readonly TransferAction[]): void {
    this.#next = actions
  }

  /** Time passes: rates of what stands still sink. */
  tick(now: number): void {
    for (const file of this.transfer.files)
      if (MOVING.has(file.state)) {
        this.#meter(file).update(file.bytes, now)
        this.#moved.add(file)
      }
  }

  view(): TransferView {
    const { id, peer, files, group, recipients } = this.transfer
    return {
      id,
      direction: this.facts.direction,
      peer: partyView(peer, this.book()),
      subject: this.facts.subject,
      started: this.facts.started,
      ended: this.#ended,
      phase: this.#phase,
      ok: this.#ok,
      files: this.#withEarlier(files.map((file, position) => this.#file(file, position))),
      group: group === undefined ? undefined : { uri: group.uri, name: group.name },
      recipients: recipients?.map(recipient => this.#recipient(recipient)),
      warnings: [...this.#warnings],
      error: this.#error === undefined ? undefined : errorView(this.#error),
      actions: this.#actions(),
    }
  }

  /** A notification told of a file. */
  noticed(index: number, state: NonNullable<FileView['notice']>): void {
    this.#notices.set(index, state)
  }

  /** All that is known was told. */
  told(): void {
    this.#moved.clear()
    this.#movedRecipients.clear()
  }

  /** The numbers that changed since `told`. */
  numbers(): PageChange {
    const files = this.transfer.files.flatMap((file, position) => {
      if (!this.#moved.has(file)) return []
      const { index, bytes, rate, eta } = this.#file(file, position)
      return [{ index, bytes, rate, eta }]
    })
    const recipients = [...this.#movedRecipients.values()].map(({ uri, bytes, files: theirs }) => ({
      uri,
      bytes,
      files: theirs.map(each => ({ index: this.#index(each.file), state: each.state, bytes: each.bytes })),
    }))
    return { type: 'progress', id: this.transfer.id, files, ...(recipients.length > 0 && { recipients }) }
  }

  /** The file that the page calls `index`. */
  fileAt(index: number): TransferFile | undefined {
    return this.transfer.files.find((file, position) => (file.index ?? position) === index)
  }

  #state(file: TransferFile): void {
    const { state } = file
    if (!MOVING.has(state)) this.#meters.delete(file)
    if (state !== 'hashing') this.#hashed.delete(file)
    if (this.#phase === 'ended') return
    if (state === 'offered' && this.#phase === 'preparing') this.#phase = 'ringing'
    else if (state !== 'hashing' && state !== 'offered' && !OVER.has(state)) this.#phase = 'running'
  }

  #meter(file: TransferFile): ProgressRate {
    let meter = this.#meters.get(file)
    if (meter === undefined) this.#meters.set(file, (meter = new ProgressRate()))
    return meter
  }

  #withEarlier(files: readonly FileView[]): readonly FileView[] {
    const { earlier = [] } = this.facts
    const now = new Set(files.map(({ index }) => index))
    const kept = earlier.filter(({ index }) => !now.has(index))
    const told = kept.map(file => ({ ...file, notice: this.#notices.get(file.index) ?? file.notice }))
    return [...told, ...files].sort((a, b) => a.index - b.index)
  }

  #index(file: TransferFile): number {
    return file.index ?? this.transfer.files.indexOf(file)
  }

  #file(file: TransferFile, position: number): FileView {
    const { name, type, size, sha1, state, path, error, confirmed } = file
    const meter = MOVING.has(state) ? this.#meters.get(file) : undefined
    // The early rate jumps: neither it nor the time left are shown then
    const left = meter?.remaining(size ?? Number.MAX_SAFE_INTEGER)
    return {
      index: file.index ?? position,
      name,
      type,
      size,
      sha1,
      state,
      bytes: state === 'hashing' ? (this.#hashed.get(file) ?? 0) : file.bytes,
      confirmed,
      stored: file.stored ?? false,
      resumedAt: file.resumedAt ?? 0,
      rate: left === undefined ? undefined : Math.round(meter?.perSecond ?? 0),
      eta: left === undefined || size === undefined ? undefined : Math.ceil(left / 1000),
      // of a sent file it is the source
      path: this.facts.direction === 'received' ? path : undefined,
      error: error === undefined ? undefined : errorView(error),
      notice: this.#notices.get(file.index ?? position),
    }
  }

  #recipient(recipient: TransferRecipient): RecipientView {
    const { uri, displayName, copyControl, state, bytes, total, error, files } = recipient
    return {
      uri,
      displayName: displayName ?? contactOf(uri, this.book())?.name,
      copyControl,
      state,
      bytes,
      total,
      error: error === undefined ? undefined : errorView(error),
      files: files.map(each => ({ index: this.#index(each.file), state: each.state, bytes: each.bytes })),
    }
  }

  #actions(): readonly TransferAction[] {
    if (this.#ended !== undefined) return this.#next
    const states = this.transfer.files.map(({ state }) => state)
    return [
      ...(states.every(state => OVER.has(state)) ? [] : (['cancel'] as const)),
      ...(states.some(state => MOVING.has(state)) ? (['pause'] as const) : []),
      ...(states.includes('paused') ? (['continue'] as const) : []),
    ]
  }
}
