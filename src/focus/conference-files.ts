import type { OfferedFileDescription, OutgoingFile, SessionCommand, SessionEvent } from '../cpm/index.js'
import { RemoteProtocolError } from '../wire/index.js'
import { mayForward } from './check-group-message.js'
import type { ConferenceCore } from './conference-core.js'
import type { Recipient } from './recipient.js'
import type { Participant } from './roster-types.js'
import { PassageReader } from './passage-reader.js'
import { notifyRoute } from './notify-route.js'
import type { PassageEvent } from './passage-types.js'
import type { DeliveryAction, DeliveryState } from './delivery-table.js'
import type { SourceAction } from './source-table.js'
import { SourceFile } from './source-file.js'

type FileEvent<Type extends SessionEvent['type']> = Extract<SessionEvent, { type: Type }>

/** What the files need from the dialogs they travel in. */
export interface FileCarrier {
  command(participant: string, command: SessionCommand): void
  typesOf(
    participant: string,
    fileId: string,
  ): { readonly acceptTypes: readonly string[]; readonly acceptWrappedTypes: readonly string[] } | undefined
}

/** The files of a conference: each comes from one participant into a passage and goes from there to all others (GRP-26 to GRP-34). */
export class ConferenceFiles {
  readonly #core: ConferenceCore
  readonly #carrier: FileCarrier
  readonly #files = new Map<string, SourceFile>()
  /** By participant and file: `p1/f1`. */
  readonly #readers = new Map<string, PassageReader>()
  /** Octets confirmed by each participant. */
  readonly #progress = new Map<string, number>()
  /** Deposits that were asked for. */
  readonly #deposits = new Set<string>()
  #count = 0

  constructor(core: ConferenceCore, carrier: FileCarrier) {
    this.#core = core
    this.#carrier = carrier
  }

  get size(): number {
    return this.#files.size
  }

  get(fileId: string): SourceFile {
    return this.#files.get(fileId) as SourceFile
  }

