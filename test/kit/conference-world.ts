import { createHash } from 'node:crypto'
import {
  CpmSession,
  type OutgoingFile,
  type SessionCommand,
  type SessionEvent,
  type SessionInput,
  type SessionSettings,
} from '../../src/cpm/index.js'
import {
  CHUNK_IDLE,
  Conference,
  type ConferenceInput,
  type ConferenceNews,
  type ConferenceSettings,
  type Recipient,
} from '../../src/focus/index.js'
import { Endpoint, type EndpointInput, type EndpointOutput, type MsrpTrace } from '../../src/msrp/index.js'
import { sha1Hash } from '../../src/sdp/index.js'
import { SipHeaders, type SipRequest, type SipResponse, type UserAgentCommand, type UserAgentEvent } from '../../src/sip/index.js'
import { decodeLatin1, encodeLatin1, parseMediaType } from '../../src/wire/index.js'
import { MemoryPassages } from './memory-passages.js'
import { seededRandom } from './random.js'

export const CONFERENCE = 'sip:ft-8Jq2Lx71Zk@cf.home1.example'
const REMOTE = { host: '192.0.2.1', port: 5060 }

/** One SIP message as the world carried it. */
export interface Step {
  readonly from: string
  readonly to: string
  readonly name: string
  readonly status?: number
  readonly sdp: string
  readonly command: UserAgentCommand
}

/** A machine that takes part in dialogs: a person's session, or the focus. */
interface Party {
  readonly name: string
  sip(event: UserAgentEvent): void
}

interface Dialog {
  readonly caller: Party
  readonly called: Party
  readonly ids: Map<Party, string>
  readonly to: string
  state: 'inviting' | 'up' | 'over'
  /** Who waits for the answer to an offer inside it. */
  offerer: Party | undefined
  /** Final responses the INVITE got. */
  finals: number
}

/** Stands for the session of a person where a test speaks in its place. */
const GHOST: Party = { name: 'ghost', sip: () => {} }

/** What somebody does about an INVITE: the files to take, a refusal, or nothing for the moment. */
export type Behaviour = 'accept' | 'decline' | 'ring' | 'silent' | number | readonly string[]

abstract class Peer {
  readonly endpoint: Endpoint
  readonly msrp: MsrpTrace[] = []

  constructor(
    readonly name: string,
    readonly world: ConferenceWorld,
    readonly port: number,
    chunkSize: number | undefined,
  ) {
    const limits = { chunkIdle: CHUNK_IDLE }
    this.endpoint = new Endpoint({
      random: seededRandom(port),
      trace: true,
      limits,
      ...(chunkSize !== undefined && { chunkSize, window: chunkSize }),
    })
  }

  abstract deadline(): number | undefined
  abstract timeout(): void
  abstract onMsrp(input: Extract<EndpointOutput, { type: 'event' | 'need-data' }>): void
}

/** A person with one device: sessions, an endpoint and files in memory. */
export class Person extends Peer implements Party {
  readonly uri: string
  session: CpmSession | undefined
  readonly sessions: CpmSession[] = []
  readonly events: SessionEvent[] = []
  readonly received = new Map<string, Uint8Array>()
  readonly contents = new Map<string, Uint8Array>()
  behaviour: Behaviour = 'accept'
  /** What becomes of complete files; nothing while undefined. */
  judge: 'saved' | 'hash-mismatch' | undefined = 'saved'
  /** Octets are given to the own endpoint. */
  gives = true
  settings: Partial<SessionSettings> = {}
  /** Goes out in place of the message that the session would make of a file. */
  rawMessage: { readonly bytes: Uint8Array; readonly contentType: string; readonly total: number } | undefined
  offer: Extract<SessionEvent, { type: 'offer' }> | undefined

  readonly #asks: { readonly fileId: string; readonly position: number; readonly length: number }[] = []

  constructor(name: string, world: ConferenceWorld, port: number, chunkSize: number | undefined, uri = `sip:${name}@home.example`) {
    super(name, world, port, chunkSize)
    this.uri = uri
  }

