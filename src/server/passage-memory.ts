import { blocks } from '../node/index.js'

/** Memory whose octets many may read at once: each holds what it reads, and it is reused when nobody does. */
export interface PassageMemory {
  /** A view with the same octets that stays valid until `release`; on Node the view itself, its block held once more. */
  keep(view: Uint8Array): Uint8Array
  /** Holds a view that somebody keeps already. */
  retain(view: Uint8Array): void
  /** Lets go of a view, or of any part of it. */
  release(view: Uint8Array): void
  /** Memory to read into, held by the caller. */
  take(size: number): Uint8Array
}

/** The block pool of the process: nothing is copied. */
export const blockMemory: PassageMemory = {
  keep: view => {
    blocks.retain(view)
    return view
  },
  retain: view => blocks.retain(view),
  release: view => blocks.release(view),
  take: size => blocks.take(size).bytes,
}
