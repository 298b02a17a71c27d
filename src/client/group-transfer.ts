import type { Outcome } from '../cpm/index.js'
import type { ConferenceUser, Recipient } from '../focus/index.js'
import type { Notice, RecipientState, TransferGroup, TransferReport } from './api.js'
import { CpmftError } from './errors.js'
import type { FilePlan, OutgoingFileView, OutgoingTransferOptions } from './outgoing-transfer.js'
import { OutgoingTransfer } from './outgoing-transfer.js'
import { type LiveRecipient, RecipientBoard } from './recipient-board.js'
import type { FileEvent } from './session-runner.js'
import { SingleSends } from './single-sends.js'

export interface GroupTransferOptions extends OutgoingTransferOptions {
  readonly group: TransferGroup
  readonly recipients: readonly Recipient[]
  /** Every address of our own. */
  readonly own: readonly string[]
  /**
   * `list`: a group made for this transfer; `group`: one with an address, whose members the server knows; `alone`: a list of one person, who
   * is called directly; `each`: everybody is called directly.
   */
  readonly kind: 'list' | 'group' | 'alone' | 'each'
  /** ms without news of recipients. */
  readonly wait: number
  /** Recipients were asked to say what they got (IMDN-1). */
  readonly notifies: boolean
  /** Where the server takes no lists, each recipient is called by itself (GRP-2). */
  readonly fallback: () => 'http' | 'sms-link' | 'none'
  readonly mayFallBack: boolean
  /** Sends these files to one recipient, without a record of its own. */
  readonly single: (uri: string, plans: readonly FilePlan[]) => OutgoingTransfer
}

/** Why a group service did not take the files, so that calling each recipient by itself is worth a try (GRP-2). */
const NO_SERVICE: ReadonlySet<string> = new Set(['group-not-supported', 'no-group-service'])

/** Errors of a whole session that mean of each recipient that it was not there. */
const NOT_THERE: ReadonlySet<string> = new Set(['nobody-reachable', 'unreachable', 'busy', 'unknown-recipient'])

/** Files on their way to several people: over when the group server has all of them and each recipient came to an end (GRP-31). */
export class GroupTransfer extends OutgoingTransfer {
  readonly group: TransferGroup
  readonly #options: GroupTransferOptions
  readonly #board: RecipientBoard
  #singles: SingleSends | undefined
  /** Files for which the server refused lists, until they go out by themselves. */
  readonly #refused = new Set<OutgoingFileView>()
  #silent = false
  #waitOver = false
  #callOff: () => void = () => undefined

