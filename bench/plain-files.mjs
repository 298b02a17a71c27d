import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { close, fsync, mkdirSync, openSync, readSync, renameSync, writeSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { createServer, connect } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { partsOf } from './parts.mjs'
import { playRole, startMeter, startRole } from './processes.mjs'

const [closed, synced] = [promisify(close), promisify(fsync)]

/** One turn of a file, as in MSRP between several files of a connection (CON-18), and what stands before it: the file and how much of it comes. */
const TURN = 64 * 1024
const HEAD = 8
/** Octets of a connection that wait for the system. */
const WINDOW = 1024 * 1024
const READ = 256 * 1024

/**
 * The least that a transfer of many files at once must do, in plain Node and without any protocol: `count` parts of `source` over as many
 * connections as `sessions` uses, in turns of 64 KiB, written where they belong, the SHA-1 of each checked against that of the sender, synced and
 * renamed, and confirmed. Hashes of the sender are made before, and files are open on both sides, as there.
 */
export async function plainFiles({ source, count, folder, connections }) {
  const into = join(folder, 'received')
  const paths = await partsOf(source, join(folder, 'sent'), count)
  const { size } = await stat(paths[0])
  mkdirSync(into)
  const receiver = startRole(import.meta.url, 'receiver', { count, into, size })
  const sender = startRole(import.meta.url, 'sender', { paths, size, connections })
  try {
    sender.tell(await receiver.next())
    const { digests } = await sender.next()
    receiver.tell({ digests })
    await receiver.next()
    sender.tell('begin')
    const sent = await sender.next()
    receiver.tell('end')
    const received = await receiver.next()
    const names = await readdir(into)
    if (names.length !== count) throw new Error(`${names.length} of ${count} files arrived`)
    return { seconds: sent.seconds, octets: size * count, sides: { sender: sent.use, receiver: received.use } }
  } finally {
    await Promise.all([sender.end(), receiver.end()])
  }
}

async function send({ paths, size, connections }) {
  const [{ port }] = await once(process, 'message')
  const files = paths.map(path => openSync(path, 'r'))
  const digests = files.map(file => digestOf(file, size))
  const sockets = await Promise.all(
    Array.from({ length: connections }, async () => {
      const socket = connect({ port, host: '127.0.0.1', noDelay: true })
      await once(socket, 'connect')
      return socket
    }),
  )
  process.send({ digests })
  await once(process, 'message')
  const meter = startMeter()
  const begin = performance.now()
  await Promise.all(
    sockets.map((socket, place) =>
      sendOver(
        socket,
        files.map((file, index) => ({ file, index })).filter(({ index }) => index % connections === place),
        size,
      ),
    ),
  )
  process.send({ seconds: (performance.now() - begin) / 1000, use: meter.stop() })
}

function digestOf(file, size) {
  const hash = createHash('sha1')
  const block = Buffer.allocUnsafe(READ)
  for (let done = 0; done < size; ) {
    const length = readSync(file, block, 0, READ, done)
    hash.update(block.subarray(0, length))
    done += length
  }
  return hash.digest('hex')
}

/** Settles when the peer has confirmed all files with an octet each. */
function sendOver(socket, files, size) {
  const turns = []
  for (let position = 0; position < size; position += TURN) for (const { file, index } of files) turns.push({ file, index, position })
  const free = []
  let next = 0
  let confirmed = 0
  return new Promise((resolve, reject) => {
    const go = () => {
      while (next < turns.length && socket.writableLength < WINDOW) {
        const { file, index, position } = turns[next++]
        const length = Math.min(TURN, size - position)
        const block = free.pop() ?? Buffer.allocUnsafeSlow(HEAD + TURN)
        block.writeUInt32BE(index, 0)
        block.writeUInt32BE(length, 4)
        readSync(file, block, HEAD, length, position)
        socket.write(block.subarray(0, HEAD + length), () => {
          free.push(block)
          go()
        })
      }
    }
    socket.on('data', bytes => {
      confirmed += bytes.length
      if (confirmed === files.length) resolve()
    })
    socket.on('error', reject)
    go()
  })
}

async function receive({ count, into, size }) {
  const files = Array.from({ length: count }, (_, index) => ({
    path: join(into, `file-${index}.part`),
    file: openSync(join(into, `file-${index}.part`), 'w'),
    hash: createHash('sha1'),
    done: 0,
  }))
  const server = createServer({ noDelay: true, highWaterMark: READ }, socket => receiveOver(socket, files, size))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  process.send({ port: server.address().port })
  const [{ digests }] = await once(process, 'message')
  digests.forEach((digest, index) => (files[index].digest = digest))
  const meter = startMeter()
  process.send({ ready: true })
  await once(process, 'message')
  process.send({ use: meter.stop() })
}

function receiveOver(socket, files, size) {
  const head = Buffer.alloc(HEAD)
  let headed = 0
  let left = 0
  let current
  socket.on('data', bytes => {
    for (let from = 0; from < bytes.length; ) {
      if (left === 0) {
        const length = Math.min(HEAD - headed, bytes.length - from)
        bytes.copy(head, headed, from, from + length)
        headed += length
        from += length
        if (headed < HEAD) continue
        headed = 0
        current = files[head.readUInt32BE(0)]
        left = head.readUInt32BE(4)
        continue
      }
      const part = bytes.subarray(from, from + left)
      writeSync(current.file, part, 0, part.length, current.done)
      current.hash.update(part)
      current.done += part.length
      left -= part.length
      from += part.length
      if (current.done === size) void finish(current, socket)
    }
  })
  socket.on('error', () => {})
}

async function finish({ file, path, hash, digest }, socket) {
  if (hash.digest('hex') !== digest) throw new Error(`${path} is not what was sent`)
  await synced(file)
  await closed(file)
  renameSync(path, path.replace('.part', '.bin'))
  socket.write('.')
}

if (process.argv[1] === new URL(import.meta.url).pathname) await playRole({ sender: send, receiver: receive })
