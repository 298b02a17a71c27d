/**
 * A passage is one file message on its way through the focus: written once by its sender, read by every member at its own pace.
 * The conference says what to do, the host of the conference keeps the octets: in memory while all readers are close behind the writer,
 * else in a spool file (GRP-27, GRP-29). Offsets count octets of the whole MSRP message, wrapper included.
 */
export type PassageCommand =
  /** Begin. */
  | {
      readonly name: 'open'
      readonly passage: string
      /** Octets of the message; undefined when its sender did not say. */
      readonly total: number | undefined
      /** Most octets the message may have. */
      readonly limit: number
      /** Somebody may begin to read later: nothing may be forgotten before `settled`. */
      readonly keep: boolean
    }
  /** Octets of the sender, in order; the view is valid during this call only, and is kept without a copy by retaining its block. */
  | { readonly name: 'write'; readonly passage: string; readonly offset: number; readonly bytes: Uint8Array }
  /** The content of the CPIM envelope begins here: what is hashed. Comes before octets behind it are written. */
  | { readonly name: 'content-at'; readonly passage: string; readonly offset: number }
  /** All octets were written: answer with `finished`. */
  | { readonly name: 'finish'; readonly passage: string }
  /** No reader will come any more: what all have read may be forgotten. */
  | { readonly name: 'settled'; readonly passage: string }
  /** A member will read from the start, even if it asks for nothing yet: nothing is forgotten before it did, or left. Optional; `read` joins too. */
  | { readonly name: 'join'; readonly passage: string; readonly reader: string }
  /** A member wants up to `length` octets from `offset`; answered with `octets`, now or when some are there. One question at a time. */
  | { readonly name: 'read'; readonly passage: string; readonly reader: string; readonly offset: number; readonly length: number }
  /** The member reads no more. */
  | { readonly name: 'leave'; readonly passage: string; readonly reader: string }
  /** The passage is over: everything is freed and the spool file deleted. */
  | { readonly name: 'close'; readonly passage: string }

export type PassageEvent =
  /** At least one octet. The view stays untouched until the transport has written it. */
  | {
      readonly name: 'octets'
      readonly passage: string
      readonly reader: string
      readonly offset: number
      readonly bytes: Uint8Array
    }
  /** Length and SHA-1 of the content, 20 octets; everything is safe. */
  | { readonly name: 'finished'; readonly passage: string; readonly size: number; readonly sha1: Uint8Array }
  /** The spool is full (GRP-29: 413 to the sender) or broke; the passage is over. */
  | { readonly name: 'failed'; readonly passage: string; readonly cause: 'full' | 'broken'; readonly detail: string }
