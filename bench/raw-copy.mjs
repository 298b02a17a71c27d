import { once } from 'node:events'
import { closeSync, fstatSync, openSync, write } from 'node:fs'
import { connect, createServer } from 'node:net'
import { dirname } from 'node:path'
import { sendFile } from './file-lanes.mjs'
import { playRole, startMeter, startRole } from './processes.mjs'
import { touchMemory } from './touched-memory.mjs'

/**
 * The anchor A of every ratio: the fastest file copy over TCP we could write in plain Node, in two processes.
 * Four blocks are read ahead of the socket; the receiver lets the system fill blocks of its own and writes them by position.
 */
const BLOCK = 1024 * 1024
const BLOCKS = 4

/** @returns seconds from the first octet on the wire to the last written, memory and CPU of both sides */
export async function rawCopy({ source, target }) {
  touchMemory(dirname(target))
  const sender = startRole(import.meta.url, 'sender', { source })
  const { port } = await sender.next()
  const receiver = startRole(import.meta.url, 'receiver', { target, port })
  try {
    const [sent, received] = await Promise.all([sender.next(), receiver.next()])
    return { seconds: received.seconds, octets: received.octets, sides: { sender: sent, receiver: received } }
  } finally {
    await Promise.all([sender.end(), receiver.end()])
  }
}

async function send({ source }) {
  const meter = startMeter()
  const file = openSync(source, 'r')
  const { size } = fstatSync(file)
  const server = createServer({ noDelay: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  process.send({ port: server.address().port })
  const [socket] = await once(server, 'connection')
  await sendFile({ file, size, socket, blocks: BLOCKS, block: BLOCK })
  socket.end()
  await once(socket, 'close')
  closeSync(file)
  server.close()
  process.send(meter.stop())
}

async function receive({ target, port }) {
  const meter = startMeter()
  const file = openSync(target, 'w')
  // One block more than may be waiting for the disk: a paused socket still holds one.
  const free = Array.from({ length: BLOCKS + 1 }, () => Buffer.allocUnsafeSlow(BLOCK))
  let begin = 0
  let octets = 0
  let pending = 0
  let ended = false
  let paused = false
  await new Promise((resolve, reject) => {
    const finish = () => ended && pending === 0 && resolve()
    const socket = connect({
      host: '127.0.0.1',
      port,
      onread: {
        buffer: () => free.pop(),
        callback(length, block) {
          if (octets === 0) begin = performance.now()
          const at = octets
          octets += length
          pending++
          write(file, block, 0, length, at, (error, written) => {
            if (error || written !== length) return reject(error ?? new Error('short write'))
            pending--
            free.push(block)
            if (paused) {
              paused = false
              socket.resume()
            }
            finish()
          })
          paused = free.length <= 1
          return !paused
        },
      },
    })
    socket.on('error', reject)
    socket.on('end', () => {
      ended = true
      finish()
    })
  })
  const seconds = (performance.now() - begin) / 1000
  closeSync(file)
  process.send({ seconds, octets, ...meter.stop() })
}

if (process.argv[1] === new URL(import.meta.url).pathname) await playRole({ sender: send, receiver: receive })
