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

/** Names of what a socket keeps about the memory it reads into: the block, who is told, and who gives the next one. */
const OWN_MEMORY = ['kBuffer', 'kBufferCb', 'kBufferGen'] as const

/**
 * The same for an accepted TLS socket, which cannot be made anew: its own three fields for `onread` are set. Nothing may be waiting in it.
 * @returns false, with the socket untouched, where Node does not look as expected
 */
export function readSecureInto(receiver: BlockReceiver, socket: Socket): boolean {
  const inside = socket as unknown as Record<symbol, unknown> & { _handle?: { useUserBuffer?: (buffer: Uint8Array) => void } | null }
  const symbols = Object.getOwnPropertySymbols(socket)
  const fields = OWN_MEMORY.map(name => symbols.find(({ description }) => description === name))
  const [block, told, next] = fields
  if (block === undefined || told === undefined || next === undefined || fields.some(field => field && inside[field] !== null)) return false
  if (typeof inside._handle?.useUserBuffer !== 'function' || socket.readableLength > 0) return false
  const first = receiver.buffer()
  inside[block] = first
  inside[told] = (length: number) => receiver.filled(length)
  inside[next] = () => receiver.buffer()
  inside._handle.useUserBuffer(first)
  return true
}
