import {
  Endpoint,
  type EndpointEvent,
  type EndpointInput,
  type EndpointOptions,
  type EndpointOutput,
  type SessionOptions,
} from '../../src/msrp/index.js'
import { decodeLatin1, encodeLatin1 } from '../../src/wire/index.js'
import { seededRandom } from './msrp-pair.js'

export const OWN = 'msrp://192.0.2.20:2855/own0own0own0own0own0;tcp'
export const PEER = 'msrp://192.0.2.10:2855/peer0peer0peer0peer0;tcp'
export const OWN_ID = 'own0own0own0own0own0'

/** One request or response that the endpoint wrote. */
export interface Said {
  readonly start: string
  readonly tid: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | undefined
  readonly flag: string
}

/** An endpoint whose peer is played by the test: it writes MSRP by hand and reads what comes back. */
export class Hand {
  readonly endpoint: Endpoint
  readonly outputs: EndpointOutput[] = []
  readonly events: EndpointEvent[] = []
  now = 0
  /** Report every write as `written` at once. */
  takesWrites = true
  #wire = ''
  #read = 0

  constructor(options: Partial<EndpointOptions> = {}) {
    this.endpoint = new Endpoint({ random: seededRandom(7), ...options })
  }

  /** A passive session with one accepted connection, `in-1`. */
  static passive(direction: 'send' | 'receive', session: Partial<SessionOptions> = {}, options: Partial<EndpointOptions> = {}): Hand {
    const hand = new Hand(options)
    const common = { localUri: OWN, remotePath: [PEER], role: 'passive', direction, acceptTypes: ['*'] } as const
    hand.give({ type: 'add-session', session: { ...common, ...session } })
    hand.give({ type: 'accepted', connection: 'in-1', remote: '192.0.2.10:50000' })
    return hand
  }

  /** An active session on an open connection, `out-1`. */
  static active(direction: 'send' | 'receive', session: Partial<SessionOptions> = {}, options: Partial<EndpointOptions> = {}): Hand {
    const hand = new Hand(options)
    const common = { localUri: OWN, remotePath: [PEER], role: 'active', direction, acceptTypes: ['*'] } as const
    hand.give({ type: 'add-session', session: { ...common, ...session } })
    hand.give({ type: 'connected', connection: 'out-1' })
    return hand
  }

  give(input: EndpointInput): EndpointOutput[] {
    const outputs = this.endpoint.step(input, this.now)
    for (const output of outputs) {
      this.outputs.push(output)
      if (output.type === 'event') this.events.push(output.event)
      if (output.type !== 'write') continue
      const text = output.views.map(view => decodeLatin1(view)).join('')
      this.#wire += text
      if (this.takesWrites) this.give({ type: 'written', connection: output.connection, length: text.length })
    }
    return outputs
  }

  /** The peer writes this text, one character per octet. */
  say(text: string, connection = 'in-1'): EndpointOutput[] {
    return this.give({ type: 'bytes', connection, bytes: encodeLatin1(text) })
  }

  /** Lets time pass, giving `timeout` whenever the endpoint wants it. */
  wait(milliseconds: number): void {
    const until = this.now + milliseconds
    for (let deadline = this.endpoint.deadline; deadline !== undefined && deadline <= until; deadline = this.endpoint.deadline) {
      this.now = Math.max(this.now, deadline)
      this.give({ type: 'timeout' })
    }
    this.now = until
  }

  /** Starts sending `text` and serves all its octets, as far as they are asked for. */
  send(text: string, message: { successReport?: boolean; failureReport?: 'yes' | 'no' | 'partial'; contentType?: string } = {}): void {
    const defaults = { contentType: 'text/plain', successReport: false, failureReport: 'yes' } as const
    this.give({ type: 'send', sessionId: OWN_ID, message: { total: text.length, ...defaults, ...message } })
    this.serve(text)
  }

  /** Answers every open `need-data`. */
  serve(text: string): void {
    let asked = this.takeAsked()
    while (asked.length > 0) {
      for (const { offset, length } of asked) {
        const bytes = encodeLatin1(text.slice(offset, offset + length))
        this.give({ type: 'data', sessionId: OWN_ID, offset, bytes })
      }
      asked = this.takeAsked()
    }
  }

