import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, open, readdir, readFile } from 'node:fs/promises'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { createClient } from '../dist/lib/node.js'
import { makeFile } from './files.mjs'
import { freePort, playRole, startMeter, startRole } from './processes.mjs'

/** Makes the files of one run. @returns their paths */
export async function makeSmallFiles(folder, { count, octets }) {
  await mkdir(folder)
  const paths = Array.from({ length: count }, (_, index) => join(folder, `file-${index}.bin`))
  for (const path of paths) makeFile(path, octets)
  return paths
}

/**
 * Small files from client to client, hash checked and on disk, from the call of `send` to the last report.
 * @param batch files of one `send`; the next one begins when it is done. Default: all of them, which the client divides itself
 * @param store whether both sides keep a record of their transfers, as the command line does
 */
export async function smallFiles({ paths, batch = paths.length, store = false, folder }) {
  const [bob, alice] = [await freePort(), await freePort()]
  const into = join(folder, 'received')
  await mkdir(into)
  const receiver = startRole(import.meta.url, 'receiver', { port: bob, into, ...(store && { store: join(folder, 'bob.db') }) })
  const to = `sip:bob@127.0.0.1:${bob};transport=tcp`
  const sender = startRole(import.meta.url, 'sender', { port: alice, to, paths, batch, ...(store && { store: join(folder, 'alice.db') }) })
  try {
    await Promise.all([receiver.next(), sender.next()])
    receiver.tell('go')
    sender.tell('go')
    const sent = await sender.next()
    receiver.tell('over')
    const received = await receiver.next()
    await mustBeSame(paths, into)
    return { seconds: sent.seconds, operations: paths.length, sides: { sender: sent.use, receiver: received.use } }
  } finally {
    await Promise.all([sender.end(), receiver.end()])
  }
}

/** The same files one after the other over one connection in plain Node, hashed at both ends, without asking and without sync. */
export async function rawFiles({ paths, folder }) {
  const into = join(folder, 'received')
  await mkdir(into)
  const sender = startRole(import.meta.url, 'raw-sender', { paths })
  const { port } = await sender.next()
  const receiver = startRole(import.meta.url, 'raw-receiver', { into, port, count: paths.length })
  try {
    const received = await receiver.next()
    const sent = await sender.next()
    await mustBeSame(paths, into)
    return { seconds: received.seconds, operations: paths.length, sides: { sender: sent.use, receiver: received.use } }
  } finally {
    await Promise.all([sender.end(), receiver.end()])
  }
}

async function mustBeSame(paths, into) {
  const names = await readdir(into)
  if (names.length !== paths.length) throw new Error(`${names.length} of ${paths.length} files arrived`)
  const last = paths[paths.length - 1]
  const [was, is] = [await readFile(last), await readFile(join(into, last.slice(last.lastIndexOf('/') + 1)))]
  if (!was.equals(is)) throw new Error('a file arrived with other octets')
}

async function receive({ port, into, store }) {
  const listen = `sip:bob@127.0.0.1:${port};transport=tcp`
  const bob = await createClient({ aor: 'sip:bob@127.0.0.1', listen, into, ...(store !== undefined && { store }) })
  void (async () => {
    for await (const offer of bob.offers()) offer.accept()
  })()
  process.send({ ready: true })
  await once(process, 'message')
  const meter = startMeter()
  await once(process, 'message')
  process.send({ use: meter.stop() })
  await bob.close()
}

async function send({ port, to, paths, batch, store }) {
  const listen = `sip:alice@127.0.0.1:${port};transport=tcp`
  const alice = await createClient({ aor: 'sip:alice@127.0.0.1', listen, ...(store !== undefined && { store }) })
  process.send({ ready: true })
  await once(process, 'message')
  const meter = startMeter()
  const begin = performance.now()
  for (let first = 0; first < paths.length; first += batch) {
    const report = await alice.send(to, paths.slice(first, first + batch)).done
    if (!report.ok) throw report.files.find(({ error }) => error)?.error ?? report.error ?? new Error('not delivered')
  }
  process.send({ seconds: (performance.now() - begin) / 1000, use: meter.stop() })
  await alice.close()
}

async function sendRaw({ paths }) {
  const server = createServer({ noDelay: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  process.send({ port: server.address().port })
  const [socket] = await once(server, 'connection')
  const meter = startMeter()
  for (const path of paths) {
    const octets = await readFile(path)
    const head = Buffer.alloc(24)
    head.writeUInt32BE(octets.length)
    createHash('sha1').update(octets).digest().copy(head, 4)
    socket.write(head)
    if (!socket.write(octets)) await once(socket, 'drain')
  }
  socket.end()
  process.send({ use: meter.stop() })
}

async function receiveRaw({ into, port, count }) {
  const socket = connect({ host: '127.0.0.1', port })
  await once(socket, 'connect')
  const meter = startMeter()
  const begin = performance.now()
  let left = Buffer.alloc(0)
  let index = 0
  for await (const part of socket) {
    left = left.length === 0 ? part : Buffer.concat([left, part])
    for (let size = sizeOf(left); size !== undefined; size = sizeOf(left)) {
      const octets = left.subarray(24, size)
      if (!createHash('sha1').update(octets).digest().equals(left.subarray(4, 24))) throw new Error('wrong octets')
      const file = await open(join(into, `file-${index++}.bin`), 'wx')
      await file.write(octets)
      await file.close()
      left = left.subarray(size)
    }
  }
  if (index !== count) throw new Error(`${index} of ${count} files arrived`)
  process.send({ seconds: (performance.now() - begin) / 1000, use: meter.stop() })
}

function sizeOf(octets) {
  if (octets.length < 24) return undefined
  const size = 24 + octets.readUInt32BE()
  return octets.length < size ? undefined : size
}

if (process.argv[1] === new URL(import.meta.url).pathname)
  await playRole({ sender: send, receiver: receive, 'raw-sender': sendRaw, 'raw-receiver': receiveRaw })
