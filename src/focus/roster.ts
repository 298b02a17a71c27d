import { follow } from '../wire/index.js'
import type { ConferenceContent } from './conference-feed.js'
import { CONFERENCE_TABLE, type ConferenceAction, type ConferenceEvent, type ConferencePhase } from './conference-table.js'
import { DELIVERY_TABLE, type DeliveryEvent, type DeliveryState } from './delivery-table.js'
import { LEG_TABLE, type LegAction, type LegEvent } from './leg-table.js'
import { isVisible } from './recipient.js'
import { endingOf, isLive, isPending } from './roster-states.js'
import { type DeliveryProgress, rosterContent } from './roster-content.js'
import type { Participant, Replies, RosterFile, RosterOptions, RosterOutput, Tally } from './roster-types.js'
import { plainText } from './shortened.js'
import { SOURCE_TABLE, type SourceAction, type SourceEvent } from './source-table.js'

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] }
type Row = Mutable<Omit<Participant, 'deliveries'>> & { readonly deliveries: Map<string, DeliveryState> }
type FileRow = Mutable<RosterFile> & { spoolFreed: boolean }

/**
 * Who is in a conference and how far each file is with each of them. Events go through the tables of legs, deliveries, sources and the
 * conference; what one of them means for the others follows here, so that nothing is left half ended. Every method that moves something
 * gives the things to do in order, or undefined when the event is illegal in the present state, which then has not changed.
 */
export class Roster {
  readonly creator = 'p0'
  readonly #options: RosterOptions
  readonly #rows: readonly Row[]
  readonly #files = new Map<string, FileRow>()
  #phase: ConferencePhase = 'forming'