  newSession(id: string, peerUri: string, settings: Partial<SessionSettings> = {}): CpmSession {
    this.session = new CpmSession({
      ...{
        id,
        ownUri: this.uri,
        peerUri,
        media: { host: '192.0.2.1', port: this.port },
        random: seededRandom(this.port + this.sessions.length),
      },
      ...{ releaseTimer: 30_000, ringTimeout: 200_000, successReport: true, failureReport: 'yes', dateTime: () => '2024-05-04T12:16:49Z' },
      group: {},
      ...settings,
      ...this.settings,
    })
    this.sessions.push(this.session)
    return this.session
  }

  file(name: string, content: Uint8Array, more: Partial<OutgoingFile> = {}): OutgoingFile {
    const fileId = `${this.name}-${name}`
    this.contents.set(fileId, content)
    const type = parseMediaType('text/plain')
    const hashes = [sha1Hash(new Uint8Array(createHash('sha1').update(content).digest()))]
    const size = content.length === 0 ? {} : { size: content.length }
    return { fileId, disposition: 'attachment', selector: { name, ...(type && { type }), ...size, hashes }, ...more }
  }

  command(command: SessionCommand): void {
    this.world.later(() => this.run({ type: 'command', command }))
    this.world.drain()
  }

  answer(accepted: readonly string[] = this.offer?.files.map(({ fileId }) => fileId) ?? []): void {
    this.command({ name: 'answer', accepted })
  }

  /** Gives the octets of a file that `gives` held back, up to a position of it. */
  feed(until = Number.POSITIVE_INFINITY): void {
    for (let ask = this.#asks[0]; ask !== undefined && ask.position < until; ask = this.#asks[0]) {
      const { fileId, position, length } = ask
      const end = Math.min(position + length, until)
      if (end === position + length) this.#asks.shift()
      else this.#asks[0] = { fileId, position: end, length: position + length - end }
      this.command({ name: 'octets', fileId, position, bytes: (this.contents.get(fileId) as Uint8Array).subarray(position, end) })
    }
  }

  states(fileId?: string): string[] {
    return this.events.flatMap(event => (event.type === 'file' && (fileId === undefined || event.fileId === fileId) ? [event.state] : []))
  }

  /** Contents of what came whole, in order. */
  files(): Uint8Array[] {
    return [...this.received.values()]
  }

  sip(event: UserAgentEvent): void {
    if (event.name === 'incoming') this.newSession(event.id, CONFERENCE)
    this.run({ type: 'sip', event })
  }

  run(input: SessionInput): void {
    for (const session of this.sessions)
      if (session === this.session || input.type === 'msrp' || input.type === 'need-data') this.#run(session, input)
  }

  #run(session: CpmSession, input: SessionInput): void {
    for (const output of session.step(input, this.world.now)) {
      if (output.type === 'sip') this.world.carry(this, output.command)
      else if (output.type === 'msrp') this.world.later(() => this.world.stepEndpoint(this, this.#raw(output.input)))
      else this.#onEvent(output.event)
    }
  }

  #raw(input: EndpointInput): EndpointInput {
    if (input.type !== 'send' || this.rawMessage === undefined) return input
    const { total, contentType } = this.rawMessage
    return { ...input, message: { ...input.message, total, contentType } }
  }

