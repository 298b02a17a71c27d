import type { Client, Transfer } from '../client/index.js'
import type { TraceEntry } from '../trace/index.js'
import type { AccountCheckView, AccountCommand, FindingView, TourView } from './protocol/index.js'

/** What is behind the page: a running client and what belongs to it. */
export interface PageWorld {
  readonly client: Client
  readonly displayName?: string | undefined
  readonly proxy?: string | undefined
  readonly profile: 'secure' | 'open'
  /** Folder for received files, full path. */
  readonly into: string
  /** As in `ClientOptions`; the page shows them before anything is sent. */
  readonly maxFileSize?: number | undefined
  readonly warnSize?: number | undefined
  readonly maxGroupSize?: number | undefined
  /** Seconds an offer waits for an answer, as in `ClientOptions`. */
  readonly ringTimeout?: number | undefined
  /** What the Wire place shows. Default: the trace of the client from now on. */
  readonly traces?: readonly AsyncIterable<TraceEntry>[]
  /** Transfers that others than the page begin with this client. */
  readonly begun?: AsyncIterable<BegunTransfer>
  /** The guided tour of the demo. */
  readonly tour?: Tour
  /** Looks for what is wrong, finding by finding. */
  doctor?(to: string | undefined, signal: AbortSignal): AsyncIterable<FindingView>
  /** The user chose another folder for received files. */
  rememberFolder?(into: string): Promise<void>
  /** Ends the client and what belongs to it. */
  close(): Promise<void>
}

export interface BegunTransfer {
  readonly transfer: Transfer
  readonly direction: 'sent' | 'received'
  readonly subject: string | undefined
}

/** Steps that play something; the page shows how far they are. */
export interface Tour {
  view(): TourView
  /** Begins a step; settles at once. Rejects with `CpmftError` when it cannot begin. */
  play(step: string): Promise<void>
  /** Runs `listener` after each change of `view()`. */
  onChange(listener: () => void): void
}

/** How there comes to be a world when there is no account yet. */
export interface FirstRun {
  /** Looks at an account by field: address, DNS, connection, REGISTER. Never rejects but with the reason of `signal`. */
  check(account: AccountCommand, signal: AbortSignal): Promise<AccountCheckView>
  /** Keeps the account and begins. */
  begin(account: AccountCommand): Promise<PageWorld>
  /** The demo instead. */
  demo(): Promise<PageWorld>
}

/** What the machine does for the page. */
export interface Desktop {
  /** Shows a file with the program of the platform. */
  open(path: string): Promise<void>
  /** Shows the folder of a file, with the file marked where the platform can. */
  reveal(path: string): Promise<void>
  /** Free octets of the file system that holds `folder`; undefined when unknown. */
  freeSpace(folder: string): Promise<number | undefined>
}

export interface WebOptions {
  /** Version of cpmft. */
  readonly version: string
  /** Default 127.0.0.1. */
  readonly host?: '127.0.0.1' | '::1'
  /** Default: the system chooses. */
  readonly port?: number
  /** Default: a new one. */
  readonly token?: string
  /** Folder of ours for files on their way from the page to a transfer; made when it is missing. */
  readonly outbox: string
  /** Where the page itself is; default: where the build put it. */
  readonly app?: string
  /** Without it the page begins with the first run. */
  readonly world?: PageWorld
  readonly firstRun?: FirstRun
  readonly desktop: Desktop
}
