import { addressOfRecord, firstAddress, parseSipUri, type SipRequest } from '../sip/index.js'
import { isOurDomain } from './destination.js'
import type { CallerKind } from './routing-policy.js'

/** What a request says of its sender. */
export interface Claim {
  /** Address of From in the form for look-ups; undefined for one that has none. */
  readonly from: string | undefined
  /** RFC 3323 §4.1.1.3: the sender wants to stay unnamed. */
  readonly anonymous: boolean
  /** P-Preferred-Identity (RFC 3325 §9.2). */
  readonly preferred: string | undefined
}

export function claimOf({ headers }: SipRequest): Claim {
  const from = firstAddress(headers, 'from')
  const host = from === undefined ? undefined : parseSipUri(from.uri)?.host.toLowerCase()
  const preferred = firstAddress(headers, 'p-preferred-identity')
  return {
    from: from === undefined ? undefined : addressOfRecord(from.uri),
    anonymous: host === 'anonymous.invalid',
    preferred: preferred === undefined ? undefined : addressOfRecord(preferred.uri),
  }
}

/** Somebody without credentials: one of ours by its own words, or from elsewhere. */
export function strangerKind(claim: Claim, domains: readonly string[]): CallerKind {
  const addresses = [claim.from, claim.preferred].flatMap(aor => aor ?? [])
  const ours = addresses.some(aor => isOurs(aor, domains))
  // Nobody from elsewhere is anonymous to us: its own domain would have said who asserts that
  return ours || claim.anonymous || claim.from === undefined ? 'claimed' : 'outside'
}

/**
 * Which of the addresses of a user a request is from: the preferred one, else From, else the first (RFC 3325 §5).
 * @returns undefined when it names another's
 */
export function assertedAddress(claim: Claim, own: readonly string[], domains: readonly string[]): string | undefined {
  const { from, preferred, anonymous } = claim
  // Beside a preferred address From may be one of elsewhere, but not that of another user: many show From alone
  if (from !== undefined && !own.includes(from) && isOurs(from, domains)) return undefined
  if (preferred !== undefined) return own.includes(preferred) ? preferred : undefined
  if (from !== undefined && own.includes(from)) return from
  return anonymous ? own[0] : undefined
}

function isOurs(aor: string, domains: readonly string[]): boolean {
  return isOurDomain({ host: aor.slice(aor.indexOf('@') + 1) }, domains)
}
