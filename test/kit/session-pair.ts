import { createHash } from 'node:crypto'
import {
  CpmSession,
  matchShared,
  type OutgoingFile,
  type ServedFile,
  type SessionCommand,
  type SessionEvent,
  type SessionInput,
  type SessionOutput,
  type SessionSettings,
} from '../../src/cpm/index.js'
import { Endpoint, type EndpointInput, type EndpointOutput, type MsrpTrace } from '../../src/msrp/index.js'
import { type FileProperties, sha1Hash } from '../../src/sdp/index.js'
import { SipHeaders, type SipRequest, type SipResponse, type UserAgentCommand, type UserAgentEvent } from '../../src/sip/index.js'
import { decodeLatin1, parseMediaType } from '../../src/wire/index.js'
import { seededRandom } from './random.js'

/** One SIP step as the pair carried it: who, which command, and the SDP of it. */
export interface SipStep {
  readonly from: string
  readonly name: string
  readonly sdp: string
  readonly status?: number
  readonly headers: readonly (readonly [string, string])[]
}

/** One end: a CPM session, an MSRP endpoint, and files in memory. */
export class End {
  readonly session: CpmSession
  readonly endpoint: Endpoint
  readonly events: SessionEvent[] = []
  readonly msrp: MsrpTrace[] = []
  readonly received = new Map<string, Uint8Array>()
  readonly contents = new Map<string, Uint8Array>()
  /** Answers an offer; default accepts all. */
  choose: (event: SessionEvent & { type: 'offer' }) => readonly string[] | undefined = event =>
    event.files.filter(f => f.unavailable === undefined).map(f => f.fileId)
  /** Verdict on a complete file; default verifies nothing and saves. */
  judge: (fileId: string) => 'saved' | 'hash-mismatch' | undefined = () => 'saved'
  /** Files the other end may pull, by name (OA-35). */
  readonly shared: OutgoingFile[] = []
  /** The shared file for each pull line; default the first that matches. */
  serve: (event: SessionEvent & { type: 'offer' }) => readonly ServedFile[] = event =>
    event.files.flatMap(({ kind, fileId, selector }) => {
      if (kind !== 'pull') return []
      const [found] = matchShared(
        selector,
        this.shared.map(file => ({ ...(file.selector as FileProperties), file })),
      )
      if (found === undefined) return []
      this.contents.set(fileId, this.contents.get(found.file.fileId) as Uint8Array)
      return [{ fileId, file: found.file }]
    })
  /** Gives octets for a need; default from `contents`. */
  give = true

  constructor(
    readonly name: string,
    readonly pair: SessionPair,
    settings: Partial<SessionSettings>,
    port: number,
    chunkSize: number | undefined,
  ) {
    const random = seededRandom(port)
    this.session = new CpmSession({
      id: name,
      ownUri: `sip:${name}@home.example`,
      peerUri: `sip:${name === 'alice' ? 'bob' : 'alice'}@home.example`,
      media: { host: '192.0.2.1', port },
      random,
      releaseTimer: 30_000,
      ringTimeout: 120_000,
      successReport: true,
      failureReport: 'yes',
      dateTime: () => '2024-05-04T12:16:49Z',
      ...settings,
    })
    this.endpoint = new Endpoint({ random, trace: true, ...(chunkSize === undefined ? {} : { chunkSize }) })
  }

  file(name: string, content: Uint8Array, type = 'text/plain'): OutgoingFile {
    const fileId = `${this.name}-${name}`
    this.contents.set(fileId, content)
    const mediaType = parseMediaType(type)
    return {
      fileId,
      disposition: 'attachment',
      selector: {
        name,
        ...(mediaType === undefined ? {} : { type: mediaType }),
        ...(content.length === 0 ? {} : { size: content.length }),
        hashes: [sha1Hash(new Uint8Array(createHash('sha1').update(content).digest()))],
      },
    }
  }

  states(fileId: string): string[] {
    return this.events.flatMap(event => (event.type === 'file' && event.fileId === fileId ? [event.state] : []))
  }

  outcomes(fileId: string): string[] {
    return this.events.flatMap(event =>
      event.type === 'file' && event.fileId === fileId && event.outcome !== undefined ? [event.outcome.code] : [],
    )
  }

  offers(): (SessionEvent & { type: 'offer' })[] {
    return this.events.filter(event => event.type === 'offer') as (SessionEvent & { type: 'offer' })[]
  }
}

/** Two CPM sessions with real MSRP endpoints; SIP is carried command for command, so that tests can look at each and hold it. */
export class SessionPair {
  readonly alice: End
  readonly bob: End
  readonly sip: SipStep[] = []
  now = 1000
  /** Return true to drop or delay a SIP command (the test then acts itself). */
  intercept: (from: End, command: UserAgentCommand) => boolean = () => false
  /** Return false to lose octets on an MSRP connection; may change nothing else. */
  carry: (from: End, view: Uint8Array) => boolean = () => true
  readonly #queue: (() => void)[] = []
  readonly #connections = new Map<string, { end: End; id: string }>()
  #nextConnection = 1
  #dialogOver = false

