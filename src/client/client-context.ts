import type { ClientOptions } from './api.js'
import type { GroupSessions } from './group-sessions.js'
import type { Host } from './host.js'
import type { Journal } from './journal.js'
import type { LooseEnds } from './loose-ends.js'
import type { MsrpDriver } from './msrp-driver.js'
import type { NoticeDesk } from './notice-desk.js'
import type { PeerCapabilities } from './peer-capabilities.js'
import type { RelayAccess } from './relay-access.js'
import type { SessionPool } from './session-pool.js'
import type { SipDriver } from './sip-driver.js'

/** The parts of one client, as they know one another. */
export interface ClientContext {
  readonly host: Host
  /** `aor` in its full form. */
  readonly options: ClientOptions
  readonly sip: SipDriver
  readonly msrp: MsrpDriver
  readonly pool: SessionPool
  readonly groups: GroupSessions
  readonly journal: Journal
  readonly looseEnds: LooseEnds
  readonly capabilities: PeerCapabilities
  readonly notices: NoticeDesk
  /** Undefined when media go without a relay of ours. */
  readonly relay: RelayAccess | undefined
}
