/**
 * What the page knows: one snapshot, then changes to it. Plain JSON; times are milliseconds since 1970, sizes and rates octets (a second).
 * File and recipient states are the words of `FileState` and `RecipientState` of the library.
 */
export interface PageState {
  readonly v: 1
  /** Version of cpmft. */
  readonly version: string
  /** `first-run`: there is no account yet; only `account` commands and the demo work. */
  readonly mode: 'client' | 'first-run'
  readonly account: AccountView | undefined
  readonly registration: RegistrationView
  readonly folder: FolderView
  /** Largest file that may be sent or received (RCS-6); undefined: no limit. Above `warnSize` the page asks first. */
  readonly limits: { readonly maxFileSize: number | undefined; readonly warnSize: number | undefined; readonly maxGroupSize: number }
  /** Live transfers and those that ended lately, newest first. */
  readonly transfers: readonly TransferView[]
  /** Offers that wait for an answer, oldest first. */
  readonly offers: readonly OfferView[]
  readonly tour: TourView | undefined
}

export interface AccountView {
  /** Own address: `sip:alice@example.com`. */
  readonly aor: string
  readonly displayName: string | undefined
  /** Where others reach us directly. */
  readonly contact: string
  readonly proxy: string | undefined
  readonly profile: 'secure' | 'open'
}

export interface RegistrationView {
  /** `none`: there is no registrar; we can be reached directly. */
  readonly state: 'none' | 'connecting' | 'registered' | 'failed'
  readonly error?: ErrorView | undefined
  /** When the next try is due. */
  readonly retryAt?: number | undefined
}

export interface FolderView {
  /** Full path of the folder for received files. */
  readonly path: string
  readonly free: number | undefined
}

/** What happened, why, and what to do next. */
export interface ErrorView {
  /** A key of `ERRORS` of the library. */
  readonly code: string
  readonly text: string
  readonly detail?: string | undefined
  readonly hint?: string | undefined
  /** SIP or MSRP status. */
  readonly status?: number | undefined
}

export interface TransferView {
  /** As in the history. */
  readonly id: string
  readonly direction: 'sent' | 'received'
  readonly peer: PartyView
  readonly subject: string | undefined
  readonly started: number
  readonly ended: number | undefined
  /** `preparing` hashes, `ringing` waits for the choice of the others, `running` moves octets. */
  readonly phase: 'preparing' | 'ringing' | 'running' | 'ended'
  readonly ok: boolean | undefined
  readonly files: readonly FileView[]
  readonly group: { readonly uri: string | undefined; readonly name: string | undefined } | undefined
  /** Of a transfer to several. */
  readonly recipients: readonly RecipientView[] | undefined
  readonly warnings: readonly { readonly code: string; readonly text: string }[]
  readonly error: ErrorView | undefined
  /** What can be done now. */
  readonly actions: readonly TransferAction[]
}

export type TransferAction = 'cancel' | 'pause' | 'continue' | 'resume' | 'retry'

export interface FileView {
  readonly index: number
  readonly name: string
  readonly type: string
  readonly size: number | undefined
  readonly sha1: string | undefined
  readonly state: string
  /** Octets the peer confirmed (sent) or octets written (received); while hashing, octets hashed. */
  readonly bytes: number
  readonly confirmed: boolean
  readonly stored: boolean
  readonly resumedAt: number
  /** Smoothed; undefined until it is steady. */
  readonly rate: number | undefined
  /** Seconds left; undefined until it is steady. */
  readonly eta: number | undefined
  /** Where a received file was saved. */
  readonly path: string | undefined
  /** The latest a notification told of a sent file, so that a page that comes later knows it too. */
  readonly notice?: 'delivered' | 'displayed' | 'failed' | 'stored' | undefined
  readonly error: ErrorView | undefined
}

export interface PartyView {
  readonly uri: string
  readonly displayName: string | undefined
  readonly identity: 'asserted' | 'unverified' | 'anonymous'
  /** In the contacts. */
  readonly known: boolean
  readonly trusted: boolean
}

