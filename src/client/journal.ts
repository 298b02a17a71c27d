import type { Party } from './api.js'
import type { LiveFile } from './live-file.js'
import type { Store, StoredFile, StoredTransfer } from './store.js'
import { PROGRESS_SAVED_EVERY } from './limits.js'

/** What stays the same in a transfer. */
export interface TransferFacts {
  readonly id: string
  readonly direction: 'sent' | 'received'
  readonly kind: 'push' | 'pull'
  readonly peer: Party
  readonly subject?: string | undefined
  readonly conversationId?: string | undefined
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
    }
    return new JournalEntry(base, earlier?.files ?? [], this.#date, work => this.write(work))
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
  #saved = false

  constructor(
    facts: Omit<StoredTransfer, 'files'>,
    files: readonly StoredFile[],
    date: () => number,
    write: (work: (store: Store) => Promise<unknown>) => void,
  ) {
    this.#facts = facts
    this.#files = new Map(files.map(file => [file.index, file]))
    this.#date = date
    this.#write = write
  }

  /** The whole transfer, at its beginning and at its end. */
  save(files: readonly LiveFile[], ended = false): void {
    for (const file of files) this.#files.set(file.index, this.#stored(file))
    const transfer: StoredTransfer = {
      ...this.#facts,
      ended: ended ? this.#date() : undefined,
      files: [...this.#files.values()].sort((a, b) => a.index - b.index),
    }
    this.#saved = true
    this.#write(store => store.saveTransfer(transfer))
  }

  file(file: LiveFile): void {
    if (!this.#saved) return
    const stored = this.#stored(file)
    this.#files.set(file.index, stored)
    this.#write(store => store.saveFile(this.#facts.id, stored))
  }

  /** Not more often than it matters. */
  progress(file: LiveFile, safe: number): void {
    const now = this.#date()
    if (!this.#saved || now - (this.#progressAt.get(file.index) ?? 0) < PROGRESS_SAVED_EVERY) return
    this.#progressAt.set(file.index, now)
    this.#write(store => store.saveProgress(this.#facts.id, file.index, safe))
  }

  #stored(file: LiveFile): StoredFile {
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
