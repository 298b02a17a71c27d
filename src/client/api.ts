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
  /** MSRP chunk size in octets. Default: 4 MiB, growing to 15 MiB while the peer answers within a second. */
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
  /** Address of the service that makes groups (GRP-1). Default: `sip:conference-factory@` and the domain of `aor`, where there is a proxy. */
  readonly conferenceFactory?: string
  /** People in a group that is made for one transfer, ourselves included (GRP-5). Default 10. */
  readonly maxGroupSize?: number
  /**
   * Group servers and mailboxes whose word about the original sender counts (SEC-15, RCS-10): an address (`sip:pf@example.com`), or a host
   * (`cf.example.com`) that the peer asserts or connects from. What our own proxy asserts always counts. Default: `conferenceFactory`.
   */
  readonly trustedFocus?: readonly string[]
  /** Seconds without news of any recipient after which a transfer to a group ends although some have not got it yet. Default 30. */
  readonly recipientWait?: number
  readonly signal?: AbortSignal
}

/** A running CPM Client. */
export interface Client extends AsyncDisposable {
  readonly aor: string
  /** SIP URI under which this client can be reached directly. */
  readonly contact: string
  /**
   * Sends files to somebody, to several people at once, or to a group. Nothing throws later than this call: what goes wrong is in the events
   * and the report. A list that comes down to one person is sent to that person alone (CR-3).
   */
  send(to: Destination, files: FileInput | readonly FileInput[], options?: SendOptions): Transfer
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
  /**
   * Transfers by which peers fetch again what was sent to them before and did not arrive whole (RCS-2), until the client closes or `signal`
   * aborts. Those of a share are told by the share.
   */
  fetched?(options?: { readonly signal?: AbortSignal }): AsyncIterable<Transfer>
  /**
   * Registrations that fail, the first as well, and that it is there again; until the client closes or `signal` aborts. What `ready` tells of
   * success is not told again.
   */
  registration?(options?: { readonly signal?: AbortSignal }): AsyncIterable<RegistrationNews>
  /** The user opened a received file: its sender is told when they asked for that. `index` is its place in the transfer. */
  displayed(transferId: string, index: number): Promise<void>
  /** What a peer can do, by OPTIONS (OA-50); remembered for `capabilityTtl` unless `refresh` is set. Rejects with `CpmftError`. */
  capabilities(uri: string, options?: { readonly refresh?: boolean; readonly signal?: AbortSignal }): Promise<StoredCapabilities>
  /** Transfers, contacts and capabilities remembered; undefined when nothing is. */
  readonly store: Store | undefined
  /** Another folder for received files, from the next one on; `accept` may still name one. */
  receiveInto?(folder: string): void
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
  /** Where there is no service for groups, or it refuses lists (420), send to each recipient by itself (GRP-2). Default false. */
  readonly fallbackToSingle?: boolean
  /** As in `ClientOptions`. */
  readonly recipientWait?: number
  /** `retry`: places of the files (`StoredFile.index`) that are sent again. Default: all that can be. */
  readonly only?: readonly number[]
}

/** Who gets the files: an address, several of them, or a group made by `group()`. */
export type Destination = string | readonly (string | GroupRecipient)[] | Group

/** One of those that a group is made of for one transfer (GRP-4). */
export interface GroupRecipient {
  readonly uri: string
  /** `to` and `cc` are seen by everybody, `bcc` by nobody. Default `to`. */
  readonly copyControl?: 'to' | 'cc' | 'bcc'
  /** The others learn that there is one more, but not who. Default false. */
  readonly anonymize?: boolean
}

/** Several people, or a group that has an address of its own (CR-3, CR-4). */
export interface Group {
  /** The address of a group that is defined at its server; undefined when it is made of `recipients`. */
  readonly uri: string | undefined
  readonly recipients: readonly GroupRecipient[]
  /** Shown with the offer. */
  readonly subject: string | undefined
  /** For the own user only. */
  readonly name: string | undefined
}

/**
 * How far a transfer is with one recipient, one word each. Ends: `declined`, `unreachable`, `delivered`, `displayed`, `stored` (a server
 * keeps it until the recipient is online), `failed`, `left` (went before having all), `unknown` (the group does not say).
 */
export type RecipientState =
  | 'invited'
  | 'ringing'
  | 'sending'
  | 'delivered'
  | 'displayed'
  | 'stored'
  | 'declined'
  | 'unreachable'
  | 'left'
  | 'failed'
  | 'unknown'

