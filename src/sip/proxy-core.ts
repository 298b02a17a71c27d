import { randomToken, type Random } from '../wire/index.js'
import { responseTo } from './build-response.js'
import type { ResponseExtras } from './core.js'
import type { MessageLimits } from './decode-message.js'
import { Delays } from './delays.js'
import { encodeMessage } from './encode-message.js'
import { FlowTokens } from './flow-token.js'
import { Flows } from './flows.js'
import { type Hop, hopOf, isSecure } from './hop.js'
import { PROXY_LIMITS } from './limits.js'
import type { SipMessage } from './message.js'
import { tagIn } from './name-address.js'
import { OwnNames } from './own-names.js'
import type { ProxyEvent, ProxyOptions } from './proxy-types.js'
import { Resolver } from './resolver.js'
import { type ServerRequest, TransactionLayer, type TransactionUser } from './transaction-layer.js'
import { Turn } from './turn.js'
import type { FlowId, SipLimits } from './user-agent-types.js'

/** What the parts of a proxy share: flows, transactions, names, tokens and how a response of ours looks. */
export class ProxyCore {
  readonly turn = new Turn<ProxyEvent>()
  readonly delays = new Delays(this.turn)
  readonly limits: SipLimits
  readonly reading: MessageLimits
  /** Responses of others pass through. */
  readonly forwards = true
  readonly flows: Flows
  readonly layer: TransactionLayer
  readonly resolver: Resolver
  readonly names: OwnNames
  readonly tokens: FlowTokens
  readonly random: Random
  /** Copies of requests without final response. */
  branches = 0

  constructor(
    readonly options: ProxyOptions,
    user: TransactionUser,
    flowLost: (flow: FlowId) => void,
  ) {
    this.limits = { ...PROXY_LIMITS, ...options.limits }
    this.reading = { ...this.limits, text: options.text }
    this.random = options.random
    this.flows = new Flows(this.turn, options, this.limits, options.random, flowLost)
    this.layer = new TransactionLayer(this.turn, this.limits, this.flows, user, options.text)
    const { resolve = false, secure = false, connects = ['tcp', 'tls'] } = options
    const transports = new Set([...options.listening.map(place => place.transport), ...connects].filter(one => !secure || isSecure(one)))
    this.resolver = new Resolver(this.turn, this.delays, { enabled: resolve, transports, random: options.random })
    this.names = new OwnNames(options)
    this.tokens = new FlowTokens(options.random, options.hash, options.text)
  }

  encode(message: SipMessage): Uint8Array {
    return encodeMessage(message, this.options.text)
  }

  token(length = TOKEN_LENGTH): string {
    return randomToken(this.random, length)
  }

  hop(uri: string): Hop | undefined {
    return hopOf(uri, this.flows.fallback, this.options.secure)
  }

  /** A response of our own. @param once as for `ServerRequest.respond`; @returns false when the transaction has its final response */
  respond(
    server: ServerRequest,
    status: number,
    { reason, headers = [], body, once = false }: ResponseExtras & { readonly once?: boolean } = {},
  ): boolean {
    const { server: product } = this.options
    const named = product === undefined || status === 100 || headers.some(([name]) => name.toLowerCase() === 'server')
    const tagged = status === 100 || tagIn(server.request.headers, 'to') !== undefined
    return server.respond(
      responseTo(server.request, status, {
        ...(reason !== undefined && { reason }),
        ...(!tagged && { toTag: this.token() }),
        headers: named ? headers : [...headers, ['Server', product]],
        ...(body !== undefined && { body }),
      }),
      once,
    )
  }
}

/** 119 bits, as in a user agent (SEC-8). */
const TOKEN_LENGTH = 20
