import {
  ANONYMOUS_URI,
  FILE_TRANSFER_ACCEPT_CONTACT,
  FILE_TRANSFER_ICSI,
  type Outcome,
  type OutcomeCode,
  type SessionCommand,
  type SessionEvent,
} from '../cpm/index.js'
import { notifyRoute } from '../focus/index.js'
import { type ExtraHeaders, formatNameAddress } from '../sip/index.js'
import type { DepositReader } from './deposit-reader.js'
import type { Deposit } from './deposit-types.js'

/** What became of one deposit in one try. */
export interface DeliveryResult {
  /** `stopped`: the recipient began and stopped, which may mean no, or just that the program was ended. */
  readonly result: 'delivered' | 'declined' | 'failed' | 'later' | 'stopped'
  /** One line for the log. */
  readonly error?: string
}

export interface DeliveryDesk {
  readonly command: (command: SessionCommand) => void
  readonly open: (deposit: Deposit) => Promise<DepositReader>
  readonly log: (error: unknown, what: string) => void
  /** Once, when nothing of it runs any more. */
  readonly over: (results: ReadonlyMap<string, DeliveryResult>) => void
}

/** May be gone the next time; everything else will be the same. */
const FOR_NOW: ReadonlySet<OutcomeCode> = new Set([
  'busy',
  'unreachable',
  'network-error',
  'network',
  'connection-refused',
  'connection-lost',
  'connection-timeout',
  'timeout',
  'tls',
  'session-ended',
  'cancelled',
  'withdrawn',
  'internal',
])

/** The peer lost the MSRP session (RFC 4975 §10): a matter of this connection. */
const SESSION_LOST: ReadonlySet<number> = new Set([408, 481, 506])

/** One try to bring a recipient what one sender left in one session (RCS-10). The messages go on as they came. */
export class DepositDelivery {
  readonly deposits: readonly Deposit[]
  readonly #desk: DeliveryDesk
  readonly #readers = new Map<string, DepositReader>()
  readonly #results = new Map<string, DeliveryResult>()
  #over = false

  constructor(deposits: readonly Deposit[], desk: DeliveryDesk) {
    this.deposits = deposits
    this.#desk = desk
  }

