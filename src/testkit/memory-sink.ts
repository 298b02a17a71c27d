import { type FileSink, HostError, type SinkOptions } from '../client/index.js'
import type { Sha1 } from './memory-file.js'
import type { VirtualClock } from './virtual-clock.js'

/** Faults of a virtual disk; every field may be changed while it runs. */
export interface DiskFaults {
  /** Free octets: `create` refuses announced sizes above it. Default: no limit. */
  freeSpace?: number
  /** A write that touches this offset fails with `disk-full`. */
  diskFullAt?: number
  /** A write that touches this offset fails with `write-failed`. */
  writeFailsAt?: number
  folderMissing?: boolean
  folderUnwritable?: boolean
  /** `commit` fails with this code. */
  commitFails?: 'exists' | 'write-failed' | 'folder-missing' | 'refused-by-scanner'
  /** `keep` fails with this code; the partial file is gone then. */
  keepFails?: 'write-failed' | 'disk-full'
  /** A bit of the octet at this offset is flipped on its way to the disk. */
  flipBitAt?: number
}

export interface SinkWorld {
  readonly clock: VirtualClock
  /** Saved files by full path; `undefined` contents when only counted. */
  readonly saved: Map<string, SavedFile>
  /** Partial files that were kept, by full path. */
  readonly parts: Map<string, KeptPart>
  readonly faults: DiskFaults
  readonly sha1: Sha1 | undefined
  /** Count octets instead of keeping them. */
  readonly countOnly: boolean
  /** Milliseconds from `write` until the octets are written. */
  readonly writeLatency: number
  readonly onClosed: (sink: MemorySink) => void
}

/** A partial file that nobody has open. */
export interface KeptPart extends SavedFile {
  /** Wall clock of the last write, milliseconds since 1970. */
  readonly modified: number
  /** Where only counted: the running hash of exactly these octets. */
  readonly hash: ReturnType<Sha1> | undefined
}

export interface SavedFile {
  readonly size: number
  /** Undefined when the host only counts. */
  readonly bytes: Uint8Array | undefined
}

/** A sink for tests: keeps what it gets, or only counts it. */
export class MemorySink implements FileSink {
  onError: ((error: HostError) => void) | undefined
  #pending = 0
  #bytes = new Uint8Array(0)
  #size = 0
  #counted = 0
  #hash: ReturnType<Sha1> | undefined
  #failure: HostError | undefined
  #waiting: (() => void)[] = []
  #closed = false

  /** Octets from the start without a hole that are written. */
  #prefix = 0
  /** Written ranges behind a hole. */
  #behind: { readonly from: number; readonly to: number }[] = []

  /**
   * @param part full path of the partial file
   * @param kept what is there already (`SinkOptions.part`)
   */
  constructor(
    readonly options: SinkOptions,
    readonly world: SinkWorld,
    readonly part: string,
    kept?: KeptPart,
  ) {
    const length = options.part?.length ?? 0
    if (kept === undefined) {
      if (world.countOnly && options.hash) this.#hash = world.sha1?.()
      return
    }
    this.#hash = kept.size === length ? kept.hash : undefined
    this.#bytes = kept.bytes?.slice(0, length) ?? this.#bytes
    this.#size = this.#counted = this.#prefix = length
  }

  get prefix(): number {
    return this.#prefix
  }

  get pending(): number {
    return this.#pending
  }

