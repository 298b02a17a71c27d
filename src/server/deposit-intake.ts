import type { OfferedFileDescription, Outcome, SessionCommand, SessionEvent } from '../cpm/index.js'
import { formatMediaType, RemoteProtocolError } from '../wire/index.js'
import { DepositMessage, sizeOf } from './deposit-message.js'
import { encodeNote } from './deposit-note.js'
import type { NewDeposit } from './deposit-options.js'
import type { DepositWriter } from './deposit-writer.js'
import type { Sender } from './focus-admission.js'
import { DEPOSIT_LINGER, DEPOSIT_NOTE } from './limits.js'

type FileEvent<Type extends SessionEvent['type']> = Extract<SessionEvent, { type: Type }>

/** What a session that brings files needs from the store. */
export interface IntakeDesk {
  readonly command: (command: SessionCommand) => void
  /** Room for files of these sizes; for each what gives it back, or undefined. */
  readonly reserve: (sizes: readonly number[]) => Promise<((() => void) | undefined)[]>
  readonly open: () => Promise<DepositWriter>
  /** Stops reading from the sender until it settles. */
  readonly hold: (until: Promise<void>) => void
  /** Makes it known: from now on it is delivered whatever happens. */
  readonly keep: (deposit: Omit<NewDeposit, 'recipient'>) => Promise<void>
  readonly log: (error: unknown, what: string) => void
  /** Calls back after milliseconds. */
  readonly after: (milliseconds: number, callback: () => void) => () => void
  /** Nothing of it runs any more. */
  readonly over: () => void
}

interface Coming {
  readonly message: DepositMessage
  readonly writer: DepositWriter
  readonly giveBack: () => void
  readonly file: OfferedFileDescription
  /** Among all files of the session, from 0. */
  readonly position: number
  /** Its octets are being proven, or are kept. */
  settling: boolean
}

/** Statuses of the INVITE when nothing is kept: as if there were no store (RCS-9). */
const UNREACHABLE = 480

const PLACE_DIGITS = 4

/** Reason of our BYE (SIP-19). */
const DONE = 'SIP;cause=200;text="kept for the recipient"'

/** The files one sender leaves for one recipient (RCS-9): each becomes a deposit of its own, before its sender hears of success. */
export class DepositIntake {
  readonly #desk: IntakeDesk
  readonly #sender: Sender
  readonly #token: string
  readonly #files = new Map<string, Coming>()
  /** Grows with each offer and when one is void. */
  #offer = 0
  #conversation: { readonly conversationId: string; readonly contributionId: string } | undefined
  #subject: string | undefined
  #offered = 0
  #ended = false
  #stopTimer: (() => void) | undefined
  /** Files whose end is being written. */
  #settling = 0

  /** @param token random; begins the ids of its deposits, which sort as the files were offered */
  constructor(sender: Sender, token: string, desk: IntakeDesk) {
    this.#token = token
    this.#sender = sender
    this.#desk = desk
  }

  onEvent(event: SessionEvent): void {
    switch (event.type) {
      case 'offer':
        return void this.#onOffer(event)
      case 'offer-withdrawn':
        this.#offer++
        return
      case 'message':
        return this.#guard(event.fileId, coming => coming.message.begin(event.total, event.contentType, event.headers ?? []))
      case 'octets':
        return this.#guard(event.fileId, coming => this.#take(coming, event))
      case 'complete':
        return void this.#complete(event)
      case 'file':
        if (event.state === 'failed' || event.state === 'aborted' || event.state === 'declined' || event.state === 'closed')
          this.#lose(event.fileId)
        return
      case 'ended':
        this.#ended = true
        this.#offer++
        this.#stopTimer?.()
        for (const fileId of [...this.#files.keys()]) this.#lose(fileId)
        this.#settle()
        return
      default:
    }
  }

  /** The session is gone by force. */
  drop(): void {
    this.onEvent({ type: 'ended' })
  }

  async #onOffer({ files, first, conversation, subject }: FileEvent<'offer'>): Promise<void> {
    const offer = ++this.#offer
    this.#stopTimer?.()
    this.#conversation = conversation
    this.#subject = subject ?? this.#subject
    const wanted = files.filter(mayKeep)
    let taken: readonly string[] = []
    try {
      taken = await this.#prepare(wanted)
    } catch (error) {
      this.#desk.log(error, 'deposit not possible')
    }
    if (offer !== this.#offer) {
      for (const fileId of taken) this.#lose(fileId)
      return
    }
    if (taken.length > 0 || !first) this.#desk.command({ name: 'answer', accepted: taken })
    else this.#desk.command({ name: 'refuse', status: UNREACHABLE })
  }

  /** @returns the files that fit, each with a place to be written to */
  async #prepare(wanted: readonly OfferedFileDescription[]): Promise<string[]> {
    const taken: string[] = []
    if (wanted.length === 0) return taken
    const promises = await this.#desk.reserve(wanted.map(file => sizeOf(file) ?? 0))
    try {
      for (const [index, file] of wanted.entries()) {
        const giveBack = promises[index]
        if (giveBack === undefined) continue
        const writer = await this.#desk.open()
        const message = new DepositMessage(file, this.#sender.hidden)
        this.#files.set(file.fileId, { message, writer, giveBack, file, position: this.#offered++, settling: false })
        taken.push(file.fileId)
      }
      return taken
    } catch (error) {
      for (const fileId of taken) this.#lose(fileId)
      for (const giveBack of promises) giveBack?.()
      throw error
    }
  }

  #take({ message, writer }: Coming, { position, bytes }: FileEvent<'octets'>): void {
    const { fresh, contentAt } = message.take(position, bytes)
    if (contentAt !== undefined) writer.contentAt(contentAt, message.size)
    writer.add(fresh)
    const full = writer.full()
    if (full !== undefined) this.#desk.hold(full)
  }

