import type { Ladder } from './ladder.js'
import { MAX_LANE_ADDRESSES } from './limits.js'
import { visibleText } from './visible-text.js'

/** What to write below each lane's name: the first addresses its messages came from or went to, and how many more there are. */
export function laneAddresses(ladder: Ladder): readonly (readonly string[])[] {
  const found = ladder.lanes.map(name => new Set<string>([name]))
  for (const row of ladder.rows) {
    if (row.kind === 'state') continue
    for (const { direction, local, remote } of row.entries) {
      found[row.from]?.add(visibleText(direction === 'out' ? local : remote))
      found[row.to]?.add(visibleText(direction === 'out' ? remote : local))
    }
  }
  return found.map(set => {
    // A lane that has no other name bears its first address already
    const addresses = [...set].slice(1).filter(address => address !== '')
    const more = addresses.length - MAX_LANE_ADDRESSES
    return more <= 0 ? addresses : [...addresses.slice(0, MAX_LANE_ADDRESSES), `and ${more} more`]
  })
}
