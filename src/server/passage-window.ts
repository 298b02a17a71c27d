import type { PassageMemory } from './passage-memory.js'

/** Octets of a message that lie next to each other in one block. */
export interface Segment {
  readonly offset: number
  view: Uint8Array
}

/** The latest octets of a passage, without a hole, in memory that is shared with whoever received them. */
export class PassageWindow {
  readonly #memory: PassageMemory
  /** Dropped segments stay in front until they are half of the list. */
  #segments: Segment[] = []
  #first = 0
  #end = 0
  #held = 0

  constructor(memory: PassageMemory) {
    this.#memory = memory
  }

  /** First octet there is; `end` when there is none. */
  get start(): number {
    return this.#segments[this.#first]?.offset ?? this.#end
  }

  get end(): number {
    return this.#end
  }

  /** Octets of the blocks that are held, which is more than the octets in the window. */
  get held(): number {
    return this.#held
  }

  get front(): Segment | undefined {
    return this.#segments[this.#first]
  }

  /** @param bytes valid during the call; begins at `end` */
  add(bytes: Uint8Array): void {
    const last = this.#segments.at(-1)
    const grown = this.#segments.length > this.#first && last !== undefined ? join(last.view, bytes) : undefined
    if (grown !== undefined && last !== undefined) last.view = grown
    else {
      const view = this.#memory.keep(bytes)
      if (last?.view.buffer !== view.buffer || this.#segments.length === this.#first) this.#held += view.buffer.byteLength
      this.#segments.push({ offset: this.#end, view })
    }
    this.#end += bytes.length
  }

  /** Up to `length` octets from `offset` on, as they lie in one block; undefined when `offset` is not in the window. */
  at(offset: number, length: number): Uint8Array | undefined {
    if (offset < this.start || offset >= this.#end) return undefined
    const { offset: from, view } = this.#segments[this.#indexOf(offset)] as Segment
    return view.subarray(offset - from, offset - from + length)
  }

  /** Segments from the one with `offset` on, oldest first. */
  *from(offset: number): Iterable<Segment> {
    if (offset >= this.#end) return
    for (let index = this.#indexOf(Math.max(offset, this.start)); index < this.#segments.length; index++)
      yield this.#segments[index] as Segment
  }

  /** Forgets the oldest segment. */
  drop(): void {
    const segment = this.#segments[this.#first]
    if (segment === undefined) return
    this.#first++
    const next = this.#segments[this.#first]
    if (next?.view.buffer !== segment.view.buffer) this.#held -= segment.view.buffer.byteLength
    this.#memory.release(segment.view)
    if (this.#first * 2 < this.#segments.length) return
    this.#segments = this.#segments.slice(this.#first)
    this.#first = 0
  }

  clear(): void {
    while (this.front !== undefined) this.drop()
  }

  #indexOf(offset: number): number {
    let low = this.#first
    let high = this.#segments.length - 1
    while (low < high) {
      const middle = (low + high + 1) >> 1
      if ((this.#segments[middle] as Segment).offset <= offset) low = middle
      else high = middle - 1
    }
    return low
  }
}

/** Undefined unless `next` begins in memory where `view` ends; the block of `view` is held already. */
function join(view: Uint8Array, next: Uint8Array): Uint8Array | undefined {
  if (view.buffer !== next.buffer || view.byteOffset + view.length !== next.byteOffset) return undefined
  return new Uint8Array(view.buffer, view.byteOffset, view.length + next.length)
}
