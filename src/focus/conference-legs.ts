import {
  CpmSession,
  type OutgoingFile,
  RING_TIMEOUT,
  type SessionCommand,
  type SessionEvent,
  type SessionInput,
  type SessionOutput,
  type SessionSettings,
} from '../cpm/index.js'
import { parseMsrpUri } from '../msrp/index.js'
import type { UserAgentEvent } from '../sip/index.js'
import { earliest } from '../wire/index.js'
import type { ConferenceCore } from './conference-core.js'
import { CREATOR_RING_GRACE, DECLINING_STATUSES, DEFERRABLE_STATUSES } from './limits.js'
import { memberHeaders } from './member-headers.js'
import type { Participant } from './roster-types.js'
import { recipientHistoryPart } from './recipient-history.js'

/** The dialog with one participant. */
interface Leg {
  readonly id: string
  readonly participant: string
  readonly session: CpmSession
  /** The user agent will tell more of it. */
  open: boolean
}

/** Takes what the sessions of the participants tell. */
export interface LegListener {
  onSessionEvent(participant: string, event: SessionEvent): void
}

/** The dialogs of a conference: one CPM session with its creator, one with each member (GRP-18, GRP-19). */
export class ConferenceLegs {
  readonly #core: ConferenceCore
  readonly #listener: LegListener
  /** Latest leg of each participant. */
  readonly #legs = new Map<string, Leg>()
  readonly #byId = new Map<string, Leg>()
  readonly #byMsrp = new Map<string, Leg>()
  readonly #attempts = new Map<string, number>()

  constructor(core: ConferenceCore, listener: LegListener) {
    this.#core = core
    this.#listener = listener
  }

