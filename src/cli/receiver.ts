import type { ConflictPolicy, IncomingOffer, OfferedFile, ReceivedFile, Transfer, TransferReport } from '../client/index.js'
import { FILES_PER_SESSION } from '../cpm/index.js'
import { acceptCard, canBeTrusted } from './accept-card.js'
import { exitCodeOfReports } from './exit-code.js'
import { namesInUse } from './names-in-use.js'
import { tellNextStep } from './next-step.js'
import { createPalette, wantsColour } from './palette.js'
import type { PauseKeys } from './pause-keys.js'
import type { AcceptPolicy } from './receive-command.js'
import type { CommandScope } from './run-command.js'
import { tellNotices } from './tell-notices.js'
import { watchTransfer } from './watch-transfer.js'
import type { ClientScope } from './with-client.js'

/** How a receiver answers. */
export interface ReceiverRules {
  /** Full path of a folder that is there. */
  readonly into: string
  readonly accept: AcceptPolicy
  readonly onConflict: ConflictPolicy | 'ask'
  readonly canAsk: boolean
  readonly once: boolean
  /** Senders can be remembered. */
  readonly remembers: boolean
}

/** What was decided of one offer. */
type Decision = { readonly files: readonly OfferedFile[]; readonly onConflict: ConflictPolicy } | 'decline' | 'ignore'

type Outcome = 'refused' | 'withdrawn' | { readonly report: Promise<TransferReport> }

/** A session that is full may be one of several of the same sender, who asks for each: so long `--once` waits for the next, milliseconds. */
const NEXT_SESSION = 6000

/** How long `--once` waits for the sender to end the session before it does so itself, milliseconds. */
const SESSION_END = 5000

/** Answers offers one after the other; the accepted transfers run side by side. */
export class Receiver {
  readonly #transfers = new Set<Promise<TransferReport>>()
  readonly #nextSteps = new Set<Promise<void>>()

  constructor(
    private readonly scope: CommandScope,
    private readonly rules: ReceiverRules,
    private readonly clientScope: ClientScope,
    private readonly keys: PauseKeys | undefined,
  ) {}

