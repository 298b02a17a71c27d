import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { CpmClient } from '../dist/lib/client.js'
import { nodeHost } from '../dist/lib/node.js'
import { partsOf } from './parts.mjs'
import { playRole, startMeter, startRole } from './processes.mjs'

/** Transfers of one pair of clients at most: they share one session, which has room for 64 files, and one connection. */
export const TRANSFERS_OF_PAIR = 50

/**
 * Many transfers at once between two processes, each of its own part of the file `source`, hash checked and on disk. Up to 50 are between the
 * same two clients; there are as many pairs as that needs.
 * @param whole time and CPU are from the first call of `send` to the last report. Otherwise no octet leaves before the last file was accepted,
 *   and they are from that moment until the peer has confirmed the last octet
 */
export async function sessions({ source, count, folder, whole = false }) {
  const pairs = Math.ceil(count / TRANSFERS_OF_PAIR)
  const into = join(folder, 'received')
  const paths = await partsOf(source, join(folder, 'sent'), count)
  mkdirSync(into)
  const receiver = startRole(import.meta.url, 'receiver', { pairs, into })
  const sender = startRole(import.meta.url, 'sender', { paths, whole })
  try {
    sender.tell(await receiver.next())
    await sender.next()
    receiver.tell('begin')
    await receiver.next()
    sender.tell('begin')
    const sent = await sender.next()
    receiver.tell('end')
    const received = await receiver.next()
    await mustBeWhole(into, paths)
    return { seconds: sent.seconds, octets: sent.octets, sides: { sender: sent.use, receiver: received.use } }
  } finally {
    await Promise.all([sender.end(), receiver.end()])
  }
}

async function mustBeWhole(into, paths) {
  const { size } = await stat(paths[0])
  const names = await readdir(into)
  if (names.length !== paths.length) throw new Error(`${names.length} of ${paths.length} files arrived`)
  for (const name of names) if ((await stat(join(into, name))).size !== size) throw new Error(`${name} is not whole`)
}

const openAll = (host, name, count, options = {}) =>
  Promise.all(
    Array.from({ length: count }, (_, pair) =>
      CpmClient.open(host, { aor: `sip:${name}${pair}@127.0.0.1`, listen: 'sip:127.0.0.1;transport=tcp', ...options }),
    ),
  )

async function receive({ pairs, into }) {
  const clients = await openAll(nodeHost(), 'bob', pairs, { into })
  for (const client of clients)
    void (async () => {
      for await (const offer of client.offers()) offer.accept()
    })()
  process.send({ contacts: clients.map(({ contact }) => contact) })
  await once(process, 'message')
  const meter = startMeter()
  process.send({ begun: true })
  await once(process, 'message')
  process.send({ use: meter.stop() })
}

async function send({ paths, whole }) {
  const [{ contacts }] = await once(process, 'message')
  let open
  const gate = new Promise(resolve => (open = resolve))
  const host = whole ? nodeHost() : heldBack(nodeHost(), gate)
  const clients = await openAll(host, 'alice', contacts.length)
  const [accepted, confirmed] = [countdown(paths.length), countdown(paths.length)]
  const one = async (path, index) => {
    const pair = index % contacts.length
    const transfer = clients[pair].send(contacts[pair], path)
    for await (const event of transfer) {
      if (event.type === 'state' && event.state === 'accepted') accepted.one()
      else if (event.type === 'progress' && event.bytes === event.total) confirmed.one()
    }
    const { ok, files, error } = await transfer.done
    if (!ok) throw files[0]?.error ?? error ?? new Error('not delivered')
    return files[0].bytes
  }
  const sendAll = () => Promise.all(paths.map(one))
  const held = whole ? undefined : sendAll()
  if (!whole) await Promise.race([accepted.all, held])
  process.send({ ready: true })
  await once(process, 'message')
  const meter = startMeter()
  const begin = performance.now()
  open()
  const sent = held ?? sendAll()
  await (whole ? sent : Promise.race([confirmed.all, sent]))
  const [seconds, use] = [(performance.now() - begin) / 1000, meter.stop()]
  process.send({ seconds, use, octets: (await sent).reduce((sum, octets) => sum + octets, 0) })
}

/** A host whose files can be hashed but not read before `gate` opens. */
function heldBack(host, gate) {
  const open = async path => {
    const source = await host.open(path)
    const { name, type, size, modified } = source
    const read = async (position, length) => {
      await gate
      return source.read(position, length)
    }
    const hash = options => source.hash(options)
    return { name, type, size, modified, path, read, release: block => source.release(block), hash, close: () => source.close() }
  }
  return { ...host, open }
}

function countdown(left) {
  let end
  const all = new Promise(resolve => (end = resolve))
  return { all, one: () => --left === 0 && end() }
}

if (process.argv[1] === new URL(import.meta.url).pathname) await playRole({ sender: send, receiver: receive })
