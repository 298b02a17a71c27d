import { X509Certificate } from 'node:crypto'
import { lookup } from 'node:dns/promises'
import { setMaxListeners } from 'node:events'
import { isIP, connect as netConnect, type Socket } from 'node:net'
import { type ConnectionOptions, connect as tlsConnect } from 'node:tls'
import { type ConnectOptions, HostError } from '../client/index.js'
import { BlockReceiver } from './block-receiver.js'
import { networkError } from './host-errors.js'
import { CONNECT_TIMEOUT, HANDSHAKE_TIMEOUT, MAX_ADDRESSES } from './limits.js'
import { monotonic } from './monotonic.js'
import type { OpenResources } from './open-resources.js'
import { certificateOf, hasFingerprint, isFor, serverNameIndication } from './peer-certificate.js'
import { hostClosed, TcpConnection } from './tcp-connection.js'
import { secureContext, type TlsOptions } from './tls-options.js'

/** What a connected socket becomes, made at once, so that it is never without an owner. `deadline` is that of the whole attempt (`monotonic`). */
type Wrap<T> = (socket: Socket, receiver: BlockReceiver | undefined, deadline: number) => T | Promise<T>

/** Connects to an address, or to the addresses of a name in their order (CON-5). Rejects with a `HostError`. */
export function connectStream(options: ConnectOptions, tls: TlsOptions, resources: OpenResources): Promise<TcpConnection> {
  return connectSocket({ options, tls, resources, wrap: (socket, receiver) => track(socket, receiver, resources), ownMemory: true })
}

export interface Attempt<T> {
  readonly options: ConnectOptions
  readonly tls: TlsOptions
  readonly resources: OpenResources
  readonly wrap: Wrap<T>
  /** Octets are read into blocks of a `BlockReceiver`. */
  readonly ownMemory: boolean
}

/** The same for any use of the socket: tries address after address until `wrap` succeeds with one. */
export async function connectSocket<T>(attempt: Attempt<T>): Promise<T> {
  const { options } = attempt
  // one signal may end hundreds of attempts, which is no leak
  if (options.signal !== undefined) setMaxListeners(0, options.signal)
  const deadline = monotonic() + (options.timeout ?? CONNECT_TIMEOUT)
  const addresses = await resolve(options, deadline)
  let last: HostError | undefined
  for (const [index, address] of addresses.entries()) {
    // a name may lead to an address that policy forbids, and nothing shall be sent there (SEC-10)
    if (options.permits?.(address) === false) {
      last ??= new HostError('forbidden-address', `${options.host} leads to an address that is not allowed.`)
      continue
    }
    // each address gets its share of what is left, so that a silent one does not use up the time of the others
    const timeout = Math.max(1, (deadline - monotonic()) / (addresses.length - index))
    try {
      return await connectAddress(address, monotonic() + timeout, attempt)
    } catch (error) {
      last = networkError(error, `${options.host}:${options.port} cannot be reached`)
      // somebody else's certificate: no second try (CON-43)
      if (last.code === 'aborted' || (last.code === 'tls' && options.fingerprints !== undefined)) break
    }
  }
  throw last ?? new HostError('unknown-host', `${options.host} has no address.`)
}

/** Addresses of `host`, itself if it is one. */
export async function addressesOf(host: string): Promise<string[]> {
  if (isIP(host) !== 0) return [host]
  try {
    const found = await lookup(host, { all: true, verbatim: true })
    return found.slice(0, MAX_ADDRESSES).map(entry => entry.address)
  } catch (error) {
    throw networkError(error, `${host} cannot be resolved`)
  }
}

async function resolve(options: ConnectOptions, deadline: number): Promise<string[]> {
  if (options.signal?.aborted) throw cancelled(options)
  if (isIP(options.host) !== 0) return [options.host]
  let timer: NodeJS.Timeout | undefined
  let onAbort: (() => void) | undefined
  const stopped = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(timedOut(options)), deadline - monotonic())
    onAbort = () => reject(cancelled(options))
    options.signal?.addEventListener('abort', onAbort)
  })
  try {
    return await Promise.race([addressesOf(options.host), stopped])
  } finally {
    clearTimeout(timer)
    if (onAbort !== undefined) options.signal?.removeEventListener('abort', onAbort)
  }
}