  #onEvent(event: SessionEvent): void {
    this.events.push(event.type === 'octets' ? { ...event, bytes: new Uint8Array(0) } : event)
    const later = (command: SessionCommand) => this.world.later(() => this.run({ type: 'command', command }))
    if (event.type === 'offer') {
      this.offer = event
      const { behaviour } = this
      const ids = event.files.map(({ fileId }) => fileId)
      if (behaviour === 'accept') later({ name: 'answer', accepted: ids })
      else if (behaviour === 'decline') later({ name: 'answer', accepted: [] })
      else if (Array.isArray(behaviour))
        later({
          name: 'answer',
          accepted: event.files.filter(({ selector }) => behaviour.includes(selector.name)).map(({ fileId }) => fileId),
        })
    } else if (event.type === 'need-octets' && !this.gives) this.#asks.push(event)
    else if (event.type === 'need-octets') {
      const { fileId, position, length } = event
      const bytes = (this.contents.get(fileId) as Uint8Array).subarray(position, position + length)
      later({ name: 'octets', fileId, position, bytes })
    } else if (event.type === 'octets') {
      const before = this.received.get(event.fileId) ?? new Uint8Array(0)
      const after = new Uint8Array(Math.max(before.length, event.position + event.bytes.length))
      after.set(before)
      after.set(event.bytes, event.position)
      this.received.set(event.fileId, after)
    } else if (event.type === 'complete' && this.judge !== undefined) {
      const { fileId } = event
      later(this.judge === 'saved' ? { name: 'saved', fileId } : { name: 'spoiled', fileId, outcome: { code: this.judge } })
    }
  }

  override deadline(): number | undefined {
    return Math.min(this.endpoint.deadline ?? Infinity, ...this.sessions.map(session => session.deadline ?? Infinity))
  }

  override timeout(): void {
    for (const session of this.sessions) if ((session.deadline ?? Infinity) <= this.world.now) this.#run(session, { type: 'timeout' })
  }

  override onMsrp(output: Extract<EndpointOutput, { type: 'event' | 'need-data' }>): void {
    if (output.type === 'need-data' && this.rawMessage !== undefined) {
      const { sessionId, offset, length } = output
      const bytes = this.rawMessage.bytes.subarray(offset, offset + length)
      if (bytes.length > 0) this.world.later(() => this.world.stepEndpoint(this, { type: 'data', sessionId, offset, bytes }))
      return
    }
    this.run(output.type === 'event' ? { type: 'msrp', event: output.event } : output)
  }
}

/** The focus: one conference, an endpoint and a keeper of octets. */
export class Focus extends Peer implements Party {
  readonly conference: Conference
  readonly passages: MemoryPassages
  readonly news: ConferenceNews[] = []
  readonly commands: UserAgentCommand[] = []
  /** MSRP sessions that are registered. */
  readonly msrpSessions = new Set<string>()

  constructor(world: ConferenceWorld, settings: ConferenceSettings, chunkSize: number | undefined) {
    super('focus', world, 20_000, chunkSize)
    this.conference = new Conference(settings)
    this.passages = new MemoryPassages(event => world.later(() => this.input({ type: 'passage', event })))
  }

  sip(event: UserAgentEvent): void {
    this.input(event.name === 'incoming' ? { type: 'begin', event } : { type: 'sip', event })
  }

  input(input: ConferenceInput): void {
    for (const output of this.conference.step(input, this.world.now)) {
      if (output.type === 'sip') {
        this.commands.push(output.command)
        this.world.carry(this, output.command)
      } else if (output.type === 'msrp') {
        const { input: toMsrp } = output
        if (toMsrp.type === 'add-session') this.msrpSessions.add(toMsrp.session.localUri)
        else if (toMsrp.type === 'remove-session')
          for (const uri of this.msrpSessions) if (uri.includes(`/${toMsrp.sessionId};`)) this.msrpSessions.delete(uri)
        this.world.later(() => this.world.stepEndpoint(this, toMsrp))
      } else if (output.type === 'passage') this.passages.command(output.command)
      else this.news.push(output.event)
    }
  }

  /** News of one kind, shortened: `member p1 connected`. */
  told(...types: readonly ConferenceNews['type'][]): string[] {
    return this.news
      .filter(({ type }) => types.length === 0 || types.includes(type))
      .map(event => {
        if (event.type === 'member') return [event.participant, event.state, event.status].filter(Boolean).join(' ')
        if (event.type === 'delivery') return `${event.participant} ${event.fileId} ${event.state}`
        if (event.type === 'file') return `${event.fileId} ${event.state}`
        return event.type === 'answered' ? `answered ${event.status}` : event.type
      })
  }

