import { decodeMessage, encodeMessage, Proxy, responseTo } from '../dist/sip/index.js'
import { remember } from './fuzz-agent.mjs'

/** A proxy for the fuzzer: a policy that forwards anywhere, neighbours that answer what they got, and connections that come and go. */

const PLACE = { host: '192.0.2.20', port: 5060 }
const REMOTES = [10, 11, 12].map(last => ({ host: `192.0.2.${last}`, port: 5060 }))
const STATUSES = [100, 180, 183, 200, 202, 302, 401, 407, 408, 430, 480, 486, 488, 500, 503, 600, 603]
/** Longer than anything a proxy waits for, ms. */
const LONGEST = 700_000

export class FuzzProxy {
  #random
  #mutate
  #proxy
  #now = 0
  #asked = []
  #written = []
  #flows = []
  #questions = []
  #tokens = []
  #counter = 0

  /** @param mutate changes octets at random */
  constructor(random, mutate) {
    this.#random = random
    this.#mutate = mutate
    this.#proxy = new Proxy({
      listening: ['udp', 'tcp', 'ws'].map(transport => ({ transport, address: PLACE })),
      names: ['home2.example', 'atlanta.com', 'biloxi.com'],
      resolve: true,
      random: random.bytes,
      // what the octets are decides, so that tokens are as good as with a true hash
      hash: (_, bytes) => new Uint8Array(32).fill(bytes.reduce((sum, byte) => (sum * 31 + byte) % 251, 7)),
    })
  }

  /** One mutated message, and then whatever else may happen to a proxy. */
  try(bytes) {
    const random = this.#random
    this.#now += random.chance(0.01) ? random.integer(0, LONGEST) : random.integer(0, 100)
    this.#receive(bytes)
    if (random.chance(0.3)) this.#receive(this.#start())
    if (random.chance(0.5)) this.#reply()
    for (let id = this.#asked.shift(); id !== undefined; id = this.#asked.shift()) this.#decide(id)
    if (random.chance(0.1)) this.#connections()
    if (random.chance(0.2) && this.#questions.length > 0) {
      const records = [{ priority: 1, weight: 1, port: 5060, name: 'far.example' }]
      this.#step({ type: 'resolved', id: this.#pick(this.#questions), records: random.chance(0.5) ? records : [] })
    }
    for (let turn = 0; turn < 100 && this.#proxy.deadline !== undefined && this.#proxy.deadline <= this.#now; turn++)
      this.#step({ type: 'timeout' })
  }

  #step(input) {
    for (const output of this.#proxy.step(input, this.#now)) {
      if (output.type === 'connect') remember(this.#flows, { id: output.flow, open: false })
      else if (output.type === 'resolve') remember(this.#questions, output.id)
      else if (output.type === 'write' && output.bytes.length > 4) remember(this.#written, output.bytes)
      else if (output.type === 'event' && output.event.name === 'request') {
        remember(this.#asked, output.event.id)
        remember(this.#tokens, output.event.flowToken)
      }
    }
  }

  #decide(id) {
    const random = this.#random
    if (random.chance(0.1)) return
    if (random.chance(0.1)) return this.#step({ type: 'command', command: { name: 'respond', id, status: this.#pick(STATUSES) } })
    const targets = Array.from({ length: random.integer(0, 3) }, () => this.#target())
    this.#step({ type: 'command', command: { name: 'forward', id, targets } })
  }

  #target() {
    const uri = this.#pick(['sip:a@192.0.2.10', 'sip:b@192.0.2.11;transport=tcp', 'sips:c@far.example', 'sip:d@gone.invalid', 'tel:+49'])
    const flow = this.#random.chance(0.2) ? { flow: this.#pick(this.#flows)?.id ?? 'udp/192.0.2.12:5060' } : {}
    return { uri, q: this.#random.integer(0, 2) / 2, ...flow }
  }

  /** A request, now and then by a token of ours. */
  #start() {
    const call = `fuzz-proxy-${++this.#counter}`
    const method = this.#pick(['INVITE', 'INVITE', 'MESSAGE', 'SUBSCRIBE', 'REGISTER'])
    const token = this.#pick(this.#tokens)
    const route = token !== undefined && this.#random.chance(0.3) ? [`Route: <sip:${token}@192.0.2.20;lr;ob>`] : []
    return Buffer.from(
      [
        `${method} sip:bob@home2.example SIP/2.0`,
        `Via: SIP/2.0/UDP 192.0.2.10:5060;branch=z9hG4bK${call};rport`,
        'Max-Forwards: 70',
        ...route,
        'From: <sip:alice@home1.example>;tag=a1',
        'To: <sip:bob@home2.example>',
        `Call-ID: ${call}`,
        `CSeq: 1 ${method}`,
        'Contact: <sip:alice@192.0.2.10>',
        'Content-Length: 0\r\n\r\n',
      ].join('\r\n'),
    )
  }

  /** Answers what the proxy sent, takes it back, or goes on inside its dialog; now and then mutated. */
  #reply() {
    const written = this.#pick(this.#written)
    if (written === undefined) return
    const message = decodeMessage(written)
    const { headers } = message
    let bytes = written
    if (message.kind === 'request')
      bytes = encodeMessage(responseTo(message, this.#pick(STATUSES), { toTag: `b${this.#random.integer(0, 2)}` }))
    else if (headers.has('record-route')) {
      const method = this.#pick(['ACK', 'BYE', 'INVITE', 'NOTIFY'])
      headers.set('CSeq', `${this.#random.integer(1, 9)} ${method}`).set('Route', headers.getAll('record-route').reverse().join(', '))
      bytes = encodeMessage({
        kind: 'request',
        method,
        uri: 'sip:bob@192.0.2.11',
        headers: headers.delete('Record-Route'),
        body: new Uint8Array(0),
      })
    } else if (headers.get('cseq')?.endsWith('INVITE')) {
      headers.set('CSeq', '1 CANCEL')
      bytes = encodeMessage({ kind: 'request', method: 'CANCEL', uri: 'sip:bob@home2.example', headers, body: new Uint8Array(0) })
    }
    this.#receive(this.#random.chance(0.3) ? this.#mutate(bytes) : bytes)
  }

  #connections() {
    const random = this.#random
    const waiting = this.#flows.find(({ open }) => !open)
    if (random.chance(0.5)) {
      const flow = waiting ?? { id: `in-${++this.#counter}`, open: false }
      if (flow !== waiting) remember(this.#flows, flow)
      flow.open = true
      this.#step({ type: 'opened', flow: flow.id, transport: this.#pick(['tcp', 'ws']), local: PLACE, remote: this.#pick(REMOTES) })
    } else if (this.#flows.length > 0) {
      const [flow] = this.#flows.splice(random.integer(0, this.#flows.length - 1), 1)
      this.#step({ type: 'closed', flow: flow.id })
    }
  }

  #receive(bytes) {
    const flow = this.#pick(this.#flows.filter(({ open }) => open))
    const remote = this.#pick(REMOTES)
    if (flow !== undefined && this.#random.chance(0.4)) this.#step({ type: 'bytes', flow: flow.id, bytes })
    else this.#step({ type: 'datagram', flow: `udp/${remote.host}:${remote.port}`, local: PLACE, remote, bytes })
  }

  #pick(list) {
    return list[this.#random.integer(0, Math.max(0, list.length - 1))]
  }
}
