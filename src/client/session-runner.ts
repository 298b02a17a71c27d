import {
  CpmSession,
  type SessionCommand,
  type SessionEvent,
  type SessionInput,
  type SessionOutput,
  type SessionSettings,
} from '../cpm/index.js'
import { groupOutcome } from '../focus/index.js'
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
}

/** One CPM session wired to the SIP and MSRP drivers and to the transfers whose files it carries. */
export class SessionRunner {
  readonly session: CpmSession
  readonly #options: SessionRunnerOptions
  readonly #listeners = new Map<string, FileListener>()
  readonly #driver: Driver<SessionInput, SessionOutput>
  readonly #names: PeerNames

  constructor(options: SessionRunnerOptions) {
    this.#options = options
    this.#names = new PeerNames(options.host)
    this.session = new CpmSession({ ...options.settings, addressesOf: this.#names.addressesOf })
    this.#driver = new Driver(this.session, options.host, { type: 'timeout' }, output => this.#handle(output))
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
      if (input.type === 'add-session') this.#options.claim(sessionIdOf(input.session.localUri), this)
      this.#options.msrp.push(input)
      if (input.type === 'remove-session') this.#options.release(input.sessionId)
    }
  }

  #tell(told: SessionEvent): void {
    const event = this.#explained(told)
    if ('fileId' in event) this.#listeners.get(event.fileId)?.onFileEvent(event)
    else this.#options.onEvent(event, this)
  }

  /** What a refusal by a group says (GRP-2, GRP-12); of a list, 403 is about us and 404 about the service. */
  #meantByGroup(event: SessionEvent): SessionEvent | undefined {
    const { group } = this.#options.settings
    if (group === undefined || !('outcome' in event) || event.outcome?.status === undefined) return undefined
    // Of a recipient list
    const { status } = event.outcome
    const isList = group.recipientList !== undefined
    const code = isList && status === 404 ? 'no-group-service' : isList && status === 403 ? undefined : groupOutcome(status)
    return code === undefined ? undefined : ({ ...event, outcome: { ...event.outcome, code } } as SessionEvent)
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
