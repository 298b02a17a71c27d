import { mkdtempSync } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import { CpmClient } from '../dist/lib/client.js'
import { createClient, group, nodeHost } from '../dist/lib/node.js'
import { startServer } from '../dist/lib/server.js'
import { cpuSeconds, peakMemory, playRole, startRole } from './processes.mjs'

/**
 * The whole service: a client sends a file to a defined group through the server, the members are clients in one process of their own, which
 * throw the octets away and take the hash as read. From the first octet at a member to the end of the last one.
 */
export async function fanoutFocus({ source, sha1, legs, folder }) {
  const server = startRole(import.meta.url, 'server', { legs, data: mkdtempSync(join(folder, 'data-')) })
  const { proxy } = await server.next()
  const members = startRole(import.meta.url, 'members', { legs, proxy, sha1, folder })
  const sender = startRole(import.meta.url, 'sender', { source, proxy })
  try {
    await Promise.all([members.next(), sender.next()])
    server.tell({ begin: true })
    await server.next()
    sender.tell({ begin: true })
    const received = await arrival(members, sender, server)
    server.tell({ over: true })
    return { ...received, ...(await server.next()) }
  } finally {
    await Promise.all([sender.end(), members.end(), server.end()])
  }
}

/** Milliseconds after which a transfer that goes on stands still: the largest takes a tenth. */
const STILL = 60_000

/** What the members say when all have it. A sender that failed is heard at once, and when nothing moves the server is asked where it stands. */
async function arrival(members, sender, server) {
  const received = members.next()
  const sent = sender.next()
  let timer
  const still = new Promise(resolve => (timer = setTimeout(resolve, STILL, 'still')))
  // the sender hears of the end later, by a notification
  const first = await Promise.race([received, sent.then(() => received), still])
  clearTimeout(timer)
  server.tell({})
  const { groups } = await server.next()
  if (first === 'still') throw new Error(`the transfer stands still: ${JSON.stringify(groups)}`)
  await sent
  return { ...first, spooled: Math.max(0, ...groups.passages.map(({ spooled }) => spooled)) }
}

const TEAM = 'sip:team@cpm.test'

async function serve({ legs, data }) {
  const listen = [{ host: '127.0.0.1', port: 0, transports: ['tcp'] }]
  const limits = { connections: 5000, connectionsPerAddress: 5000 }
  const server = await startServer({ listen, data, openRegistration: true, limits })
  const members = ['alice', ...Array.from({ length: legs }, (_, leg) => `m${leg}`)].map(name => ({
    uri: `sip:${name}@cpm.test`,
    hidden: false,
  }))
  await server.database.groups.put({ name: 'Team', uri: TEAM, members, senders: 'members', maxSize: legs + 1 })
  process.send({ proxy: server.addresses[0].uri })
  await once(process, 'message')
  const before = cpuSeconds()
  process.send({ ready: true })
  for (let isOver = false; !isOver; ) {
    const [{ over = false }] = await once(process, 'message')
    if (!over) process.send({ groups: server.groups })
    isOver = over
  }
  process.send({ memory: peakMemory(), cpu: cpuSeconds() - before })
  await server.close()
}

async function send({ source, proxy }) {
  const client = await createClient({ aor: 'sip:alice@cpm.test', proxy })
  await client.ready
  process.send({ ready: true })
  await once(process, 'message')
  const report = await client.send(group(TEAM), source).done
  const failed = report.recipients.filter(({ state }) => state !== 'delivered' && state !== 'displayed')
  if (failed.length > 0) throw new Error(`${failed.length} members did not get it: ${failed[0].state}`)
  process.send({ over: true })
  await client.close()
}

async function receive({ legs, proxy, sha1, folder }) {
  const digest = new Uint8Array(Buffer.from(sha1, 'hex'))
  const state = { begin: 0, octets: 0, ended: 0 }
  const over = new Promise(resolve => (state.resolve = resolve))
  for (let leg = 0; leg < legs; leg++) {
    const host = { ...nodeHost(), create: async () => nowhere(digest, state, legs) }
    const client = await CpmClient.open(host, { aor: `sip:m${leg}@cpm.test`, proxy })
    await client.ready
    void (async () => {
      for await (const offer of client.offers()) offer.accept(undefined, { into: folder })
    })()
  }
  process.send({ ready: true })
  const end = await over
  process.send({ seconds: (end - state.begin) / 1000, octets: state.octets })
}

/** A place for a file that keeps nothing. */
function nowhere(sha1, state, legs) {
  let size = 0
  return {
    pending: 0,
    onError: undefined,
    write(_, bytes) {
      state.begin ||= performance.now()
      size += bytes.length
      state.octets += bytes.length
    },
    drained: async () => {},
    async finish() {
      if (++state.ended === legs) state.resolve(performance.now())
      return { size, sha1 }
    },
    commit: async () => '/dev/null',
    discard: async () => {},
  }
}

if (process.argv[1] === new URL(import.meta.url).pathname) await playRole({ server: serve, sender: send, members: receive })
