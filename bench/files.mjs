import { randomFillSync } from 'node:crypto'
import { accessSync, closeSync, constants, mkdirSync, mkdtempSync, openSync, readdirSync, rmSync, statfsSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const BLOCK = 4 * 1024 * 1024

/** In memory where there is room, so that no disk is measured. */
export function temporaryFolder(octets) {
  for (const place of ['/dev/shm', tmpdir()]) {
    try {
      accessSync(place, constants.W_OK)
      const { bavail, bsize } = statfsSync(place)
      if (bavail * bsize >= octets) return mkdtempSync(join(place, 'cpmft-bench-'))
    } catch {
      // not there: the next place
    }
  }
  throw new Error(`no temporary folder has ${Math.ceil(octets / 1024 ** 2)} MiB free; choose a smaller --size`)
}

/** Random octets: nothing on the way can take a short cut. */
export function makeFile(path, octets) {
  const file = openSync(path, 'w')
  const block = Buffer.allocUnsafe(Math.min(BLOCK, octets))
  for (let left = octets; left > 0; left -= block.length) writeSync(file, randomFillSync(block), 0, Math.min(left, block.length))
  closeSync(file)
}

/**
 * What a run of benchmarks leaves on the file system: `source` gives a file of so many random octets, made once, `folder` an empty folder;
 * `empty` throws away what is in a folder, `remove` everything.
 */
export function openWorkplace(octets) {
  const root = temporaryFolder(octets)
  const made = new Map()
  return {
    root,
    source(size) {
      if (!made.has(size)) {
        const path = join(root, `source-${size}.bin`)
        makeFile(path, size)
        made.set(size, path)
      }
      return made.get(size)
    },
    folder(name) {
      const path = join(root, name)
      mkdirSync(path, { recursive: true })
      return path
    },
    empty(path) {
      for (const entry of readdirSync(path)) rmSync(join(path, entry), { recursive: true, force: true })
    },
    remove: () => rmSync(root, { recursive: true, force: true }),
  }
}
