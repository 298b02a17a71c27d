import { once } from 'node:events'
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { connect, createServer } from 'node:tls'
import { openBlockFile } from './block-file.mjs'
import { lanesOf, sendFile } from './file-lanes.mjs'
import { lookForEnd } from './look-for-end.mjs'
import { playRole, startMeter, startRole } from './processes.mjs'
import { touchMemory } from './touched-memory.mjs'

/** The fastest file copy over TLS 1.3 we could write in plain Node, in two processes; the receiver connects, as only then it may choose its memory. */
const BLOCK = 128 * 1024
const AHEAD = 8
const RECEIVED = 1024 * 1024
const RECEIVED_BLOCKS = 5
/** Largest record of TLS. */
const RECORD = 16 * 1024

/**
 * With `sha1` the receiver hashes what it writes, and it is over when it knows that it is the same; with `looks` both sides look for an end-line.
 * @returns seconds from the first octet that came to the last written, memory and CPU of both sides
 */
export async function rawTls({ source, target, pair, sha1, looks }) {
  touchMemory(dirname(target))
  const sender = startRole(import.meta.url, 'sender', { source, pair, looks })
  const { port } = await sender.next()
  const receiver = startRole(import.meta.url, 'receiver', { target, port, pair, hash: sha1 !== undefined, looks })
  try {
    const [sent, received] = await Promise.all([sender.next(), receiver.next()])
    if (sha1 !== received.digest) throw new Error('another hash')
    return { seconds: received.seconds, octets: received.octets, sides: { sender: sent, receiver: received } }
  } finally {
    await Promise.all([sender.end(), receiver.end()])
  }
}

async function send({ source, pair, looks }) {
  const meter = startMeter()
  const file = openSync(source, 'r')
  const { size } = fstatSync(file)
  const server = createServer({ cert: readFileSync(pair.cert), key: readFileSync(pair.key), minVersion: 'TLSv1.3' })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  process.send({ port: server.address().port })
  const [socket] = await once(server, 'secureConnection')
  await sendFile({ size, socket, lanes: lanesOf(file, { count: AHEAD, block: BLOCK, look: looks && lookForEnd() }) })
  socket.resume().end()
  await once(socket, 'close')
  closeSync(file)
  server.close()
  process.send(meter.stop())
}

async function receive({ target, port, pair, hash, looks }) {
  const look = looks && lookForEnd()
  let [begin, octets, filled, paused] = [0, 0, 0, false]
  let [socket, fail] = []
  const file = await openBlockFile(target, {
    blocks: RECEIVED_BLOCKS,
    block: RECEIVED,
    hash,
    onError: error => fail(error),
    onFree() {
      if (!paused) return
      paused = false
      socket.resume()
    },
  })
  const meter = startMeter()
  let block = file.take()
  const flush = () => {
    file.write(block, filled)
    block = file.take()
    filled = 0
  }
  await new Promise((resolve, reject) => {
    fail = reject
    socket = connect({
      host: '127.0.0.1',
      port,
      ca: readFileSync(pair.ca),
      allowHalfOpen: true,
      onread: {
        // records of 16 KiB gather in one block, so that they are written at once
        buffer: () => (filled === 0 ? block : block.subarray(filled)),
        callback(length, view) {
          begin ||= performance.now()
          octets += length
          filled += length
          look?.(view, length)
          if (block.length - filled >= RECORD) return true
          flush()
          // what is decrypted already still comes into the block that was just begun
          paused = file.left() === 0
          return !paused
        },
      },
    })
    socket.on('error', reject)
    socket.on('end', resolve)
  })
  flush()
  const digest = await file.finish()
  const seconds = (performance.now() - begin) / 1000
  socket.end(digest)
  process.send({ seconds, octets, digest, ...meter.stop() })
}

if (process.argv[1] === new URL(import.meta.url).pathname) await playRole({ sender: send, receiver: receive })