  /** What a sender may not send ends its file, never the session. */
  #guard(fileId: string, step: (coming: Coming) => void): void {
    const coming = this.#files.get(fileId)
    if (coming === undefined || coming.settling) return
    try {
      step(coming)
    } catch (error) {
      if (!(error instanceof RemoteProtocolError)) throw error
      const outcome: Outcome = { code: 'protocol-error', detail: error.message }
      this.#desk.command({ name: 'abort', fileId, outcome, status: error.status ?? 413 })
      this.#lose(fileId)
    }
  }

  /** The sender hears of success once the octets are proven, on disk and in the database; never before. */
  async #complete({ fileId, length = 0 }: FileEvent<'complete'>): Promise<void> {
    const coming = this.#files.get(fileId)
    if (coming === undefined || coming.settling) return
    coming.settling = true
    this.#settling++
    let outcome: Outcome | undefined
    try {
      outcome = await this.#keep(coming, length)
    } catch (error) {
      this.#desk.log(error, 'deposit failed')
      outcome = { code: 'write-failed' }
    }
    this.#files.delete(fileId)
    if (outcome !== undefined) await coming.writer.drop()
    coming.giveBack()
    this.#desk.command(outcome === undefined ? { name: 'saved', fileId } : { name: 'spoiled', fileId, outcome })
    this.#settling--
    this.#linger()
    this.#settle()
  }

  /** @returns why it is not kept */
  async #keep({ message, writer, file, position }: Coming, length: number): Promise<Outcome | undefined> {
    const { size, sha1 } = await writer.digest()
    const outcome = message.verify(length, size, sha1)
    if (outcome !== undefined) return outcome
    const note = encodeNote(message.note())
    if (note.length > DEPOSIT_NOTE) return { code: 'too-large' }
    await writer.seal(note)
    const { selector, disposition, description, created, modified, icon } = file
    const { displayName, uri } = this.#sender
    await this.#desk.keep({
      id: `${this.#token}${String(position).padStart(PLACE_DIGITS, '0')}`,
      creator: uri,
      ...(displayName !== undefined && { creatorName: displayName }),
      ...(this.#subject !== undefined && { subject: this.#subject }),
      conversationId: this.#conversation?.conversationId ?? '',
      contributionId: this.#conversation?.contributionId ?? '',
      files: [
        {
          name: selector.name ?? '',
          type: selector.type === undefined ? 'application/octet-stream' : formatMediaType(selector.type),
          size,
          sha1: Buffer.from(sha1).toString('hex'),
          disposition,
          ...(description !== undefined && { description }),
          ...(created !== undefined && { created: created.getTime() }),
          ...(modified !== undefined && { modified: modified.getTime() }),
          ...(icon !== undefined && { icon: { type: icon.type, octets: icon.bytes } }),
          spool: writer.name,
          octets: length,
          cpimLength: message.headLength,
          state: 'waiting',
        },
      ],
    })
    return undefined
  }

  #lose(fileId: string): void {
    const coming = this.#files.get(fileId)
    if (coming === undefined || coming.settling) return
    this.#files.delete(fileId)
    coming.giveBack()
    void coming.writer.drop()
    this.#linger()
  }

  /** Files that the sender has for the same person later are better sent to that person: this session is not open for them. */
  #linger(): void {
    if (this.#ended || this.#files.size > 0) return
    this.#stopTimer?.()
    this.#stopTimer = this.#desk.after(DEPOSIT_LINGER, () => {
      if (this.#files.size === 0) this.#desk.command({ name: 'close', reason: DONE })
    })
  }

  #settle(): void {
    if (this.#ended && this.#settling === 0) this.#desk.over()
  }
}

/**
 * A file that can be kept: a push of a whole file whose size is known. Who sends the rest of a file counts on the part that the
 * recipient has, and the store has not.
 */
function mayKeep(file: OfferedFileDescription): boolean {
  const { kind, range, unavailable } = file
  const size = sizeOf(file)
  const whole = range === undefined || (range.start === 1 && (range.stop === undefined || range.stop === size))
  return kind !== 'pull' && unavailable === undefined && size !== undefined && whole
}
