import { CpmSession, FILE_TRANSFER_ICSI } from '../dist/cpm/index.js'
import { SipHeaders } from '../dist/sip/index.js'
import { parseMediaType } from '../dist/wire/index.js'

/**
 * CPM sessions for the fuzzer: one peer whose session descriptions are mutated, and an application that sends, asks for, pauses, aborts and
 * accepts files in any order. Every offer, ours or the peer's, is answered, withdrawn or left.
 */

const text = lines => Buffer.from(`${lines.join('\r\n')}\r\n`)
const hash = octet => Array.from({ length: 20 }, () => octet).join(':')
const line = (direction, id, more = []) => [
  'm=message 2855 TCP/MSRP *',
  `a=${direction}`,
  'a=setup:actpass',
  'a=msrp-cema',
  'a=accept-types:message/cpim *',
  `a=path:msrp://192.0.2.10:2855/${id}x7mZ2kLx9RtVb4Ns1Yc;tcp`,
  `a=file-selector:name:"notes.txt" type:text/plain size:4400 hash:sha-1:${hash('1F')}`,
  `a=file-transfer-id:${id}Kx83LmQz0TtY7bWc5RnV2eHd9GjA64`,
  ...more,
]
const description = (version, ...lines) =>
  text(['v=0', `o=peer 77 ${version} IN IP4 192.0.2.10`, 's=-', 'c=IN IP4 192.0.2.10', 't=0 0', ...lines.flat()])

/** Pushes, pulls, ranges and pauses, as a peer writes them. */
export const SESSION_SEEDS = [
  description(1, line('sendonly', 'a1')),
  description(1, line('recvonly', 'b1')),
  description(2, line('sendonly', 'a1', ['a=file-range:1001-4400']), line('recvonly', 'b1', ['a=file-range:1-*'])),
  description(3, line('inactive', 'a1'), line('sendonly', 'c1', ['a=file-disposition:render', 'i=Meeting notes'])),
  description(4, line('inactive', 'a1').with(0, 'm=message 0 TCP/MSRP *'), line('sendonly', 'c1')),
  description(5, line('sendonly', 'a1').with(0, 'm=message 2855 TCP/TLS/MSRP *'), ['m=audio 0 RTP/AVP 0']),
]
const ANSWERS = [
  ({ media }) => media,
  ({ media }) => media.replaceAll('a=sendonly', 'a=recvonly'),
  ({ media }) => media.replaceAll('a=sendonly', 'a=inactive'),
  ({ media }) => media.replaceAll(/m=message \d+/g, 'm=message 0'),
  ({ media }) => media.replaceAll('a=recvonly', 'a=sendonly').replaceAll('actpass', 'passive'),
]
const OUTCOME = { code: 'disk-full' }
const LARGEST = 65_536

export class FuzzSession {
  #random
  #mutate

  constructor(random, mutate) {
    this.#random = random
    this.#mutate = mutate
  }

  /** One whole session that begins with these octets, or with an offer of ours that they answer. */
  try(bytes) {
    const run = new Run(this.#random, this.#mutate)
    run.begin(bytes)
    for (let steps = this.#random.integer(1, 14); steps > 0; steps--) run.step()
  }
}

class Run {
  #random
  #mutate
  #session
  #now = 0
  #files = []
  #offered = []
  #sessions = []
  /** Our offer that waits for the peer's answer, as text. */
  #ours
  #first = true
  #next = 1

  constructor(random, mutate) {
    this.#random = random
    this.#mutate = mutate
    this.#session = new CpmSession({
      id: 'fuzz',
      ownUri: 'sip:bob@home2.example',
      peerUri: 'sip:alice@home1.example',
      media: { host: '192.0.2.20', port: 2855 },
      random: random.bytes,
      releaseTimer: random.integer(0, 1) * 30_000,
      ringTimeout: 120_000,
      successReport: random.chance(0.7),
      failureReport: 'yes',
      strict: random.chance(0.3),
      strictRange: random.chance(0.3),
      secure: random.chance(0.2),
      reuseSlots: random.chance(0.3),
      dateTime: () => '2024-05-04T12:16:49Z',
    })
  }

