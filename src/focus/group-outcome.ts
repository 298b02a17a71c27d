/** What a refusal of a group means to its creator, beyond what it means between two people (GRP-2, GRP-12). */
export type GroupOutcome = 'not-a-member' | 'unknown-group' | 'nobody-reachable' | 'group-not-supported'

const OUTCOMES: ReadonlyMap<number, GroupOutcome> = new Map([
  [403, 'not-a-member'],
  [404, 'unknown-group'],
  [420, 'group-not-supported'],
  [480, 'nobody-reachable'],
])

/** Undefined for a status that means the same as in a session of two (SIP-34). */
export function groupOutcome(status: number): GroupOutcome | undefined {
  return OUTCOMES.get(status)
}
