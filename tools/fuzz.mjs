import { createHash } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import {
  decodeCpimHead,
  decodeCpimMessage,
  decodeImdn,
  CpimUnwrapper,
  encodeCpimMessage,
  encodeImdn,
  readImdnHeaders,
} from '../dist/cpim/index.js'
import { Decoder, Endpoint } from '../dist/msrp/index.js'
import { decodeSession, encodeSession, readFileMedia } from '../dist/sdp/index.js'
import { decodeMessage, encodeMessage, StreamFramer } from '../dist/sip/index.js'
import { SeededRandom } from '../dist/testkit/index.js'
import { checkConfig } from '../dist/node/config-file.js'
import { ConfigError } from '../dist/node/config-error.js'
import { decodeMultipart, decodeXml, RemoteProtocolError } from '../dist/wire/index.js'
import { AGENT_SEEDS, FuzzAgent } from './fuzz-agent.mjs'
import { FuzzConference } from './fuzz-conference.mjs'
import { FuzzProxy } from './fuzz-proxy.mjs'
import { FuzzRegistrar, REGISTRAR_SEEDS } from './fuzz-registrar.mjs'
import { FuzzSession, SESSION_SEEDS } from './fuzz-session.mjs'

/**
 * Mutates messages and feeds them to every decoder and to the machines behind them:
 * `npm run fuzz -- --seconds 60 --seed 7 [--only sip]`. Nothing but a RemoteProtocolError may come out, no input may take longer than
 * SLOW milliseconds, what decodes must encode to something that decodes to the same, and memory may not grow with time. Prints the seed and
 * the input of a failure. It may run for hours.
 */

/** No input of 64 KiB may take longer, ms. Twice the goal, because a shared machine stalls now and then; a slow input is tried again five times. */
const SLOW = 100
const LARGEST = 65_536
/** From this long a run on (seconds), the last quarter may use so much more memory (octets) than one and a half times the second. */
const STEADY = 60
const GROWTH = 16e6

const option = (name, fallback) => {
  const at = process.argv.indexOf(`--${name}`)
  return at < 0 ? fallback : process.argv[at + 1]
}
const seconds = Number(option('seconds', '10'))
const seed = Number(option('seed', String(Date.now() % 1_000_000)))
const only = option('only', '')
const random = new SeededRandom(seed)

