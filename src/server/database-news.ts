import type { DatabaseNews } from './database-engine.js'

/** Listeners within this process. */
export class LocalNews implements DatabaseNews {
  readonly #listeners = new Set<(aor: string | undefined) => void>()

  onBinding(listener: (aor: string | undefined) => void): () => void {
    // A function may listen twice
    const own = (aor: string | undefined): void => listener(aor)
    this.#listeners.add(own)
    return () => {
      this.#listeners.delete(own)
    }
  }

  /** After the transaction that is told about, never within it. */
  tell(aor: string | undefined): void {
    for (const listener of [...this.#listeners]) queueMicrotask(() => this.#listeners.has(listener) && listener(aor))
  }
}
