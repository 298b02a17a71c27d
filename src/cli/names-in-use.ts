import { access } from 'node:fs/promises'
import { join } from 'node:path'
import type { OfferedFile } from '../client/index.js'

/** Names on disk of those files whose place is taken in `folder`. */
export async function namesInUse(folder: string, files: readonly Pick<OfferedFile, 'name'>[]): Promise<string[]> {
  const { safeName } = await import('../node/index.js')
  const taken: string[] = []
  for (const { name } of files) {
    const safe = safeName(name)
    const isTaken = await access(join(folder, safe)).then(
      () => true,
      () => false,
    )
    if (isTaken) taken.push(safe)
  }
  return taken
}
