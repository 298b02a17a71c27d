import { unlink } from 'node:fs/promises'
import { type FileSink, HostError, type SinkOptions } from '../client/index.js'
import type { DiskSpace } from './disk-space.js'
import { markDownloaded } from './downloaded-mark.js'
import { closeFile, syncFile, truncateFile } from './file-io.js'
import type { Follower } from './follower.js'
import type { HashPool } from './hash-pool.js'
import { folderError, writeError } from './host-errors.js'
import { MAX_RANGES, WORKER_THRESHOLD } from './limits.js'
import type { OpenResources } from './open-resources.js'
import { createPart, openParts, type PartFile, reopenPart } from './part-file.js'
import { promptHashedWrites, promptWrites } from './prompt-calls.js'
import { safeName } from './safe-name.js'
import { mustBeClean, type Scan } from './scan.js'
import { SequentialWrites } from './sequential-writes.js'
import { TargetFolder } from './target-folder.js'
import { WrittenRanges } from './written-ranges.js'

/** What sinks share. */
export interface SinkContext {
  readonly hashes: HashPool
  readonly space: DiskSpace
  readonly resources: OpenResources
  readonly scan?: Scan
}

interface Parts {
  readonly options: SinkOptions
  readonly context: SinkContext
  readonly folder: TargetFolder
  readonly name: string
}

/** Prepares a place for a received file (RCV-10, RCV-11, SEC-1). Rejects with a `HostError`. */
export async function createSink(options: SinkOptions, context: SinkContext): Promise<FileSink> {
  const folder = await TargetFolder.find(options.into)
  const name = safeName(options.name)
  if (options.onConflict === 'skip' && (await folder.has(name))) throw new HostError('exists', `${name} exists already.`)
  const progress = { remaining: Math.max(0, (options.size ?? 0) - (options.part?.length ?? 0)) }
  const unreserve = await context.space.reserve(folder.path, folder.device, progress.remaining, () => progress.remaining)
  try {
    const file = options.part === undefined ? await createPart(folder, name) : await reopenPart(folder, options.part)
    return new DiskSink({ options, context, folder, name }, file, { progress, unreserve })
  } catch (error) {
    unreserve()
    throw folderError(error)
  }
}

interface Reservation {
  readonly progress: { remaining: number }
  readonly unreserve: () => void
}

/** A partial file, written by position; see `FileSink` for what each method promises. */
class DiskSink implements FileSink {
  onError: ((error: HostError) => void) | undefined
  readonly #parts: Parts
  readonly #partial: string
  readonly #fd: number
  readonly #reservation: Reservation
  readonly #writes: SequentialWrites
  readonly #ranges = new WrittenRanges(MAX_RANGES)
  readonly #untrack: () => void
  #follower: Follower | undefined
  /** Octets behind the frontier were written again: what the follower hashed may be gone. */
  #rewritten = false
  #end = 0
  #failure: HostError | undefined
  #finished: Promise<{ readonly size: number; readonly sha1: Uint8Array | undefined }> | undefined
  #closed: Promise<void> | undefined
  #published = false
  #over = false
  /** Cutting and syncing for `keep`; the file stays when it is set. */
  #keeping: Promise<void> | undefined