const text = value => Buffer.from(value.replaceAll('\n', '\r\n'), 'utf8')
const SDP = text(`v=0
o=alice 3923820001 1 IN IP4 192.0.2.10
s=-
c=IN IP4 192.0.2.10
t=0 0
m=message 2855 TCP/MSRP *
i=Meeting notes
a=sendonly
a=setup:actpass
a=msrp-cema
a=accept-types:message/cpim *
a=path:msrp://192.0.2.10:2855/aQ7mZ2kLx9RtVb4Ns1Yc;tcp
a=file-selector:name:"50%25 off.pdf" type:text/plain;charset="utf-8" size:4400 hash:sha-1:1F:0C:8F:FB:EE:81:5B:F5:49:F0:83:1E:9C:0B:9E:5E:3D:AD:B8:BD
a=file-transfer-id:f1Kx83LmQz0TtY7bWc5RnV2eHd9GjA64
a=file-disposition:attachment
a=file-range:1-*
a=file-date:modification:"Sat, 04 May 2024 12:10:00 +0000"
m=message 0 TCP/TLS/MSRP *
a=file-selector
`)
const CPIM = text(`From: "A \\"x\\" B" <sip:alice@home1.example>
To: <sip:bob@home2.example>
DateTime: 2024-05-04T12:16:49Z
NS: imdn <urn:ietf:params:imdn>
imdn.Message-ID: Vb2k9QwLx73TfRe1

Content-Type: text/plain
Content-Disposition: attachment; filename="notes.txt"; size=4400

octets`)
const OWN = 'msrp://192.0.2.20:2855/r7QxK2mZ9LtVb4Ns1Ycd;tcp'
const PEER = 'msrp://192.0.2.10:2855/s9AmZ2kLx9RtVb4Ns1Yc;tcp'
const send = (tid, flag, range, extra = '') => `MSRP ${tid} SEND
To-Path: ${OWN}
From-Path: ${PEER}
Message-ID: Zt5vQ0aB91
Byte-Range: ${range}
${extra}`
const MSRP = text(
  `${send('k2Jd83hsQpLm01Zx', '$', '1-0/0')}-------k2Jd83hsQpLm01Zx$
${send('a2Jd83hsQpLm01Zx', '+', '1-*/24', 'Success-Report: yes\nContent-Type: text/plain\n\n')}Hello, CPM!
-------a2Jd83hsQpLm01Zx+
${send('b2Jd83hsQpLm01Zx', '$', '13-24/24', 'Success-Report: yes\nContent-Type: text/plain\n\n')}Hello again!
-------b2Jd83hsQpLm01Zx$
MSRP Gh60PvXe38DaUm4C REPORT
To-Path: ${OWN}
From-Path: ${PEER}
Message-ID: M4xQ9zT1LbKd72
Byte-Range: 1-4717/4717
Status: 000 200 OK
-------Gh60PvXe38DaUm4C$
MSRP Gh60PvXe38DaUm4C 200 OK
To-Path: ${OWN}
From-Path: ${PEER}
-------Gh60PvXe38DaUm4C$
`,
)
const MULTIPART = Buffer.concat([
  text('--b7\nContent-Type: application/sdp\n\n'),
  SDP,
  text('\n--b7\nContent-Type: image/png\nContent-ID: <i@h>\n\nPNG\n--b7--\n'),
])
const IMDN = text(`<?xml version="1.0" encoding="UTF-8"?>
<imdn xmlns="urn:ietf:params:xml:ns:imdn" xmlns:x="urn:x">
  <message-id>Vb2k9QwLx73TfRe1</message-id>
  <datetime>2024-05-04T12:16:49Z</datetime>
  <recipient-uri>sip:bob@home2.example</recipient-uri>
  <original-recipient-uri>sip:list@home1.example</original-recipient-uri>
  <subject>A &lt;B&gt; &#x41; <![CDATA[<c>]]></subject><!-- c --><x:y z="1"/>
  <delivery-notification><status><delivered/></status></delivery-notification>
</imdn>
`)
const DTD = text('<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;">]><a>&c;</a>')
const NOTIFICATION = Buffer.concat([
  text(`From: <sip:bob@home2.example>
To: <sip:alice@home1.example>
NS: imdn <urn:ietf:params:imdn>
NS: x <urn:ietf:params:imdn>
imdn.Message-ID: 34jk324j
imdn.Disposition-Notification: positive-delivery, negative-delivery, display
imdn.Original-To: <sip:list@home1.example>
imdn.IMDN-Record-Route: <sip:as.home2.example>, <sip:as2.home2.example>
x.IMDN-Route: <sip:as.home1.example>

Content-Type: message/imdn+xml
Content-Disposition: notification
Content-Length: 300

`),
  IMDN,
])
const RELAY = 'msrps://alice@relay.example.com;tcp'
const OWN_SECURE = 'msrps://alicepc.example.com:2855/own0own0own0own0own0;tcp'
const authAnswer = (tid, status, ...headers) =>
  text(`MSRP ${tid} ${status}
To-Path: ${OWN_SECURE}
From-Path: ${RELAY}
${headers.map(line => `${line}\n`).join('')}-------${tid}$
`)
const CHALLENGE = 'WWW-Authenticate: Digest realm="relay.example.com", nonce="n0nceA1", qop="auth,auth-int", algorithm=SHA-256'
const LOGIN = [
  authAnswer('TID', '401 Unauthorized', CHALLENGE, 'WWW-Authenticate: Digest realm="r", nonce="b"'),
  authAnswer('TID', '200 OK', 'Use-Path: msrps://relay.example.com:2856/u8Kx03;tcp msrps://r2.example.com:2855/k;tcp', 'Expires: 900'),
  authAnswer('TID', '200 OK', 'Authentication-Info: rspauth="00", cnonce="c11ent", nc=00000001, qop=auth', 'Use-Path: msrps://a/b;tcp'),
  authAnswer('TID', '423 Interval Out-of-Bounds', 'Min-Expires: 60', 'Max-Expires: 3600'),
  authAnswer('TID', '403 Forbidden'),
]
const NODE_NAMES = { md5: 'md5', 'sha-256': 'sha256', 'sha-512-256': 'sha512-256' }
const nodeHash = (algorithm, bytes) => new Uint8Array(createHash(NODE_NAMES[algorithm]).update(bytes).digest())
const CONFIG = text(`into = "~/Downloads"
max-file-size = "2 GB"
warn-size = "2MiB"
release-timer = 30
auto-accept = true
default-account = "home"

[account.home]
aor = "sip:alice@home1.example"
password = "s3cret"
proxy = "sip:proxy.home1.example;transport=tls"
profile = "secure"

[account.work]
aor = 'sip:alice@work.example' # a comment
`)
const vectors = new URL('../test/vectors/rfc4475/', import.meta.url)
const SIP = readdirSync(vectors)
  .filter(name => name.endsWith('.dat'))
  .map(name => readFileSync(new URL(name, vectors)))

