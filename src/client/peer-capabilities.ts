import { decodeSession } from '../sdp/index.js'
import type { SipResponse, UserAgentEvent } from '../sip/index.js'
import { FALLBACK_IARIS, FILE_TRANSFER_ICSI } from '../cpm/index.js'
import { percentDecoded } from '../wire/index.js'
import { CpmftError } from './errors.js'
import type { Host, HostError } from './host.js'
import { asError } from './sending-transfer.js'
import type { SipDriver } from './sip-driver.js'
import type { Store, StoredCapabilities } from './store.js'
import { CAPABILITY_TTL, CAPABILITY_WAIT } from './limits.js'

export interface PeerCapabilitiesOptions {
  readonly host: Host
  readonly sip: SipDriver
  readonly store: Store | undefined
  /** Seconds that an answer counts. */
  readonly ttl: number | undefined
  readonly headers: () => readonly (readonly [name: string, value: string])[]
}

/** What peers can do, asked by OPTIONS and remembered (OA-50, OA-51, RCS-8). */
export class PeerCapabilities {
  readonly #options: PeerCapabilitiesOptions
  readonly #known = new Map<string, StoredCapabilities>()
  readonly #asking = new Map<string, (event: UserAgentEvent & { name: 'response' }) => void>()
  #next = 1

  constructor(options: PeerCapabilitiesOptions) {
    this.#options = options
  }

  /** What is remembered and still counts. */
  async known(uri: string): Promise<StoredCapabilities | undefined> {
    const found = this.#known.get(uri) ?? (await this.#options.store?.capabilities(uri))
    const ttl = (this.#options.ttl ?? CAPABILITY_TTL) * 1000
    if (found === undefined || this.#options.host.date() - found.learned > ttl) return undefined
    this.#known.set(uri, found)
    return found
  }

  /** Another way to get a file to a peer that cannot be sent one, as far as it announced one (RCS-13). */
  fallback(uri: string): 'http' | 'sms-link' | 'none' {
    const tags = this.#known.get(uri)?.tags ?? []
    if (tags.includes(FALLBACK_IARIS.http)) return 'http'
    return tags.includes(FALLBACK_IARIS['sms-link']) ? 'sms-link' : 'none'
  }

  /** Asks the peer. Rejects with `CpmftError` when it does not answer. */
  async ask(uri: string, signal?: AbortSignal): Promise<StoredCapabilities> {
    signal?.throwIfAborted()
    const response = await this.#request(uri, signal)
    const capabilities = readCapabilities(uri, response, this.#options.host.date())
    this.#known.set(uri, capabilities)
    await this.#options.store?.saveCapabilities(capabilities).catch(() => undefined)
    return capabilities
  }

  /** The peer did not behave as remembered: ask anew next time (RCS-8). */
  doubt(uri: string): void {
    this.#known.delete(uri)
    this.ask(uri).catch(() => undefined)
  }

  /** Takes the answer to a question of ours; false when it is none. */
  onResponse(event: UserAgentEvent & { name: 'response' }): boolean {
    const answer = this.#asking.get(event.id)
    this.#asking.delete(event.id)
    answer?.(event)
    return answer !== undefined
  }

  #request(uri: string, signal: AbortSignal | undefined): Promise<SipResponse> {
    const id = `options-${this.#next++}`
    return new Promise((resolve, reject) => {
      const fail = (error: unknown) => {
        stop()
        signal?.removeEventListener('abort', onAbort)
        this.#asking.delete(id)
        reject(error)
      }
      const stop = this.#options.host.after(CAPABILITY_WAIT, () => fail(new CpmftError('unreachable', 'It did not answer OPTIONS.')))
      const onAbort = () => fail(signal?.reason)
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#asking.set(id, event => {
        stop()
        signal?.removeEventListener('abort', onAbort)
        const { response } = event
        if (response !== undefined && response.status < 300) resolve(response)
        else fail(unanswered(event, this.#options.sip.connectError))
      })
      this.#options.sip.command({ name: 'request', id, method: 'OPTIONS', to: uri, headers: this.#options.headers() })
    })
  }
}

function unanswered({ cause, response }: UserAgentEvent & { name: 'response' }, connectError: HostError | undefined): CpmftError {
  if (cause === 'auth') return new CpmftError('auth-failed')
  if (cause === 'transport') return connectError === undefined ? new CpmftError('connection-refused') : asError(connectError)
  const code = response?.status === 404 || response?.status === 604 ? 'unknown-recipient' : 'unreachable'
  return new CpmftError(code, response === undefined ? undefined : `${response.status} ${response.reason}`, response?.status)
}

/** Feature tags of the Contact, and the capability SDP: `m=message 0 TCP/MSRP *` with a bare `a=file-selector` (RFC 5547 §8.5). */
function readCapabilities(uri: string, response: SipResponse, learned: number): StoredCapabilities {
  const tags = response.headers.getAll('Contact').flatMap(featureTags)
  const lines = sdpOf(response)
  const maxSize = lines.map(line => /^a=max-size:(\d{1,15})$/.exec(line)?.[1]).find(value => value !== undefined)
  const fileTransfer = lines.includes('a=file-selector') || tags.some(tag => tag.startsWith(FILE_TRANSFER_ICSI))
  return { uri, fileTransfer, maxSize: maxSize === undefined ? undefined : Number(maxSize), tags, learned }
}

function sdpOf(response: SipResponse): readonly string[] {
  const type = response.headers.get('Content-Type') ?? ''
  if (!type.toLowerCase().startsWith('application/sdp')) return []
  try {
    const session = decodeSession(response.body)
    return session.media.flatMap(media =>
      media.attributes.map(({ name, value }) => (value === undefined ? `a=${name}` : `a=${name}:${value}`)),
    )
  } catch {
    return []
  }
}

/** `<sip:bob@host>;+g.3gpp.icsi-ref="urn%3A…,urn%3A…"` */
function featureTags(contact: string): readonly string[] {
  const found = /\+g\.3gpp\.i[ca][sr]i-ref="([^"]{0,2000})"/gi
  return [...contact.matchAll(found)].flatMap(([, list]) => (list ?? '').split(',')).map(tag => percentDecoded(tag.trim()).toLowerCase())
}