  constructor(options: RosterOptions) {
    this.#options = options
    let hiddenOnes = 0
    const people = [
      { ...options.creator, hidden: options.creator.hidden === true },
      ...options.recipients.map(recipient => ({ ...recipient, hidden: !isVisible(recipient) })),
    ]
    this.#rows = people.map(({ uri, displayName, hidden }, index) => ({
      id: `p${index}`,
      role: index === 0 ? 'creator' : 'member',
      uri,
      hidden,
      // RFC 4575 §5.6
      entity: hidden ? `sip:anonymous${++hiddenOnes}@anonymous.invalid` : uri,
      displayName: hidden ? undefined : plainText(displayName),
      leg: 'idle',
      ending: undefined,
      refusal: undefined,
      deliveries: new Map(),
    }))
  }

  get phase(): ConferencePhase {
    return this.#phase
  }

  get participants(): readonly Participant[] {
    return this.#rows
  }

  get files(): readonly RosterFile[] {
    return [...this.#files.values()]
  }

  participant(id: string): Participant | undefined {
    return this.#row(id)
  }

  /** Ids of the files that a participant sends, in the order of their lines. */
  filesOf(source: string): string[] {
    return this.files.filter(file => file.source === source).map(({ fileId }) => fileId)
  }

  /**
   * A new line of `source`, to be offered to everybody else (GRP-35, GRP-37).
   * @returns the participants who are in or still invited, and those who once refused and may be invited again for it
   */
  addFile(fileId: string, source: string, information?: string): { readonly offer: string[]; readonly invite: string[] } {
    this.#files.set(fileId, { fileId, source, state: 'offered', information, spoolFreed: false })
    const others = this.#rows.filter(({ id }) => id !== source)
    const offer = others.filter(row => (row.role === 'creator' ? this.#phase === 'running' : row.leg === 'connected' || isPending(row.leg)))
    const invite = others.filter(({ leg, refusal }) => leg === 'gone' && refusal !== undefined)
    for (const { deliveries } of offer) deliveries.set(fileId, 'offered')
    return { offer: offer.map(({ id }) => id), invite: invite.map(({ id }) => id) }
  }

  /** A file goes to somebody who was not offered it with `addFile`: one who refused before and is invited again (GRP-35). */
  offerTo(participant: string, fileId: string): boolean {
    const row = this.#row(participant)
    const file = this.#files.get(fileId)
    if (row === undefined || file === undefined || file.source === participant || file.spoolFreed || row.deliveries.has(fileId))
      return false
    if (row.leg !== 'connected' && !isPending(row.leg)) return false
    row.deliveries.set(fileId, 'offered')
    return true
  }

  /** @param status final response, with `reject` */
  moveLeg(participant: string, event: LegEvent, status?: number): RosterOutput[] | undefined {
    const row = this.#row(participant)
    const outputs = row && this.#fireLeg(row, event, status)
    return outputs && [...outputs, ...this.#settle()]
  }

  moveDelivery(participant: string, fileId: string, event: DeliveryEvent): RosterOutput[] | undefined {
    const row = this.#row(participant)
    const outputs = row && this.#fireDelivery(row, fileId, event)
    return outputs && [...outputs, ...this.#settle()]
  }

  moveSource(fileId: string, event: SourceEvent): RosterOutput[] | undefined {
    const file = this.#files.get(fileId)
    const outputs = file && this.#fireSource(file, event)
    return outputs && [...outputs, ...this.#settle()]
  }

  moveConference(event: ConferenceEvent): RosterOutput[] | undefined {
    const outputs = this.#fireConference(event)
    return outputs && [...outputs, ...this.#settle()]
  }

  /** To whom a file is forwarded: who accepted it, never its sender (GRP-28). */
  receivers(fileId: string): string[] {
    return this.#rows.filter(({ deliveries }) => ['accepted', 'sending'].includes(deliveries.get(fileId) ?? '')).map(({ id }) => id)
  }

  tally(fileId: string): Tally {
    const states = this.#deliveriesOf(fileId)
    const count = (...wanted: DeliveryState[]) => states.filter(state => wanted.includes(state)).length
    return {
      of: states.length,
      undecided: count('offered'),
      accepted: count('accepted', 'sending', 'finished', 'deferred', 'stored'),
      finished: count('finished', 'stored'),
      declined: count('declined'),
      failed: count('failed', 'cancelled'),
    }
  }

  replies(): Replies {
    const files = this.filesOf(this.creator)
    const members = this.#rows.filter(({ role }) => role === 'member')
    const takesOne = (row: Row) => files.some(fileId => isTaken(row.deliveries.get(fileId)))
    return {
      ringing: members.some(({ leg }) => leg === 'ringing'),
      accepted: members.some(takesOne),
      pending: members.some(({ leg }) => isPending(leg)),
      refusals: members.filter(row => !takesOne(row)).map(({ leg, refusal }) => refusal ?? (leg === 'connected' ? 488 : 480)),
    }
  }

  /**
   * What subscribers of the conference package may see (GRP-38): hidden ones under their other name, everywhere.
   * @param progress octets of the message of a file that a participant has, and of the whole
   */
  content(progress?: DeliveryProgress): ConferenceContent {
    return rosterContent(this.#rows, this.files, this.#phase, { ...this.#options, progress })
  }

  #row(id: string): Row | undefined {
    return this.#rows.find(row => row.id === id)
  }

  #deliveriesOf(fileId: string): DeliveryState[] {
    return this.#rows.flatMap(({ deliveries }) => deliveries.get(fileId) ?? [])
  }

  #fireLeg(row: Row, event: LegEvent, status?: number): RosterOutput[] | undefined {
    const arrow = row.role === 'member' ? follow(LEG_TABLE, row.leg, event) : undefined
    if (arrow === undefined) return undefined
    if (event === 'invite') {
      row.ending = undefined
      row.refusal = undefined
    }
    row.ending = endingOf(row.leg, event, status) ?? row.ending
    if (event === 'reject') row.refusal = status ?? 480
    else if (event === 'skip') row.refusal = 403
    row.leg = arrow.to
    return arrow.do.flatMap(action => this.#doLeg(row, action))
  }

  #doLeg(row: Row, action: LegAction): RosterOutput[] {
    if (action === 'tell') return [{ type: 'tell' }]
    if (action !== 'end-deliveries') return [{ type: 'leg', participant: row.id, action }]
    return this.#endParticipant(row)
  }

  /** Nothing goes to a participant that is gone, and what it sent ends unless the focus has all of it (GRP-32, GRP-33). */
  #endParticipant(row: Row): RosterOutput[] {
    return [
      ...[...row.deliveries.keys()].flatMap(fileId => this.#fireDelivery(row, fileId, 'leg-end') ?? []),
      ...this.#ownFiles(row.id).flatMap(file => this.#fireSource(file, 'abort') ?? []),
    ]
  }

  #ownFiles(source: string): FileRow[] {
    return [...this.#files.values()].filter(file => file.source === source)
  }

  #fireDelivery(row: Row, fileId: string, event: DeliveryEvent): RosterOutput[] | undefined {
    const state = row.deliveries.get(fileId)
    const arrow = state && follow(DELIVERY_TABLE, state, event)
    if (arrow === undefined) return undefined
    row.deliveries.set(fileId, arrow.to)
    return arrow.do.map(action => (action === 'tell' ? { type: 'tell' } : { type: 'delivery', participant: row.id, fileId, action }))
  }

  #fireSource(file: FileRow, event: SourceEvent): RosterOutput[] | undefined {
    const arrow = follow(SOURCE_TABLE, file.state, event)
    if (arrow === undefined) return undefined
    file.state = arrow.to
    return arrow.do.flatMap(action => this.#doSource(file, action))
  }

  #doSource({ fileId }: FileRow, action: SourceAction): RosterOutput[] {
    const toAll = (event: DeliveryEvent) => this.#rows.flatMap(row => this.#fireDelivery(row, fileId, event) ?? [])
    if (action === 'begin-deliveries') return toAll('start')
    if (action === 'end-deliveries') return toAll('source-end')
    return [{ type: 'source', fileId, action }]
  }

  #fireConference(event: ConferenceEvent): RosterOutput[] | undefined {
    const arrow = follow(CONFERENCE_TABLE, this.#phase, event)
    if (arrow === undefined) return undefined
    this.#phase = arrow.to
    // Whatever else happens ends what the creator sends; what the focus has whole is not touched by it
    const outputs = event === 'answered' ? [] : this.#endParticipant(this.#rows[0] as Row)
    return [...outputs, ...arrow.do.flatMap(action => this.#doConference(action)), { type: 'tell' }]
  }

  #doConference(action: ConferenceAction): RosterOutput[] {
    if (action === 'cancel-pending') return this.#moveLegs('cancel', 'skip')
    if (action === 'bye-members') return this.#moveLegs('end')
    return [{ type: 'conference', action }]
  }

  #moveLegs(...events: readonly LegEvent[]): RosterOutput[] {
    return this.#rows.flatMap(row => events.flatMap(event => this.#fireLeg(row, event) ?? []))
  }

  /** What has come true by what happened before: files without receivers, spools nobody reads, a conference without people. */
  #settle(): RosterOutput[] {
    const outputs: RosterOutput[] = []
    for (const file of this.#files.values()) {
      const mayArrive = this.#deliveriesOf(file.fileId).some(state => isLive(state) || state === 'finished')
      if (!mayArrive) outputs.push(...(this.#fireSource(file, 'no-receiver') ?? []))
    }
    if (this.#rows.every(isOut)) outputs.push(...(this.#fireConference('last-member-left') ?? []))
    const busy = this.#rows.some(({ deliveries }) => [...deliveries.values()].some(isLive))
    if (!busy) outputs.push(...(this.#fireConference('legs-finished') ?? []))
    return [...outputs, ...this.#freeSpools()]
  }

  /** GRP-29 */
  #freeSpools(): RosterOutput[] {
    const unread = [...this.#files.values()].filter(
      ({ fileId, state, spoolFreed }) =>
        !spoolFreed && (state === 'ended' || state === 'spooled') && !this.#deliveriesOf(fileId).some(isLive),
    )
    for (const file of unread) file.spoolFreed = true
    return unread.map(({ fileId }) => ({ type: 'free-spool', fileId }))
  }
}

/** The creator does not count: it alone is no conference (GRP-42). One for whom a copy is wanted does. */
function isOut({ role, leg, deliveries }: Row): boolean {
  if (role === 'creator') return true
  return (leg === 'gone' || leg === 'leaving' || leg === 'cancelling') && ![...deliveries.values()].includes('deferred')
}

/** RCS-9: whoever keeps the file for a member accepts it for that member. */
function isTaken(state: DeliveryState | undefined): boolean {
  return state === 'accepted' || state === 'sending' || state === 'finished' || state === 'deferred' || state === 'stored'
}
