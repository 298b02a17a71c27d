import { useSyncExternalStore } from 'react'

/** A value that components look at, outside of the tree of components: it outlives places. */
export class Store<Value> {
  readonly #watchers = new Set<() => void>()

  constructor(private value: Value) {}

  readonly get = (): Value => this.value

  set(value: Value): void {
    if (value === this.value) return
    this.value = value
    for (const watch of this.#watchers) watch()
  }

  update(change: (value: Value) => Value): void {
    this.set(change(this.value))
  }

  readonly subscribe = (watch: () => void): (() => void) => {
    this.#watchers.add(watch)
    return () => this.#watchers.delete(watch)
  }
}

/** The value of a store, or a part of it; `select` picks and builds nothing. */
export function useStore<Value>(store: Store<Value>): Value
export function useStore<Value, Part>(store: Store<Value>, select: (value: Value) => Part): Part
export function useStore<Value, Part>(store: Store<Value>, select?: (value: Value) => Part): Value | Part {
  return useSyncExternalStore(store.subscribe, () => (select === undefined ? store.get() : select(store.get())))
}
