/** Octets of one unit of a shared frontier: 2^31 units are 128 TiB, so that one Int32 that `Atomics` can handle is enough. */
export const FRONTIER_UNIT = 64 * 1024

/** Cell of the shared state of a worker: 1 while it sleeps and must be woken by a message. */
export const ASLEEP = 0

/** What a hash worker is told. `fd` is a descriptor of the process; the main thread keeps it open until the job has ended. */
export type HashCommand =
  /** Hash `size` octets, or, with a `frontier`, as far as its units reach, until `finish` says the size. `from`: octets before it are not hashed. */
  | { readonly type: 'hash'; readonly id: number; readonly fd: number; readonly size: number }
  | { readonly type: 'follow'; readonly id: number; readonly fd: number; readonly frontier: Int32Array; readonly from?: number }
  | { readonly type: 'finish'; readonly id: number; readonly size: number }
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'wake' }

/** What it answers. Every job ends with exactly one of `digest`, `failed` and `cancelled`. */
export type HashReply =
  | { readonly type: 'progress'; readonly id: number; readonly octets: number }
  | { readonly type: 'digest'; readonly id: number; readonly digest: Uint8Array }
  /** `code` is the system's, or `short` when the file ended early. */
  | { readonly type: 'failed'; readonly id: number; readonly code: string }
  | { readonly type: 'cancelled'; readonly id: number }
