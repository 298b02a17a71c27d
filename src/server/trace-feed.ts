import { type Host, TraceFeed } from '../client/index.js'
import type { TraceEntry } from '../trace/index.js'

/** Messages as entries of one party, for whoever wants them; undefined when nobody does. */
export function traceFeed(party: string, host: Host, trace: ((entry: TraceEntry) => void) | undefined): TraceFeed | undefined {
  if (trace === undefined) return undefined
  const feed = new TraceFeed(party, () => host.date())
  void (async () => {
    for await (const entry of feed.read()) trace(entry)
  })()
  return feed
}
