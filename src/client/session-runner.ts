import {
  CpmSession,
  type SessionCommand,
  type SessionEvent,
  type SessionInput,
  type SessionOutput,
  type SessionSettings,
} from '../cpm/index.js'
import { groupOutcome } from '../focus/index.js'
import { LocalProtocolError } from '../wire/index.js'
import { Driver } from './driver.js'
import type { Host } from './host.js'
import { type MsrpDriver, sessionIdOf } from './msrp-driver.js'
import { PeerNames } from './peer-names.js'
import type { SipDriver } from './sip-driver.js'

/** Takes the events of the files it registered for. */
export interface FileListener {
  onFileEvent(event: FileEvent): void
}

export type FileEvent = Extract<SessionEvent, { fileId: string }>

export interface SessionRunnerOptions {
  /** Files with the same key go into one session (D-6). */
  readonly key: string
  readonly host: Host
  readonly sip: SipDriver
  readonly msrp: MsrpDriver
  readonly settings: SessionSettings
  /** MSRP session-ids of this session, so that endpoint events find it. */
  readonly claim: (sessionId: string, runner: SessionRunner) => void
  readonly release: (sessionId: string) => void
  /** Events that concern no single file. */
  readonly onEvent: (event: Exclude<SessionEvent, FileEvent>, runner: SessionRunner) => void
  /** A fault of ours ended the session. */
  readonly onFault?: (error: unknown, runner: SessionRunner) => void
}

/** One CPM session wired to the SIP and MSRP drivers and to the transfers whose files it carries. */
export class SessionRunner {
  readonly session: CpmSession
  readonly #options: SessionRunnerOptions
  readonly #listeners = new Map<string, FileListener>()
  readonly #driver: Driver<SessionInput, SessionOutput>
  readonly #names: PeerNames
  readonly #sessionIds = new Set<string>()
  /** `file-transfer-id` by file. */
  readonly #transferIds = new Map<string, string>()

  constructor(options: SessionRunnerOptions) {
    this.#options = options
    this.#names = new PeerNames(options.host)
    this.session = new CpmSession({ ...options.settings, addressesOf: this.#names.addressesOf })
    const onFault = (error: unknown, input: SessionInput) => this.#onFault(error, input)
    this.#driver = new Driver(this.session, options.host, { type: 'timeout' }, output => this.#handle(output), { onFault })
  }

  get id(): string {
    return this.#options.settings.id
  }

  get key(): string {
    return this.#options.key
  }

  get peerUri(): string {
    return this.#options.settings.peerUri
  }

  push(input: SessionInput): void {
    if (input.type !== 'sip') return this.#driver.push(input)
    const { event } = input
    this.#names.before('body' in event ? event.body?.bytes : undefined, () => this.#driver.push(input))
  }

  command(command: SessionCommand): void {
    this.#driver.push({ type: 'command', command })
  }

  listen(fileId: string, listener: FileListener): void {
    this.#listeners.set(fileId, listener)
  }

  #handle(output: SessionOutput): void {
    if (output.type === 'sip') this.#options.sip.command(output.command)
    else if (output.type === 'event') this.#tell(output.event)
    else {
      const { input } = output
      if (input.type === 'add-session') this.#claim(sessionIdOf(input.session.localUri))
      this.#options.msrp.push(input)
      if (input.type === 'remove-session') this.#release(input.sessionId)
    }
  }

  #claim(sessionId: string): void {
    this.#sessionIds.add(sessionId)
    this.#options.claim(sessionId, this)
  }

  #release(sessionId: string): void {
    this.#sessionIds.delete(sessionId)
    this.#options.release(sessionId)
  }

  /** This session ends, and no other: its files fail, its dialog and its connections are let go. A command that breaks the contract is thrown back. */
  #onFault(error: unknown, input: SessionInput): boolean {
    if (input.type === 'command' && error instanceof LocalProtocolError) return false
    this.#driver.close()
    const { sip, msrp, onEvent, onFault } = this.#options
    onFault?.(error, this)
    for (const sessionId of [...this.#sessionIds]) {
      msrp.push({ type: 'remove-session', sessionId })
      this.#release(sessionId)
    }
    const outcome = { code: 'internal', detail: error instanceof Error ? error.message : String(error) } as const
    for (const [fileId, listener] of this.#listeners) {
      const transferId = this.#transferIds.get(fileId) ?? ''
      listener.onFileEvent({ type: 'file', fileId, state: 'failed', transferId, outcome })
    }
    sip.command({ name: 'bye', id: this.id })
    onEvent({ type: 'ended', outcome }, this)
    return true
  }

  #tell(told: SessionEvent): void {
    const event = this.#explained(told)
    if (event.type === 'file') this.#transferIds.set(event.fileId, event.transferId)
    if ('fileId' in event) this.#listeners.get(event.fileId)?.onFileEvent(event)
    else this.#options.onEvent(event, this)
  }

  /** What a refusal by a group says (GRP-2, GRP-12); of a list, 403 is about us and 404 about the service. */
  #meantByGroup(event: SessionEvent): SessionEvent | undefined {
    const { group } = this.#options.settings
    if (group === undefined || !('outcome' in event) || event.outcome?.status === undefined) return undefined
    const { status } = event.outcome
    const isList = group.recipientList !== undefined
    const code = isList && status === 404 ? 'no-group-service' : isList && status === 403 ? undefined : groupOutcome(status)
    return code === undefined ? undefined : { ...event, outcome: { ...event.outcome, code } }
  }

  /** The session knows only that no connection came about; a certificate that is not accepted is no closed port (CON-41). */
  #explained(event: SessionEvent): SessionEvent {
    const meant = this.#meantByGroup(event)
    if (meant !== undefined) return meant
    const { connectError } = this.#options.sip
    if (connectError?.code !== 'tls' || !('outcome' in event) || event.outcome?.code !== 'connection-refused') return event
    return { ...event, outcome: { code: 'tls', detail: connectError.message } }
  }
}
