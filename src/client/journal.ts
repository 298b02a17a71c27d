import type { Party } from './api.js'
import type { TransferRecipient } from './api.js'
import type { LiveFile } from './live-file.js'
import type { Store, StoredFile, StoredRecipient, StoredTransfer } from './store.js'
import { PROGRESS_SAVED_EVERY, SMALLEST_PART } from './limits.js'

/** What stays the same in a transfer. */
export interface TransferFacts {
  readonly id: string
  readonly direction: 'sent' | 'received'
  readonly kind: 'push' | 'pull'
  readonly peer: Party
  readonly subject?: string | undefined
  readonly conversationId?: string | undefined
  /** Address of the group, where it has one. */
  readonly group?: string | undefined
}

/** Writes transfers into the store as they happen, in order; a store that fails stops nothing but the writing. */
export class Journal {
  readonly store: Store | undefined
  readonly #date: () => number
  readonly #account: string
  readonly #onFailure: (error: unknown) => void
  #tail: Promise<void> = Promise.resolve()
  #failed = false

  constructor(options: { store: Store | undefined; date: () => number; account: string; onFailure: (error: unknown) => void }) {
    this.store = options.store
    this.#date = options.date
    this.#account = options.account
    this.#onFailure = options.onFailure
  }

  /** @param earlier the record that this transfer goes on with */
  begin(facts: TransferFacts, earlier?: StoredTransfer): JournalEntry {
    const group = facts.group ?? earlier?.group
    const base: Omit<StoredTransfer, 'files'> = {
      id: facts.id,
      direction: facts.direction,
      kind: facts.kind,
      account: this.#account,
      peer: facts.peer.uri,
      peerName: facts.peer.displayName ?? earlier?.peerName,
      subject: facts.subject ?? earlier?.subject,
      conversationId: facts.conversationId ?? earlier?.conversationId,
      started: earlier?.started ?? this.#date(),
      ended: undefined,
      ...(group === undefined ? {} : { group }),
    }
    return new JournalEntry(base, earlier, this.#date, work => this.write(work))
  }

  /** For a part of a transfer that is in the record as a whole. */
  unwritten(facts: TransferFacts): JournalEntry {
    return new Journal({ store: undefined, date: this.#date, account: this.#account, onFailure: () => undefined }).begin(facts)
  }

  /** Runs `work` after everything written before. */
  write(work: (store: Store) => Promise<unknown>): void {
    const { store } = this
    if (store === undefined || this.#failed) return
    this.#tail = this.#tail.then(async () => {
      try {
        await work(store)
      } catch (error) {
        if (!this.#failed) this.#onFailure(error)
        this.#failed = true
      }
    })
  }

  /** Settles once everything is written. */
  settled(): Promise<void> {
    return this.#tail
  }
}

/** The record of one transfer. */
export class JournalEntry {
  readonly #facts: Omit<StoredTransfer, 'files'>
  readonly #files: Map<number, StoredFile>
  readonly #date: () => number
  readonly #write: (work: (store: Store) => Promise<unknown>) => void
  readonly #progressAt = new Map<number, number>()
  #recipients: readonly StoredRecipient[]
  /** Files whose save waits for its turn, as long as nothing else of the transfer was asked for since: their news go along with it. */
  #changed: Map<number, StoredFile> | undefined
  #saved = false
  #ended: number | undefined

  constructor(
    facts: Omit<StoredTransfer, 'files'>,
    earlier: Pick<StoredTransfer, 'files' | 'recipients'> | undefined,
    date: () => number,
    write: (work: (store: Store) => Promise<unknown>) => void,
  ) {
    this.#facts = facts
    this.#files = new Map(earlier?.files.map(file => [file.index, file]))
    this.#recipients = earlier?.recipients ?? []
    this.#date = date
    this.#write = write
  }

  /** The whole transfer, at its beginning and at its end. */
  save(files: readonly LiveFile[], ended = false): void {
    for (const file of files) this.#files.set(file.index, this.#stored(file))
    this.#ended = ended ? this.#date() : undefined
    this.#saved = true
    this.#saveAll()
  }

  /** How far recipients are; others of the record stay as they were. */
  recipients(recipients: readonly TransferRecipient[]): void {
    const next = new Map(this.#recipients.map(recipient => [recipient.uri, recipient]))
    for (const recipient of recipients) next.set(recipient.uri, storedRecipient(recipient, next.get(recipient.uri)))
    const same = next.size === this.#recipients.length && this.#recipients.every(old => sameRecipient(old, next.get(old.uri)))
    this.#recipients = [...next.values()]
    if (this.#saved && !same) this.#saveAll()
  }

  #saveAll(): void {
    this.#changed = undefined
    const transfer: StoredTransfer = {
      ...this.#facts,
      ended: this.#ended,
      files: [...this.#files.values()].sort((a, b) => a.index - b.index),
      ...(this.#recipients.length === 0 ? {} : { recipients: this.#recipients }),
    }
    this.#write(store => store.saveTransfer(transfer))
  }

  file(file: LiveFile): void {
    this.changed([file])
  }

  /** Files with news. Many that come at once are one write: the disk is waited for once. */
  changed(files: readonly LiveFile[]): void {
    if (!this.#saved) return
    const waiting = this.#changed ?? this.#saveLater()
    for (const file of files) {
      const stored = this.#stored(file)
      this.#files.set(file.index, stored)
      waiting.set(file.index, stored)
    }
  }

  #saveLater(): Map<number, StoredFile> {
    const waiting = new Map<number, StoredFile>()
    this.#changed = waiting
    this.#write(async store => {
      if (this.#changed === waiting) this.#changed = undefined
      const files = [...waiting.values()]
      if (store.saveFiles !== undefined) await store.saveFiles(this.#facts.id, files)
      else for (const file of files) await store.saveFile(this.#facts.id, file)
    })
    return waiting
  }

  /** Not more often than it matters, and never of a file that is too small to be gone on with. */
  progress(file: LiveFile, safe: number): void {
    if (file.size !== undefined && file.size < SMALLEST_PART) return
    const now = this.#date()
    if (!this.#saved || now - (this.#progressAt.get(file.index) ?? 0) < PROGRESS_SAVED_EVERY) return
    this.#progressAt.set(file.index, now)
    file.recorded = safe
    this.#changed = undefined
    this.#write(store => store.saveProgress(this.#facts.id, file.index, safe))
  }

  #stored(file: LiveFile): StoredFile {
    file.recorded = file.bytes
    return {
      index: file.index,
      name: file.name,
      type: file.type,
      size: file.size,
      sha1: file.sha1 === undefined ? undefined : octetsOf(file.sha1),
      state: file.state,
      bytes: file.bytes,
      path: file.path,
      part: file.part,
      modified: file.modified,
      error: file.error === undefined ? undefined : { code: file.error.code, detail: file.error.detail },
      notice: file.notice,
      imdn: file.imdn,
      updated: this.#date(),
    }
  }
}

/** `DA:39:A3:…` */
function octetsOf(hex: string): Uint8Array {
  return Uint8Array.from(hex.split(':'), pair => Number.parseInt(pair, 16))
}

/** A recipient as it is kept; files it had from an earlier attempt stay with it. */
function storedRecipient(recipient: TransferRecipient, earlier: StoredRecipient | undefined): StoredRecipient {
  const { uri, displayName, copyControl, state, error } = recipient
  const has = recipient.files.flatMap(({ file, state }) =>
    state === 'delivered' || state === 'displayed' ? [(file as LiveFile).index] : [],
  )
  return {
    uri,
    name: displayName ?? earlier?.name,
    copyControl,
    state,
    error: error === undefined ? undefined : { code: error.code, detail: error.detail },
    files: [...new Set([...(earlier?.files ?? []), ...has])].sort((a, b) => a - b),
  }
}

function sameRecipient(a: StoredRecipient, b: StoredRecipient | undefined): boolean {
  return b !== undefined && a.state === b.state && a.name === b.name && a.error?.code === b.error?.code && a.files.join() === b.files.join()
}
