import type { Transfer } from '../client/index.js'
import type { CommandContext } from './context.js'
import type { StopSwitch } from './stop-switch.js'
import type { View } from './view.js'

/** What a terminal has beyond a stream. */
interface TerminalInput extends NodeJS.ReadableStream {
  setRawMode?(raw: boolean): unknown
  unref?(): unknown
}

/**
 * `p` pauses what runs and goes on with it (OA-38). Keys come one by one only in raw mode, where Ctrl-C is a key like any other: it is looked
 * for here, and the mode is on only while a transfer runs and nobody else reads the terminal.
 */
export class PauseKeys implements Disposable {
  readonly #running = new Set<Transfer>()
  #suspended = false
  #reading = false
  #told = false

  /** Undefined without a terminal: there are no keys then. */
  static at(context: CommandContext, view: View, stop: StopSwitch): PauseKeys | undefined {
    return context.isTerminal.stdin && context.isTerminal.stderr ? new PauseKeys(context.stdin, view, stop) : undefined
  }

  private constructor(
    private readonly input: TerminalInput,
    private readonly view: View,
    private readonly stop: StopSwitch,
  ) {}

  add(transfer: Transfer): void {
    this.#running.add(transfer)
    this.#update()
    if (!this.#told && this.#reading) this.view.note('p pauses and goes on, Ctrl-C stops.')
    this.#told = true
  }

  delete(transfer: Transfer): void {
    this.#running.delete(transfer)
    this.#update()
  }

  /** A question is asked: the keys are its. */
  suspend(): void {
    this.#suspended = true
    this.#update()
  }

  resume(): void {
    this.#suspended = false
    this.#update()
  }

  [Symbol.dispose](): void {
    this.#running.clear()
    this.#update()
  }

  #update(): void {
    const wanted = this.#running.size > 0 && !this.#suspended
    if (wanted === this.#reading || this.input.setRawMode === undefined) return
    this.#reading = wanted
    this.input.setRawMode(wanted)
    if (wanted) {
      this.input.on('data', this.#onData)
      this.input.resume()
    } else {
      this.input.off('data', this.#onData)
      this.input.pause()
    }
  }

  readonly #onData = (data: Buffer | string): void => {
    for (const key of String(data)) {
      if (key === '\x03') this.stop.stop('SIGINT')
      else if (key === 'p' || key === 'P') this.#toggle()
    }
  }

  #toggle(): void {
    for (const transfer of this.#running) {
      const left = transfer.files.filter(({ state }) => ['accepted', 'sending', 'receiving', 'paused'].includes(state))
      if (left.length === 0) continue
      if (left.every(({ state }) => state === 'paused')) transfer.continue()
      else transfer.pause()
    }
  }
}
