import type { TraceEntry } from '../trace/index.js'
import { UsageError } from './usage-error.js'

type Test = (entry: TraceEntry) => boolean

/**
 * A filter from its words: `sip`, `msrp`, `state`, `party=alice`, `method=INVITE`, apart by commas or given one by one.
 * Words of one kind widen the choice, those of another kind narrow it. An answer belongs to the method it answers. @throws UsageError
 */
export function traceFilter(words: readonly string[], entries: readonly TraceEntry[]): Test {
  const [kinds, parties, methods] = [new Set<string>(), new Set<string>(), new Set<string>()]
  for (const word of words.flatMap(text => text.split(',')).map(text => text.trim())) {
    const [, name, value] = /^(party|method)=(.+)$/i.exec(word) ?? []
    if (name?.toLowerCase() === 'party') parties.add((value as string).toLowerCase())
    else if (name !== undefined) methods.add((value as string).toUpperCase())
    else if (['sip', 'msrp', 'state'].includes(word)) kinds.add(word)
    else throw new UsageError(`--filter does not know "${word.slice(0, 40)}".`, 'Write sip, msrp, state, party=alice or method=INVITE.')
  }
  const methodOf = methods.size === 0 ? () => undefined : methodsOf(entries)
  return entry =>
    (kinds.size === 0 || kinds.has(entry.kind === 'state' ? 'state' : entry.protocol)) &&
    (parties.size === 0 || parties.has(entry.party.toLowerCase())) &&
    (methods.size === 0 || methods.has(methodOf(entry) ?? ''))
}

/** SIP answers name their method in CSeq; MSRP answers only the transaction (RFC 4975 §7.2). */
function methodsOf(entries: readonly TraceEntry[]): (entry: TraceEntry) => string | undefined {
  const transactions = new Map<string, string>()
  for (const entry of entries) {
    const [, id, method] = msrpStart(entry) ?? []
    if (id !== undefined && method !== undefined && !/^\d/.test(method)) transactions.set(id, method)
  }
  return entry => {
    if (entry.kind === 'state') return undefined
    if (entry.protocol === 'msrp') return transactions.get(msrpStart(entry)?.[1] ?? '')
    return /^CSeq[ \t]*:[ \t]*\d+[ \t]+([A-Z]+)/im.exec(entry.text)?.[1]?.toUpperCase()
  }
}

/** `MSRP d93kswow SEND` */
function msrpStart(entry: TraceEntry): readonly string[] | null {
  return entry.kind === 'message' && entry.protocol === 'msrp' ? /^MSRP (\S{1,64}) (\w{1,32})/.exec(entry.text) : null
}
