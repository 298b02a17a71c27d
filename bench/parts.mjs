import { closeSync, mkdirSync, openSync, readSync, writeSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { join } from 'node:path'

const BLOCK = 1024 * 1024

/** Cuts a file into `count` files. @returns their paths */
export async function partsOf(source, folder, count) {
  mkdirSync(folder)
  const size = Math.floor((await stat(source)).size / count)
  const file = openSync(source, 'r')
  const block = Buffer.allocUnsafe(BLOCK)
  const paths = Array.from({ length: count }, (_, index) => join(folder, `file-${index}.bin`))
  paths.forEach((path, index) => {
    const part = openSync(path, 'w')
    for (let done = 0; done < size; ) {
      const length = readSync(file, block, 0, Math.min(BLOCK, size - done), index * size + done)
      done += writeSync(part, block, 0, length)
    }
    closeSync(part)
  })
  closeSync(file)
  return paths
}
