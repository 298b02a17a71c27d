import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { createClient } from '../dist/lib/node.js'
import { freePort, playRole, startMeter, startRole } from './processes.mjs'

/** How long a client takes to answer OPTIONS while it receives files from another one. */

/** Milliseconds between two questions, and without an answer until one counts as lost. */
const PACE = 5
const PATIENCE = 2000
/** Questions of a client that receives nothing. */
const IDLE = 300

export const suite = {
  name: 'sip-latency',
  title: 'the answer of a client to OPTIONS over UDP, each 5 ms, while files arrive',
  about:
    'The files go to a file system in memory, hash checked, between two processes. `p99` and `median` are milliseconds of one question. `10 files, plain Node` sends ' +
    'questions back as they came and receives ten files without a protocol, hashed on other threads.',
  bounds: 'One thread reads, hashes and writes files and answers SIP: a question waits for what the turn before it does.',
  size: 64,
  short: { size: 16 },
  unit: 'answers/s',
  scenarios: {
    idle: { run: context => latency(0, context) },
    '1 file': { run: context => latency(1, context) },
    '10 files, plain Node': { run: context => latency(10, context, new URL('plain-latency.mjs', import.meta.url)) },
    '10 files': {
      floor: '10 files, plain Node',
      run: context => latency(10, context),
      goals: [
        { figure: 'p99', most: 20 },
        { figure: 'lost', most: 0 },
      ],
    },
  },
}

async function latency(files, { source, folder }, script = import.meta.url) {
  const [sipPort, port] = [await freePort(), await freePort()]
  const into = join(folder, 'received')
  mkdirSync(into)
  const receiver = startRole(script, 'receiver', { port: sipPort, into, from: port, files })
  const sender = startRole(script, 'sender', { port, to: `sip:bob@127.0.0.1:${sipPort};transport=tcp`, source, files })
  const asker = await startAsker(sipPort)
  try {
    await Promise.all([receiver.next(), sender.next()])
    // what is asked first is compiled first
    await asker.ask(() => asker.count < IDLE)
    asker.forget()
    let over = files === 0
    receiver.tell('go')
    sender.tell('go')
    const sent = files === 0 ? undefined : sender.next().then(result => ((over = true), result))
    const begin = performance.now()
    await asker.ask(() => (files === 0 ? asker.count < IDLE : !over))
    const seconds = (performance.now() - begin) / 1000
    await sent
    receiver.tell('over')
    const { use } = await receiver.next()
    return { seconds, operations: asker.times.length, sides: { receiver: use }, figures: asker.figures() }
  } finally {
    asker.close()
    await Promise.all([sender.end(), receiver.end()])
    rmSync(into, { recursive: true })
  }
}

/** Asks without waiting for the answer before. */
async function startAsker(port) {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const own = socket.address().port
  const asked = new Map()
  const asker = {
    times: [],
    count: 0,
    forget() {
      asked.clear()
      asker.times = []
      asker.count = 0
    },
    async ask(goesOn) {
      while (goesOn()) {
        const id = `${process.hrtime.bigint()}`
        asked.set(id, performance.now())
        asker.count++
        socket.send(options(id, port, own), port, '127.0.0.1')
        await sleep(PACE)
      }
      const late = performance.now() + PATIENCE
      while (asked.size > 0 && performance.now() < late) await sleep(PACE)
    },
    figures() {
      const sorted = [...asker.times].sort((a, b) => a - b)
      const at = share => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]
      return { median: at(0.5), p99: at(0.99), lost: asked.size }
    },
    close: () => socket.close(),
  }
  socket.on('message', bytes => {
    const id = /^Call-ID: (\d+)/im.exec(bytes.toString('latin1'))?.[1]
    const begin = asked.get(id)
    if (begin === undefined) return
    asked.delete(id)
    asker.times.push(performance.now() - begin)
  })
  return asker
}

function options(id, port, own) {
  const lines = [
    `OPTIONS sip:bob@127.0.0.1:${port} SIP/2.0`,
    `Via: SIP/2.0/UDP 127.0.0.1:${own};branch=z9hG4bK${id}`,
    'Max-Forwards: 70',
    `From: <sip:asker@127.0.0.1>;tag=${id}`,
    `To: <sip:bob@127.0.0.1:${port}>`,
    `Call-ID: ${id}`,
    'CSeq: 1 OPTIONS',
    'Content-Length: 0',
  ]
  return `${lines.join('\r\n')}\r\n\r\n`
}

async function receive({ port, into }) {
  const bob = await createClient({ aor: 'sip:bob@127.0.0.1', listen: `sip:127.0.0.1:${port}`, into })
  void (async () => {
    for await (const offer of bob.offers()) offer.accept()
  })()
  process.send({ ready: true })
  await once(process, 'message')
  const meter = startMeter()
  await once(process, 'message')
  process.send({ use: meter.stop() })
}

async function send({ port, to, source, files }) {
  const alice = await createClient({ aor: 'sip:alice@127.0.0.1', listen: `sip:127.0.0.1:${port};transport=tcp` })
  process.send({ ready: true })
  await once(process, 'message')
  const reports = await Promise.all(Array.from({ length: files }, () => alice.send(to, source).done))
  for (const { ok, files: parts, error } of reports) if (!ok) throw parts[0]?.error ?? error ?? new Error('not delivered')
  process.send({ done: true })
}

if (process.argv[1] === new URL(import.meta.url).pathname) await playRole({ receiver: receive, sender: send })
