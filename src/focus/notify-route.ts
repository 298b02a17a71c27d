import { formatImdnHeaders } from '../cpim/index.js'
import { encodeUtf8 } from '../wire/index.js'

/**
 * What goes before the message to a hidden member: its notifications come by the conference, which takes its name off them (IMDN-7):
 *
 *     NS: imdn <urn:ietf:params:imdn>
 *     imdn.IMDN-Record-Route: <sip:ft-8Jq2Lx71Zk@cf.home1.example>
 */
export function notifyRoute(conferenceUri: string): Uint8Array {
  const lines = formatImdnHeaders({ recordRoute: [conferenceUri] })
  return encodeUtf8(lines.map(([name, value]) => `${name}: ${value}\r\n`).join(''))
}
