import type { TraceEntry } from '../trace/index.js'
import type { CpmftError } from './errors.js'
import type { ConflictPolicy, FileInput } from './host.js'

/** Options of `createClient`. */
export interface ClientOptions {
  /** Own address: `sip:alice@example.com`. */
  readonly aor: string
  readonly displayName?: string
  /** Account password; never logged, never traced. */
  readonly password?: string
  /** Digest user name; the user part of the address when absent. */
  readonly username?: string
  /** Where to listen for SIP: `sip:alice@127.0.0.1:5071;transport=tcp`. The system chooses a port when absent. Both UDP and TCP are served unless `transport` says otherwise. */
  readonly listen?: string
  /** Without `listen` and `proxy`: an address that must be reachable from where we listen, usually the recipient's. */
  readonly reach?: string
  /** Outbound proxy and registrar: `sip:proxy.example.com;transport=tcp`. */
  readonly proxy?: string
  /** Register with the registrar. Default: when a proxy is given. */
  readonly register?: boolean
  /** Folder for received files. Default: the current folder. */
  readonly into?: string
  /** Seconds after the last file before BYE (CR-14); 0 releases at once. Default 30. */
  readonly releaseTimer?: number
  /** Seconds an incoming offer waits for an answer (D-7). Default 120. */
  readonly ringTimeout?: number
  /** Largest file in octets, sent or received (RCS-6); 0 means no limit. Default: no limit. */
  readonly maxFileSize?: number
  /** Ask for success REPORTs (D-2). Default true. */
  readonly successReport?: boolean
  /** Failure reports we ask for (D-2). Default 'yes'. */
  readonly failureReport?: 'yes' | 'no' | 'partial'
  /** MSRP chunk size in octets. Default 4 MiB. */
  readonly chunkSize?: number
  readonly signal?: AbortSignal
}

/** A running CPM Client. */
export interface Client extends AsyncDisposable {
  readonly aor: string
  /** SIP URI under which this client can be reached directly. */
  readonly contact: string
  /** Sends files to one recipient. Nothing throws later than this call: what goes wrong is in the events and the report. */
  send(to: string, files: FileInput | readonly FileInput[], options?: SendOptions): Transfer
  /** Incoming offers, one at a time, until the client closes or `signal` aborts (which throws its reason). */
  offers(options?: { readonly signal?: AbortSignal }): AsyncIterable<IncomingOffer>
  /** Every SIP and MSRP message and state change from now on. */
  trace(): AsyncIterable<TraceEntry>
  /** Settles once registered; rejects with `CpmftError`. Settles at once when there is no registrar. */
  readonly ready: Promise<void>
  /** Ends sessions with BYE, unregisters, closes all sockets and files. */
  close(): Promise<void>
}

export interface SendOptions {
  readonly signal?: AbortSignal
  /** Short text shown with the offer. */
  readonly subject?: string
  /** Ask the receiver to show the files at once instead of saving them (SDP-18). */
  readonly disposition?: 'render' | 'attachment'
}

/** One word each, the same in library, command line and page. */
export type FileState =
  | 'hashing'
  | 'offered'
  | 'accepted'
  | 'declined'
  | 'sending'
  | 'receiving'
  | 'paused'
  | 'verifying'
  | 'done'
  | 'failed'
  | 'cancelled'

/** One file of a transfer; a live view. */
export interface TransferFile {
  /** `file-transfer-id`; '' until the file is offered. */
  readonly id: string
  readonly name: string
  /** Octets; undefined when the peer did not say. */
  readonly size: number | undefined
  readonly type: string
  /** SHA-1 in colon-separated upper-case hex, once known. */
  readonly sha1: string | undefined
  readonly state: FileState
  /** Octets the peer confirmed (sending) or octets written (receiving). */
  readonly bytes: number
  /** False when the transfer was sent but the asked-for report never came (SND-8). */
  readonly confirmed: boolean
  /** Where a received file was saved. */
  readonly path: string | undefined
  readonly error: CpmftError | undefined
}

/** A file on its way to us. */
export interface ReceivedFile extends TransferFile {
  /**
   * The octets as they come, instead of a file on disk; ask for it in the same turn as `accept`. A slow reader slows the sender.
   * The stream errors with `CpmftError` when the transfer fails or the hash does not match: what was read before is not verified.
   */
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>
}

/** Files going over one dialog, outgoing or incoming. Iterate for events; await `done` for the outcome. */
export interface Transfer<File extends TransferFile = TransferFile> extends AsyncIterable<TransferEvent>, AsyncDisposable {
  readonly id: string
  readonly peer: Party
  readonly files: readonly File[]
  /** Settles when every file ended; never rejects. */
  readonly done: Promise<TransferReport>
  /** Cancels what is not finished: CANCEL, `#` and port 0, or BYE. */
  abort(reason?: string): void
  /** Aborts one file; the others go on (OA-46). */
  abortFile(file: TransferFile): void
}

export type TransferEvent =
  | { readonly type: 'hashing'; readonly file: TransferFile; readonly bytes: number; readonly total: number }
  | { readonly type: 'ringing' }
  | { readonly type: 'state'; readonly file: TransferFile; readonly state: FileState }
  /** `bytes` as in `TransferFile.bytes`; `sent` counts octets handed to the network (SND-11). At most 10 a second per file. */
  | {
      readonly type: 'progress'
      readonly file: TransferFile
      readonly bytes: number
      readonly sent: number
      readonly total: number | undefined
    }
  | { readonly type: 'done'; readonly report: TransferReport }

export interface TransferReport {
  /** Every file done. */
  readonly ok: boolean
  readonly files: readonly TransferFile[]
  /** What ended the whole transfer, when it was not the files themselves. */
  readonly error: CpmftError | undefined
}

/** Who is at the other end (SIP-28). */
export interface Party {
  readonly uri: string
  readonly displayName: string | undefined
  /** `asserted` by a trusted proxy; `direct` address without proof; `unverified` From; `anonymous`. */
  readonly identity: 'asserted' | 'unverified' | 'anonymous'
  readonly known: boolean
}

/** An offer that waits for the user's choice (CR-19 to CR-22). */
export interface IncomingOffer {
  readonly id: string
  readonly from: Party
  readonly files: readonly OfferedFile[]
  readonly totalSize: number
  readonly subject: string | undefined
  readonly conversationId: string
  readonly contributionId: string
  /** Aborted when the caller withdraws the offer, it was answered, or its time is over. */
  readonly signal: AbortSignal
  /** Accepts `files` (default: all that can be accepted); the rest are declined. */
  accept(files?: readonly OfferedFile[], options?: AcceptOptions): Transfer<ReceivedFile>
  /** Declines everything: 488. */
  decline(reason?: string): Promise<void>
  /** Leaves the offer alone: other devices keep ringing, the caller gets 480 at the end of the ring time. */
  ignore(): void
}

/** What the offer says of one file. All of it is the sender's word until verified. */
export interface OfferedFile {
  readonly id: string
  readonly name: string
  readonly size: number | undefined
  readonly type: string
  readonly sha1: string | undefined
  readonly disposition: 'render' | 'attachment'
  readonly description: string | undefined
  readonly modified: Date | undefined
  readonly icon: { readonly type: string; readonly bytes: Uint8Array } | undefined
  /** Why this file cannot be accepted (RCV-4); undefined when it can. */
  readonly unavailable: string | undefined
}

export interface AcceptOptions {
  /** Folder; the client's own when absent. */
  readonly into?: string
  readonly onConflict?: ConflictPolicy
  readonly signal?: AbortSignal
}
