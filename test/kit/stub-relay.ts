import { type Hand, parseAll, type Said } from './msrp-hand.js'

/** Where the relay delivers octets: one connection of one endpoint. */
export interface RelayClient {
  readonly hand: Hand
  readonly connection: string
}

/**
 * An MSRP relay (RFC 4976 §6) of few words: lets everybody in, answers each SEND itself, forwards it in other chunks, and answers
 * a batch of SENDs in reverse order.
 */
export class StubRelay {
  /** Largest body of a forwarded chunk. */
  chunk = 3000
  /** Answers, but forwards no SEND: the peer is dead. */
  isDeaf = false
  /** URI -> how it is reached. */
  readonly routes = new Map<string, RelayClient | StubRelay>()
  readonly bodies: number[] = []
  #count = 0

  constructor(readonly host: string) {}

  /** Passes on what the clients wrote, until all are silent. */
  run(...clients: readonly RelayClient[]): void {
    let isBusy = true
    while (isBusy) {
      isBusy = false
      for (const client of clients) {
        const text = client.hand.heard()
        if (text === '') continue
        isBusy = true
        const answers = parseAll(text).flatMap(said => this.take(said, client))
        for (const answer of answers.reverse()) client.hand.say(answer, client.connection)
      }
    }
  }

  /** @returns the responses, for the previous hop */
  take(said: Said, from: RelayClient | StubRelay): string[] {
    const { start, tid, headers } = said
    const [to = '', ...rest] = (headers['To-Path'] ?? '').split(' ')
    const own = headers['From-Path'] ?? ''
    const kind = start.split(' ')[2] as string
    const answer = (status: string, lines: readonly string[] = []) =>
      messageText({ ...said, start: `MSRP ${tid} ${status}`, body: undefined, flag: '$' }, [
        `To-Path: ${kind === 'SEND' ? own.split(' ')[0] : own}`,
        `From-Path: ${to}`,
        ...lines,
      ])
    if (kind === 'AUTH') {
      const uri = `msrps://${this.host}:2856/r${++this.#count}x;tcp`
      this.routes.set(own, from)
      return [answer('200 OK', [`Use-Path: ${uri}`, 'Expires: 900'])]
    }
    if (kind !== 'SEND' && kind !== 'REPORT') return [] // responses end here
    if (kind === 'REPORT' || !this.isDeaf) this.#forward(said, rest, `${to} ${own}`)
    if (kind === 'REPORT') return []
    this.bodies.push(said.body?.length ?? 0)
    return [answer('200 OK')]
  }

  /** RFC 4976 §6.4: the own URI moves from To-Path to From-Path; chunks may be cut anew. */
  #forward(said: Said, path: readonly string[], from: string): void {
    const next = this.routes.get(path[0] ?? '')
    if (next === undefined) throw new Error(`no way to ${path[0]}`)
    const pieces = said.body === undefined || said.body.length <= this.chunk ? [said.body] : cut(said.body, this.chunk)
    const [start = 1, total = '*'] = /^(\d+)-[\d*]+\/([\d*]+)$/.exec(said.headers['Byte-Range'] ?? '')?.slice(1) ?? []
    let at = Number(start)
    for (const [index, body] of pieces.entries()) {
      const tid = `f${this.host.slice(0, 4)}${++this.#count}`
      const flag = index === pieces.length - 1 ? said.flag : '+'
      const method = said.start.split(' ')[2]
      const others = Object.entries(said.headers).filter(([name]) => !['To-Path', 'From-Path', 'Byte-Range'].includes(name))
      const range = pieces.length > 1 ? `${at}-*/${total}` : (said.headers['Byte-Range'] ?? '1-*/*')
      const lines = [
        `To-Path: ${path.join(' ')}`,
        `From-Path: ${from}`,
        `Byte-Range: ${range}`,
        ...others.map(([name, value]) => `${name}: ${value}`),
      ]
      const text = messageText({ start: `MSRP ${tid} ${method}`, tid, headers: {}, body, flag }, lines)
      at += body?.length ?? 0
      if (next instanceof StubRelay) for (const forwarded of parseAll(text)) next.take(forwarded, this)
      else next.hand.say(text, next.connection)
    }
  }
}

function messageText({ start, tid, body, flag }: Said, lines: readonly string[]): string {
  return `${[start, ...lines].join('\r\n')}\r\n${body === undefined ? '' : `\r\n${body}\r\n`}-------${tid}${flag}\r\n`
}

function cut(text: string, length: number): string[] {
  return Array.from({ length: Math.ceil(text.length / length) }, (_, index) => text.slice(index * length, (index + 1) * length))
}