/** One recipient of a transfer to several; a live view. */
export interface TransferRecipient {
  /** Address; for a member the group does not name: `sip:anonymous1@anonymous.invalid`. */
  readonly uri: string
  readonly displayName: string | undefined
  readonly copyControl: 'to' | 'cc' | 'bcc'
  readonly state: RecipientState
  /** Octets of all files that this recipient has. */
  readonly bytes: number
  /** Octets of all files; undefined until they are described. */
  readonly total: number | undefined
  readonly error: CpmftError | undefined
  readonly files: readonly RecipientFile[]
}

/** One file with one recipient. */
export interface RecipientFile {
  readonly file: TransferFile
  readonly state: RecipientState
  readonly bytes: number
}

/** The group at the other end of a transfer or an offer, as far as it is known. */
export interface TransferGroup {
  /** Address of a group that has one; of an offer the conference URI. Undefined for a group made for this transfer. */
  readonly uri: string | undefined
  readonly name: string | undefined
  readonly subject: string | undefined
}

/** The group an offer came through (GRP-43). */
export interface OfferGroup extends TransferGroup {
  /** Those who got it as well, as far as the sender lets us know: `count` is more than 1 for people without names. */
  readonly recipients: readonly {
    readonly uri: string
    readonly displayName: string | undefined
    readonly copyControl: 'to' | 'cc' | 'bcc'
    readonly count: number
  }[]
  /** An answer to all of them gives away nobody who is hidden (GRP-25). */
  readonly mayReplyToAll: boolean
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

/** Others can reach us through the registrar, or cannot any more; it is tried again without end (SIP-3). */
export type RegistrationNews =
  | { readonly state: 'registered' }
  /** `retryIn`: milliseconds until the next try. */
  | { readonly state: 'failed'; readonly error: CpmftError; readonly retryIn: number | undefined }

/** A notification about a file that was sent (IMDN-3). */
export interface Notice {
  /** As in history. */
  readonly transferId: string
  readonly index: number
  readonly name: string
  readonly peer: string
  readonly state: 'delivered' | 'displayed' | 'failed' | 'stored'
  /** Who of a group says so, where the group does not hide it. */
  readonly recipient?: string
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
  /** Place in the record of the transfer (`StoredFile.index`): of a transfer that goes on, not always the one in `Transfer.files`. */
  readonly index?: number
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
  /** A server took the sent file for somebody who is away, and brings it later (RCS-9). Absent: the receiver has it. */
  readonly stored?: boolean
  /** Where a received file was saved. */
  readonly path: string | undefined
  readonly error: CpmftError | undefined
  /** Octets at the start that were there from an earlier attempt (RCS-2). Absent or 0 for whole transfers. */
  readonly resumedAt?: number
  /** Of a file received through a group: who sent it, as the message itself says (GRP-43). */
  readonly sender?: { readonly uri: string; readonly displayName: string | undefined }
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
  /** Set when it goes to several people: to a group, or to a list. */
  readonly group?: TransferGroup
  /** Those people, as far as they are known. */
  readonly recipients?: readonly TransferRecipient[]
  /** Settles when every file ended, with every recipient or at the end of the wait for them; never rejects. */
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
  /** News of one recipient of a group; `error` says why where a state is a bad end. */
  | {
      readonly type: 'recipient'
      readonly uri: string
      readonly recipient: TransferRecipient
      readonly state: RecipientState
      readonly bytes: number
      readonly total: number | undefined
      readonly error: CpmftError | undefined
    }
  /** Nothing failed, but the user should know: a peer that takes no files, a changed file that starts anew, unprotected signalling. */
  | { readonly type: 'warning'; readonly code: WarningCode; readonly text: string; readonly file?: TransferFile }
  | { readonly type: 'done'; readonly report: TransferReport }

export type WarningCode =
  | 'file-changed'
  | 'range-refused'
  | 'peer-incapable'
  | 'insecure-signalling'
  | 'large'
  | 'fallback'
  | 'waiting'
  /** The group tells nothing of its members: what becomes of the files is known from their notifications alone. */
  | 'silent-group'

export interface TransferReport {
  /** Every file done, with every recipient. */
  readonly ok: boolean
  readonly files: readonly TransferFile[]
  /** Of a transfer to several. */
  readonly recipients?: readonly TransferRecipient[]
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
  /** It came through a group (GRP-43); `from` is who sent it into the group. */
  readonly group?: OfferGroup
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
  /** `resume`: places of the files (`StoredFile.index`) that go on. Default: all that can. */
  readonly only?: readonly number[]
  /** Folder; the client's own when absent. */
  readonly into?: string
  readonly onConflict?: ConflictPolicy
  readonly signal?: AbortSignal
}
