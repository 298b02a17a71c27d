import { useSyncExternalStore } from 'react'
import type { PageChange, PageEvent, TracePage } from '../../protocol/index.js'
import { type Connection, LiveConnection } from './live-connection.js'
import { applyEvent, type PageView } from './page-view.js'
import { hasToken } from './server.js'

type ChangeListener = (changes: readonly PageChange[], before: PageView, after: PageView) => void

/** The one place where what the server told is kept. Components look at it through `usePage` and `useConnection`. */
class PageStore {
  #view: PageView | undefined
  #connection: Connection = { state: 'connecting' }
  readonly #watchers = new Set<() => void>()
  readonly #changeListeners = new Set<ChangeListener>()
  readonly #traceListeners = new Set<(page: TracePage) => void>()
  readonly #live = new LiveConnection({ event: event => this.#take(event), connection: connection => this.#connect(connection) })

  get view(): PageView | undefined {
    return this.#view
  }

  get connection(): Connection {
    return this.#connection
  }

  start(): void {
    if (!hasToken()) {
      this.#connect({ state: 'unauthorized' })
      return
    }
    this.#live.connect()
    // A machine that slept finds its connections dead, and need not wait for a timer that slept as well
    const wake = (): void => {
      if (!document.hidden && this.#connection.state === 'offline') this.#live.connect()
    }
    document.addEventListener('visibilitychange', wake)
    window.addEventListener('online', wake)
  }

  /** Looks for the server now instead of at the end of the wait. */
  retry(): void {
    this.#live.connect()
  }

  /** `watch` is called after each change of anything. */
  readonly subscribe = (watch: () => void): (() => void) => {
    this.#watchers.add(watch)
    return () => this.#watchers.delete(watch)
  }

  /** For what is told of changes, and not of states: words in the live region, notes, queries to read again. */
  onChanges(listener: ChangeListener): () => void {
    this.#changeListeners.add(listener)
    return () => this.#changeListeners.delete(listener)
  }

  /** Trace entries after number `after`, then live ones, until the returned function is called. */
  onTrace(after: number, listener: (page: TracePage) => void): () => void {
    this.#traceListeners.add(listener)
    this.#live.trace(after)
    return () => {
      this.#traceListeners.delete(listener)
      if (this.#traceListeners.size === 0) this.#live.trace(undefined)
    }
  }

  #take(event: PageEvent): void {
    if (event.event === 'trace') {
      for (const listener of this.#traceListeners) listener(event.data)
      return
    }
    const before = this.#view
    this.#view = applyEvent(before, event)
    if (before !== this.#view) this.#tell()
    if (event.event === 'changes' && before !== undefined && this.#view !== undefined) {
      for (const listener of this.#changeListeners) listener(event.data, before, this.#view)
    }
  }

  #connect(connection: Connection): void {
    this.#connection = connection
    this.#tell()
  }

  #tell(): void {
    for (const watch of this.#watchers) watch()
  }
}

export const pageStore = new PageStore()

/**
 * A part of what the server told; the component renders again when that part is another one. `select` must give the same value for the same
 * view: pick, do not build. Only for components below the shell, which waits for the first snapshot.
 */
export function usePage<Part>(select: (view: PageView) => Part): Part {
  return useSyncExternalStore(pageStore.subscribe, () => select(pageStore.view as PageView))
}

export function useConnection(): Connection {
  return useSyncExternalStore(pageStore.subscribe, () => pageStore.connection)
}

/** False until the first snapshot. */
export function useIsOpen(): boolean {
  return useSyncExternalStore(pageStore.subscribe, () => pageStore.view !== undefined)
}
