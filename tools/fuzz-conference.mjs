import { Conference, newConferenceUri } from '../dist/focus/index.js'
import { SipHeaders } from '../dist/sip/index.js'
import { SESSION_SEEDS } from './fuzz-session.mjs'

/**
 * Conferences for the fuzzer: a creator whose offer is mutated, three members that answer anything, MSRP sessions that say anything, and passages
 * that give, finish and fail as they like.
 */

const MEMBERS = ['b', 'c', 'd'].map(name => ({ uri: `sip:${name}@x.example`, copyControl: 'to', anonymize: name === 'd' }))
const STATUSES = [403, 404, 408, 480, 486, 488, 491, 500, 603]
const HEAD =
  'From: <sip:alice@home1.example>\r\nTo: <CONFERENCE>\r\nNS: imdn <urn:ietf:params:imdn>\r\n\r\nContent-Type: text/plain\r\n\r\nHello'
const REMOTE = { host: '192.0.2.10', port: 5060 }
const body = bytes => ({ contentType: 'application/sdp', bytes: new Uint8Array(bytes) })

export class FuzzConference {
  #random
  #mutate

  constructor(random, mutate) {
    this.#random = random
    this.#mutate = mutate
  }

  /** One whole conference that begins with these octets as offer; at its end nothing may be open. */
  try(bytes) {
    const run = new Run(this.#random, this.#mutate)
    run.begin(bytes)
    for (let steps = this.#random.integer(1, 40); steps > 0; steps--) run.step()
    run.end()
  }
}

class Run {
  #random
  #mutate
  #conference
  #now = 0
  /** Ids of dialogs, requests and subscriptions that it used. */
  #ids = ['creator']
  #offers = new Map()
  /** Dialogs that stand: nobody else makes an offer in one. */
  #up = new Set()
  #sessions = []
  #passages = new Map()
  #isOver = false

  constructor(random, mutate) {
    this.#random = random
    this.#mutate = mutate
    this.#conference = new Conference({
      id: 'c1',
      uri: newConferenceUri(random.bytes, 'cf.home1.example'),
      creator: { uri: 'sip:alice@home1.example' },
      recipients: MEMBERS,
      mode: random.chance(0.5) ? 'first-accept' : 'immediate',
      deferred: random.chance(0.3),
      onlyCreatorSends: random.chance(0.3),
      dialogs: { media: { host: '192.0.2.20', port: 2855 }, random: random.bytes, dateTime: () => '2024-05-04T12:16:49Z' },
    })
  }

