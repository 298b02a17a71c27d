import type { RelayPath } from '../cpm/index.js'
import { type EndpointEvent, formatMsrpUri, newSessionId, newWebSocketUri, parseMsrpUri } from '../msrp/index.js'
import type { ClientOptions } from './api.js'
import { CpmftError } from './errors.js'
import type { Host } from './host.js'
import { RELAY_WAIT } from './limits.js'
import { type MsrpDriver, sessionIdOf } from './msrp-driver.js'

export interface RelayAccessOptions {
  readonly host: Host
  readonly msrp: MsrpDriver
  readonly relay: NonNullable<ClientOptions['relay']>
  /** Account used where the relay has none of its own. */
  readonly username: string
  readonly password: string | undefined
  /** Own address, as it stands in our MSRP URIs. */
  readonly address: string
}

/** Asks the MSRP relay of the client to act for file sessions, one AUTH for each (RLY-3). */
export class RelayAccess {
  readonly #options: RelayAccessOptions
  readonly #waiting = new Map<string, (event: EndpointEvent) => void>()

  constructor(options: RelayAccessOptions) {
    this.#options = options
  }

  /** Rejects with `CpmftError` `relay-failed`. */
  authorize(): Promise<RelayPath> {
    const { host, msrp, relay } = this.#options
    const localUri = this.#newUri()
    const sessionId = sessionIdOf(localUri)
    return new Promise((resolve, reject) => {
      const fail = (detail: string, status?: number) => {
        this.#waiting.delete(sessionId)
        msrp.push({ type: 'remove-session', sessionId })
        reject(new CpmftError('relay-failed', detail, status))
      }
      const stop = host.after(RELAY_WAIT, () => fail('It did not answer in time.'))
      this.#waiting.set(sessionId, event => {
        stop()
        if (event.type !== 'authorized') return fail(event.type === 'unauthorized' ? wordsOf(event) : 'It went away.')
        this.#waiting.delete(sessionId)
        // a=path has the outermost relay first and our URI last
        resolve({ localUri, usePath: event.path.slice(0, -1).reverse() })
      })
      const username = relay.username ?? this.#options.username
      const password = relay.password ?? this.#options.password ?? ''
      msrp.push({ type: 'authorize', authorization: { localUri, relays: [{ uri: relay.uri, username, password }] } })
    })
  }

  /** Over WebSocket our own address means nothing, and is not told (WS-3). */
  #newUri(): string {
    const { host, msrp, relay, address } = this.#options
    if (parseMsrpUri(relay.uri)?.transport === 'ws') return newWebSocketUri(host.random)
    const sessionId = newSessionId(host.random)
    const bracketed = address.includes(':') ? `[${address}]` : address
    return formatMsrpUri({ secure: true, host: bracketed, port: msrp.port, sessionId, transport: 'tcp', parameters: [] })
  }

  /** Takes the first word of the relay about a session; false when nobody waits for it. */
  onMsrp(event: EndpointEvent): boolean {
    const waiting = this.#waiting.get(event.sessionId)
    waiting?.(event)
    return waiting !== undefined
  }
}

function wordsOf({ cause, status, comment }: EndpointEvent & { type: 'unauthorized' }): string {
  return [cause, status, comment].filter(word => word !== undefined).join(' ')
}
