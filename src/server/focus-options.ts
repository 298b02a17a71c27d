import type { Host, MsrpDriver } from '../client/index.js'
import type { MediaAddress, SessionSettings } from '../cpm/index.js'
import {
  type PassageEvent,
  type ConferenceInput,
  type ConferenceNews,
  type ConferenceOutput,
  type ConferenceSettings,
  GROUP_SESSIONS_PER_PERIOD,
  type GroupDefinition,
  MAX_ADHOC_GROUP_SIZE,
} from '../focus/index.js'
import type { EndpointEvent, EndpointOutput } from '../msrp/index.js'
import type { HashPool } from '../node/index.js'
import type { UserAgentOptions } from '../sip/index.js'
import type { TraceEntry } from '../trace/index.js'
import type { Machine } from '../wire/index.js'
import type { WantedForMember } from './deposit-group.js'
import { FOCUS_CONFERENCES, FOCUS_MEMBERS, SPOOL_QUOTA, UNANSWERED_INVITES } from './limits.js'
import type { PassageHost, PassageLimits } from './passage-host.js'
import type { PassageMemory } from './passage-memory.js'
import type { ServerLog } from './server-log.js'

/** Counts, and milliseconds; defaults in `limits.ts`. */
export interface FocusLimits {
  readonly conferences: number
  /** People of all conferences together, their creators not counted. */
  readonly members: number
  /** INVITEs that nobody has answered in any way, at one time; more wait. */
  readonly unansweredInvites: number
  /** Conferences of one creator in a minute (GRP-41). */
  readonly conferencesPerMinute: number
  /** People of an ad-hoc group, its creator included. */
  readonly groupSize: number
  /** Octets of files on disk. */
  readonly spool: number
}

export const FOCUS_DEFAULTS: FocusLimits = {
  conferences: FOCUS_CONFERENCES,
  members: FOCUS_MEMBERS,
  unansweredInvites: UNANSWERED_INVITES,
  conferencesPerMinute: GROUP_SESSIONS_PER_PERIOD,
  groupSize: MAX_ADHOC_GROUP_SIZE,
  spool: SPOOL_QUOTA,
}

/** What a focus counts for its operator. */
export interface FocusMeter {
  conference(what: 'opened' | 'closed' | 'crashed'): void
  refused(status: number): void
  /** Something of a conference moved. */
  news(news: ConferenceNews): void
}

export type ConferenceMachine = Machine<ConferenceInput, ConferenceOutput>

export interface FocusHostOptions {
  readonly host: Host
  /** Domain of the factory and of conference URIs: `example.org`. */
  readonly domain: string
  /** User part of the conference factory: `conference-factory`. */
  readonly factory: string
  /** Name of this node in conference URIs, `ft-<node>-<random>`: letters and digits. Absent with a single node. */
  readonly node?: string
  /** The proxy all requests go to, and the only hop that is believed: `sip:10.0.0.1;transport=tcp;lr`. Not looked at where `attach` brings it. */
  readonly proxy?: string
  /** Where to listen for SIP; with no transports only `attach` brings a connection. */
  readonly sip: { readonly host: string; readonly port: number; readonly transports: readonly ('udp' | 'tcp' | 'tls')[] }
  readonly media: FocusMedia
  /** Folder for what does not fit into memory: `DATA/spool`. */
  readonly spool: string
  /** The group with this address of record. */
  readonly group: (uri: string) => Promise<GroupDefinition | undefined>
  /** Whether somebody may make conferences (GRP-14). Default: everybody whose address is proven. */
  readonly permitted?: (creator: string) => boolean
  /** Whether a member agreed to be invited (GRP-41). Default: everybody did. */
  readonly consents?: (uri: string) => boolean
  readonly memory?: PassageMemory
  /** Gets every message of the focus. */
  readonly trace?: (entry: TraceEntry) => void
  readonly log?: ServerLog
  readonly meter?: FocusMeter
  /** A conference URI means something from now on, or nothing any more. */
  readonly onConference?: (uri: string, creator: string, what: 'opened' | 'closed') => void
  readonly conference?: Partial<
    Pick<
      ConferenceSettings,
      'mode' | 'acceptWindow' | 'ringTimeout' | 'onlyCreatorSends' | 'reinviteDecliners' | 'spoolTtl' | 'notifyInterval' | 'deferred'
    >
  >
  /** Octets of one file. Default: no limit but the spool. */
  readonly maxFileSize?: number
  readonly limits?: Partial<FocusLimits>
  readonly passages?: Partial<PassageLimits>
  /** More about the user agent: what it calls itself, its name lookups. */
  readonly agent?: Pick<UserAgentOptions, 'userAgent' | 'secure' | 'limits'>
  /** What happens in each conference. */
  readonly onNews?: (conference: ConferenceSettings, news: ConferenceNews) => void
  /** Makes the machine of a conference; tests put others in its place. */
  readonly machine?: (settings: ConferenceSettings) => ConferenceMachine
}

export interface FocusMedia {
  /** Address to listen at. */
  readonly listen: string
  /** Default: the system chooses one. */
  readonly port?: number
  /** What members are told to connect to; default: where it listens. */
  readonly announced?: MediaAddress
  /** MSRP over TLS only. */
  readonly secure?: boolean
  /** SIP goes over TLS all the way to the next hop, so that certificates can be compared (CON-45). */
  readonly signallingSecure?: boolean
  /** Own ports that nobody may lead us back to, beside that of SIP. */
  readonly servicePorts?: readonly number[]
  /** Whether members may be at private addresses, this machine included (SEC-10). Default false. */
  readonly allowPrivate?: boolean
}

/** What runs at this moment. */
export interface FocusFigures {
  readonly conferences: number
  readonly members: number
  /** INVITEs that wait for others to be answered. */
  readonly waitingInvites: number
  readonly passages: number
  readonly memory: number
  readonly spooled: number
  /** On its way to disk. */
  readonly pending: number
  /** Octets of messages since the start. */
  readonly octetsIn: number
  readonly octetsOut: number
}

/** What a focus is doing at one moment. */
export interface FocusReport {
  readonly figures: FocusFigures
  readonly passages: PassageHost['report']
}

/** Who uses the MSRP listener of a focus too. */
export interface MsrpGuest {
  onMsrp(event: EndpointEvent): void
  onNeedData(need: EndpointOutput & { readonly type: 'need-data' }): void
  /** Keeps files of conferences for members that are away (RCS-9); absent when nobody does. */
  readonly members?: {
    want(wanted: WantedForMember): void
    octets(event: PassageEvent & { readonly name: 'octets' }): void
    over(passage: string): void
  }
}

/** What it gets: the driver, what its sessions have to say about it, and the workers that hash. */
export interface SharedMsrp {
  readonly msrp: Pick<MsrpDriver, 'push' | 'hold'>
  readonly media: Pick<SessionSettings, 'media' | 'secure' | 'signallingSecure' | 'mayConnect' | 'fingerprints'>
  readonly hashes: HashPool
}
