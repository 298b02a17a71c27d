import { addressOfRecord, equalSipUris, parseSipUri } from '../sip/index.js'

/**
 * Whether two addresses are of one person: equal ones (RFC 3261 §19.1.4), or two forms of one address of record, such as
 * `sips:alice@example.org;user=phone` and `sip:alice@example.org:5060` (RFC 3261 §10.3 step 5). Two different ports are two user agents.
 */
export function isSamePerson(a: string, b: string): boolean {
  if (equalSipUris(a, b)) return true
  const address = addressOfRecord(a)
  if (address === undefined || address !== addressOfRecord(b)) return false
  const [one, other] = [parseSipUri(a)?.port, parseSipUri(b)?.port]
  return one === undefined || other === undefined || one === other
}
