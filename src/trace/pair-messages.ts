import type { MessageEntry, TraceEntry } from './entry.js'
import { headerOf, type MessageHead } from './message-head.js'

/**
 * Finds the messages that two recorded parties both recorded: once going out, once coming in.
 * @returns index of the later entry -> index of the earlier one
 */
export function pairMessages(entries: readonly TraceEntry[], heads: readonly (MessageHead | undefined)[]): ReadonlyMap<number, number> {
  const waiting = new Map<string, number[]>()
  const pairs = new Map<number, number>()
  entries.forEach((entry, index) => {
    if (entry.kind !== 'message') return
    const identity = identityOf(entry, heads[index])
    const opposite = waiting.get(`${entry.direction === 'in' ? 'out' : 'in'} ${identity}`)
    const at = opposite?.findIndex(candidate => entries[candidate]?.party !== entry.party) ?? -1
    if (opposite !== undefined && at >= 0) {
      pairs.set(index, opposite[at] as number)
      opposite.splice(at, 1)
      return
    }
    const key = `${entry.direction} ${identity}`
    const same = waiting.get(key)
    if (same === undefined) waiting.set(key, [index])
    else same.push(index)
  })
  return pairs
}

/** What stays the same on one hop and differs on the next: the topmost Via branch (RFC 3261 §8.1.1.7), the MSRP transaction id (RFC 4976 §5.1). */
function identityOf(entry: MessageEntry, head: MessageHead | undefined): string {
  if (head === undefined) return `raw ${entry.text}`
  const start = head.method ?? head.status
  if (entry.protocol === 'msrp') return `msrp ${head.transaction} ${start} ${entry.flag ?? ''} ${entry.bodyLength}`
  const via = headerOf(head, 'via') ?? ''
  const branch =
    via
      .split(',', 1)[0]
      ?.split(';')
      .find(parameter => parameter.trim().toLowerCase().startsWith('branch=')) ?? via
  return `sip ${start} ${headerOf(head, 'call-id')} ${headerOf(head, 'cseq')} ${branch.trim()}`
}
