import type { ConferenceEndpoint, ConferenceUser, DeliveryState } from '../focus/index.js'
import { isVisible, type Recipient } from '../focus/index.js'
import { equalSipUris } from '../sip/index.js'
import type { RecipientFile, RecipientState, TransferFile, TransferRecipient } from './api.js'
import { CpmftError } from './errors.js'
import { legOf } from './recipient-leg.js'
import { GROUP_RECIPIENTS } from './limits.js'

/** States that a recipient does not leave by itself; a notification may still better them. */
const ENDS: ReadonlySet<RecipientState> = new Set([
  'delivered',
  'displayed',
  'stored',
  'declined',
  'unreachable',
  'left',
  'failed',
  'unknown',
])

/** Of a recipient whose files ended differently the first of these is told. */
const WORST_FIRST: readonly RecipientState[] = ['failed', 'unreachable', 'left', 'declined', 'unknown', 'stored', 'delivered', 'displayed']

export function isEnd(state: RecipientState): boolean {
  return ENDS.has(state)
}

/** Everything is with the recipient. */
export function isServed(state: RecipientState): boolean {
  return state === 'delivered' || state === 'displayed'
}

interface FileProgress extends RecipientFile {
  state: RecipientState
  bytes: number
}

/** One recipient: the live view behind `TransferRecipient`. */
export class LiveRecipient implements TransferRecipient {
  displayName: string | undefined
  error: CpmftError | undefined
  /** Of the dialog between the group server and this recipient, while its files say nothing better. */
  leg: RecipientState = 'invited'
  /** What was told last. */
  told = ''
  readonly files: readonly FileProgress[]

  constructor(
    readonly uri: string,
    readonly copyControl: Recipient['copyControl'],
    readonly hidden: boolean,
    files: readonly TransferFile[],
    displayName?: string,
  ) {
    this.displayName = displayName
    this.files = files.map(file => ({ file, state: 'invited', bytes: 0 }))
  }

  get state(): RecipientState {
    const states = this.files.map(({ state }) => state)
    if (states.every(isEnd)) return WORST_FIRST.find(state => states.includes(state)) ?? this.leg
    return states.includes('sending') ? 'sending' : isEnd(this.leg) ? 'sending' : this.leg
  }

  get bytes(): number {
    return this.files.reduce((sum, { bytes }) => sum + bytes, 0)
  }

  get total(): number | undefined {
    return this.files.reduce<number | undefined>(
      (sum, { file: { size } }) => (sum === undefined || size === undefined ? undefined : sum + size),
      0,
    )
  }
}

export interface RecipientBoardOptions {
  readonly recipients: readonly Recipient[]
  readonly files: readonly TransferFile[]
  /** Every address of our own: we are in the conference too. */
  readonly own: readonly string[]
  /** The group has an address and members that we do not know: who appears in the conference is one. */
  readonly open: boolean
  /** A recipient reached another state or got more octets. */
  readonly onChange: (recipient: LiveRecipient) => void
}

/** Who of a group has how much of the files of one transfer: from the conference package, notifications and the end of the session. */
export class RecipientBoard {
  readonly #options: RecipientBoardOptions
  readonly #recipients: LiveRecipient[]

