/**
 * `waiting` for the recipient, `delivering` by its node at this moment, or at its end: `done`, `failed` for good, `expired` before the
 * recipient came.
 */
export type DepositState = 'waiting' | 'delivering' | 'done' | 'failed' | 'expired'

/** Of one file: not delivered yet, or what became of it. */
export type DepositFileState = 'waiting' | 'delivered' | 'declined' | 'failed'

/** Files that wait for one recipient (RCS-9, RCS-10). */
export interface Deposit {
  readonly id: string
  /** The node that holds the spool files. */
  readonly node: string
  readonly recipient: string
  readonly creator: string
  readonly creatorName?: string
  readonly subject?: string
  readonly conversationId: string
  readonly contributionId: string
  /** The group it was sent to. */
  readonly group?: string
  /** `application/resource-lists+xml` with the others of the group, as the recipient would have got it (RFC 5366 §4.2). */
  readonly history?: string
  readonly created: number
  readonly expires: number
  readonly state: DepositState
  /** Deliveries that were begun. */
  readonly attempts: number
  readonly nextAttempt: number
  /** One line for the log, of the last attempt. */
  readonly error?: string
  readonly files: readonly DepositFile[]
}

export interface DepositFile {
  readonly name: string
  readonly type: string
  /** Octets of the file. */
  readonly size: number
  /** Lower-case hex. */
  readonly sha1?: string
  /** Content-Disposition of the descriptor: `attachment` or `render`. */
  readonly disposition: string
  readonly description?: string
  /** `a=file-date` of the offer, milliseconds since 1970. */
  readonly created?: number
  readonly modified?: number
  /** Small picture that came with the offer; its octets were limited when it was received. */
  readonly icon?: { readonly type: string; readonly octets: Uint8Array }
  /** File in the spool folder of the node; several deposits may share it. Absent once nobody needs it. */
  readonly spool?: string
  /** Octets of the whole message in the spool, and of its CPIM head; the file is what follows that. */
  readonly octets: number
  readonly cpimLength: number
  readonly state: DepositFileState
}

/** Which deposits a node is to deliver now. */
export interface DueDeposits {
  readonly node: string
  readonly now: number
  /** Only those for this recipient, whether their next attempt is due or not: the recipient has just registered. */
  readonly recipient?: string
  readonly limit?: number
}

/** How an attempt ended. */
export interface DepositOutcome {
  /** `waiting`: tried again at `nextAttempt`. */
  readonly state: 'waiting' | 'done' | 'failed'
  readonly nextAttempt?: number
  readonly error?: string
  /** What became of files, by their index; the others stay as they are. */
  readonly files?: ReadonlyMap<number, DepositFileState>
}

/**
 * Store and forward. A deposit belongs to the node that holds its octets, and only that node delivers it. Lists of spool names that methods
 * give back name files that no deposit of the node needs any more: the node deletes them.
 */
export interface DepositTable {
  /** Adds a deposit with all its files. */
  add(deposit: Deposit): Promise<void>
  get(id: string): Promise<Deposit | undefined>
  /** Living deposits for a recipient, oldest first. */
  waitingFor(recipient: string): Promise<Deposit[]>
  /** Makes due deposits `delivering`, one more attempt of each, oldest first. No two calls get the same one. */
  claim(due: DueDeposits): Promise<Deposit[]>
  /** Ends an attempt. Only a deposit that is `delivering` changes. @returns spool names to delete */
  finish(id: string, outcome: DepositOutcome): Promise<string[]>
  /** Deposits of the node that nobody took in time become `expired` and are given back; those being delivered may go on. */
  expire(node: string, now: number): Promise<{ readonly deposits: Deposit[]; readonly spool: string[] }>
  /** After a restart: what the node was delivering waits again, due at once. @returns how many */
  recover(node: string, now: number): Promise<number>
  /** Gives the deposits of a node that is dead (`NodeTable.dead`) to another, which can read its spool folder. @returns how many */
  takeOver(dead: string, node: string, aliveSince: number, now: number): Promise<number>
  /** Spool files that the living deposits of the node need; a node deletes the others when it starts. */
  spool(node: string): Promise<string[]>
  /** Octets in the spool of the node; a file that several deposits share counts once. */
  usage(node: string): Promise<number>
  /** Octets of files a creator has deposited since then, for every recipient (SEC-4). */
  deposited(creator: string, since: number): Promise<number>
  /** When the next deposit of the node is due or expires; undefined when there is none. */
  nextDue(node: string): Promise<number | undefined>
  /** Deletes the records of deposits that ended and were made before then. @returns how many */
  forget(before: number): Promise<number>
}

/** A server process among several on one database. */
export interface ServerNode {
  readonly id: string
  /** SIP URI at which the other nodes reach it. */
  readonly address: string
  readonly heartbeat: number
}

export interface NodeTable {
  /** Says that the node is alive; adds it when it is new. */
  beat(node: ServerNode): Promise<void>
  get(id: string): Promise<ServerNode | undefined>
  /** Nodes that were heard of since then. */
  alive(since: number): Promise<ServerNode[]>
  /** The others. */
  dead(since: number): Promise<ServerNode[]>
  /** A node that leaves in good order, or whose deposits were taken over; its bindings over connections and its conferences go. */
  remove(id: string): Promise<void>
}

/** Which node hosts a conference or group session. */
export interface ConferenceOwner {
  readonly uri: string
  readonly node: string
  readonly creator: string
  readonly created: number
}

export interface ConferenceTable {
  /** The one who owns it from now on: the caller, unless a node that was alive since then has it. */
  claim(wanted: ConferenceOwner, aliveSince: number): Promise<ConferenceOwner>
  get(uri: string): Promise<ConferenceOwner | undefined>
  ofNode(node: string): Promise<ConferenceOwner[]>
  /** Only the owner's counts. */
  release(uri: string, node: string): Promise<boolean>
}
