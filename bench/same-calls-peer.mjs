import { once } from 'node:events'
import { createServer } from 'node:net'
import { playRole, startRole } from './processes.mjs'
import { OCTETS } from './same-calls-octets.cjs'

/** The other end of `same-calls.cjs`, in a process of its own: answers by the count of octets. `{ ports, end }` */
export async function startSamePeer() {
  const peer = startRole(import.meta.url, 'peer', {})
  const { ports } = await peer.next()
  return { ports, end: () => peer.end() }
}

/** By connection: how many octets are waited for, and how many are answered. */
const SIP = [
  [OCTETS.invite, OCTETS.accepted],
  [OCTETS.ack + OCTETS.closing, OCTETS.closed],
  [OCTETS.bye, OCTETS.over],
]
const MSRP = [[OCTETS.send, OCTETS.answeredAndReported]]

async function peer() {
  const servers = [SIP, MSRP].map(turns => createServer({ noDelay: true }, socket => serve(socket, turns)).listen(0, '127.0.0.1'))
  await Promise.all(servers.map(server => once(server, 'listening')))
  process.send({ ports: servers.map(server => server.address().port) })
}

function serve(socket, turns) {
  let [turn, count] = [0, 0]
  socket.on('error', () => {})
  socket.on('data', bytes => {
    count += bytes.length
    for (; turn < turns.length && count >= turns[turn][0]; turn++) {
      count -= turns[turn][0]
      socket.write(Buffer.alloc(turns[turn][1], '.'))
    }
  })
}

if (process.argv[1] === new URL(import.meta.url).pathname) await playRole({ peer })
