/** What a host has open, by short names without paths (SEC-9), and how to close it. */
export class OpenResources {
  #closed = false
  readonly #entries = new Map<object, { readonly name: string; readonly close: () => void | Promise<void> }>()

  /** Registers until the result is called. */
  add(name: string, close: () => void | Promise<void>): () => void {
    const key = {}
    this.#entries.set(key, { name, close })
    // what comes into being while the host closes ends at once; not inside this call, whose result `close` may want
    if (this.#closed) queueMicrotask(() => void close())
    return () => {
      this.#entries.delete(key)
    }
  }

  names(): string[] {
    return [...this.#entries.values()].map(entry => entry.name)
  }

  async closeAll(): Promise<void> {
    this.#closed = true
    const entries = [...this.#entries.values()]
    await Promise.all(entries.map(async entry => entry.close()))
  }
}
