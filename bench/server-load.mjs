import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { createSocket } from 'node:dgram'
import { once } from 'node:events'
import { closeSync, openSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePort } from './processes.mjs'

/** What SIPp plays before and behind a registrar and proxy. */

export const DOMAIN = 'bench.test'
export const PASSWORD = 'bench-secret'
const CALLEE = 'callee'
const CALLER = 'caller'
const NAMES = Array.from({ length: 1000 }, (_, index) => `u${index}`)
export const USERS = [CALLEE, CALLER, ...NAMES]

/** Calls that live at one time. */
const AT_ONCE = 50
/** What one run may take, seconds. */
const LIMIT = 60
/** What one expected message may take, milliseconds: a call that waits longer has failed, and does not hold up the end of the run. */
const PATIENCE = 3000

/** Registers so many times, a user after the other: challenge and answer each time. @returns how many a second */
export async function registrations({ port, transport, folder, count }) {
  const users = join(folder, 'users.csv')
  writeFileSync(users, `SEQUENTIAL\n${NAMES.map(name => `${name};[authentication username=${name} password=${PASSWORD}]\n`).join('')}`)
  return load('register', REGISTER, { port, transport, folder, count, more: ['-inf', users], uri: DOMAIN })
}

/** Calls the callee so many times: INVITE, 407, ACK, INVITE, 180, 200, ACK, BYE, 200. @returns how many a second */
export function dialogs(run) {
  return load('invite', INVITE, { ...run, uri: `${CALLEE}@${DOMAIN}` })
}

/** Answers calls, and is registered. */
export async function startCallee({ port, transport, folder }) {
  const own = await freePort()
  await registerOnce(port, `sip:${CALLEE}@127.0.0.1:${own};transport=${transport}`)
  const path = join(folder, 'callee.xml')
  writeFileSync(path, ANSWER)
  const callee = sipp('callee', ['-sf', path, '-p', `${own}`, ...common(transport)], folder)
  // It says nothing that could be waited for
  await sleep(500)
  return {
    async end() {
      if (callee.exitCode !== null) return
      const ended = once(callee, 'exit')
      callee.kill('SIGKILL')
      await ended
    },
  }
}

async function load(name, scenario, { port, transport, folder, count, uri, more = [] }) {
  // `-auth_uri` puts the `sip:` before it
  const path = join(folder, `${name}.xml`)
  writeFileSync(path, scenario)
  const statistics = join(folder, `${name}.csv`)
  const rate = ['-r', '100000', '-l', `${AT_ONCE}`, '-m', `${count}`, '-timeout', `${LIMIT}`, '-recv_timeout', `${PATIENCE}`]
  const files = ['-trace_stat', '-stf', statistics, '-fd', '1']
  const client = sipp(name, [`127.0.0.1:${port}`, '-sf', path, '-auth_uri', uri, ...rate, ...files, ...more, ...common(transport)], folder)
  await once(client, 'exit')
  const [names, ...rows] = readFileSync(statistics, 'utf8')
    .trim()
    .split('\n')
    .map(line => line.split(';'))
  const last = rows.at(-1)
  const good = Number(last[names.indexOf('SuccessfulCall(C)')])
  const seconds = secondsOf(last[names.indexOf('CurrentTime')]) - secondsOf(last[names.indexOf('StartTime')])
  return { rate: good / seconds, failed: count - good }
}

/** `2030-01-31<TAB>12:00:00.123456<TAB>1895832000.123456` */
function secondsOf(text) {
  return Number(text.split('\t')[2])
}

function common(transport) {
  const own = ['-i', '127.0.0.1', '-bind_local', '-ci', '127.0.0.1']
  return [...own, '-t', transport === 'tcp' ? 't1' : 'u1', '-nostdin', '-watchdog_interval', '0']
}

/** Its screen goes to a file: on a pipe it hangs. */
function sipp(name, args, folder) {
  const screen = openSync(join(folder, `${name}.screen`), 'w')
  const child = spawn('sipp', args, { cwd: folder, stdio: ['ignore', screen, screen] })
  closeSync(screen)
  return child
}

