/** Cell of the shared state of a worker: 1 while it sleeps and must be woken by a message. */
export const ASLEEP = 0

/** What a hash worker is told, several in one message. `fd` is a descriptor of the process; the main thread keeps it open until the job has ended. Memory is shared. */
export type HashCommand =
  /** Hash the first `size` octets; they are read into `blocks`. */
  | { readonly type: 'hash'; readonly id: number; readonly fd: number; readonly size: number; readonly blocks: readonly Uint8Array[] }
  /** Hash the octets from `from` on as far as `octets` brings them or the `frontier` allows to read them, until `finish` says the size. */
  | { readonly type: 'follow'; readonly id: number; readonly fd: number; readonly from: number; readonly frontier: BigInt64Array }
  /** What the file has or will have at `position`; nobody changes it until `taken` counts it. */
  | { readonly type: 'octets'; readonly id: number; readonly position: number; readonly views: readonly Uint8Array[] }
  | { readonly type: 'finish'; readonly id: number; readonly size: number }
  | { readonly type: 'cancel'; readonly id: number }
  | { readonly type: 'wake' }

/** What it answers. Every job ends with exactly one of `digest`, `failed` and `cancelled`. */
export type HashReply =
  /** Octets are hashed up to here; so many more `octets` commands are `taken`. A follower tells it for each of them and when it has caught up with the frontier. */
  | { readonly type: 'progress'; readonly id: number; readonly octets: number; readonly taken: number }
  | { readonly type: 'digest'; readonly id: number; readonly digest: Uint8Array }
  /** `code` is the system's, or `short` when the file ended early. */
  | { readonly type: 'failed'; readonly id: number; readonly code: string }
  | { readonly type: 'cancelled'; readonly id: number }

/** One message of a worker. `answers`: it has obeyed the commands of one message; whether it sends others depends on what they were. */
export interface HashReplies {
  readonly answers: boolean
  readonly replies: readonly HashReply[]
}