  begin(bytes) {
    if (this.#random.chance(0.6)) return this.#incoming(bytes)
    this.#command(this.#random.chance(0.6) ? this.#send() : this.#get())
    this.#answerOurs(bytes)
  }

  step() {
    this.#now += this.#random.chance(0.2) ? 60_000 : 20
    const steps = [
      () => this.#command({ name: 'answer', accepted: this.#chosen(), served: this.#served() }),
      () =>
        this.#ours === undefined && this.#sip({ name: 'offered', body: this.#body(this.#seed()), method: 'INVITE', request: request() }),
      () => this.#answerOurs(this.#seed()),
      () => this.#command(this.#send()),
      () => this.#command(this.#get()),
      () => this.#command({ name: this.#random.chance(0.5) ? 'pause' : 'continue', fileId: this.#fileId() }),
      () => this.#command({ name: 'abort', fileId: this.#fileId(), ...(this.#random.chance(0.5) ? { outcome: OUTCOME } : {}) }),
      () => this.#command({ name: this.#random.chance(0.5) ? 'saved' : 'spoiled', fileId: this.#fileId(), outcome: OUTCOME }),
      () => this.#msrp(),
      () => this.#push({ type: 'timeout' }),
      () => this.#sip({ name: 'offer-withdrawn' }),
      () => this.#sip({ name: 'confirmed' }),
      () => this.#random.chance(0.2) && this.#sip({ name: 'ended', by: 'remote' }),
      () => this.#random.chance(0.2) && this.#command({ name: 'close' }),
    ]
    steps[this.#random.integer(0, steps.length - 1)]()
  }

  #incoming(bytes) {
    this.#first = false
    const remote = { host: '192.0.2.10', port: 5060 }
    this.#sip({ name: 'incoming', request: request(), body: this.#body(bytes), remote, transport: 'tcp' })
  }

  #answerOurs(bytes) {
    if (this.#ours === undefined) return
    const media = this.#ours
    this.#ours = undefined
    const roll = this.#random.next()
    const change = ANSWERS[this.#random.integer(0, ANSWERS.length - 1)]
    const body = this.#body(roll < 0.7 ? this.#mutate(Buffer.from(change({ media }), 'latin1')) : bytes)
    const refused = { cause: 'response', status: this.#random.chance(0.5) ? 488 : 491, response: response(488) }
    if (this.#first) {
      this.#first = false
      if (roll > 0.9) return this.#sip({ name: 'rejected', ...refused })
      return this.#sip({ name: 'established', body, response: response(200), remote: { host: '192.0.2.10', port: 5060 } })
    }
    this.#sip(roll > 0.9 ? { name: 'refused', ...refused } : { name: 'answered', body })
  }

  #msrp() {
    const sessionId = this.#sessions[this.#random.integer(0, Math.max(0, this.#sessions.length - 1))]
    if (sessionId === undefined) return
    const octets = this.#random.bytes(this.#random.integer(0, 200))
    const events = [
      { type: 'bound', sessionId, connection: 'in-1' },
      { type: 'failed', sessionId, cause: 'connection-lost' },
      { type: 'octets', sessionId, messageId: 'm1', contentType: 'text/plain', position: 0, total: 4400, bytes: octets },
    ]
    const event = events[this.#random.integer(0, 1)]
    this.#push({ type: 'msrp', event })
    if (this.#random.chance(0.3)) this.#push({ type: 'need-data', sessionId, offset: this.#random.integer(0, 5000), length: 2048 })
  }

  #push(input) {
    for (const output of this.#session.step(input, this.#now)) {
      if (output.type === 'sip') this.#hearSip(output.command)
      else if (output.type === 'event') this.#hear(output.event)
      else if (output.input.type === 'add-session') this.#sessions.push(/\/([^/;]+);/.exec(output.input.session.localUri)?.[1])
    }
  }

  #hearSip(command) {
    if (command.name === 'invite' || command.name === 'offer') this.#ours = Buffer.from(command.body.bytes).toString('latin1')
  }

  #hear(event) {
    if (event.type === 'offer') this.#offered = event.files
    if (event.fileId !== undefined && this.#files.length < 64) this.#files.push(event.fileId)
  }

  #chosen() {
    return this.#offered.filter(({ kind }) => kind !== 'pull' && this.#random.chance(0.8)).map(({ fileId }) => fileId)
  }

  #served() {
    const file = { selector: this.#selector(), disposition: 'attachment' }
    return this.#offered.filter(({ kind }) => kind === 'pull' && this.#random.chance(0.8)).map(({ fileId }) => ({ fileId, file }))
  }

  #selector() {
    const octets = new Uint8Array(20).fill(0x1f)
    return { name: 'notes.txt', type: parseMediaType('text/plain'), size: 4400, hashes: [{ algorithm: 'sha-1', octets }] }
  }

  #range() {
    return this.#random.chance(0.3) ? { range: { start: this.#random.integer(1, 4000), stop: 4400 } } : {}
  }

  #send() {
    const fileId = `out-${this.#next++}`
    this.#files.push(fileId)
    return { name: 'send', files: [{ fileId, selector: this.#selector(), disposition: 'attachment', ...this.#range() }] }
  }

  #get() {
    const fileId = `in-${this.#next++}`
    this.#files.push(fileId)
    return { name: 'get', files: [{ fileId, selector: this.#selector(), ...this.#range() }] }
  }

  #fileId() {
    return this.#files[this.#random.integer(0, Math.max(0, this.#files.length - 1))] ?? 'nothing'
  }

  #seed() {
    return this.#mutate(SESSION_SEEDS[this.#random.integer(0, SESSION_SEEDS.length - 1)])
  }

  #body(bytes) {
    return { contentType: 'application/sdp', bytes: new Uint8Array(bytes.subarray(0, LARGEST)) }
  }

  #command(command) {
    this.#push({ type: 'command', command })
  }

  #sip(event) {
    this.#push({ type: 'sip', event: { id: 'fuzz', ...event } })
  }
}

function request() {
  const headers = new SipHeaders([
    ['From', '<sip:alice@home1.example>;tag=1'],
    ['P-Preferred-Service', FILE_TRANSFER_ICSI],
  ])
  return { kind: 'request', method: 'INVITE', uri: 'sip:bob@home.example', headers, body: new Uint8Array(0) }
}

function response(status) {
  return { kind: 'response', status, reason: 'Fuzz', headers: new SipHeaders([]), body: new Uint8Array(0) }
}
