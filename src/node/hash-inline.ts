import { HostError } from '../client/index.js'
import { blocks } from './block-pool.js'
import { hashFile } from './hash-file.js'
import { fileError } from './host-errors.js'
import { BLOCK_SIZE, SMALL_BLOCK_SIZE } from './limits.js'

export interface HashOptions {
  readonly onProgress?: (octets: number) => void
  readonly signal?: AbortSignal
}

/** SHA-1 of the first `size` octets of an open file, read asynchronously and hashed on this thread. */
export async function hashInline(fd: number, size: number, options: HashOptions = {}): Promise<Uint8Array> {
  if (options.signal?.aborted) throw hashingCancelled()
  const block = blocks.take(size > SMALL_BLOCK_SIZE ? BLOCK_SIZE : SMALL_BLOCK_SIZE)
  const goesOn = (octets: number): boolean => {
    options.onProgress?.(octets)
    return options.signal?.aborted !== true
  }
  try {
    const outcome = await hashFile(fd, size, [block.bytes], goesOn)
    if (outcome === 'short') throw fileTooShort()
    if (outcome === 'stopped') throw hashingCancelled()
    return outcome
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