  constructor(parts: Parts, file: PartFile, reservation: Reservation) {
    const { fd, length } = file
    this.#parts = parts
    this.#partial = file.name
    this.#fd = fd
    this.#reservation = reservation
    this.#writes = new SequentialWrites(
      fd,
      (from, to) => this.#written(from, to),
      error => this.#fail(writeError(error, parts.name)),
      parts.options.hash ? promptHashedWrites : promptWrites,
    )
    const untrack = parts.context.resources.add(`sink ${parts.name}`, () => this.discard())
    this.#untrack = () => {
      untrack()
      openParts.delete(this.part)
    }
    // a worker takes its time to start: most of it passes before the first octet comes
    if (parts.options.hash && (parts.options.size ?? 0) >= WORKER_THRESHOLD) this.#follower = parts.context.hashes.follow(fd)
    if (length === 0) return
    this.#ranges.add(0, length)
    this.#end = length
    // what is there is hashed beside the octets that come
    this.#follow()
  }

  get part(): string {
    return this.#parts.folder.pathOf(this.#partial)
  }

  get prefix(): number {
    return this.#ranges.frontier
  }

  get pending(): number {
    return this.#writes.pending
  }

  write(position: number, bytes: Uint8Array): void {
    if (this.#over || this.#finished !== undefined || this.#failure !== undefined) return
    const end = position + bytes.length
    // beyond 2^53 the system would write at the current position instead of failing
    if (!Number.isSafeInteger(position) || position < 0 || !Number.isSafeInteger(end)) {
      this.#fail(new HostError('write-failed', 'The position is not one of a file.'))
      return
    }
    this.#follower?.give(position, bytes)
    this.#writes.add(position, bytes)
  }

  async drained(): Promise<void> {
    await this.#writes.idle()
    if (this.#failure !== undefined) throw this.#failure
  }

  finish(): Promise<{ readonly size: number; readonly sha1: Uint8Array | undefined }> {
    this.#finished ??= this.#finish()
    return this.#finished
  }

  async commit(): Promise<string> {
    if (this.#over) throw new HostError('write-failed', 'The file was discarded or committed before.')
    await this.finish()
    const { folder, name, options, context } = this.#parts
    await this.#close()
    if (context.scan !== undefined) await mustBeClean(context.scan, this.part, name)
    if (this.#over) throw new HostError('write-failed', 'The file was discarded while it was scanned.')
    await markDownloaded(this.part)
    const path = await folder.publish(this.#partial, name, options.onConflict)
    this.#published = true
    this.#over = true
    this.#untrack()
    return path
  }

  async discard(): Promise<void> {
    this.#over = true
    this.#writes.drop()
    await this.#close()
    if (this.#published || this.#keeping !== undefined) return
    await this.#remove()
  }

  async keep(): Promise<{ readonly path: string; readonly length: number }> {
    if (this.#over) throw new HostError('write-failed', 'The file was discarded, kept or committed before.')
    this.#over = true
    this.#keeping = this.#cut()
    try {
      await this.#keeping
      await this.#close()
    } catch (error) {
      await this.#close()
      await this.#remove()
      throw writeError(error, this.#parts.name)
    }
    this.#untrack()
    return { path: this.part, length: this.prefix }
  }

  /** Only the octets from the start without a hole can be gone on with (RCS-3); synced, so that they outlive the machine too. */
  async #cut(): Promise<void> {
    await this.#writes.idle()
    await truncateFile(this.#fd, this.prefix)
    await syncFile(this.#fd)
  }

  async #remove(): Promise<void> {
    await unlink(this.part).catch(() => {})
    this.#untrack()
  }

  async #finish(): Promise<{ readonly size: number; readonly sha1: Uint8Array | undefined }> {
    await this.drained()
    const [sha1] = await Promise.all([this.#parts.options.hash ? this.#digest() : undefined, this.#sync()])
    return { size: this.#end, sha1 }
  }

  async #sync(): Promise<void> {
    try {
      await syncFile(this.#fd)
    } catch (error) {
      throw writeError(error, this.#parts.name)
    }
  }

  async #digest(): Promise<Uint8Array> {
    const follower = this.#follower
    this.#follower = undefined
    const complete = !this.#rewritten && this.#ranges.frontier === this.#end
    if (follower !== undefined && complete) {
      try {
        return await follower.finish(this.#end)
      } catch {
        // the worker died: from the start, then
      }
    } else await follower?.cancel()
    return this.#parts.context.hashes.hash(this.#fd, this.#end)
  }

  #written(from: number, to: number): void {
    if (from < this.#ranges.frontier) this.#rewritten = true
    this.#ranges.add(from, to)
    this.#end = Math.max(this.#end, to)
    this.#reservation.progress.remaining = Math.max(0, (this.#parts.options.size ?? 0) - this.#end)
    this.#follow()
  }

  /** Lets a worker hash what is written for good, as far as it is. */
  #follow(): void {
    const { frontier } = this.#ranges
    if (!this.#parts.options.hash || this.#over || frontier < WORKER_THRESHOLD) return
    if (this.#follower === undefined && this.#finished === undefined && !this.#rewritten)
      this.#follower = this.#parts.context.hashes.follow(this.#fd)
    this.#follower?.advance(frontier)
  }

  #fail(error: HostError): void {
    if (this.#failure !== undefined) return
    this.#failure = error
    this.#writes.drop()
    this.onError?.(error)
  }

  /** The descriptor is closed only when neither a write nor a worker uses it. */
  #close(): Promise<void> {
    this.#closed ??= (async () => {
      await this.#writes.idle()
      await this.#finished?.catch(() => {})
      await this.#keeping?.catch(() => {})
      const follower = this.#follower
      this.#follower = undefined
      await follower?.cancel()
      this.#reservation.unreserve()
      await closeFile(this.#fd)
    })()
    return this.#closed
  }
}
