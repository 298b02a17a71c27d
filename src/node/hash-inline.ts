import { createHash } from 'node:crypto'
import { HostError } from '../client/index.js'
import { blocks } from './block-pool.js'
import { readFully } from './file-io.js'
import { fileError } from './host-errors.js'
import { BLOCK_SIZE, SMALL_BLOCK_SIZE } from './limits.js'

export interface HashOptions {
  readonly onProgress?: (octets: number) => void
  readonly signal?: AbortSignal
}

/** SHA-1 of the first `size` octets of an open file, read asynchronously and hashed on this thread. */
export async function hashInline(fd: number, size: number, options: HashOptions = {}): Promise<Uint8Array> {
  const hash = createHash('sha1')
  const block = blocks.take(size > SMALL_BLOCK_SIZE ? BLOCK_SIZE : SMALL_BLOCK_SIZE)
  try {
    for (let position = 0; position < size; ) {
      if (options.signal?.aborted) throw hashingCancelled()
      const view = block.bytes.subarray(0, Math.min(block.bytes.length, size - position))
      const length = await readFully(fd, view, position)
      if (length < view.length) throw fileTooShort()
      hash.update(view)
      position += length
      options.onProgress?.(position)
    }
    return new Uint8Array(hash.digest())
  } catch (error) {
    throw fileError(error, 'The file')
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
