import { mkdirSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { certificateIn } from './certificate.mjs'
import { environmentIn, sendArguments, startReceiver } from './command-line.mjs'
import { naivePipe } from './naive-pipe.mjs'
import { present, startHttpServer, startSshServer } from './peer-servers.mjs'
import { freePort } from './processes.mjs'
import { cpuOfEnded, cpuOfTree, runProgram, startProgram, treeOf, waitForListener, watchMemory } from './programs.mjs'
import { rawCopy } from './raw-copy.mjs'

/** What a user would take instead of us, from the start of the command to its end. */
export const suite = {
  name: 'peers',
  title: 'a whole push, from the start of the command to its end, beside what one would take instead',
  about:
    '`cpmft send` is a new process each time: it starts, hashes the file, offers it to a running `cpmft receive`, sends it and waits until the ' +
    'receiver has verified it. `scp` starts, authenticates with a key and copies; `curl` gets a file from nginx or puts it there. None of the ' +
    'others verifies a hash. A naive pipe is `createReadStream().pipe(socket)` on one side and `socket.pipe(createWriteStream())` on the other, ' +
    'without the start of its processes.',
  bounds: 'The file is hashed before it is offered, then sent, so that both times add up; with TLS the cipher comes on top.',
  size: 512,
  short: { size: 32 },
  setUp,
  tearDown: async own => {
    await own.http?.end()
    await own.ssh?.end()
  },
  scenarios: {
    raw: { run: ({ source, folder }) => rawCopy({ source, target: join(folder, 'raw.bin') }) },
    nc: peer(['nc'], netcat),
    socat: peer(['socat'], socat),
    'curl GET': peer(['curl', 'nginx'], context => get(context, 'plain')),
    'curl PUT': peer(['curl', 'nginx'], context => put(context, 'plain')),
    'curl GET, TLS': peer(['curl', 'nginx'], context => get(context, 'secure')),
    'curl PUT, TLS': peer(['curl', 'nginx'], context => put(context, 'secure')),
    scp: peer(['scp', 'sshd'], context => secureCopy(context)),
    'scp, AES-GCM': peer(['scp', 'sshd'], context => secureCopy(context, ['-c', 'aes128-gcm@openssh.com'])),
    'naive pipe': peer([], ({ source, folder }) => naivePipe({ source, target: join(folder, 'naive.bin') })),
    'naive pipe, TLS': peer([], ({ source, folder, own }) => naivePipe({ source, target: join(folder, 'naive.bin'), pair: own.pair })),
    'cpmft send': { ...peer([], context => wholePush(context)), goals: [{ figure: 'ratio', of: 'scp', least: 1.2 }] },
    'cpmft send, TLS': {
      ...peer([], context => wholePush(context, context.own.pair)),
      goals: [{ figure: 'ratio', of: 'scp', least: 1 }],
    },
  },
}

function peer(needs, run) {
  return { baseline: 'raw', needs, run }
}

async function setUp({ folder, source }) {
  const [ssh, http, certificates] = ['ssh', 'http', 'certificates'].map(name => join(folder, name))
  for (const path of [ssh, http]) mkdirSync(path)
  const pair = await certificateIn(certificates)
  return {
    pair,
    ...(present('sshd', 'scp') && { ssh: await startSshServer(ssh) }),
    ...(present('nginx') && { http: await startHttpServer(http, dirname(source), pair) }),
  }
}

async function netcat({ source, size, folder }) {
  const port = `${await freePort()}`
  const [receive, send] = [
    ['-l', '127.0.0.1', port],
    ['-N', '127.0.0.1', port],
  ]
  return receivedBy('nc', receive, () => runProgram('nc', send, { input: source }), { port, size, folder })
}

async function socat({ source, size, folder }) {
  const port = `${await freePort()}`
  const receive = ['-u', '-b131072', `TCP-LISTEN:${port},bind=127.0.0.1`, 'STDOUT']
  const send = ['-u', '-b131072', `OPEN:${source},rdonly`, `TCP:127.0.0.1:${port}`]
  return receivedBy('socat', receive, () => runProgram('socat', send), { port, size, folder })
}

/** A program that writes to its standard output what comes to it, and another one that sends. */
async function receivedBy(command, args, send, { port, size, folder }) {
  const target = join(folder, 'received.bin')
  const before = cpuOfEnded()
  const receiver = startProgram(command, args, { output: target })
  const watch = watchMemory(receiver.pid)
  try {
    await waitForListener(Number(port))
    const begin = performance.now()
    const [sent] = await Promise.all([send(), receiver.ended(60_000)])
    const seconds = (performance.now() - begin) / 1000
    const cpu = before === undefined ? undefined : cpuOfEnded() - before
    const memory = sent.memory === undefined ? undefined : sent.memory + (watch.most() ?? 0)
    return { seconds, octets: arrived(target, size), sides: { both: { cpu, memory } } }
  } finally {
    watch.stop()
    await receiver.end()
  }
}

async function get({ source, size, folder, own }, how) {
  const target = join(folder, 'got.bin')
  const address = `${own.http[how]}/files/${source.slice(dirname(source).length + 1)}`
  const side = await besideServer(own.http.pid, () => runProgram('curl', ['-sSf', '--cacert', own.pair.ca, '-o', target, address]))
  return { ...side, octets: arrived(target, size) }
}

async function put({ source, size, own }, how) {
  const target = join(own.http.uploads, 'put.bin')
  const address = `${own.http[how]}/uploads/put.bin`
  const side = await besideServer(own.http.pid, () => runProgram('curl', ['-sSf', '--cacert', own.pair.ca, '-T', source, address]))
  return { ...side, octets: arrived(target, size) }
}

async function secureCopy({ source, size, folder, own }, more = []) {
  const target = join(folder, 'copied.bin')
  const side = await besideServer(own.ssh.pid, () => runProgram('scp', own.ssh.copy(source, target, more)))
  return { ...side, octets: arrived(target, size) }
}

async function wholePush({ source, size, folder }, pair) {
  const into = join(folder, 'into')
  mkdirSync(into)
  const receiver = await startReceiver({ folder, into, pair })
  try {
    const env = environmentIn(folder)
    const side = await besideServer(receiver.pid, () =>
      runProgram(process.execPath, sendArguments({ to: receiver.to, source, pair }), { env }),
    )
    return { ...side, octets: arrived(join(into, source.slice(dirname(source).length + 1)), size) }
  } finally {
    await receiver.end()
  }
}

/** A client from start to end; the use of the server is what it and its children took meanwhile. */
async function besideServer(pid, client) {
  const before = cpuOfTree(pid)
  const children = treeOf(pid).length
  const watch = watchMemory(pid)
  try {
    const { seconds, cpu, memory } = await client()
    // a child for this client counts when it has ended
    for (let tries = 0; tries < 100 && treeOf(pid).length > children; tries++) await sleep(10)
    const after = cpuOfTree(pid)
    const server = { cpu: after === undefined ? undefined : after - before, memory: watch.most() }
    return { seconds, sides: { client: { cpu, memory }, server } }
  } finally {
    watch.stop()
  }
}

function arrived(path, size) {
  const octets = statSync(path).size
  if (octets !== size) throw new Error(`${octets} octets arrived, ${size} were sent`)
  return octets
}
