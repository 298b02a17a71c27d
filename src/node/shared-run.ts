/**
 * Work whose result holds for everybody who asked before it began: calls that come while it runs share the next run, so that many at once cost
 * as little as two.
 */
export class SharedRun<Result> {
  readonly #work: () => Promise<Result>
  #running: Promise<unknown> | undefined
  #next: Promise<Result> | undefined

  constructor(work: () => Promise<Result>) {
    this.#work = work
  }

  run(): Promise<Result> {
    this.#next ??= this.#begin()
    return this.#next
  }

  async #begin(): Promise<Result> {
    // who calls within the same turn comes along too
    await this.#running
    this.#next = undefined
    const result = this.#work()
    const settled = result.catch(() => undefined)
    this.#running = settled
    void settled.then(() => {
      if (this.#running === settled) this.#running = undefined
    })
    return result
  }
}
