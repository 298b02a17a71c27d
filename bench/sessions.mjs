import { once } from 'node:events'
import { linkSync, mkdirSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { CpmClient } from '../dist/lib/client.js'
import { nodeHost } from '../dist/lib/node.js'
import { freePort, playRole, startMeter, startRole } from './processes.mjs'

/** Transfers of one pair of clients at most: they share one session, which has room for 64 files, and one connection. */
const TRANSFERS_OF_PAIR = 50

/**
 * Many transfers at once between two processes, each of the same file `source`, hash checked and on disk. Up to 50 are between the same two
 * clients; there are as many pairs as that needs. Time runs from the first file that is accepted to the last report.
 */
export async function sessions({ source, count, folder }) {
  const ports = []
  for (let pair = 0; pair < Math.ceil(count / TRANSFERS_OF_PAIR); pair++) ports.push(await freePort())
  const into = join(folder, 'received')
  const paths = linksTo(source, join(folder, 'sent'), count)
  mkdirSync(into)
  const receiver = startRole(import.meta.url, 'receiver', { ports, into })
  const sender = startRole(import.meta.url, 'sender', { ports, paths })
  try {
    await Promise.all([receiver.next(), sender.next()])
    receiver.tell('go')
    sender.tell('go')
    const sent = await sender.next()
    receiver.tell('over')
    const received = await receiver.next()
    await mustBeWhole(into, source, count)
    return { seconds: sent.seconds, octets: sent.octets, sides: { sender: sent.use, receiver: received.use } }
  } finally {
    await Promise.all([sender.end(), receiver.end()])
  }
}

/** Names of their own for one file: one place in memory, hashed once. */
function linksTo(source, folder, count) {
  mkdirSync(folder)
  const paths = Array.from({ length: count }, (_, index) => join(folder, `file-${index}.bin`))
  for (const path of paths) linkSync(source, path)
  return paths
}

async function mustBeWhole(into, source, count) {
  const { size } = await stat(source)
  const names = await readdir(into)
  if (names.length !== count) throw new Error(`${names.length} of ${count} files arrived`)
  for (const name of names) if ((await stat(join(into, name))).size !== size) throw new Error(`${name} is not whole`)
}

const openAll = (names, ports, options) => {
  const host = nodeHost()
  return Promise.all(ports.map((port, pair) => CpmClient.open(host, { aor: `sip:${names}${pair}@127.0.0.1`, ...options(port) })))
}

async function receive({ ports, into }) {
  const clients = await openAll('bob', ports, port => ({ listen: `sip:127.0.0.1:${port};transport=tcp`, into }))
  for (const client of clients)
    void (async () => {
      for await (const offer of client.offers()) offer.accept()
    })()
  process.send({ ready: true })
  await once(process, 'message')
  const meter = startMeter()
  await once(process, 'message')
  process.send({ use: meter.stop() })
}

async function send({ ports, paths }) {
  const clients = await openAll('alice', ports, () => ({ listen: 'sip:127.0.0.1;transport=tcp' }))
  process.send({ ready: true })
  await once(process, 'message')
  const meter = startMeter()
  let begin
  let octets = 0
  const one = async (path, index) => {
    const pair = index % ports.length
    const transfer = clients[pair].send(`sip:bob${pair}@127.0.0.1:${ports[pair]};transport=tcp`, path)
    for await (const event of transfer) if (event.type === 'state' && event.state === 'sending') begin ??= performance.now()
    const { ok, files, error } = await transfer.done
    if (!ok) throw files[0]?.error ?? error ?? new Error('not delivered')
    octets += files[0].bytes
  }
  await Promise.all(paths.map(one))
  process.send({ seconds: (performance.now() - begin) / 1000, octets, use: meter.stop() })
}

if (process.argv[1] === new URL(import.meta.url).pathname) await playRole({ sender: send, receiver: receive })
