import { createHash } from 'node:crypto'
import { createSocket, type Socket as UdpSocket } from 'node:dgram'
import { connect, type Socket } from 'node:net'

/** What a request written by hand is made of. */
export interface RawRequest {
  readonly method: string
  readonly uri: string
  /** User part and domain of From: `alice@cpm.test`. */
  readonly from: string
  /** Address of To; that of the request without it. */
  readonly to?: string
  readonly headers?: readonly string[]
  readonly body?: string
  readonly callId?: string
  readonly cseq?: number
}

/** A SIP peer of few words on a real socket, written without the code under test: the test writes every octet, or lets it log in. */
export class RawSip {
  /** Every message that came, whole. */
  readonly heard: string[] = []
  /** What it says to a request; nothing without. */
  onRequest: (request: string) => string | readonly string[] | undefined = () => undefined
  /** The other side closed the connection. */
  closed = false
  #waiting = ''
  #count = 0
  readonly #finals = new Map<string, (response: string) => void>()
  readonly #name = `raw${process.pid}x${nextName++}`

  private constructor(
    readonly local: { readonly host: string; readonly port: number },
    readonly transport: 'tcp' | 'udp',
    private readonly write: (text: string) => void,
    private readonly end: () => void,
  ) {}

  /** @param from address of this machine to come from */
  static async tcp(port: number, from = '127.0.0.1'): Promise<RawSip> {
    const socket: Socket = connect({ port, host: '127.0.0.1', localAddress: from })
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    const peer = new RawSip(
      { host: from, port: socket.localPort ?? 0 },
      'tcp',
      text => void socket.write(text, 'latin1'),
      () => socket.destroy(),
    )
    socket.on('error', () => {})
    socket.on('close', () => {
      peer.closed = true
    })
    socket.on('data', data => peer.#take(data.toString('latin1')))
    return peer
  }

  static async udp(port: number, from = '127.0.0.1'): Promise<RawSip> {
    const socket: UdpSocket = createSocket('udp4')
    await new Promise<void>(resolve => socket.bind(0, from, resolve))
    const peer = new RawSip(
      { host: from, port: socket.address().port },
      'udp',
      text => socket.send(Buffer.from(text, 'latin1'), port, '127.0.0.1', () => {}),
      () => socket.close(),
    )
    socket.on('error', () => {})
    socket.on('message', data => peer.#message(data.toString('latin1')))
    return peer
  }

  /** For the `Contact` of this peer. */
  get address(): string {
    return `${this.local.host}:${this.local.port};transport=${this.transport}`
  }

  say(text: string): void {
    if (!this.closed) this.write(text)
  }

  close(): void {
    if (!this.closed) this.end()
    this.closed = true
  }

  /** Requests of one method that came. */
  requests(method: string): string[] {
    return this.heard.filter(text => text.startsWith(`${method} `))
  }

  request(request: RawRequest): string {
    const { method, uri, from, to = uri, headers = [], body = '', callId = `${this.#name}c${++this.#count}`, cseq = 1 } = request
    return [
      `${method} ${uri} SIP/2.0`,
      `Via: SIP/2.0/${this.transport.toUpperCase()} ${this.local.host}:${this.local.port};rport;branch=z9hG4bK${callId}x${cseq}${method === 'ACK' ? 'a' : ''}`,
      'Max-Forwards: 70',
      `From: <sip:${from}>;tag=raw1`,
      `To: <${to}>`,
      `Call-ID: ${callId}`,
      `CSeq: ${cseq} ${method}`,
      ...(headers.some(line => /^contact:/i.test(line)) ? [] : [`Contact: <sip:${from.slice(0, from.indexOf('@'))}@${this.address}>`]),
      ...headers,
      `Content-Length: ${Buffer.byteLength(body, 'latin1')}`,
      '',
      body,
    ].join('\r\n')
  }

  /** Sends it and gives the final response; an INVITE that failed is acknowledged. Empty when none comes in time. */
  async ask(request: RawRequest, milliseconds = 10_000): Promise<string> {
    const callId = request.callId ?? `${this.#name}c${++this.#count}`
    const cseq = request.cseq ?? 1
    const whole = { ...request, callId, cseq }
    const answer = this.final(callId, cseq, milliseconds)
    this.say(this.request(whole))
    const response = await answer
    // RFC 3261 §17.1.1.3: the transaction of the INVITE
    if (request.method === 'INVITE' && statusOf(response) >= 300)
      this.say(
        this.request({ ...whole, method: 'ACK', headers: [], body: '' })
          .replace(/branch=(\S+?)a\r/, 'branch=$1\r')
          .replace(/^To: .*$/m, `To: ${headerOf(response, 'To')}`),
      )
    return response
  }

  /** As `ask`, with the answer to the challenge. */
  async askAs(password: string, request: RawRequest, milliseconds = 10_000): Promise<string> {
    const callId = request.callId ?? `${this.#name}c${++this.#count}`
    const cseq = request.cseq ?? 1
    const first = await this.ask({ ...request, callId, cseq }, milliseconds)
    const credentials = credentialsFor(first, request, password)
    if (credentials === undefined) return first
    return this.ask({ ...request, callId, cseq: cseq + 1, headers: [...(request.headers ?? []), credentials] }, milliseconds)
  }

  /** The final response to a request; empty when none comes in time. */
  final(callId: string, cseq: number, milliseconds = 10_000): Promise<string> {
    return new Promise(resolve => {
      const timer = setTimeout(() => this.#settle(`${callId} ${cseq}`, ''), milliseconds)
      this.#finals.set(`${callId} ${cseq}`, response => {
        clearTimeout(timer)
        resolve(response)
      })
    })
  }

  /** `200 OK` and the like to a request. */
  respond(request: string, status: string, headers: readonly string[] = [], body = ''): string {
    const to = headerOf(request, 'To')
    return [
      `SIP/2.0 ${status}`,
      ...request.split('\r\n').filter(line => /^(via|record-route):/i.test(line)),
      `From: ${headerOf(request, 'From')}`,
      `To: ${to.includes(';tag=') ? to : `${to};tag=raw2`}`,
      `Call-ID: ${headerOf(request, 'Call-ID')}`,
      `CSeq: ${headerOf(request, 'CSeq')}`,
      `Contact: <sip:raw@${this.address}>`,
      ...headers,
      `Content-Length: ${Buffer.byteLength(body, 'latin1')}`,
      '',
      body,
    ].join('\r\n')
  }

  #take(text: string): void {
    this.#waiting += text
    for (;;) {
      this.#waiting = this.#waiting.replace(/^[\r\n]+/, '')
      const end = this.#waiting.indexOf('\r\n\r\n')
      if (end < 0) return
      const length = end + 4 + Number(headerOf(this.#waiting.slice(0, end + 2), 'Content-Length') || 0)
      if (this.#waiting.length < length) return
      const message = this.#waiting.slice(0, length)
      this.#waiting = this.#waiting.slice(length)
      this.#message(message)
    }
  }

  #message(text: string): void {
    this.heard.push(text)
    const status = statusOf(text)
    if (status >= 200) this.#settle(`${headerOf(text, 'Call-ID')} ${Number.parseInt(headerOf(text, 'CSeq'), 10)}`, text)
    if (status > 0 || text.startsWith('ACK ')) return
    const replies = this.onRequest(text) ?? []
    for (const reply of typeof replies === 'string' ? [replies] : replies) this.say(reply)
  }

  #settle(key: string, response: string): void {
    this.#finals.get(key)?.(response)
    this.#finals.delete(key)
  }
}

let nextName = 1

/** Status of a response; 0 for anything else. */
export function statusOf(text: string): number {
  return text.startsWith('SIP/2.0 ') ? Number(text.slice(8, 11)) : 0
}

export function headerOf(text: string, name: string): string {
  return new RegExp(`^${name}\\s*:\\s*(.*?)\\r?$`, 'im').exec(text)?.[1] ?? ''
}

/** Header line that answers a 401 or 407 with MD5; undefined for any other response. @param count how often the challenge was used */
export function credentialsFor(response: string, { method, uri, from }: RawRequest, password: string, count = 1): string | undefined {
  const proxy = statusOf(response) === 407
  if (!proxy && statusOf(response) !== 401) return undefined
  const challenge = response.split('\r\n').find(line => /^(www|proxy)-authenticate:/i.test(line) && /algorithm=MD5/i.test(line)) ?? ''
  const part = (name: string): string => new RegExp(`${name}="([^"]*)"`).exec(challenge)?.[1] ?? ''
  const [username, realm, nonce] = [from.slice(0, from.indexOf('@')), part('realm'), part('nonce')]
  const md5 = (text: string): string => createHash('md5').update(text).digest('hex')
  const nc = count.toString(16).padStart(8, '0')
  const digest = md5(`${md5(`${username}:${realm}:${password}`)}:${nonce}:${nc}:c0ffee:auth:${md5(`${method}:${uri}`)}`)
  const fields = `username="${username}", realm="${realm}", nonce="${nonce}", uri="${uri}", response="${digest}"`
  return `${proxy ? 'Proxy-' : ''}Authorization: Digest ${fields}, algorithm=MD5, qop=auth, nc=${nc}, cnonce="c0ffee"`
}
