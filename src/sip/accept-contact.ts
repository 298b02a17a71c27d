import { type Parameters, parseParameters, percentDecoded, quote } from '../wire/index.js'
import { type FeatureSet, featuresOf, overlap } from './feature-set.js'
import { listValues } from './header-list.js'
import type { SipHeaders } from './headers.js'

/** `*;+g.3gpp.icsi-ref="urn%3Aurn-7%3A…";require;explicit` (RFC 3841 §9.2); Reject-Contact has the same form without the flags. */
export interface AcceptContact {
  readonly features: FeatureSet
  readonly parameters: Parameters
  readonly require: boolean
  readonly explicit: boolean
}

export function parseAcceptContact(value: string): AcceptContact | undefined {
  // RFC 3841 §9.2: the part before the parameters is always "*"; old peers write a URI there, which means nothing
  const semicolon = value.indexOf(';')
  const end = semicolon < 0 ? value.length : semicolon
  const parameters = value.slice(0, end).trim() === '*' ? parseParameters(value, end) : undefined
  if (parameters === undefined) return undefined
  return { features: featuresOf(parameters), parameters, require: parameters.has('require'), explicit: parameters.has('explicit') }
}

/** SIP-30: `features` as name and unquoted value, '' for a flag. `require` and `explicit` stand at most once. */
export function formatAcceptContact(
  features: Iterable<readonly [name: string, value: string]>,
  flags: { readonly require?: boolean; readonly explicit?: boolean } = {},
): string {
  let text = '*'
  for (const [name, value] of features) text += value === '' ? `;${name}` : `;${name}=${quote(value)}`
  return `${text}${flags.require ? ';require' : ''}${flags.explicit ? ';explicit' : ''}`
}

/** Values of Accept-Contact (or Reject-Contact); malformed ones are left out. */
export function acceptContacts(headers: SipHeaders, name: 'Accept-Contact' | 'Reject-Contact' = 'Accept-Contact'): AcceptContact[] {
  return listValues(headers, name).flatMap(value => parseAcceptContact(value) ?? [])
}

/**
 * RFC 3841 §7.2.4: how a registered contact fits one Accept-Contact value.
 * `score` is the share of the wanted tags that fit; a tag the contact does not mention fits everything but adds no score.
 * @returns `excluded` when the contact must not be used: a tag contradicts, or `explicit` finds a tag unmentioned, and `require` is set
 */
export function matchContact(wanted: AcceptContact, contact: FeatureSet): { readonly excluded: boolean; readonly score: number } {
  let mentioned = 0
  for (const tag of wanted.features.keys()) if (contact.has(tag)) mentioned++
  const fails = contradicts(wanted, contact) || (wanted.explicit && mentioned < wanted.features.size)
  const score = wanted.features.size === 0 ? 1 : mentioned / wanted.features.size
  return { excluded: wanted.require && fails, score: fails ? 0 : score }
}

/** Whether a contact mentions a tag of an Accept-Contact value and has none of the values wanted. */
export function contradicts(wanted: AcceptContact, contact: FeatureSet): boolean {
  for (const [tag, values] of wanted.features) {
    const offered = contact.get(tag)
    if (offered !== undefined && !overlap(values, offered)) return true
  }
  return false
}

/** Whether a contact is refused by a Reject-Contact value: it mentions every tag of it, and each one fits (RFC 3841 §7.2.4). */
export function isRejected(rejected: AcceptContact, contact: FeatureSet): boolean {
  for (const [tag, values] of rejected.features) {
    const offered = contact.get(tag)
    if (offered === undefined || !overlap(values, offered)) return false
  }
  return rejected.features.size > 0
}

/** Service identifiers in the values of one feature tag of Accept-Contact, percent-decoded once, in order (CPM-3). */
export function serviceIdentifiers(headers: SipHeaders, tag = '+g.3gpp.icsi-ref'): string[] {
  return acceptContacts(headers).flatMap(value =>
    (value.parameters.get(tag) ?? '').split(',').flatMap(urn => percentDecoded(urn.trim()) || []),
  )
}

/** Whether `identifier` is `service` or a sub-service of it: equal without case, more labels allowed after a dot (RFC 6050 §4.4, D.7). */
export function isServiceOrPart(identifier: string, service: string): boolean {
  const given = identifier.toLowerCase()
  const wanted = service.toLowerCase()
  return given === wanted || given.startsWith(`${wanted}.`)
}
