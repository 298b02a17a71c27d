import { createServer, connect as netConnect, type Server, type Socket } from 'node:net'

/** An MSRP endpoint of few words over plain TCP, written without the code under test: takes messages whole, sends one chunk at a time. */
export class BareMsrp {
  /** Message-ID -> octets. */
  readonly messages = new Map<string, Buffer>()
  /** First lines and headers of what came, in order. */
  readonly heads: string[] = []
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #answered = new Map<string, (status: string) => void>()
  #count = 0

  private constructor(server: Server) {
    this.#server = server
    server.on('connection', socket => this.#adopt(socket))
  }

  static async start(): Promise<BareMsrp> {
    const server = createServer()
    await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
    return new BareMsrp(server)
  }

  get port(): number {
    return (this.#server.address() as { port: number }).port
  }

  newPath(): string {
    return `msrp://127.0.0.1:${this.port}/bare${++this.#count}x${process.pid};tcp`
  }

  /** Connects to the URI and sends the file in chunks, each after the answer to the one before. @returns the statuses */
  async send(path: { readonly from: string; readonly to: string }, type: string, file: Buffer): Promise<string[]> {
    const [, host, port] = /^msrp:\/\/([\d.]+):(\d+)\//.exec(path.to) ?? []
    const socket = netConnect(Number(port), host)
    this.#adopt(socket)
    const statuses: string[] = []
    const size = 30_000
    for (let at = 0; at < file.length; at += size) {
      const body = file.subarray(at, at + size)
      const tid = `bare${++this.#count}t`
      const head = [
        `MSRP ${tid} SEND`,
        `To-Path: ${path.to}`,
        `From-Path: ${path.from}`,
        'Message-ID: bare-file-1',
        `Byte-Range: ${at + 1}-${at + body.length}/${file.length}`,
        'Success-Report: yes',
        `Content-Type: ${type}`,
      ]
      const flag = at + size >= file.length ? '$' : '+'
      const answer = new Promise<string>(resolve => this.#answered.set(tid, resolve))
      socket.write(Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body, Buffer.from(`\r\n-------${tid}${flag}\r\n`)]))
      statuses.push(await answer)
    }
    return statuses
  }

  async close(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy()
    await new Promise(resolve => this.#server.close(resolve))
  }

  #adopt(socket: Socket): void {
    this.#sockets.add(socket)
    let waiting: Buffer = Buffer.alloc(0)
    socket.on('error', () => {})
    socket.on('data', data => {
      waiting = Buffer.concat([waiting, data])
      for (let used = this.#take(waiting, socket); used > 0; used = this.#take(waiting, socket)) waiting = waiting.subarray(used)
    })
  }

  /** @returns octets of the first message, 0 when it is not complete */
  #take(octets: Buffer, socket: Socket): number {
    const tid = /^MSRP (\S+) /.exec(octets.toString('latin1', 0, 80))?.[1]
    if (tid === undefined) return 0
    const end = octets.indexOf(`-------${tid}`, 0, 'latin1')
    const length = end + 7 + tid.length + 3
    if (end < 0 || octets.length < length) return 0
    const blank = octets.indexOf('\r\n\r\n')
    const hasBody = blank >= 0 && blank < end
    const head = octets.toString('latin1', 0, hasBody ? blank : end)
    this.heads.push(head)
    const header = (name: string) => new RegExp(`^${name}: (.*?)\\r?$`, 'm').exec(head)?.[1] ?? ''
    const [, , word = ''] = head.split(/[ \r]/)
    if (/^\d+$/.test(word)) this.#answered.get(tid)?.(word)
    else if (word === 'SEND') {
      const body = hasBody ? Buffer.from(octets.subarray(blank + 4, end - 2)) : Buffer.alloc(0)
      const write = (start: string, lines: readonly string[]) =>
        socket.write(
          `${[start, `To-Path: ${header('From-Path')}`, `From-Path: ${header('To-Path')}`, ...lines].join('\r\n')}\r\n-------${start.split(' ')[1]}$\r\n`,
        )
      write(`MSRP ${tid} 200 OK`, [])
      if (hasBody) {
        const id = header('Message-ID')
        const start = Number(header('Byte-Range').split('-')[0]) - 1
        this.messages.set(id, Buffer.concat([(this.messages.get(id) ?? Buffer.alloc(0)).subarray(0, start), body]))
        const size = this.messages.get(id)?.length ?? 0
        if (octets[length - 3] === 0x24 && header('Success-Report') === 'yes')
          write(`MSRP rep${++this.#count}o REPORT`, [`Message-ID: ${id}`, `Byte-Range: 1-${size}/${size}`, 'Status: 000 200 OK'])
      }
    }
    return length
  }
}
