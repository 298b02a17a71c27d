import type {
  Client,
  IncomingOffer,
  OfferedFile,
  Transfer,
  TransferEvent,
  TransferFile,
  TransferRecipient,
  TransferReport,
} from '../client/index.js'
import { formatSize, messageLabel, type TraceEntry, visibleText } from '../trace/index.js'
import type { CommandContext, FileDescription, GlobalOptions } from './context.js'
import type { Direction, ExitCode } from './exit-code.js'
import { createPalette, type Palette } from './palette.js'
import { groupName, recipientName, recipientTally, recipientWords } from './recipient-words.js'
import { terminalName, terminalText } from './terminal-text.js'
import { percent } from './transfer-words.js'
import { explain, type View } from './view.js'

/** Words for people on stderr, one line for each change; results on stdout. */
export class PlainView implements View {
  readonly #told = new WeakMap<TransferRecipient, string>()

  constructor(
    protected readonly context: Pick<CommandContext, 'stdout' | 'stderr' | 'isTerminal'>,
    protected readonly options: GlobalOptions,
    protected palette: Palette,
  ) {}

  withoutColour(): void {
    this.palette = createPalette(false)
  }

  note(text: string): void {
    if (!this.options.quiet) this.line(text)
  }

  tell(_event: string, _fields: object, words?: string, results: readonly string[] = []): void {
    if (words !== undefined) this.note(words)
    for (const result of results) this.context.stdout.write(`${result}\n`)
  }

  listening(client: Client): void {
    const contact = client.contact === client.aor ? '' : ` (reachable at ${client.contact})`
    this.note(`Listening as ${client.aor}${contact}. Ctrl-C to stop.`)
  }

  offer(_offer: IncomingOffer): void {}

  answered(offer: IncomingOffer, accepted: readonly OfferedFile[], answer: 'accepted' | 'declined' | 'ignored' | 'withdrawn'): void {
    const who = terminalText(offer.from.uri)
    const count = `${accepted.length} of ${offer.files.length} files`
    this.note(answer === 'accepted' ? `Accepted     ${count} from ${who}` : `${capital(answer).padEnd(12)} the offer of ${who}`)
  }

  transferEvent(transfer: Transfer, event: TransferEvent, direction: Direction): void {
    if (event.type === 'ringing' && direction === 'sending')
      this.note(
        `Ringing      ${transfer.recipients === undefined ? terminalText(transfer.peer.uri) : groupName(transfer)}  (Ctrl-C to withdraw)`,
      )
    if (event.type === 'recipient') this.recipientState(transfer, event.recipient)
    if (event.type === 'warning') this.note(`${this.palette.yellow('Note')}         ${terminalText(event.text, 200)}`)
    // A receiver has just said himself what he accepts.
    if (event.type === 'state' && !(direction === 'receiving' && event.state === 'accepted'))
      this.fileState(event.file, event.state, direction, transfer.recipients !== undefined)
  }

  report(transfer: Transfer, report: TransferReport, direction: Direction): void {
    const count = new Map<string, number>()
    for (const file of report.files) {
      const word = file.state === 'done' ? doneWord(file, direction) : file.state
      count.set(word, (count.get(word) ?? 0) + 1)
    }
    if (report.error !== undefined) this.complain(report.error)
    if (report.recipients !== undefined) this.recipientReport(transfer, report.recipients)
    else if (report.files.length > 1) this.note(`${[...count].map(([word, files]) => `${files} ${word}`).join(' · ')}.`)
  }

  description(file: FileDescription): void {
    this.context.stdout.write(`${file.selector}\n`)
  }

  preview(invite: string): void {
    const text = this.context.isTerminal.stdout ? invite.split(/\r?\n/).map(visibleText).join('\n') : invite
    this.context.stdout.write(text.endsWith('\n') ? text : `${text}\n`)
  }

  traced(entry: TraceEntry): void {
    const words =
      entry.kind === 'message'
        ? `${entry.direction === 'out' ? '->' : '<-'} ${entry.remote} ${entry.transport} ${messageLabel(entry)}`
        : `   ${entry.machine} ${terminalText(entry.subject)}: ${entry.state}`
    this.line(this.palette.dim(`${new Date(entry.time).toISOString().slice(11, 23)} ${words}`))
  }

