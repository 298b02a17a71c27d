import { once } from 'node:events'
import { closeSync, openSync, fstatSync, readFileSync, write } from 'node:fs'
import { dirname } from 'node:path'
import { connect, createServer } from 'node:tls'
import { sendFile } from './file-lanes.mjs'
import { playRole, startMeter, startRole } from './processes.mjs'
import { touchMemory } from './touched-memory.mjs'

/** The fastest file copy over TLS 1.3 we could write in plain Node, in two processes; the receiver connects, as only then it may choose its memory. */
const BLOCK = 128 * 1024
const AHEAD = 8
const RECEIVED = 1024 * 1024

/** @returns seconds from the first octet that came to the last written, memory and CPU of both sides */
export async function rawTls({ source, target, pair }) {
  touchMemory(dirname(target))
  const sender = startRole(import.meta.url, 'sender', { source, pair })
  const { port } = await sender.next()
  const receiver = startRole(import.meta.url, 'receiver', { target, port, pair })
  try {
    const [sent, received] = await Promise.all([sender.next(), receiver.next()])
    return { seconds: received.seconds, octets: received.octets, sides: { sender: sent, receiver: received } }
  } finally {
    await Promise.all([sender.end(), receiver.end()])
  }
}

async function send({ source, pair }) {
  const meter = startMeter()
  const file = openSync(source, 'r')
  const { size } = fstatSync(file)
  const server = createServer({ cert: readFileSync(pair.cert), key: readFileSync(pair.key), minVersion: 'TLSv1.3' })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  process.send({ port: server.address().port })
  const [socket] = await once(server, 'secureConnection')
  await sendFile({ file, size, socket, blocks: AHEAD, block: BLOCK })
  socket.end()
  await once(socket, 'close')
  closeSync(file)
  server.close()
  process.send(meter.stop())
}

async function receive({ target, port, pair }) {
  const meter = startMeter()
  const file = openSync(target, 'w')
  const free = Array.from({ length: 4 }, () => Buffer.allocUnsafeSlow(RECEIVED))
  let block = free.pop()
  let filled = 0
  let begin = 0
  let octets = 0
  let pending = 0
  let [ended, paused] = [false, false]
  await new Promise((resolve, reject) => {
    const finish = () => ended && pending === 0 && resolve()
    const flush = () => {
      const [full, length, at] = [block, filled, octets - filled]
      pending++
      block = free.pop() ?? Buffer.allocUnsafeSlow(RECEIVED)
      filled = 0
      write(file, full, 0, length, at, (error, written) => {
        if (error || written !== length) return reject(error ?? new Error('short write'))
        pending--
        free.push(full)
        if (paused) {
          paused = false
          socket.resume()
        }
        finish()
      })
    }
    const socket = connect({
      host: '127.0.0.1',
      port,
      ca: readFileSync(pair.ca),
      onread: {
        // records of 16 KiB gather in one block, so that they are written at once
        buffer: () => (filled === 0 ? block : block.subarray(filled)),
        callback(length) {
          if (octets === 0) begin = performance.now()
          octets += length
          filled += length
          if (block.length - filled >= 16 * 1024) return true
          flush()
          paused = pending >= 3
          return !paused
        },
      },
    })
    socket.on('error', reject)
    socket.on('end', () => {
      ended = true
      flush()
    })
  })
  const seconds = (performance.now() - begin) / 1000
  closeSync(file)
  process.send({ seconds, octets, ...meter.stop() })
}

if (process.argv[1] === new URL(import.meta.url).pathname) await playRole({ sender: send, receiver: receive })
