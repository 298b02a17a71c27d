import { connect } from 'node:net'
import { openBlockFile } from './block-file.mjs'
import { startMeter } from './processes.mjs'

const BLOCK = 1024 * 1024
const BLOCKS = 4

/**
 * Receives a file over TCP as fast as we could write it in plain Node: the system fills blocks of ours, which are written by position.
 * @param take called with each block and how many octets came; gives how many of those at its start belong to the file
 * @param answer gives what is sent back for the octets of one read, if anything
 * @returns seconds from the first octet that came to the last written (and hashed, with `hash`), octets of the file, its `digest`, and what was used
 */
export async function receiveFile({ target, port, hash, take = (_, length) => length, answer }) {
  let [begin, octets, paused] = [0, 0, false]
  let [socket, fail] = []
  const file = await openBlockFile(target, {
    // One block more than may be waiting for the disk: a paused socket still holds one.
    blocks: BLOCKS + 1,
    block: BLOCK,
    hash,
    onError: error => fail(error),
    onFree() {
      if (!paused) return
      paused = false
      socket.resume()
    },
  })
  const meter = startMeter()
  await new Promise((resolve, reject) => {
    fail = reject
    socket = connect({
      host: '127.0.0.1',
      port,
      allowHalfOpen: true,
      noDelay: true,
      onread: {
        buffer: file.take,
        callback(length, block) {
          begin ||= performance.now()
          const taken = take(block, length)
          octets += taken
          file.write(block, taken)
          const bytes = answer?.()
          if (bytes !== undefined) socket.write(bytes)
          paused = file.left() <= 1
          return !paused
        },
      },
    })
    socket.on('error', reject)
    socket.on('end', resolve)
  })
  const digest = await file.finish()
  const seconds = (performance.now() - begin) / 1000
  socket.end(digest)
  return { seconds, octets, digest, ...meter.stop() }
}
