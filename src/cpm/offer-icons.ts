import type { Body } from '../sip/index.js'
import { encodeMultipart, type Part, type Random, randomToken } from '../wire/index.js'
import type { FileLine } from './file-line.js'
import { ICON_RETRY, ICONS_PER_OFFER, SENT_ICON_OCTETS, SENT_ICONS_OCTETS } from './limits.js'
import { ICON_TYPES } from './offer-body.js'
import type { Icon } from './session-types.js'

const BOUNDARY_CHARACTERS = 24
const CONTENT_ID_CHARACTERS = 20

/** Statuses that say "too much" of a multipart body, when they come at once (OA-13). */
const HASTY_REFUSALS: ReadonlySet<number> = new Set([400, 413, 488, 513])

/** Icons in the offers of one session, and whether the peer takes them (OA-12, OA-13). */
export class OfferIcons {
  readonly #random: Random
  readonly #host: string
  /** Icon parts of the offer that waits, by Content-ID. */
  #icons = new Map<string, Icon>()
  #octets = 0
  #sentAt = 0
  /** The peer turned one such offer down: no icons any more. */
  #refused = false

  /** @param host right side of our Content-IDs */
  constructor(random: Random, host: string) {
    this.#random = random
    this.#host = host
  }

  /** Takes the icon along with the next offer. @returns its Content-ID; undefined when the offer goes without it */
  take(icon: Icon | undefined): string | undefined {
    if (icon === undefined || this.#refused || !ICON_TYPES.has(icon.type.toLowerCase())) return undefined
    const { length } = icon.bytes
    if (length === 0 || length > SENT_ICON_OCTETS) return undefined
    // A peer answers 413 to a body that is too large, and the files matter more
    if (this.#icons.size === ICONS_PER_OFFER || this.#octets + length > SENT_ICONS_OCTETS) return undefined
    const contentId = `${randomToken(this.#random, CONTENT_ID_CHARACTERS)}@${this.#host}`
    this.#icons.set(contentId, icon)
    this.#octets += length
    return contentId
  }

  /** The body of the offer: the SDP alone, or as root of a multipart/related with the icons behind it (RFC 5547 §8.8). */
  body(sdp: Uint8Array, now: number): Body {
    this.#sentAt = now
    if (this.#icons.size === 0) return { contentType: 'application/sdp', bytes: sdp }
    const parts: Part[] = [{ headers: [['Content-Type', 'application/sdp']], body: sdp }]
    for (const [contentId, { type, bytes }] of this.#icons) parts.push(iconPart(contentId, type, bytes))
    const boundary = randomToken(this.#random, BOUNDARY_CHARACTERS)
    return {
      contentType: `multipart/related;type="application/sdp";boundary="${boundary}"`,
      bytes: encodeMultipart(parts, boundary),
    }
  }

  /** The offer was answered, or refused for other reasons: its icons have been sent, and its lines do not name them again. */
  done(lines: readonly FileLine[]): void {
    if (this.#icons.size === 0) return
    this.#icons = new Map()
    this.#octets = 0
    for (const line of lines) if (line.own?.icon !== undefined) line.own = { ...line.own, icon: undefined }
  }

  /** Whether a refusal is for the icons, so that the same offer is worth a try without them (OA-13): once in a session. */
  refused(status: number, now: number): boolean {
    if (this.#icons.size === 0) return false
    if (status !== 415 && !(HASTY_REFUSALS.has(status) && now - this.#sentAt <= ICON_RETRY)) return false
    this.#refused = true
    return true
  }
}

function iconPart(contentId: string, type: string, body: Uint8Array): Part {
  return {
    headers: [
      ['Content-Type', type.toLowerCase()],
      ['Content-Transfer-Encoding', 'binary'],
      ['Content-ID', `<${contentId}>`],
      ['Content-Disposition', 'icon'],
    ],
    body,
  }
}
