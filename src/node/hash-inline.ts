import { createHash, type Hash } from 'node:crypto'
import { HostError } from '../client/index.js'
import { blocks } from './block-pool.js'
import { readFully, readNow } from './file-io.js'
import { fileError } from './host-errors.js'
import { BLOCK_SIZE, PROMPT_SIZE, SMALL_BLOCK_SIZE, WORKER_THRESHOLD } from './limits.js'
import { promptReads } from './prompt-calls.js'

export interface HashOptions {
  readonly onProgress?: (octets: number) => void
  readonly signal?: AbortSignal
}

/** What is read at once is hashed at once: one place serves all files. */
let shared: Uint8Array | undefined

/** SHA-1 of the first `size` octets of an open file, hashed on this thread. */
export async function hashInline(fd: number, size: number, options: HashOptions = {}): Promise<Uint8Array> {
  const hash = createHash('sha1')
  try {
    for (let position = 0; position < size; ) {
      if (options.signal?.aborted) throw hashingCancelled()
      position += await hashPart(hash, fd, position, size - position)
      options.onProgress?.(position)
    }
    return new Uint8Array(hash.digest())
  } catch (error) {
    throw fileError(error, 'The file')
  }
}

/** @returns how many octets of those that are left were hashed */
async function hashPart(hash: Hash, fd: number, position: number, left: number): Promise<number> {
  const length = Math.min(PROMPT_SIZE, left)
  if (!promptReads.allows(length)) return hashBlock(hash, fd, position, left)
  await promptReads.turn(length)
  shared ??= new Uint8Array(PROMPT_SIZE)
  const view = shared.subarray(0, length)
  if (promptReads.make(() => readNow(fd, view, position)) < length) throw fileTooShort()
  hash.update(view)
  return length
}

async function hashBlock(hash: Hash, fd: number, position: number, left: number): Promise<number> {
  const block = blocks.take(left < WORKER_THRESHOLD ? SMALL_BLOCK_SIZE : BLOCK_SIZE)
  try {
    const view = block.bytes.subarray(0, Math.min(block.bytes.length, left))
    if ((await readFully(fd, view, position)) < view.length) throw fileTooShort()
    hash.update(view)
    return view.length
  } finally {
    blocks.release(block.bytes)
  }
}

export function hashingCancelled(): HostError {
  return new HostError('aborted', 'Hashing was cancelled.')
}

export function fileTooShort(): HostError {
  return new HostError('file-changed', 'The file became shorter while it was read.')
}
