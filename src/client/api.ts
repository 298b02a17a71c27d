import type { TraceEntry } from '../trace/index.js'
import type { CpmftError } from './errors.js'
import type { ConflictPolicy, FileInput } from './host.js'
import type { HistoryQuery, Store, StoredCapabilities, StoredTransfer } from './store.js'

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
  /**
   * `secure`: SIP over TLS and MSRP over TLS only, nothing is sent in the clear (SEC-7). `open`: plain unless the other side wants TLS.
   * Default: `open` where every address given is on this machine (loopback), else `secure`.
   */
  readonly profile?: 'secure' | 'open'
  /** MSRP relay to go through (RFC 4976), and its account; the SIP account when absent. */
  readonly relay?: { readonly uri: string; readonly username?: string; readonly password?: string }
  /** Connect to loopback and link-local media addresses even when the peer's signalling came from elsewhere (SEC-10). Default false. */
  readonly allowPrivate?: boolean
  /** Accept files of trusted contacts without asking (RCS-7), up to `warnSize`. Default false. */
  readonly autoAccept?: boolean
  /** Octets above which nothing is accepted without asking (RCS-6); 0 means no limit. Default 2 MiB. */
  readonly warnSize?: number
  /** What to do when the name of a received file is taken and `accept` does not say. Default `rename`. */
  readonly onConflict?: ConflictPolicy
  /** Octets that may be received (SEC-4): from one sender a day, and in all. Default: no limit. */
  readonly quota?: { readonly perSenderDay?: number; readonly total?: number }
  /** Ask receivers to say when a file was delivered and opened (IMDN-1). Default true. */
  readonly notifications?: boolean
  /** Tell senders when a file of theirs was opened here (IMDN-8). Default true. */
  readonly displayNotifications?: boolean
  /** Send a small picture of image files along (RCS-5): to everybody, or to nobody. Default: to peers that say that they show them. */
  readonly icons?: boolean
  /** Seconds a partial file can be gone on with (RCS-3). Default 24 h. */
  readonly resumeTtl?: number
  /** Seconds that what OPTIONS told of a peer counts (OA-51). Default 24 h. */
  readonly capabilityTtl?: number
  /**
   * Send without saying who we are (SIP-29): only the proxy is told. Nobody can notify us of delivery then.
   * The Contact stays, since answers must reach us; a privacy service of the network hides it (RFC 3323).
   */
  readonly anonymous?: boolean
  /** `P-Access-Network-Info` of our INVITEs (CPM-11). */
  readonly accessNetworkInfo?: string
  readonly signal?: AbortSignal
}

/** A running CPM Client. */
export interface Client extends AsyncDisposable {
  readonly aor: string
  /** SIP URI under which this client can be reached directly. */
  readonly contact: string
  /** Sends files to one recipient. Nothing throws later than this call: what goes wrong is in the events and the report. */
  send(to: string, files: FileInput | readonly FileInput[], options?: SendOptions): Transfer
  /** Asks a peer for files it shares (RFC 5547 §8.2.2). They are saved like accepted ones. */
  get(from: string, wanted: WantedFile | readonly WantedFile[], options?: GetOptions): Transfer<ReceivedFile>
  /** Lets others get these files until the share is closed. Only shared files can be got; nothing else is even hinted at (OA-35). */
  share(files: FileInput | readonly FileInput[], options?: ShareOptions): Promise<Share>
  /** Transfers that stopped before their end and can go on, newest first. */
  interrupted(): Promise<StoredTransfer[]>
  /**
   * Goes on with an interrupted transfer: sends the rest of its files, or asks the sender for it.
   * A file that changed since starts anew, with a `warning` event. Rejects with `CpmftError` `no-such-transfer` or `not-resumable`.
   */
  resume(id: string, options?: AcceptOptions): Promise<Transfer>
  /** Sends those files of an earlier transfer again that failed or were declined, from their start. Rejects like `resume`. */
  retry(id: string, options?: SendOptions): Promise<Transfer>
  /** Earlier and running transfers, newest first. */
  history(query?: HistoryQuery): Promise<StoredTransfer[]>
  /** What notifications tell of files that were sent (IMDN-3), until the client closes or `signal` aborts. */
  notices(options?: { readonly signal?: AbortSignal }): AsyncIterable<Notice>
  /** The user opened a received file: its sender is told when they asked for that. `index` is its place in the transfer. */
  displayed(transferId: string, index: number): Promise<void>
  /** What a peer can do, by OPTIONS (OA-50); remembered for `capabilityTtl` unless `refresh` is set. Rejects with `CpmftError`. */
  capabilities(uri: string, options?: { readonly refresh?: boolean; readonly signal?: AbortSignal }): Promise<StoredCapabilities>
  /** Transfers, contacts and capabilities remembered; undefined when nothing is. */
  readonly store: Store | undefined
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
  /** A line of text about each file (SDP-22). */
  readonly description?: string
  /** Ask the receiver to show the files at once instead of saving them (SDP-18). */
  readonly disposition?: 'render' | 'attachment'
}

