import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { closeSync, fstatSync, openSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { lanesOf, sendFile } from './file-lanes.mjs'
import { playRole, startMeter } from './processes.mjs'
import { receiveFile } from './receive-file.mjs'

/**
 * The floor of `sip-latency`: plain Node answers questions over UDP with their own octets while it receives files over TCP, a connection each, and
 * has them hashed on other threads. The roles do what those of `sip-latency.mjs` do.
 */
const BLOCK = 1024 * 1024
const BLOCKS = 4

async function receive({ port, into, from, files }) {
  const socket = createSocket('udp4')
  socket.on('message', (bytes, asker) => socket.send(bytes, asker.port, asker.address))
  socket.bind(port, '127.0.0.1')
  await once(socket, 'listening')
  process.send({ ready: true })
  await once(process, 'message')
  const meter = startMeter()
  const over = once(process, 'message')
  await Promise.all(
    Array.from({ length: files }, (_, index) => receiveFile({ target: join(into, `${index}.bin`), port: from, hash: true })),
  )
  await over
  process.send({ use: meter.stop() })
}

async function send({ port, source, files }) {
  const file = openSync(source, 'r')
  const { size } = fstatSync(file)
  let left = files
  const serve = async socket => {
    await sendFile({ size, socket, lanes: lanesOf(file, { count: BLOCKS, block: BLOCK }) })
    // the digest of the receiver ends it
    socket.resume().end()
    await once(socket, 'close')
    if (--left > 0) return
    closeSync(file)
    server.close()
    process.send({ done: true })
  }
  const server = createServer({ noDelay: true, allowHalfOpen: true }, socket => void serve(socket)).listen(port, '127.0.0.1')
  await once(server, 'listening')
  process.send({ ready: true })
}

if (process.argv[1] === new URL(import.meta.url).pathname) await playRole({ receiver: receive, sender: send })
