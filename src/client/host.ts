import type { WindowBudget } from '../msrp/index.js'
import type { NaptrRecord, SrvRecord } from '../sip/index.js'
import type { Random } from '../wire/index.js'
import type { Store } from './store.js'

/**
 * What a runtime must give so that a `Client` can live on it. `cpmft/node` gives it for Node;
 * the test kit gives one with a virtual clock and a network in memory.
 */
export interface Host {
  /** Milliseconds, never running backwards; only differences have a meaning. */
  now(): number
  /** Wall clock, milliseconds since 1970. */
  date(): number
  readonly random: Random
  /** Runs `callback` once after `milliseconds`; calling the result stops it. */
  after(milliseconds: number, callback: () => void): () => void
  /** UTF-8 of the platform, for SIP: several times faster than plain code. An ill-formed sequence becomes U+FFFD, a byte order mark stays. */
  readonly text?: { decode(bytes: Uint8Array, from: number, to: number): string; encode(text: string): Uint8Array }
  /** Digest hashes for SIP authentication. */
  hash(algorithm: 'md5' | 'sha-256' | 'sha-512-256', bytes: Uint8Array): Uint8Array
  /** SHA-1 of octets that come in pieces, for files that are streamed instead of saved. */
  sha1(): StreamHash
  /** Opens a stream connection. Rejects with a `HostError`. */
  connect(options: ConnectOptions): Promise<Connection>
  /** Accepts stream connections; `host` may be a wildcard address, `port` 0 lets the system choose. */
  listen(options: ListenOptions): Promise<Listener>
  /** Binds a datagram socket. */
  bind(options: BindOptions): Promise<DatagramSocket>
  /** Own address as seen by `remote`, without sending anything; for wildcard listeners. */
  localAddress(remote: string): Promise<string>
  /**
   * NAPTR or SRV records of a name (SIP-37): none when there are none or DNS did not answer in a few seconds. Never rejects.
   * Without it names are connected to as they are.
   */
  lookup?(name: string, kind: 'NAPTR' | 'SRV'): Promise<DnsRecords>
  /** Addresses of a host name, none when it has none. Never rejects. Without it names of peers are not compared with addresses (CON-32). */
  addresses?(name: string): Promise<readonly string[]>
  /** Turns a path, URL, Blob or source into a source; checks that it is a readable regular file. Rejects with a `HostError`. */
  open(file: FileInput): Promise<FileSource>
  /** Prepares a place for a received file (RCV-10, RCV-11, SEC-1). Rejects with a `HostError`. */
  create(options: SinkOptions): Promise<FileSink>
  /** Octets of files that all clients on this host may have under way together; without it each connection has a whole window. */
  readonly windows?: WindowBudget
  /** Where transfers, contacts and capabilities are remembered; without it nothing survives the process. */
  readonly store?: Store
  /** A small picture of an image file (RCS-5): JPEG of at most `octets`; undefined when there is none to be had. */
  icon?(source: FileSource, octets: number): Promise<{ readonly type: string; readonly bytes: Uint8Array } | undefined>
  /**
   * Deletes partial files in `folder` that nobody goes on with: our own, last written before `olderThan` (milliseconds since 1970), not in `keep`
   * (full paths) and not open here. Gives how many. Never rejects.
   */
  sweepParts?(folder: string, olderThan: number, keep: ReadonlySet<string>): Promise<number>
  /** SHA-256 of our TLS certificate in DER, for `a=fingerprint` (CON-43). Undefined without a certificate. */
  readonly certificate?: {
    readonly sha256: Uint8Array /** Nobody vouches for it: good for fingerprints, not for a listener that is found by name. */
    readonly selfSigned?: boolean
  }
}

export type DnsRecords = readonly (NaptrRecord | SrvRecord)[]

export interface StreamHash {
  update(bytes: Uint8Array): void
  /** 20 octets; call once. */
  digest(): Uint8Array
}