const targets = {
  sdp: {
    seeds: [SDP],
    try(bytes) {
      const session = decodeSession(bytes)
      session.media.forEach((_, index) => void readFileMedia(session, index, {}))
      const again = encodeSession(session)
      same(encodeSession(decodeSession(again)), again)
    },
  },
  cpim: {
    seeds: [CPIM],
    try(bytes) {
      decodeCpimHead(bytes, LARGEST)
      const unwrapper = new CpimUnwrapper(undefined, undefined)
      pieces(bytes, (piece, at) => void unwrapper.push(at, piece))
    },
  },
  message: {
    seeds: [CPIM, NOTIFICATION],
    try(bytes) {
      for (const strict of [false, true]) {
        const message = attemptTo(() => decodeCpimMessage(bytes, { strict }))
        if (message === undefined) continue
        readImdnHeaders(message.head)
        // Blanks at the end of a folded header go with the first rewriting
        const again = encodeCpimMessage(decodeCpimMessage(encodeCpimMessage(message), { strict }))
        same(encodeCpimMessage(decodeCpimMessage(again, { strict })), again)
      }
    },
  },
  imdn: {
    seeds: [IMDN],
    try(bytes) {
      const imdn = decodeImdn(bytes)
      const again = encodeImdn(imdn)
      same(encodeImdn(decodeImdn(again)), again)
    },
  },
  xml: { seeds: [IMDN, DTD], try: bytes => void decodeXml(bytes) },
  config: { seeds: [CONFIG], try: bytes => void checkConfig(Buffer.from(bytes).toString('utf8'), '/a/config.toml', '/a') },
  conference: { seeds: SESSION_SEEDS, try: bytes => conference.try(bytes) },
  session: { seeds: SESSION_SEEDS, try: bytes => session.try(bytes) },
  relay: {
    seeds: LOGIN,
    try(bytes) {
      const endpoint = new Endpoint({ random: random.bytes, hash: nodeHash })
      const written = []
      const give = (input, now) => {
        for (const output of endpoint.step(input, now))
          if (output.type === 'write') for (const view of output.views) written.push(Buffer.from(view).toString('latin1'))
      }
      const relays = [{ uri: RELAY, username: 'alice', password: 's3cret' }]
      give({ type: 'authorize', authorization: { localUri: OWN_SECURE, relays } }, 0)
      give({ type: 'connected', connection: 'out-1' }, 1)
      // Each answer names the request that waits for it, as far as mutation left that alone
      for (let round = 0; round < 4; round++) {
        const tid = /^MSRP (\S+) AUTH/m.exec(written.splice(0).join(''))?.[1] ?? 'TID'
        const answer = round === 0 ? Buffer.from(bytes) : Buffer.from(mutate(LOGIN))
        const named = Buffer.from(answer.toString('latin1').replaceAll('TID', tid), 'latin1')
        pieces(new Uint8Array(named), piece => give({ type: 'bytes', connection: 'out-1', bytes: piece }, 2 + round))
        if (endpoint.deadline !== undefined && random.chance(0.3)) give({ type: 'timeout' }, endpoint.deadline)
      }
      give({ type: 'closed', connection: 'out-1' }, 1e9)
    },
  },
  multipart: { seeds: [MULTIPART], try: bytes => void decodeMultipart(bytes, 'b7') },
  sip: {
    seeds: SIP,
    try(bytes) {
      const message = decodeMessage(bytes)
      const again = encodeMessage(message)
      same(encodeMessage(decodeMessage(again)), again)
    },
  },
  framer: {
    seeds: SIP,
    try(bytes) {
      const framer = new StreamFramer()
      pieces(bytes, piece => void framer.push(piece))
    },
  },
  agent: { seeds: [...SIP, ...AGENT_SEEDS], try: bytes => agent.try(bytes) },
  proxy: { seeds: [...SIP, ...AGENT_SEEDS], try: bytes => proxy.try(bytes) },
  registrar: { seeds: REGISTRAR_SEEDS, try: bytes => registrar.try(bytes) },
  msrp: {
    seeds: [MSRP],
    try(bytes) {
      const ignore = () => undefined
      const decoder = new Decoder({ onHead: ignore, onBody: ignore, onEnd: ignore, onBroken: ignore })
      pieces(bytes, piece => decoder.decode(piece))
    },
  },
  endpoint: {
    seeds: [MSRP],
    try(bytes) {
      const endpoint = new Endpoint({ random: random.bytes, trace: true })
      const session = { localUri: OWN, remotePath: [PEER], role: 'passive', direction: 'receive', acceptTypes: ['*'], maxLength: 100_000 }
      endpoint.step({ type: 'add-session', session }, 0)
      endpoint.step({ type: 'accepted', connection: 'in-1', remote: '192.0.2.10:4711' }, 0)
      pieces(bytes, piece => void endpoint.step({ type: 'bytes', connection: 'in-1', bytes: piece }, 1))
      endpoint.step({ type: 'closed', connection: 'in-1' }, 2)
    },
  },
}

