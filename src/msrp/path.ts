import { MAX_PATH_URIS } from './limits.js'
import { formatMsrpUri, type MsrpUri, parseMsrpUri } from './uri.js'

/**
 * `path = MSRP-URI *(SP MSRP-URI)`: leftmost is the adjacent hop, rightmost the endpoint (RFC 4975 §8.2).
 * @returns undefined when one URI is malformed, or lacks the port that SDP and all requests but AUTH must give (CON-1)
 */
export function parsePath(text: string): MsrpUri[] | undefined {
  const pieces = text.split(' ', MAX_PATH_URIS + 1)
  if (pieces.length > MAX_PATH_URIS) return undefined
  const path: MsrpUri[] = []
  for (const piece of pieces) {
    const uri = parseMsrpUri(piece)
    if (uri?.port === undefined) return undefined
    path.push(uri)
  }
  return path
}

export function formatPath(path: readonly MsrpUri[]): string {
  return path.map(formatMsrpUri).join(' ')
}

/** The text of the leftmost URI: where a response to a SEND goes (RFC 4975 §7.2). */
export function firstOfPath(text: string): string {
  const space = text.indexOf(' ')
  return space < 0 ? text : text.slice(0, space)
}