export interface ConnectOptions {
  /** `ws` and `wss` connect to `ws://host:port/path`; one message of the protocol in each WebSocket message, both ways. */
  readonly transport: 'tcp' | 'tls' | 'ws' | 'wss'
  /** IP address or name (all addresses are tried in order, CON-5). */
  readonly host: string
  readonly port: number
  /** TLS: name the certificate must be for; default `host`. */
  readonly serverName?: string
  /** TLS: the peer's certificate must have one of these hashes; chain and name are not looked at then (CON-43). */
  readonly fingerprints?: readonly { readonly algorithm: string; readonly octets: Uint8Array }[]
  /** WebSocket: `sip` or `msrp` (WS-1); the server must choose it. */
  readonly protocol?: string
  /** WebSocket: path of the URL. Default `/`. */
  readonly path?: string
  /** Asked for every address a name resolves to, before it is connected to: false skips it (SEC-10). `forbidden-address` when none is left. */
  readonly permits?: (address: string) => boolean
  readonly timeout?: number
  readonly signal?: AbortSignal
  /** Received octets that may be held by whoever keeps views of them before reading stops; only where the host reads into shared memory. */
  readonly holdable?: number
}

export interface ListenOptions {
  /** `ws` and `wss` accept WebSocket connections that offer `protocol`. */
  readonly transport: 'tcp' | 'tls' | 'ws' | 'wss'
  readonly protocol?: string
  /** TLS: ask clients for a certificate without judging it; `Connection.peerFingerprint` tells its hash (CON-43). */
  readonly requestCertificate?: boolean
  readonly host: string
  readonly port: number
  /** As in `ConnectOptions`. */
  readonly holdable?: number
  readonly onConnection: (connection: Connection) => void
}

export interface Listener {
  readonly address: HostAddress
  close(): Promise<void>
}

export interface HostAddress {
  readonly host: string
  readonly port: number
}

/** One stream connection. Events go to the one `ConnectionEvents` given to `start`. */
export interface Connection {
  readonly local: HostAddress
  readonly remote: HostAddress
  /** TLS: hashes of the certificate the peer showed, by algorithm name in lower case (`sha-256`, `sha-1`, …); undefined when it showed none. */
  peerFingerprint?(algorithm: string): Uint8Array | undefined
  /** Begins to deliver. Nothing is lost before: the connection reads only after `start`. */
  start(events: ConnectionEvents): void
  /** Queues views for writing in order, without copying them. */
  write(views: readonly Uint8Array[]): void
  /** Stops and restarts reading: backpressure to the peer. */
  pause(): void
  resume(): void
  /** Sends what is queued, then ends. */
  end(): void
  /** Ends now; queued octets are lost. */
  destroy(): void
  /**
   * WebSocket: ends with a status code (RFC 6455 §7.4.1) that tells the peer why: 1002 or 1007 for a message that is not one of the protocol (WS-2).
   * Queued messages go out first. Undefined for other transports.
   */
  closeWith?(status: number): void
}

export interface ConnectionEvents {
  /** The view may be reused by the connection after the call returns unless `retain` was called inside it. */
  onBytes(bytes: Uint8Array): void
  /** The system took this many queued octets. */
  onWritten(length: number): void
  /** Exactly once, last. */
  onClosed(error?: HostError): void
}

export interface BindOptions {
  readonly host: string
  readonly port: number
  readonly onDatagram: (bytes: Uint8Array, remote: HostAddress) => void
  /** Sending to `remote` failed (ICMP unreachable, too long, …). */
  readonly onError: (error: HostError, remote?: HostAddress) => void
}

export interface DatagramSocket {
  readonly address: HostAddress
  send(bytes: Uint8Array, remote: HostAddress): void
  close(): Promise<void>
}

/** Path, `file:` URL, `Blob` or `File`, or a source of one's own. */
export type FileInput = string | URL | Blob | FileSource

