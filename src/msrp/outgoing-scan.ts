import type { Outgoing } from './outgoing-message.js'
import { Search } from './search.js'

const NOTHING = new Uint8Array(0)

/** Looks for `-------tid` in the octets of one outgoing chunk, also where it spans two views (RFC 4975 §7.1, MSRP-5). */
export class OutgoingScan {
  readonly #search = new Search()
  /** End of the last view that may be the beginning of the look-alike. */
  #tail = NOTHING
  /** Octets at the start of the chunk that `isInQueue` has looked at. */
  #known = 0

  begin(tid: string): void {
    this.#search.setPattern(tid, '-------')
    this.#tail = NOTHING
    this.#known = 0
  }

  /**
   * How many octets of `view` may go into the chunk: all of them, or those before the look-alike. When it began in an
   * earlier view the answer is 0: the chunk then ends in the middle of it, which hides it just as well.
   */
  clean(view: Uint8Array): number {
    const isKnown = view.length <= this.#known
    this.#known -= view.length
    if (!isKnown) {
      if (this.#tail.length > 0 && this.#spans(view)) return 0
      const hit = this.#search.find(view, 0, view.length)
      if (hit >= 0) return hit
    }
    this.#keepTail(view)
    return view.length
  }

  /** Whether the look-alike is in the first `limit` queued octets; used before the chunk begins. */
  isInQueue(outgoing: Outgoing, limit: number): boolean {
    let left = limit
    for (let index = 0; left > 0; index++) {
      const view = outgoing.peek(left, index)
      if (view === undefined) break
      if (this.clean(view) < view.length) return true
      left -= view.length
    }
    this.#tail = NOTHING
    this.#known = limit - left
    return false
  }

  #spans(view: Uint8Array): boolean {
    const joint = this.#join(view.subarray(0, this.#search.length - 1))
    return this.#search.find(joint, 0, joint.length) >= 0
  }

  #keepTail(view: Uint8Array): void {
    const bytes = this.#tail.length > 0 && view.length < this.#search.length ? this.#join(view) : view
    const from = this.#search.findPartial(bytes, 0, bytes.length)
    if (from < bytes.length) this.#tail = bytes.slice(from)
    else if (this.#tail.length > 0) this.#tail = NOTHING
  }

  #join(view: Uint8Array): Uint8Array {
    const joint = new Uint8Array(this.#tail.length + view.length)
    joint.set(this.#tail)
    joint.set(view, this.#tail.length)
    return joint
  }
}
