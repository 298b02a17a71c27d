import { once } from 'node:events'
import { createReadStream, createWriteStream, readFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { pipeline } from 'node:stream/promises'
import { connect as connectTls, createServer as createServerTls } from 'node:tls'
import { playRole, startMeter, startRole } from './processes.mjs'

/**
 * What most people write first: a file stream piped into a socket, and the socket piped into a file stream. `pair` is the paths of an authority, a
 * certificate and its key; then it goes over TLS.
 */
export async function naivePipe({ source, target, pair }) {
  const receiver = startRole(import.meta.url, 'receiver', { target, pair })
  const sender = startRole(import.meta.url, 'sender', { source, pair })
  try {
    const { port } = await receiver.next()
    await sender.next()
    sender.tell({ port })
    const [sent, received] = await Promise.all([sender.next(), receiver.next()])
    return { seconds: received.seconds, octets: received.octets, sides: { sender: sent, receiver: received } }
  } finally {
    await Promise.all([sender.end(), receiver.end()])
  }
}

async function send({ source, pair }) {
  process.send({ ready: true })
  const [{ port }] = await once(process, 'message')
  const meter = startMeter()
  const options = { host: '127.0.0.1', port }
  const socket = pair === undefined ? connect(options) : connectTls({ ...options, ca: readFileSync(pair.ca), servername: 'localhost' })
  await pipeline(createReadStream(source), socket)
  process.send(meter.stop())
}

async function receive({ target, pair }) {
  const server =
    pair === undefined
      ? createServer()
      : createServerTls({ cert: readFileSync(pair.cert), key: readFileSync(pair.key), minVersion: 'TLSv1.3' })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  process.send({ port: server.address().port })
  const [socket] = await once(server, pair === undefined ? 'connection' : 'secureConnection')
  const meter = startMeter()
  const begin = performance.now()
  const file = createWriteStream(target)
  await pipeline(socket, file)
  process.send({ seconds: (performance.now() - begin) / 1000, octets: file.bytesWritten, ...meter.stop() })
  server.close()
}

if (process.argv[1] === new URL(import.meta.url).pathname) await playRole({ sender: send, receiver: receive })
