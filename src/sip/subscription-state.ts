import { consistsOf, parseParameters, SIP_TOKEN } from '../wire/index.js'
import { parseDeltaSeconds } from './contact.js'

/** `Subscription-State: active;expires=3600`, `terminated;reason=probation;retry-after=60` (RFC 6665 §8.2.3) */
export interface SubscriptionState {
  readonly state: 'active' | 'pending' | 'terminated'
  /** Seconds that are left. */
  readonly expires?: number
  /** Why it is terminated: `deactivated`, `probation`, `rejected`, `timeout`, `giveup`, `noresource`, `invariant` or another token. */
  readonly reason?: string
  /** Seconds to wait before a new subscription. */
  readonly retryAfter?: number
}

/** @returns undefined when the text is malformed; a state of another name counts as active, since the subscription lives (house) */
export function parseSubscriptionState(text: string | undefined): SubscriptionState | undefined {
  if (text === undefined) return undefined
  const semicolon = text.indexOf(';')
  const end = semicolon < 0 ? text.length : semicolon
  const name = text.slice(0, end).trim().toLowerCase()
  const parameters = parseParameters(text, end)
  if (parameters === undefined || !consistsOf(name, SIP_TOKEN)) return undefined
  const expires = parseDeltaSeconds(parameters.get('expires'))
  const reason = parameters.get('reason')?.toLowerCase()
  const retryAfter = parseDeltaSeconds(parameters.get('retry-after'))
  return {
    state: name === 'pending' || name === 'terminated' ? name : 'active',
    ...(expires !== undefined && { expires }),
    ...(reason !== undefined && { reason }),
    ...(retryAfter !== undefined && { retryAfter }),
  }
}

export function formatSubscriptionState({ state, expires, reason, retryAfter }: SubscriptionState): string {
  let text: string = state
  if (expires !== undefined) text += `;expires=${expires}`
  if (reason !== undefined) text += `;reason=${reason}`
  if (retryAfter !== undefined) text += `;retry-after=${retryAfter}`
  return text
}

/** Seconds after which a subscriber may ask anew once its subscription is terminated; undefined: not at all (RFC 6665 §4.1.3). */
export function resubscribeAfter({ reason, retryAfter }: SubscriptionState): number | undefined {
  if (reason === 'rejected' || reason === 'noresource' || reason === 'invariant') return undefined
  return reason === 'deactivated' || reason === 'timeout' ? 0 : (retryAfter ?? 0)
}
