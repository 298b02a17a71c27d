import { createHash, randomBytes } from 'node:crypto'
import { constants } from 'node:fs'
import { lstat, mkdir, open, opendir, unlink } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { isOurs, openFile } from '../node/index.js'
import { MAX_SPOOL_ENTRIES } from './limits.js'

/** `3f9c0a7be1d24c58a6f0.1b9d6bcd.cpmft-deposit`: random digits, the mark of the node that made it; nothing in it comes from the wire. */
const NAME = /^[0-9a-f]{20}\.([0-9a-f]{8})\.cpmft-deposit$/
const RANDOM_OCTETS = 10
const MARK_DIGITS = 8

const CREATE_NEW = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0)
const READ = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0)

/** Folder of kept messages: files of mode 0600 in a folder of mode 0700. Several nodes may share it. */
export class DepositSpool {
  readonly #folder: string
  readonly #mark: string
  #made: Promise<unknown> | undefined

  constructor(folder: string, node: string) {
    this.#folder = folder
    this.#mark = createHash('sha256').update(node).digest('hex').slice(0, MARK_DIGITS)
  }

  /** Creates a file. Rejects with the system's error. */
  async create(): Promise<{ readonly fd: number; readonly name: string }> {
    this.#made ??= mkdir(this.#folder, { recursive: true, mode: 0o700 }).catch(error => {
      this.#made = undefined
      throw error
    })
    await this.#made
    const name = `${randomBytes(RANDOM_OCTETS).toString('hex')}.${this.#mark}.cpmft-deposit`
    return { fd: await openFile(join(this.#folder, name), CREATE_NEW, 0o600), name }
  }

  /** Opens a file to read it. Rejects with the system's error. */
  open(name: string): Promise<number> {
    return openFile(this.#path(name), READ)
  }

  /** After that a new file is found again after a power cut. */
  async settle(): Promise<void> {
    const folder = await open(this.#folder, constants.O_RDONLY)
    try {
      await folder.sync()
    } catch {
      // no such thing on this system
    } finally {
      await folder.close()
    }
  }

  /** Never rejects: what is left is swept at the next start. */
  async remove(...names: readonly string[]): Promise<void> {
    for (const name of names) await unlink(this.#path(name)).catch(() => undefined)
  }

  /**
   * Deletes what no deposit needs: files of this node, and those of others that are older than `before`, milliseconds since 1970, since no
   * deposit lives as long. Call it before the first file. Never rejects.
   * @returns how many were deleted
   */
  async sweep(needed: ReadonlySet<string>, before: number): Promise<number> {
    let swept = 0
    try {
      let seen = 0
      for await (const { name } of await opendir(this.#folder)) {
        if (++seen > MAX_SPOOL_ENTRIES) break
        const mark = NAME.exec(name)?.[1]
        if (mark === undefined || needed.has(name)) continue
        if (await this.#removeOwn(name, mark === this.#mark ? Number.POSITIVE_INFINITY : before)) swept++
      }
    } catch {
      // no folder, nothing to sweep
    }
    return swept
  }

  async #removeOwn(name: string, before: number): Promise<boolean> {
    try {
      const path = this.#path(name)
      // of the name itself: a link is no file of ours
      const stats = await lstat(path)
      if (!stats.isFile() || !isOurs(stats) || stats.mtimeMs >= before) return false
      await unlink(path)
      return true
    } catch {
      return false
    }
  }

  /** Names come from the database, which others may write to: never out of the folder. */
  #path(name: string): string {
    return join(this.#folder, basename(name))
  }
}
