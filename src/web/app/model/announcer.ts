/** Milliseconds in which words are gathered, so that a screen reader says them in one breath. */
const BREATH = 400

/** The words for the one polite live region: states, never percents. */
class Announcer {
  #words = ''
  #waiting: string[] = []
  readonly #watchers = new Set<() => void>()

  get words(): string {
    return this.#words
  }

  readonly subscribe = (watch: () => void): (() => void) => {
    this.#watchers.add(watch)
    return () => this.#watchers.delete(watch)
  }

  say(words: string): void {
    if (this.#waiting.at(-1) !== words) this.#waiting.push(words)
    if (this.#waiting.length === 1) setTimeout(() => this.#speak(), BREATH)
  }

  #speak(): void {
    const words = this.#waiting.join(' ')
    this.#waiting = []
    // The same words again are news too, and a region that does not change is not read
    this.#words = words === this.#words ? `${words}\u00a0` : words
    for (const watch of this.#watchers) watch()
  }
}

export const announcer = new Announcer()

/** Lets screen readers say something that just happened. */
export function announce(words: string): void {
  announcer.say(words)
}
