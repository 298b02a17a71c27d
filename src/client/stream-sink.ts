import { type FileSink, HostError, type StreamHash } from './host.js'
import { STREAM_HIGH_WATER } from './limits.js'

/** A received file as a stream: nothing is kept, the reader's pace is the sender's pace. */
export class StreamSink implements FileSink {
  readonly readable: ReadableStream<Uint8Array<ArrayBuffer>>
  onError: ((error: HostError) => void) | undefined
  readonly #hash: StreamHash
  #controller: ReadableStreamDefaultController<Uint8Array<ArrayBuffer>> | undefined
  #waiting: (() => void)[] = []
  #written = 0
  #over = false

  constructor(hash: StreamHash) {
    this.#hash = hash
    this.readable = new ReadableStream<Uint8Array<ArrayBuffer>>(
      {
        start: controller => {
          this.#controller = controller
        },
        pull: () => this.#wake(),
        cancel: () => {
          this.#over = true
          this.#wake()
          this.onError?.(new HostError('aborted', 'The reader of the stream went away.'))
        },
      },
      new ByteLengthQueuingStrategy({ highWaterMark: STREAM_HIGH_WATER }),
    )
  }

  get pending(): number {
    return this.#over ? 0 : STREAM_HIGH_WATER - (this.#controller?.desiredSize ?? STREAM_HIGH_WATER)
  }

  write(position: number, bytes: Uint8Array): void {
    if (this.#over) return
    if (position !== this.#written) {
      this.onError?.(new HostError('write-failed', 'Octets came out of order and cannot be streamed.'))
      return
    }
    this.#written += bytes.length
    this.#hash.update(bytes)
    // The connection may reuse its block; the reader keeps what it is given
    this.#controller?.enqueue(new Uint8Array(bytes))
  }

  async drained(): Promise<void> {
    while (!this.#over && (this.#controller?.desiredSize ?? 1) <= 0) await new Promise<void>(resolve => this.#waiting.push(resolve))
  }

  async finish(): Promise<{ size: number; sha1: Uint8Array }> {
    return { size: this.#written, sha1: this.#hash.digest() }
  }

  async commit(): Promise<string> {
    if (!this.#over) this.#controller?.close()
    this.#over = true
    return ''
  }

  async discard(reason: unknown = new HostError('aborted', 'The transfer failed.')): Promise<void> {
    if (!this.#over) this.#controller?.error(reason)
    this.#over = true
    this.#wake()
  }

  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve()
  }
}
