import { randomBytes } from 'node:crypto'
import { constants, fchmodSync, fstatSync, type Stats } from 'node:fs'
import { lstat, realpath } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { HostError, type SinkOptions } from '../client/index.js'
import { closeFile, openFile, truncateFile } from './file-io.js'
import { fileError } from './host-errors.js'
import { safeName } from './safe-name.js'
import type { TargetFolder } from './target-folder.js'

/** Marks files under way: `.photo.jpg.<12 hex digits>.cpmft-part`. */
const SUFFIX = '.cpmft-part'
const RANDOM_DIGITS = 12

const CREATE_NEW = constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | (constants.O_NOFOLLOW ?? 0)

/** O_NONBLOCK: a fifo that took the name must not block us. */
const GO_ON = constants.O_RDWR | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)

/** Full paths of partial files that sinks of this process have open: nobody else may go on with them or sweep them away. */
export const openParts = new Set<string>()

/** An open partial file. `name` is its name in the folder. */
export interface PartFile {
  readonly fd: number
  readonly name: string
  /** Octets that were there before. */
  readonly length: number
}

/** Creates a partial file for `name`, mode 0600 (RCV-11). Rejects with the system's error. */
export async function createPart(folder: TargetFolder, name: string): Promise<PartFile> {
  const part = `.${name}.${randomBytes(RANDOM_DIGITS / 2).toString('hex')}${SUFFIX}`
  const path = folder.pathOf(part)
  const fd = await openFile(path, CREATE_NEW, 0o600)
  openParts.add(path)
  return { fd, name: part, length: 0 }
}

/**
 * Opens a partial file again and cuts it to `length` octets (RCS-3). Whoever can write to the folder may have put something else there:
 * it must be a regular file of our own, in this folder, with one name only (a second one could be that of a finished file), and long enough.
 * Rejects with `HostError('file-missing')`.
 */
export async function reopenPart(folder: TargetFolder, { path: given, length }: NonNullable<SinkOptions['part']>): Promise<PartFile> {
  const name = basename(given)
  const there = await realpath(dirname(given)).catch(() => undefined)
  if (!isPartName(name) || there !== folder.path || !Number.isSafeInteger(length) || length < 0) throw gone()
  const path = folder.pathOf(name)
  if (openParts.has(path)) throw gone()
  openParts.add(path)
  let fd: number | undefined
  try {
    // where the system cannot refuse links when it opens, this does
    if (!(await lstat(path)).isFile()) throw gone()
    fd = await openFile(path, GO_ON)
    const stats = fstatSync(fd)
    if (!stats.isFile() || !isOurs(stats) || stats.nlink !== 1 || stats.size < length) throw gone()
    fchmodSync(fd, 0o600)
    await truncateFile(fd, length)
    return { fd, name, length }
  } catch (error) {
    openParts.delete(path)
    if (fd !== undefined) await closeFile(fd)
    throw fileError(error, 'The partial file')
  }
}

/** Whether a name is exactly one that `createPart` gives. */
export function isPartName(name: string): boolean {
  const end = name.length - SUFFIX.length
  const dot = end - RANDOM_DIGITS - 1
  if (dot < 2 || name[0] !== '.' || name[dot] !== '.' || !name.endsWith(SUFFIX)) return false
  for (let at = dot + 1; at < end; at++) if (!'0123456789abcdef'.includes(name[at] as string)) return false
  const target = name.slice(1, dot)
  return safeName(target) === target
}

/** Where files have owners, only our own are touched. */
export function isOurs(stats: Stats): boolean {
  return process.getuid === undefined || stats.uid === process.getuid()
}

function gone(): HostError {
  return new HostError('file-missing', 'The partial file is gone, in use, or not what was left.')
}
