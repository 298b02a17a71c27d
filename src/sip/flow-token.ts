import { ALPHA, DIGIT, HEX, is, type Random } from '../wire/index.js'
import { FLOW_TOKEN_LENGTH, FLOW_TOKENS } from './limits.js'
import { PLAIN_TEXT, type TextCodec } from './text-codec.js'
import type { FlowId, UserAgentOptions } from './user-agent-types.js'

/** `path`: leads to a registered user agent. `dialog`: stands in Record-Route and is good for one Call-ID only. */
export type FlowTokenKind = 'path' | 'dialog'

/**
 * `p-in-7-3f0c…`, `d--9a1e…` for no flow: the name of a flow as user part of a URI of ours, sealed so that nobody makes us send to a flow he was not told of
 * (RFC 5626 §5.2). The seal is HMAC-SHA-256 (RFC 2104) with a key of this process: flows do not outlive it.
 */
export class FlowTokens {
  readonly #inner = new Uint8Array(BLOCK).fill(0x36)
  readonly #outer = new Uint8Array(BLOCK).fill(0x5c)
  /** Tokens of registrations by flow, since they are asked for with every request of it. */
  readonly #paths = new Map<FlowId, string>()

  constructor(
    random: Random,
    private readonly hash: UserAgentOptions['hash'],
    private readonly text: TextCodec = PLAIN_TEXT,
  ) {
    for (const [index, byte] of random(BLOCK).entries()) {
      this.#inner[index] = (this.#inner[index] as number) ^ byte
      this.#outer[index] = (this.#outer[index] as number) ^ byte
    }
  }

  path(flow: FlowId): string {
    const known = this.#paths.get(flow)
    if (known !== undefined) return known
    const [oldest] = this.#paths.keys()
    if (oldest !== undefined && this.#paths.size >= FLOW_TOKENS) this.#paths.delete(oldest)
    const token = this.#sealed('p', flow, '')
    this.#paths.set(flow, token)
    return token
  }

  dialog(flow: FlowId, callId: string): string {
    return this.#sealed('d', flow, callId)
  }

  /** The flow is gone. */
  forget(flow: FlowId): void {
    this.#paths.delete(flow)
  }

  /** @returns undefined for anything but a token of this process, and for one of another dialog */
  read(token: string | undefined, callId: string): { readonly kind: FlowTokenKind; readonly flow: FlowId } | undefined {
    if (token === undefined || token.length > FLOW_TOKEN_LENGTH || token.length < 3 + SEAL) return undefined
    const kind = token[0] === 'p' ? 'path' : 'dialog'
    const flow = unescaped(token.slice(2, -1 - SEAL))
    if (flow === undefined) return undefined
    // what somebody made up is not remembered
    const genuine = kind === 'path' ? (this.#paths.get(flow) ?? this.#sealed('p', flow, '')) : this.dialog(flow, callId)
    return sameText(genuine, token) ? { kind, flow } : undefined
  }

  #sealed(kind: 'p' | 'd', flow: FlowId, callId: string): string {
    const body = `${kind}-${escaped(flow)}`
    const inner = this.hash('sha-256', joined(this.#inner, this.text.encode(`${body}\n${callId}`)))
    return `${body}-${hex(this.hash('sha-256', joined(this.#outer, inner)))}`
  }
}

/** Characters that may stand in a user part and need no escape; all others are `_` and four hex digits. */
function escaped(flow: FlowId): string {
  let text = ''
  for (let index = 0; index < flow.length; index++) {
    const code = flow.charCodeAt(index)
    text += is(code, ALPHA | DIGIT) || code === 0x2e || code === 0x2d ? flow[index] : `_${code.toString(16).padStart(4, '0')}`
  }
  return text
}

function unescaped(text: string): FlowId | undefined {
  let flow = ''
  for (let index = 0; index < text.length; index++) {
    if (text[index] !== '_') {
      flow += text[index]
      continue
    }
    for (let at = index + 1; at <= index + 4; at++) if (at >= text.length || !is(text.charCodeAt(at), HEX)) return undefined
    flow += String.fromCharCode(Number.parseInt(text.slice(index + 1, index + 5), 16))
    index += 4
  }
  return flow
}

/** The first 80 bits. */
function hex(digest: Uint8Array): string {
  let text = ''
  for (const byte of digest.subarray(0, SEAL / 2)) text += byte.toString(16).padStart(2, '0')
  return text
}

/** Takes as long for a good start as for a bad one. */
function sameText(a: string, b: string): boolean {
  if (a.length !== b.length) return false
  let difference = 0
  for (let index = 0; index < a.length; index++) difference |= a.charCodeAt(index) ^ b.charCodeAt(index)
  return difference === 0
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const whole = new Uint8Array(a.length + b.length)
  whole.set(a)
  whole.set(b, a.length)
  return whole
}

/** RFC 2104 §2: octets of a block of SHA-256. */
const BLOCK = 64
/** Hex digits of the seal: RFC 2104 §5 allows half of the digest at least in theory and 80 bits in any case. */
const SEAL = 20
