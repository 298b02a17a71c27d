import { CpmSession, type SessionEvent, type SessionInput, type SessionOutput, type SessionSettings } from '../../src/cpm/index.js'
import type { EndpointInput } from '../../src/msrp/index.js'
import type { Body, UserAgentCommand, UserAgentEvent } from '../../src/sip/index.js'
import { decodeLatin1, encodeLatin1 } from '../../src/wire/index.js'
import { seededRandom } from './random.js'
import { request, response } from './session-pair.js'

/** SHA-1 of the files of Appendix D.2 as `hash:` selectors. */
export const NOTES_HASH = 'hash:sha-1:1F:0C:8F:FB:EE:81:5B:F5:49:F0:83:1E:9C:0B:9E:5E:3D:AD:B8:BD'
export const HELLO_HASH = 'hash:sha-1:98:FD:44:A3:31:BA:72:2D:28:CB:C5:DF:70:87:54:14:1C:D5:A8:D7'
export const EMPTY_HASH = 'hash:sha-1:DA:39:A3:EE:5E:6B:4B:0D:32:55:BF:EF:95:60:18:90:AF:D8:07:09'
export const NOTES_SELECTOR = `name:"notes.txt" type:text/plain size:4400 ${NOTES_HASH}`

export const ICSI = 'urn:urn-7:3gpp-service.ims.icsi.oma.cpm.filetransfer'

/** One file m-line as the peer writes it; undefined leaves an attribute out. */
export interface LineText {
  port?: number
  protocol?: string
  direction?: string | undefined
  setup?: string | undefined
  cema?: boolean
  acceptTypes?: string | undefined
  path?: string | undefined
  selector?: string | undefined
  id?: string | undefined
  more?: readonly string[]
}

export function fileLine(text: LineText = {}): string {
  const line = {
    port: 2855,
    protocol: 'TCP/MSRP',
    direction: 'sendonly',
    setup: 'actpass',
    cema: true,
    acceptTypes: 'message/cpim *',
    path: 'msrp://192.0.2.10:2855/aQ7mZ2kLx9RtVb4Ns1Yc;tcp',
    selector: NOTES_SELECTOR,
    id: 'f1Kx83LmQz0TtY7bWc5RnV2eHd9GjA64',
    ...text,
  }
  const valued = (name: string, value: string | undefined) => (value === undefined ? [] : [`a=${name}:${value}`])
  return [
    `m=message ${line.port} ${line.protocol} *`,
    ...(line.direction === undefined ? [] : [`a=${line.direction}`]),
    ...valued('setup', line.setup),
    ...(line.cema ? ['a=msrp-cema'] : []),
    ...valued('accept-types', line.acceptTypes),
    ...valued('path', line.path),
    ...valued('file-selector', line.selector),
    ...valued('file-transfer-id', line.id),
    ...(line.more ?? []),
  ].join('\r\n')
}

let sdpVersion = 0
export function sdp(...lines: readonly string[]): string {
  return `v=0\r\no=peer 77 ${++sdpVersion} IN IP4 192.0.2.10\r\ns=-\r\nc=IN IP4 192.0.2.10\r\nt=0 0\r\n${lines.join('\r\n')}\r\n`
}

export function sdpBody(text: string, contentType = 'application/sdp'): Body {
  return { contentType, bytes: encodeLatin1(text) }
}

/** One CPM session whose peer is played by the test, SIP event for SIP event and MSRP event for MSRP event. */
export class LoneSession {
  readonly session: CpmSession
  readonly sip: UserAgentCommand[] = []
  readonly msrp: EndpointInput[] = []
  readonly events: SessionEvent[] = []
  now = 1000

  constructor(settings: Partial<SessionSettings> = {}) {
    this.session = new CpmSession({
      id: 'bob',
      ownUri: 'sip:bob@home2.example',
      peerUri: 'sip:alice@home1.example',
      media: { host: '192.0.2.20', port: 2855 },
      random: seededRandom(42),
      releaseTimer: 30_000,
      ringTimeout: 120_000,
      successReport: true,
      failureReport: 'yes',
      dateTime: () => '2024-05-04T12:16:49Z',
      ...settings,
    })
  }

  step(input: SessionInput): SessionOutput[] {
    const outputs = this.session.step(input, this.now)
    for (const output of outputs) {
      if (output.type === 'sip') this.sip.push(output.command)
      else if (output.type === 'msrp') this.msrp.push(output.input)
      else this.events.push(output.event)
    }
    return outputs
  }

  event(event: UserAgentEvent): SessionOutput[] {
    return this.step({ type: 'sip', event })
  }

  incoming(body: Body | string | undefined, headers: readonly (readonly [string, string])[] = [['P-Preferred-Service', ICSI]]): void {
    this.event({
      name: 'incoming',
      id: 'bob',
      request: request([['From', '<sip:alice@home1.example>;tag=1'], ...headers]),
      body: typeof body === 'string' ? sdpBody(body) : body,
      remote: { host: '192.0.2.10', port: 5060 },
      transport: 'tcp',
    })
  }

  offered(text: string): void {
    this.event({ name: 'offered', id: 'bob', body: sdpBody(text), method: 'INVITE', request: request([]) })
  }

  answered(text: string): void {
    if (this.session.state === 'inviting' || this.session.state === 'cancelling')
      this.event({
        name: 'established',
        id: 'bob',
        body: sdpBody(text),
        response: response(200),
        remote: { host: '192.0.2.10', port: 5060 },
      })
    else this.event({ name: 'answered', id: 'bob', body: sdpBody(text) })
  }

  /** The user accepts these places of the last offer, or all of them. */
  answer(places?: readonly number[]): void {
    const files = this.offer?.files ?? []
    const chosen = places === undefined ? files : places.map(place => files[place])
    this.step({ type: 'command', command: { name: 'answer', accepted: chosen.map(file => file?.fileId ?? '') } })
  }

  get offer(): (SessionEvent & { type: 'offer' }) | undefined {
    return [...this.events].reverse().find((event): event is SessionEvent & { type: 'offer' } => event.type === 'offer')
  }

  /** SDP of the last SIP command that had one. */
  get sdp(): string {
    const command = [...this.sip].reverse().find(command => 'body' in command && command.body !== undefined)
    return command !== undefined && 'body' in command && command.body !== undefined ? decodeLatin1(command.body.bytes) : ''
  }

  get last(): UserAgentCommand | undefined {
    return this.sip.at(-1)
  }

  /** Status and Warning of the last command if it is a refusal. */
  get refusal(): string {
    const command = this.last
    if (command?.name !== 'reject') return 'none'
    const warning = command.headers?.find(([name]) => name === 'Warning')?.[1]
    return warning === undefined ? `${command.status}` : `${command.status} ${warning}`
  }

  states(fileId: string): string[] {
    return this.events.flatMap(event => (event.type === 'file' && event.fileId === fileId ? [event.state] : []))
  }

  /** Moves the clock, firing each deadline. */
  run(milliseconds: number): void {
    const end = this.now + milliseconds
    for (let at = this.session.deadline; at !== undefined && at <= end; at = this.session.deadline) {
      this.now = Math.max(this.now, at)
      this.step({ type: 'timeout' })
    }
    this.now = end
  }
}
