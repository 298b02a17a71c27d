import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeUser, startServer } from '../dist/server/index.js'
import { makeKamailioDatabase } from './kamailio-database.mjs'
import { listen, registrarAnswers } from './node-answers.mjs'
import { cpuOf, privateMemoryOf, treeOf } from './process-tree.mjs'
import { cpuSeconds, freePort, peakMemory, playRole, startRole } from './processes.mjs'
import { dialogs, DOMAIN, PASSWORD, registrations, startCallee, USERS } from './server-load.mjs'

/**
 * Registrations and calls a second through the server, with SIPp as both ends, beside Kamailio as registrar and proxy under the same load:
 * digest for each of them, a Record-Route in each call. Kamailio keeps bindings in memory, or writes them to SQLite as the server does, and may
 * use several processes; the server is one. Plain Node that only answers registrations tells what the server could take at least.
 */

/** Registrations, and calls, of one run. */
const COUNT = { register: { full: 6000, short: 1000 }, invite: { full: 1500, short: 300 } }
/** The same before the measured ones, so that no compiler is measured: it is at work up to about the 6000th registration. */
const WARM_UP = { register: { full: 6000, short: 300 }, invite: { full: 1500, short: 100 } }

const START = {
  cpmft: folder => startRoleAs('server', { data: mkdtempSync(join(folder, 'data-')) }),
  node: (_folder, transport) => startRoleAs('answers', { transport }),
  kamailio: folder => startKamailio(folder, false),
  'kamailio, database': folder => startKamailio(folder, true),
}

/**
 * @param who a name of `START`
 * @param load `register` or `invite`
 * @returns a sample: operations and seconds, CPU and memory of the server
 */
export async function serverLoad(who, { load, transport, folder, form }) {
  const server = await START[who](folder, transport)
  try {
    const place = { port: server.port, transport, folder }
    if (load === 'register') return await measured(server, count => registrations({ ...place, count }), load, form)
    const callee = await startCallee(place)
    try {
      return await measured(server, count => dialogs({ ...place, count }), load, form)
    } finally {
      await callee.end()
    }
  } finally {
    await server.end()
  }
}

async function measured(server, load, name, form) {
  await load(WARM_UP[name][form])
  const count = COUNT[name][form]
  const before = await server.figures()
  const { rate, failed } = await load(count)
  const { cpu, memory } = await server.figures()
  return {
    seconds: (count - failed) / rate,
    operations: count - failed,
    sides: { server: { cpu: cpu - before.cpu, memory } },
    figures: { failed },
  }
}

async function startRoleAs(name, setup) {
  const port = await freePort()
  const role = startRole(import.meta.url, name, { port, ...setup })
  await role.next()
  const figures = () => {
    role.tell('report')
    return role.next()
  }
  return { port, figures, end: () => role.end() }
}

async function serve({ port, data }) {
  const server = await startServer({
    listen: [`sip:127.0.0.1:${port}`],
    domains: [DOMAIN],
    data,
    // SIPp 3.6 and the configuration of Kamailio below know no other
    algorithms: ['MD5'],
  })
  for (const user of USERS) await server.database.users.put(makeUser({ aor: `sip:${user}@${DOMAIN}`, password: PASSWORD, created: 0 }))
  process.on('message', () => process.send({ cpu: cpuSeconds(), memory: peakMemory() }))
  process.send({ ready: true })
}

async function answer({ port, transport }) {
  await listen({ port, transport }, registrarAnswers({ domain: DOMAIN, password: PASSWORD, users: USERS }))
  process.on('message', () => process.send({ cpu: cpuSeconds(), memory: peakMemory() }))
  process.send({ ready: true })
}

async function startKamailio(folder, withDatabase) {
  const port = await freePort()
  const own = mkdtempSync(join(folder, 'kamailio-'))
  const path = join(own, 'kamailio.cfg')
  writeFileSync(
    path,
    readFileSync(new URL('server-kamailio.cfg', import.meta.url), 'utf8')
      .replaceAll('@PORT@', port)
      .replaceAll('@DOMAIN@', DOMAIN)
      .replaceAll('@PASSWORD@', PASSWORD)
      .replaceAll('@DATABASE@', join(own, 'kamailio.db')),
  )
  if (withDatabase) makeKamailioDatabase(join(own, 'kamailio.db'), { users: USERS, domain: DOMAIN, password: PASSWORD })
  const defined = withDatabase ? ['-A', 'WITH_DATABASE'] : []
  const places = ['-Y', own, '-P', join(own, 'pid')]
  const child = spawn('kamailio', ['-f', path, '-DD', '-E', '-m', '256', ...defined, ...places], { stdio: 'ignore' })
  // It says nothing that could be waited for
  for (let tries = 0; tries < 100 && treeOf(child.pid).length < 4; tries++) await sleep(50)
  await sleep(500)
  const figures = async () => {
    const all = treeOf(child.pid)
    return { cpu: all.reduce((sum, pid) => sum + cpuOf(pid), 0), memory: all.reduce((sum, pid) => sum + privateMemoryOf(pid), 0) }
  }
  const end = async () => {
    if (child.exitCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGTERM')
    await ended
  }
  return { port, figures, end }
}

if (process.argv[1] === new URL(import.meta.url).pathname) await playRole({ server: serve, answers: answer })
