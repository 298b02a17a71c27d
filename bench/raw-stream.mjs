import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { playRole, startMeter, startRole } from './processes.mjs'

/** The same octets over and over from memory to a receiver that throws them away: TCP and Node without any file. */
const BLOCK = 1024 * 1024

export async function rawStream({ size }) {
  const sender = startRole(import.meta.url, 'sender', { size })
  const { port } = await sender.next()
  const receiver = startRole(import.meta.url, 'receiver', { port })
  try {
    const [sent, received] = await Promise.all([sender.next(), receiver.next()])
    return { seconds: received.seconds, octets: received.octets, sides: { sender: sent, receiver: received } }
  } finally {
    await Promise.all([sender.end(), receiver.end()])
  }
}

async function send({ size }) {
  const block = Buffer.alloc(BLOCK, 1)
  const server = createServer({ noDelay: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  process.send({ port: server.address().port })
  const [socket] = await once(server, 'connection')
  const meter = startMeter()
  for (let left = size; left > 0; left -= BLOCK) {
    if (!socket.write(block.subarray(0, Math.min(left, BLOCK)))) await once(socket, 'drain')
  }
  socket.end()
  await once(socket, 'close')
  server.close()
  process.send(meter.stop())
}

async function receive({ port }) {
  const meter = startMeter()
  let begin = 0
  let octets = 0
  const onread = {
    buffer: Buffer.allocUnsafeSlow(BLOCK),
    callback(length) {
      begin ||= performance.now()
      octets += length
      return true
    },
  }
  const socket = connect({ host: '127.0.0.1', port, onread })
  await once(socket, 'end')
  process.send({ seconds: (performance.now() - begin) / 1000, octets, ...meter.stop() })
}

if (process.argv[1] === new URL(import.meta.url).pathname) await playRole({ sender: send, receiver: receive })
