import { BLOCK_SIZE, FIRST_PROMPT_PAUSE, PROMPT_CALL, PROMPT_PAUSE, PROMPT_SIZE, PROMPT_TURN } from './limits.js'
import { monotonic } from './monotonic.js'

/**
 * Calls of the file system that this thread makes itself: handing one to the thread pool and back costs more than to copy a few KiB from or to
 * memory. What the system does not have in memory takes longer and holds up everything else: after such a call the pool is asked for a while. That
 * is short at first, since a thread that had to wait for a core looks the same, and longer with each one that follows soon.
 */
export class PromptCalls {
  readonly #most: number
  readonly #now: () => number
  #pauseUntil: number | undefined
  /** Length of the last pause. */
  #pause = 0
  /** Octets of this turn of the event loop, which ends with the promise. */
  #moved = 0
  #turn: Promise<void> = Promise.resolve()

  /**
   * @param most octets of one call
   * @param now milliseconds
   */
  constructor(most: number = PROMPT_SIZE, now: () => number = monotonic) {
    this.#most = most
    this.#now = now
  }

  /** Whether a call for so many octets may be made here. */
  allows(octets: number): boolean {
    return octets <= this.#most && (this.#pauseUntil === undefined || this.#now() >= this.#pauseUntil)
  }

  /** Throws what the call throws. */
  make<T>(call: () => T): T {
    const begin = this.#now()
    try {
      return call()
    } finally {
      const end = this.#now()
      if (end - begin > PROMPT_CALL) this.#rest(end)
    }
  }

  #rest(now: number): void {
    const isSoon = this.#pauseUntil !== undefined && now < this.#pauseUntil + PROMPT_PAUSE
    this.#pause = isSoon ? Math.min(4 * this.#pause, PROMPT_PAUSE) : FIRST_PROMPT_PAUSE
    this.#pauseUntil = now + this.#pause
  }

  /**
   * Settles when so many octets more may be moved in this turn of the event loop. Whoever is woken by what he moves, as by a socket that takes
   * everything at once, would never come back to the loop.
   */
  async turn(octets: number): Promise<void> {
    while (this.#moved >= PROMPT_TURN) await this.#turn
    if (this.#moved === 0)
      this.#turn = new Promise(resolve => {
        setImmediate(() => {
          this.#moved = 0
          resolve()
        })
      })
    this.#moved += octets
  }
}

/**
 * The reads and the writes of this process: a disk that is slow for one file is slow for the next. Octets that are hashed too are written by the
 * pool unless they are few, so that this thread is free to give the hash its next ones.
 */
export const promptReads = new PromptCalls(BLOCK_SIZE)
export const promptWrites = new PromptCalls(BLOCK_SIZE)
export const promptHashedWrites = new PromptCalls()
