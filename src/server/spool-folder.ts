import { randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { lstat, mkdir, opendir, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { isOurs, openFile } from '../node/index.js'
import { MAX_SPOOL_ENTRIES } from './limits.js'

/** `3f9c0a7be1d24c58a6f0.cpmft-spool`; nothing in it comes from the wire. */
const SUFFIX = '.cpmft-spool'
const RANDOM_DIGITS = 20

const CREATE_NEW = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0)

/** An open spool file. */
export interface OpenedSpool {
  readonly fd: number
  readonly path: string
}

/** Where passages keep what does not fit into memory: files of mode 0600 in a folder of mode 0700, and how much of it may be used. */
export class SpoolFolder {
  readonly #path: string
  readonly #quota: number
  readonly #made: { promise?: Promise<unknown> } = {}
  #used = 0

  /** @param quota octets of all its files together */
  constructor(path: string, quota: number) {
    this.#path = path
    this.#quota = quota
  }

  /** Octets charged. */
  get used(): number {
    return this.#used
  }

  /** False when they do not fit any more (GRP-29). */
  charge(octets: number): boolean {
    if (this.#used + octets > this.#quota) return false
    this.#used += octets
    return true
  }

  refund(octets: number): void {
    this.#used -= octets
  }

  /** Creates a file. Rejects with the system's error. */
  async create(): Promise<OpenedSpool> {
    await this.#make()
    const path = join(this.#path, `${randomBytes(RANDOM_DIGITS / 2).toString('hex')}${SUFFIX}`)
    return { fd: await openFile(path, CREATE_NEW, 0o600), path }
  }

  /**
   * Deletes what a killed process left: regular files of our own with exactly such a name. Call it before the first passage. What another
   * living process has open stays readable to it (POSIX). Never rejects.
   * @returns how many were deleted
   */
  async sweep(): Promise<number> {
    let swept = 0
    try {
      let seen = 0
      for await (const entry of await opendir(this.#path)) {
        if (++seen > MAX_SPOOL_ENTRIES) break
        if (isSpoolName(entry.name) && (await removeOwn(join(this.#path, entry.name)))) swept++
      }
    } catch {
      // no folder, nothing to sweep
    }
    return swept
  }

  #make(): Promise<unknown> {
    this.#made.promise ??= mkdir(this.#path, { recursive: true, mode: 0o700 }).catch(error => {
      delete this.#made.promise
      throw error
    })
    return this.#made.promise
  }
}

/** Whether a name is exactly one that `create` gives. */
export function isSpoolName(name: string): boolean {
  if (name.length !== RANDOM_DIGITS + SUFFIX.length || !name.endsWith(SUFFIX)) return false
  for (let at = 0; at < RANDOM_DIGITS; at++) if (!'0123456789abcdef'.includes(name[at] as string)) return false
  return true
}

async function removeOwn(path: string): Promise<boolean> {
  try {
    // of the name itself: a link is no file of ours
    const stats = await lstat(path)
    if (!stats.isFile() || !isOurs(stats)) return false
    await unlink(path)
    return true
  } catch {
    return false
  }
}
