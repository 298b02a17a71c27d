import { readdirSync, readlinkSync } from 'node:fs'

/** Files under `folder` that this process has open; Linux only, elsewhere always empty. */
export function descriptorsUnder(folder: string): string[] {
  const open: string[] = []
  let descriptors: string[]
  try {
    descriptors = readdirSync('/proc/self/fd')
  } catch {
    return open
  }
  for (const descriptor of descriptors) {
    try {
      const path = readlinkSync(`/proc/self/fd/${descriptor}`)
      if (path.startsWith(folder)) open.push(path)
    } catch {
      // closed meanwhile
    }
  }
  return open
}
