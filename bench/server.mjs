import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { makeUser, startServer } from '../dist/server/index.js'
import { median } from './timed-rounds.mjs'
import { cpuSeconds, freePort, peakMemory, playRole, startRole } from './processes.mjs'
import { dialogs, DOMAIN, PASSWORD, registrations, startCallee, USERS } from './server-load.mjs'

/**
 * Registrations and calls a second through the server, with SIPp as both ends, beside Kamailio as registrar and proxy under the same load:
 * digest for each of them, a Record-Route in each call. Kamailio keeps bindings in memory and may use several processes; the server writes
 * them to its database and is one process.
 */

/** Registrations, and calls, of one run. */
const COUNT = { register: { full: 10_000, short: 1000 }, invite: { full: 4000, short: 300 } }
/** The same before the measured ones, so that no compiler is measured. */
const WARM_UP = { register: { full: 6000, short: 300 }, invite: { full: 3000, short: 100 } }
const TRANSPORTS = ['udp', 'tcp']

/** @returns per load and transport the results of both in each round; undefined where SIPp or Kamailio is missing */
export async function serverSuite({ rounds, short }) {
  for (const [program, flag] of [
    ['sipp', '-v'],
    ['kamailio', '-v'],
  ])
    if (spawnSync(program, [flag], { stdio: 'ignore' }).error !== undefined) return undefined
  const form = short ? 'short' : 'full'
  const folder = mkdtempSync(join(tmpdir(), 'cpmft-bench-'))
  const results = { register: { udp: empty(), tcp: empty() }, invite: { udp: empty(), tcp: empty() } }
  try {
    for (let round = short ? 1 : 0; round <= rounds; round++) {
      for (const transport of TRANSPORTS) {
        const order = round % 2 === 0 ? ['ours', 'kamailio'] : ['kamailio', 'ours']
        for (const name of order) {
          const measured = await measure(name === 'ours' ? startOurs : startKamailio, transport, folder, form)
          if (round > 0) for (const load of ['register', 'invite']) results[load][transport][name].push(measured[load])
        }
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  return results
}

export function reportServer(results) {
  for (const [load, transports] of Object.entries(results)) {
    for (const [transport, { ours, kamailio }] of Object.entries(transports)) {
      const ratios = ours.map((run, round) => run.rate / kamailio[round].rate)
      const cpu = ours.map((run, round) => run.cpu / kamailio[round].cpu)
      const micro = runs => `${(median(runs.map(run => run.cpu)) * 1e6).toFixed(0)} µs`
      const failed = runs => runs.reduce((sum, run) => sum + run.failed, 0)
      const parts = [
        `${load} over ${transport}`.padEnd(17),
        `${median(ours.map(run => run.rate)).toFixed(0)}/s`,
        `${median(ratios).toFixed(2)} x Kamailio (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`,
        `CPU ${micro(ours)}, ${median(cpu).toFixed(1)} x the ${micro(kamailio)} of Kamailio`,
        `peak memory ${Math.max(...ours.map(run => run.memory)).toFixed(0)} MB`,
        `failed ${failed(ours)} and ${failed(kamailio)}`,
      ]
      console.log(parts.join(' | '))
    }
  }
}

function empty() {
  return { ours: [], kamailio: [] }
}

async function measure(start, transport, folder, form) {
  const server = await start(folder)
  try {
    const results = {}
    const place = { port: server.port, transport, folder }
    results.register = await measured(server, count => registrations({ ...place, count }), 'register', form)
    const callee = await startCallee(place)
    try {
      results.invite = await measured(server, count => dialogs({ ...place, count }), 'invite', form)
    } finally {
      await callee.end()
    }
    return results
  } finally {
    await server.end()
  }
}

async function measured(server, load, name, form) {
  await load(WARM_UP[name][form])
  const count = COUNT[name][form]
  const before = await server.figures()
  const result = await load(count)
  const { cpu, memory } = await server.figures()
  return { ...result, cpu: (cpu - before.cpu) / count, memory }
}

async function startOurs(folder) {
  const port = await freePort()
  const role = startRole(import.meta.url, 'server', { port, data: mkdtempSync(join(folder, 'data-')) })
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

async function startKamailio(folder) {
  const port = await freePort()
  const own = mkdtempSync(join(folder, 'kamailio-'))
  const path = join(own, 'kamailio.cfg')
  writeFileSync(
    path,
    readFileSync(new URL('server-kamailio.cfg', import.meta.url), 'utf8')
      .replaceAll('@PORT@', port)
      .replaceAll('@DOMAIN@', DOMAIN)
      .replaceAll('@PASSWORD@', PASSWORD),
  )
  const child = spawn('kamailio', ['-f', path, '-DD', '-E', '-m', '256', '-Y', own, '-P', join(own, 'pid')], { stdio: 'ignore' })
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

/** A process and its children; Kamailio's have none of their own. */
function treeOf(pid) {
  const children = readdirSync('/proc').filter(name => {
    try {
      return /^\d+$/.test(name) && statOf(name)[1] === String(pid)
    } catch {
      return false
    }
  })
  return [pid, ...children]
}

/** Fields of `/proc/PID/stat` behind the name of the program: state, parent, … */
function statOf(pid) {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}

/** Seconds; Linux counts them in hundredths. */
function cpuOf(pid) {
  const fields = statOf(pid)
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** MB that no other process shares. */
function privateMemoryOf(pid) {
  try {
    const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8')
    return Number(/^Pss:\s+(\d+)/m.exec(text)[1]) / 1024
  } catch {
    return 0
  }
}

if (process.argv[1] === new URL(import.meta.url).pathname) await playRole({ server: serve })
