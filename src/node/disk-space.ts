import { statfs } from 'node:fs/promises'
import { HostError } from '../client/index.js'
import { SharedRun } from './shared-run.js'

/** Octets promised to sinks and not yet written, by device: two offers may not both count on the same free space (RCV-10). */
export class DiskSpace {
  readonly #promised = new Map<number, Set<() => number>>()
  readonly #free = new Map<string, SharedRun<number>>()

  /**
   * Fails with `disk-full` when `size` octets do not fit beside what is promised already.
   * @param remaining octets the sink will still write; asked each time
   * @returns ends the promise
   */
  async reserve(folder: string, device: number, size: number, remaining: () => number): Promise<() => void> {
    const free = await this.#freeOf(folder)
    const promises = this.#promised.get(device) ?? new Set()
    let promised = 0
    for (const promise of promises) promised += promise()
    if (size > free - promised) throw new HostError('disk-full', `${size} octets are needed and ${Math.max(0, free - promised)} are free.`)
    promises.add(remaining)
    this.#promised.set(device, promises)
    return () => {
      promises.delete(remaining)
      if (promises.size === 0 && this.#promised.get(device) === promises) this.#promised.delete(device)
    }
  }

  async #freeOf(folder: string): Promise<number> {
    const run = this.#free.get(folder) ?? new SharedRun(() => freeOctets(folder))
    this.#free.set(folder, run)
    const free = await run.run()
    this.#free.delete(folder)
    return free
  }
}

/** What an ordinary user may still write; without limit where the system cannot tell. */
async function freeOctets(folder: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(folder)
    return bavail * bsize
  } catch {
    return Number.POSITIVE_INFINITY
  }
}
