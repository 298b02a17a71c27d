import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import { type FileSource, HostError } from '../client/index.js'
import { type HashOptions, hashingCancelled } from './hash-inline.js'
import { BLOCK_SIZE } from './limits.js'
import { mediaTypeOf } from './media-type-of.js'

/** Name of a `Blob`, which has none. */
const FALLBACK_NAME = 'file'

/** A `Blob` or `File`: its contents cannot change, except when it stands for a file on disk (`fs.openAsBlob`). */
export class BlobSource implements FileSource {
  readonly name: string
  readonly type: string
  readonly size: number
  readonly modified?: Date
  readonly #blob: Blob

  constructor(blob: Blob) {
    this.#blob = blob
    this.size = blob.size
    const file = blob as Blob & { readonly name?: unknown; readonly lastModified?: unknown }
    this.name = (typeof file.name === 'string' && basename(file.name)) || FALLBACK_NAME
    this.type = blob.type || mediaTypeOf(this.name)
    if (typeof file.lastModified === 'number') this.modified = new Date(file.lastModified)
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    const end = Math.min(this.size, position + length)
    try {
      return new Uint8Array(await this.#blob.slice(position, Math.max(position, end)).arrayBuffer())
    } catch {
      // the one reason a blob cannot be read is that the file under it was changed
      throw new HostError('file-changed', `${this.name} changed since it was offered.`)
    }
  }

  async hash(options: HashOptions = {}): Promise<Uint8Array> {
    const hash = createHash('sha1')
    for (let position = 0; position < this.size; position += BLOCK_SIZE) {
      if (options.signal?.aborted) throw hashingCancelled()
      const block = await this.read(position, BLOCK_SIZE)
      hash.update(block)
      options.onProgress?.(position + block.length)
    }
    return new Uint8Array(hash.digest())
  }

  async close(): Promise<void> {}
}
