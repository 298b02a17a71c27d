import { consistsOf, type Parameters, quote, SIP_TOKEN } from '../wire/index.js'
import { isIpv6 } from './host.js'

/** `;name=value;flag`: the reverse of `parseParameters`. Values that are no token or host are quoted. */
export function formatParameters(parameters: Parameters): string {
  let text = ''
  for (const [name, value] of parameters) text += value === '' ? `;${name}` : `;${name}=${formatParameterValue(value)}`
  return text
}

/** gen-value = token / host / quoted-string (RFC 3261 §25.1) */
export function formatParameterValue(value: string): string {
  if (consistsOf(value, SIP_TOKEN) || isIpv6(value)) return value
  return value.startsWith('[') && value.endsWith(']') && isIpv6(value.slice(1, -1)) ? value : quote(value)
}
