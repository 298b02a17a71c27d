import type { Outcome } from '../cpm/index.js'
import type { ConferenceCore } from './conference-core.js'
import type { ConferenceFiles } from './conference-files.js'

/** Tells the host what moved, each state once. */
export class ConferenceNewsDesk {
  readonly #core: ConferenceCore
  readonly #files: ConferenceFiles
  readonly #told = new Map<string, string>()
  readonly #outcomes = new Map<string, Outcome>()

  constructor(core: ConferenceCore, files: ConferenceFiles) {
    this.#core = core
    this.#files = files
  }

  /** How a file ended on one line. */
  note(participant: string, fileId: string, outcome: Outcome): void {
    this.#outcomes.set(`${participant}/${fileId}`, outcome)
  }

  tell(): void {
    const { roster } = this.#core
    for (const { id, uri, role, leg, refusal, deliveries } of roster.participants) {
      const status = leg === 'gone' && refusal !== undefined ? { status: refusal } : {}
      if (role === 'member' && this.#isNew(id, leg)) this.#core.news({ type: 'member', participant: id, uri, state: leg, ...status })
      for (const [fileId, state] of deliveries)
        if (this.#isNew(`${id}/${fileId}`, state))
          this.#core.news({ type: 'delivery', participant: id, uri, fileId, state, ...this.#outcome(id, fileId) })
    }
    for (const { fileId, source, state } of roster.files) {
      const { selector } = this.#files.get(fileId).options.description
      if (this.#isNew(fileId, state)) this.#core.news({ type: 'file', fileId, source, state, selector, ...this.#outcome(source, fileId) })
    }
  }

  #isNew(key: string, state: string): boolean {
    if (this.#told.get(key) === state) return false
    this.#told.set(key, state)
    return true
  }

  #outcome(participant: string, fileId: string): { readonly outcome?: Outcome } {
    const outcome = this.#outcomes.get(`${participant}/${fileId}`)
    return outcome === undefined ? {} : { outcome }
  }
}
