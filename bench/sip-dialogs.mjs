import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { ACCEPT, ALLOW } from '../dist/client/agent-options.js'
import { SipDriver } from '../dist/client/sip-driver.js'
import { nodeHost } from '../dist/node/index.js'
import { dialogAnswers, listen } from './node-answers.mjs'
import { cpuSeconds, freePort, peakMemory, playRole, startRole } from './processes.mjs'

/**
 * INVITE, 180, 200, ACK, BYE, 200: dialogs a second of our user agent on sockets, with SIPp's own client as load, against SIPp's own server
 * under the same load. No media: what is measured is SIP.
 */

/** Dialogs of one run: enough that the hundredths of a second in which Linux counts CPU time are few in a hundred. */
const DIALOGS = { many: 12_000, few: 5000 }
/** Dialogs before the measured ones, so that no compiler is measured: it is at work up to about the 5000th. */
const WARM_UP = 6000
/** What one run may take, seconds. */
const LIMIT = 15
/** Octets of the buffers of SIPp's UDP socket: with those it takes by itself it loses datagrams from about 8,000 dialogs a second on, and stands still. */
const BUFFER = 4_000_000

/** @param who `ours`, `sipp` or `node`, plain Node that only answers @param atOnce dialogs that live at one time @returns a sample: dialogs and seconds, CPU and memory of the server */
export async function sipDialog(who, transport, folder, atOnce) {
  const { seconds, good, failed, ...server } = await (who === 'sipp'
    ? measureSipp(transport, folder, atOnce)
    : measureNode(who, transport, folder, atOnce))
  return { seconds, operations: good, sides: { server }, figures: { failed } }
}

async function measureNode(role, transport, folder, atOnce) {
  const port = await freePort()
  const server = startRole(import.meta.url, role, { port, transport })
  try {
    await server.next()
    await load(transport, port, folder, atOnce, WARM_UP)
    server.tell('begin')
    const result = await load(transport, port, folder, atOnce)
    server.tell('report')
    const { cpu, memory } = await server.next()
    return { ...result, cpu, memory }
  } finally {
    await server.end()
  }
}

async function measureSipp(transport, folder, atOnce) {
  const port = await freePort()
  const server = sipp('server', ['-sn', 'uas', '-p', `${port}`, ...common(transport)], folder)
  try {
    // It says nothing that could be waited for
    await sleep(300)
    await load(transport, port, folder, atOnce, WARM_UP)
    const before = cpuOf(server.pid)
    const result = await load(transport, port, folder, atOnce)
    return { ...result, cpu: cpuOf(server.pid) - before }
  } finally {
    const ended = once(server, 'exit')
    if (server.exitCode === null) {
      server.kill('SIGKILL')
      await ended
    }
  }
}

/** SIPp as caller; `failed` counts dialogs that did not go through. */
async function load(transport, port, folder, atOnce, dialogs = atOnce > 100 ? DIALOGS.many : DIALOGS.few) {
  const statistics = join(folder, 'load.csv')
  const rate = ['-r', '100000', '-l', `${atOnce}`, '-m', `${dialogs}`, '-timeout', `${LIMIT}`]
  const files = ['-trace_stat', '-stf', statistics, '-fd', '1']
  const client = sipp('load', [`127.0.0.1:${port}`, '-sn', 'uac', '-s', 'bob', ...rate, ...files, ...common(transport)], folder)
  await once(client, 'exit')
  const [names, ...rows] = readFileSync(statistics, 'utf8')
    .trim()
    .split('\n')
    .map(line => line.split(';'))
  const last = rows.at(-1)
  const good = Number(last[names.indexOf('SuccessfulCall(C)')])
  const seconds = secondsOf(last[names.indexOf('CurrentTime')]) - secondsOf(last[names.indexOf('StartTime')])
  return { seconds, good, failed: dialogs - good }
}

/** CPU seconds of another process so far; Linux counts them in hundredths. */
function cpuOf(pid) {
  const text = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
  return (Number(fields[11]) + Number(fields[12])) / 100
}

/** `2030-01-31<TAB>12:00:00.123456<TAB>1895832000.123456` */
function secondsOf(text) {
  return Number(text.split('\t')[2])
}

function common(transport) {
  const own = ['-i', '127.0.0.1', '-bind_local', '-ci', '127.0.0.1', '-nostdin', '-watchdog_interval', '0']
  return transport === 'tcp' ? [...own, '-t', 't1'] : [...own, '-t', 'u1', '-buff_size', `${BUFFER}`]
}

/** Its screen goes to a file: on a pipe it hangs. */
function sipp(name, args, folder) {
  const screen = openSync(join(folder, `${name}.screen`), 'w')
  const child = spawn('sipp', args, { cwd: folder, stdio: ['ignore', screen, screen] })
  closeSync(screen)
  return child
}

const ANSWER = 'v=0\r\no=bob 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm=audio 49170 RTP/AVP 0\r\n'

async function serve({ port, transport }) {
  const host = nodeHost()
  const body = { contentType: 'application/sdp', bytes: new TextEncoder().encode(ANSWER) }
  const driver = await SipDriver.open({
    host,
    address: { host: '127.0.0.1', port },
    transports: [transport],
    agent: {
      aor: 'sip:bob@127.0.0.1',
      allow: ALLOW,
      accept: ACCEPT,
      supported: ['timer', '100rel'],
      // Finished transactions stay for 32 s over UDP, so the limits of a client would end the run early
      limits: { dialogs: 100_000, transactions: 1_000_000, finishedTransactions: 1_000_000 },
    },
    onEvent: event => {
      if (event.name !== 'incoming') return
      driver.command({ name: 'ring', id: event.id })
      driver.command({ name: 'accept', id: event.id, body })
    },
    onTrace: () => {},
  })
  report()
}

async function answer({ port, transport }) {
  await listen({ port, transport }, dialogAnswers(`sip:bob@127.0.0.1:${port};transport=${transport}`, ANSWER))
  report()
}

function report() {
  let before = cpuSeconds()
  process.on('message', message => {
    if (message === 'begin') before = cpuSeconds()
    else process.send({ cpu: cpuSeconds() - before, memory: peakMemory() })
  })
  process.send({ ready: true })
}

if (process.argv[1] === new URL(import.meta.url).pathname) await playRole({ ours: serve, node: answer })
