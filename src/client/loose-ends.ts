/** Work that nobody waits for while a client lives, but that its end must not overtake: closing files, deleting partial ones. */
export class LooseEnds {
  readonly #running = new Set<Promise<void>>()

  /** Keeps `work` until it settled; that it fails changes nothing any more. */
  add(work: Promise<void> | undefined): void {
    if (work === undefined) return
    const end = () => void this.#running.delete(settled)
    const settled = work.then(end, end)
    this.#running.add(settled)
  }

  get isEmpty(): boolean {
    return this.#running.size === 0
  }
}
