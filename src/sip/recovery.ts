import { contactsOf } from './contact.js'
import type { UserAgentCore } from './core.js'
import type { Again } from './exchange.js'
import { SipHeaders } from './headers.js'
import { BUSY_RETRIES, EXTENSION_RETRIES, LONGEST_BUSY_WAIT, LONGEST_RETRY_AFTER, REDIRECTIONS, SERVER_FAILURE_RETRIES } from './limits.js'
import type { SipRequest, SipResponse } from './message.js'
import type { NameAddress } from './name-address.js'
import { optionTags } from './option-tags.js'
import { parseRetryAfter } from './retry-after.js'
import { parseSipUri } from './uri.js'

const SERVER_FAILURES: ReadonlySet<number> = new Set([500, 502, 503, 504])
/** RFC 3261 §21.4.24, §21.6.1 */
const BUSY: ReadonlySet<number> = new Set([486, 600])
const WITH_OPTION_TAGS = ['Supported', 'Require', 'Proxy-Require']

/** What a request outside any dialog does about a failure before the application hears of it (the actions of SIP-34). */
export class Recovery {
  #target: string
  readonly #visited = new Set<string>()
  readonly #omitted = new Set<string>()
  #serverFailures = 0
  #busy = 0
  #extensions = 0

  constructor(
    private readonly core: UserAgentCore,
    to: string,
  ) {
    this.#target = to
    this.#visited.add(to)
  }

  /** Where the request goes: what the application named, or where a redirection led. */
  get target(): string {
    return this.#target
  }

  /** @returns how to send the request again; undefined when the response stands */
  after(response: SipResponse, sent: SipRequest | undefined): Again | undefined {
    const { status } = response
    if (status === 420 && sent !== undefined) return this.#unsupported(response, sent)
    if (SERVER_FAILURES.has(status)) return this.#serverFailure(response)
    if (BUSY.has(status)) return this.#calleeBusy(response)
    if (status === 301 || status === 302) return this.#redirection(response)
    return undefined
  }

  /** The request without the option tags a 420 complained of (RFC 3261 §8.1.3.5). */
  without(request: SipRequest): SipRequest {
    if (this.#omitted.size === 0) return request
    const headers = new SipHeaders(request.headers)
    for (const name of WITH_OPTION_TAGS) {
      const kept = optionTags(headers, name).filter(tag => !this.#omitted.has(tag))
      if (kept.length > 0) headers.set(name, kept.join(', '))
      else headers.delete(name)
    }
    // RFC 4028 §7.1: Session-Expires means something beside the option tag only
    if (this.#omitted.has('timer')) headers.delete('Session-Expires').delete('Min-SE')
    return { ...request, headers }
  }

  #unsupported(response: SipResponse, sent: SipRequest): Again | undefined {
    const refused = optionTags(response.headers, 'unsupported')
    // RFC 5366 §4: without the list the request would mean something else
    if (this.#extensions++ >= EXTENSION_RETRIES || refused.includes('recipient-list-invite')) return undefined
    const ours = new Set(WITH_OPTION_TAGS.flatMap(name => optionTags(sent.headers, name)))
    for (const tag of refused) if (ours.has(tag)) this.#omitted.add(tag)
    return this.#omitted.size > 0 ? 'again' : undefined
  }

  /** RFC 3261 §21.5: only a server that names a time invites a second attempt. */
  #serverFailure(response: SipResponse): Again | undefined {
    const wait = retryAfter(response)
    if (wait === undefined || wait > LONGEST_RETRY_AFTER || this.#serverFailures++ >= SERVER_FAILURE_RETRIES) return undefined
    return { after: wait * 1000 }
  }

  /** SIP-34: who is busy for a moment only says for how long (CPM-14). */
  #calleeBusy(response: SipResponse): Again | undefined {
    const wait = retryAfter(response)
    if (wait === undefined || wait >= LONGEST_BUSY_WAIT || this.#busy++ >= BUSY_RETRIES) return undefined
    return { after: wait * 1000 }
  }

  /** RFC 3261 §8.1.3.4: the Contact that is liked best becomes the Request-URI. */
  #redirection(response: SipResponse): Again | undefined {
    if (this.core.options.followRedirects !== true || this.#visited.size > REDIRECTIONS) return undefined
    const contacts = contactsOf(response.headers)
    if (contacts === undefined || contacts === '*') return undefined
    const [best] = contacts.filter(({ uri }) => this.#leadsOn(uri)).sort((a, b) => preference(b) - preference(a))
    if (best === undefined) return undefined
    this.#visited.add(best.uri)
    this.#target = best.uri
    return 'again'
  }

  /** A new SIP address that is as secure as the old one. Header fields in a URI are the redirector's words, not ours: such a URI is left alone. */
  #leadsOn(uri: string): boolean {
    const parsed = parseSipUri(uri)
    if (parsed === undefined || parsed.scheme === 'tel' || parsed.headers.size > 0 || parsed.parameters.has('method')) return false
    return !this.#visited.has(uri) && (parsed.scheme === 'sips' || parseSipUri(this.#target)?.scheme !== 'sips')
  }
}

/** Seconds */
function retryAfter(response: SipResponse): number | undefined {
  return parseRetryAfter(response.headers.get('retry-after') ?? '')?.seconds
}

/** qvalue of a Contact, 1 when it names none (RFC 3261 §20.10). */
function preference({ parameters }: NameAddress): number {
  const value = Number(parameters.get('q') ?? 1)
  return value >= 0 && value <= 1 ? value : 0
}
