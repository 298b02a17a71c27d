/** Values from callbacks as an iterable for one reader, which gets those that came before it as well. */
export class ValueStream<Value> implements AsyncIterable<Value> {
  readonly #values: Value[] = []
  #wake = (): void => {}
  #ended = false

  push(value: Value): void {
    if (!this.#ended) this.#values.push(value)
    this.#wake()
  }

  end(): void {
    this.#ended = true
    this.#wake()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Value, void, undefined> {
    for (;;) {
      yield* this.#values.splice(0)
      if (this.#ended && this.#values.length === 0) return
      if (this.#values.length === 0)
        await new Promise<void>(resolve => {
          this.#wake = resolve
        })
    }
  }
}
