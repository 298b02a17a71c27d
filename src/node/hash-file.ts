import { createHash } from 'node:crypto'
import { readFully } from './file-io.js'

interface Reading {
  readonly block: Uint8Array
  readonly bytes: Promise<Uint8Array>
}

/**
 * SHA-1 of the first `size` octets of an open file. While one of `blocks` is hashed the others are read. `goesOn` is told how many octets are
 * hashed; when it says false that is the end. Settles when nothing is read any more; rejects with the system's error.
 */
export async function hashFile(
  fd: number,
  size: number,
  blocks: readonly Uint8Array[],
  goesOn: (octets: number) => boolean,
): Promise<Uint8Array | 'short' | 'stopped'> {
  const hash = createHash('sha1')
  let asked = 0
  const begin = (block: Uint8Array): Reading => {
    const at = asked
    const view = block.subarray(0, Math.min(block.length, size - at))
    asked += view.length
    const bytes = readFully(fd, view, at).then(length => view.subarray(0, length))
    bytes.catch(() => undefined) // seen in its turn
    return { block, bytes }
  }
  const readings = blocks.map(begin)
  try {
    for (let done = 0; done < size; ) {
      const { block, bytes } = readings.shift() as Reading
      const expected = Math.min(block.length, size - done)
      const view = await bytes
      if (view.length < expected) return 'short'
      hash.update(view)
      done += view.length
      if (!goesOn(done)) return 'stopped'
      readings.push(begin(block))
    }
    return new Uint8Array(hash.digest())
  } finally {
    await Promise.allSettled(readings.map(({ bytes }) => bytes))
  }
}