  /** The file that a participant sends on a line; undefined for a line that we send on. */
  ofLine(line: string): SourceFile | undefined {
    return [...this.#files.values()].find(file => file.line === line)
  }

  /** A file that `source` offers; the roster is told by the caller. */
  add(source: string, description: OfferedFileDescription): string {
    const { settings, roster } = this.#core
    const fileId = `f${++this.#count}`
    const { uri, entity } = roster.participant(source) as Participant
    const identities = [uri, entity, ...((source === roster.creator && settings.creator.identities) || [])]
    const { maxFileSize, strict = false } = settings.dialogs
    const passage = `${settings.id}/${fileId}`
    const rules = { conferenceUri: settings.uri, identities }
    this.#files.set(fileId, new SourceFile({ ...rules, fileId, source, description, passage, maxFileSize, strict }))
    return fileId
  }

  /** The line for a file towards another participant (GRP-22). */
  outgoing(fileId: string): OutgoingFile {
    const { selector, disposition, description, modified, created, icon, range } = this.get(fileId).options.description
    return {
      fileId,
      selector,
      disposition,
      ...(description !== undefined && { description }),
      ...(modified !== undefined && { modified }),
      ...(created !== undefined && { created }),
      ...(icon !== undefined && { icon }),
      ...(range !== undefined && { range }),
    }
  }

  /** How far a file is with a participant, for the conference package. */
  progress(participant: string, fileId: string): { octets?: number; total?: number } {
    const octets = this.#progress.get(`${participant}/${fileId}`)
    const { total } = this.get(fileId)
    return { ...(octets !== undefined && { octets }), ...(total !== undefined && { total }) }
  }

  /** The message of a file begins. */
  onMessage({ fileId: line, total, contentType }: FileEvent<'message'>): void {
    const file = this.ofLine(line) as SourceFile
    this.#core.moved = true
    this.#guard(file, () => this.#core.passage(...file.begin(total, contentType)))
  }

  onOctets({ fileId: line, position, bytes }: FileEvent<'octets'>): void {
    const file = this.ofLine(line) as SourceFile
    /* v8 ignore next -- the session takes no more once it was told to stop */
    if (file.passage !== 'open') return
    const begun = file.head !== undefined
    if (this.#guard(file, () => this.#core.passage(...file.take(position, bytes))) && !begun && file.head !== undefined) this.#start(file)
  }

  onComplete({ fileId: line, length = 0 }: FileEvent<'complete'>): void {
    const file = this.ofLine(line) as SourceFile
    /* v8 ignore next -- the session takes no more once it was told to stop */
    if (file.passage !== 'open') return
    const { fileId } = file
    const fault = file.end(length)
    // Before its head is read a message is of no use to anybody
    if (file.head === undefined) {
      this.#core.moveSource(fileId, 'store-fail')
      return this.#judge(file, 'write-failed')
    }
    this.#core.moveSource(fileId, 'complete')
    if (fault !== undefined) this.#core.moveSource(fileId, 'spoiled')
    else for (const participant of this.#core.roster.receivers(fileId)) this.#forward(participant, file)
  }

  /** Runs a step over octets of a participant. What it may not send ends the file, never the conference. */
  #guard(file: SourceFile, step: () => void): boolean {
    try {
      step()
      return true
    } catch (error) {
      /* v8 ignore next -- what peers send throws nothing else */
      if (!(error instanceof RemoteProtocolError)) throw error
      const outcome = { code: 'protocol-error', detail: error.message } as const
      const { status } = error
      this.#carrier.command(file.options.source, { name: 'abort', fileId: file.line, outcome, ...(status !== undefined && { status }) })
      this.#core.moveSource(file.fileId, 'store-fail')
      return false
    }
  }

  /** The head is read: to everybody who accepted the file and takes what is in it (GRP-27, GRP-28). */
  #start(file: SourceFile): void {
    for (const participant of this.#core.roster.receivers(file.fileId))
      if (!this.#suits(participant, file)) this.#core.moveDelivery(participant, file.fileId, 'unsuitable')
    this.#core.moveSource(file.fileId, 'start')
  }

  #suits(participant: string, { fileId, head }: SourceFile): boolean {
    const types = this.#carrier.typesOf(participant, fileId)
    return head === undefined || types === undefined || mayForward(head, types)
  }

  /** A participant accepted the file; it begins at once when it is under way. */
  accepted(participant: string, fileId: string): boolean {
    const file = this.get(fileId)
    if (!this.#core.moveDelivery(participant, fileId, 'accept')) return false
    if (file.head === undefined) return true
    this.#core.moveDelivery(participant, fileId, this.#suits(participant, file) ? 'start' : 'unsuitable')
    return true
  }

  /** The file is over for a participant, whatever the reason. */
  over(participant: string, fileId: string): void {
    const key = `${participant}/${fileId}`
    const reader = this.#readers.get(key)
    this.#readers.delete(key)
    if (reader !== undefined && this.get(fileId).passage === 'open') this.#core.passage(reader.leave())
  }

  /** The line of a participant wants octets of the message. */
  onNeed(participant: string, { fileId, position, length }: FileEvent<'need-octets'>): void {
    const file = this.get(fileId)
    /* v8 ignore next -- without a passage nothing is forwarded */
    if (file.passage !== 'open') return
    const key = `${participant}/${fileId}`
    const reader = this.#readers.get(key) ?? new PassageReader(file.options.passage, participant)
    this.#readers.set(key, reader)
    this.#core.moved = true
    this.#core.passage(...reader.ask(position, length))
  }

  onProgress(participant: string, { fileId, confirmed }: FileEvent<'progress'>): void {
    this.#progress.set(`${participant}/${fileId}`, confirmed)
  }

  onPassage(event: PassageEvent): void {
    const file = [...this.#files.values()].find(({ options }) => options.passage === event.passage)
    if (file?.passage !== 'open') return
    const { fileId } = file
    if (event.name === 'octets') this.#onPassageOctets(event, fileId)
    else if (event.name === 'failed') {
      file.passage = 'failed'
      this.#core.moveSource(fileId, 'store-fail')
    } else {
      const fault = file.verify(event.size, event.sha1)
      this.#core.moveSource(fileId, fault === undefined ? 'verified' : 'spoiled')
    }
  }

  #onPassageOctets({ reader: participant, offset, bytes }: PassageEvent & { name: 'octets' }, fileId: string): void {
    const reader = this.#readers.get(`${participant}/${fileId}`)
    if (reader?.take(offset, bytes.length) !== true) return
    this.#carrier.command(participant, { name: 'octets', fileId, position: offset, bytes })
    this.#core.passage(...reader.next())
  }

  doDelivery(participant: string, fileId: string, action: Exclude<DeliveryAction, 'tell'>): void {
    if (action === 'open') this.#forward(participant, this.get(fileId))
    else {
      this.over(participant, fileId)
      this.#carrier.command(participant, { name: 'abort', fileId })
    }
  }

  /** The message begins on a leg, as soon as its length is known; the session passes over a second time. */
  #forward(participant: string, { fileId, total, order }: SourceFile): void {
    const { hidden } = this.#core.roster.participant(participant) as Participant
    const prefix = hidden && order !== undefined ? { prefix: notifyRoute(this.#core.settings.uri) } : {}
    if (total !== undefined) this.#carrier.command(participant, { name: 'forward', fileId, total, ...prefix })
  }

  doSource(fileId: string, action: Exclude<SourceAction, 'begin-deliveries' | 'end-deliveries'>): void {
    const file = this.get(fileId)
    const { line } = file
    const { source, passage } = file.options
    if (action === 'verify') this.#core.passage({ name: 'finish', passage })
    else if (action === 'report-success') this.#carrier.command(source, { name: 'saved', fileId: line })
    else if (action === 'report-mismatch') this.#judge(file, 'hash-mismatch')
    else if (action === 'report-undeliverable') this.#judge(file, 'write-failed')
    // A 413 to what still comes (GRP-29, GRP-31)
    else if (action === 'refuse') this.#carrier.command(source, { name: 'abort', fileId: line, outcome: { code: 'write-failed' } })
    else this.#carrier.command(source, { name: 'abort', fileId: line })
  }

  #judge(file: SourceFile, code: 'hash-mismatch' | 'write-failed'): void {
    this.#carrier.command(file.options.source, { name: 'spoiled', fileId: file.line, outcome: { code } })
  }

  /** Nobody reads the passage of this file any more (GRP-29). */
  free(fileId: string): void {
    const file = this.get(fileId)
    if (file.passage !== 'open') return
    file.passage = 'closed'
    this.#core.passage({ name: 'close', passage: file.options.passage })
  }

  /** After the roster moved: says which passages no one new will read, and which files somebody shall keep (RCS-9). */
  settle(): void {
    for (const file of this.#files.values()) {
      if (file.passage !== 'open') continue
      const states = this.#core.roster.participants.map(({ id, deliveries }) => [id, deliveries.get(file.fileId)] as const)
      for (const [id, state] of states) if (state === 'deferred') this.#wantDeposit(id, file)
      if (file.settled || states.some(([id, state]) => this.#waits(id, file, state))) continue
      file.settled = true
      this.#core.passage({ name: 'settled', passage: file.options.passage })
    }
  }

  /** Whether the participant may begin to read later. */
  #waits(participant: string, { fileId }: SourceFile, state: DeliveryState | undefined): boolean {
    if (state === 'sending') return !this.#readers.has(`${participant}/${fileId}`)
    return state === 'offered' || state === 'accepted' || state === 'deferred'
  }

  #wantDeposit(participant: string, { fileId, total, options }: SourceFile): void {
    const key = `${participant}/${fileId}`
    if (this.#deposits.has(key)) return
    this.#deposits.add(key)
    // Members are p1, p2 and so on in the order of the list
    const recipient = this.#core.settings.recipients[Number(participant.slice(1)) - 1] as Recipient
    const sender = this.#core.roster.participant(options.source) as Participant
    const { selector, disposition, description, modified } = options.description
    const { subject, conversation } = this.#core
    const named = sender.displayName === undefined ? {} : { displayName: sender.displayName }
    this.#core.news({
      type: 'deposit-wanted',
      deposit: {
        ...{ participant, recipient, fileId, passage: options.passage, total, selector, disposition, description, modified },
        ...{ sender: { uri: sender.entity, ...named }, subject, conversation },
      },
    })
  }
}
