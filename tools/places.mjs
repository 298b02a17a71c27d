import { readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'

/** Top folder of the checkout. */
export const ROOT = fileURLToPath(new URL('..', import.meta.url))

/** Written by the vitest reporter, read by `conformance.mjs`; not committed. */
export const TEST_REPORT = join(ROOT, 'node_modules/.cache/cpmft/tests.json')

/** Rooms without a platform: machines and codecs only. */
export const CORE_ROOMS = ['wire', 'sdp', 'msrp', 'sip', 'cpim', 'cpm', 'trace', 'focus']

/** Paths of all files below `folder` that `wanted` accepts, relative to `root`, with `/`, sorted. Empty when the folder is missing. */
export function filesBelow(folder, wanted, root = ROOT) {
  let entries
  try {
    entries = readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
  } catch (error) {
    if (error.code === 'ENOENT') return []
    throw error
  }
  return entries
    .filter(entry => entry.isFile())
    .map(entry => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .filter(wanted)
    .sort()
}
