import { RING_TIMEOUT } from '../cpm/index.js'
import { type Machine, Timers } from '../wire/index.js'
import { bestRefusal } from './best-refusal.js'
import { CREATOR_ANSWER_TABLE, type CreatorAnswerAction, type CreatorAnswerEvent, type CreatorAnswerState } from './creator-answer-table.js'
import { ACCEPT_WINDOW } from './limits.js'
import type { Roster } from './roster.js'

export interface CreatorAnswerOptions {
  /** D-12. Default `first-accept`. */
  readonly mode?: 'first-accept' | 'immediate'
  /** ms, default 2000. */
  readonly acceptWindow?: number
  /** ms, default 120 s. */
  readonly ringTimeout?: number
}

export type CreatorAnswerInput =
  /** The list is good and the members are about to be invited. */
  | { readonly type: 'begin' }
  /** A leg of the roster moved, and what its answer says of each file was moved too. */
  | { readonly type: 'roster' }
  | { readonly type: 'timeout' }
  /** CANCEL of the creator. */
  | { readonly type: 'withdraw' }

export type CreatorAnswerOutput =
  | { readonly type: 'ring' }
  /** 200; `files` are the ids of the lines with a port (D-13). */
  | { readonly type: 'answer'; readonly files: readonly string[] }
  | { readonly type: 'refuse'; readonly status: number }
  | { readonly type: 'cancel-legs' }
  | { readonly type: 'end-legs' }

/** Decides when and what the creator is answered while the members ring, accept and decline (D-12, D-13, GRP-20, GRP-21). */
export class CreatorAnswer implements Machine<CreatorAnswerInput, CreatorAnswerOutput> {
  readonly #roster: Roster
  readonly #options: CreatorAnswerOptions
  readonly #timers = new Timers<'window' | 'ring'>()
  #state: CreatorAnswerState = 'waiting'

  constructor(roster: Roster, options: CreatorAnswerOptions = {}) {
    this.#roster = roster
    this.#options = options
  }

  get state(): CreatorAnswerState {
    return this.#state
  }

  get deadline(): number | undefined {
    return this.#timers.deadline
  }

  step(input: CreatorAnswerInput, now: number): CreatorAnswerOutput[] {
    if (input.type === 'begin') return this.#begin(now)
    if (input.type === 'roster') return this.#look(now)
    if (input.type === 'withdraw') return this.#fire('withdraw', now)
    const events: CreatorAnswerEvent[] = this.#timers.take(now).map(name => (name === 'window' ? 'window-over' : 'ring-limit'))
    return events.flatMap(event => this.#fire(event, now))
  }

  #begin(now: number): CreatorAnswerOutput[] {
    if (this.#options.mode === 'immediate') return this.#fire('immediate', now)
    this.#timers.start('ring', now + (this.#options.ringTimeout ?? RING_TIMEOUT))
    return []
  }

  /** Reads off the roster what happened; an event that means nothing in the present state is refused by the table. */
  #look(now: number): CreatorAnswerOutput[] {
    const { ringing, accepted, pending } = this.#roster.replies()
    const outputs = ringing ? this.#fire('ring', now) : []
    if (!pending) return [...outputs, ...this.#fire(accepted ? 'all-answered' : 'all-refused', now)]
    return [...outputs, ...this.#fire(accepted ? 'accept' : 'accepter-left', now)]
  }

  #fire(event: CreatorAnswerEvent, now: number): CreatorAnswerOutput[] {
    const arrow = CREATOR_ANSWER_TABLE[this.#state][event]
    if (arrow === undefined) return []
    this.#state = arrow.to
    const outputs = arrow.do.flatMap(action => this.#do(action, now))
    if (Object.keys(CREATOR_ANSWER_TABLE[this.#state]).length === 0) this.#timers.stop('ring')
    return outputs
  }

  #do(action: CreatorAnswerAction, now: number): CreatorAnswerOutput[] {
    switch (action) {
      case 'send-180':
        return [{ type: 'ring' }]
      case 'start-window':
        this.#timers.start('window', now + (this.#options.acceptWindow ?? ACCEPT_WINDOW))
        return []
      case 'stop-window':
        this.#timers.stop('window')
        return []
      case 'answer':
        return [{ type: 'answer', files: this.#answeredFiles() }]
      case 'refuse':
        return [{ type: 'refuse', status: bestRefusal(this.#roster.replies().refusals) }]
      case 'cancel-legs':
      case 'end-legs':
        return [{ type: action }]
    }
  }

  /** D-13; in mode `immediate` every file, since nobody has said anything yet (GRP-21). */
  #answeredFiles(): string[] {
    const files = this.#roster.filesOf(this.#roster.creator)
    return this.#options.mode === 'immediate' ? files : files.filter(fileId => this.#roster.tally(fileId).accepted > 0)
  }
}
