import { once } from 'node:events'
import { mkdirSync } from 'node:fs'
import { createServer } from 'node:net'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { certificateIn } from './certificate.mjs'
import { CPMFT, environmentIn, sendArguments, startReceiver } from './command-line.mjs'
import { present, startHttpServer, startSshServer } from './peer-servers.mjs'
import { runProgram, startProgram } from './programs.mjs'
import { startSamePeer } from './same-calls-peer.mjs'
import { median } from './statistics.mjs'

const SMALL = 1024
/** Starts of one program in one round; their median is the result of the round. */
const STARTS = { full: 10, short: 3 }
const SAME_CALLS = fileURLToPath(new URL('same-calls.cjs', import.meta.url))

/** How long a short command takes, most of it before its first line runs. */
export const suite = {
  name: 'startup',
  title: `commands that do little, from their start to their end; files of ${SMALL} octets`,
  about:
    '`to INVITE` is the time from the start of `cpmft send` until the first octet of its INVITE is on the wire. `cpmft send` is the whole ' +
    'transfer to a `cpmft receive` that runs already: offer, acceptance, file, report, goodbye. `node, same calls` is its floor: a script of one ' +
    'file without any library that opens the same sockets and writes and reads as many octets in the same turns, against a peer that only ' +
    'counts them. Each command has run before on this machine, so that its compiled code is kept.',
  bounds: 'The start of Node itself, then the loading of our own code.',
  measure: 'time',
  setUp,
  tearDown: async own => {
    await Promise.all([own.receiver, own.samePeer, own.http, own.ssh].map(server => server?.end()))
    own.listener.close()
  },
  scenarios: {
    'node -e 0': { run: starts(() => runProgram(process.execPath, ['-e', '0'])) },
    'cpmft --version': ours(({ env }) => runProgram(process.execPath, [CPMFT, '--version'], { env })),
    'cpmft describe': ours(({ env, source }) => runProgram(process.execPath, [CPMFT, 'describe', source], { env })),
    'to INVITE': ours(toInvite),
    curl: {
      baseline: 'node -e 0',
      needs: ['curl', 'nginx'],
      run: starts(({ http, source, target }) =>
        runProgram('curl', ['-sSf', '-o', target, `${http.plain}/files/${source.slice(dirname(source).length + 1)}`]),
      ),
    },
    scp: {
      baseline: 'node -e 0',
      needs: ['scp', 'sshd'],
      run: starts(({ ssh, source, target }) => runProgram('scp', ssh.copy(source, target))),
    },
    'node, same calls': {
      baseline: 'node -e 0',
      run: starts(({ samePeer, source }) => runProgram(process.execPath, [SAME_CALLS, ...samePeer.ports.map(String), source])),
    },
    'cpmft send': {
      floor: 'node, same calls',
      ...ours(({ env, source, receiver }) => runProgram(process.execPath, sendArguments({ to: receiver.to, source }), { env })),
      goals: [
        { figure: 'ratio', of: 'scp', most: 0.3 },
        { figure: 'time', above: 'node -e 0', most: 50 },
      ],
    },
  },
}

function ours(run) {
  return { baseline: 'node -e 0', run: starts(run) }
}

/** Each start by itself; their median is the sample. */
function starts(run) {
  return async ({ own, folder, short }) => {
    const times = []
    for (let start = 0; start < STARTS[short ? 'short' : 'full']; start++) {
      const { seconds } = await run({ ...own, target: join(folder, 'target.bin') })
      times.push(seconds)
    }
    return { seconds: median(times) }
  }
}

async function setUp({ folder, file }) {
  const source = file(SMALL)
  const [home, ssh, http, certificates, into] = ['home', 'ssh', 'http', 'certificates', 'into'].map(name => join(folder, name))
  for (const path of [home, ssh, http, into]) mkdirSync(path)
  const listener = createServer().listen(0, '127.0.0.1')
  await once(listener, 'listening')
  return {
    source,
    listener,
    env: environmentIn(home),
    receiver: await startReceiver({ folder: home, into }),
    samePeer: await startSamePeer(),
    ...(present('sshd', 'scp') && { ssh: await startSshServer(ssh) }),
    ...(present('nginx') && { http: await startHttpServer(http, dirname(source), await certificateIn(certificates)) }),
  }
}

/** Something that accepts connections notes when the first octets come; nobody answers, and the command is ended. */
async function toInvite({ env, source, listener }) {
  const to = `sip:bob@127.0.0.1:${listener.address().port};transport=tcp`
  const begin = performance.now()
  const arrived = new Promise((resolve, reject) => {
    listener.once('connection', socket => {
      socket.on('error', () => {})
      socket.once('data', bytes => {
        const seconds = (performance.now() - begin) / 1000
        if (bytes.subarray(0, 7).toString() === 'INVITE ') resolve({ seconds })
        else reject(new Error('the first octets are no INVITE'))
      })
    })
  })
  const command = startProgram(process.execPath, sendArguments({ to, source }), { env })
  try {
    return await Promise.race([arrived, command.ended(60_000).then(() => Promise.reject(new Error('no INVITE came')))])
  } finally {
    // it would wait for an answer to its CANCEL
    await command.end('SIGKILL')
  }
}
