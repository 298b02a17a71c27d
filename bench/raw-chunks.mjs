import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { closeSync, fstatSync, openSync, readv } from 'node:fs'
import { createServer } from 'node:net'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { Search } from '../dist/msrp/search.js'
import { sendFile } from './file-lanes.mjs'
import { playRole, startMeter, startRole } from './processes.mjs'
import { receiveFile } from './receive-file.mjs'
import { touchMemory } from './touched-memory.mjs'

/**
 * The least that chunks of one size cost in plain Node: the raw copy with a head and an end-line around so many octets of the file, each with a
 * transaction id of its own, an answer to each with its id, and a look for the end-line in all octets on both sides (RFC 4975 §7.1). Nothing else is made
 * or read: heads and answers are there already but for ids and ranges, the file is read into the room between them, all of it is written at once, and
 * the receiver goes by lengths that it knows.
 */
const BLOCKS = 4
/** Octets of the file that are read and written at once. */
const BATCH = 1024 * 1024

const PATHS = ['To', 'From'].map(name => `${name}-Path: msrp://127.0.0.1:40000/bulk000000000000000${name.length};tcp`).join('\r\n')
const ID = '0'.repeat(32)
const [BEFORE_ID, BEFORE_RANGE] = ['MSRP '.length, `MSRP ${ID} SEND\r\n${PATHS}\r\nMessage-ID: 8Jq2Lx71Zk\r\nByte-Range: `]
const DIGITS = 12
const RANGE = `${'0'.repeat(DIGITS)}-*/1073741824`
const HEAD = Buffer.from(`${BEFORE_RANGE}${RANGE}\r\nContent-Type: application/octet-stream\r\n\r\n`)
const END = Buffer.from(`\r\n-------${ID}+\r\n`)
const ANSWER = Buffer.from(`MSRP ${ID} 200 OK\r\n${PATHS}\r\n-------${ID}$\r\n`)

/** @returns as the raw copy, when each chunk is answered */
export async function rawChunks({ source, target, chunk }) {
  touchMemory(dirname(target))
  const sender = startRole(import.meta.url, 'sender', { source, chunk })
  const { port } = await sender.next()
  const receiver = startRole(import.meta.url, 'receiver', { target, port, chunk })
  try {
    const [sent, received] = await Promise.all([sender.next(), receiver.next()])
    return { seconds: received.seconds, octets: received.octets, sides: { sender: sent, receiver: received } }
  } finally {
    await Promise.all([sender.end(), receiver.end()])
  }
}

async function send({ source, chunk }) {
  const meter = startMeter()
  const file = openSync(source, 'r')
  const { size } = fstatSync(file)
  if (size % chunk > 0) throw new Error('the file does not consist of whole chunks')
  const server = createServer({ noDelay: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  process.send({ port: server.address().port })
  const [socket] = await once(server, 'connection')
  let unanswered = (size / chunk) * ANSWER.length
  const answered = new Promise(resolve =>
    socket.on('data', bytes => {
      unanswered -= bytes.length
      if (unanswered === 0) resolve()
    }),
  )
  await sendFile({ size, socket, lanes: Array.from({ length: BLOCKS }, () => framedLane(file, chunk)) })
  await answered
  socket.end()
  await once(socket, 'close')
  closeSync(file)
  server.close()
  process.send(meter.stop())
}

/** Reads octets of the file between heads and end-lines that are there already. */
function framedLane(file, chunk) {
  const count = Math.max(1, BATCH / chunk)
  const readAll = promisify(readv)
  const search = new Search()
  const wire = Buffer.concat(Array.from({ length: count }, () => [HEAD, Buffer.alloc(chunk), END]).flat())
  const frame = wire.length / count
  const bodies = Array.from({ length: count }, (_, index) => wire.subarray(index * frame + HEAD.length, (index + 1) * frame - END.length))
  return {
    length: count * chunk,
    async read(at) {
      const { bytesRead } = await readAll(file, bodies, at)
      const filled = bytesRead / chunk
      const ids = randomBytes(16 * filled).toString('hex')
      for (let index = 0; index < filled; index++) {
        const id = ids.slice(32 * index, 32 * (index + 1))
        search.setPattern(id, '-------')
        if (search.find(bodies[index], 0, chunk) >= 0) throw new Error('an end-line among random octets')
        const begin = index * frame
        wire.latin1Write(id, begin + BEFORE_ID)
        wire.latin1Write(`${at + index * chunk + 1}`.padStart(DIGITS, '0'), begin + BEFORE_RANGE.length)
        wire.latin1Write(id, begin + frame - END.length + '\r\n-------'.length)
      }
      return filled === count ? wire : wire.subarray(0, filled * frame)
    },
  }
}

async function receive({ target, port, chunk }) {
  const search = new Search()
  const head = Buffer.from(HEAD)
  const [bodyEnd, frame] = [HEAD.length + chunk, HEAD.length + chunk + END.length]
  const room = Buffer.concat(Array.from({ length: Math.ceil(BATCH / frame) + 1 }, () => ANSWER))
  /** Where in a chunk the next octet is, and how many chunks ended in this read. */
  let [position, ended] = [0, 0]
  // bodies move to the start of their block, so that one write takes them
  const take = (block, length) => {
    let filled = 0
    ended = 0
    for (let at = 0; at < length; ) {
      const next = Math.min(length, at + nextBorder(position) - position)
      if (position < HEAD.length) {
        block.copy(head, position, at, next)
        if (position + next - at === HEAD.length) search.setPattern(head.latin1Slice(BEFORE_ID, BEFORE_ID + ID.length), '-------')
      } else if (position < bodyEnd) {
        if (search.find(block, at, next) >= 0) throw new Error('an end-line among random octets')
        block.copyWithin(filled, at, next)
        filled += next - at
      }
      position += next - at
      at = next
      if (position < frame) continue
      position = 0
      answered(room, ended++ * ANSWER.length, head)
    }
    return filled
  }
  const nextBorder = from => (from < HEAD.length ? HEAD.length : from < bodyEnd ? bodyEnd : frame)
  const answer = () => (ended === 0 ? undefined : Buffer.from(room.subarray(0, ended * ANSWER.length)))
  process.send(await receiveFile({ target, port, take, answer }))
}

/** Puts the id of `head` into the answer at `offset`. */
function answered(answers, offset, head) {
  head.copy(answers, offset + BEFORE_ID, BEFORE_ID, BEFORE_ID + ID.length)
  head.copy(answers, offset + ANSWER.length - ID.length - '$\r\n'.length, BEFORE_ID, BEFORE_ID + ID.length)
}

if (process.argv[1] === new URL(import.meta.url).pathname) await playRole({ sender: send, receiver: receive })
