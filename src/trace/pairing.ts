import type { GrowingMessage } from './ladder-arrow.js'
import { MAX_TWIN_CANDIDATES } from './limits.js'
import { headerOf, type MessageHead } from './message-head.js'

/** Finds the messages that two recorded parties both recorded: once going out, once coming in. */
export class Pairing {
  /** Messages without a twin so far, by direction and identity. */
  readonly #waiting = new Map<string, GrowingMessage[]>()

  /** The earlier record of the same message by another party, or undefined: then `message` waits for its twin. */
  twinOf(message: GrowingMessage, head: MessageHead | undefined): GrowingMessage | undefined {
    const { direction, party } = message.entry
    const identity = identityOf(message, head)
    const opposite = this.#waiting.get(`${direction === 'in' ? 'out' : 'in'} ${identity}`) ?? []
    const at = opposite.slice(0, MAX_TWIN_CANDIDATES).findIndex(({ entry }) => entry.party !== party)
    if (at >= 0) return opposite.splice(at, 1)[0]
    const key = `${direction} ${identity}`
    const same = this.#waiting.get(key)
    if (same === undefined) this.#waiting.set(key, [message])
    else same.push(message)
    return undefined
  }
}

/** What stays the same on one hop and differs on the next: the topmost Via branch (RFC 3261 §8.1.1.7), the MSRP transaction id (RFC 4976 §5.1). */
function identityOf({ entry }: GrowingMessage, head: MessageHead | undefined): string {
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