  #seen = 0
  takeAsked(): { readonly offset: number; readonly length: number }[] {
    const asked = this.outputs.slice(this.#seen).filter(output => output.type === 'need-data')
    this.#seen = this.outputs.length
    return asked
  }

  /** Everything written since the last call. */
  heard(): string {
    const text = this.#wire.slice(this.#read)
    this.#read = this.#wire.length
    return text
  }

  /** The messages written since the last call. */
  said(): Said[] {
    return parseAll(this.heard())
  }

  /** The session's events without progress. */
  told(): string[] {
    return this.events.filter(event => event.type !== 'progress').map(event => event.type)
  }

  find<Type extends EndpointEvent['type']>(type: Type): (EndpointEvent & { type: Type }) | undefined {
    return this.events.find((event): event is EndpointEvent & { type: Type } => event.type === type)
  }

  get closed(): readonly string[] {
    return this.outputs.filter(output => output.type === 'close').map(output => output.connection)
  }
}

/** Reads MSRP text the simple way: knows nothing but lines and the end-line of each message. */
export function parseAll(text: string): Said[] {
  const all: Said[] = []
  let at = 0
  while (at < text.length) {
    const startEnd = text.indexOf('\r\n', at)
    const start = text.slice(at, startEnd)
    const tid = start.split(' ')[1] as string
    const line = `\r\n-------${tid}`
    const end = text.indexOf(line, startEnd)
    if (end < 0) throw new Error(`no end-line after ${JSON.stringify(text.slice(at, at + 200))}`)
    const blank = text.indexOf('\r\n\r\n', at)
    const hasBody = blank >= 0 && blank < end
    const headers: Record<string, string> = {}
    for (const header of text.slice(startEnd + 2, hasBody ? blank : end).split('\r\n')) {
      const colon = header.indexOf(': ')
      headers[header.slice(0, colon)] = header.slice(colon + 2)
    }
    all.push({ start, tid, headers, body: hasBody ? text.slice(blank + 4, end) : undefined, flag: text[end + line.length] as string })
    at = end + line.length + 3
  }
  return all
}

export interface SendText {
  readonly tid?: string
  readonly to?: string
  readonly from?: string
  readonly id?: string
  readonly range?: string | undefined
  readonly type?: string | undefined
  readonly headers?: readonly string[]
  readonly body?: string
  readonly flag?: string
}

/** One SEND as text; `body` undefined makes a bodiless one. */
export function sendText(send: SendText = {}): string {
  const { tid = 'tid00001', to = OWN, from = PEER, id = 'mid00001', body, flag = '$', headers = [] } = send
  const range = 'range' in send ? send.range : body === undefined ? '1-0/0' : `1-${body.length}/${body.length}`
  const type = 'type' in send ? send.type : body === undefined ? undefined : 'text/plain'
  const lines = [`MSRP ${tid} SEND`, `To-Path: ${to}`, `From-Path: ${from}`, `Message-ID: ${id}`]
  if (range !== undefined) lines.push(`Byte-Range: ${range}`)
  lines.push(...headers)
  if (type !== undefined) lines.push(`Content-Type: ${type}`)
  return `${lines.join('\r\n')}\r\n${body === undefined ? '' : `\r\n${body}\r\n`}-------${tid}${flag}\r\n`
}

export function responseText(tid: string, status = '200 OK', to = OWN, from = PEER): string {
  return `MSRP ${tid} ${status}\r\nTo-Path: ${to}\r\nFrom-Path: ${from}\r\n-------${tid}$\r\n`
}

export function reportText(
  id: string,
  range: string | undefined,
  status = '000 200 OK',
  extra: { to?: string; from?: string; headers?: readonly string[] } = {},
): string {
  const lines = [`MSRP rep00001 REPORT`, `To-Path: ${extra.to ?? OWN}`, `From-Path: ${extra.from ?? PEER}`, `Message-ID: ${id}`]
  if (range !== undefined) lines.push(`Byte-Range: ${range}`)
  return `${[...lines, `Status: ${status}`, ...(extra.headers ?? [])].join('\r\n')}\r\n-------rep00001$\r\n`
}