  constructor(settings: { alice?: Partial<SessionSettings>; bob?: Partial<SessionSettings>; chunkSize?: number } = {}) {
    this.alice = new End('alice', this, settings.alice ?? {}, 20_001, settings.chunkSize)
    this.bob = new End('bob', this, settings.bob ?? {}, 20_002, settings.chunkSize)
  }

  other(end: End): End {
    return end === this.alice ? this.bob : this.alice
  }

  /** Steps a session and everything that follows from it. */
  step(end: End, input: SessionInput): void {
    this.later(() => this.#session(end, input))
    this.drain()
  }

  send(end: End, files: readonly OutgoingFile[]): void {
    this.step(end, { type: 'command', command: { name: 'send', files } })
  }

  command(end: End, command: SessionCommand): void {
    this.step(end, { type: 'command', command })
  }

  event(end: End, event: UserAgentEvent): void {
    this.step(end, { type: 'sip', event })
  }

  later(work: () => void): void {
    this.#queue.push(work)
  }

  drain(): void {
    for (let work = this.#queue.shift(); work !== undefined; work = this.#queue.shift()) work()
  }

  /** Moves the clock, firing each deadline in order. */
  run(milliseconds: number): void {
    const end = this.now + milliseconds
    for (;;) {
      const next = Math.min(...[this.alice, this.bob].flatMap(e => [e.session.deadline ?? Infinity, e.endpoint.deadline ?? Infinity]))
      if (next > end) break
      this.now = Math.max(this.now, next)
      for (const e of [this.alice, this.bob]) {
        if ((e.session.deadline ?? Infinity) <= this.now) this.#session(e, { type: 'timeout' })
        if ((e.endpoint.deadline ?? Infinity) <= this.now) this.#endpoint(e, { type: 'timeout' })
      }
      this.drain()
    }
    this.now = end
  }

  /** Cuts every MSRP connection. */
  cut(): void {
    for (const [key, { end, id }] of [...this.#connections]) {
      this.#connections.delete(key)
      this.later(() => this.#endpoint(end, { type: 'closed', connection: id, error: 'connection-lost' }))
    }
    this.drain()
  }

  #session(end: End, input: SessionInput): void {
    for (const output of end.session.step(input, this.now)) this.#sessionOutput(end, output)
  }

  #sessionOutput(end: End, output: SessionOutput): void {
    if (output.type === 'msrp') this.later(() => this.#endpoint(end, output.input))
    else if (output.type === 'sip') this.#command(end, output.command)
    else this.#event(end, output.event)
  }

  #event(end: End, event: SessionEvent): void {
    end.events.push(event.type === 'octets' ? { ...event, bytes: new Uint8Array(0) } : event)
    if (event.type === 'offer') {
      const accepted = end.choose(event)
      const served = end.serve(event)
      if (accepted !== undefined) this.later(() => this.#session(end, { type: 'command', command: { name: 'answer', accepted, served } }))
    } else if (event.type === 'need-octets' && end.give) {
      const bytes = (end.contents.get(event.fileId) as Uint8Array).subarray(event.position, event.position + event.length)
      this.later(() =>
        this.#session(end, { type: 'command', command: { name: 'octets', fileId: event.fileId, position: event.position, bytes } }),
      )
    } else if (event.type === 'octets') {
      const before = end.received.get(event.fileId) ?? new Uint8Array(0)
      const after = new Uint8Array(Math.max(before.length, event.position + event.bytes.length))
      after.set(before)
      after.set(event.bytes, event.position)
      end.received.set(event.fileId, after)
    } else if (event.type === 'complete') {
      const verdict = end.judge(event.fileId)
      const { fileId } = event
      if (verdict === 'saved') this.later(() => this.#session(end, { type: 'command', command: { name: 'saved', fileId } }))
      else if (verdict !== undefined)
        this.later(() => this.#session(end, { type: 'command', command: { name: 'spoiled', fileId, outcome: { code: verdict } } }))
    }
  }

  #command(end: End, command: UserAgentCommand): void {
    const body = 'body' in command ? command.body : undefined
    const status = 'status' in command ? { status: command.status } : {}
    const headers = ('headers' in command ? command.headers : undefined) ?? []
    this.sip.push({ from: end.name, name: command.name, sdp: body === undefined ? '' : decodeLatin1(body.bytes), headers, ...status })
    if (this.intercept(end, command)) return
    const peer = this.other(end)
    const tell = (to: End, event: UserAgentEvent) => this.later(() => this.#session(to, { type: 'sip', event }))
    const id = peer.name
    switch (command.name) {
      case 'invite':
        tell(peer, {
          name: 'incoming',
          id,
          request: invite(end, command),
          body: command.body,
          remote: { host: '192.0.2.1', port: 5060 },
          transport: 'tcp',
        })
        break
      case 'ring':
        tell(peer, { name: 'provisional', id, status: 180, response: response(180) })
        break
      case 'accept':
        if (this.sip.some(step => step.name === 'offer' && step.from === peer.name))
          tell(peer, { name: 'answered', id, body: command.body })
        else {
          tell(peer, { name: 'established', id, body: command.body, response: response(200), remote: { host: '192.0.2.1', port: 5060 } })
          tell(end, { name: 'confirmed', id: end.name })
        }
        break
      case 'reject':
        if (this.sip.some(step => step.name === 'offer' && step.from === peer.name))
          tell(peer, {
            name: 'refused',
            id,
            status: command.status,
            response: response(command.status, command.headers),
            // SIP-22: the caller waits longer than the called
            ...(command.status === 491 ? { retryAfter: peer === this.alice ? 3000 : 1000 } : {}),
          })
        else
          tell(peer, {
            name: 'rejected',
            id,
            cause: 'response',
            status: command.status,
            response: response(command.status, command.headers),
          })
        break
      case 'offer':
        tell(peer, { name: 'offered', id, body: command.body, method: 'INVITE', request: invite(end, command) })
        break
      case 'cancel':
        tell(peer, { name: 'cancelled', id })
        tell(end, { name: 'rejected', id: end.name, cause: 'cancelled', status: 487 })
        break
      case 'bye':
        if (this.#dialogOver) break
        this.#dialogOver = true
        tell(peer, { name: 'ended', id, by: 'remote', ...(command.reason === undefined ? {} : { reason: command.reason }) })
        break
      default:
    }
  }

  #endpoint(end: End, input: EndpointInput): void {
    for (const output of end.endpoint.step(input, this.now)) this.#endpointOutput(end, output)
  }

  #endpointOutput(end: End, output: EndpointOutput): void {
    const peer = this.other(end)
    switch (output.type) {
      case 'event':
        this.later(() => this.#session(end, { type: 'msrp', event: output.event }))
        break
      case 'need-data':
        this.later(() => this.#session(end, { ...output, type: 'need-data' }))
        break
      case 'trace':
        end.msrp.push(output.entry)
        break
      case 'connect': {
        const id = `in-${this.#nextConnection++}`
        this.#connections.set(`${end.name}/${output.connection}`, { end: peer, id })
        this.#connections.set(`${peer.name}/${id}`, { end, id: output.connection })
        this.later(() => {
          this.#endpoint(peer, { type: 'accepted', connection: id, remote: '192.0.2.1:9' })
          this.#endpoint(end, { type: 'connected', connection: output.connection })
        })
        break
      }
      case 'write': {
        const to = this.#connections.get(`${end.name}/${output.connection}`)
        if (to === undefined) break
        for (const view of output.views) {
          const copy = view.slice()
          this.later(() => {
            if (this.carry(end, copy)) this.#endpoint(to.end, { type: 'bytes', connection: to.id, bytes: copy })
            this.#endpoint(end, { type: 'written', connection: output.connection, length: copy.length })
          })
        }
        break
      }
      case 'close': {
        const to = this.#connections.get(`${end.name}/${output.connection}`)
        this.#connections.delete(`${end.name}/${output.connection}`)
        this.later(() => this.#endpoint(end, { type: 'closed', connection: output.connection }))
        if (to !== undefined) {
          this.#connections.delete(`${to.end.name}/${to.id}`)
          this.later(() => this.#endpoint(to.end, { type: 'closed', connection: to.id }))
        }
      }
    }
  }
}

/** The m-line ports of an SDP text, in order. */
export function ports(sdp: string): number[] {
  return [...sdp.matchAll(/^m=message (\d+)/gm)].map(match => Number(match[1]))
}

/** Values of one attribute over all m-lines. */
export function attribute(sdp: string, name: string): string[] {
  return sdp.split('\r\n').flatMap(line => (line.startsWith(`a=${name}:`) ? [line.slice(name.length + 3)] : []))
}

/** Version in `o=`. */
export function version(sdp: string): number {
  return Number(/^o=\S+ \d+ (\d+)/m.exec(sdp)?.[1])
}

export function request(headers: readonly (readonly [string, string])[]): SipRequest {
  return { kind: 'request', method: 'INVITE', uri: 'sip:bob@home.example', headers: new SipHeaders(headers), body: new Uint8Array(0) }
}

export function response(status: number, headers: readonly (readonly [string, string])[] = []): SipResponse {
  return { kind: 'response', status, reason: 'Test', headers: new SipHeaders(headers), body: new Uint8Array(0) }
}

function invite(end: End, command: UserAgentCommand): SipRequest {
  const headers = ('headers' in command ? command.headers : undefined) ?? []
  return request([['From', `<sip:${end.name}@home.example>;tag=x`], ...headers])
}
