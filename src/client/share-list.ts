import { matchShared, type OutgoingFile, type ServedFile } from '../cpm/index.js'
import { type FileProperties, type FileSelector, formatOctets, sha1Hash } from '../sdp/index.js'
import { type MediaType, parseMediaType } from '../wire/index.js'
import type { Share, SharedFile, ShareOptions, Transfer } from './api.js'
import { describeSource } from './describe-source.js'
import { EventQueue } from './event-queue.js'
import { type FileInput, type FileSource, type Host, HostError } from './host.js'

/** A file that may be got, described once and opened anew for each transfer. */
export interface SharedSource extends SharedFile {
  readonly path: string | undefined
  readonly selector: FileSelector
  readonly properties: FileProperties
  readonly dates: Pick<OutgoingFile, 'modified' | 'created'>
  /** Whether this peer may have it. */
  allows(peer: string): boolean
  /** Rejects with `HostError` `file-changed` when it is no longer the file that was shared. */
  open(): Promise<FileSource>
}

const OCTETS = parseMediaType('application/octet-stream') as MediaType

/** What this client lets others get (OA-35): nothing until something is shared. */
export class ShareList {
  readonly #host: Host
  readonly #shares = new Set<ShareHandle>()

  constructor(host: Host) {
    this.#host = host
  }

  /** Describes and hashes the files. Rejects with a `HostError` when one cannot be read. */
  async add(files: readonly FileInput[], options: ShareOptions): Promise<Share> {
    const shared: SharedSource[] = []
    const peers = options.with === undefined ? undefined : new Set(options.with)
    for (const file of files) {
      options.signal?.throwIfAborted()
      shared.push(await describeShared(this.#host, file, peer => peers === undefined || peers.has(peer), options.signal))
    }
    const share = new ShareHandle(shared, () => this.#shares.delete(share))
    this.#shares.add(share)
    options.signal?.addEventListener('abort', () => void share.close(), { once: true })
    return share
  }

  /** The file that a pull line names, for this peer (OA-31, OA-32). */
  find(selector: FileSelector, peer: string): SharedSource | undefined {
    const allowed = [...this.#shares].flatMap(share => share.files).filter(file => file.allows(peer))
    // Of several that fit, the one that was shared first is as good as any (OA-32)
    return matchShared(
      selector,
      allowed.map(shared => ({ ...shared.properties, shared })),
    )[0]?.shared
  }

  /** Somebody gets a file: those who watch its share hear of the transfer. @returns whether there is such a share */
  tell(files: readonly SharedSource[], transfer: Transfer): boolean {
    const watched = [...this.#shares].filter(share => share.files.some(file => files.includes(file)))
    for (const share of watched) share.tell(transfer)
    return watched.length > 0
  }

  async close(): Promise<void> {
    for (const share of [...this.#shares]) await share.close()
  }
}

/** Our line for a shared file that is served (OA-23). */
export function servedFile(fileId: string, shared: SharedSource, extras: Partial<ServedFile['file']>): ServedFile {
  return { fileId, file: { selector: shared.selector, ...shared.dates, disposition: 'attachment', ...extras } }
}

/** Opens, hashes and closes a file: what a share remembers of it. */
export async function describeShared(
  host: Host,
  input: FileInput,
  allows: (peer: string) => boolean,
  signal?: AbortSignal,
): Promise<SharedSource> {
  const source = await host.open(input)
  try {
    const sha1 = await source.hash(signal === undefined ? {} : { signal })
    const { selector, ...dates } = describeSource(source, sha1)
    const { name, type, size, path, modified } = source
    const open = async () => {
      const opened = await host.open(input)
      if (opened.size === size && opened.modified?.getTime() === modified?.getTime()) return opened
      await opened.close()
      throw new HostError('file-changed', `${name} is not what it was when it was shared.`)
    }
    const mediaType = parseMediaType(type) ?? OCTETS
    const properties = { name, size, type: mediaType, hashes: [sha1Hash(sha1)] }
    return { name, type, size, sha1: formatOctets(sha1), path, selector, properties, dates, allows, open }
  } finally {
    await source.close()
  }
}

class ShareHandle implements Share {
  readonly #transfers = new EventQueue<Transfer>()
  readonly #leave: () => void

  constructor(
    readonly files: readonly SharedSource[],
    leave: () => void,
  ) {
    this.#leave = leave
  }

  tell(transfer: Transfer): void {
    this.#transfers.push(transfer)
  }

  async close(): Promise<void> {
    this.#leave()
    this.#transfers.end()
  }

  [Symbol.asyncIterator](): AsyncIterator<Transfer> {
    return this.#transfers[Symbol.asyncIterator]()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }
}
