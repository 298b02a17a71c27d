import { constants } from 'node:fs'
import { access, link, lstat, realpath, rename, stat, unlink } from 'node:fs/promises'
import { join, sep } from 'node:path'
import { type ConflictPolicy, HostError } from '../client/index.js'
import { closeFile, openFile, syncFile } from './file-io.js'
import { folderError, systemCode } from './host-errors.js'
import { MAX_RENAMES } from './limits.js'
import { numberedName } from './safe-name.js'
import { SharedRun } from './shared-run.js'

/** Systems without hard links answer with one of these. */
const NO_LINKS = new Set(['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EMLINK', 'EINVAL', 'EACCES'])

/** The folder of received files: its real path and identity when the offer was accepted. */
export class TargetFolder {
  /** Files that are accepted together are asked about together: by path as it was given, while it is looked at. */
  static readonly #looks = new Map<string, Promise<TargetFolder>>()
  readonly #synced = new SharedRun(() => this.#sync())
  readonly #unmoved = new SharedRun(() => this.#mustBeUnmoved())

  private constructor(
    readonly path: string,
    readonly device: number,
    private readonly inode: number,
  ) {}

  /** Fails with `folder-missing` or `folder-unwritable`. */
  static find(into: string): Promise<TargetFolder> {
    const looking = TargetFolder.#looks.get(into) ?? TargetFolder.#look(into).finally(() => TargetFolder.#looks.delete(into))
    TargetFolder.#looks.set(into, looking)
    return looking
  }

  static async #look(into: string): Promise<TargetFolder> {
    try {
      const path = await realpath(into)
      const stats = await stat(path)
      if (!stats.isDirectory()) throw new HostError('folder-missing', 'The target folder is not a folder.')
      await access(path, constants.W_OK | constants.X_OK)
      return new TargetFolder(path, stats.dev, stats.ino)
    } catch (error) {
      throw folderError(error)
    }
  }

  /** Full path of `name`, which must be one path segment (SEC-1). */
  pathOf(name: string): string {
    const path = join(this.path, name)
    const inside = this.path.endsWith(sep) ? this.path : this.path + sep
    if (name === '' || path !== inside + name || name.includes('/') || name.includes(sep))
      throw new HostError('write-failed', 'The file name leads out of the folder.')
    return path
  }

  /** Whether anything has the name, a dangling symbolic link too. */
  async has(name: string): Promise<boolean> {
    try {
      await lstat(this.pathOf(name))
      return true
    } catch (error) {
      if (systemCode(error) === 'ENOENT') return false
      throw folderError(error)
    }
  }

  /**
   * Moves `partial` (a name in this folder) to `name` in one step of the file system: nobody sees half a file, and except for `overwrite`
   * nothing that exists is replaced, whoever else creates files at this moment (RCV-11). Symbolic links at the name are never followed.
   * @returns the full path
   */
  async publish(partial: string, name: string, onConflict: ConflictPolicy): Promise<string> {
    await this.#unmoved.run()
    const from = this.pathOf(partial)
    if (onConflict === 'overwrite') {
      const to = this.pathOf(name)
      await replace(from, to, name)
      await this.#synced.run()
      return to
    }
    const last = onConflict === 'rename' ? MAX_RENAMES : 1
    for (let number = 1; number <= last; number++) {
      const to = this.pathOf(number === 1 ? name : numberedName(name, number))
      if (await claim(from, to)) {
        await this.#synced.run()
        return to
      }
    }
    throw new HostError('exists', `${name} exists already.`)
  }

  /** The folder may not be exchanged for another one, or for a link to it, while a file is under way. */
  async #mustBeUnmoved(): Promise<void> {
    try {
      const stats = await lstat(this.path)
      if (stats.dev === this.device && stats.ino === this.inode && (await realpath(this.path)) === this.path) return
    } catch (error) {
      throw folderError(error)
    }
    throw new HostError('folder-missing', 'The target folder was replaced while the file was received.')
  }

  /** The new name must survive a power failure. Folders cannot be synced everywhere, that is no reason to fail. */
  async #sync(): Promise<void> {
    try {
      const fd = await openFile(this.path, constants.O_RDONLY)
      try {
        await syncFile(fd)
      } finally {
        await closeFile(fd)
      }
    } catch {}
  }
}

/** False when the name is taken. */
async function claim(from: string, to: string): Promise<boolean> {
  try {
    // fails when anything has the name, which `rename` does not
    await link(from, to)
  } catch (error) {
    const code = systemCode(error)
    if (code === 'EEXIST') return false
    if (NO_LINKS.has(code)) return claimWithoutLinks(from, to)
    throw folderError(error)
  }
  // the file has its final name: a leftover partial name is no failure
  await unlink(from).catch(() => {})
  return true
}

/** An empty file claims the name, then the received one replaces it; a crash in between leaves the empty file. */
async function claimWithoutLinks(from: string, to: string): Promise<boolean> {
  try {
    await closeFile(await openFile(to, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0), 0o600))
  } catch (error) {
    if (systemCode(error) === 'EEXIST') return false
    throw folderError(error)
  }
  try {
    await rename(from, to)
    return true
  } catch (error) {
    await unlink(to).catch(() => {})
    throw folderError(error)
  }
}

async function replace(from: string, to: string, name: string): Promise<void> {
  try {
    await rename(from, to)
  } catch (error) {
    const code = systemCode(error)
    if (code === 'EISDIR' || code === 'ENOTEMPTY' || code === 'EEXIST') throw new HostError('exists', `${name} is a folder.`)
    throw folderError(error)
  }
}
