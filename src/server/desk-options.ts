import type { DigestServer, FlowId, Gruus, ProxyCommand, ProxyEvent, RegistrarOptions } from '../sip/index.js'
import type { ServerDatabase } from './database.js'
import type { NodePlaces } from './node-places.js'
import type { ServerLog } from './server-log.js'
import type { ServerMeter } from './server-meter.js'
import type { Allowance } from './token-buckets.js'

export type RequestEvent = Extract<ProxyEvent, { name: 'request' }>

/** What the desks that answer requests share. */
export interface DeskOptions {
  /** Domains we answer for, lower case; the first is the realm. */
  readonly domains: readonly [string, ...string[]]
  /** User part of the conference factory. */
  readonly factory: string
  /** Name of this server among those that share the database. */
  readonly node: string
  /** `open`: any address of the domain is believed without password; only where nobody else can reach us. */
  readonly authentication: 'digest' | 'open'
  readonly database: ServerDatabase
  readonly digest: DigestServer
  readonly gruus: Gruus
  readonly registrar: RegistrarOptions
  /** Our own focus and the proxies the configuration names. */
  readonly isTrusted: (event: Pick<RequestEvent, 'flow' | 'transport' | 'remote' | 'request' | 'routeUser'>) => boolean
  /** The other servers of the database; absent where there are none. */
  readonly nodes?: NodePlaces
  /** Proxies of ours before this server: what they bring is counted by where they got it (SEC-12). */
  readonly edges?: ReadonlySet<string>
  /** The flow to the focus of this process; undefined when there is none. */
  readonly focus: FlowId | undefined
  /** Keeps files for people who are away (RCS-9); absent when nobody does. */
  readonly store?: {
    readonly flow: FlowId
    /** Whether it keeps files for this address. */
    keepsFor(aor: string): boolean
  }
  readonly limits: DeskLimits
  /** Milliseconds since 1970, and of a clock that never runs backwards. */
  readonly date: () => number
  readonly now: () => number
  readonly command: (command: ProxyCommand) => void
  /** An INVITE that begins a session was sent on. */
  readonly began: (id: string, callId: string) => void
  readonly log: ServerLog
  readonly meter: ServerMeter
}

export interface DeskLimits {
  /** Requests of one address. */
  readonly requests: Allowance
  /** Count loopback too: usually everybody there belongs to who runs the server. */
  readonly limitsLoopback: boolean
  /** Wrong passwords of one address. */
  readonly failedLogins: Allowance
}
