import type { Body } from '../sip/index.js'
import { decodeMultipart, type MediaType, type Part, parseMediaType, partHeader, RemoteProtocolError } from '../wire/index.js'
import { decodeBase64 } from './decode-base64.js'
import { MULTIPART_DEPTH, RECEIVED_ICON_OCTETS } from './limits.js'
import type { Icon } from './session-types.js'

/** The SDP of a body and the parts that came beside it. */
export interface OfferBody {
  readonly sdp: Uint8Array
  readonly parts: readonly Part[]
}

/**
 * Finds the session description in a plain or multipart body (OA-12, SIP-17).
 * @returns undefined when there is a body but no SDP in it, or a part that must be understood and is not
 * @throws RemoteProtocolError 400 or 413 for a broken or overgrown multipart
 */
export function readOfferBody(body: Body): OfferBody | undefined {
  const parts: Part[] = []
  const sdp = findSdp(body.contentType, body.bytes, parts, 1)
  return sdp === undefined || parts.some(isRequiredAndUnknown) ? undefined : { sdp, parts }
}

/** The icon part that `a=file-icon:cid:…` points at; undefined when there is none or it is not a small plain image (SDP-20, RCV-18). */
export function iconOf(offer: OfferBody, contentId: string | undefined): Icon | undefined {
  const part = contentId === undefined ? undefined : offer.parts.find(part => partHeader(part, 'content-id') === `<${contentId}>`)
  if (part === undefined) return undefined
  const type = nameOf(parseMediaType(partHeader(part, 'content-type') ?? ''))
  if (type === undefined || !ICON_TYPES.has(type)) return undefined
  const bytes = contentOf(part)
  return bytes === undefined || bytes.length === 0 || bytes.length > RECEIVED_ICON_OCTETS ? undefined : { type, bytes }
}

/** RCV-18: pictures that cannot run anything. */
export const ICON_TYPES: ReadonlySet<string> = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp'])

/** Octets of a part with its transfer encoding undone (RFC 2045 §6.1); undefined for an encoding we do not know, or broken base64. */
function contentOf(part: Part): Uint8Array | undefined {
  const encoding = partHeader(part, 'content-transfer-encoding')?.trim().toLowerCase() ?? 'binary'
  if (encoding === 'base64') return decodeBase64(part.body)
  return encoding === 'binary' || encoding === '8bit' || encoding === '7bit' ? part.body : undefined
}

function findSdp(contentType: string, bytes: Uint8Array, others: Part[], depth: number): Uint8Array | undefined {
  const type = parseMediaType(contentType)
  const name = nameOf(type)
  if (type === undefined || name === undefined)
    throw new RemoteProtocolError('bad-content-type', 'The Content-Type of the body is not valid.', 400)
  if (name === 'application/sdp') return bytes
  if (!name.startsWith('multipart/')) return undefined
  if (depth > MULTIPART_DEPTH) throw new RemoteProtocolError('multipart-too-deep', 'The body is nested too deeply.', 400)
  const boundary = type.parameters.get('boundary')
  if (boundary === undefined) throw new RemoteProtocolError('no-boundary', 'A multipart body has no boundary.', 400)
  let sdp: Uint8Array | undefined
  for (const part of rootFirst(decodeMultipart(bytes, boundary), type)) {
    const content = sdp === undefined ? contentOf(part) : undefined
    const found = content === undefined ? undefined : findSdp(partHeader(part, 'content-type') ?? 'text/plain', content, others, depth + 1)
    if (found === undefined) others.push(part)
    else sdp = found
  }
  return sdp
}

/** RFC 2387 §3.2: `start` names the root of multipart/related by its Content-ID; without it the first part is the root. */
function rootFirst(parts: readonly Part[], type: MediaType): readonly Part[] {
  const start = nameOf(type) === 'multipart/related' ? type.parameters.get('start') : undefined
  if (start === undefined) return parts
  const root = parts.find(part => partHeader(part, 'content-id') === start)
  if (root === undefined) throw new RemoteProtocolError('no-root', 'The root of a multipart/related body is missing.', 400)
  return [root, ...parts.filter(part => part !== root)]
}

/** `Content-Disposition: session;handling=required` on a part we know nothing of (RFC 5621 §8.4, SIP-17). */
function isRequiredAndUnknown(part: Part): boolean {
  const [, ...parameters] = (partHeader(part, 'content-disposition') ?? '').split(';')
  if (!parameters.some(parameter => parameter.replaceAll(/[ \t]/g, '').toLowerCase() === 'handling=required')) return false
  const name = nameOf(parseMediaType(partHeader(part, 'content-type') ?? 'text/plain'))
  return name === undefined || !(KNOWN_PARTS.has(name) || ICON_TYPES.has(name))
}

/** What a part beside the SDP may be; what is in a multipart was looked at already. */
const KNOWN_PARTS: ReadonlySet<string> = new Set([
  'message/cpim',
  'application/resource-lists+xml',
  'application/sdp',
  'multipart/mixed',
  'multipart/related',
  'multipart/alternative',
])

function nameOf(type: MediaType | undefined): string | undefined {
  return type === undefined ? undefined : `${type.type}/${type.subtype}`.toLowerCase()
}
