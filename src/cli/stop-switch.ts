import { exitCodeOfStop, type StopReason } from './exit-code.js'
import type { CommandContext } from './context.js'

/** Stops a command from outside: the first Ctrl-C, SIGTERM or the end of `--timeout` aborts `signal`, a second signal leaves at once. */
export class StopSwitch implements Disposable {
  readonly #controller = new AbortController()
  readonly #onInterrupt = (): void => this.stop('SIGINT')
  readonly #onTerminate = (): void => this.stop('SIGTERM')
  #timer: NodeJS.Timeout | undefined
  #reason: StopReason | undefined

  constructor(
    private readonly context: Pick<CommandContext, 'signals' | 'exit'>,
    timeout?: number,
  ) {
    context.signals.on('SIGINT', this.#onInterrupt)
    context.signals.on('SIGTERM', this.#onTerminate)
    if (timeout !== undefined) this.after(timeout)
  }

  /** Stops after `milliseconds`, which begin now. */
  after(milliseconds: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.stop('timeout'), milliseconds)
  }

  /** Aborted at the first stop; listeners end things in good order. */
  get signal(): AbortSignal {
    return this.#controller.signal
  }

  /** The first reason; undefined while nobody stopped. */
  get reason(): StopReason | undefined {
    return this.#reason
  }

  stop(reason: StopReason): void {
    if (this.#reason === undefined) {
      this.#reason = reason
      this.#controller.abort(new StopError(reason))
    } else if (reason !== 'timeout') this.context.exit(exitCodeOfStop(reason))
  }

  /** `promise`, or a rejection with `StopError` as soon as somebody stops. */
  async race<Value>(promise: Promise<Value>): Promise<Value> {
    this.signal.throwIfAborted()
    let onAbort = (): void => {}
    const stopped = new Promise<never>((_, reject) => {
      onAbort = () => reject(this.signal.reason)
      this.signal.addEventListener('abort', onAbort, { once: true })
    })
    try {
      return await Promise.race([promise, stopped])
    } finally {
      this.signal.removeEventListener('abort', onAbort)
    }
  }

  [Symbol.dispose](): void {
    this.context.signals.off('SIGINT', this.#onInterrupt)
    this.context.signals.off('SIGTERM', this.#onTerminate)
    clearTimeout(this.#timer)
  }
}

/** Thrown out of whatever a command waited for when it was stopped. */
export class StopError extends Error {
  override readonly name = 'StopError'
  constructor(readonly reason: StopReason) {
    super(reason === 'timeout' ? 'The time given by --timeout is over.' : 'Cancelled.')
  }
}