  override deadline(): number | undefined {
    return Math.min(this.endpoint.deadline ?? Infinity, this.conference.deadline ?? Infinity)
  }

  override timeout(): void {
    if ((this.conference.deadline ?? Infinity) <= this.world.now) this.input({ type: 'timeout' })
  }

  override onMsrp(output: Extract<EndpointOutput, { type: 'event' | 'need-data' }>): void {
    this.input(output.type === 'event' ? { type: 'msrp', event: output.event } : output)
  }
}

export interface WorldOptions {
  readonly members?: readonly (string | Recipient)[]
  readonly settings?: Partial<ConferenceSettings>
  readonly chunkSize?: number
  readonly subject?: string
}

/** A creator, a focus and members with a virtual clock. SIP goes command for command; MSRP as octets between real endpoints. */
export class ConferenceWorld {
  now = 1000
  readonly focus: Focus
  readonly alice: Person
  readonly people = new Map<string, Person>()
  readonly steps: Step[] = []
  readonly dialogs: Dialog[] = []
  /** People whose network takes nothing for the moment. */
  readonly slow = new Set<string>()
  /** Changes the SDP of a command before it is carried. */
  rewrite: (from: string, name: string, sdp: string) => string = (_from, _name, sdp) => sdp
  /** Changes what goes over MSRP connections. */
  mangle: ((from: string, text: string) => string) | undefined
  readonly subscriptions: string[] = []
  readonly #held: (() => void)[] = []
  readonly #peers: Peer[]
  readonly #queue: (() => void)[] = []
  readonly #links = new Map<string, { peer: Peer; id: string }>()
  readonly #subject: string | undefined
  #links_count = 0
  #ids = 0

  constructor({ members = ['bob', 'carol', 'dave'], settings = {}, chunkSize, subject }: WorldOptions = {}) {
    const recipients = members.map(member =>
      typeof member === 'string' ? { uri: `sip:${member}@home.example`, copyControl: 'to' as const, anonymize: false } : member,
    )
    this.#subject = subject
    this.alice = new Person('alice', this, 20_001, chunkSize)
    recipients.forEach(({ uri }, index) => {
      const name = uri.replace(/^[a-z]+:/, '').split('@')[0] as string
      this.people.set(uri, new Person(name, this, 20_002 + index, chunkSize, uri))
    })
    const dialogs = { media: { host: '192.0.2.1', port: 20_000 }, random: seededRandom(77), dateTime: () => '2024-05-04T12:16:50Z' }
    const creator = { uri: this.alice.uri, displayName: 'Alice' }
    this.focus = new Focus(this, { id: 'c1', uri: CONFERENCE, creator, recipients, dialogs, ...settings }, chunkSize)
    this.#peers = [this.focus, this.alice, ...this.people.values()]
  }

  member(name: string): Person {
    const person = [...this.people.values()].find(one => one.name === name)
    if (person === undefined) throw new Error(`nobody is called ${name}`)
    return person
  }

  /** Alice sends to the group. */
  start(files: readonly OutgoingFile[]): void {
    this.alice.newSession('alice-1', 'sip:factory@cf.home1.example')
    this.alice.command({ name: 'send', files })
  }

  later(task: () => void): void {
    this.#queue.push(task)
  }

  drain(): void {
    for (let turns = 0, task = this.#queue.shift(); task !== undefined; task = this.#queue.shift()) {
      if (++turns > 500_000) throw new Error('The world does not come to rest.')
      task()
    }
  }

