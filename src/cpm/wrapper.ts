import { encodeCpimHead, formatImdnHeaders } from '../cpim/index.js'
import type { OutgoingMessage } from '../msrp/index.js'
import { acceptsType, type FileSelector } from '../sdp/index.js'
import { formatMediaType, quote } from '../wire/index.js'
import type { NotifyRequest } from './session-types.js'

/** How a file travels in its MSRP message: octets before the content, and what the SEND headers say. */
export interface Wrapping {
  readonly head: Uint8Array
  readonly message: OutgoingMessage
}

export interface WrappingOptions {
  readonly selector: FileSelector
  /** Octets of the file that travel: all, or those of the agreed range (OA-61). */
  readonly length: number
  readonly disposition: 'render' | 'attachment'
  readonly ownUri: string
  readonly ownDisplayName: string | undefined
  readonly peerUri: string
  /** Raw files are out of the question: a group needs to know whose they are (GRP-6). */
  readonly wrapAlways?: boolean
  readonly dateTime: string
  /** The peer's `a=accept-types` and `a=accept-wrapped-types`. */
  readonly acceptTypes: readonly string[]
  readonly acceptWrappedTypes: readonly string[]
  readonly successReport: boolean
  readonly failureReport: 'yes' | 'no' | 'partial'
  /** Notifications to ask for; only a wrapper can say so (IMDN-1). */
  readonly notify?: NotifyRequest | undefined
}

/**
 * CPIM when the peer names message/cpim first or takes nothing else; otherwise the raw file (D-15).
 * The wrapper goes around the content before it is cut into chunks (OA-62).
 * @returns undefined when the peer takes the file in neither form (MSRP-60)
 */
export function wrapFile(options: WrappingOptions): Wrapping | undefined {
  const { selector, acceptTypes, acceptWrappedTypes } = options
  const contentType = selector.type === undefined ? 'application/octet-stream' : formatMediaType(selector.type)
  const disposition = contentDisposition(options.disposition, selector)
  const rawAllowed = options.wrapAlways !== true && acceptsType(acceptTypes, contentType)
  const wrappedAllowed = acceptsType(acceptTypes, 'message/cpim') && acceptsType([...acceptTypes, ...acceptWrappedTypes], contentType)
  const reports = { successReport: options.successReport, failureReport: options.failureReport }
  if (wrappedAllowed && (acceptTypes[0]?.toLowerCase() === 'message/cpim' || !rawAllowed)) {
    const head = encodeCpimHead({
      from: { uri: options.ownUri, ...(options.ownDisplayName === undefined ? {} : { displayName: options.ownDisplayName }) },
      to: [{ uri: options.peerUri }],
      dateTime: options.dateTime,
      ...(options.notify === undefined ? {} : { extensions: formatImdnHeaders(options.notify) }),
      mime: [
        ['Content-Type', contentType],
        ['Content-Disposition', disposition],
      ],
    })
    return { head, message: { total: head.length + options.length, contentType: 'message/cpim', ...reports } }
  }
  if (!rawAllowed) return undefined
  return {
    head: new Uint8Array(0),
    message: { total: options.length, contentType, headers: [['Content-Disposition', disposition]], ...reports },
  }
}

/** `attachment; filename="notes.txt"; size=4400` (RFC 2183, OA-63); the name cannot break out of its line (SEC-14). */
function contentDisposition(disposition: string, selector: FileSelector): string {
  let value = disposition
  if (selector.name !== undefined) value += `; filename=${quote(printable(selector.name))}`
  if (selector.size !== undefined) value += `; size=${selector.size}`
  return value
}

function printable(name: string): string {
  let text = ''
  for (const character of name) text += isControl(character) ? '_' : character
  return text
}

function isControl(character: string): boolean {
  const code = character.charCodeAt(0)
  return code < 0x20 || code === 0x7f
}
