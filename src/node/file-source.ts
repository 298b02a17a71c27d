import { type BigIntStats, constants, fstatSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type FileInput, type FileSource, HostError } from '../client/index.js'
import { BlobSource } from './blob-source.js'
import { blocks } from './block-pool.js'
import type { DigestCache } from './digest-cache.js'
import { closeFile, openFile, readFully, readNow } from './file-io.js'
import { type HashOptions, hashingCancelled } from './hash-inline.js'
import type { HashPool } from './hash-pool.js'
import { fileError } from './host-errors.js'
import { BLOCK_SIZE, MIDDLE_BLOCK_SIZE, SMALL_BLOCK_SIZE } from './limits.js'
import { mediaTypeOf } from './media-type-of.js'
import type { OpenResources } from './open-resources.js'
import { promptReads } from './prompt-calls.js'

/** What sources share. */
export interface SourceContext {
  readonly hashes: HashPool
  readonly digests: DigestCache
  readonly resources: OpenResources
}

/** Turns any input into a source. Rejects with a `HostError`. */
export async function openSource(file: FileInput, context: SourceContext): Promise<FileSource> {
  if (typeof file === 'string') return DiskFile.open(file.startsWith('file://') ? pathOf(new URL(file)) : file, context)
  if (file instanceof URL) return DiskFile.open(pathOf(file), context)
  if (file instanceof Blob) return new BlobSource(file)
  return file
}

function pathOf(url: URL): string {
  try {
    return fileURLToPath(url)
  } catch {
    throw new HostError('not-a-file', `A ${url.protocol} address is not a file on this machine.`)
  }
}

/** A regular file on disk, with its size and time when it was opened (SND-4). */
export class DiskFile implements FileSource {
  readonly name: string
  readonly type: string
  readonly size: number
  readonly modified: Date
  readonly created?: Date
  readonly path: string
  readonly #fd: number
  readonly #snapshot: BigIntStats
  readonly #context: SourceContext
  readonly #untrack: () => void
  /** Memory given out by `read` and not yet released. */
  readonly #lent = new Set<ArrayBufferLike>()
  /** Reads and hashes that use the descriptor. */
  readonly #running = new Set<Promise<unknown>>()
  readonly #closing = new AbortController()
  #closed: Promise<void> | undefined

  private constructor(path: string, fd: number, snapshot: BigIntStats, context: SourceContext) {
    const name = basename(path)
    this.path = resolve(path)
    this.name = name
    this.type = mediaTypeOf(name)
    this.size = Number(snapshot.size)
    this.modified = snapshot.mtime
    if (snapshot.birthtimeMs > 0n) this.created = snapshot.birthtime
    this.#fd = fd
    this.#snapshot = snapshot
    this.#context = context
    this.#untrack = context.resources.add(`file ${name}`, () => this.close())
  }

  static async open(path: string, context: SourceContext): Promise<DiskFile> {
    const name = basename(path)
    let fd: number | undefined
    try {
      // before it is opened: opening a device or a fifo may already do something
      mustBeFile((await stat(path)).isFile(), name)
      // O_NONBLOCK: a fifo that took the place in between must not block us
      fd = await openFile(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0))
      const snapshot = fstatSync(fd, { bigint: true })
      mustBeFile(snapshot.isFile(), name)
      return new DiskFile(path, fd, snapshot, context)
    } catch (error) {
      if (fd !== undefined) await closeFile(fd)
      throw fileError(error, name)
    }
  }

  read(position: number, length: number): Promise<Uint8Array> {
    return this.#run(async () => {
      const wanted = Math.max(0, Math.min(length, this.size - position))
      const view = this.#memory(wanted)
      try {
        const read = await this.#fill(view, position)
        // looked at after the read: what was read is then older than what was checked
        if (read < wanted || this.#changed()) throw new HostError('file-changed', `${this.name} changed since it was offered.`)
        return view
      } catch (error) {
        this.release(view)
        throw fileError(error, this.name)
      }
    })
  }

  release(block: Uint8Array): void {
    if (this.#lent.delete(block.buffer)) blocks.release(block)
  }

  async hash(options: HashOptions = {}): Promise<Uint8Array> {
    const known = this.#context.digests.find(this.#snapshot)
    if (known !== undefined) {
      options.onProgress?.(this.size)
      return known
    }
    return this.#run(async () => {
      // an AbortSignal.any without its leak: one controller per call
      const stop = new AbortController()
      const abort = (): void => stop.abort()
      options.signal?.addEventListener('abort', abort)
      this.#closing.signal.addEventListener('abort', abort)
      try {
        if (options.signal?.aborted) throw hashingCancelled()
        const digest = await this.#context.hashes.hash(this.#fd, this.size, { ...options, signal: stop.signal })
        if (this.#changed()) throw new HostError('file-changed', `${this.name} changed while it was hashed.`)
        this.#context.digests.remember(this.#snapshot, digest, Date.now())
        return digest
      } finally {
        options.signal?.removeEventListener('abort', abort)
        this.#closing.signal.removeEventListener('abort', abort)
      }
    })
  }

  close(): Promise<void> {
    this.#closed ??= this.#close()
    return this.#closed
  }

  async #close(): Promise<void> {
    this.#closing.abort()
    // the number of a closed descriptor may be given to another file: nobody may use it any more
    await Promise.allSettled([...this.#running])
    this.#untrack()
    await closeFile(this.#fd)
  }

  async #run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#closed !== undefined) throw new HostError('file-unreadable', `${this.name} is closed.`)
    const running = work()
    this.#running.add(running)
    try {
      return await running
    } finally {
      this.#running.delete(running)
    }
  }

  async #fill(view: Uint8Array, position: number): Promise<number> {
    if (!promptReads.allows(view.length)) return readFully(this.#fd, view, position)
    await promptReads.turn(view.length)
    return promptReads.make(() => readNow(this.#fd, view, position))
  }

  #memory(length: number): Uint8Array {
    const size = [SMALL_BLOCK_SIZE, MIDDLE_BLOCK_SIZE, BLOCK_SIZE].find(each => each >= length)
    // the last octets of a file would not be worth a block
    if (size === undefined || length < SMALL_BLOCK_SIZE / 2) return new Uint8Array(length)
    const block = blocks.take(size)
    this.#lent.add(block.bytes.buffer)
    return block.bytes.subarray(0, length)
  }

  #changed(): boolean {
    const now = fstatSync(this.#fd, { bigint: true })
    return now.size !== this.#snapshot.size || now.mtimeNs !== this.#snapshot.mtimeNs
  }
}

function mustBeFile(isFile: boolean, name: string): void {
  if (!isFile) throw new HostError('not-a-file', `${name} is not a regular file.`)
}
