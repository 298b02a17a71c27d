import type { DirectAccess } from './database-engine.js'
import { ownText } from './own-text.js'

/** Rows as they were read last, for as long as nobody but their own table can have written them. The oldest go first. */
export class RowCache<Value> {
  readonly #known = new Map<string, Value>()
  /** Goes on where it was: one from the start would pass over the places of all that were deleted since the table was laid out. */
  readonly #oldest = this.#known.keys()
  #epoch: number | undefined

  /** @param most rows that are kept */
  constructor(
    private readonly direct: Pick<DirectAccess, 'epoch'>,
    private readonly most: number,
  ) {}

  get(key: string): Value | undefined {
    const epoch = this.direct.epoch()
    if (epoch !== this.#epoch) this.#known.clear()
    this.#epoch = epoch
    return this.#known.get(key)
  }

  /** To be called where `value` was read or written, before anything else can write. */
  set(key: string, value: Value): void {
    if (this.#known.has(key)) this.#known.set(key, value)
    else this.#known.set(ownText(key), value)
    if (this.#known.size <= this.most) return
    this.#known.delete(this.#oldest.next().value as string)
  }

  forget(key: string): void {
    this.#known.delete(key)
  }
}