const agent = new FuzzAgent(random, bytes => mutate([bytes]))
const proxy = new FuzzProxy(random, bytes => mutate([bytes]))
const conference = new FuzzConference(random, bytes => mutate([bytes]))
const registrar = new FuzzRegistrar(random)
const session = new FuzzSession(random, bytes => mutate([bytes]))

let runs = 0

function attempt(name, bytes) {
  if (run(name, bytes) <= SLOW) return
  // A stall of the machine is not the decoder's: the input is slow only if it is so every time
  const best = Math.min(...Array.from({ length: 5 }, () => run(name, bytes)))
  if (best > SLOW) fail(name, bytes, `took ${Math.round(best)} ms at best`)
}

function run(name, bytes) {
  const begin = performance.now()
  try {
    targets[name].try(bytes)
  } catch (error) {
    if (!(error instanceof RemoteProtocolError) && !(error instanceof ConfigError)) fail(name, bytes, error)
  }
  return performance.now() - begin
}

/** The outcome, or undefined where the input breaks the protocol. */
function attemptTo(work) {
  try {
    return work()
  } catch (error) {
    if (error instanceof RemoteProtocolError) return undefined
    throw error
  }
}

function fail(name, bytes, error) {
  process.stderr.write(
    `fuzz: ${name} failed, seed ${seed}, input ${runs}\n${error?.stack ?? error}\n${Buffer.from(bytes).toString('base64')}\n`,
  )
  process.exit(1)
}

function same(a, b) {
  if (!Buffer.from(a).equals(Buffer.from(b))) throw new Error('decode, encode, decode is not the identity')
}