  run(milliseconds: number): void {
    const end = this.now + milliseconds
    for (let turns = 0; ; turns++) {
      if (turns > 100_000) throw new Error('Timers do not come to rest.')
      const next = Math.min(...this.#peers.map(peer => peer.deadline() ?? Infinity))
      if (next > end) break
      this.now = Math.max(this.now, next)
      for (const peer of this.#peers) {
        peer.timeout()
        if ((peer.endpoint.deadline ?? Infinity) <= this.now) this.stepEndpoint(peer, { type: 'timeout' })
      }
      this.drain()
    }
    this.now = end
  }

  /** What went over SIP, from a step on: `alice>focus invite 20001`, `focus>bob reject 488`. */
  sip(from = 0): string[] {
    return this.steps
      .slice(from)
      .map(({ from: sender, to, name, status, sdp }) =>
        [`${sender}>${to}`, name, status, [...sdp.matchAll(/^m=message (\d+)/gm)].map(match => match[1]).join(' ')]
          .filter(Boolean)
          .join(' '),
      )
  }

  step(from: string, to: string, name: string, index = 0): Step {
    const step = this.steps.filter(one => one.from === from && one.to === to && one.name === name)[index]
    if (step === undefined) throw new Error(`no ${name} from ${from} to ${to} in ${this.sip().join(', ')}`)
    return step
  }

  /** The dialog between the focus and a person. */
  dialog(person: Person): Dialog | undefined {
    return this.dialogs.filter(({ caller, called }) => caller === person || called === person).at(-1)
  }

  /** Carries a SIP command to the other side of its dialog. */
  carry(party: Party, original: UserAgentCommand): void {
    if (!('id' in original)) return
    const body = 'body' in original ? original.body : undefined
    const bytes = body && encodeLatin1(this.rewrite(party.name, original.name, decodeLatin1(body.bytes)))
    const command = (bytes === undefined ? original : { ...original, body: { ...body, bytes } }) as UserAgentCommand & { id: string }
    if (command.name === 'invite') this.#invite(party, command)
    else if (IN_DIALOG.has(command.name)) {
      const dialog = this.dialogs.find(({ ids }) => ids.get(party) === command.id)
      if (dialog !== undefined) this.#inDialog(dialog, party, command)
    }
  }

  #note(from: Party, to: Party, command: UserAgentCommand): void {
    const body = 'body' in command ? command.body : undefined
    const status = 'status' in command ? { status: command.status } : {}
    this.steps.push({
      from: from.name,
      to: to.name,
      name: command.name,
      sdp: body === undefined ? '' : decodeLatin1(body.bytes),
      command,
      ...status,
    })
  }

