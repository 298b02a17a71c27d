import type { Connection, HostAddress } from '../../src/client/index.js'
import { type VirtualHost, type VirtualNetwork, virtualHost } from '../../src/testkit/index.js'
import { decodeLatin1, encodeLatin1 } from '../../src/wire/index.js'
import { parseAll, type Said } from './msrp-hand.js'
import { header, type LoggedSdp, sdpOf } from './wire-log.js'

const FEATURE = '+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.filetransfer"'

/** One raw connection of the hand peer: what came in, and a way to write. */
export interface Line {
  readonly connection: Connection
  heard: string
  closed: boolean
}

/** A peer without any of our code behind it: the test writes every SIP and MSRP octet. */
export class HandPeer {
  readonly address: string
  readonly host: VirtualHost
  /** SIP messages heard, whole. */
  readonly sip: string[] = []
  /** MSRP connections, accepted and opened, in order. */
  readonly lines: Line[] = []
  /** Answers a request of the client; the default is `answer`. */
  onRequest: (request: string) => string | undefined = request => this.answer(request)
  /** What is done with MSRP octets as they come; default nothing. */
  onMsrp: (line: Line) => void = () => undefined
  #sipLine: Connection | undefined
  #dialled = 0

  constructor(
    readonly network: VirtualNetwork,
    address = '192.0.2.66',
  ) {
    this.address = address
    this.host = virtualHost(network, address)
  }

