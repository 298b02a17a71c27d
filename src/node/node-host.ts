import { createHash, hash as hashOnce } from 'node:crypto'
import type { Connection, Host, Store } from '../client/index.js'
import { WindowBudget } from '../msrp/index.js'
import { addressesOf, connectStream } from './connect.js'
import { DigestCache } from './digest-cache.js'
import { DiskSpace } from './disk-space.js'
import { createSink } from './file-sink.js'
import { openSource } from './file-source.js'
import { HashPool } from './hash-pool.js'
import { makeIcon } from './icon.js'
import { hostClosed } from './tcp-connection.js'
import { MAX_TIMER, SEND_BUDGET } from './limits.js'
import { lookUp } from './look-up.js'
import { monotonic } from './monotonic.js'
import { NODE_TEXT } from './node-text.js'
import { OpenResources } from './open-resources.js'
import { pooledRandom } from './pooled-random.js'
import type { Scan } from './scan.js'
import { sweepParts } from './sweep-parts.js'
import { type ListenLimits, listenStream } from './tcp-listener.js'
import { ownCertificate, type TlsOptions } from './tls-options.js'
import { addressTowards, bindDatagrams } from './udp-socket.js'
import { connectWebSocket } from './web-socket-connect.js'

export interface NodeHostOptions {
  /** Certificate, key and authorities for `transport: 'tls'`. Without a certificate the host connects with TLS but cannot listen. */
  readonly tls?: TlsOptions
  /** Limits of accepted connections (SEC-12). */
  readonly limits?: ListenLimits
  /** Malware scanner, asked after verification and before a received file gets its name (SEC-6). */
  readonly scan?: Scan
  /** Where clients remember what they did; whoever opened it closes it. */
  readonly store?: Store
}

/** A host on Node's sockets, files and threads. */
export interface NodeHost extends Host {
  /** Destroys every connection, stops every listener and timer, discards partial files, ends the workers. */
  close(): Promise<void>
  /** Short names of what is open: sockets, listeners, timers, files, sinks, workers. Empty after `close`. */
  openResources(): string[]
}

/** An address outside this network; nothing is ever sent there (RFC 5737 §3). */
const SOMEWHERE = '192.0.2.1'

/** What all clients of the process share, whichever host they are on. */
const windows = new WindowBudget(SEND_BUDGET)

const NODE_HASHES = { md5: 'md5', 'sha-256': 'sha256', 'sha-512-256': 'sha512-256' } as const

/** Makes the host of a Node process; one is enough for many clients. */
export function nodeHost(options: NodeHostOptions = {}): NodeHost {
  const resources = new OpenResources()
  const hashes = new HashPool(resources)
  const digests = new DigestCache()
  const space = new DiskSpace()
  const tls = options.tls ?? {}
  const certificate = ownCertificate(tls)
  let closed = false
  const ifOpen = async <T>(work: () => Promise<T>): Promise<T> => {
    if (closed) throw hostClosed()
    return work()
  }
  return {
    now: monotonic,
    date: () => Date.now(),
    random: pooledRandom(),
    windows,
    text: NODE_TEXT,
    after: (milliseconds, callback) => startTimer(milliseconds, callback, resources),
    // half the time of createHash for texts as short as these
    hash: (algorithm, bytes) => hashOnce(NODE_HASHES[algorithm], bytes, 'buffer'),
    sha1: () => {
      const hash = createHash('sha1')
      return { update: bytes => void hash.update(bytes), digest: () => new Uint8Array(hash.digest()) }
    },
    connect: connectOptions =>
      ifOpen<Connection>(() => {
        const connect = connectOptions.transport === 'ws' || connectOptions.transport === 'wss' ? connectWebSocket : connectStream
        return connect(connectOptions, tls, resources)
      }),
    listen: listenOptions => ifOpen(() => listenStream(listenOptions, tls, options.limits ?? {}, resources)),
    bind: bindOptions => ifOpen(() => bindDatagrams(bindOptions, resources)),
    // a domain may have servers and no address of its own
    localAddress: async remote => addressTowards((await addressesOf(remote).catch(() => []))[0] ?? SOMEWHERE),
    addresses: async name => (closed ? [] : addressesOf(name).catch(() => [])),
    lookup: async (name, kind) => (closed ? [] : lookUp(name, kind, resources)),
    open: file => ifOpen(() => openSource(file, { hashes, digests, resources })),
    create: sinkOptions =>
      ifOpen(() => createSink(sinkOptions, { hashes, space, resources, ...(options.scan === undefined ? {} : { scan: options.scan }) })),
    ...(certificate === undefined ? {} : { certificate }),
    ...(options.store === undefined ? {} : { store: options.store }),
    sweepParts: (folder, before, wanted) => sweepParts(folder, before, wanted),
    icon: (source, octets) => makeIcon(source, octets),
    openResources: () => resources.names(),
    close: async () => {
      closed = true
      await resources.closeAll()
      await hashes.close()
    },
  }
}

function startTimer(milliseconds: number, callback: () => void, resources: OpenResources): () => void {
  let timer: NodeJS.Timeout
  const stop = (): void => {
    clearTimeout(timer)
    untrack()
  }
  const untrack = resources.add(`timer ${Math.round(milliseconds)} ms`, stop)
  const wait = (left: number): void => {
    timer = setTimeout(
      () => {
        if (left > MAX_TIMER) return wait(left - MAX_TIMER)
        untrack()
        callback()
      },
      Math.min(left, MAX_TIMER),
    )
  }
  wait(milliseconds)
  return stop
}
