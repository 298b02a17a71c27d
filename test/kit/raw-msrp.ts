import { connect, type Socket } from 'node:net'

/** One MSRP message as it came. */
export interface RawMessage {
  /** `MSRP a786hjs2 SEND` */
  readonly start: string
  readonly tid: string
  readonly head: string
  readonly flag: string
}

/** An MSRP connection on a real socket, opened to the address of a peer; the test writes every octet. */
export class RawMsrp {
  readonly heard: RawMessage[] = []
  closed = false
  /** What it says to a request; nothing without. */
  onRequest: (message: RawMessage) => string | undefined = () => undefined
  #waiting = ''

  private constructor(
    readonly socket: Socket,
    readonly to: string,
    readonly from: string,
  ) {
    socket.on('error', () => {})
    socket.on('close', () => {
      this.closed = true
    })
    socket.on('data', data => this.#take(data.toString('latin1')))
  }

  /** @param to path of the peer, @param from own path */
  static async open(to: string, from: string): Promise<RawMsrp> {
    const [, host = '', port = ''] = /^msrp:\/\/([\d.]+):(\d+)\//.exec(to) ?? []
    const socket = connect(Number(port), host)
    await new Promise<void>((resolve, reject) => socket.once('connect', resolve).once('error', reject))
    return new RawMsrp(socket, to, from)
  }

  say(text: string): void {
    if (!this.closed) this.socket.write(text, 'latin1')
  }

  /** One SEND; without a body the one that binds the connection (RFC 4975 §5.4). */
  send(tid: string, range: string, body?: string, { flag = '$', type = 'message/cpim', id = 'raw-1' } = {}): void {
    const lines = [`MSRP ${tid} SEND`, `To-Path: ${this.to}`, `From-Path: ${this.from}`, `Message-ID: ${id}`, `Byte-Range: ${range}`]
    const rest = body === undefined ? '' : `Success-Report: yes\r\nContent-Type: ${type}\r\n\r\n${body}\r\n`
    this.say(`${lines.join('\r\n')}\r\n${rest}-------${tid}${flag}\r\n`)
  }

  /** `200 OK` and the like to a request. */
  respond(message: RawMessage, status: string): string {
    return `MSRP ${message.tid} ${status}\r\nTo-Path: ${this.to}\r\nFrom-Path: ${this.from}\r\n-------${message.tid}$\r\n`
  }

  report(id: string, range: string, status = '000 200 OK'): void {
    const lines = ['MSRP rawreport REPORT', `To-Path: ${this.to}`, `From-Path: ${this.from}`, `Message-ID: ${id}`, `Byte-Range: ${range}`]
    this.say(`${lines.join('\r\n')}\r\nStatus: ${status}\r\n-------rawreport$\r\n`)
  }

  /** Status of the response to one of ours; 0 while there is none. */
  statusOf(tid: string): number {
    const found = this.heard.find(message => message.tid === tid && /^MSRP \S+ \d{3}/.test(message.start))
    return Number(found?.start.split(' ')[2] ?? 0)
  }

  #take(text: string): void {
    this.#waiting += text
    for (;;) {
      const tid = /^MSRP (\S+) /.exec(this.#waiting)?.[1]
      const end = tid === undefined ? -1 : this.#waiting.indexOf(`\r\n-------${tid}`)
      if (tid === undefined || end < 0 || this.#waiting.length < end + tid.length + 12) return
      const whole = this.#waiting.slice(0, end)
      const flag = this.#waiting[end + 9 + tid.length] ?? ''
      this.#waiting = this.#waiting.slice(end + tid.length + 12)
      const blank = whole.indexOf('\r\n\r\n')
      const head = blank < 0 ? whole : whole.slice(0, blank)
      const message = { start: head.split('\r\n')[0] ?? '', tid, head, flag }
      this.heard.push(message)
      const reply = / (SEND|REPORT)$/.test(message.start) ? this.onRequest(message) : undefined
      if (reply !== undefined) this.say(reply)
    }
  }
}