export interface RecipientView {
  readonly uri: string
  readonly displayName: string | undefined
  readonly copyControl: 'to' | 'cc' | 'bcc'
  readonly state: string
  readonly bytes: number
  readonly total: number | undefined
  readonly error: ErrorView | undefined
  /** For the grid of files and recipients: in the order of `TransferView.files`. */
  readonly files: readonly { readonly index: number; readonly state: string; readonly bytes: number }[]
}

/** What the accept card shows. */
export interface OfferView {
  readonly id: string
  readonly from: PartyView
  readonly subject: string | undefined
  readonly received: number
  /** When it is no longer waited for our answer. */
  readonly expires: number
  readonly files: readonly OfferedFileView[]
  readonly totalSize: number
  readonly group:
    | { readonly uri: string | undefined; readonly name: string | undefined; readonly recipients: readonly string[] }
    | undefined
}

export interface OfferedFileView {
  readonly id: string
  readonly name: string
  readonly size: number | undefined
  readonly type: string
  readonly description: string | undefined
  readonly modified: number | undefined
  /** Base 64 of a small picture, JPEG, PNG or GIF only. */
  readonly icon: { readonly type: 'image/jpeg' | 'image/png' | 'image/gif'; readonly base64: string } | undefined
  /** Why it cannot be accepted. */
  readonly unavailable: string | undefined
  readonly resumesAt: number | undefined
  readonly alreadyAt: string | undefined
  /** It could do harm when opened: a program, a script, a document with macros. */
  readonly risky: boolean
}

/** The guided tour of the demo. */
export interface TourView {
  readonly steps: readonly TourStepView[]
  /** What the people of the demo do at the moment, one line. */
  readonly note: string | undefined
}

export interface TourStepView {
  readonly id: string
  readonly state: 'open' | 'running' | 'done' | 'failed'
}

/** A transfer of the history. */
export interface HistoryRow {
  readonly id: string
  readonly direction: 'sent' | 'received'
  readonly peer: string
  readonly peerName: string | undefined
  readonly subject: string | undefined
  readonly started: number
  readonly ended: number | undefined
  readonly group: string | undefined
  readonly recipients: readonly { readonly uri: string; readonly state: string }[] | undefined
  readonly files: readonly HistoryFile[]
  readonly actions: readonly ('resume' | 'retry' | 'send-again')[]
}

export interface HistoryFile {
  readonly index: number
  readonly name: string
  readonly type: string
  readonly size: number | undefined
  readonly state: string
  readonly bytes: number
  readonly path: string | undefined
  /** The file is where it was; false greys it. */
  readonly here: boolean
  readonly notice: 'delivered' | 'displayed' | 'failed' | 'stored' | undefined
  readonly error: ErrorView | undefined
}

export interface HistoryPage {
  readonly rows: readonly HistoryRow[]
  /** Give it as `before` for the next page; undefined at the end. */
  readonly before: number | undefined
}

export interface ContactView {
  readonly uri: string
  readonly name: string | undefined
  readonly trusted: boolean
  readonly added: number
}

/** A group of the own address book: with an address of its own at the server, or a list of people. */
export interface GroupView {
  readonly name: string
  readonly uri: string | undefined
  readonly members: readonly string[]
}

/** What is known of a recipient before sending (OPTIONS). */
export interface CapabilitiesView {
  readonly uri: string
  readonly reachable: boolean
  readonly fileTransfer: boolean
  readonly maxSize: number | undefined
  readonly error: ErrorView | undefined
}

export interface FindingView {
  readonly check: string
  readonly status: 'ok' | 'warn' | 'fail'
  readonly text: string
  readonly fix?: string | undefined
  /** The page can do it: `POST /api/doctor/fix {action}`. */
  readonly action?: 'create-folder' | undefined
}

/** What the live check of an account found, by field. */
export interface AccountCheckView {
  readonly ok: boolean
  readonly fields: { readonly aor?: ErrorView; readonly proxy?: ErrorView; readonly password?: ErrorView }
  readonly text: string
}

export interface UploadView {
  readonly id: string
  /** As it was made safe for the disk. */
  readonly name: string
  readonly size: number
}
