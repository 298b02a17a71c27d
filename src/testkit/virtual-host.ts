import { type FileInput, type FileSink, type FileSource, type Host, HostError, type SinkOptions } from '../client/index.js'
import { MemoryFile, type MemoryFileOptions, type Sha1 } from './memory-file.js'
import { baseName, type DiskFaults, type KeptPart, MemorySink, type SavedFile } from './memory-sink.js'
import type { VirtualCertificate } from './virtual-certificate.js'
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
  /** Shown in TLS handshakes; its hash is `Host.certificate`. */
  readonly certificate?: VirtualCertificate
  /** Default: the host makes no icons. */
  readonly icon?: NonNullable<Host['icon']>
}

/** A host in memory, with hooks for tests. */
export interface VirtualHost extends Host {
  readonly address: string
  /** Files that `open` finds by path. */
  readonly files: Map<string, Omit<MemoryFileOptions, 'name' | 'onClosed'>>
  /** Files that were received and committed, by full path. */
  readonly saved: Map<string, SavedFile>
  /** Partial files that were kept (`FileSink.keep`), by full path. */
  readonly parts: Map<string, KeptPart>
  readonly faults: DiskFaults
  /** What the death of the process does to files: open sinks become `parts` with the octets written so far. Connections are for `VirtualNetwork.cut`. */
  crash(): void
}

/** A `Host` at `address` of the network: virtual clock, streams, datagrams and files, nothing real. */
export function virtualHost(network: VirtualNetwork, address: string, options: VirtualHostOptions = {}): VirtualHost {
  const { clock } = network
  const files: VirtualHost['files'] = new Map()
  const saved: VirtualHost['saved'] = new Map()
  const faults: DiskFaults = {}
  const disk: Disk = { options, saved, parts: new Map(), faults, open: new Set(), created: 0 }
  network.join(address, options.certificate)
  return {
    address,
    files,
    saved,
    parts: disk.parts,
    faults,
    crash: () => {
      for (const sink of [...disk.open]) sink.leave()
    },
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
    addresses: name => network.addresses(name),
    ...(options.dns === true && { lookup: (name: string, kind: 'NAPTR' | 'SRV') => network.lookup(name, kind) }),
    open: file => openFile(network, files, options.sha1, file),
    create: sinkOptions => createSink(network, disk, sinkOptions),
    sweepParts: async (folder, olderThan, keep) => sweep(disk.parts, folder, olderThan, keep),
    ...(options.icon !== undefined && { icon: options.icon }),
    ...(options.certificate !== undefined && { certificate: { sha256: options.certificate.sha256 } }),
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
  readonly parts: VirtualHost['parts']
  readonly faults: DiskFaults
  readonly open: Set<MemorySink>
  /** Sinks made so far: numbers their partial files. */
  created: number
}

async function createSink(network: VirtualNetwork, disk: Disk, sinkOptions: SinkOptions): Promise<FileSink> {
  const { options, saved, parts, faults } = disk
  const { into, name, part } = sinkOptions
  if (faults.folderMissing) throw new HostError('folder-missing', `There is no folder ${into}.`)
  if (faults.folderUnwritable) throw new HostError('folder-unwritable', `${into} cannot be written.`)
  if ((sinkOptions.size ?? 0) - (part?.length ?? 0) > (faults.freeSpace ?? Number.POSITIVE_INFINITY))
    throw new HostError('disk-full', 'The virtual disk is full.')
  if (sinkOptions.onConflict === 'skip' && saved.has(`${into}/${name}`)) throw new HostError('exists', `${name} exists already.`)
  const kept = part === undefined ? undefined : takePart(parts, part)
  const number = (++disk.created).toString(16).padStart(12, '0')
  const owner = {}
  const untrack = network.track(owner, `sink ${name}`)
  const world = {
    clock: network.clock,
    saved,
    parts,
    faults,
    sha1: options.sha1,
    countOnly: options.countOnly ?? false,
    writeLatency: options.writeLatency ?? 0,
    onClosed: (closed: MemorySink) => {
      disk.open.delete(closed)
      untrack()
    },
  }
  const sink = new MemorySink(sinkOptions, world, part?.path ?? `${into}/.${baseName(name)}.${number}.cpmft-part`, kept)
  disk.open.add(sink)
  return sink
}

/** Nobody else can go on with it then. */
function takePart(parts: VirtualHost['parts'], { path, length }: NonNullable<SinkOptions['part']>): KeptPart {
  const kept = parts.get(path)
  if (kept === undefined || kept.size < length) throw new HostError('file-missing', 'The partial file is gone or shorter.')
  parts.delete(path)
  return kept
}

function sweep(parts: VirtualHost['parts'], folder: string, olderThan: number, keep: ReadonlySet<string>): number {
  const old = [...parts].filter(([path, part]) => path.startsWith(`${folder}/`) && part.modified < olderThan && !keep.has(path))
  for (const [path] of old) parts.delete(path)
  return old.length
}