  async run(): Promise<number> {
    const { view, stop } = this.scope
    const { client } = this.clientScope
    view.listening(client)
    const notices = tellNotices(client, view, stop.signal)
    const enough = new AbortController()
    let patience: NodeJS.Timeout | undefined
    try {
      for await (const offer of client.offers({ signal: AbortSignal.any([stop.signal, enough.signal]) })) {
        view.offer(offer)
        const outcome = await this.#answer(offer)
        if (stop.signal.aborted) break
        if (outcome === 'withdrawn' || !this.rules.once) continue
        clearTimeout(patience)
        if (outcome === 'refused') return this.#transfers.size === 0 ? 4 : 3
        await outcome.report
        if (!stop.signal.aborted) await this.clientScope.sessionEnd(SESSION_END)
        if (offer.files.length < FILES_PER_SESSION) break
        patience = setTimeout(() => enough.abort(), NEXT_SESSION)
      }
    } catch (error) {
      if (!stop.signal.aborted && !enough.signal.aborted) throw error
    } finally {
      clearTimeout(patience)
      notices.stop()
    }
    const exit = exitCodeOfReports(await Promise.all(this.#transfers), 'receiving')
    await Promise.all(this.#nextSteps)
    // A receiver that was stopped was cancelled, even if nothing was under way.
    return stop.reason === undefined ? exit : 1
  }

  async #answer(offer: IncomingOffer): Promise<Outcome> {
    const { view, stop } = this.scope
    if (offer.accepted !== undefined) {
      view.answered(offer, takeable(offer), 'accepted')
      return this.#receive(offer.accepted)
    }
    const decision = await this.#decide(offer)
    if (!stop.signal.aborted && offer.signal.aborted) {
      view.answered(offer, [], 'withdrawn')
      return 'withdrawn'
    }
    if (stop.signal.aborted || decision === 'decline') {
      if (!offer.signal.aborted) await offer.decline()
      view.answered(offer, [], 'declined')
      return 'refused'
    }
    if (decision === 'ignore') {
      offer.ignore()
      view.answered(offer, [], 'ignored')
      return 'refused'
    }
    const transfer = offer.accept(decision.files, { into: this.rules.into, onConflict: decision.onConflict })
    view.answered(offer, decision.files, 'accepted')
    return this.#receive(transfer)
  }

  #receive(transfer: Transfer<ReceivedFile>): Outcome {
    const { view, stop } = this.scope
    const report = watchTransfer(transfer, 'receiving', view, stop.signal, this.keys)
    this.#transfers.add(report)
    const { store } = this.clientScope.client
    if (store !== undefined) {
      const step = report.then(({ ok }) => (ok ? undefined : tellNextStep(store, transfer.id, view))).catch(() => {})
      this.#nextSteps.add(step)
      void step.then(() => this.#nextSteps.delete(step))
    }
    if (!this.rules.once) void report.finally(() => this.#transfers.delete(report)).catch(error => view.failure(error, 1))
    return { report }
  }

  async #decide(offer: IncomingOffer): Promise<Decision> {
    const { accept, canAsk } = this.rules
    const { view } = this.scope
    if (accept === 'none' || (accept === 'known' && !canAsk)) return 'decline'
    if (accept !== 'all') return this.#ask(offer)
    const files = takeable(offer)
    if (files.length === 0) return 'decline'
    view.pause()
    try {
      return { files, onConflict: await this.#askConflict(files, AbortSignal.any([offer.signal, this.scope.stop.signal])) }
    } finally {
      view.resume()
    }
  }

  async #ask(offer: IncomingOffer): Promise<Decision> {
    const { context, globals, view, stop } = this.scope
    const { into, remembers } = this.rules
    const palette = createPalette(wantsColour(globals.color !== false, context.env, context.isTerminal.stderr))
    const card = acceptCard(offer, { folder: into, free: await context.freeSpace(into) }, palette)
    const signal = AbortSignal.any([offer.signal, stop.signal])
    const canTrust = remembers && canBeTrusted(offer.from)
    view.pause()
    this.keys?.suspend()
    try {
      const answer = await context.askOffer({ offer, card, canTrust, input: context.stdin, output: context.stderr, signal })
      if (answer.kind === 'interrupt' && !signal.aborted) stop.stop('SIGINT')
      if (answer.kind === 'ignore') return 'ignore'
      if (answer.kind !== 'accept' || answer.files.length === 0) return 'decline'
      if (answer.trust === true && !signal.aborted) await this.#trust(offer)
      return { files: answer.files, onConflict: await this.#askConflict(answer.files, signal) }
    } finally {
      this.keys?.resume()
      view.resume()
    }
  }

  /** One answer for all files of an offer whose names are taken. */
  async #askConflict(files: readonly OfferedFile[], signal: AbortSignal): Promise<ConflictPolicy> {
    const { into, onConflict } = this.rules
    if (onConflict !== 'ask') return onConflict
    const taken = await namesInUse(into, files)
    return taken.length === 0 || signal.aborted ? 'rename' : this.scope.context.askConflict(taken, signal)
  }

  /** The sender becomes a contact whose files may be taken without asking (RCS-7). */
  async #trust({ from }: IncomingOffer): Promise<void> {
    const { store } = this.clientScope.client
    const uri = from.uri.split(/[;?]/, 1)[0] as string
    await store?.saveContact({ uri, name: from.displayName, trusted: true, added: this.scope.context.date() })
    this.scope.view.tell('trusted', { uri }, 'The sender is trusted from now on: cpmft receive --accept known takes their files unasked.')
  }
}

function takeable(offer: IncomingOffer): readonly OfferedFile[] {
  return offer.files.filter(file => file.unavailable === undefined)
}