  #tell(dialog: Dialog, party: Party, event: (id: string) => UserAgentEvent): void {
    const id = dialog.ids.get(party) as string
    this.later(() => party.sip(event(id)))
  }

  #invite(party: Party, command: UserAgentCommand & { name: 'invite' }): void {
    const other: Party | undefined = party === this.focus ? this.people.get(command.to) : this.focus
    if (other === undefined) throw new Error(`nobody at ${command.to}`)
    const ids = new Map([
      [party, command.id],
      [other, `in-${++this.#ids}`],
    ])
    const dialog: Dialog = { caller: party, called: other, ids, to: command.to, state: 'inviting', offerer: undefined, finals: 0 }
    this.dialogs.push(dialog)
    this.#note(party, other, command)
    const behaviour = other instanceof Person ? other.behaviour : 'accept'
    if (behaviour === 'silent') return
    if (typeof behaviour === 'number') return this.#final(dialog, behaviour)
    const subject = this.#subject === undefined || party === this.focus ? [] : [['Subject', this.#subject] as const]
    const contact = command.contact === undefined ? [] : [['Contact', `<${command.contact}>;isfocus`] as const]
    const request = requestOf(command.to, [['From', `<${party.name}>;tag=x`], ...contact, ...(command.headers ?? []), ...subject])
    this.#tell(dialog, other, id => ({ name: 'incoming', id, request, body: command.body, remote: REMOTE, transport: 'tcp' }))
  }

  #final(dialog: Dialog, status: number): void {
    dialog.finals++
    dialog.state = 'over'
    this.#tell(dialog, dialog.caller, id => ({ name: 'rejected', id, cause: 'response', status, response: responseOf(status) }))
  }

  #inDialog(dialog: Dialog, party: Party, command: UserAgentCommand): void {
    const other = party === dialog.caller ? dialog.called : dialog.caller
    this.#note(party, other, command)
    if (dialog.state === 'over') return
    switch (command.name) {
      case 'ring':
        if (dialog.state === 'inviting')
          this.#tell(dialog, other, id => ({ name: 'provisional', id, status: 180, response: responseOf(180) }))
        break
      case 'accept':
        this.#accept(dialog, party, other, command)
        break
      case 'reject':
        if (dialog.state === 'inviting') this.#final(dialog, command.status)
        else if (dialog.offerer === other) {
          dialog.offerer = undefined
          const { status } = command
          this.#tell(dialog, other, id => ({ name: 'refused', id, status, response: responseOf(status) }))
        }
        break
      case 'offer':
        this.#offer(dialog, party, other, command)
        break
      case 'cancel':
        if (dialog.state !== 'inviting') break
        dialog.finals++
        dialog.state = 'over'
        this.#tell(dialog, other, id => ({ name: 'cancelled', id }))
        this.#tell(dialog, party, id => ({ name: 'rejected', id, cause: 'cancelled', status: 487 }))
        break
      case 'bye':
        dialog.state = 'over'
        this.#tell(dialog, other, id => ({ name: 'ended', id, by: 'remote' }))
        this.#tell(dialog, party, id => ({ name: 'ended', id, by: 'local' }))
        break
      default:
    }
  }

  #accept(dialog: Dialog, party: Party, other: Party, { body, contact }: UserAgentCommand & { name: 'accept' }): void {
    if (dialog.state === 'up') {
      if (dialog.offerer === GHOST) {
        dialog.offerer = undefined
        return
      }
      if (dialog.offerer !== other) throw new Error('an answer to no offer')
      dialog.offerer = undefined
      return this.#tell(dialog, other, id => ({ name: 'answered', id, body }))
    }
    dialog.state = 'up'
    dialog.finals++
    const headers: (readonly [string, string])[] =
      contact === undefined
        ? []
        : [
            ['Contact', `<${contact}>;isfocus`],
            ['Allow-Events', 'conference'],
          ]
    this.#tell(dialog, other, id => ({ name: 'established', id, body, response: responseOf(200, headers), remote: REMOTE }))
    this.#tell(dialog, party, id => ({ name: 'confirmed', id }))
  }

  #offer(dialog: Dialog, party: Party, other: Party, { body }: UserAgentCommand & { name: 'offer' }): void {
    if (dialog.offerer === other)
      return this.#tell(dialog, party, id => ({ name: 'refused', id, status: 491, retryAfter: party === dialog.caller ? 3000 : 1000 }))
    dialog.offerer = party
    this.#tell(dialog, other, id => ({ name: 'offered', id, body, method: 'INVITE', request: requestOf(dialog.to, []) }))
  }

  /** SUBSCRIBE to the conference. @returns id of the subscription */
  subscribe(sender: string | undefined, expires = 3600): string {
    const id = `s${this.subscriptions.length + 1}`
    this.subscriptions.push(id)
    const facts = { id, event: 'conference', expires, body: undefined, request: requestOf(CONFERENCE, [], 'SUBSCRIBE') }
    this.focus.input({
      type: 'subscribe',
      event: { name: 'subscription-requested', ...facts, remote: REMOTE, transport: 'tcp', trusted: true },
      sender,
    })
    this.drain()
    return id
  }

  /** A device is gone without a word: its MSRP connections break, and with `dialog` its SIP dialog too. */
  lose(person: Person, dialog = false): void {
    for (const [key, link] of [...this.#links]) {
      if (!key.startsWith(`${person.name}/`)) continue
      this.#links.delete(key)
      this.#links.delete(`${link.peer.name}/${link.id}`)
      const { peer, id } = link
      this.later(() => this.stepEndpoint(peer, { type: 'closed', connection: id, error: 'connection-lost' }))
    }
    const known = this.dialog(person)
    if (dialog && known?.state === 'up') {
      known.state = 'over'
      this.#tell(known, this.focus, id => ({ name: 'ended', id, by: 'transport' }))
    }
    this.drain()
  }

  #mangled(from: string, bytes: Uint8Array): Uint8Array {
    return this.mangle === undefined ? bytes : encodeLatin1(this.mangle(from, decodeLatin1(bytes)))
  }

  /** An offer that a person's session knows nothing of. */
  offerAs(person: Person, sdp: string): void {
    const id = this.dialog(person)?.ids.get(this.focus) ?? ''
    const body = { contentType: 'application/sdp', bytes: encodeLatin1(sdp) }
    const dialog = this.dialog(person)
    if (dialog !== undefined) dialog.offerer = GHOST
    this.focus.input({ type: 'sip', event: { name: 'offered', id, body, method: 'INVITE', request: requestOf(CONFERENCE, []) } })
    this.drain()
  }

  /** What slow people's networks held back arrives. */
  release(): void {
    this.slow.clear()
    for (const arrive of this.#held.splice(0)) this.later(arrive)
    this.drain()
  }

  stepEndpoint(peer: Peer, input: EndpointInput): void {
    for (const output of peer.endpoint.step(input, this.now)) this.#endpointOutput(peer, output)
  }

  #endpointOutput(peer: Peer, output: EndpointOutput): void {
    switch (output.type) {
      case 'event':
      case 'need-data':
        peer.onMsrp(output)
        break
      case 'trace':
        peer.msrp.push(output.entry)
        break
      case 'connect':
        this.#connect(peer, output.connection, output.port)
        break
      case 'write':
        this.#write(peer, output.connection, output.views)
        break
      case 'close': {
        const to = this.#links.get(`${peer.name}/${output.connection}`)
        this.#links.delete(`${peer.name}/${output.connection}`)
        this.later(() => this.stepEndpoint(peer, { type: 'closed', connection: output.connection }))
        if (to === undefined) break
        this.#links.delete(`${to.peer.name}/${to.id}`)
        this.later(() => this.stepEndpoint(to.peer, { type: 'closed', connection: to.id }))
      }
    }
  }

  #connect(peer: Peer, connection: string, port: number): void {
    const to = this.#peers.find(other => other.port === port)
    if (to === undefined) {
      this.later(() => this.stepEndpoint(peer, { type: 'closed', connection, error: 'connection-refused' }))
      return
    }
    const id = `from-${++this.#links_count}`
    this.#links.set(`${peer.name}/${connection}`, { peer: to, id })
    this.#links.set(`${to.name}/${id}`, { peer, id: connection })
    this.later(() => {
      this.stepEndpoint(to, { type: 'accepted', connection: id, remote: '192.0.2.1:9' })
      this.stepEndpoint(peer, { type: 'connected', connection })
    })
  }

  #write(peer: Peer, connection: string, views: readonly Uint8Array[]): void {
    for (const view of views) {
      const copy = view.slice()
      const arrive = () => {
        const to = this.#links.get(`${peer.name}/${connection}`)
        if (to === undefined) return
        this.stepEndpoint(to.peer, { type: 'bytes', connection: to.id, bytes: this.#mangled(peer.name, copy) })
        this.stepEndpoint(peer, { type: 'written', connection, length: copy.length })
      }
      const reader = this.#links.get(`${peer.name}/${connection}`)?.peer.name ?? ''
      if (this.slow.has(reader)) this.#held.push(arrive)
      else this.later(arrive)
    }
  }
}

const IN_DIALOG: ReadonlySet<string> = new Set(['ring', 'accept', 'reject', 'offer', 'cancel', 'bye'])

export function requestOf(
  uri: string,
  headers: readonly (readonly [string, string])[],
  method = 'INVITE',
  body: Uint8Array = new Uint8Array(0),
): SipRequest {
  return { kind: 'request', method, uri, headers: new SipHeaders(headers), body }
}

function responseOf(status: number, headers: readonly (readonly [string, string])[] = []): SipResponse {
  return { kind: 'response', status, reason: 'Test', headers: new SipHeaders(headers), body: new Uint8Array(0) }
}
