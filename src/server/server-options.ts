import type { DepositLimits, DepositNews } from './deposit-options.js'
import type { TlsOptions } from '../node/index.js'
import type { TraceEntry } from '../trace/index.js'
import type { DigestAlgorithm } from '../wire/index.js'
import type { OpenedServerDatabase } from './open-server-database.js'
import type { ListenAddress } from './listen-address.js'
import type { ServerLog } from './server-log.js'
import type { Allowance } from './token-buckets.js'

export interface ServerOptions {
  /** Where SIP is taken. Default: UDP and TCP at 127.0.0.1:5060, WebSocket at 127.0.0.1:5066. */
  readonly listen?: readonly (ListenAddress | string)[]
  /** Domains we answer for. Default `cpm.test`, where every listener is on loopback. */
  readonly domains?: readonly string[]
  /** What others reach us by, for listeners at all addresses of the machine or behind a router. */
  readonly publicHost?: string
  /** Folder of the database and of stored files. Default: `server` in the state folder of the user. */
  readonly data?: string
  /** URL of PostgreSQL, path of an SQLite file, or an open database, which stays open. Default: in the data folder. */
  readonly database?: string | OpenedServerDatabase
  /** Any address of the domain is believed without password; loopback only. Default false. */
  readonly openRegistration?: boolean
  readonly tls?: TlsOptions
  /** Offered to clients, best first (RFC 8760). Default: SHA-256, SHA-512-256, MD5. */
  readonly algorithms?: readonly DigestAlgorithm[]
  /** IP addresses of proxies whose asserted identities count (RFC 3325 §3), over connections; over UDP on loopback only, as datagrams can be forged. */
  readonly trusted?: readonly string[]
  /** Where the focus takes files (MSRP); default: the first address of `listen`, and any port. */
  readonly media?: { readonly host?: string; readonly port?: number }
  /** Members of groups may be at private addresses. Default: when everything is on loopback (SEC-10). */
  readonly allowPrivate?: boolean
  /** User part of the conference factory. Default `conference-factory`. */
  readonly factory?: string
  /** Name among the servers that share a database, the same after a restart. Default: the name of the machine. */
  readonly node?: string
  /** SIP URI at which the other servers of the database reach this one. Default: the first address of `listen` that is TCP or TLS. */
  readonly nodeAddress?: string
  /** Milliseconds after which a server that said nothing is dead to the others; the same for all. Default `NODE_TIMEOUT`. */
  readonly nodeTimeout?: number
  /** IP addresses of proxies of ours before this server: what they bring is counted by where they got it, not as theirs. */
  readonly edges?: readonly string[]
  /** HTTP with /metrics and /healthz; default none. */
  readonly metrics?: { readonly host: string; readonly port: number }
  /** Secret behind nonces and temporary addresses of devices, at least 16 octets; the same on all nodes. Default: kept in PostgreSQL, or in the data folder. */
  readonly secret?: Uint8Array
  /** Files for people who are away are kept and brought later (RCS-9); false: nobody's. Default: everybody's. */
  readonly storeAndForward?: false | StoreOptions
  readonly log?: ServerLog
  /** Gets every SIP and MSRP message of the server and its focus, as those parties: for a demonstration. */
  readonly trace?: (entry: TraceEntry) => void
  readonly limits?: Partial<ServerLimits>
}

/** Store and forward. */
export interface StoreOptions {
  /** Addresses for which nothing is kept. */
  readonly notFor?: readonly string[]
  /** Folder of kept files; default `spool` in the data folder. */
  readonly spool?: string
  /** Other nodes have the same folder: what a dead one left is delivered by the others. */
  readonly sharedSpool?: boolean
  readonly limits?: Partial<DepositLimits>
  readonly onNews?: (news: DepositNews) => void
}

export interface ServerLimits {
  /** Requests of one address outside dialogs; loopback counts only when it is given here. */
  readonly requests: Allowance
  /** Wrong passwords of one address. */
  readonly failedLogins: Allowance
  /** Devices of one user. */
  readonly bindingsOfUser: number
  readonly connections: number
  readonly connectionsPerAddress: number
  /** Registration, seconds. */
  readonly expires: { readonly least: number; readonly usual: number; readonly most: number }
  /** Seconds a client with a connection of its own may be silent (RFC 5626 §5.4). */
  readonly flowTimer: number
}