/** A file to ask for; every selector that is given must match exactly (OA-32). */
export interface WantedFile {
  readonly name?: string
  readonly type?: string
  /** Octets. */
  readonly size?: number
  /** Colon-separated hex. */
  readonly sha1?: string
}

export interface GetOptions extends AcceptOptions {
  readonly subject?: string
}

export interface ShareOptions {
  /** Addresses that may get the files. Default: anybody who asks. */
  readonly with?: readonly string[]
  readonly signal?: AbortSignal
}

/** Files that others may get. Iterate for the transfers that this leads to. */
export interface Share extends AsyncIterable<Transfer>, AsyncDisposable {
  readonly files: readonly SharedFile[]
  /** Ends the share; running transfers go on. */
  close(): Promise<void>
}

export interface SharedFile {
  readonly name: string
  /** Octets. */
  readonly size: number
  readonly type: string
  readonly sha1: string
}

/** A notification about a file that was sent (IMDN-3). */
export interface Notice {
  /** As in history. */
  readonly transferId: string
  readonly index: number
  readonly name: string
  readonly peer: string
  readonly state: 'delivered' | 'displayed' | 'failed' | 'stored'
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
  /** Octets at the start that were there from an earlier attempt (RCS-2). Absent or 0 for whole transfers. */
  readonly resumedAt?: number
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
  /** Holds one file, or all that run, until `continue` (OA-38); the peer is told. */
  pause(file?: TransferFile): void
  continue(file?: TransferFile): void
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
  /** Nothing failed, but the user should know: a peer that takes no files, a changed file that starts anew, unprotected signalling. */
  | { readonly type: 'warning'; readonly code: WarningCode; readonly text: string; readonly file?: TransferFile }
  | { readonly type: 'done'; readonly report: TransferReport }

export type WarningCode = 'file-changed' | 'range-refused' | 'peer-incapable' | 'insecure-signalling' | 'large' | 'fallback' | 'waiting'

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
  /** In the contacts. */
  readonly known: boolean
  /** Files of this contact may be accepted without asking (RCS-7). */
  readonly trusted?: boolean
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
  /** The transfer that began without asking, by the user's rule for this sender (RCV-7); nothing is left to answer then. */
  readonly accepted?: Transfer<ReceivedFile>
  /** Contribution-ID of the session this one comes from (CPM-12). */
  readonly replaces?: string
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
  /** Octets of it that are here already from an earlier attempt; the sender goes on there (RCS-2). */
  readonly resumesAt?: number
  /** Where a file with the same hash was saved before (RCV-15). */
  readonly alreadyAt?: string
}

export interface AcceptOptions {
  /** Folder; the client's own when absent. */
  readonly into?: string
  readonly onConflict?: ConflictPolicy
  readonly signal?: AbortSignal
}