/** Cuts at random places, sometimes after every octet. */
function pieces(bytes, take) {
  const most = bytes.length < 8192 && random.chance(0.2) ? 1 : 2000
  for (let at = 0; at < bytes.length; ) {
    const length = random.integer(1, most)
    take(bytes.subarray(at, at + length), at)
    at += length
  }
}

function mutate(seeds) {
  let bytes = Buffer.from(seeds[random.integer(0, seeds.length - 1)])
  for (let count = random.integer(1, 6); count > 0; count--) bytes = mutations[random.integer(0, mutations.length - 1)](bytes, seeds)
  return new Uint8Array(bytes.subarray(0, LARGEST))
}

const mutations = [
  bytes => change(bytes, at => (bytes[at] ^= 1 << random.integer(0, 7))),
  bytes => change(bytes, at => (bytes[at] = random.integer(0, 255))),
  bytes => cut(bytes, (from, to) => Buffer.concat([bytes.subarray(0, from), bytes.subarray(to)])),
  bytes => cut(bytes, (from, to) => Buffer.concat([bytes.subarray(0, to), bytes.subarray(from)])),
  (bytes, seeds) => cut(seeds[random.integer(0, seeds.length - 1)], (from, to, other) => insert(bytes, other.subarray(from, to))),
  bytes => insert(bytes, Buffer.from(WORDS[random.integer(0, WORDS.length - 1)], 'latin1')),
  bytes => insert(bytes, Buffer.alloc(random.integer(1, 20_000), WORDS[random.integer(0, WORDS.length - 1)] || 'a')),
  bytes => bytes.subarray(0, random.integer(0, bytes.length)),
]

/** What breaks parsers: separators, huge numbers, unfinished quotes, odd octets. */
const WORDS = [
  '\r\n',
  '\r\n\r\n',
  '\n',
  '\r',
  '\0',
  '"',
  '\\',
  '<',
  '>',
  ';',
  ',',
  ':',
  '=',
  '%',
  '%00',
  ' ',
  '\t',
  '-1',
  '0',
  '9007199254740992',
  '99999999999999999999',
  '*',
  '-------',
  '$\r\n',
  '\xff\xfe',
  '\xc0\x80',
  '\u00e9',
  '[::1]',
  'sip:',
  '\r\n ',
  '/',
  '(',
  ')',
]

function change(bytes, edit) {
  if (bytes.length > 0) edit(random.integer(0, bytes.length - 1))
  return bytes
}

function cut(bytes, build) {
  const from = random.integer(0, bytes.length)
  return build(from, Math.min(bytes.length, from + random.integer(0, 80)), bytes)
}

function insert(bytes, extra) {
  const at = random.integer(0, bytes.length)
  return Buffer.concat([bytes.subarray(0, at), extra, bytes.subarray(at)])
}

const begin = Date.now()
const end = begin + seconds * 1000
const names = Object.keys(targets).filter(name => only === '' || name === only)
/** Least memory in use in each quarter of the run, octets: what stays after garbage is collected. */
const least = [Infinity, Infinity, Infinity, Infinity]
while (Date.now() < end) {
  const name = names[runs % names.length]
  attempt(name, mutate(targets[name].seeds))
  runs++
  if (runs % 1000 === 0) {
    const quarter = Math.min(3, Math.floor((4 * (Date.now() - begin)) / (seconds * 1000)))
    least[quarter] = Math.min(least[quarter], process.memoryUsage().heapUsed)
  }
}
const megabytes = least.map(octets => (octets === Infinity ? '?' : Math.round(octets / 1e6)))
if (seconds >= STEADY && least[3] > 1.5 * least[1] + GROWTH) {
  process.stderr.write(`fuzz: memory grows: ${megabytes.join(', ')} MB in the quarters of the run, seed ${seed}\n`)
  process.exit(1)
}
process.stdout.write(`fuzz: ${runs} inputs, seed ${seed}, ${seconds} s, ${megabytes.join(', ')} MB: no surprise\n`)