  get deadline(): number | undefined {
    return earliest(...[...this.#byId.values()].map(({ session }) => session.deadline))
  }

  /** Whether the user agent may still tell something of any dialog. */
  get open(): boolean {
    return this.#byId.size > 0
  }

  /** The creator's INVITE came. */
  answerCreator(event: UserAgentEvent & { readonly name: 'incoming' }): void {
    const { settings, roster } = this.#core
    const { ringTimeout = RING_TIMEOUT, uri, creator } = settings
    // Our own answer comes first; a shorter Expires of the INVITE still counts
    const own = { id: event.id, peerUri: creator.uri, ringTimeout: ringTimeout + CREATOR_RING_GRACE, focus: { contact: uri } }
    this.#run(this.#add(roster.creator, own), { type: 'sip', event })
  }

  /** INVITE to a member, with these files (GRP-19, GRP-22, GRP-24). */
  invite(participant: string, files: readonly OutgoingFile[]): void {
    const { settings, roster, conversation, subject, timers, now } = this.#core
    const { uri: peerUri } = roster.participant(participant) as Participant
    const attempt = (this.#attempts.get(participant) ?? 0) + 1
    this.#attempts.set(participant, attempt)
    const { uri, creator, recipients, ringTimeout = RING_TIMEOUT } = settings
    const hidden = creator.hidden === true
    const inviteHeaders = memberHeaders({
      conferenceUri: uri,
      creator: { uri: creator.uri, hidden },
      conversation,
      ...(subject !== undefined && { subject }),
    })
    const invitePart = recipientHistoryPart(recipients)
    const focus = { contact: uri, inviteHeaders, ...(invitePart !== undefined && { invitePart }) }
    const leg = this.#add(participant, { id: `${settings.id}/${participant}/${attempt}`, peerUri, ringTimeout, focus })
    timers.start(`ring/${participant}`, now + ringTimeout)
    this.#run(leg, { type: 'command', command: { name: 'send', files, conversation } })
  }

  #add(participant: string, own: Pick<SessionSettings, 'id' | 'peerUri' | 'ringTimeout' | 'focus'>): Leg {
    const { dialogs, uri } = this.#core.settings
    const session = new CpmSession({
      ...dialogs,
      ...own,
      ownUri: uri,
      // GRP-36: the creator says when it is over; the focus follows
      releaseTimer: Number.POSITIVE_INFINITY,
      // D-14: our own proof that a member has it all
      successReport: true,
      failureReport: 'yes',
      // Other octets than those of the sender are not to be had
      strictRange: true,
    })
    const leg: Leg = { id: own.id, participant, session, open: true }
    this.#legs.set(participant, leg)
    this.#byId.set(own.id, leg)
    return leg
  }

  /** Something for the session of a participant, as soon as it is free. */
  command(participant: string, command: SessionCommand): void {
    const leg = this.#legs.get(participant)
    /* v8 ignore next -- nothing is said to who was never called */
    if (leg === undefined) return
    this.#core.later(() => this.#run(leg, { type: 'command', command }))
  }

  typesOf(participant: string, fileId: string) {
    return this.#legs.get(participant)?.session.typesOf(fileId)
  }

  /** Input of the MSRP session with that id. */
  onMsrp(sessionId: string, input: SessionInput): void {
    const leg = this.#byMsrp.get(sessionId)
    if (leg !== undefined) this.#run(leg, input)
  }

  /** What the user agent tells of a dialog: the leg moves first, then what its session makes of it (D-12). */
  onSip(event: UserAgentEvent): void {
    const leg = this.#byId.get(event.id)
    if (leg === undefined) return
    const before = leg.session.state
    const outputs = leg.session.step({ type: 'sip', event }, this.#core.now)
    const over = event.name === 'ended' || event.name === 'cancelled' || (event.name === 'rejected' && leg.session.state !== 'inviting')
    if (over && (event.name !== 'cancelled' || before === 'ringing')) this.#forget(leg)
    if (leg.participant !== this.#core.roster.creator) this.#moveMember(leg, event)
    this.#handle(leg, outputs)
    // What the answer says of each file counts before the creator is answered
    this.#core.later(() => this.#core.stepAnswer({ type: 'roster' }))
  }

  #moveMember(leg: Leg, event: UserAgentEvent): void {
    const { participant, session } = leg
    const core = this.#core
    if (event.name === 'established') {
      core.timers.stop(`ring/${participant}`)
      core.moveLeg(participant, 'accept')
    } else if (event.name === 'rejected' && session.state !== 'inviting') {
      core.timers.stop(`ring/${participant}`)
      const status = event.status ?? 480
      if (core.settings.deferred === true && DEFERRABLE_STATUSES.has(status)) this.#moveOffered(participant, 'defer')
      else if (DECLINING_STATUSES.has(status)) this.#moveOffered(participant, 'decline')
      core.moveLeg(participant, 'reject', status)
    } else if (event.name === 'ended') {
      const how = event.by === 'remote' ? 'leave' : event.by === 'local' ? 'ended' : 'fail'
      if (!core.moveLeg(participant, how)) core.moveLeg(participant, 'fail')
    }
  }

  /** What is said of an INVITE that we still want holds for each of its files. */
  #moveOffered(participant: string, event: 'defer' | 'decline'): void {
    const { deliveries } = this.#core.roster.participant(participant) as Participant
    for (const fileId of [...deliveries.keys()]) this.#core.moveDelivery(participant, fileId, event)
  }

  /** A member rang for too long (GRP-20). */
  ringTimeout(participant: string): void {
    this.#core.moveLeg(participant, 'cancel')
    this.#core.later(() => this.#core.stepAnswer({ type: 'roster' }))
  }

  timeout(): void {
    const { now } = this.#core
    for (const leg of [...this.#byId.values()])
      if ((leg.session.deadline ?? Number.POSITIVE_INFINITY) <= now) this.#run(leg, { type: 'timeout' })
  }

  #run(leg: Leg, input: SessionInput): void {
    this.#handle(leg, leg.session.step(input, this.#core.now))
  }

  #handle(leg: Leg, outputs: readonly SessionOutput[]): void {
    for (const output of outputs) {
      if (output.type === 'sip') {
        // A refused INVITE makes no dialog, so nothing more is told of it
        const refused = output.command.name === 'reject' && leg.session.state === 'terminated'
        if (refused) this.#forget(leg)
        this.#core.sip(output.command)
      } else if (output.type === 'msrp') {
        const { input } = output
        if (input.type === 'add-session') this.#byMsrp.set(parseMsrpUri(input.session.localUri)?.sessionId as string, leg)
        else if (input.type === 'remove-session') this.#byMsrp.delete(input.sessionId)
        this.#core.msrp(input)
      } else this.#listener.onSessionEvent(leg.participant, output.event)
    }
  }

  #forget(leg: Leg): void {
    leg.open = false
    this.#byId.delete(leg.id)
  }
}
