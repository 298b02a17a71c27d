import { readFileSync } from 'node:fs'
import { createClient } from '../dist/lib/node.js'
import { freePort, playRole, startMeter, startRole } from './processes.mjs'
import { touchMemory } from './touched-memory.mjs'

/**
 * What a user gets: one file from client to client through the library, in two processes over loopback, hash checked and on disk.
 */

/**
 * With `pair`, paths of an authority, a certificate and its key, all of it goes over TLS.
 * @returns seconds from the acceptance to the receiver's success report (`seconds`) and from the call of `send` (`whole`); CPU from the acceptance
 */
export async function push({ source, into, pair }) {
  touchMemory(into)
  const [bobPort, alicePort] = [await freePort(), await freePort()]
  const to = addressOf('bob', bobPort, pair)
  const receiver = startRole(import.meta.url, 'receiver', { listen: to, into, pair })
  const sender = startRole(import.meta.url, 'sender', { listen: addressOf('alice', alicePort, pair), to, source, pair })
  try {
    await Promise.all([receiver.next(), sender.next()])
    sender.tell('go')
    const [sent, received] = await Promise.all([sender.next(), receiver.next()])
    const sides = { sender: sent, receiver: received }
    return { seconds: sent.seconds, octets: received.octets, sides, figures: { 'with hash and offer, s': sent.whole } }
  } finally {
    await Promise.all([receiver.end(), sender.end()])
  }
}

function addressOf(name, port, pair) {
  return `sip:${name}@127.0.0.1:${port};transport=${pair === undefined ? 'tcp' : 'tls'}`
}

function protection(pair) {
  if (pair === undefined) return {}
  return { profile: 'secure', tls: { cert: readFileSync(pair.cert), key: readFileSync(pair.key), ca: readFileSync(pair.ca) } }
}

async function receive({ listen, into, pair }) {
  const bob = await createClient({ aor: 'sip:bob@127.0.0.1', listen, into, ...protection(pair) })
  process.send({ ready: true })
  for await (const offer of bob.offers()) {
    const meter = startMeter()
    const report = await offer.accept().done
    const [file] = report.files
    if (!report.ok) throw file?.error ?? report.error ?? new Error(file?.state)
    process.send({ path: file.path, octets: file.bytes, ...meter.stop() })
    // The sender ends the session; the parent ends this process.
  }
}

async function send({ listen, to, source, pair }) {
  const alice = await createClient({ aor: 'sip:alice@127.0.0.1', listen, releaseTimer: 0, ...protection(pair) })
  const go = new Promise(resolve => process.once('message', resolve))
  process.send({ ready: true })
  await go
  const begin = performance.now()
  let accepted
  let meter
  const transfer = alice.send(to, source)
  for await (const event of transfer) {
    if (accepted !== undefined || event.type !== 'state' || (event.state !== 'accepted' && event.state !== 'sending')) continue
    accepted = performance.now()
    meter = startMeter()
  }
  const report = await transfer.done
  const end = performance.now()
  if (!report.ok) throw report.files[0]?.error ?? report.error ?? new Error(report.files[0]?.state)
  process.send({ seconds: (end - accepted) / 1000, whole: (end - begin) / 1000, ...meter.stop() })
  await alice.close()
}

if (process.argv[1] === new URL(import.meta.url).pathname) await playRole({ sender: send, receiver: receive })
