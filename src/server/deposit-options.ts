import type { Host, MsrpDriver, SipDriver } from '../client/index.js'
import type { SessionSettings } from '../cpm/index.js'
import type { HashPool } from '../node/index.js'
import type { OpenedServerDatabase } from './open-server-database.js'
import type { Deposit } from './deposit-types.js'
import {
  DEPOSIT_BACKOFF,
  DEPOSIT_DELIVERIES,
  DEPOSIT_NODE_DEAD,
  DEPOSIT_OCTETS,
  DEPOSIT_POLL,
  DEPOSIT_SESSIONS,
  DEPOSIT_TTL,
  DEPOSITS_OF_RECIPIENT,
  SWEEP_INTERVAL,
} from './limits.js'
import type { ServerLog } from './server-log.js'

/** Octets, counts and milliseconds; defaults in `limits.ts`. */
export interface DepositLimits {
  /** Octets of one file, of all files that wait for one recipient, of one sender in a day, of the node (SEC-4). */
  readonly file: number
  readonly ofRecipient: number
  readonly ofSender: number
  readonly total: number
  /** Files that wait for one recipient. */
  readonly count: number
  /** How long a file waits for its recipient. */
  readonly ttl: number
  /** Before the second, third, … try; the last one counts for all that follow. */
  readonly backoff: readonly number[]
  /** Between two looks for a recipient without any device. */
  readonly poll: number
  /** Sessions that bring files, and that deliver them, at one time. */
  readonly sessions: number
  readonly deliveries: number
  /** Between two looks for what is over, and for nodes that are dead. */
  readonly sweep: number
  /** A node that said nothing for so long is dead. */
  readonly nodeDead: number
}

export const DEPOSIT_DEFAULTS: DepositLimits = {
  file: DEPOSIT_OCTETS.file,
  ofRecipient: DEPOSIT_OCTETS.recipient,
  ofSender: DEPOSIT_OCTETS.sender,
  total: DEPOSIT_OCTETS.total,
  count: DEPOSITS_OF_RECIPIENT,
  ttl: DEPOSIT_TTL,
  backoff: DEPOSIT_BACKOFF,
  poll: DEPOSIT_POLL,
  sessions: DEPOSIT_SESSIONS,
  deliveries: DEPOSIT_DELIVERIES,
  sweep: SWEEP_INTERVAL,
  nodeDead: DEPOSIT_NODE_DEAD,
}

/** What all sessions of the store have in common. */
export type DepositMedia = Pick<
  SessionSettings,
  'media' | 'secure' | 'fingerprints' | 'otherMedia' | 'signallingSecure' | 'mayConnect' | 'strict'
>

export interface DepositHostOptions {
  readonly host: Host
  /** Behind the proxy; believes it alone. */
  readonly sip: Pick<SipDriver, 'command'>
  readonly msrp: Pick<MsrpDriver, 'push' | 'hold'>
  readonly media: () => DepositMedia
  readonly database: Pick<OpenedServerDatabase, 'deposits' | 'bindings' | 'nodes' | 'news'>
  readonly domain: string
  /** Name of this node, the same after a restart. */
  readonly node: string
  /** Folder of kept messages. */
  readonly spool: string
  /** Other nodes keep theirs in the same folder: what a dead one left is delivered by us. Default false. */
  readonly sharedSpool?: boolean
  readonly hashes?: HashPool
  /** Whether files are kept for this address. Default: for everybody. */
  readonly keepsFor?: (aor: string) => boolean
  /** Whether an address is one of ours; asked for members of groups, since the proxy knows about everybody else. Default: all of the domain. */
  readonly knows?: (aor: string) => Promise<boolean>
  readonly limits?: Partial<DepositLimits>
  readonly log?: ServerLog
  readonly onNews?: (news: DepositNews) => void
}

/** What the store adds to it: where it is, and when it is due. */
export type NewDeposit = Omit<Deposit, 'node' | 'created' | 'expires' | 'state' | 'attempts' | 'nextAttempt'>

/** What happened to a kept file. */
export interface DepositNews {
  /** `waiting`: a try to deliver it came to nothing, and there will be another one. */
  readonly type: 'stored' | 'delivered' | 'declined' | 'failed' | 'expired' | 'waiting'
  readonly deposit: Deposit
}

/** What runs at this moment. */
export interface DepositFigures {
  /** Sessions that bring files, and that deliver them. */
  readonly intakes: number
  readonly deliveries: number
}
