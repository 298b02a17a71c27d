import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { FileReader } from '../dist/client/file-reader.js'
import { MsrpDriver } from '../dist/client/index.js'
import { nodeHost } from '../dist/node/index.js'
import { median } from './statistics.mjs'
import { playRole, startMeter, startRole } from './processes.mjs'
import { touchMemory } from './touched-memory.mjs'

/**
 * MSRP alone, on the sockets and files that the client uses: no SIP, no hash. Every file is a session of its own, all of them on one connection;
 * `small` messages of 10 KiB go over it one after the other while they run. `pair` is the paths of an authority, a certificate and its key:
 * then it goes over TLS.
 */

const SMALL = 10 * 1024
/** Octets of chunks of a given size that may be without an answer. */
const UNANSWERED = 4 * 1024 * 1024
/** Port of the side that connects: nobody connects to it. */
const NOWHERE = 9
/** What a sink may hold unwritten before its connection is not read, as in the client. */
const HIGH_WATER = 4 * 1024 * 1024

/** @returns seconds from the first octet that is asked for to the last report of success */
export async function msrp({ sources, into, chunkSize, small = 0, pair }) {
  touchMemory(into)
  const bulk = sources.map((_, index) => idOf('bulk', index))
  const names = [...bulk, ...Array.from({ length: small }, (_, index) => idOf('tiny', index))]
  const receiver = startRole(import.meta.url, 'receiver', { names, into, pair })
  const sender = startRole(import.meta.url, 'sender', { bulk, sources, chunkSize, small, pair })
  try {
    const [{ port }] = await Promise.all([receiver.next(), sender.next()])
    sender.tell({ port })
    const { seconds, octets, figures, ...sent } = await sender.next()
    receiver.tell('enough')
    return { seconds, octets, sides: { sender: sent, receiver: await receiver.next() }, figures }
  } finally {
    await Promise.all([receiver.end(), sender.end()])
  }
}

async function receive({ names, into, pair }) {
  const host = nodeHost(tlsOf(pair))
  const sinks = new Map()
  const driver = await MsrpDriver.open({
    host,
    listen: '127.0.0.1',
    secure: pair !== undefined,
    endpoint: {},
    onEvent(event) {
      if (event.type === 'failed') fail(new Error(`${event.sessionId} failed: ${event.cause}`))
      if (event.type === 'body') take(sinks.get(event.sessionId), event)
      else if (event.type === 'complete') void finish(sinks.get(event.sessionId), event)
    },
    onNeedData: () => {},
    onTrace: () => {},
  })
  function take(sink, { offset, bytes }) {
    sink.write(offset, bytes)
    if (sink.pending > HIGH_WATER) driver.hold(sink.drained())
  }
  async function finish(sink, { sessionId, messageId }) {
    await sink.finish()
    await sink.commit()
    driver.push({ type: 'verdict', sessionId, messageId, status: 200 })
  }
  for (const name of names) {
    sinks.set(name, await host.create({ into, name, size: undefined, onConflict: 'rename', hash: false }))
    const localUri = uriOf(pair, driver.port, name)
    driver.push({
      type: 'add-session',
      session: { ...ends(localUri, uriOf(pair, NOWHERE, `${name}x`)), role: 'passive', direction: 'receive' },
    })
  }
  const meter = startMeter()
  process.send({ port: driver.port })
  await once(process, 'message')
  process.send(meter.stop())
}

async function send({ bulk, sources, chunkSize, small, pair }) {
  const host = nodeHost(tlsOf(pair))
  const waiting = new Map()
  const readers = new Map()
  const driver = await MsrpDriver.open({
    host,
    listen: '127.0.0.1',
    secure: false,
    endpoint: endpointOf(chunkSize),
    onEvent(event) {
      if (event.type === 'failed') fail(new Error(`${event.sessionId} failed: ${event.cause}`))
      if (event.type === 'answered') waiting.get(event.sessionId).answered = performance.now()
      if (event.type === 'reported') waiting.get(event.sessionId).resolve()
    },
    onNeedData: ({ sessionId, offset, length }) => readers.get(sessionId).need(offset, length),
    onTrace: () => {},
  })
  process.send({ ready: true })
  const [{ port }] = await once(process, 'message')
  const meter = startMeter()
  const begin = performance.now()
  const files = await Promise.all(sources.map(path => host.open(path)))
  const transfers = bulk.map((name, index) => transfer(name, files[index], port))
  const waits = []
  while (waits.length < small) {
    const tiny = {
      size: SMALL,
      read: async (offset, length) => new Uint8Array(SMALL).subarray(offset, offset + length),
      close: async () => {},
    }
    waits.push(await transfer(idOf('tiny', waits.length), tiny, port))
  }
  const times = await Promise.all(transfers)
  const seconds = (performance.now() - begin) / 1000
  const octets = files.reduce((sum, { size }) => sum + size, 0)
  const figures = {
    ...(small === 0 ? {} : { 'ms until a small message is answered': median(waits) }),
    ...(bulk.length === 1 ? {} : { 'first file done, share of the time of the last': Math.min(...times) / Math.max(...times) }),
  }
  process.send({ seconds, octets, figures, ...meter.stop() })

  async function transfer(name, source, toPort) {
    const sessionId = `${name}x`
    const deliver = (offset, bytes) => driver.push({ type: 'data', sessionId, offset, bytes })
    readers.set(sessionId, new FileReader(source, driver.ledger, deliver, fail))
    const entry = {}
    const done = new Promise(resolve => {
      entry.resolve = resolve
    })
    waiting.set(sessionId, entry)
    const start = performance.now()
    const target = { host: '127.0.0.1', port: toPort, secure: pair !== undefined }
    driver.push({
      type: 'add-session',
      session: { ...ends(uriOf(pair, NOWHERE, sessionId), uriOf(pair, toPort, name)), role: 'active', direction: 'send', target },
    })
    const message = { total: source.size, contentType: 'application/octet-stream', successReport: true, failureReport: 'yes' }
    driver.push({ type: 'send', sessionId, message })
    await done
    return entry.answered - start
  }
}

/** Told to the parent: what is thrown at a driver ends only a connection. */
function fail(error) {
  process.send({ error: error.stack ?? String(error) })
}

/** Small chunks may be as many octets without an answer as large ones: 64 of 2 KiB are less than the socket takes at once. */
function endpointOf(chunkSize) {
  return chunkSize === undefined ? {} : { chunkSize, limits: { unanswered: Math.max(64, Math.floor(UNANSWERED / chunkSize)) } }
}

/** What both ends of a session have in common. */
function ends(localUri, remoteUri) {
  return { localUri, remotePath: [remoteUri], acceptTypes: ['*'] }
}

function uriOf(pair, port, name) {
  return `${pair === undefined ? 'msrp' : 'msrps'}://127.0.0.1:${port}/${name};tcp`
}

function idOf(kind, index) {
  return `${kind}${String(index).padStart(16, '0')}`
}

function tlsOf(pair) {
  return pair === undefined ? {} : { tls: { cert: readFileSync(pair.cert), key: readFileSync(pair.key), ca: readFileSync(pair.ca) } }
}

/** The same file `times` times, each time a part of the whole as large as the others. */
export function parts({ file, size, folder }, times) {
  return { sources: Array.from({ length: times }, () => file(size / times)), into: join(folder) }
}

if (process.argv[1] === new URL(import.meta.url).pathname) await playRole({ sender: send, receiver: receive })