  failure(error: unknown, exit: ExitCode): void {
    this.complain(error)
    if (exit === 1 && this.options.verbose && error instanceof Error && error.stack !== undefined) this.line(this.palette.dim(error.stack))
  }

  pause(): void {}

  resume(): void {}

  end(_exit: number): void {}

  protected fileState(file: TransferFile, state: string, direction: Direction, toSeveral: boolean): void {
    const name = terminalName(file.name)
    // What it means is said of each recipient
    if (state === 'done' && toSeveral) this.note(`Sent         ${name}`)
    else if (state === 'done') this.fileDone(file, name, direction)
    else if (state === 'failed') this.complain(file.error, name)
    else {
      const size = (state === 'hashing' || state === 'sending' || state === 'receiving') && file.size !== undefined
      const resumed = size && state !== 'hashing' && (file.resumedAt ?? 0) > 0
      const from = resumed ? `, goes on at ${percent(file.resumedAt ?? 0, file.size ?? 0)} %` : ''
      this.note(`${capital(state).padEnd(12)} ${name}${size ? `  ${formatSize(file.size ?? 0)}` : ''}${from}`)
    }
  }

  /** One line for each new state, `carol        not reachable (480)`; octets are for bars. */
  protected recipientState(transfer: Transfer, recipient: TransferRecipient): void {
    if (this.#told.get(recipient) === recipient.state) return
    this.#told.set(recipient, recipient.state)
    const words = recipientWords(recipient)
    const good = recipient.state === 'delivered' || recipient.state === 'displayed'
    const bad = ['declined', 'unreachable', 'left', 'failed'].includes(recipient.state)
    this.note(
      `${recipientName(recipient, transfer.recipients ?? []).padEnd(12)} ${good ? this.palette.green(words) : bad ? this.palette.yellow(words) : words}`,
    )
  }

  /** How many are where; and who is still waited for, in words. */
  protected recipientReport(transfer: Transfer, recipients: readonly TransferRecipient[]): void {
    if (recipients.length > 1) this.note(`${recipientTally(recipients)}.`)
    const waiting = recipients.filter(({ state }) => state === 'sending' || state === 'ringing' || state === 'invited')
    if (waiting.length === 0 || transfer.group === undefined) return
    const names = waiting.map(recipient => recipientName(recipient, recipients)).join(', ')
    this.note(`Nothing more was heard of ${names}; --wait waits longer.`)
  }

  protected fileDone(file: TransferFile, name: string, direction: Direction): void {
    if (direction === 'sending') {
      if (file.stored === true) this.note(`Stored       ${name}  ${this.palette.yellow('at the server, for a receiver who is away')}`)
      else if (file.confirmed) this.note(`Delivered    ${name}  ${this.palette.green('confirmed by the receiver')}`)
      else this.note(`Sent         ${name}  ${this.palette.yellow('not confirmed by the receiver')}`)
      return
    }
    this.note(`Saved        ${name}  ${file.sha1 === undefined ? 'size ok, no hash was announced' : this.palette.green('sha-1 ok')}`)
    // The path is the result: one a line, exact when another program reads it.
    if (file.path !== undefined) this.context.stdout.write(`${this.context.isTerminal.stdout ? visibleText(file.path) : file.path}\n`)
  }

  /** What, why, next. */
  protected complain(error: unknown, name?: string): void {
    const { message, hint } = explain(error ?? 'Failed for an unknown reason.')
    const what = `${name === undefined ? '' : `${name}: `}${terminalText(message, 400)}`
    this.line(
      `${this.palette.red(name === undefined ? 'cpmft:' : 'Failed      ')} ${what}${hint === '' ? '' : ` ${terminalText(hint, 200)}`}`,
    )
  }

  protected line(text: string): void {
    this.context.stderr.write(`${text}\n`)
  }
}

function doneWord(file: TransferFile, direction: Direction): string {
  if (direction === 'receiving') return 'saved'
  if (file.stored === true) return 'stored'
  return file.confirmed ? 'delivered' : 'sent'
}

function capital(word: string): string {
  return word.slice(0, 1).toUpperCase() + word.slice(1)
}
