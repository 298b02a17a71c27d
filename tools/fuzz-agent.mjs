import { decodeMessage, encodeMessage, responseTo, UserAgent } from '../dist/sip/index.js'
import { LocalProtocolError } from '../dist/wire/index.js'

/**
 * A user agent for the fuzzer, with an application that gives commands in any order, a DNS that answers anything and connections that come
 * and go. What it wrote itself is answered and asked about, so that mutated messages meet living dialogs and subscriptions.
 */

const LOCAL = { host: '192.0.2.20', port: 5060 }
const REMOTE = { host: '192.0.2.10', port: 5060 }
const UDP = 'udp/192.0.2.10:5060'
/** Messages and ids that are remembered, so that a run of hours needs no more memory than one of seconds. */
const REMEMBERED = 64
const TARGETS = [
  'sip:alice@192.0.2.10',
  'sip:alice@192.0.2.10;transport=tcp',
  'sip:alice@home1.example',
  'sips:alice@home1.example',
  'tel:+4930123',
]
const STATUSES = [100, 180, 183, 200, 202, 204, 301, 302, 401, 407, 420, 422, 423, 481, 487, 489, 491, 500, 503, 600]
const BODY = { contentType: 'application/sdp', bytes: Buffer.from('v=0\r\n') }

const text = lines => Buffer.from(`${lines.join('\r\n')}\r\nContent-Length: 0\r\n\r\n`)
const start = (method, call, ...more) =>
  text([
    `${method} sip:bob@192.0.2.20 SIP/2.0`,
    `Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK${call};rport`,
    'Max-Forwards: 70',
    'From: <sip:alice@home1.example>;tag=a1',
    'To: <sip:bob@home2.example>',
    `Call-ID: ${call}`,
    `CSeq: 1 ${method}`,
    'Contact: <sip:alice@192.0.2.10>',
    ...more,
  ])

/** Whole requests that start something; the rest comes from what the agent wrote. */
const startsOf = call => [
  start('SUBSCRIBE', call, 'Event: conference', 'Expires: 600', 'Accept: application/conference-info+xml'),
  start('SUBSCRIBE', call, 'Event: presence;id=7', 'Expires: 0'),
  start('NOTIFY', call, 'Event: conference', 'Subscription-State: active;expires=600'),
  start('NOTIFY', call, 'Event: conference', 'Subscription-State: terminated;reason=probation;retry-after=60'),
  start('INVITE', call, 'Supported: timer, 100rel', 'Session-Expires: 1800', 'Content-Type: application/sdp'),
  start('INVITE', call, 'Require: 100rel', 'Content-Type: application/sdp'),
]
export const AGENT_SEEDS = startsOf('fuzz')

export class FuzzAgent {
  #random
  #mutate
  #agent
  #now = 0
  #ids = []
  #flows = []
  #questions = []
  #written = []
  #asked = []
  #counter = 0

