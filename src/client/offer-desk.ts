import type { OfferedFileDescription, Outcome, ServedFile, SessionEvent } from '../cpm/index.js'
import type { AcceptOptions, OfferGroup, Party, ReceivedFile, Transfer } from './api.js'
import { EventQueue } from './event-queue.js'
import { type FileNews, OfferHandle } from './incoming-offer.js'
import type { KnownPart } from './receiving-transfer.js'
import type { ServingTransfer } from './serving-transfer.js'
import type { SessionRunner } from './session-runner.js'

type OfferEvent = SessionEvent & { type: 'offer' }

/** What is known here about an offer besides what it says itself. */
export interface Findings {
  readonly from: Party
  readonly news: ReadonlyMap<string, FileNews & { readonly part?: KnownPart }>
  /** Nobody needs to be asked (RCS-7). */
  readonly autoAccept: boolean
  /** It came through a group (GRP-43). */
  readonly group?: OfferGroup
}

export interface OfferDeskOptions {
  readonly nextId: () => string
  /** Settles at once where nothing has to be looked up. */
  readonly look: (event: OfferEvent, runner: SessionRunner) => Findings | Promise<Findings>
  /** Finds and opens what pull lines name. */
  readonly serve: (
    lines: readonly OfferedFileDescription[],
    from: Party,
    runner: SessionRunner,
  ) => Promise<{ readonly transfer: ServingTransfer; readonly files: readonly ServedFile[] } | undefined>
  readonly receive: (
    chosen: readonly { readonly description: OfferedFileDescription; readonly part?: KnownPart | undefined }[],
    context: { readonly event: OfferEvent; readonly from: Party; readonly runner: SessionRunner; readonly accept: AcceptOptions },
    answer: (accepted: readonly string[]) => Promise<void>,
  ) => Transfer<ReceivedFile>
  /** Tells the session, once: pushed files accepted and pulled files served. */
  readonly answer: (
    runner: SessionRunner,
    accepted: readonly string[],
    served: readonly ServedFile[],
    reason: string | undefined,
  ) => Promise<void>
}

/** One question to the user, from its arrival to its answer. */
interface Pending {
  readonly runner: SessionRunner
  handle: OfferHandle | undefined
  serving: ServingTransfer | undefined
}

/** Where offers wait for the user's choice (CR-19 to CR-22); pull lines are answered from the shares without asking (OA-35). */
export class OfferDesk {
  readonly offers = new EventQueue<OfferHandle>()
  readonly #options: OfferDeskOptions
  readonly #pending = new Map<string, Pending>()

  constructor(options: OfferDeskOptions) {
    this.#options = options
  }

  async arrive(event: OfferEvent, runner: SessionRunner): Promise<void> {
    const pending: Pending = { runner, handle: undefined, serving: undefined }
    this.#pending.set(runner.id, pending)
    const pulled = event.files.filter(({ kind }) => kind === 'pull')
    const pushed = event.files.filter(({ kind }) => kind !== 'pull')
    const looked = this.#options.look(event, runner)
    const findings = looked instanceof Promise ? await looked : looked
    if (this.#pending.get(runner.id) !== pending) return
    const served = pulled.length === 0 ? undefined : await this.#options.serve(pulled, findings.from, runner)
    pending.serving = served?.transfer
    if (this.#pending.get(runner.id) !== pending) return pending.serving?.abort()
    const answer = (accepted: readonly string[], reason?: string) => {
      this.#pending.delete(runner.id)
      return this.#options.answer(runner, accepted, served?.files ?? [], reason)
    }
    const possible = pushed.filter(({ fileId, unavailable }) => (findings.news.get(fileId)?.unavailable ?? unavailable) === undefined)
    if (possible.length === 0) return answer([])
    this.#ask({ event, pushed, possible, findings, pending, answer })
  }

  /** Nobody needs to be asked any more; an offer that nobody has read yet is never shown (RCV-8). */
  withdraw(runner: SessionRunner, outcome: Outcome): void {
    const pending = this.#pending.get(runner.id)
    if (pending === undefined) return
    this.#pending.delete(runner.id)
    pending.serving?.abort()
    if (pending.handle === undefined) return
    this.offers.remove(pending.handle)
    pending.handle.withdraw(outcome)
  }

  end(): void {
    this.offers.end()
  }

  #ask(question: {
    event: OfferEvent
    pushed: readonly OfferedFileDescription[]
    possible: readonly OfferedFileDescription[]
    findings: Findings
    pending: Pending
    answer: (accepted: readonly string[], reason?: string) => Promise<void>
  }): void {
    const { event, pushed, possible, findings, pending, answer } = question
    const { runner } = pending
    const { from, news } = findings
    const receive = (chosen: readonly OfferedFileDescription[], accept: AcceptOptions) =>
      this.#options.receive(
        chosen.map(description => ({ description, part: news.get(description.fileId)?.part })),
        { event, from, runner, accept },
        accepted => answer(accepted),
      )
    const handle = new OfferHandle({
      id: `${runner.id}/${this.#options.nextId()}`,
      from,
      files: pushed,
      news,
      subject: event.subject,
      conversation: event.conversation,
      ...(event.replaces === undefined ? {} : { replaces: event.replaces }),
      ...(findings.group === undefined ? {} : { group: findings.group }),
      ...(findings.autoAccept ? { accepted: receive(possible, {}) } : {}),
      accept: receive,
      decline: reason => void answer([], reason),
    })
    pending.handle = handle
    this.offers.push(handle)
  }
}
