import { stat } from 'node:fs/promises'
import { resolve } from 'node:path'
import { type ConflictPolicy, CpmftError, type IncomingOffer, type OfferedFile, type TransferReport } from '../client/index.js'
import { acceptCard } from './accept-card.js'
import { type AccountOptions, clientOptions, loadSettings } from './account-options.js'
import { exitCodeOfReport, exitCodeOfReports } from './exit-code.js'
import { createPalette, wantsColour } from './palette.js'
import type { CommandScope } from './run-command.js'
import { UsageError } from './usage-error.js'
import { watchTransfer } from './watch-transfer.js'
import { type ClientScope, withClient } from './with-client.js'

export type AcceptPolicy = 'ask' | 'all' | 'none'

export interface ReceiveCommandOptions extends AccountOptions {
  readonly into?: string
  readonly accept?: AcceptPolicy
  readonly once?: boolean
  readonly onConflict?: ConflictPolicy
  /** Octets. */
  readonly maxSize?: number
}

/** How long `--once` waits for the sender to end the session before it does so itself, milliseconds. */
const SESSION_END = 5000

/** `cpmft receive` */
export async function receiveCommand(scope: CommandScope, options: ReceiveCommandOptions): Promise<number> {
  const settings = await loadSettings(scope, options)
  const { listen, proxy, onConflict } = settings.values
  if (listen === undefined && proxy === undefined)
    throw new UsageError('Nobody could reach this receiver.', 'Add --listen sip:you@ADDRESS:PORT, or an account with --as and --proxy.')
  const into = resolve(settings.values.into ?? '.')
  await checkFolder(into)
  const policy = acceptPolicy(scope, options)
  const client = { ...(await clientOptions(scope, settings)), into }
  const setup = { ...scope, client, watchSessions: options.once === true }
  return withClient(setup, clientScope =>
    new Receiver(scope, { ...options, into, onConflict: onConflict === 'ask' ? 'rename' : onConflict, accept: policy }, clientScope).run(),
  )
}

type Decided = ReceiveCommandOptions & { readonly into: string; readonly accept: AcceptPolicy }

/** Answers offers one after the other; the accepted transfers run side by side. */
class Receiver {
  readonly #transfers = new Set<Promise<TransferReport>>()

  constructor(
    private readonly scope: CommandScope,
    private readonly options: Decided,
    private readonly clientScope: ClientScope,
  ) {}

  async run(): Promise<number> {
    const { view, stop } = this.scope
    view.listening(this.clientScope.client)
    try {
      for await (const offer of this.clientScope.client.offers({ signal: stop.signal })) {
        view.offer(offer)
        const outcome = await this.#answer(offer)
        if (stop.signal.aborted) break
        if (outcome === 'withdrawn' || !this.options.once) continue
        if (outcome === 'refused') return 4
        const exit = exitCodeOfReport(await outcome.report, 'receiving')
        if (!stop.signal.aborted) await this.clientScope.sessionEnd(SESSION_END)
        return exit
      }
    } catch (error) {
      if (!stop.signal.aborted) throw error
    }
    const exit = exitCodeOfReports(await Promise.all(this.#transfers), 'receiving')
    // A receiver that was stopped was cancelled, even if nothing was under way.
    return stop.reason === undefined ? exit : 1
  }

  async #answer(offer: IncomingOffer): Promise<'refused' | 'withdrawn' | { report: Promise<TransferReport> }> {
    const { view, stop } = this.scope
    const answer = await this.#decide(offer)
    if (stop.signal.aborted) {
      if (!offer.signal.aborted) await offer.decline()
      view.answered(offer, [], 'declined')
      return 'refused'
    }
    if (offer.signal.aborted) {
      view.answered(offer, [], 'withdrawn')
      return 'withdrawn'
    }
    if (answer === 'ignore') {
      offer.ignore()
      view.answered(offer, [], 'ignored')
      return 'refused'
    }
    if (answer.length === 0) {
      await offer.decline()
      view.answered(offer, [], 'declined')
      return 'refused'
    }
    const transfer = offer.accept(answer, { into: this.options.into, onConflict: this.options.onConflict ?? 'rename' })
    view.answered(offer, answer, 'accepted')
    const report = watchTransfer(transfer, 'receiving', view, stop.signal)
    this.#transfers.add(report)
    if (!this.options.once) void report.finally(() => this.#transfers.delete(report)).catch(error => view.failure(error, 1))
    return { report }
  }

  /** The files to accept, or 'ignore'. */
  async #decide(offer: IncomingOffer): Promise<readonly OfferedFile[] | 'ignore'> {
    const { context, globals, view, stop } = this.scope
    if (this.options.accept === 'none') return []
    if (this.options.accept === 'all') return offer.files.filter(file => file.unavailable === undefined)
    const palette = createPalette(wantsColour(globals.color !== false, context.env, context.isTerminal.stderr))
    const free = await context.freeSpace(this.options.into)
    const card = acceptCard(offer, { folder: this.options.into, free }, palette)
    const signal = AbortSignal.any([offer.signal, stop.signal])
    view.pause()
    try {
      const answer = await context.askOffer({ offer, card, input: context.stdin, output: context.stderr, signal })
      if (answer.kind === 'accept') return answer.files
      if (answer.kind === 'interrupt' && !signal.aborted) stop.stop('SIGINT')
      return answer.kind === 'ignore' ? 'ignore' : []
    } finally {
      view.resume()
    }
  }
}

/** Without a terminal nobody can be asked: then only an explicit answer accepts anything. */
function acceptPolicy({ context, globals, view }: CommandScope, options: ReceiveCommandOptions): AcceptPolicy {
  const canAsk = context.isTerminal.stdin && context.isTerminal.stderr
  if (options.accept === 'ask' && !canAsk)
    throw new UsageError('--accept ask needs a terminal to ask at.', 'Use --accept all or --accept none.')
  if (options.accept !== undefined) return options.accept
  if (globals.yes) return 'all'
  if (canAsk) return 'ask'
  view.note('There is no terminal to ask at: every offer is declined. Use --accept all to take them.')
  return 'none'
}

async function checkFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined)
  if (found === undefined || !found.isDirectory()) throw new CpmftError('folder-missing')
}
