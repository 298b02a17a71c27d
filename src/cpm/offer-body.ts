import type { Body } from '../sip/index.js'
import { decodeMultipart, type Part, parseMediaType, RemoteProtocolError } from '../wire/index.js'
import { MULTIPART_DEPTH } from './limits.js'

/** The SDP of a body and the parts that came beside it. */
export interface OfferBody {
  readonly sdp: Uint8Array
  readonly parts: readonly Part[]
}

/**
 * Finds the session description in a plain or multipart body (OA-12, SIP-17).
 * @returns undefined when there is a body but no SDP in it
 * @throws RemoteProtocolError 400 or 413 for a broken or overgrown multipart
 */
export function readOfferBody(body: Body): OfferBody | undefined {
  const parts: Part[] = []
  const sdp = findSdp(body.contentType, body.bytes, parts, 1)
  return sdp === undefined ? undefined : { sdp, parts }
}

/** The icon part that `a=file-icon:cid:…` points at; undefined when there is none or it is not a plain image (SDP-20). */
export function iconOf(offer: OfferBody, contentId: string | undefined): { type: string; bytes: Uint8Array } | undefined {
  if (contentId === undefined) return undefined
  const part = offer.parts.find(({ headers }) => header(headers, 'content-id') === `<${contentId}>`)
  const type = part === undefined ? undefined : parseMediaType(header(part.headers, 'content-type') ?? '')
  if (part === undefined || type === undefined || !ICON_TYPES.has(`${type.type}/${type.subtype}`.toLowerCase())) return undefined
  const encoding = header(part.headers, 'content-transfer-encoding')?.toLowerCase() ?? 'binary'
  if (part.body.length > ICON_OCTETS || encoding === 'base64') return undefined
  return { type: `${type.type}/${type.subtype}`.toLowerCase(), bytes: part.body }
}

/** RCV-18 */
const ICON_TYPES: ReadonlySet<string> = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp'])
const ICON_OCTETS = 65_536

function findSdp(contentType: string, bytes: Uint8Array, others: Part[], depth: number): Uint8Array | undefined {
  const type = parseMediaType(contentType)
  if (type === undefined) throw new RemoteProtocolError('bad-content-type', 'The Content-Type of the body is not valid.', 400)
  const name = `${type.type}/${type.subtype}`.toLowerCase()
  if (name === 'application/sdp') return bytes
  if (!name.startsWith('multipart/')) return undefined
  if (depth > MULTIPART_DEPTH) throw new RemoteProtocolError('multipart-too-deep', 'The body is nested too deeply.', 400)
  const boundary = type.parameters.get('boundary')
  if (boundary === undefined) throw new RemoteProtocolError('no-boundary', 'A multipart body has no boundary.', 400)
  let sdp: Uint8Array | undefined
  for (const part of decodeMultipart(bytes, boundary)) {
    const found =
      sdp === undefined ? findSdp(header(part.headers, 'content-type') ?? 'text/plain', part.body, others, depth + 1) : undefined
    if (found === undefined) others.push(part)
    else sdp = found
  }
  return sdp
}

function header(headers: Part['headers'], name: string): string | undefined {
  return headers.find(([field]) => field.toLowerCase() === name)?.[1]
}
