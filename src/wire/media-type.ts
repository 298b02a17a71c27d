import { consistsOf, equalFold, SDP_TOKEN, SIP_TOKEN } from './characters.js'
import { type Parameters, parseParameters, quote } from './parameters.js'

/** `type/subtype;name=value` (RFC 2045 §5.1). Type and subtype keep the case they came in; compare with `sameMediaType`. */
export interface MediaType {
  readonly type: string
  readonly subtype: string
  readonly parameters: Parameters
}

export function parseMediaType(text: string): MediaType | undefined {
  const slash = text.indexOf('/')
  let end = text.indexOf(';')
  if (end < 0) end = text.length
  if (slash <= 0 || slash > end) return undefined
  const type = text.slice(0, slash).trim()
  const subtype = text.slice(slash + 1, end).trim()
  if (!consistsOf(type, SDP_TOKEN) || !consistsOf(subtype, SDP_TOKEN)) return undefined
  const parameters = parseParameters(text, end)
  return parameters && { type, subtype, parameters }
}

export function formatMediaType(media: MediaType): string {
  let text = `${media.type}/${media.subtype}`
  for (const [name, value] of media.parameters) text += `;${name}=${consistsOf(value, SIP_TOKEN) ? value : quote(value)}`
  return text
}

/** Type and subtype are equal, whatever the parameters; case does not matter. */
export function sameMediaType(a: MediaType, b: MediaType): boolean {
  return equalFold(a.type, b.type) && equalFold(a.subtype, b.subtype)
}
