import { createHash } from 'node:crypto'
import {
  type BodyAndContentType,
  type Invitation,
  Inviter,
  Registerer,
  type SessionDescriptionHandler,
  SessionState,
  UserAgent,
} from 'sip.js'
import type { IncomingResponse } from 'sip.js/lib/core/messages/incoming-response.js'
import type { BareMsrp } from './bare-msrp.js'

export interface OfferedOctets {
  readonly name: string
  readonly octets: Buffer
}

/** RFC 5547 in a SIP.js session, by hand: answers file m-lines, or offers one file. */
export class MsrpDescriptions implements SessionDescriptionHandler {
  /** What the other side said, in order. */
  readonly remote: string[] = []
  /** What we said. */
  readonly local: string[] = []
  /** Our path in the first description. */
  path = ''
  #version = 0

  constructor(
    private readonly msrp: BareMsrp,
    private readonly file: OfferedOctets | undefined,
  ) {}

  close(): void {}

  hasDescription(contentType: string): boolean {
    return contentType.toLowerCase() === 'application/sdp'
  }

  async setDescription(sdp: string): Promise<void> {
    this.remote.push(sdp)
  }

  async getDescription(): Promise<BodyAndContentType> {
    const offer = this.remote.at(-1)
    const media =
      offer === undefined
        ? this.#offer()
        : offer
            .split(/^(?=m=)/m)
            .slice(1)
            .map(line => this.#answer(line))
    const head = ['v=0', `o=- 1 ${++this.#version} IN IP4 127.0.0.1`, 's=-', 'c=IN IP4 127.0.0.1', 't=0 0']
    const body = `${[...head, ...media.flat()].join('\r\n')}\r\n`
    this.local.push(body)
    return { body, contentType: 'application/sdp' }
  }

  sendDtmf(): boolean {
    return false
  }

  #offer(): string[] {
    if (this.file === undefined) return ['m=audio 49170 RTP/AVP 0', 'a=sendrecv']
    const { name, octets } = this.file
    const hash = createHash('sha1')
      .update(octets)
      .digest('hex')
      .toUpperCase()
      .replaceAll(/..(?=.)/g, '$&:')
    this.path = this.msrp.newPath()
    return [
      `m=message ${this.msrp.port} TCP/MSRP *`,
      'a=sendonly',
      'a=accept-types:application/octet-stream',
      `a=path:${this.path}`,
      `a=file-selector:name:"${name}" type:application/octet-stream size:${octets.length} hash:sha-1:${hash}`,
      'a=file-transfer-id:SipJsPeerTransferId1',
    ]
  }

  #answer(line: string): string[] {
    const lines = line.trim().split('\r\n')
    const copied = lines.filter(text => text.startsWith('a=file-selector:') || text.startsWith('a=file-transfer-id:'))
    if (line.startsWith('m=message 0 ')) return ['m=message 0 TCP/MSRP *', ...copied]
    if (this.path === '') this.path = this.msrp.newPath()
    return [`m=message ${this.msrp.port} TCP/MSRP *`, 'a=recvonly', 'a=accept-types:*', `a=path:${this.path}`, ...copied]
  }
}

/** SIP.js, registered over WebSocket. */
export class SipJsPeer {
  readonly invitations: Invitation[] = []
  readonly descriptions: MsrpDescriptions[] = []
  /** The next call offers this; an audio line when undefined. */
  file: OfferedOctets | undefined
  readonly agent: UserAgent
  readonly #registerer: Registerer

  constructor(
    readonly msrp: BareMsrp,
    account: { readonly aor: string; readonly password: string; readonly server: string },
  ) {
    const uri = UserAgent.makeURI(account.aor)
    if (uri === undefined) throw new Error(account.aor)
    this.agent = new UserAgent({
      uri,
      authorizationUsername: uri.user ?? '',
      authorizationPassword: account.password,
      transportOptions: { server: account.server },
      logLevel: 'error',
      logBuiltinEnabled: false,
      sessionDescriptionHandlerFactory: () => {
        const descriptions = new MsrpDescriptions(msrp, this.file)
        this.descriptions.push(descriptions)
        return descriptions
      },
      delegate: { onInvite: invitation => void this.invitations.push(invitation) },
    })
    this.#registerer = new Registerer(this.agent)
  }

  async start(): Promise<this> {
    await this.agent.start()
    await new Promise<void>((resolve, reject) => {
      const requestDelegate = { onAccept: () => resolve(), onReject: () => reject(new Error('not registered')) }
      this.#registerer.register({ requestDelegate }).catch(reject)
    })
    return this
  }

  /** Calls with `file`. Resolves with the session once the call is answered; rejects with the status. */
  async call(aor: string): Promise<{ readonly session: Inviter; readonly descriptions: MsrpDescriptions }> {
    const target = UserAgent.makeURI(aor)
    if (target === undefined) throw new Error(aor)
    const session = new Inviter(this.agent, target)
    const established = new Promise<void>(resolve =>
      session.stateChange.addListener(state => state === SessionState.Established && resolve()),
    )
    const refused = new Promise<never>((_, reject) => {
      const onReject = ({ message }: IncomingResponse) => reject(new Error(`${message.statusCode}`))
      session.invite({ requestDelegate: { onReject } }).catch(reject)
    })
    await Promise.race([established, refused])
    const descriptions = this.descriptions.at(-1)
    if (descriptions === undefined) throw new Error('no description')
    return { session, descriptions }
  }

  async stop(): Promise<void> {
    await this.agent.stop()
  }
}