function connectAddress<T>(address: string, deadline: number, attempt: Attempt<T>): Promise<T> {
  const { options, resources } = attempt
  return new Promise((resolve, reject) => {
    const receiver = attempt.ownMemory ? new BlockReceiver(attempt.options.holdable, isSecure(options)) : undefined
    const socket = openSocket(address, attempt, receiver)
    const settle = (): void => {
      clearTimeout(timer)
      options.signal?.removeEventListener('abort', onAbort)
      socket.off('error', fail)
      untrack()
    }
    const fail = (error: unknown): void => {
      settle()
      socket.on('error', () => {})
      socket.once('close', () => receiver?.close())
      socket.destroy()
      reject(error)
    }
    const onAbort = (): void => fail(cancelled(options))
    let timer = setTimeout(() => fail(timedOut(options)), deadline - monotonic())
    const untrack = resources.add(`connecting ${address}:${options.port}`, () => fail(hostClosed()))
    options.signal?.addEventListener('abort', onAbort)
    if (options.signal?.aborted) return onAbort()
    socket.on('error', fail)
    socket.once('connect', () => {
      if (!isSecure(options)) return ready()
      // the handshake has a limit of its own, however long the caller would wait (SEC-12)
      clearTimeout(timer)
      timer = setTimeout(() => fail(timedOut(options)), Math.min(HANDSHAKE_TIMEOUT, deadline - monotonic()))
    })
    if (isSecure(options)) socket.once('secureConnect', ready)
    function ready(): void {
      if (options.fingerprints !== undefined && !hasFingerprint(certificateOf(socket), options.fingerprints)) {
        return fail(new HostError('tls', `${options.host}:${options.port} showed another certificate than announced.`))
      }
      settle()
      resolve(attempt.wrap(socket, receiver, deadline))
    }
  })
}

export function isSecure(options: { readonly transport: ConnectOptions['transport'] }): boolean {
  return options.transport === 'tls' || options.transport === 'wss'
}

function openSocket<T>(address: string, { options, tls }: Attempt<T>, receiver: BlockReceiver | undefined): Socket {
  const onread =
    receiver === undefined ? {} : { onread: { buffer: () => receiver.buffer(), callback: (length: number) => receiver.filled(length) } }
  if (isSecure(options)) {
    // the certificate is checked against what the caller asked for, not against the address it resolved to
    const name = options.serverName ?? options.host
    const settings = {
      host: address,
      port: options.port,
      servername: serverNameIndication(name),
      ...secureContext(tls),
      ...identityChecks(options, name),
      // documented by Node, missing in its types
      ...onread,
    }
    const socket = tlsConnect(settings)
    socket.setNoDelay(true)
    if (receiver !== undefined) socket.pause()
    return socket
  }
  const socket = netConnect({ host: address, port: options.port, noDelay: true, ...onread })
  // paused before it is connected: Node reads nothing until `start`
  if (receiver !== undefined) socket.pause()
  return socket
}

/** Name mode: valid chain and a name in subjectAltName (CON-42). Fingerprint mode: the hash alone counts, checked when the handshake is done (CON-43). */
function identityChecks(options: ConnectOptions, name: string): ConnectionOptions {
  if (options.fingerprints !== undefined) return { rejectUnauthorized: false, checkServerIdentity: () => undefined }
  return {
    rejectUnauthorized: true,
    checkServerIdentity: (_, certificate) =>
      isFor(new X509Certificate(certificate.raw), name, options.transport === 'wss')
        ? undefined
        : new HostError('tls', `The certificate of ${options.host}:${options.port} is for another name.`),
  }
}

/** Wraps a connected socket and lists it among the open resources until it is closed. */
export function track(
  socket: Socket,
  receiver: BlockReceiver | undefined,
  resources: OpenResources,
  onClosed?: () => void,
  accepted = false,
): TcpConnection {
  const gone = (): void => {
    untrack()
    onClosed?.()
  }
  const connection = new TcpConnection(socket, receiver, gone, accepted)
  const name = `connection ${connection.local.host}:${connection.local.port} > ${connection.remote.host}:${connection.remote.port}`
  const untrack = resources.add(name, () => closed(socket, connection))
  return connection
}

function closed(socket: Socket, connection: TcpConnection): Promise<void> {
  return new Promise(resolve => {
    socket.once('close', () => resolve())
    connection.fail(hostClosed())
  })
}

export function timedOut(options: ConnectOptions): HostError {
  return new HostError('connection-timeout', `${options.host}:${options.port} did not answer in time.`)
}

export function cancelled(options: ConnectOptions): HostError {
  return new HostError('aborted', `Connecting to ${options.host}:${options.port} was cancelled.`)
}