  constructor(options: RecipientBoardOptions) {
    this.#options = options
    this.#recipients = options.recipients.map(
      recipient => new LiveRecipient(recipient.uri, recipient.copyControl, !isVisible(recipient), options.files, recipient.displayName),
    )
  }

  get recipients(): readonly LiveRecipient[] {
    return this.#recipients
  }

  /** Nothing more is to come. A group whose members are not known yet is not over. */
  get over(): boolean {
    return this.#recipients.length > 0 && this.#recipients.every(({ state }) => isEnd(state))
  }

  /** Everybody has everything. */
  get served(): boolean {
    return this.#recipients.length > 0 && this.#recipients.every(({ state }) => isServed(state))
  }

  /**
   * A new picture of the conference.
   * @param fileOf place in this transfer of the file with this media id; undefined for files of others
   */
  see(users: readonly ConferenceUser[], fileOf: (mediaId: string) => number | undefined): void {
    const others = users.filter(({ entity }) => !this.#options.own.some(own => equalSipUris(own, entity)))
    const named = others.filter(({ entity }) => !isPlaceholder(entity))
    for (const user of named) this.#take(this.#named(user), user, fileOf)
    this.#hidden(others.filter(({ entity }) => isPlaceholder(entity))).forEach(([recipient, user]) => this.#take(recipient, user, fileOf))
  }

  /** A notification about the file at this place (IMDN-3); the group may hide who sent it (IMDN-7). */
  hear(place: number, state: 'delivered' | 'displayed' | 'failed' | 'stored', uri: string | undefined): void {
    const recipient = uri === undefined ? this.#onlyHidden(place) : this.#byUri(uri)
    const file = recipient?.files[place]
    if (recipient === undefined || file === undefined) return
    // A display is never taken back, and what arrived did not fail
    if (file.state === 'displayed' || (state !== 'displayed' && file.state === 'delivered')) return
    file.state = state
    if (isServed(state)) file.bytes = file.file.size ?? file.bytes
    if (state === 'failed') recipient.error ??= new CpmftError('peer-failed', 'The recipient said that it could not have a file.')
    else if (recipient.files.every(each => !isEnd(each.state) || isServed(each.state))) recipient.error = undefined
    this.#tell(recipient)
  }

  /** The group has no more to say: the session ended, or nobody answered for it. */
  end(state: RecipientState, error: CpmftError | undefined, only: (place: number) => boolean = () => true): void {
    for (const recipient of this.#recipients) {
      recipient.files.forEach((file, place) => {
        if (!isEnd(file.state) && only(place)) file.state = state
      })
      if (recipient.state === state) recipient.error ??= error
      this.#tell(recipient)
    }
  }

  /** One recipient that gets the files in a session of its own, or is known from elsewhere. */
  set(recipient: LiveRecipient, place: number, state: RecipientState, bytes?: number, error?: CpmftError): void {
    const file = recipient.files[place]
    if (file === undefined || isServed(file.state)) return
    file.state = state
    file.bytes = bytes ?? file.bytes
    if (error !== undefined) recipient.error ??= error
    if (!isEnd(state)) recipient.leg = state
    this.#tell(recipient)
  }

  #take(recipient: LiveRecipient | undefined, user: ConferenceUser, fileOf: (mediaId: string) => number | undefined): void {
    if (recipient === undefined) return
    recipient.displayName ??= user.displayText
    const [endpoint] = user.endpoints
    if (endpoint === undefined) return
    const { state, error } = legOf(endpoint)
    recipient.leg = state
    for (const { id, transfer } of endpoint.media) {
      const file = recipient.files[fileOf(id) ?? -1]
      // Files fail with the dialog they were to go over: why that is gone says more
      const isLost = transfer?.state === 'failed' && isEnd(state)
      if (file !== undefined && transfer !== undefined && !isLost) this.#progress(file, transfer.state, transfer.octets)
    }
    if (isEnd(state)) this.#goneAway(recipient, state, error, endpoint)
    if (recipient.files.some(file => file.state === 'failed'))
      recipient.error ??= error ?? new CpmftError('connection-lost', 'The group server lost this recipient.')
    this.#tell(recipient)
  }

  #progress(file: FileProgress, state: DeliveryState, octets: number | undefined): void {
    if (isServed(file.state)) return
    file.state = STATES[state]
    if (state === 'finished') file.bytes = file.file.size ?? file.bytes
    // The octets of the message count its head as well
    else if (octets !== undefined) file.bytes = Math.max(file.bytes, Math.min(octets, file.file.size ?? octets))
  }

  /** No dialog with this recipient any more: what it has not got by now, it does not get. */
  #goneAway(recipient: LiveRecipient, state: RecipientState, error: CpmftError | undefined, endpoint: ConferenceEndpoint): void {
    const kept = new Set(endpoint.media.filter(({ transfer }) => transfer?.state === 'deferred').map(({ id }) => id))
    if (kept.size > 0) return
    for (const file of recipient.files) if (!isEnd(file.state)) file.state = state
    if (recipient.files.some(file => file.state === state)) recipient.error ??= error
  }

  #named(user: ConferenceUser): LiveRecipient | undefined {
    const known = this.#byUri(user.entity)
    if (known !== undefined || !this.#options.open || this.#recipients.length >= GROUP_RECIPIENTS) return known
    return this.#add(user, false)
  }

  /**
   * Whose lines those without a name are. The server numbers them in the order of the list (GRP-38), so they can be told apart when it has
   * as many as we hid; ourselves first where we hide who we are.
   */
  #hidden(users: readonly ConferenceUser[]): readonly (readonly [LiveRecipient, ConferenceUser])[] {
    const inOrder = [...users].sort((a, b) => placeholderNumber(a.entity) - placeholderNumber(b.entity))
    if (this.#options.open) return inOrder.flatMap(user => this.#openPlace(user))
    const recipients = this.#recipients.filter(({ hidden }) => hidden)
    const surplus = inOrder.length - recipients.length
    if (surplus < 0 || surplus > 1) return []
    return recipients.map((recipient, index) => [recipient, inOrder[index + surplus] as ConferenceUser] as const)
  }

  #openPlace(user: ConferenceUser): (readonly [LiveRecipient, ConferenceUser])[] {
    const known = this.#recipients.find(({ uri }) => uri === user.entity)
    if (known === undefined && this.#recipients.length >= GROUP_RECIPIENTS) return []
    return [[known ?? this.#add(user, true), user]]
  }

  #add(user: ConferenceUser, hidden: boolean): LiveRecipient {
    const recipient = new LiveRecipient(user.entity, 'to', hidden, this.#options.files, user.displayText)
    this.#recipients.push(recipient)
    return recipient
  }

  #byUri(uri: string): LiveRecipient | undefined {
    return this.#recipients.find(recipient => equalSipUris(recipient.uri, uri))
  }

  /** Who a notification without a name is from, when only one can have sent it. */
  #onlyHidden(place: number): LiveRecipient | undefined {
    const [only, ...others] = this.#recipients.filter(({ hidden, files }) => hidden && !isServed(files[place]?.state ?? 'delivered'))
    return others.length === 0 ? only : undefined
  }

  #tell(recipient: LiveRecipient): void {
    const told = `${recipient.state} ${recipient.bytes}`
    if (told === recipient.told) return
    recipient.told = told
    this.#options.onChange(recipient)
  }
}

/** What the server says of one file (the table `delivery` of the focus), in words for people. */
const STATES: Readonly<Record<DeliveryState, RecipientState>> = {
  offered: 'invited',
  accepted: 'sending',
  sending: 'sending',
  finished: 'delivered',
  declined: 'declined',
  failed: 'failed',
  cancelled: 'failed',
  // away: a server is about to keep it
  deferred: 'invited',
  stored: 'stored',
}

/** `sip:anonymous2@anonymous.invalid` */
function isPlaceholder(entity: string): boolean {
  return entity.toLowerCase().endsWith('@anonymous.invalid')
}

function placeholderNumber(entity: string): number {
  const digits = entity.slice(entity.toLowerCase().indexOf('anonymous') + 9, entity.indexOf('@'))
  return Number(digits) || 0
}