  /** Opens the messages. @returns false when there is nothing to offer; the delivery is over then */
  async prepare(): Promise<boolean> {
    for (const deposit of this.deposits)
      try {
        this.#readers.set(deposit.id, await this.#desk.open(deposit))
      } catch (error) {
        this.#desk.log(error, 'kept message not readable')
        this.#results.set(deposit.id, { result: 'failed', error: 'spool file not readable' })
      }
    if (this.#readers.size > 0 && !this.#over) return true
    this.#end()
    return false
  }

  /** Whether the sender stays unnamed. */
  get hidden(): boolean {
    return [...this.#readers.values()].some(({ note }) => note.hidden)
  }

  noteOf(deposit: string) {
    return this.#readers.get(deposit)?.note
  }

  /** Offers the files. */
  send(contributionId: string): void {
    const [first] = this.deposits
    if (first === undefined) return
    const files = this.deposits.flatMap(({ id }) => {
      const note = this.#readers.get(id)?.note
      if (note === undefined) return []
      const { selector, disposition, description, modified, created, icon } = note.file
      return {
        ...{ fileId: id, selector, disposition },
        ...(description !== undefined && { description }),
        ...(modified !== undefined && { modified }),
        ...(created !== undefined && { created }),
        ...(icon !== undefined && { icon }),
      }
    })
    const { conversationId, subject } = first
    const conversation = { conversationId, contributionId }
    this.#desk.command({ name: 'send', files, conversation, ...(subject !== undefined && { subject }) })
  }

  onEvent(event: SessionEvent): void {
    if (event.type === 'file') this.#file(event)
    else if (event.type === 'need-octets') this.#read(event.fileId, event.position, event.length)
    else if (event.type === 'ended') {
      for (const { id } of this.deposits) this.#judge(id, event.outcome ?? { code: 'session-ended' })
      this.#end()
    }
  }

  /** Gives up; what is not done is tried again. */
  drop(): void {
    this.onEvent({ type: 'ended', outcome: { code: 'internal' } })
  }

  #file({ fileId, state, outcome }: Extract<SessionEvent, { type: 'file' }>): void {
    const note = this.#readers.get(fileId)?.note
    const deposit = this.deposits.find(({ id }) => id === fileId)
    if (note === undefined || deposit === undefined) return
    if (state === 'connecting') {
      const total = deposit.files[0]?.octets ?? 0
      const { contentType, headers } = note
      const prefix = note.notifyRoute === undefined ? {} : { prefix: notifyRoute(note.notifyRoute) }
      this.#desk.command({ name: 'forward', fileId, total, contentType, headers, ...prefix })
    } else if (state === 'completed') this.#results.set(fileId, { result: 'delivered' })
    else if (state === 'declined') this.#set(fileId, 'declined', outcome)
    // the recipient took it off
    else if (state === 'aborted') this.#set(fileId, 'stopped', outcome)
    else if (state === 'failed') this.#judge(fileId, outcome ?? { code: 'internal' })
  }

  #judge(id: string, outcome: Outcome): void {
    if (this.#results.has(id)) return
    const { code, status } = outcome
    const isStopped = code === 'aborted-by-peer' && status !== undefined
    const isLost = (code === 'aborted-by-peer' && !isStopped) || (code === 'peer-failed' && SESSION_LOST.has(status ?? 0))
    if (code === 'declined') this.#set(id, 'declined', outcome)
    else if (isStopped) this.#set(id, 'stopped', outcome)
    else this.#set(id, FOR_NOW.has(code) || isLost ? 'later' : 'failed', outcome)
  }

  #set(id: string, result: DeliveryResult['result'], outcome: Outcome | undefined): void {
    if (this.#results.has(id)) return
    const { code, status } = outcome ?? {}
    const words = [code, status].filter(word => word !== undefined).join(' ')
    this.#results.set(id, { result, ...(words !== '' && { error: words }) })
  }

  #read(fileId: string, position: number, length: number): void {
    const reader = this.#readers.get(fileId)
    if (reader === undefined) return
    const give = (at: number, bytes: Uint8Array): void => this.#desk.command({ name: 'octets', fileId, position: at, bytes })
    reader.read(position, length, give).catch((error: unknown) => {
      this.#desk.log(error, 'kept message not readable')
      this.#desk.command({ name: 'abort', fileId, outcome: { code: 'file-unreadable' } })
    })
  }

  #end(): void {
    if (this.#over) return
    this.#over = true
    for (const { id } of this.deposits) this.#set(id, 'later', undefined)
    for (const reader of this.#readers.values()) void reader.close()
    this.#desk.over(this.#results)
  }
}

/** Header fields of the INVITE that delivers (RCS-9): in the name of the sender, whom Referred-By names too. */
export function deliveryHeaders(deposit: Deposit, contributionId: string, hidden: boolean): ExtraHeaders {
  const { creator, creatorName, conversationId, subject } = deposit
  const named = { uri: creator, parameters: new Map<string, string>(), ...(creatorName !== undefined && { displayName: creatorName }) }
  const who: ExtraHeaders = hidden
    ? [
        ['From', `"Anonymous" <${ANONYMOUS_URI}>`],
        ['Privacy', 'id'],
        ['Referred-By', `<${ANONYMOUS_URI}>`],
      ]
    : [
        ['From', formatNameAddress(named)],
        ['P-Asserted-Identity', formatNameAddress(named)],
        ['Referred-By', formatNameAddress(named)],
      ]
  return [
    ...who,
    ['P-Asserted-Service', FILE_TRANSFER_ICSI],
    ['Accept-Contact', FILE_TRANSFER_ACCEPT_CONTACT],
    ['Conversation-ID', conversationId],
    ['Contribution-ID', contributionId],
    ...(subject === undefined ? [] : [['Subject', subject] as const]),
  ]
}
