import { type FileInput, type FileSink, type FileSource, type Host, HostError, type SinkOptions } from '../client/index.js'
import { MemoryFile, type MemoryFileOptions, type Sha1 } from './memory-file.js'
import { type DiskFaults, MemorySink, type SavedFile } from './memory-sink.js'
import type { VirtualNetwork } from './virtual-network.js'

export interface VirtualHostOptions {
  /** Digest hashes; `(algorithm, bytes) => createHash(…)` in tests of authentication. Without it `hash` throws. */
  readonly hash?: Host['hash']
  /** SHA-1 of files, sent and received: `() => createHash('sha1')`. */
  readonly sha1?: Sha1
  /** Received octets are counted and hashed in order, not kept: for files larger than memory. */
  readonly countOnly?: boolean
  /** Give the host `lookup`: NAPTR and SRV records from `VirtualNetwork.records`. Default false. */
  readonly dns?: boolean
  /** Milliseconds a write takes. Default 0: done in the next event. */
  readonly writeLatency?: number
}

/** A host in memory, with hooks for tests. */
export interface VirtualHost extends Host {
  readonly address: string
  /** Files that `open` finds by path. */
  readonly files: Map<string, Omit<MemoryFileOptions, 'name' | 'onClosed'>>
  /** Files that were received and committed, by full path. */
  readonly saved: Map<string, SavedFile>
  readonly faults: DiskFaults
}

/** A `Host` at `address` of the network: virtual clock, streams, datagrams and files, nothing real. */
export function virtualHost(network: VirtualNetwork, address: string, options: VirtualHostOptions = {}): VirtualHost {
  const { clock } = network
  const files: VirtualHost['files'] = new Map()
  const saved: VirtualHost['saved'] = new Map()
  const faults: DiskFaults = {}
  network.join(address)
  return {
    address,
    files,
    saved,
    faults,
    now: () => clock.now,
    date: () => clock.date,
    random: network.random.bytes,
    after: (milliseconds, callback) => trackedTimer(network, address, milliseconds, callback),
    hash: (algorithm, bytes) => {
      if (options.hash === undefined) throw new Error('this virtual host was made without the option hash')
      return options.hash(algorithm, bytes)
    },
    sha1: () => {
      if (options.sha1 === undefined) throw new Error('this virtual host was made without the option sha1')
      const hash = options.sha1()
      return { update: bytes => void hash.update(bytes), digest: () => new Uint8Array(hash.digest()) }
    },
    connect: connectOptions => network.connect(address, connectOptions),
    listen: listenOptions => network.listen(address, listenOptions),
    bind: bindOptions => network.bind(address, bindOptions),
    localAddress: async () => address,
    ...(options.dns === true && { lookup: (name: string, kind: 'NAPTR' | 'SRV') => network.lookup(name, kind) }),
    open: file => openFile(network, files, options.sha1, file),
    create: sinkOptions => createSink(network, { options, saved, faults }, sinkOptions),
  }
}

function trackedTimer(network: VirtualNetwork, address: string, milliseconds: number, callback: () => void): () => void {
  const stop = network.clock.after(milliseconds, () => {
    untrack()
    callback()
  })
  const untrack = network.track(stop, `timer ${address} ${milliseconds} ms`)
  return () => {
    untrack()
    stop()
  }
}

async function openFile(
  network: VirtualNetwork,
  files: VirtualHost['files'],
  sha1: Sha1 | undefined,
  file: FileInput,
): Promise<FileSource> {
  if (typeof file === 'object' && 'read' in file) return file
  let found: Omit<MemoryFileOptions, 'name' | 'onClosed'> | undefined
  let path: string
  if (file instanceof Blob) {
    found = { bytes: new Uint8Array(await file.arrayBuffer()), type: file.type || 'application/octet-stream' }
    path = file instanceof File ? file.name : 'blob'
  } else {
    path = String(file)
    found = files.get(path)
  }
  if (found === undefined) throw new HostError('file-missing', `There is no ${path}.`)
  const owner = {}
  const name = path.slice(path.lastIndexOf('/') + 1)
  const untrack = network.track(owner, `source ${name}`)
  const place = typeof file === 'string' ? { path } : {}
  return new MemoryFile({ ...(sha1 === undefined ? {} : { sha1 }), ...place, ...found, name, onClosed: untrack })
}

interface Disk {
  readonly options: VirtualHostOptions
  readonly saved: VirtualHost['saved']
  readonly faults: DiskFaults
}

async function createSink(network: VirtualNetwork, { options, saved, faults }: Disk, sinkOptions: SinkOptions): Promise<FileSink> {
  if (faults.folderMissing) throw new HostError('folder-missing', `There is no folder ${sinkOptions.into}.`)
  if (faults.folderUnwritable) throw new HostError('folder-unwritable', `${sinkOptions.into} cannot be written.`)
  if ((sinkOptions.size ?? 0) > (faults.freeSpace ?? Number.POSITIVE_INFINITY))
    throw new HostError('disk-full', 'The virtual disk is full.')
  if (sinkOptions.onConflict === 'skip' && saved.has(`${sinkOptions.into}/${sinkOptions.name}`))
    throw new HostError('exists', `${sinkOptions.name} exists already.`)
  const owner = {}
  const untrack = network.track(owner, `sink ${sinkOptions.name}`)
  return new MemorySink(sinkOptions, {
    clock: network.clock,
    saved,
    faults,
    sha1: options.sha1,
    countOnly: options.countOnly ?? false,
    writeLatency: options.writeLatency ?? 0,
    onClosed: untrack,
  })
}
