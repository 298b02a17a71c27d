import type { Conversation, SessionCommand, SessionEvent } from '../cpm/index.js'
import { equalSipUris, type UserAgentEvent } from '../sip/index.js'
import { earliest } from '../wire/index.js'
import { mayAddFiles } from './admission.js'
import { ConferenceCore, type ConferenceHands } from './conference-core.js'
import { ConferenceFiles } from './conference-files.js'
import { ConferenceLegs } from './conference-legs.js'
import { ConferenceNewsDesk } from './conference-news.js'
import type { ConferenceInput, ConferenceOutput, ConferenceSettings } from './conference-types.js'
import type { CreatorAnswerOutput } from './creator-answer.js'
import { MAX_CONFERENCE_FILES, PROGRESS_PICTURE, SPOOL_TTL } from './limits.js'
import { MemberNotices } from './member-notices.js'
import type { Participant, RosterOutput } from './roster-types.js'
import { isSamePerson } from './same-person.js'
import { Subscribers } from './subscribers.js'

type Offer = Extract<SessionEvent, { type: 'offer' }>
type FileEvent = Extract<SessionEvent, { type: 'file' }>

/** A conference from its first INVITE on: puts dialogs, files and subscribers together by what the roster says (section 11.3). */
export class ConferenceRoom implements ConferenceHands {
  readonly #core: ConferenceCore
  readonly #legs: ConferenceLegs
  readonly #files: ConferenceFiles
  readonly #subscribers: Subscribers
  readonly #notices: MemberNotices
  readonly #desk: ConferenceNewsDesk
  #over = false

