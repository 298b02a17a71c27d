import { createSocket, type Socket, type SocketOptions } from 'node:dgram'
import { lookup } from 'node:dns'
import { isIP } from 'node:net'
import type { BindOptions, DatagramSocket } from '../client/index.js'
import { networkError } from './host-errors.js'
import { DATAGRAM_BUFFER } from './limits.js'
import type { OpenResources } from './open-resources.js'
import { plainAddress } from './tcp-connection.js'

/** Binds a datagram socket; `::` also takes IPv4. Rejects with a `HostError`. */
export async function bindDatagrams(options: BindOptions, resources: OpenResources): Promise<DatagramSocket> {
  const six = options.host.includes(':')
  const socket = createSocket({ type: six ? 'udp6' : 'udp4', lookup: lookUpName })
  await bound(socket, options)
  growBuffer(socket)
  const { address, port } = socket.address()
  let closing: Promise<void> | undefined
  const close = (): Promise<void> => {
    untrack()
    closing ??= new Promise(resolve => socket.close(() => resolve()))
    return closing
  }
  const untrack = resources.add(`udp ${address}:${port}`, close)
  socket.on('message', (data, from) => {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.length)
    options.onDatagram(bytes, { host: plainAddress(from.address), port: from.port })
  })
  socket.on('error', error => options.onError(networkError(error, 'The datagram socket failed')))
  return {
    address: { host: address, port },
    send: (bytes, remote) => {
      if (closing !== undefined) return
      const host = six && !remote.host.includes(':') ? `::ffff:${remote.host}` : remote.host
      socket.send(bytes, remote.port, host, error => {
        if (error && closing === undefined) options.onError(networkError(error, `Sending to ${remote.host}:${remote.port} failed`), remote)
      })
    },
    close,
  }
}

/** Node asks its resolver about each address it sends to, and waits a turn for the answer; ours are addresses already. */
const lookUpName: NonNullable<SocketOptions['lookup']> = (host, settings, done) => {
  const family = isIP(host)
  if (family === 0) lookup(host, settings, done)
  else done(null, host, family)
}

/** The address that the system would send from to reach `remote`: a datagram socket is connected, nothing is sent. */
export function addressTowards(remote: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = createSocket({ type: remote.includes(':') ? 'udp6' : 'udp4', lookup: lookUpName })
    const fail = (error: Error): void => {
      socket.close()
      reject(networkError(error, `There is no way to ${remote}`))
    }
    socket.once('error', fail)
    // port 9 is discard; any port does
    socket.connect(9, remote, () => {
      const { address } = socket.address()
      socket.close()
      resolve(plainAddress(address))
    })
  })
}

/** Datagrams that come while we are busy wait here, or are lost and sent again half a second later. */
function growBuffer(socket: Socket): void {
  try {
    if (socket.getRecvBufferSize() < DATAGRAM_BUFFER) socket.setRecvBufferSize(DATAGRAM_BUFFER)
  } catch {
    // The system allows less: then it stays as it was
  }
}

function bound(socket: Socket, options: BindOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => {
      socket.close()
      reject(networkError(error, `Binding ${options.host}:${options.port} failed`))
    }
    socket.once('error', fail)
    socket.bind({ address: options.host, port: options.port }, () => {
      socket.off('error', fail)
      resolve()
    })
  })
}
