import { createHash } from 'node:crypto'
import { decodeMessage, DigestServer, Gruus, register } from '../dist/sip/index.js'

/** The rules of a registrar for the fuzzer: REGISTERs of two devices, mutated, against the bindings that the ones before left, and their credentials. */

const REALM = 'home1.example'
const AOR = `sip:alice@${REALM}`
const MOST_BINDINGS = 10
const NAMES = { md5: 'md5', 'sha-256': 'sha256', 'sha-512-256': 'sha512-256' }
const nodeHash = (algorithm, bytes) => new Uint8Array(createHash(NAMES[algorithm]).update(bytes).digest())

const request = (...lines) =>
  Buffer.from(
    [
      `REGISTER sip:${REALM} SIP/2.0`,
      'Via: SIP/2.0/TCP 192.0.2.10:5060;branch=z9hG4bKfuzz;rport',
      'Max-Forwards: 70',
      `From: <${AOR}>;tag=a1`,
      `To: <${AOR}>`,
      'Call-ID: fuzz-registrar',
      ...lines,
      'Content-Length: 0\r\n\r\n',
    ].join('\r\n'),
  )
const CREDENTIALS =
  'Authorization: Digest username="alice", realm="home1.example", nonce="NONCE", uri="sip:home1.example", response="RESPONSE"'

export const REGISTRAR_SEEDS = [
  request('CSeq: 1 REGISTER', 'Contact: <sip:alice@192.0.2.10:5060;transport=tcp>;q=0.7;expires=600', 'Expires: 3600'),
  request(
    'CSeq: 2 REGISTER',
    'Supported: path, outbound, gruu',
    'Contact: <sip:alice@192.0.2.10;transport=tcp;ob>;reg-id=1;+sip.instance="<urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6>"',
    `${CREDENTIALS}, algorithm=SHA-256, qop=auth, nc=00000001, cnonce="0a4f113b"`,
  ),
  request(
    'CSeq: 3 REGISTER',
    'Supported: path',
    'Path: <sip:edge.example;lr;ob>, <sip:p2.example;lr>',
    'Contact: <sip:a@192.0.2.11>, "B" <sip:b@192.0.2.12>',
  ),
  request('CSeq: 4 REGISTER', 'Contact: *', 'Expires: 0', `${CREDENTIALS}, algorithm=MD5, qop="auth", nc=00000002, cnonce="x"`),
]

export class FuzzRegistrar {
  #random
  #now = 1_800_000_000_000
  #bindings = []
  #digest
  #gruus

  constructor(random) {
    this.#random = random
    const crypto = { secret: random.bytes(32), random: random.bytes, hash: nodeHash }
    this.#digest = new DigestServer({ realm: REALM, ...crypto })
    this.#gruus = new Gruus(crypto)
  }

  /** One mutated REGISTER, with a nonce of ours in the place of the word for it. */
  try(bytes) {
    const random = this.#random
    this.#now += random.integer(0, 100_000)
    const challenge = this.#digest.challenge(this.#now, { proxy: false })[0][1]
    const nonce = /nonce="([^"]*)"/.exec(challenge)[1]
    const message = decodeMessage(Buffer.from(Buffer.from(bytes).toString('latin1').replace('NONCE', nonce), 'latin1'))
    if (message.kind !== 'request') return
    const given = this.#digest.given(message)
    // nobody knows the response to a nonce that was just made
    if (given !== undefined && this.#digest.verify(given, 'ab'.repeat(16), message.method, this.#now) === 'right')
      throw new Error('credentials out of nothing are right')
    this.#register(message)
  }

  #register(request) {
    const source = { node: 'fuzz', flow: 'in-1', transport: 'tcp', remote: { host: '192.0.2.10', port: 5060 } }
    const options = { expires: { least: 60, usual: 3600, most: 604_800 }, maxBindings: MOST_BINDINGS, gruus: this.#gruus, flowTimer: 120 }
    const result = register({ request, aor: AOR, bindings: this.#bindings, now: this.#now, source, associatedUris: [AOR] }, options)
    if (!(result.status >= 200 && result.status < 700)) throw new Error(`status ${result.status}`)
    if (result.bindings.length > MOST_BINDINGS) throw new Error(`${result.bindings.length} bindings`)
    if (result.status >= 300 && result.changed) throw new Error('a refused registration changed something')
    for (const [name, value] of result.headers) if (/[\r\n]/.test(name + value)) throw new Error(`a line break in ${name}`)
    for (const { expires } of result.bindings) if (!Number.isFinite(expires)) throw new Error(`it expires at ${expires}`)
    this.#bindings = result.changed ? result.bindings : this.#bindings
    if (this.#random.chance(0.05)) this.#bindings = this.#bindings.filter(({ expires }) => expires > this.#now)
  }
}