/** One registration of the callee, over UDP so that it outlives no connection. */
async function registerOnce(port, contact) {
  const socket = createSocket('udp4')
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  const uri = `sip:${DOMAIN}`
  const say = (cseq, more) => {
    const lines = [
      `REGISTER ${uri} SIP/2.0`,
      `Via: SIP/2.0/UDP 127.0.0.1:${socket.address().port};branch=z9hG4bKcallee${cseq};rport`,
      // as through another proxy: the callee is to be called at its Contact, not over this socket
      `Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bKbehind${cseq}`,
      'Max-Forwards: 70',
      `From: <sip:${CALLEE}@${DOMAIN}>;tag=c1`,
      `To: <sip:${CALLEE}@${DOMAIN}>`,
      `Call-ID: callee-${socket.address().port}`,
      `CSeq: ${cseq} REGISTER`,
      `Contact: <${contact}>`,
      'Expires: 3600',
      ...more,
      'Content-Length: 0',
    ]
    socket.send(`${lines.join('\r\n')}\r\n\r\n`, port, '127.0.0.1')
  }
  try {
    say(1, [])
    const challenge = String((await once(socket, 'message'))[0])
    const nonce = /nonce="([^"]*)"/.exec(challenge)?.[1] ?? ''
    const md5 = text => createHash('md5').update(text).digest('hex')
    const answer = md5(`${md5(`${CALLEE}:${DOMAIN}:${PASSWORD}`)}:${nonce}:00000001:bench:auth:${md5(`REGISTER:${uri}`)}`)
    const fields = `username="${CALLEE}", realm="${DOMAIN}", nonce="${nonce}", uri="${uri}", response="${answer}"`
    say(2, [`Authorization: Digest ${fields}, algorithm=MD5, qop=auth, nc=00000001, cnonce="bench"`])
    const last = String((await once(socket, 'message'))[0])
    if (!last.startsWith('SIP/2.0 200')) throw new Error(`the callee cannot register: ${last.split('\r\n', 1)[0]}`)
  } finally {
    socket.close()
  }
}

/** @param again whether it is sent again over UDP until an answer comes: a datagram may be lost when a queue is full */
const message = (start, lines, { via = true, length = 'Content-Length: 0', again = false } = {}) =>
  [
    again ? '<send retrans="500"><![CDATA[' : '<send><![CDATA[',
    '',
    start,
    ...(via ? ['Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch];rport', 'Max-Forwards: 70'] : []),
    ...lines,
    'Call-ID: [call_id]',
    length,
    '',
    ']]></send>',
  ].join('\n')

const scenario = (name, ...parts) =>
  `<?xml version="1.0" encoding="ISO-8859-1" ?>\n<scenario name="${name}">\n${parts.join('\n')}\n</scenario>\n`

const registerWith = (cseq, more = []) =>
  message(
    `REGISTER sip:${DOMAIN} SIP/2.0`,
    [
      `From: <sip:[field0]@${DOMAIN}>;tag=[call_number]`,
      `To: <sip:[field0]@${DOMAIN}>`,
      `CSeq: ${cseq} REGISTER`,
      // one address for each user, so that it is a refresh from the second time on
      'Contact: <sip:[field0]@192.0.2.9:5060;transport=[transport]>',
      'Expires: 3600',
      ...more,
    ],
    { again: true },
  )

const REGISTER = scenario(
  'register',
  registerWith(1),
  '<recv response="401" auth="true"/>',
  registerWith(2, ['[field1]']),
  '<recv response="200"/>',
)

const fromCaller = `From: <sip:${CALLER}@${DOMAIN}>;tag=[call_number]`
const inviteWith = (cseq, more = []) =>
  message(
    `INVITE sip:${CALLEE}@${DOMAIN} SIP/2.0`,
    [
      fromCaller,
      `To: <sip:${CALLEE}@${DOMAIN}>`,
      `CSeq: ${cseq} INVITE`,
      `Contact: <sip:${CALLER}@[local_ip]:[local_port];transport=[transport]>`,
      ...more,
    ],
    { again: true },
  )
const routed = (method, cseq) =>
  message(`${method} [next_url] SIP/2.0`, ['[routes]', fromCaller, '[last_To:]', `CSeq: ${cseq} ${method}`], { again: method === 'BYE' })

const INVITE = scenario(
  'invite',
  inviteWith(1),
  '<recv response="100" optional="true"/>',
  '<recv response="407" auth="true"/>',
  // RFC 3261 §17.1.1.3: the branch of the INVITE
  message(
    `ACK sip:${CALLEE}@${DOMAIN} SIP/2.0`,
    [
      'Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch-3];rport',
      'Max-Forwards: 70',
      fromCaller,
      '[last_To:]',
      'CSeq: 1 ACK',
    ],
    { via: false },
  ),
  inviteWith(2, [`[authentication username=${CALLER} password=${PASSWORD}]`]),
  '<recv response="100" optional="true"/>',
  '<recv response="180" optional="true"/>',
  '<recv response="200" rrs="true"/>',
  routed('ACK', 2),
  routed('BYE', 3),
  '<recv response="200"/>',
)

const reply = (status, more = []) =>
  message(
    `SIP/2.0 ${status}`,
    ['[last_Via:]', '[last_Record-Route:]', '[last_From:]', '[last_To:];tag=[call_number]', '[last_CSeq:]', ...more],
    { via: false, again: status.startsWith('2') },
  )
const CONTACT = [`Contact: <sip:${CALLEE}@[local_ip]:[local_port];transport=[transport]>`]

const ANSWER = scenario(
  'answer',
  '<recv request="INVITE"/>',
  reply('180 Ringing', CONTACT),
  reply('200 OK', CONTACT),
  '<recv request="ACK"/>',
  '<recv request="BYE"/>',
  message('SIP/2.0 200 OK', ['[last_Via:]', '[last_From:]', '[last_To:]', '[last_CSeq:]'], { via: false }),
)