  /** @param mutate changes octets at random */
  constructor(random, mutate) {
    this.#random = random
    this.#mutate = mutate
    this.#agent = new UserAgent({
      aor: 'sip:bob@home2.example',
      listening: [
        { transport: 'udp', address: LOCAL },
        { transport: 'tcp', address: LOCAL },
      ],
      allow: ['INVITE', 'ACK', 'CANCEL', 'BYE', 'UPDATE', 'PRACK', 'OPTIONS', 'MESSAGE', 'SUBSCRIBE', 'NOTIFY'],
      supported: ['timer', '100rel'],
      accept: ['application/sdp'],
      events: ['conference', 'presence'],
      credentials: { username: 'bob', password: 'secret' },
      resolve: true,
      followRedirects: true,
      random: random.bytes,
      hash: (_, bytes) => new Uint8Array(16).fill(bytes.length % 256),
    })
  }

  /** One mutated message, and then whatever else may happen to a user agent. */
  try(bytes) {
    this.#now += this.#random.chance(0.01) ? this.#random.integer(0, 400_000) : this.#random.integer(0, 100)
    this.#receive(bytes)
    if (this.#random.chance(0.2)) this.#receive(this.#pick(startsOf(`fuzz-${++this.#counter}`)))
    if (this.#random.chance(0.3)) this.#reply()
    for (let id = this.#asked.shift(); id !== undefined; id = this.#asked.shift()) this.#decide(id)
    if (this.#random.chance(0.3)) this.#command()
    if (this.#random.chance(0.2)) this.#resolved()
    if (this.#random.chance(0.2)) this.#connections()
    for (let turn = 0; turn < 100 && this.#agent.deadline !== undefined && this.#agent.deadline <= this.#now; turn++)
      this.#step({ type: 'timeout' })
  }

  #step(input) {
    for (const output of this.#agent.step(input, this.#now)) {
      if (output.type === 'connect') remember(this.#flows, { id: output.flow, open: false })
      else if (output.type === 'resolve') remember(this.#questions, output.id)
      else if (output.type === 'write' && output.bytes.length > 4) remember(this.#written, output.bytes)
      else if (output.type === 'event') {
        const { name, id } = output.event
        remember(this.#ids, id)
        if (name === 'incoming' || name === 'subscription-requested') remember(this.#asked, id)
      }
    }
  }

  /** Mostly yes, so that there are dialogs. */
  #decide(id) {
    if (this.#random.chance(0.3)) return
    for (const name of ['ring', 'accept', 'accept-subscription']) this.#step({ type: 'command', command: { name, id, body: BODY } })
  }

  #receive(bytes) {
    const flow = this.#pick(this.#flows.filter(({ open }) => open))
    if (flow === undefined || this.#random.chance(0.5)) this.#step({ type: 'datagram', flow: UDP, local: LOCAL, remote: REMOTE, bytes })
    else this.#step({ type: 'bytes', flow: flow.id, bytes })
  }

  /** Answers a request of ours, or turns an answer of ours into a request inside its dialog; now and then mutated. */
  #reply() {
    const written = this.#pick(this.#written)
    if (written === undefined) return
    const message = decodeMessage(written)
    const bytes = message.kind === 'request' ? this.#answer(message) : this.#again(message)
    this.#receive(this.#random.chance(0.3) ? this.#mutate(bytes) : bytes)
  }

  #answer(message) {
    if (this.#random.chance(0.3) && message.method === 'SUBSCRIBE') return this.#notify(message)
    const headers = [
      ['Contact', '<sip:alice@192.0.2.10>'],
      ['Expires', '600'],
      ['Min-Expires', '900'],
      ['Min-SE', '200'],
      ['Retry-After', '1'],
      ['WWW-Authenticate', `Digest realm="r${this.#random.integer(0, 3)}", nonce="${this.#random.integer(0, 9)}", qop="auth"`],
    ]
    return encodeMessage(responseTo(message, this.#pick(STATUSES), { toTag: this.#pick(['a1', 'a2']), headers }))
  }

  /** NOTIFY for a SUBSCRIBE of ours. */
  #notify({ headers }) {
    const state = this.#pick(['active;expires=600', 'pending', 'terminated;reason=deactivated', 'active;expires=0'])
    return this.#inDialog('NOTIFY', headers.get('to'), headers.get('from'), headers.get('call-id'), [
      `Event: ${headers.get('event')}`,
      `Subscription-State: ${state}`,
    ])
  }

  #again({ headers }) {
    const method = this.#pick(['ACK', 'BYE', 'INVITE', 'UPDATE', 'PRACK', 'CANCEL', 'SUBSCRIBE', 'NOTIFY', 'MESSAGE'])
    const expires = `Expires: ${this.#pick([0, 10, 600])}`
    return this.#inDialog(method, headers.get('from') ?? '<sip:a@b>', headers.get('to'), headers.get('call-id'), [
      'Event: conference',
      expires,
    ])
  }

  #inDialog(method, from, to, callId, more) {
    const tagged = from.includes(';tag=') ? from : `${from};tag=${this.#pick(['a1', 'a2'])}`
    return text([
      `${method} sip:bob@192.0.2.20 SIP/2.0`,
      `Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK${this.#random.integer(0, 1000)};rport`,
      `From: ${tagged}`,
      `To: ${to}`,
      `Call-ID: ${callId}`,
      `CSeq: ${++this.#counter % 0x7fff_ffff} ${method}`,
      'Contact: <sip:alice@192.0.2.10>',
      ...more,
    ])
  }

  #command() {
    const id = this.#random.chance(0.5) ? `own-${this.#random.integer(0, 20)}` : (this.#pick(this.#ids) ?? 'none')
    const to = this.#pick(TARGETS)
    const state = this.#pick(['active', 'pending', 'terminated'])
    const command = this.#pick([
      { name: 'subscribe', id, target: to, event: this.#pick(['conference', 'presence;id=7']), expires: this.#pick([0, 30, 600]) },
      { name: 'subscribe', id, target: to, event: 'conference', within: this.#pick(this.#ids) },
      { name: 'unsubscribe', id },
      { name: 'accept-subscription', id, state: this.#pick(['active', 'pending']), body: BODY },
      { name: 'reject-subscription', id, status: 403 },
      { name: 'notify', id, state, body: BODY },
      { name: 'register', id, registrar: to, expires: 600 },
      { name: 'unregister', id },
      { name: 'invite', id, to, body: BODY },
      { name: 'ring', id },
      { name: 'accept', id, body: BODY },
      { name: 'offer', id, body: BODY },
      { name: 'reject', id, status: 486 },
      { name: 'cancel', id },
      { name: 'bye', id },
      { name: 'request', id, method: 'OPTIONS', to },
      { name: 'respond', id, status: 200 },
    ])
    try {
      this.#step({ type: 'command', command })
    } catch (error) {
      // an id in use or a session without dialog: the application is told so
      if (!(error instanceof LocalProtocolError)) throw error
    }
  }

  #resolved() {
    const id = this.#questions.shift()
    if (id === undefined) return
    const number = () => this.#pick([0, 1, 10, 5060, 65_535])
    const name = () =>
      this.#pick(['home1.example', '_sip._udp.home1.example', '_sips._tcp.home1.example', '.', '', 'a b', '192.0.2.10', 'x'.repeat(300)])
    const records = Array.from({ length: this.#random.integer(0, 40) }, () =>
      this.#random.chance(0.5)
        ? { priority: number(), weight: number(), port: number(), name: name() }
        : {
            order: number(),
            preference: number(),
            flags: this.#pick(['s', 'S', 'a', '']),
            service: this.#pick(['SIP+D2U', 'SIP+D2T', 'SIPS+D2T', 'x']),
            replacement: name(),
          },
    )
    this.#step({ type: 'resolved', id: this.#random.chance(0.9) ? id : 'nobody', records })
  }

  /** Connections of ours open or fail, those of others come, and all break. */
  #connections() {
    const flow = this.#pick(this.#flows)
    if (flow === undefined || this.#random.chance(0.2)) {
      const id = `in-${this.#random.integer(0, 20)}`
      remember(this.#flows, { id, open: true })
      this.#step({ type: 'opened', flow: id, transport: 'tcp', local: LOCAL, remote: REMOTE })
    } else if (!flow.open && this.#random.chance(0.7)) {
      flow.open = true
      this.#step({ type: 'opened', flow: flow.id, transport: 'tcp', local: LOCAL, remote: REMOTE })
    } else {
      this.#flows.splice(this.#flows.indexOf(flow), 1)
      this.#step({ type: 'closed', flow: flow.id, error: 'gone' })
    }
  }

  #pick(list) {
    return list.length === 0 ? undefined : list[this.#random.integer(0, list.length - 1)]
  }
}

export function remember(list, item) {
  list.push(item)
  if (list.length > REMEMBERED) list.shift()
}
