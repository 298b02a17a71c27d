import type { MultiBar, SingleBar } from 'cli-progress'
import { ProgressRate, type Transfer, type TransferEvent, type TransferFile, type TransferRecipient } from '../client/index.js'
import { formatSize } from '../trace/index.js'
import type { CommandContext, GlobalOptions } from './context.js'
import { formatClock } from './duration.js'
import type { Direction } from './exit-code.js'
import type { Palette } from './palette.js'
import { PlainView } from './plain-view.js'
import { recipientName } from './recipient-words.js'
import { terminalName } from './terminal-text.js'

const BAR_LENGTH = 24

/** What a bar stands for. */
type Subject = TransferFile | TransferRecipient

/** A rate outlives its bar, which is taken down whenever a line is written. */
interface FileRate {
  readonly rate: ProgressRate
  readonly hashing: boolean
}

/** Bars at a terminal; the lines of `PlainView` stand above them. */
export class ProgressView extends PlainView {
  readonly #bars = new Map<Subject, SingleBar>()
  readonly #rates = new Map<Subject, FileRate>()
  #multiBar: MultiBar | undefined
  #paused = false

  constructor(
    protected override readonly context: Pick<CommandContext, 'stdout' | 'stderr' | 'isTerminal' | 'now'>,
    options: GlobalOptions,
    palette: Palette,
    private readonly createMultiBar: () => MultiBar,
  ) {
    super(context, options, palette)
  }

  /** Loads the bars only for those who will see them. */
  static async create(context: CommandContext, options: GlobalOptions, palette: Palette): Promise<ProgressView> {
    const { default: progress } = await import('cli-progress')
    const create = (): MultiBar =>
      new progress.MultiBar({
        stream: context.stderr,
        clearOnComplete: true,
        hideCursor: null,
        gracefulExit: false,
        linewrap: null,
        emptyOnZero: true,
        format: (_options, params, payload: { text: string }) => barLine(params.value, params.total, payload.text),
      })
    return new ProgressView(context, options, palette, create)
  }

  override transferEvent(transfer: Transfer, event: TransferEvent, direction: Direction): void {
    if (event.type === 'hashing') this.#draw(event.file, event.file.name, event.bytes, event.total, true)
    else if (event.type === 'progress') this.#draw(event.file, event.file.name, event.bytes, event.total, false)
    else if (event.type === 'recipient' && event.state === 'sending') {
      const { recipient, bytes, total } = event
      super.transferEvent(transfer, event, direction)
      this.#draw(recipient, recipientName(recipient, transfer.recipients ?? []), bytes, total, false)
    } else if (event.type === 'recipient') {
      this.#remove(event.recipient)
      super.transferEvent(transfer, event, direction)
    } else {
      if (event.type === 'state' && ['verifying', 'done', 'failed', 'cancelled', 'declined'].includes(event.state)) this.#remove(event.file)
      super.transferEvent(transfer, event, direction)
    }
  }

  override pause(): void {
    this.#paused = true
    this.#clear()
  }

  override resume(): void {
    this.#paused = false
  }

  override end(exit: number): void {
    this.#clear()
    super.end(exit)
  }

  protected override line(text: string): void {
    // Lines are written at once: bars are taken down and drawn again at the next step.
    this.#clear()
    super.line(text)
  }

  #draw(file: Subject, name: string, bytes: number, total: number | undefined, hashing: boolean): void {
    if (this.#paused || this.options.quiet) return
    this.#multiBar ??= this.createMultiBar()
    const bar = this.#bars.get(file) ?? this.#multiBar.create(total ?? 0, 0, { text: '' })
    this.#bars.set(file, bar)
    const known = this.#rates.get(file)
    const { rate } = known?.hashing === hashing ? known : { rate: new ProgressRate() }
    if (rate !== known?.rate) this.#rates.set(file, { rate, hashing })
    rate.update(bytes, this.context.now())
    bar.setTotal(total ?? 0)
    bar.update(bytes, { text: progressText({ name }, bytes, total, rate, hashing) })
  }

  #remove(file: Subject): void {
    const bar = this.#bars.get(file)
    this.#bars.delete(file)
    this.#rates.delete(file)
    if (bar !== undefined) this.#multiBar?.remove(bar)
  }

  #clear(): void {
    this.#multiBar?.stop()
    this.#multiBar = undefined
    this.#bars.clear()
  }
}

/** `━━━━━━╸━━━  78 %  plan.pdf  1.0/1.3 MB …` */
export function barLine(value: number, total: number, text: string): string {
  const share = total > 0 ? Math.min(1, value / total) : 0
  const full = Math.floor(share * BAR_LENGTH)
  const bar = '━'.repeat(full) + (full < BAR_LENGTH ? '╌'.repeat(BAR_LENGTH - full) : '')
  return `${bar} ${total > 0 ? `${String(Math.floor(share * 100)).padStart(3)} %` : '     '}  ${text}`
}

/** `plan.pdf  1.0 MB of 1.3 MB  8.1 MB/s  0:01` */
export function progressText(
  file: Pick<TransferFile, 'name'>,
  bytes: number,
  total: number | undefined,
  rate: ProgressRate,
  hashing: boolean,
): string {
  const parts = [`${hashing ? 'hashing ' : ''}${terminalName(file.name, 28)}`]
  parts.push(total === undefined ? formatSize(bytes) : `${formatSize(bytes)} of ${formatSize(total)}`)
  if (rate.perSecond !== undefined) parts.push(`${formatSize(Math.round(rate.perSecond))}/s`)
  const remaining = total === undefined ? undefined : rate.remaining(total)
  if (remaining !== undefined) parts.push(formatClock(remaining))
  return parts.join('  ')
}
