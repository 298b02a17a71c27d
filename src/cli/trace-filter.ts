import { entryFilter, readFilter, type TraceEntry } from '../trace/index.js'
import { UsageError } from './usage-error.js'

/** A filter from its words (`readFilter`). @throws UsageError */
export function traceFilter(words: readonly string[], entries: readonly TraceEntry[]): (entry: TraceEntry) => boolean {
  const filter = readFilter(words)
  if (typeof filter === 'string')
    throw new UsageError(
      `--filter does not know "${filter.slice(0, 40)}".`,
      'Write sip, msrp, state, party=alice, method=INVITE, dialog=1 or text=plan.pdf.',
    )
  return entryFilter(filter, entries)
}
