/**
 * A map for what passes through in great numbers and does not stay. Engines copy a `Map` that has no room left and leave the old table behind;
 * to a minor collection, all that stood in it is living then, with all that it leads to: whole messages. Here it leads to empty cells.
 */
export class PassingMap<Key, Value extends object> {
  readonly #cells = new Map<Key, { value: Value | undefined }>()

  get size(): number {
    return this.#cells.size
  }

  get(key: Key): Value | undefined {
    return this.#cells.get(key)?.value
  }

  has(key: Key): boolean {
    return this.#cells.has(key)
  }

  set(key: Key, value: Value): void {
    const cell = this.#cells.get(key)
    if (cell === undefined) this.#cells.set(key, { value })
    else cell.value = value
  }

  delete(key: Key): void {
    const cell = this.#cells.get(key)
    if (cell === undefined) return
    cell.value = undefined
    this.#cells.delete(key)
  }

  /** What is there now, in the order it was put in. */
  values(): Value[] {
    return [...this.#cells.values()].map(cell => cell.value as Value)
  }
}
