import type { ServerResponse } from 'node:http'
import { QUESTIONS_AT_ONCE } from './limits.js'
import { Refusal } from './refusal.js'

/** Slow questions: only so many at once, and none goes on when its page has left. */
export class Questions {
  #running = 0

  /** @throws Refusal 429 */
  async ask<Answer>(response: ServerResponse, question: (signal: AbortSignal) => Promise<Answer>): Promise<Answer> {
    if (this.#running >= QUESTIONS_AT_ONCE) throw new Refusal(429, 'busy', 'Too many questions at once.')
    const left = new AbortController()
    const onClose = (): void => left.abort()
    response.once('close', onClose)
    this.#running++
    try {
      return await question(left.signal)
    } finally {
      this.#running--
      response.off('close', onClose)
    }
  }
}
