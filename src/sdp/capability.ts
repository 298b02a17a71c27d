import { type OwnOrigin, ownSession } from './own-session.js'
import type { MediaDescription, SessionDescription } from './session-description.js'

export interface CapabilityOptions {
  /** `TCP/TLS/MSRP` instead of `TCP/MSRP`. */
  readonly secure?: boolean
  readonly acceptTypes: readonly string[]
  readonly acceptWrappedTypes: readonly string[]
  /** Largest MSRP message that is received, in octets. */
  readonly maxSize?: number
}

/** The m-line that says "files can be sent to me" and opens nothing: port 0 and a bare `a=file-selector` (OA-50, RFC 5547 §8.5). */
export function capabilityMedia(options: CapabilityOptions): MediaDescription {
  const { acceptTypes, acceptWrappedTypes, maxSize } = options
  return {
    media: 'message',
    port: 0,
    protocol: options.secure === true ? 'TCP/TLS/MSRP' : 'TCP/MSRP',
    formats: ['*'],
    attributes: [
      { name: 'accept-types', value: acceptTypes.join(' ') },
      ...(acceptWrappedTypes.length === 0 ? [] : [{ name: 'accept-wrapped-types', value: acceptWrappedTypes.join(' ') }]),
      ...(maxSize === undefined ? [] : [{ name: 'max-size', value: `${maxSize}` }]),
      { name: 'file-selector' },
    ],
  }
}

/** The whole answer to OPTIONS; `origin.sessionId` is a fresh one for each of them (OA-50, RFC 3264 §9). */
export function capabilitySession(origin: OwnOrigin, options: CapabilityOptions): SessionDescription {
  return ownSession(origin, 1, [capabilityMedia(options)])
}

/** Whether a peer's capability description says RFC 5547: an MSRP line with `a=file-selector`, whatever its port (OA-51). */
export function offersFileTransfer(session: SessionDescription): boolean {
  return session.media.some(
    ({ media, protocol, attributes }) =>
      media === 'message' &&
      (protocol === 'TCP/MSRP' || protocol === 'TCP/TLS/MSRP') &&
      attributes.some(({ name }) => name === 'file-selector'),
  )
}
