import { once } from 'node:events'
import { closeSync, fstatSync, openSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname } from 'node:path'
import { lanesOf, sendFile } from './file-lanes.mjs'
import { lookForEnd } from './look-for-end.mjs'
import { playRole, startMeter, startRole } from './processes.mjs'
import { receiveFile } from './receive-file.mjs'
import { touchMemory } from './touched-memory.mjs'

/**
 * The anchor A of every ratio: the fastest file copy over TCP we could write in plain Node, in two processes.
 * Four blocks are read ahead of the socket; the receiver lets the system fill blocks of its own and writes them by position.
 */
const BLOCK = 1024 * 1024
const BLOCKS = 4

/**
 * With `sha1` the receiver hashes what it writes, and it is over when it knows that it is the same; with `looks` both sides look for an end-line.
 * @returns seconds from the first octet on the wire to the last written, memory and CPU of both sides
 */
export async function rawCopy({ source, target, sha1, looks }) {
  touchMemory(dirname(target))
  const sender = startRole(import.meta.url, 'sender', { source, looks })
  const { port } = await sender.next()
  const receiver = startRole(import.meta.url, 'receiver', { target, port, hash: sha1 !== undefined, looks })
  try {
    const [sent, received] = await Promise.all([sender.next(), receiver.next()])
    if (sha1 !== received.digest) throw new Error('another hash')
    return { seconds: received.seconds, octets: received.octets, sides: { sender: sent, receiver: received } }
  } finally {
    await Promise.all([sender.end(), receiver.end()])
  }
}

async function send({ source, looks }) {
  const meter = startMeter()
  const file = openSync(source, 'r')
  const { size } = fstatSync(file)
  const server = createServer({ noDelay: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  process.send({ port: server.address().port })
  const [socket] = await once(server, 'connection')
  await sendFile({ size, socket, lanes: lanesOf(file, { count: BLOCKS, block: BLOCK, look: looks && lookForEnd() }) })
  socket.resume().end()
  await once(socket, 'close')
  closeSync(file)
  server.close()
  process.send(meter.stop())
}

async function receive({ target, port, hash, looks }) {
  const look = looks ? lookForEnd() : () => {}
  const take = (block, length) => {
    look(block, length)
    return length
  }
  process.send(await receiveFile({ target, port, hash, take }))
}

if (process.argv[1] === new URL(import.meta.url).pathname) await playRole({ sender: send, receiver: receive })
