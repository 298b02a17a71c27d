import { read } from 'node:fs'
import { promisify } from 'node:util'

const readAt = promisify(read)

/** Writes `size` octets of an open file to `socket` in order, out of `blocks` blocks of `block` octets that are read ahead side by side. */
export async function sendFile({ file, size, socket, blocks, block: length }) {
  let position = 0
  let turn = Promise.resolve()
  const lane = async block => {
    while (position < size) {
      const at = position
      position += block.length
      const mine = turn
      let pass
      turn = new Promise(resolve => (pass = resolve))
      const { bytesRead } = await readAt(file, block, 0, block.length, at)
      await mine
      const written = new Promise((resolve, reject) =>
        socket.write(block.subarray(0, bytesRead), error => (error ? reject(error) : resolve())),
      )
      pass()
      await written
    }
  }
  await Promise.all(Array.from({ length: blocks }, () => lane(Buffer.allocUnsafeSlow(length))))
}