/** A file to be sent: its snapshot (SND-4) and its bytes, read by position. */
export interface FileSource {
  /** Base name as shown to people; never a path. */
  readonly name: string
  /** `image/jpeg`; `application/octet-stream` when unknown. */
  readonly type: string
  /** Octets at the time of the snapshot. */
  readonly size: number
  readonly modified?: Date
  readonly created?: Date
  /** Full path, where it is a file on disk: what `resume` and `retry` open again. */
  readonly path?: string
  /** Reads up to `length` octets at `position` into memory of its own; fewer only at the end of the file. Rejects with `HostError('file-changed')` when size or time differ from the snapshot. */
  read(position: number, length: number): Promise<Uint8Array>
  /** Gives back a block that `read` returned, so that it can be reused. */
  release?(block: Uint8Array): void
  /** SHA-1 of the whole file, 20 octets. Reports hashed octets while it runs. */
  hash(options?: { onProgress?: (octets: number) => void; signal?: AbortSignal }): Promise<Uint8Array>
  close(): Promise<void>
}

export interface SinkOptions {
  /** Folder of the final file. Must exist. */
  readonly into: string
  /** Name as it came from the wire; a hint (SEC-1). */
  readonly name: string
  /** Announced size in octets; undefined when unknown. Checked against free space. */
  readonly size: number | undefined
  readonly onConflict: ConflictPolicy
  /** Compute the SHA-1 while writing. */
  readonly hash: boolean
  /** Go on with a partial file that `keep` left (RCS-3): octets before `length` are there. Rejects with `file-missing` when it is gone or shorter. */
  readonly part?: { readonly path: string; readonly length: number }
}

/** What to do when the final name is taken: `rename` makes `name (2).ext`; `skip` and `refuse` fail with `HostError('exists')`. */
export type ConflictPolicy = 'rename' | 'overwrite' | 'skip'

/** A file being received. Nothing has the final name before `commit` (RCV-11). */
export interface FileSink {
  /** Queues octets at `position`. The view is copied or written before the call returns, or retained until written. */
  write(position: number, bytes: Uint8Array): void
  /** Octets queued and not yet written. */
  readonly pending: number
  /** Settles when everything queued so far is written; rejects with a `HostError` when a write failed. */
  drained(): Promise<void>
  /** Called once, as soon as a queued write fails (disk full): the transfer must stop. */
  onError: ((error: HostError) => void) | undefined
  /** Waits for all writes, syncs them to disk and gives the SHA-1 of what was written (20 octets) if it was asked for. */
  finish(): Promise<{ readonly size: number; readonly sha1: Uint8Array | undefined }>
  /** Gives the file its final name, never over another one unless asked, and returns the full path. */
  commit(): Promise<string>
  /** Deletes the partial file. */
  discard(): Promise<void>
  /** Full path of the partial file while it is one; undefined for sinks that are no file. */
  readonly part?: string
  /** Octets from the start without a hole that the system has taken: they outlive the death of the process, and after `keep` that of the machine. */
  readonly prefix?: number
  /** Closes the partial file and leaves it for later (RCS-3). Gives the octets from the start without a hole that are safe on disk. */
  keep?(): Promise<{ readonly path: string; readonly length: number }>
}

/** Something the machine or its operator refused. `code` is one of the codes of `client/errors.ts`. */
export class HostError extends Error {
  override readonly name = 'HostError'
  constructor(
    readonly code: HostErrorCode,
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options)
  }
}

export type HostErrorCode =
  | 'connection-refused'
  | 'connection-lost'
  | 'connection-timeout'
  | 'unknown-host'
  | 'address-in-use'
  | 'tls'
  | 'forbidden-address'
  | 'network'
  | 'file-missing'
  | 'file-unreadable'
  | 'not-a-file'
  | 'file-changed'
  | 'folder-missing'
  | 'folder-unwritable'
  | 'disk-full'
  | 'exists'
  | 'write-failed'
  | 'refused-by-scanner'
  | 'store'
  | 'aborted'
