import { Socket, type SocketConstructorOpts } from 'node:net'
import type { BlockReceiver } from './block-receiver.js'

/**
 * The same connection as a socket that reads into the receiver's memory. Node documents `onread` for outgoing sockets only; for an accepted
 * one its handle is given to a new socket, which costs two undocumented names (`_handle`, the option `handle`) and halves the cost of an octet.
 * Must be called before anything was read (`pauseOnConnect`).
 * @returns undefined, with the socket untouched, where Node does not look as expected
 */
export function readInto(receiver: BlockReceiver, socket: Socket): Socket | undefined {
  const owner = socket as unknown as { _handle?: { useUserBuffer?: unknown } | null }
  const handle = owner._handle
  if (!handle || typeof handle.useUserBuffer !== 'function') return undefined
  owner._handle = null
  const options = { handle, onread: { buffer: () => receiver.buffer(), callback: (length: number) => receiver.filled(length) } }
  const reading = new Socket(options as SocketConstructorOpts)
  // the constructor starts to read; nothing can have come before this line
  reading.pause()
  // without its handle it is an empty shell; closing it takes it off the server's list
  socket.destroy()
  return reading
}
