import { read } from 'node:fs'
import { promisify } from 'node:util'

const readAt = promisify(read)

/**
 * Writes `size` octets of a file to `socket` in order; lanes read ahead side by side, each into memory of its own.
 * @param lanes of each `length`, how many octets of the file it reads at once, and `read(position)`, which gives what is to be written
 */
export async function sendFile({ size, socket, lanes }) {
  let position = 0
  let turn = Promise.resolve()
  const run = async lane => {
    while (position < size) {
      const at = position
      position += lane.length
      const mine = turn
      let pass
      turn = new Promise(resolve => (pass = resolve))
      const bytes = await lane.read(at)
      await mine
      const written = new Promise((resolve, reject) => socket.write(bytes, error => (error ? reject(error) : resolve())))
      pass()
      await written
    }
  }
  await Promise.all(lanes.map(run))
}

/** `count` lanes that read blocks of an open file; `look` looks at each block. */
export function lanesOf(file, { count, block: length, look }) {
  return Array.from({ length: count }, () => {
    const block = Buffer.allocUnsafeSlow(length)
    return {
      length,
      async read(at) {
        const { bytesRead } = await readAt(file, block, 0, length, at)
        look?.(block, bytesRead)
        return block.subarray(0, bytesRead)
      },
    }
  })
}
