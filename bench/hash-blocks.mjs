import { createHash } from 'node:crypto'
import { parentPort, workerData } from 'node:worker_threads'

/** A thread that hashes what it is told of blocks in shared memory: a number and a length each, neither for the end; it answers each, at last with the SHA-1. */
const blocks = workerData.map(memory => new Uint8Array(memory))
const hash = createHash('sha1')
parentPort.on('message', ({ number, length }) => {
  if (number === undefined) return parentPort.postMessage(hash.digest('hex'))
  hash.update(blocks[number].subarray(0, length))
  parentPort.postMessage(true)
})
parentPort.postMessage(true)
