/**
 * The status a creator gets when no member accepted a file (GRP-20, RFC 3261 §16.7): 488 as soon as one member declined, else the
 * remaining one that says most.
 * @param statuses final responses of the members: 488 for one that answered 200 with port 0 everywhere, 480 for one that did not answer
 */
export function bestRefusal(statuses: readonly number[]): 403 | 404 | 480 | 486 | 488 {
  const seen = new Set(statuses.map(creatorStatus))
  return RANKING.find(status => seen.has(status)) ?? 480
}

/** What the refusal of one member means to the creator; whatever a person cannot use is "cannot be reached". */
function creatorStatus(status: number): (typeof RANKING)[number] {
  return MEANINGS.get(status) ?? 480
}

/** First what a person decided, then busy, then away, then the addresses that are wrong. */
const RANKING = [488, 486, 480, 404, 403] as const

const MEANINGS: ReadonlyMap<number, (typeof RANKING)[number]> = new Map([
  [488, 488],
  [603, 488],
  [606, 488],
  [486, 486],
  // Busy everywhere and exists nowhere say the same about this one member
  [600, 486],
  [604, 404],
  [404, 404],
  [403, 403],
])
