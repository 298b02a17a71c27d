import { formatHost, normalizeEscapes, parseSipUri } from '../sip/index.js'

/**
 * `SIP:bob%31@Example.ORG;user=phone` -> `sip:bob1@example.org`: the form in which an address of record is looked up (RFC 3261 §10.3 step
 * 5: no parameters, escapes only where they must be). `sips` finds the same person as `sip` (RFC 5630 §3.1.2), `tel` loses its separators
 * (RFC 3966 §5). Text that is no such address stands for itself.
 */
export function addressKey(text: string): string {
  const uri = parseSipUri(text)
  if (uri === undefined) return text
  const user = normalizeEscapes(uri.user ?? '')
  if (uri.scheme === 'tel') return telKey(user, uri.parameters.get('phone-context'))
  const place = `${formatHost(uri.host.toLowerCase())}${uri.port === undefined || uri.port === 5060 ? '' : `:${uri.port}`}`
  return user === '' ? `sip:${place}` : `sip:${user}@${place}`
}

function telKey(number: string, context: string | undefined): string {
  const digits = bare(number)
  return context === undefined || digits.startsWith('+') ? `tel:${digits}` : `tel:${digits};phone-context=${bare(context)}`
}

/** Visual separators and case do not count. */
function bare(number: string): string {
  return number
    .toLowerCase()
    .replaceAll(/[-()]/g, '')
    .replaceAll(/(?<=\d)\.(?=\d)/g, '')
}