  async start(): Promise<this> {
    const sip = this.host.listen({ transport: 'tcp', host: this.address, port: 5060, onConnection: c => this.#listenSip(c) })
    const msrp = this.host.listen({ transport: 'tcp', host: this.address, port: 2855, onConnection: c => void this.#adopt(c) })
    this.#listeners = await this.network.until(Promise.all([sip, msrp]))
    return this
  }
  #listeners: { close(): Promise<void> }[] = []

  async stop(): Promise<void> {
    for (const { connection } of this.lines) connection.destroy()
    this.#sipLine?.destroy()
    await this.network.until(Promise.all(this.#listeners.map(listener => listener.close())))
  }

  get uri(): string {
    return `sip:mallory@${this.address}:5060;transport=tcp`
  }

  // --- SIP

  /** Writes SIP text on the connection to the client, which is opened at need. */
  async say(text: string, to: HostAddress = { host: '192.0.2.20', port: 5060 }): Promise<void> {
    if (this.#sipLine === undefined) {
      const opened = await this.network.until(this.host.connect({ transport: 'tcp', ...to }))
      this.#listenSip(opened)
    }
    this.#sipLine?.write([encodeLatin1(text)])
  }

  /** INVITE to Bob; returns what later messages of the dialog need. */
  async invite(body: string, headers: readonly string[] = []): Promise<Dialled> {
    const callId = `hand-${++this.#dialled}`
    const dialled = new Dialled(this, callId)
    await this.say(dialled.request('INVITE', body, [`Accept-Contact: *;${FEATURE}`, ...headers]))
    return dialled
  }

  /** `OK` to everything; an offer gets an answer that takes every file. */
  answer(request: string, change: (body: string) => string = body => body): string {
    const offer = sdpOf(request)
    return this.respond(request, '200 OK', offer === undefined ? '' : change(this.answerBody(offer)))
  }

  respond(request: string, status: string, body = '', headers: readonly string[] = []): string {
    const to = header(request, 'To') ?? ''
    return [
      `SIP/2.0 ${status}`,
      ...request.split('\r\n').filter(line => /^via:/i.test(line)),
      `From: ${header(request, 'From')}`,
      `To: ${to.includes(';tag=') ? to : `${to};tag=hand`}`,
      `Call-ID: ${header(request, 'Call-ID')}`,
      `CSeq: ${header(request, 'CSeq')}`,
      `Contact: <${this.uri}>`,
      ...headers,
      ...(body === '' ? [] : ['Content-Type: application/sdp']),
      `Content-Length: ${body.length}`,
      '',
      body,
    ].join('\r\n')
  }

  answerBody(offer: LoggedSdp): string {
    const media = offer.media.flatMap(({ port, selector, transferId }, index) => [
      `m=message ${port === 0 ? 0 : 2855} TCP/MSRP *`,
      'a=recvonly',
      'a=setup:passive',
      'a=accept-types:message/cpim *',
      `a=path:msrp://${this.address}:2855/handsession${index}aaaaaaaa;tcp`,
      `a=file-selector:${selector}`,
      `a=file-transfer-id:${transferId}`,
    ])
    return sdp(this.address, media, this.#version++)
  }
  #version = 1

  /** Requests of one method that were heard. */
  requests(method: string): string[] {
    return this.sip.filter(text => text.startsWith(`${method} `))
  }

  /** Final responses heard to INVITEs of ours, in order. */
  finals(method = 'INVITE'): number[] {
    return this.responses(method).filter(status => status >= 200)
  }

  responses(method = 'INVITE'): number[] {
    return this.sip
      .filter(text => text.startsWith('SIP/2.0 ') && header(text, 'CSeq')?.endsWith(method))
      .map(text => Number(text.slice(8, 11)))
  }

  /** The last response to an INVITE with this status. */
  response(status: number): string | undefined {
    return this.sip.filter(text => text.startsWith(`SIP/2.0 ${status}`)).at(-1)
  }

  #listenSip(connection: Connection): void {
    this.#sipLine = connection
    let heard = ''
    connection.start({
      onBytes: bytes => {
        heard += decodeLatin1(bytes)
        for (;;) {
          heard = heard.replace(/^[\r\n]+/, '')
          const end = heard.indexOf('\r\n\r\n')
          if (end < 0) return
          const length = Number(header(heard, 'Content-Length') ?? 0)
          if (heard.length < end + 4 + length) return
          const text = heard.slice(0, end + 4 + length)
          heard = heard.slice(end + 4 + length)
          this.#take(text, connection)
        }
      },
      onWritten: () => undefined,
      onClosed: () => {
        if (this.#sipLine === connection) this.#sipLine = undefined
      },
    })
  }

  #take(text: string, connection: Connection): void {
    this.sip.push(text)
    if (text.startsWith('SIP/2.0 ') || text.startsWith('ACK ')) return
    const reply = this.onRequest(text)
    if (reply !== undefined) connection.write([encodeLatin1(reply)])
  }

  // --- MSRP

  /** Opens an MSRP connection to the client whose `path` is given. */
  async open(path: string): Promise<Line> {
    const [, host = '', port = ''] = /^msrp:\/\/([^:]+):(\d+)\//.exec(path) ?? []
    return this.#adopt(await this.network.until(this.host.connect({ transport: 'tcp', host, port: Number(port) })))
  }

  write(line: Line, text: string): void {
    line.connection.write([encodeLatin1(text)])
  }

  /** Whole MSRP messages heard on a connection. */
  said(line: Line | undefined): Said[] {
    return line === undefined ? [] : parseAll(line.heard)
  }

  #adopt(connection: Connection): Line {
    const line: Line = { connection, heard: '', closed: false }
    this.lines.push(line)
    connection.start({
      onBytes: bytes => {
        line.heard += decodeLatin1(bytes)
        this.onMsrp(line)
      },
      onWritten: () => undefined,
      onClosed: () => {
        line.closed = true
      },
    })
    return line
  }
}

/** A dialog the hand peer started. */
export class Dialled {
  #cseq = 0
  #branches = 0

  constructor(
    readonly peer: HandPeer,
    readonly callId: string,
  ) {}

  request(method: string, body = '', headers: readonly string[] = []): string {
    const { peer, callId } = this
    const isAck = method === 'ACK' || method === 'CANCEL'
    if (!isAck) this.#cseq++
    const final = this.lastTo
    const branch = method === 'CANCEL' ? this.#branches : ++this.#branches
    return [
      `${method} sip:bob@192.0.2.20:5060;transport=tcp SIP/2.0`,
      `Via: SIP/2.0/TCP ${peer.address}:5060;branch=z9hG4bK${callId}x${branch};rport`,
      'Max-Forwards: 70',
      `From: <sip:mallory@${peer.address}>;tag=m1`,
      `To: ${final ?? '<sip:bob@192.0.2.20>'}`,
      `Call-ID: ${callId}`,
      `CSeq: ${this.#cseq} ${method}`,
      `Contact: <${peer.uri}>`,
      ...headers,
      ...(body === '' || headers.some(each => /^content-type/i.test(each)) ? [] : ['Content-Type: application/sdp']),
      `Content-Length: ${body.length}`,
      '',
      body,
    ].join('\r\n')
  }

  get lastTo(): string | undefined {
    const answer = this.peer.sip.find(text => text.startsWith('SIP/2.0 2') && header(text, 'Call-ID') === this.callId)
    return answer === undefined ? undefined : header(answer, 'To')
  }

  /** The answer Bob gave to the INVITE. */
  get answer(): LoggedSdp | undefined {
    const answers = this.peer.sip.filter(text => text.startsWith('SIP/2.0 200') && header(text, 'Call-ID') === this.callId)
    return answers.map(sdpOf).find(found => found !== undefined)
  }

  /** Path of Bob's m-line. */
  path(index = 0): string {
    return this.answer?.media[index]?.path ?? ''
  }

  ack(): Promise<void> {
    return this.peer.say(this.request('ACK'))
  }

  send(method: string, body = '', headers: readonly string[] = []): Promise<void> {
    return this.peer.say(this.request(method, body, headers))
  }
}

export function sdp(address: string, media: readonly string[], version = 1): string {
  return ['v=0', `o=mallory 771200 ${version} IN IP4 ${address}`, 's=-', `c=IN IP4 ${address}`, 't=0 0', ...media, ''].join('\r\n')
}

export interface OfferedLine {
  readonly name?: string
  readonly size?: number | string
  readonly sha1?: string
  readonly type?: string
  readonly id?: string
  readonly session?: string
  readonly port?: number
  readonly more?: readonly string[]
}

/** The m-line of a pushed file; the path names the hand peer's own session. */
export function fileLine(line: OfferedLine = {}, address = '192.0.2.66'): string[] {
  const { name = 'a.txt', size, sha1, type = 'text/plain', id = 'id1x83LmQz0TtY7bWc5RnV2eHd9GjA64', session = 'mallorysession0001' } = line
  const selector = [`name:"${name}"`, `type:${type}`]
  if (size !== undefined) selector.push(`size:${size}`)
  if (sha1 !== undefined) selector.push(`hash:sha-1:${sha1}`)
  return [
    `m=message ${line.port ?? 2855} TCP/MSRP *`,
    'a=sendonly',
    'a=setup:actpass',
    'a=accept-types:message/cpim *',
    `a=path:${ownPath(session, address)}`,
    `a=file-selector:${selector.join(' ')}`,
    `a=file-transfer-id:${id}`,
    ...(line.more ?? []),
  ]
}

export function ownPath(session = 'mallorysession0001', address = '192.0.2.66'): string {
  return `msrp://${address}:2855/${session};tcp`
}