  constructor(settings: ConferenceSettings, conversation: Conversation, subject: string | undefined) {
    this.#core = new ConferenceCore(settings, conversation, subject, this)
    this.#legs = new ConferenceLegs(this.#core, { onSessionEvent: (participant, event) => this.#onSession(participant, event) })
    this.#notices = new MemberNotices(this.#core)
    this.#files = new ConferenceFiles(this.#core, {
      command: (participant, command) => this.#command(participant, command),
      typesOf: (participant, fileId) => this.#legs.typesOf(participant, fileId),
    })
    this.#subscribers = new Subscribers(settings.uri, settings.notifyInterval)
    this.#desk = new ConferenceNewsDesk(this.#core, this.#files)
  }

  get deadline(): number | undefined {
    const { answer, timers } = this.#core
    return this.#over ? undefined : earliest(answer.deadline, timers.deadline, this.#legs.deadline, this.#subscribers.deadline)
  }

  step(input: ConferenceInput, now: number): ConferenceOutput[] {
    if (this.#over) return []
    this.#core.now = now
    this.#take(input)
    this.#core.drain()
    this.#settle()
    return this.#core.takeOutputs()
  }

  #take(input: ConferenceInput): void {
    const core = this.#core
    switch (input.type) {
      case 'begin':
        return this.#legs.answerCreator(input.event)
      case 'sip':
        return this.#onSip(input.event)
      case 'msrp':
        return this.#legs.onMsrp(input.event.sessionId, input)
      case 'need-data':
        return this.#legs.onMsrp(input.sessionId, input)
      case 'passage':
        return this.#files.onPassage(input.event)
      case 'subscribe':
        return this.#subscribe(input)
      case 'message':
        return this.#notices.forward(input.event, input.sender)
      case 'deposited':
        core.moveDelivery(input.participant, input.fileId, input.kept ? 'store' : 'fail')
        return
      case 'close':
        return this.#close(input.reason)
      case 'timeout':
        this.#timeout()
    }
  }

  #onSip(event: UserAgentEvent): void {
    const content = () => this.#content()
    if (event.name === 'subscription-refreshed')
      for (const command of this.#subscribers.refreshed(event.id, content(), this.#core.now)) this.#core.sip(command)
    else if (event.name === 'subscription-ended') this.#subscribers.remove(event.id)
    else if (event.name === 'response') this.#notices.answered(event.id)
    else this.#legs.onSip(event)
  }

  #content() {
    return this.#core.roster.content((participant, fileId) => this.#files.progress(participant, fileId))
  }

  /** GRP-38: participants only, and nobody before the conference is one. */
  #subscribe({ event: { id }, sender }: ConferenceInput & { readonly type: 'subscribe' }): void {
    const { roster, now } = this.#core
    const participant = sender === undefined ? undefined : roster.participants.find(({ uri }) => isSamePerson(uri, sender))
    if (participant === undefined || roster.phase === 'ended') this.#core.sip({ name: 'reject-subscription', id, status: 403 })
    else this.#core.sip(this.#subscribers.add(id, participant.id, this.#content(), now))
  }

  #close(reason: string | undefined): void {
    const { roster } = this.#core
    const forming = roster.phase === 'forming'
    this.#command(roster.creator, forming ? { name: 'refuse', status: 480 } : { name: 'close', ...(reason !== undefined && { reason }) })
    this.#core.moveConference(forming ? 'refused' : 'creator-left')
    this.#expire()
  }

  /** Nobody is served any longer, and no copy is waited for. */
  #expire(): void {
    const core = this.#core
    core.moveConference('expire')
    for (const { id, deliveries } of core.roster.participants)
      for (const [fileId, state] of deliveries) if (state === 'deferred') core.moveDelivery(id, fileId, 'fail')
  }

  #timeout(): void {
    const core = this.#core
    for (const name of core.timers.take(core.now)) {
      if (name === 'spool') this.#expire()
      else if (name === 'progress') core.changed = true
      else this.#legs.ringTimeout(name.slice('ring/'.length))
    }
    if ((core.answer.deadline ?? Number.POSITIVE_INFINITY) <= core.now) core.stepAnswer({ type: 'timeout' })
    this.#legs.timeout()
    for (const command of this.#subscribers.tell({ type: 'timeout' }, core.now)) core.sip(command)
  }

  #command(participant: string, command: SessionCommand): void {
    this.#legs.command(participant, command)
  }

  #onSession(participant: string, event: SessionEvent): void {
    const core = this.#core
    switch (event.type) {
      case 'offer':
        return event.first ? this.#begin(event) : this.#offered(participant, event)
      case 'ringing':
        core.moveLeg(participant, 'ring')
        return
      case 'file':
        return this.#onFile(participant, event)
      case 'message':
        return this.#files.onMessage(event)
      case 'octets':
        return this.#files.onOctets(event)
      case 'complete':
        return this.#files.onComplete(event)
      case 'need-octets':
        return this.#files.onNeed(participant, event)
      case 'progress':
        this.#files.onProgress(participant, event)
        // The picture of a crowd is not drawn anew for every octet of each
        if (this.#subscribers.size > 0 && !core.timers.has('progress')) core.timers.start('progress', core.now + PROGRESS_PICTURE)
        return
      case 'ended':
        return this.#sessionEnded(participant)
      default:
    }
  }

  #sessionEnded(participant: string): void {
    const core = this.#core
    if (participant !== core.roster.creator) {
      core.moveLeg(participant, 'end')
      return
    }
    core.stepAnswer({ type: 'withdraw' })
    core.moveConference('creator-left')
  }

  /** The creator's first offer: who is willing is invited for all its files (GRP-19, GRP-41). */
  #begin(event: Offer): void {
    const core = this.#core
    const { roster, settings } = core
    for (const description of acceptable(event))
      roster.addFile(this.#files.add(roster.creator, description), roster.creator, description.description)
    const unwilling = settings.unwilling ?? []
    if (roster.files.length === 0) return this.answer({ type: 'refuse', status: 488 })
    core.stepAnswer({ type: 'begin' })
    for (const { id, role, uri } of roster.participants)
      if (role === 'member') core.moveLeg(id, unwilling.some(other => equalSipUris(other, uri)) ? 'skip' : 'invite')
    core.later(() => core.stepAnswer({ type: 'roster' }))
  }

  /** Files that are added later: taken at once, since an offer inside a dialog cannot wait for people, and offered to all (GRP-35, GRP-37). */
  #offered(source: string, event: Offer): void {
    const core = this.#core
    const row = core.roster.participant(source) as Participant
    const { group, onlyCreatorSends } = core.settings
    const policy = { ...(group !== undefined && { group }), ...(onlyCreatorSends !== undefined && { onlyCreatorSends }) }
    const room = MAX_CONFERENCE_FILES - this.#files.size
    const taken = mayAddFiles(row, policy) ? acceptable(event).slice(0, Math.max(0, room)) : []
    this.#command(source, { name: 'answer', accepted: taken.map(({ fileId }) => fileId) })
    for (const description of taken) this.#addFile(source, this.#files.add(source, description), description.description)
  }

  #addFile(source: string, fileId: string, information: string | undefined): void {
    const core = this.#core
    const { offer, invite } = core.roster.addFile(fileId, source, information)
    core.moveSource(fileId, 'accept')
    // Who has not got its first INVITE answered finds the file in the offer that follows
    for (const participant of offer) this.#command(participant, { name: 'send', files: [this.#files.outgoing(fileId)] })
    if (core.settings.reinviteDecliners !== false) for (const participant of invite) this.#inviteAgain(participant, fileId)
  }

  #inviteAgain(participant: string, fileId: string): void {
    const { roster } = this.#core
    const outputs = roster.moveLeg(participant, 'invite')
    roster.offerTo(participant, fileId)
    this.#core.apply(outputs)
  }

  #onFile(participant: string, event: FileEvent): void {
    const file = this.#files.ofLine(event.fileId)
    if (event.outcome !== undefined) this.#desk.note(participant, file?.fileId ?? event.fileId, event.outcome)
    if (file === undefined) this.#onDelivery(participant, event)
    else this.#onSource(file.fileId, event)
  }

  #onSource(fileId: string, { state, outcome }: FileEvent): void {
    const core = this.#core
    if (state === 'failed' || state === 'aborted') {
      const stalled = state === 'aborted' && outcome?.code === 'timeout'
      if (!stalled || !core.moveSource(fileId, 'stall')) core.moveSource(fileId, 'abort')
    } else if (state === 'declined') core.moveSource(fileId, 'decline')
  }

  #onDelivery(participant: string, { fileId, state, outcome }: FileEvent): void {
    const core = this.#core
    const before = core.roster.participant(participant)?.deliveries.get(fileId)
    if (state === 'connecting') {
      // Connected anew, or not to be had any more: then port 0 follows
      if (before !== 'accepted' && before !== 'sending' && !this.#files.accepted(participant, fileId))
        this.#command(participant, { name: 'abort', fileId })
    } else if (state === 'declined') core.moveDelivery(participant, fileId, 'decline')
    else if (state === 'completed') {
      core.moveDelivery(participant, fileId, 'delivered')
      this.#files.over(participant, fileId)
    } else if (state === 'failed' || state === 'aborted') {
      this.#files.over(participant, fileId)
      if (before === 'offered') core.moveDelivery(participant, fileId, 'unsuitable')
      // What is deferred has no line any more
      else if (before === 'deferred') return
      else if (core.moveDelivery(participant, fileId, outcome?.code === 'aborted-by-peer' ? 'abort' : 'fail'))
        this.#notices.lost(participant, this.#files.get(fileId))
    }
  }

  roster(output: Exclude<RosterOutput, { type: 'tell' }>): void {
    const core = this.#core
    if (output.type === 'delivery') this.#files.doDelivery(output.participant, output.fileId, output.action)
    else if (output.type === 'source') this.#files.doSource(output.fileId, output.action)
    else if (output.type === 'free-spool') this.#files.free(output.fileId)
    else if (output.type === 'conference') this.#doConference(output.action)
    else {
      const { participant, action } = output
      if (action === 'send-invite') core.later(() => this.#invite(participant))
      else {
        core.timers.stop(`ring/${participant}`)
        this.#command(participant, { name: 'close' })
      }
    }
  }

  #invite(participant: string): void {
    const { deliveries } = this.#core.roster.participant(participant) as Participant
    const files = [...deliveries].filter(([, state]) => state === 'offered').map(([fileId]) => this.#files.outgoing(fileId))
    this.#legs.invite(participant, files)
  }

  #doConference(action: 'bye-creator' | 'end-subscriptions' | 'forget'): void {
    const core = this.#core
    if (action === 'bye-creator') this.#command(core.roster.creator, { name: 'close' })
    else if (action === 'forget') core.news({ type: 'closed' })
    else for (const command of this.#subscribers.tell({ type: 'ended', content: this.#content() }, core.now)) core.sip(command)
  }

  answer(output: CreatorAnswerOutput): void {
    const core = this.#core
    const { creator } = core.roster
    switch (output.type) {
      case 'ring':
        return this.#command(creator, { name: 'ring' })
      case 'answer':
        return this.#answerCreator(output.files)
      case 'refuse':
        core.news({ type: 'answered', status: output.status })
        core.moveConference('refused')
        return this.#command(creator, { name: 'refuse', status: output.status })
      case 'cancel-legs':
        for (const { id } of core.roster.participants) core.moveLeg(id, 'cancel')
        return
      case 'end-legs':
        core.moveConference('creator-left')
    }
  }

  /** D-13: lines that nobody wants get port 0. */
  #answerCreator(files: readonly string[]): void {
    const core = this.#core
    const { creator } = core.roster
    core.moveConference('answered')
    core.news({ type: 'answered', status: 200 })
    this.#command(creator, { name: 'answer', accepted: files.map(fileId => this.#files.get(fileId).line) })
    for (const fileId of core.roster.filesOf(creator)) core.moveSource(fileId, files.includes(fileId) ? 'accept' : 'decline')
  }

  #settle(): void {
    const core = this.#core
    if (core.moved) {
      core.moved = false
      this.#files.settle()
      this.#desk.tell()
      if (core.roster.phase === 'draining' && !core.timers.has('spool'))
        core.timers.start('spool', core.now + (core.settings.spoolTtl ?? SPOOL_TTL))
    }
    if (core.changed && this.#subscribers.size > 0)
      for (const command of this.#subscribers.tell({ type: 'changed', content: this.#content() }, core.now)) core.sip(command)
    core.changed = false
    if (core.roster.phase !== 'ended' || this.#legs.open || this.#subscribers.size > 0 || this.#notices.open) return
    this.#over = true
    core.timers.clear()
    core.news({ type: 'ended' })
  }
}

/** Lines that can be files of the conference; it has nothing that could be pulled. */
function acceptable(event: Offer) {
  return event.files.filter(({ unavailable, kind }) => unavailable === undefined && kind !== 'pull')
}
