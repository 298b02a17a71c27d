import { randomBytes } from 'node:crypto'
import { createWriteStream } from 'node:fs'
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises'
import type { IncomingMessage } from 'node:http'
import { join, resolve, sep } from 'node:path'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { resumableFiles, retryableFiles, type Store } from '../client/index.js'
import { safeName } from '../node/index.js'
import { DISK_RESERVE, UNFINISHED_LIFE, UPLOAD_SILENCE, UPLOADS_AT_ONCE, UPLOADS_WAITING } from './limits.js'
import { UPLOAD_LIFE, type UploadView } from './protocol/index.js'
import { Refusal } from './refusal.js'

/** A file that came from the page and lies on the disk. */
export interface Upload extends UploadView {
  readonly path: string
}

export interface UploadRequest {
  /** As the browser calls it. */
  readonly name: string
  /** Octets. */
  readonly size: number
  /** Milliseconds since 1970. */
  readonly modified?: number | undefined
}

/** Name of a file that is not whole yet; `safeName` makes no such name. */
const PART = '.part'

/**
 * Files on their way from the page to a transfer: `outbox/ID/NAME`, for the owner only. They are written as they come, with backpressure, and
 * stay while a transfer may want to go on with them.
 */
export class Outbox {
  readonly #uploads = new Map<string, Upload>()
  /** Octets that running uploads have not written yet. */
  readonly #promised = new Map<string, number>()

  private constructor(
    private readonly folder: string,
    private readonly freeSpace: (folder: string) => Promise<number | undefined>,
  ) {}

  /** Opens the folder; what an earlier run took in is still there. */
  static async open(folder: string, freeSpace: (folder: string) => Promise<number | undefined>): Promise<Outbox> {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    const outbox = new Outbox(resolve(folder), freeSpace)
    for (const id of await readdir(folder)) {
      const [name, ...others] = await readdir(join(folder, id)).catch(() => [])
      const path = join(outbox.folder, id, name ?? '')
      const found = name === undefined || name === PART || others.length > 0 ? undefined : await stat(path).catch(() => undefined)
      if (name !== undefined && found?.isFile()) outbox.#uploads.set(id, { id, name, size: found.size, path })
    }
    return outbox
  }

  /** @throws Refusal 404 */
  upload(id: string): Upload {
    const upload = this.#uploads.get(id)
    if (upload === undefined) throw new Refusal(404, 'file-missing', 'This upload is not here any more.', 'Choose the file again.')
    return upload
  }

  /**
   * Writes the body of a request to the disk. Memory holds a few pieces of it, whatever its size.
   * @throws Refusal 429 for too many, 507 for a full disk, 400 for a body that is not as long as it said
   */
  async take(request: UploadRequest, body: IncomingMessage): Promise<Upload> {
    const { size, modified } = request
    if (this.#promised.size >= UPLOADS_AT_ONCE || this.#uploads.size >= UPLOADS_WAITING)
      throw new Refusal(429, 'busy', 'Too many files are on their way already.', 'Wait until some of them are sent.')
    const id = randomBytes(12).toString('base64url')
    this.#promised.set(id, size)
    const folder = join(this.folder, id)
    try {
      await this.#mustHaveSpace(size)
      await mkdir(folder, { mode: 0o700 })
      await this.#write(id, join(folder, PART), size, body)
      if (modified !== undefined) await utimes(join(folder, PART), new Date(), new Date(modified)).catch(() => {})
      const name = safeName(request.name)
      const path = join(folder, name)
      await rename(join(folder, PART), path)
      const upload = { id, name, size, path }
      this.#uploads.set(id, upload)
      return upload
    } catch (error) {
      await rm(folder, { recursive: true, force: true }).catch(() => {})
      throw isFull(error) ? diskFull() : error
    } finally {
      this.#promised.delete(id)
    }
  }

  /** Nobody wants it any more. @returns whether it was there */
  async remove(id: string): Promise<boolean> {
    if (!this.#uploads.delete(id)) return false
    await rm(join(this.folder, id), { recursive: true, force: true })
    return true
  }

  /** A file of ours: the page may name it again. */
  holds(path: string): boolean {
    return path.startsWith(this.folder + sep)
  }

  /**
   * Deletes uploads older than `UPLOAD_LIFE`, except those that a transfer of the record may still resume or retry: they stay `UNFINISHED_LIFE`.
   * Never rejects. @returns how many went
   */
  async sweep(store: Store | undefined, now: number): Promise<number> {
    let count = 0
    try {
      const wanted = store === undefined ? new Set<string>() : await wantedPaths(store, now - UNFINISHED_LIFE)
      for (const id of await readdir(this.folder)) {
        if (this.#promised.has(id)) continue
        const folder = join(this.folder, id)
        const { mtimeMs } = await stat(folder)
        const path = this.#uploads.get(id)?.path
        const life = path !== undefined && wanted.has(path) ? UNFINISHED_LIFE : UPLOAD_LIFE
        if (now - mtimeMs <= life) continue
        this.#uploads.delete(id)
        await rm(folder, { recursive: true, force: true })
        count++
      }
    } catch {
      // another time
    }
    return count
  }

  async #mustHaveSpace(size: number): Promise<void> {
    const free = await this.freeSpace(this.folder)
    let promised = DISK_RESERVE
    for (const octets of this.#promised.values()) promised += octets
    if (free !== undefined && promised > free) throw diskFull(`${size} octets are needed.`)
  }

  async #write(id: string, path: string, size: number, body: IncomingMessage): Promise<void> {
    let written = 0
    const silence = setTimeout(() => body.destroy(new Error('silent')), UPLOAD_SILENCE)
    const count = new Transform({
      transform: (piece: Buffer, _encoding, done) => {
        silence.refresh()
        written += piece.length
        this.#promised.set(id, Math.max(0, size - written))
        if (written > size) done(new Refusal(400, 'bad-request', 'The file is longer than it said.'))
        else done(null, piece)
      },
    })
    try {
      await pipeline(body, count, createWriteStream(path, { flags: 'wx', mode: 0o600 }))
    } finally {
      clearTimeout(silence)
    }
    if (written !== size) throw new Refusal(400, 'bad-request', 'The file ended too early.')
  }
}

/** Sources that a transfer since `since` may want again. */
async function wantedPaths(store: Store, since: number): Promise<Set<string>> {
  const wanted = new Set<string>()
  let before: number | undefined
  do {
    const transfers = await store.transfers({ direction: 'sent', since, ...(before !== undefined && { before }) })
    for (const transfer of transfers) {
      const files = transfer.ended === undefined ? transfer.files : [...resumableFiles(transfer), ...retryableFiles(transfer)]
      for (const { path } of files) if (path !== undefined) wanted.add(path)
    }
    const oldest = transfers.at(-1)?.started
    before = transfers.length < 2 || oldest === before ? undefined : oldest
  } while (before !== undefined)
  return wanted
}

function isFull(error: unknown): boolean {
  const code = (error as NodeJS.ErrnoException).code
  return code === 'ENOSPC' || code === 'EDQUOT'
}

function diskFull(detail?: string): Refusal {
  return new Refusal(
    507,
    'disk-full',
    `There is not enough free space for it on the disk.${detail === undefined ? '' : ` ${detail}`}`,
    'Free some space.',
  )
}