  begin(bytes) {
    const request = this.#request('INVITE')
    this.#push({
      type: 'begin',
      event: { name: 'incoming', id: 'creator', request, body: body(bytes), remote: REMOTE, transport: 'tcp', trusted: true },
    })
  }

  step() {
    const random = this.#random
    this.#now += random.chance(0.1) ? 60_000 : 20
    const id = this.#pick(this.#ids)
    const steps = [
      () => this.#sip({ name: 'provisional', id, status: 180, response: this.#response(180) }),
      () => this.#sip({ name: 'established', id, body: this.#answer(id), response: this.#response(200), remote: REMOTE }),
      () => this.#sip({ name: 'established', id, body: this.#answer(id), response: this.#response(200), remote: REMOTE }),
      () => this.#refused('rejected', id),
      () => random.chance(0.5) && this.#refused('refused', id),
      () => this.#sip({ name: 'answered', id, body: this.#answer(id) }),
      () => this.#sip({ name: 'confirmed', id }),
      () =>
        this.#up.has(id) &&
        this.#sip({
          name: 'offered',
          id,
          body: body(this.#mutate(this.#pick(SESSION_SEEDS))),
          method: 'INVITE',
          request: this.#request('INVITE'),
        }),
      () => random.chance(0.3) && this.#sip({ name: 'ended', id, by: 'remote' }),
      () => random.chance(0.1) && this.#sip({ name: 'cancelled', id: 'creator' }),
      () => this.#msrp(),
      () => this.#msrp(),
      () => this.#passage(),
      () => this.#passage(),
      () => this.#push({ type: 'timeout' }),
      () => this.#push({ type: 'deposited', participant: this.#pick(['p1', 'p2', 'p3']), fileId: 'f1', kept: random.chance(0.5) }),
    ]
    this.#pick(steps)()
  }

  /** The host ends it; what was begun is over then. */
  end() {
    this.#push({ type: 'close' })
    for (let turns = 0; turns < 200 && !this.#isOver && this.#conference.deadline !== undefined; turns++) {
      this.#now = Math.max(this.#now, this.#conference.deadline)
      this.#push({ type: 'timeout' })
    }
    if (this.#isOver && this.#passages.size > 0) throw new Error(`open passages: ${[...this.#passages.keys()].join(' ')}`)
  }

  #msrp() {
    const random = this.#random
    const sessionId = this.#pick(this.#sessions)
    if (sessionId === undefined) return
    const text = this.#random.chance(0.7) ? HEAD.replace('CONFERENCE', this.#conference.settings.uri) : 'x'.repeat(random.integer(0, 500))
    const bytes = random.chance(0.7) ? Buffer.from(text) : this.#mutate(Buffer.from(text))
    const messageId = random.chance(0.8) ? 'm1' : 'm2'
    const message = {
      messageId,
      total: bytes.length,
      contentType: random.chance(0.8) ? 'message/cpim' : 'text/plain',
      headers: [],
      successReport: true,
      failureReport: 'yes',
    }
    const events = [
      { type: 'bound', sessionId, connection: 'in-1' },
      { type: 'message', sessionId, message },
      { type: 'body', sessionId, messageId, offset: random.chance(0.8) ? 0 : random.integer(0, 500), bytes: new Uint8Array(bytes) },
      { type: 'complete', sessionId, messageId, length: bytes.length },
      { type: 'abandoned', sessionId, messageId, cause: random.chance(0.5) ? 'aborted' : 'idle' },
      { type: 'answered', sessionId },
      { type: 'reported', sessionId },
      { type: 'unconfirmed', sessionId },
      { type: 'failed', sessionId, cause: 'connection-lost' },
    ]
    this.#push({ type: 'msrp', event: this.#pick(events) })
    if (random.chance(0.5)) this.#push({ type: 'need-data', sessionId, offset: random.integer(0, 500), length: 2048 })
  }

  #passage() {
    const [passage, readers] = this.#pick([...this.#passages]) ?? []
    if (passage === undefined) return
    const reader = this.#pick([...readers])
    const events = [
      ...(reader === undefined ? [] : [{ name: 'octets', passage, reader: reader[0], offset: reader[1], bytes: this.#random.bytes(50) }]),
      { name: 'finished', passage, size: this.#random.chance(0.5) ? 5 : 4400, sha1: new Uint8Array(20).fill(0x1f) },
      { name: 'failed', passage, cause: this.#random.chance(0.5) ? 'full' : 'broken', detail: 'fuzz' },
    ]
    const event = this.#pick(events)
    // over by itself
    if (event.name === 'failed') this.#passages.delete(passage)
    this.#push({ type: 'passage', event })
  }

  #push(input) {
    for (const output of this.#conference.step(input, this.#now)) {
      if (output.type === 'sip') this.#hear(output.command)
      else if (output.type === 'passage') this.#order(output.command)
      else if (output.type === 'msrp' && output.input.type === 'add-session')
        this.#sessions.push(/\/([^/;]+);/.exec(output.input.session.localUri)?.[1])
      else if (output.type === 'event' && output.event.type === 'ended') this.#isOver = true
    }
  }

  #hear(command) {
    if (command.name === 'accept') this.#up.add(command.id)
    if (command.name === 'bye') this.#up.delete(command.id)
    if (command.id !== undefined && !this.#ids.includes(command.id)) this.#ids.push(command.id)
    if (command.name === 'invite' || command.name === 'offer')
      this.#offers.set(command.id, Buffer.from(command.body.bytes).toString('latin1'))
  }

  #order(command) {
    const { name, passage, reader, offset } = command
    if (name === 'open') this.#passages.set(passage, new Map())
    else if (name === 'close') this.#passages.delete(passage)
    else if (name === 'read') this.#passages.get(passage)?.set(reader, offset)
    else if (name === 'leave') this.#passages.get(passage)?.delete(reader)
  }

  /** What the offer to this member asks for, turned round; now and then mutated. */
  #answer(id) {
    const offer = this.#offers.get(id) ?? ''
    const at = offer.indexOf('v=0')
    const end = offer.indexOf('\r\n--', Math.max(0, at))
    const answer = offer
      .slice(Math.max(0, at), end < 0 ? undefined : end + 2)
      .replaceAll('a=sendonly', 'a=recvonly')
      .replaceAll('actpass', 'active')
    return body(this.#random.chance(0.7) ? Buffer.from(answer, 'latin1') : this.#mutate(Buffer.from(answer, 'latin1')))
  }

  #refused(name, id) {
    const status = this.#pick(STATUSES)
    this.#sip({ name, id, cause: 'response', status, response: this.#response(status) })
  }

  #sip(event) {
    if (event.name === 'established') this.#up.add(event.id)
    if (['ended', 'rejected'].includes(event.name)) this.#up.delete(event.id)
    this.#push({ type: 'sip', event })
  }

  #request(method) {
    const headers = new SipHeaders()
      .set('From', '<sip:alice@home1.example>;tag=1')
      .set('To', '<sip:cf@home1.example>')
      .set('CSeq', `1 ${method}`)
    return { kind: 'request', method, uri: 'sip:cf@home1.example', headers, body: new Uint8Array(0) }
  }

  #response(status) {
    return { kind: 'response', status, reason: 'Fuzz', headers: new SipHeaders(), body: new Uint8Array(0) }
  }

  #pick(list) {
    return list[this.#random.integer(0, Math.max(0, list.length - 1))]
  }
}
