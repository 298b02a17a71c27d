import { once } from 'node:events'
import { closeSync, openSync, read, write } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cpuSeconds, peakMemory, playRole, startRole } from './processes.mjs'
import { touchMemory } from './touched-memory.mjs'

/**
 * One file to many: a sender, a switch and the legs, each a process of its own. `raw` is what plain Node can do, `passage` the data path of
 * the group server without MSRP: the same sender and the same legs in both.
 */
const BLOCK = 1024 * 1024
const BLOCKS = 4
/** Octets on their way to one leg: a chunk of the server. */
const LEG_WINDOW = 256 * 1024
/** Octets a second of a slow leg. */
const SLOW = 30_000_000

/**
 * @param slow how many of the legs read slowly; they are not waited for
 * @param written with `raw`: all octets are written to a file besides
 * @returns seconds until the last octet at the last leg that is not slow, octets delivered to those, figures of the switch
 */
export async function fanout({ source, size, legs, how, slow = 0, written = false, folder }) {
  touchMemory(folder, 2 * (size / BLOCK))
  const sender = startRole(import.meta.url, 'sender', { source, size })
  const middle = startRole(import.meta.url, how, { legs, written, spool: join(folder, 'spool') })
  const receivers = startRole(import.meta.url, 'receivers', { legs, slow, size })
  try {
    const { port } = await middle.next()
    receivers.tell({ port })
    await receivers.next()
    middle.tell({ port: (await sender.next()).port })
    const received = await receivers.next()
    middle.tell({ over: true })
    const figures = await middle.next()
    return { seconds: received.seconds, octets: received.octets, ...figures }
  } finally {
    await Promise.all([sender.end(), middle.end(), receivers.end()])
  }
}

