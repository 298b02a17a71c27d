import { listValues } from './header-list.js'
import type { SipHeaders } from './headers.js'

/** Option tags of Require, Proxy-Require, Supported or Unsupported, lower case, in order: `100rel, timer`. */
export function optionTags(headers: SipHeaders, name: string): string[] {
  return listValues(headers, name).map(tag => tag.toLowerCase())
}

export function hasOptionTag(headers: SipHeaders, name: string, tag: string): boolean {
  return optionTags(headers, name).includes(tag.toLowerCase())
}

/** Required tags outside `known`: what a 420 lists in Unsupported (SIP-12, RFC 3261 §8.2.2.3). */
export function unknownRequirements(headers: SipHeaders, known: readonly string[]): string[] {
  if (!headers.has('require')) return []
  const ours = new Set(known.map(tag => tag.toLowerCase()))
  return listValues(headers, 'require').filter(tag => !ours.has(tag.toLowerCase()))
}
