import { MultiBar, type SingleBar } from 'cli-progress'
import type { Transfer, TransferFile } from '../node/index.js'
import { sha1OfFile } from './sample-files.js'

/** What the demo prints while files travel: bars at a terminal, one line per state elsewhere. */
export class DemoView {
  readonly #out: NodeJS.WritableStream
  readonly #bars: MultiBar | undefined
  readonly #lines = new Map<TransferFile, SingleBar>()
  readonly #said = new Map<string, string>()

  constructor(out: NodeJS.WritableStream, headless: boolean) {
    this.#out = out
    const terminal = !headless && (out as NodeJS.WriteStream).isTTY === true
    this.#bars = terminal
      ? new MultiBar({
          format: '  {name} {bar} {percentage} %  {state}',
          stream: out,
          hideCursor: true,
          barCompleteChar: '━',
          barIncompleteChar: ' ',
          clearOnComplete: false,
        })
      : undefined
  }

  line(text = ''): void {
    this.#out.write(`${text}\n`)
  }

  /** Follows a transfer until it is done. */
  async follow(transfer: Transfer): Promise<void> {
    for await (const event of transfer) {
      if (event.type === 'progress') this.#bar(event.file)?.update(event.bytes, { state: event.file.state })
      else if (event.type === 'state') this.#state(event.file, event.state)
      else if (event.type === 'recipient') this.#recipient(event.uri, event.state)
    }
    this.#bars?.stop()
  }

  /** Prints whether what arrived at `there` is, octet for octet, what is at `here`. */
  async compare(here: string, there: string | undefined, name: string): Promise<boolean> {
    const before = await sha1OfFile(here)
    const after = there === undefined ? 'nothing arrived' : await sha1OfFile(there)
    const equal = before === after
    this.line(`  ${pad(name)} ${equal ? 'delivered' : 'NOT delivered'}  sha-1 ${after}${equal ? ' = sent' : ` ≠ ${before}`}`)
    return equal
  }

  /** One line for each new word about somebody in a group. */
  #recipient(uri: string, state: string): void {
    if (this.#said.get(uri) === state) return
    this.#said.set(uri, state)
    this.line(`  ${pad(uri)} ${state}`)
  }

  #state(file: TransferFile, state: TransferFile['state']): void {
    const bar = this.#bar(file)
    if (bar !== undefined) bar.update(file.state === 'done' ? bar.getTotal() : file.bytes, { state })
    else if (state !== 'offered') this.line(`  ${pad(file.name)} ${state}`)
  }

  #bar(file: TransferFile): SingleBar | undefined {
    if (this.#bars === undefined) return undefined
    let bar = this.#lines.get(file)
    if (bar === undefined) {
      bar = this.#bars.create(Math.max(1, file.size ?? 1), 0, { name: pad(file.name), state: file.state })
      this.#lines.set(file, bar)
    }
    return bar
  }
}

/** Width of the name column. */
const NAME = 36

export function pad(name: string): string {
  return name.length > NAME ? `${name.slice(0, NAME - 1)}…` : name.padEnd(NAME)
}
