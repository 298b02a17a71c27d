import { closeSync, openSync, write } from 'node:fs'
import { Worker } from 'node:worker_threads'

/**
 * A new file out of blocks that a socket fills, written by position. With `hash` the blocks lie in shared memory and a worker hashes what is written
 * meanwhile; a block is free again when both are done with it. `onFree` is called for each block that comes back.
 * @returns `{ take, left, write, finish }`: `take` gives a free block, `left` how many there are, `finish` closes the file and gives its SHA-1
 */
export async function openBlockFile(path, { blocks, block, hash = false, onFree, onError }) {
  const file = openSync(path, 'w')
  const free = Array.from({ length: blocks }, () => (hash ? Buffer.from(new SharedArrayBuffer(block)) : Buffer.allocUnsafeSlow(block)))
  const hasher = hash ? await startHasher(free) : undefined
  let [position, pending, settled] = [0, 0, () => {}]
  const release = bytes => {
    pending--
    free.push(bytes)
    onFree()
    if (pending === 0) settled()
  }
  return {
    take: () => free.pop(),
    left: () => free.length,
    write(bytes, length) {
      const at = position
      position += length
      pending++
      let users = hash ? 2 : 1
      const done = () => --users === 0 && release(bytes)
      hasher?.update(bytes, length, done)
      write(file, bytes, 0, length, at, (error, written) => {
        if (error || written !== length) onError(error ?? new Error('short write'))
        else done()
      })
    },
    async finish() {
      if (pending > 0) await new Promise(resolve => (settled = resolve))
      closeSync(file)
      return hasher?.digest()
    },
  }
}

/** The thread that hashes; it runs when this settles. */
async function startHasher(blocks) {
  const worker = new Worker(new URL('hash-blocks.mjs', import.meta.url), { workerData: blocks.map(({ buffer }) => buffer) })
  const numbers = new Map(blocks.map(({ buffer }, number) => [buffer, number]))
  const waiting = []
  const answer = () => new Promise(resolve => waiting.push(resolve))
  worker.on('message', message => waiting.shift()(message))
  await answer()
  return {
    update(block, length, done) {
      waiting.push(done)
      worker.postMessage({ number: numbers.get(block.buffer), length })
    },
    async digest() {
      worker.postMessage({})
      const digest = await answer()
      await worker.terminate()
      return digest
    },
  }
}