async function send({ source, size }) {
  const readAt = promisify(read)
  const file = openSync(source, 'r')
  const server = createServer({ noDelay: true }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  process.send({ port: server.address().port })
  const [socket] = await once(server, 'connection')
  socket.on('error', () => {})
  const free = Array.from({ length: BLOCKS }, () => Buffer.allocUnsafeSlow(BLOCK))
  let wake = () => {}
  for (let position = 0; position < size; ) {
    while (free.length === 0) await new Promise(resolve => (wake = resolve))
    const block = free.pop()
    const { bytesRead } = await readAt(file, block, 0, Math.min(BLOCK, size - position), position)
    position += bytesRead
    socket.write(block.subarray(0, bytesRead), () => {
      free.push(block)
      wake()
    })
  }
  socket.end()
  closeSync(file)
}

/** Discards what comes; a slow leg stops reading after each block until it would be time. */
async function receive({ legs, slow, size }) {
  const [{ port }] = await once(process, 'message')
  const scratch = Buffer.allocUnsafeSlow(BLOCK)
  let begin = 0
  const counted = Array.from({ length: legs }, () => 0)
  const finished = []
  const connected = []
  for (let leg = 0; leg < legs; leg++) {
    const isSlow = leg < slow
    let report
    if (!isSlow) finished.push(new Promise(resolve => (report = resolve)))
    const socket = connect({
      host: '127.0.0.1',
      port,
      onread: {
        buffer: scratch,
        callback(length) {
          begin ||= performance.now()
          counted[leg] += length
          if (counted[leg] === size) report?.()
          if (!isSlow) return true
          setTimeout(() => socket.resume(), (length / SLOW) * 1000)
          return false
        },
      },
    })
    socket.on('error', () => {})
    connected.push(once(socket, 'connect'))
  }
  await Promise.all(connected)
  process.send({ ready: true })
  await Promise.all(finished)
  const seconds = (performance.now() - begin) / 1000
  process.send({ seconds, octets: counted.slice(slow).reduce((sum, count) => sum + count, 0) })
}

/** Waits for all legs, then gives the port of the sender. */
async function gather(legs, targets, server) {
  process.send({ port: server.address().port })
  const source = once(process, 'message')
  while (targets.length < legs) await once(server, 'connection')
  return (await source)[0].port
}

/**
 * The anchor: the system fills blocks of ours, each is written to every leg, and to a file if there is to be one, and reading stops while all blocks wait
 * for the slowest one.
 */
async function raw({ legs, written, spool }) {
  const file = written ? openSync(spool, 'w') : undefined
  let octets = 0
  const free = Array.from({ length: BLOCKS + 1 }, () => Buffer.allocUnsafeSlow(BLOCK))
  const targets = []
  const server = createServer({ noDelay: true }, socket => targets.push(socket.on('error', () => {}))).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const port = await gather(legs, targets, server)
  const before = cpuSeconds()
  let paused = false
  const socket = connect({
    host: '127.0.0.1',
    port,
    onread: {
      buffer: () => free.pop(),
      callback(length, block) {
        let left = legs + (written ? 1 : 0)
        const done = error => {
          if (error) throw error
          if (--left > 0) return
          free.push(block)
          if (!paused) return
          paused = false
          socket.resume()
        }
        for (const target of targets) target.write(block.subarray(0, length), done)
        if (written) write(file, block, 0, length, octets, done)
        octets += length
        paused = free.length <= 1
        return !paused
      },
    },
  })
  await once(process, 'message')
  process.send({ memory: peakMemory(), cpu: cpuSeconds() - before })
}

/** Our data path: the passage host between connections of our host. */
async function passage({ legs, spool }) {
  const { HashPool, nodeHost, OpenResources } = await import('../dist/node/index.js')
  const { PassageHost } = await import('../dist/server/passage-host.js')
  const host = nodeHost({ limits: { maxConnections: 10_000 } })
  const hashes = new HashPool(new OpenResources())
  const targets = []
  let connection
  const passages = new PassageHost({
    folder: spool,
    hashes,
    after: (milliseconds, callback) => host.after(milliseconds, callback),
    hold: until => {
      connection.pause()
      void until.then(() => connection.resume())
    },
    onEvent: event => {
      if (event.name === 'failed') throw new Error(event.detail)
      if (event.name !== 'octets') return
      const target = targets[Number(event.reader)]
      target.asking = false
      target.offset += event.bytes.length
      target.inFlight += event.bytes.length
      target.connection.write([event.bytes])
      ask(target)
    },
  })
  const ask = target => {
    if (target.asking || target.inFlight >= LEG_WINDOW) return
    target.asking = true
    passages.command({ name: 'read', passage: 'p', reader: target.reader, offset: target.offset, length: LEG_WINDOW - target.inFlight })
  }
  const listener = await host.listen({
    transport: 'tcp',
    host: '127.0.0.1',
    port: 0,
    onConnection: leg => {
      const target = { reader: `${targets.length}`, connection: leg, offset: 0, inFlight: 0, asking: false }
      targets.push(target)
      leg.start({
        onBytes: () => {},
        onWritten: length => {
          target.inFlight -= length
          ask(target)
        },
        onClosed: () => passages.command({ name: 'leave', passage: 'p', reader: target.reader }),
      })
    },
  })
  process.send({ port: listener.address.port })
  const [{ port }] = await once(process, 'message')
  while (targets.length < legs) await new Promise(resolve => setTimeout(resolve, 5))
  const before = cpuSeconds()
  passages.command({ name: 'open', passage: 'p', total: undefined, limit: Number.MAX_SAFE_INTEGER, keep: false })
  for (const target of targets) ask(target)
  let offset = 0
  connection = await host.connect({ transport: 'tcp', host: '127.0.0.1', port, holdable: 64 * BLOCK })
  connection.start({
    onBytes: bytes => {
      passages.command({ name: 'write', passage: 'p', offset, bytes })
      offset += bytes.length
    },
    onWritten: () => {},
    onClosed: () => passages.command({ name: 'finish', passage: 'p' }),
  })
  await once(process, 'message')
  process.send({ memory: peakMemory(), cpu: cpuSeconds() - before, spooled: passages.figures.spooled })
  await passages.close()
  await hashes.close()
  await host.close()
}

if (process.argv[1] === new URL(import.meta.url).pathname) await playRole({ sender: send, receivers: receive, raw, passage })
