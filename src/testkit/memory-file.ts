import { type FileSource, HostError } from '../client/index.js'

/** An incremental SHA-1; `() => createHash('sha1')` of node:crypto fits. */
export type Sha1 = () => { update(bytes: Uint8Array): unknown; digest(): Uint8Array }

/** A file in memory, or one that is never held in memory at all. */
export interface MemoryFileOptions {
  readonly name: string
  /** Full path, for a file that can be opened again. */
  readonly path?: string
  /** Default `application/octet-stream`. */
  readonly type?: string
  /** The whole contents; or give `size` and `fill`. */
  readonly bytes?: Uint8Array
  readonly size?: number
  /** Writes the octets from `position` on into `block`: for files of any size. Default: zeros. */
  readonly fill?: (position: number, block: Uint8Array) => void
  readonly sha1?: Sha1
  /** The SHA-1 to announce instead of a computed one, right or wrong. */
  readonly digest?: Uint8Array
  readonly modified?: Date
  readonly created?: Date
  /** A read that touches this position fails with `file-changed`. */
  readonly changedAt?: number
  /** A read that touches this position fails with `file-unreadable`. */
  readonly unreadableAt?: number
  readonly onClosed?: () => void
}

/** Octets hashed between two progress reports. */
const HASH_BLOCK = 1024 * 1024

/** A source for tests: `FileSource` over given bytes or a function of the position. */
export class MemoryFile implements FileSource {
  readonly name: string
  readonly type: string
  readonly size: number
  readonly modified?: Date
  readonly created?: Date
  readonly path?: string
  /** Number of blocks read and not given back. */
  blocks = 0
  closed = false
  readonly #options: MemoryFileOptions

  constructor(options: MemoryFileOptions) {
    this.#options = options
    this.name = options.name
    this.type = options.type ?? 'application/octet-stream'
    this.size = options.bytes?.length ?? options.size ?? 0
    if (options.modified !== undefined) this.modified = options.modified
    if (options.created !== undefined) this.created = options.created
    if (options.path !== undefined) this.path = options.path
  }

  async read(position: number, length: number): Promise<Uint8Array> {
    this.#check(position, length)
    this.blocks++
    return this.#block(position, length)
  }

  /** The block is overwritten: whoever still looks at it finds out. */
  release(block: Uint8Array): void {
    this.blocks--
    block.fill(0xdd)
  }

  async hash(options: { onProgress?: (octets: number) => void; signal?: AbortSignal } = {}): Promise<Uint8Array> {
    if (this.#options.digest !== undefined) return this.#options.digest
    if (this.#options.sha1 === undefined) throw new Error('MemoryFile.hash needs the option sha1 or digest')
    const hash = this.#options.sha1()
    for (let position = 0; position < this.size; position += HASH_BLOCK) {
      if (options.signal?.aborted) throw new HostError('aborted', `Hashing ${this.name} was cancelled.`)
      const block = this.#block(position, HASH_BLOCK)
      hash.update(block)
      options.onProgress?.(position + block.length)
      await Promise.resolve()
    }
    return new Uint8Array(hash.digest())
  }

  async close(): Promise<void> {
    if (this.closed) return
    this.closed = true
    this.#options.onClosed?.()
  }

  #check(position: number, length: number): void {
    const touches = (at: number | undefined): boolean => at !== undefined && position <= at && at < position + length
    if (this.closed) throw new HostError('file-unreadable', `${this.name} is closed.`)
    if (touches(this.#options.changedAt)) throw new HostError('file-changed', `${this.name} changed.`)
    if (touches(this.#options.unreadableAt)) throw new HostError('file-unreadable', `${this.name} cannot be read.`)
  }

  #block(position: number, length: number): Uint8Array {
    const end = Math.min(this.size, position + length)
    if (this.#options.bytes !== undefined) return new Uint8Array(this.#options.bytes.subarray(position, end))
    const block = new Uint8Array(Math.max(0, end - position))
    this.#options.fill?.(position, block)
    return block
  }
}
