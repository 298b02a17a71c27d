import type { Parameters } from '../wire/index.js'
import { type AcceptContact, acceptContacts, contradicts, isRejected, matchContact } from './accept-contact.js'
import { type FeatureSet, featuresOf } from './feature-set.js'
import { listValues } from './header-list.js'
import type { SipHeaders } from './headers.js'
import { CALLER_PREFERENCES } from './limits.js'
import type { SipRequest } from './message.js'

/** `Request-Disposition: no-fork, sequential` (RFC 3841 §9.1); a directive that is not there leaves the choice to the proxy. */
export interface RequestDisposition {
  readonly proxy?: 'proxy' | 'redirect'
  readonly cancel?: boolean
  readonly fork?: boolean
  readonly recurse?: boolean
  readonly order?: 'parallel' | 'sequential'
  readonly queue?: boolean
}

/** A binding that may get the request. Those with equal `q` are tried together, higher ones first, as in `ProxyTarget`. */
export interface PreferredBinding<Binding> {
  readonly binding: Binding
  readonly q: number
}

interface Candidate<Binding> {
  readonly binding: Binding
  readonly features: FeatureSet
  readonly q: number
  /** Qa of RFC 3841 §7.2.4. */
  readonly preference: number
}

/**
 * Which registered contacts get a request, and in what order (RFC 3841 §7.2): Reject-Contact takes away, Accept-Contact takes away or orders among
 * contacts of the same q. Without either, contacts that say they do not take this method or event stay out, unless nobody were left.
 * @param bindings with the parameters of their Contact values, `q` among them
 * @returns none when the caller's demands leave none: 480
 */
export function preferredBindings<Binding extends { readonly parameters: Parameters }>(
  request: Pick<SipRequest, 'method' | 'headers'>,
  bindings: readonly Binding[],
): PreferredBinding<Binding>[] {
  const { headers } = request
  const rejected = acceptContacts(headers, 'Reject-Contact').slice(0, CALLER_PREFERENCES)
  const wanted = acceptContacts(headers).slice(0, CALLER_PREFERENCES)
  const explicit = rejected.length + wanted.length > 0
  const candidates = bindings.map(candidateOf)
  const chosen = candidates.flatMap(candidate => judged(candidate, rejected, explicit ? wanted : [implicitPreference(request)]) ?? [])
  const kept = chosen.length === 0 && !explicit ? candidates : chosen
  kept.sort((a, b) => b.q - a.q || b.preference - a.preference)
  return inOrder(kept, requestDisposition(headers))
}

export function requestDisposition(headers: SipHeaders): RequestDisposition {
  const said = new Set(listValues(headers, 'Request-Disposition').map(directive => directive.trim().toLowerCase()))
  const choice = (name: string) => (said.has(name) ? true : said.has(`no-${name}`) ? false : undefined)
  const found = {
    proxy: said.has('proxy') ? 'proxy' : said.has('redirect') ? 'redirect' : undefined,
    cancel: choice('cancel'),
    fork: choice('fork'),
    recurse: choice('recurse'),
    order: said.has('parallel') ? 'parallel' : said.has('sequential') ? 'sequential' : undefined,
    queue: choice('queue'),
  }
  return Object.fromEntries(Object.entries(found).filter(([, value]) => value !== undefined))
}

function candidateOf<Binding extends { readonly parameters: Parameters }>(binding: Binding): Candidate<Binding> {
  const { parameters } = binding
  return { binding, features: featuresOf(parameters), q: qvalue(parameters.get('q')), preference: 1 }
}

/** @returns undefined when the contact is out */
function judged<Binding>(
  candidate: Candidate<Binding>,
  rejected: readonly AcceptContact[],
  wanted: readonly AcceptContact[],
): Candidate<Binding> | undefined {
  const { features } = candidate
  // RFC 3841 §7.2.3: one that says nothing of itself is immune
  if (features.size === 0) return candidate
  if (rejected.some(value => isRejected(value, features))) return undefined
  if (wanted.some(value => matchContact(value, features).excluded)) return undefined
  // what a contact contradicts without harm does not count in its average; nothing that fits is worse than everything that does
  const counted = wanted.filter(value => !contradicts(value, features))
  const sum = counted.reduce((total, value) => total + matchContact(value, features).score, 0)
  const preference = wanted.length === 0 ? 1 : counted.length === 0 ? 0 : sum / counted.length
  return { ...candidate, preference }
}

/** RFC 3841 §7.2.2 */
function implicitPreference({ method, headers }: Pick<SipRequest, 'method' | 'headers'>): AcceptContact {
  const parameters = new Map([['methods', method]])
  const event = method === 'SUBSCRIBE' ? headers.get('event') : undefined
  if (event !== undefined) parameters.set('events', event.split(';', 1)[0] as string)
  return { features: featuresOf(parameters), parameters, require: true, explicit: false }
}

function inOrder<Binding>(candidates: readonly Candidate<Binding>[], { fork, order }: RequestDisposition): PreferredBinding<Binding>[] {
  const tried = fork === false ? candidates.slice(0, 1) : candidates
  return tried.map(({ binding, q }, index) => {
    if (order === 'parallel') return { binding, q: 1 }
    return { binding, q: order === 'sequential' ? (tried.length - index) / tried.length : q }
  })
}

/** qvalue of a Contact (RFC 3261 §20.10); 1 when it names none (RFC 3841 §7.2.3), 0 when it is none. */
function qvalue(text = '1'): number {
  const value = text.length > 5 ? Number.NaN : Number(text)
  return text !== '' && value >= 0 && value <= 1 ? value : 0
}
