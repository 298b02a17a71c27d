import type { SipResponse } from './message.js'

/** How one branch ended: a final response, or a status that stands for none. */
export interface BranchOutcome {
  readonly status: number
  readonly response?: SipResponse
}

/**
 * The outcome that goes upstream when no branch had a 2xx (RFC 3261 §16.7 step 6): any 6xx, else the lowest class; within 4xx what lets the caller
 * try again (401, 407, then 415, 420, 484), then what a person or a program there said, then silence. The first of equals.
 * @param outcomes at least one, all above 299
 */
export function bestOutcome(outcomes: readonly BranchOutcome[]): BranchOutcome {
  let best = outcomes[0] as BranchOutcome
  for (const one of outcomes) if (rank(one) < rank(best)) best = one
  return best
}

/** Challenges of all branches, so that the caller can answer them together (RFC 3261 §16.7 step 7); `chosen` is one of the responses. */
export function addChallenges(chosen: SipResponse, outcomes: readonly BranchOutcome[]): void {
  for (const { status, response } of outcomes) {
    if (response === undefined || response === chosen || !CHALLENGES.has(status)) continue
    for (const name of ['WWW-Authenticate', 'Proxy-Authenticate'])
      for (const value of response.headers.getAll(name)) chosen.headers.append(name, value)
  }
}

export function isChallenge(status: number): boolean {
  return CHALLENGES.has(status)
}

function rank({ status, response }: BranchOutcome): number {
  const statusClass = Math.floor(status / 100)
  if (statusClass === 6) return 0
  const silent = response === undefined ? 4 : 0
  if (statusClass !== 4) return statusClass * 10 + (status === 503 ? 1 : 0) + silent
  if (CHALLENGES.has(status)) return 40
  if (CORRECTABLE.has(status)) return 41
  if (status === 487) return 43
  return UNREACHED.has(status) ? 44 + (response === undefined ? 1 : 0) : 42
}

const CHALLENGES: ReadonlySet<number> = new Set([401, 407])
/** RFC 3261 §16.7 step 6: responses that tell how to ask again. */
const CORRECTABLE: ReadonlySet<number> = new Set([415, 420, 484])
/** Nobody there said anything. */
const UNREACHED: ReadonlySet<number> = new Set([408, 430, 480])
