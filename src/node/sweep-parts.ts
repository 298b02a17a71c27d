import { lstat, opendir, realpath, unlink } from 'node:fs/promises'
import { join } from 'node:path'
import { MAX_SWEPT_ENTRIES } from './limits.js'
import { isOurs, isPartName, openParts } from './part-file.js'

/**
 * Deletes partial files that nobody goes on with (RCS-3): regular files of our own with exactly such a name, last written before `olderThan`
 * (milliseconds since 1970), not in `keep` (full paths) and not open in this process. Never rejects.
 * @returns how many were deleted
 */
export async function sweepParts(folder: string, olderThan: number, keep: ReadonlySet<string>): Promise<number> {
  let swept = 0
  try {
    const path = await realpath(folder)
    let seen = 0
    for await (const entry of await opendir(path)) {
      if (++seen > MAX_SWEPT_ENTRIES) break
      const full = join(path, entry.name)
      if (!isPartName(entry.name) || keep.has(full) || keep.has(join(folder, entry.name)) || openParts.has(full)) continue
      if (await removeIfOld(full, olderThan)) swept++
    }
  } catch {
    // a folder that cannot be read has nothing to sweep
  }
  return swept
}

async function removeIfOld(path: string, olderThan: number): Promise<boolean> {
  try {
    // of the name itself: a link is no file of ours
    const stats = await lstat(path)
    if (!stats.isFile() || !isOurs(stats) || stats.mtimeMs >= olderThan) return false
    await unlink(path)
    return true
  } catch {
    return false
  }
}
