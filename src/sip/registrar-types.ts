import type { Gruus } from './gruu.js'
import type { SipRequest } from './message.js'
import type { SipUri } from './uri.js'
import type { Address, ExtraHeaders, Transport } from './user-agent-types.js'

/** Where one device of an address of record is reached: what a registrar remembers of it (RFC 3261 §10). */
export interface RegisteredContact {
  /** URI as registered. */
  readonly contact: string
  /** The parameters of the Contact as they came, but those that are of this one registration: `;+g.3gpp.icsi-ref="…";+sip.instance="<…>"`. */
  readonly parameters: string
  /** Without angle brackets: `urn:uuid:…`. */
  readonly instance?: string
  /** Only with outbound (RFC 5626 §6). */
  readonly regId?: number
  readonly callId: string
  readonly cseq: number
  /** 0 to 1. */
  readonly q: number
  /** Milliseconds since 1970. */
  readonly expires: number
  /** Path of the registration, in the order to be put as Route (RFC 3327). */
  readonly path: readonly string[]
  /** The node whose connection leads to it, and that connection; absent when the Contact is reached by its address. */
  readonly node?: string
  readonly flow?: string
  readonly userAgent?: string
}

export interface RegistrarOptions {
  /** Seconds: less than `least` gets 423, more than `most` is cut, nothing said means `usual`. */
  readonly expires: { readonly least: number; readonly usual: number; readonly most: number }
  /** Contacts of one address of record. */
  readonly maxBindings: number
  /** Route that clients put before their requests (RFC 3608). */
  readonly serviceRoute?: readonly string[]
  /** Whether an address leads to the server itself, where no device is. */
  readonly isOwn?: (uri: SipUri) => boolean
  /** Gives every device addresses of its own (RFC 5627). */
  readonly gruus?: Gruus
  /** Seconds after which a client with a flow of its own must have said something (RFC 5626 §5.4). */
  readonly flowTimer?: number
}

/** One REGISTER that was authenticated and is allowed to change the bindings of `aor`. */
export interface RegisterInput {
  readonly request: SipRequest
  /** As `addressOfRecord` gives it. */
  readonly aor: string
  /** Living bindings of `aor`. */
  readonly bindings: readonly RegisteredContact[]
  /** Milliseconds since 1970. */
  readonly now: number
  /** Where the request came from, and the name of this server and of the connection, to be remembered where they are needed. */
  readonly source: { readonly node: string; readonly flow: string; readonly transport: Transport; readonly remote: Address }
  /** Own identities of the user, the usual one first (SIP-3). */
  readonly associatedUris?: readonly string[]
}

export interface RegisterResult {
  /** All bindings of the address from now on; those of the input when nothing changed. */
  readonly bindings: readonly RegisteredContact[]
  readonly changed: boolean
  readonly status: number
  readonly reason?: string
  readonly headers: ExtraHeaders
}