  write(position: number, bytes: Uint8Array): void {
    if (this.#failure !== undefined || this.#closed || bytes.length === 0) return
    const failure = this.#fault(position, bytes.length)
    if (failure === undefined) this.#store(position, bytes)
    this.#pending += bytes.length
    const length = bytes.length
    this.world.clock.after(this.world.writeLatency, () => {
      this.#pending -= length
      if (failure === undefined) this.#written(position, position + length)
      if (failure !== undefined && this.#failure === undefined) {
        this.#failure = failure
        this.onError?.(failure)
      }
      if (this.#pending === 0) for (const wake of this.#waiting.splice(0)) wake()
    })
  }

  async drained(): Promise<void> {
    if (this.#pending > 0) await new Promise<void>(resolve => this.#waiting.push(resolve))
    if (this.#failure !== undefined) throw this.#failure
  }

  async finish(): Promise<{ size: number; sha1: Uint8Array | undefined }> {
    await this.drained()
    return { size: this.#size, sha1: this.options.hash ? this.#digest() : undefined }
  }

  async commit(): Promise<string> {
    if (this.#closed) throw new HostError('write-failed', 'The sink is closed.')
    const { saved, faults } = this.world
    if (faults.commitFails !== undefined) throw new HostError(faults.commitFails, 'The virtual disk refused.')
    const path = this.#freePath()
    saved.set(path, { size: this.#size, bytes: this.world.countOnly ? undefined : this.#bytes.slice(0, this.#size) })
    this.#close()
    return path
  }

  async keep(): Promise<{ path: string; length: number }> {
    if (this.#closed) throw new HostError('write-failed', 'The sink is closed.')
    await this.drained().catch(() => {})
    const { keepFails } = this.world.faults
    if (keepFails === undefined) return this.leave()
    this.#close()
    throw new HostError(keepFails, 'The virtual disk refused.')
  }

  /** What the death of the process leaves: the octets written so far. */
  leave(): { path: string; length: number } {
    const { countOnly, parts, clock } = this.world
    const length = this.#prefix
    const bytes = countOnly ? undefined : this.#bytes.slice(0, length)
    const hash = this.#counted === length ? this.#hash : undefined
    parts.set(this.part, { size: length, bytes, modified: clock.date, hash })
    this.#close()
    return { path: this.part, length }
  }

  async discard(): Promise<void> {
    this.#bytes = new Uint8Array(0)
    this.#close()
  }

  #written(from: number, to: number): void {
    this.#behind.push({ from, to })
    for (let next = this.#reaching(); next !== undefined; next = this.#reaching()) {
      this.#prefix = Math.max(this.#prefix, next.to)
      this.#behind.splice(this.#behind.indexOf(next), 1)
    }
  }

  /** A range that begins inside the prefix or at its end. */
  #reaching(): { readonly from: number; readonly to: number } | undefined {
    return this.#behind.find(range => range.from <= this.#prefix)
  }

  #freePath(): string {
    const { into, name, onConflict } = this.options
    const base = baseName(name)
    if (onConflict === 'overwrite' || !this.world.saved.has(`${into}/${base}`)) return `${into}/${base}`
    if (onConflict === 'skip') throw new HostError('exists', `${base} exists already.`)
    const dot = base.lastIndexOf('.')
    const [stem, extension] = dot > 0 ? [base.slice(0, dot), base.slice(dot)] : [base, '']
    let number = 2
    while (this.world.saved.has(`${into}/${stem} (${number})${extension}`)) number++
    return `${into}/${stem} (${number})${extension}`
  }

  #fault(position: number, length: number): HostError | undefined {
    const { faults } = this.world
    const touches = (at: number | undefined): boolean => at !== undefined && position <= at && at < position + length
    if (touches(faults.diskFullAt)) return new HostError('disk-full', 'The virtual disk is full.')
    if (touches(faults.writeFailsAt)) return new HostError('write-failed', 'The virtual disk failed.')
    return undefined
  }

  #store(position: number, bytes: Uint8Array): void {
    const end = position + bytes.length
    const flip = this.world.faults.flipBitAt
    let view = bytes
    if (flip !== undefined && position <= flip && flip < end) {
      view = new Uint8Array(bytes)
      view[flip - position] = (view[flip - position] as number) ^ 1
    }
    if (this.world.countOnly) {
      // an incremental hash follows octets in order only
      if (position === this.#counted) this.#hash?.update(view)
      else this.#hash = undefined
      this.#counted = end
    } else {
      if (end > this.#bytes.length) {
        const larger = new Uint8Array(Math.max(end, this.#bytes.length * 2, 4096))
        larger.set(this.#bytes)
        this.#bytes = larger
      }
      this.#bytes.set(view, position)
    }
    this.#size = Math.max(this.#size, end)
  }

  #digest(): Uint8Array | undefined {
    if (this.world.countOnly) return this.#hash === undefined ? undefined : new Uint8Array(this.#hash.digest())
    const hash = this.world.sha1?.()
    hash?.update(this.#bytes.subarray(0, this.#size))
    return hash === undefined ? undefined : new Uint8Array(hash.digest())
  }

  #close(): void {
    if (this.#closed) return
    this.#closed = true
    this.world.onClosed(this)
  }
}

/** The last segment only, as SEC-1 has it; the whole rule is proven with the real disk. */
export function baseName(name: string): string {
  return name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1) || 'file'
}
