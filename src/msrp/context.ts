import type { DigestHash, Random, Timers } from '../wire/index.js'
import type { EndpointEvent, EndpointLimits, EndpointOutput, FailureCause } from './endpoint-types.js'
import type { Session } from './session.js'
import type { TokenSource } from './token-source.js'
import type { WindowBudget } from './window-budget.js'

/** Kinds of timers; the name of a timer is its kind, `/` and the session-id or connection it belongs to. */
export type TimerKind = 'hello' | 'bind' | 'report' | 'idle' | 'answer' | 'header' | 'linger' | 'first' | 'keep' | 'auth' | 'renew'
export type TimerName = `${TimerKind}/${string}`

export interface Settings {
  readonly limits: EndpointLimits
  readonly random: Random
  readonly hash: DigestHash | undefined
  readonly chunkSize: number | undefined
  readonly blockSize: number
  readonly window: number
  readonly budget: WindowBudget | undefined
  readonly slowPeers: boolean
  readonly trace: boolean
}

/** What the parts of one endpoint share. */
export interface Context {
  /** Time of the current step. */
  readonly now: number
  readonly settings: Settings
  readonly timers: Timers<TimerName>
  readonly tokens: TokenSource
  output(output: EndpointOutput): void
  emit(event: EndpointEvent): void
  /** Emits one `progress` event for this session at the end of the step. */
  progress(session: Session): void
  /** Ends the session with a `failed` event, unless its message is settled already (CR-12, CR-13). */
  fail(session: Session, cause: FailureCause, status?: number, comment?: string): void
  /** The session whose own URI this is; `malformed` when it is no URI of a session (CON-1, CON-14). */
  findSession(toPath: string): Session | 'malformed' | undefined
}