  constructor(options: GroupTransferOptions) {
    super(options)
    this.#options = options
    this.group = options.group
    this.#board = new RecipientBoard({
      recipients: options.recipients,
      files: this.files,
      own: options.own,
      open: options.kind === 'group',
      onChange: recipient => this.#changed(recipient),
    })
    this.entry.recipients(this.recipients)
    void this.done.then(() => this.#callOff())
  }

  get recipients(): readonly LiveRecipient[] {
    return this.#board.recipients
  }

  override abort(reason?: string): void {
    this.#waitOver = true
    super.abort(reason)
    this.#singles?.abort()
    this.settle()
  }

  override ringing(): void {
    super.ringing()
    if (this.#options.kind === 'alone') this.#alone((recipient, place) => this.#board.set(recipient, place, 'ringing'))
  }

  override onFileEvent(event: FileEvent): void {
    super.onFileEvent(event)
    if (event.type !== 'progress' || this.#options.kind !== 'alone') return
    const at = this.files.findIndex(({ fileId }) => fileId === event.fileId)
    this.#alone((recipient, place, file) => place === at && this.#board.set(recipient, place, 'sending', file.bytes))
  }

  override noted(index: number, state: Notice['state'], recipient?: string): void {
    const place = this.files.findIndex(file => file.index === index)
    this.#board.hear(place, state, recipient ?? (this.#options.kind === 'alone' ? this.#options.recipients[0]?.uri : undefined))
  }

  /** A new picture of the conference; `lineOf` tells the m-line of a file. */
  see(users: readonly ConferenceUser[], lineOf: (fileId: string) => number | undefined): void {
    const places = new Map<string, number>()
    this.files.forEach((file, place) => {
      const line = lineOf(file.fileId)
      if (line !== undefined) places.set(`${line + 1}`, place)
    })
    this.#board.see(users, id => places.get(id))
  }

  /** The server does not tell of its members (any more). */
  silent(): void {
    if (this.#silent || this.#board.over) return
    this.#silent = true
    this.warn('silent-group', 'The group does not tell what becomes of the files; only recipients who say so themselves are known.')
    this.settle()
  }

  /** The files go out in this session: one before it, that is over, says nothing any more. */
  sessionBegan(): void {
    this.#silent = false
  }

  sessionEnded(): void {
    // Notifications come without a session, so that the wait for them goes on
    this.#silent = true
    this.settle()
  }

  /** Sends the files to each recipient by itself. */
  split(files: readonly { readonly fileId: string }[]): void {
    if (this.#singles !== undefined || this.#board.recipients.length === 0) return
    const places = this.files.flatMap((file, place) => (!file.over && files.some(({ fileId }) => fileId === file.fileId) ? [place] : []))
    this.#singles = new SingleSends({
      recipients: this.#board.recipients,
      places,
      start: uri =>
        this.#options.single(
          uri,
          places.map(place => (this.files[place] as OutgoingFileView).plan),
        ),
      onRecipient: (recipient, place, state, bytes, error) => this.#board.set(recipient, place, state, bytes, error),
      onFile: (place, state, error) => this.end(this.files[place] as OutgoingFileView, state, error),
      onRinging: () => super.ringing(),
    })
  }

  protected override refused(file: OutgoingFileView, outcome: Outcome | undefined, state: OutgoingFileView['state']): boolean {
    if (this.#options.kind === 'list' && this.#options.mayFallBack && NO_SERVICE.has(outcome?.code ?? '')) {
      if (this.#refused.size === 0) queueMicrotask(() => this.#fallBack())
      file.runner = undefined
      this.#refused.add(file)
      return true
    }
    return super.refused(file, outcome, state)
  }

  protected override end(file: OutgoingFileView, state: OutgoingFileView['state'], error: CpmftError | undefined): void {
    const place = this.files.indexOf(file)
    const { kind } = this.#options
    if (!file.over && (state === 'declined' || state === 'failed' || state === 'cancelled') && this.#singles === undefined)
      this.#board.end(endOf(state, error), error, each => each === place)
    if (kind === 'alone' && state === 'done')
      this.#alone((recipient, each) => each === place && this.#board.set(recipient, each, 'delivered', file.size))
    super.end(file, state, error)
  }

  protected override get complete(): boolean {
    if (this.#waitOver || this.#board.over) return true
    if (!this.files.some(({ state }) => state === 'done')) return true
    // Nothing will ever be heard of them
    if (this.#silent && !this.#options.notifies) return true
    this.#await()
    return false
  }

  protected override report(): TransferReport {
    if (this.#silent || this.#options.kind === 'group') this.#board.end('unknown', undefined, place => this.#isUnheard(place))
    const { ok, ...report } = super.report()
    return { ...report, ok: ok && this.#board.served, recipients: this.recipients }
  }

  /** Nobody said anything of this file. */
  #isUnheard(place: number): boolean {
    return this.#silent && this.files[place]?.state === 'done'
  }

  #alone(work: (recipient: LiveRecipient, place: number, file: OutgoingFileView) => unknown): void {
    const [recipient] = this.#board.recipients
    if (recipient !== undefined) this.files.forEach((file, place) => file.over || work(recipient, place, file))
  }

  #fallBack(): void {
    this.warn('fallback', 'The server cannot send to several people at once; each one gets the files by itself.')
    this.split([...this.#refused])
  }

  #changed(recipient: LiveRecipient): void {
    const { uri, state, bytes, total, error } = recipient
    this.entry.recipients(this.recipients)
    this.emit({ type: 'recipient', uri, recipient, state, bytes, total, error })
    this.#callOff()
    this.settle()
  }

  /** The files are where they should be; recipients have so long to say something. */
  #await(): void {
    this.#callOff()
    this.#callOff = this.#options.host.after(this.#options.wait, () => {
      this.#waitOver = true
      this.settle()
    })
  }
}

/** What the end of a file with the server means for those who had no end of their own. */
function endOf(state: OutgoingFileView['state'], error: CpmftError | undefined): RecipientState {
  if (state === 'declined') return 'declined'
  return NOT_THERE.has(error?.code ?? '') ? 'unreachable' : 'failed'
}
