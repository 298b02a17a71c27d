import { describe, expect, it } from 'vitest'
import { encodeMessage, SipHeaders, type SipRequest } from '../../src/sip/index.js'
import { SeededRandom } from '../../src/testkit/seeded-random.js'
import { ALICE, askLines, bobAt, ProxyHand, type ProxySent, targetAt } from '../kit/proxy-hand.js'
import { responseLines } from '../kit/sip-hand.js'

const METHODS = ['INVITE', 'INVITE', 'MESSAGE', 'SUBSCRIBE', 'OPTIONS']
const STATUSES = [100, 180, 183, 200, 200, 202, 302, 401, 404, 407, 408, 430, 480, 486, 488, 500, 503, 600, 603]
const FLOWS = ['in-1', 'in-2']

/** Neighbours that do anything at any time. */
class Chaos {
  readonly hand = new ProxyHand({ resolve: true, kept: ['in-2'] })
  readonly asked = new Map<string, string>()
  readonly decided: string[] = []
  readonly #random: SeededRandom
  readonly #seen: { readonly text: string; readonly at: number }[] = []
  #count = 0

  constructor(seed: number) {
    this.#random = new SeededRandom(seed)
    for (const flow of FLOWS) this.hand.opened(flow, bobAt(9))
  }

  step(): void {
    const random = this.#random
    const deeds = [
      () => this.#ask(),
      () => this.#decide(),
      () => this.#decide(),
      () => this.#respond(),
      () => this.#respond(),
      () => this.#respond(),
      () => this.#cancel(),
      () => this.#acknowledge(),
      () => this.#again(),
      () => this.#connect(),
      () => this.#resolve(),
      () => this.hand.run(random.integer(0, 3) === 0 ? random.integer(0, 40_000) : random.integer(0, 300)),
    ]
    deeds[random.integer(0, deeds.length - 1)]?.()
  }

  #ask(): void {
    const branch = `z9hG4bKchaos${++this.#count}`
    const method = METHODS[this.#random.integer(0, METHODS.length - 1)] as string
    this.asked.set(branch, method)
    this.#receive(askLines(method, { branch, callId: branch }))
  }

  #decide(): void {
    const open = this.hand.of('request').filter(({ id }) => !this.decided.includes(id))
    const event = open[this.#random.integer(0, Math.max(0, open.length - 1))]
    if (event === undefined) return
    this.decided.push(event.id)
    if (this.#random.integer(0, 9) === 0) return void this.hand.command({ name: 'respond', id: event.id, status: 403 })
    const targets = Array.from({ length: this.#random.integer(0, 4) }, (_, index) => this.#target(index))
    this.hand.command({ name: 'forward', id: event.id, targets })
  }

  #target(index: number) {
    const q = this.#random.integer(0, 2) / 2
    const kind = this.#random.integer(0, 6)
    if (kind === 0) return targetAt(index, { q, flow: FLOWS[index % 2] as string })
    if (kind === 1) return targetAt(index, { q, uri: `sip:bob@192.0.2.2${index};transport=tcp` })
    if (kind === 2) return targetAt(index, { q, uri: `sip:bob@d${index}.example.com` })
    if (kind === 3) return targetAt(index, { q, uri: 'sip:bob@gone.invalid' })
    return targetAt(index, { q })
  }

  #respond(): void {
    const requests = this.hand.sent.filter(({ message }) => message.kind === 'request' && message.method !== 'ACK').slice(-30)
    const sent = requests[this.#random.integer(0, Math.max(0, requests.length - 1))]
    if (sent === undefined) return
    const status = STATUSES[this.#random.integer(0, STATUSES.length - 1)] as number
    this.#receive(responseLines(sent.message as SipRequest, status, { toTag: `b${this.#random.integer(0, 2)}` }), sent)
  }

  #cancel(): void {
    const branch = this.#someBranch()
    if (branch !== undefined) this.#receive(askLines('CANCEL', { branch, callId: branch }))
  }

  #acknowledge(): void {
    const branch = this.#someBranch()
    if (branch !== undefined) this.#receive(askLines('ACK', { branch, callId: branch, toTag: 'b1' }))
  }

  #someBranch(): string | undefined {
    const all = [...this.asked.keys()].slice(-5)
    return all[this.#random.integer(0, Math.max(0, all.length - 1))]
  }

  #again(): void {
    // later it would be a new request with an old branch
    const recent = this.#seen.filter(({ at }) => this.hand.now - at < 4000)
    const copy = recent[this.#random.integer(0, Math.max(0, recent.length - 1))]
    if (copy !== undefined) this.hand.receive(copy.text)
  }

  #connect(): void {
    const asked = this.hand.outputs.filter(output => output.type === 'connect').map(output => output.flow)
    const flow = [...FLOWS, ...asked.slice(-4)][this.#random.integer(0, FLOWS.length + Math.min(asked.length, 4) - 1)] as string
    if (this.#random.integer(0, 2) === 0) this.hand.closed(flow)
    else this.hand.opened(flow, bobAt(9))
  }

  #resolve(): void {
    const asked = this.hand.outputs.filter(output => output.type === 'resolve').at(-1)
    if (asked === undefined) return
    const names = this.#random.integer(0, 1) === 0 ? [] : ['one', 'two']
    this.hand.resolved(
      asked.name,
      names.map((name, priority) => ({ priority, weight: 1, port: 5060, name: `${name}.example.com` })),
    )
  }

  #receive(text: string, from?: ProxySent): void {
    this.#seen.push({ text, at: this.hand.now })
    this.hand.receive(text, from?.remote ?? ALICE, from?.flow)
  }
}

describe('a proxy among neighbours that do anything', () => {
  it.each(Array.from({ length: 25 }, (_, seed) => seed + 1))('answers every request once and keeps nothing, seed %d', seed => {
    const chaos = new Chaos(seed)
    for (let step = 0; step < 200; step++) chaos.step()
    const { hand } = chaos
    hand.run(700_000)
    expect(hand.proxy.size).toBe(0)
    const finals = new Map<string, Set<number>>()
    for (const { status, headers } of hand.responses()) {
      if (status < 200 || headers.get('cseq')?.endsWith('CANCEL') === true) continue
      const branch = headers.get('via')?.split('branch=')[1]?.split(';')[0] as string
      finals.set(branch, (finals.get(branch) ?? new Set()).add(status))
    }
    for (const [branch, method] of chaos.asked) {
      const statuses = [...(finals.get(branch) ?? [])]
      // a forked INVITE may have several 2xx, any other request may have none (RFC 4320 §4.2)
      const several = method === 'INVITE' && statuses.every(status => status < 300)
      expect([
        branch,
        method,
        statuses.length === 1 || (several ? statuses.length > 0 : method !== 'INVITE' && statuses.length === 0),
      ]).toEqual([branch, method, true])
    }
    const ids = hand.of('finished').map(({ id }) => id)
    expect(new Set(ids).size).toBe(ids.length)
    const forwarded = chaos.decided.filter(id => hand.of('cancelled').every(event => event.id !== id))
    expect(ids.every(id => forwarded.includes(id))).toBe(true)
  })
})

describe('a proxy under hostile input', () => {
  const seeds = () => {
    const hand = new ProxyHand().opened('in-1').receive(askLines('REGISTER', { transport: 'TCP' }), ALICE, 'in-1')
    const path = `Route: <sip:${hand.asked.flowToken}@192.0.2.1;lr;ob>`
    hand.receive(askLines('INVITE')).forward([targetAt(0), targetAt(1, { q: 0.5 })])
    const [invite] = hand.forwarded('INVITE') as [ProxySent]
    const request = invite.message as SipRequest
    const routes = request.headers.getAll('record-route').reverse().join(', ')
    const within = askLines('BYE', { uri: 'sip:bob@192.0.2.20', toTag: 'b1', headers: [`Route: ${routes}`] })
    const looped = new TextDecoder().decode(
      encodeMessage({ ...request, headers: new SipHeaders(request.headers).prepend('Via', 'SIP/2.0/UDP x;branch=z9hG4bKy') }),
    )
    const responses = [180, 200, 401, 503].map(status => responseLines(request, status))
    const others = ['OPTIONS', 'INVITE', 'CANCEL', 'ACK'].map(method =>
      askLines(method, { headers: [path, 'Max-Breadth: 3', ...(method === 'OPTIONS' ? ['Proxy-Require: x'] : [])] }),
    )
    return { hand, texts: [askLines('INVITE'), askLines('MESSAGE'), askLines('SUBSCRIBE'), within, looped, ...responses, ...others] }
  }
  const PIECES = [
    '\r\n',
    ';lr',
    'Route: <sip:192.0.2.1;lr>\r\n',
    '%',
    '"',
    '<',
    '>',
    ',',
    '\0',
    'é',
    'Via: SIP/2.0/UDP a;branch=z9hG4bK1\r\n',
    '999999999999',
    ' ',
    ';',
  ]

  it('never throws, and keeps nothing @req SEC-11', () => {
    const random = new SeededRandom(16)
    const { hand, texts } = seeds()
    let asked = 0
    for (let round = 0; round < 1500; round++) {
      let text = texts[round % texts.length] as string
      // mostly new requests, else they were copies of the first
      if (!text.startsWith('SIP/2.0')) text = text.replace(/z9hG4bKask\d+/, `z9hG4bKfuzz${round}`)
      for (let changes = random.integer(0, 4); changes > 0; changes--) {
        const at = random.integer(0, text.length)
        const piece = PIECES[random.integer(0, PIECES.length - 1)] as string
        text =
          random.integer(0, 1) === 0
            ? text.slice(0, at) + piece + text.slice(at)
            : text.slice(0, at) + text.slice(at + random.integer(0, 30))
      }
      const stream = round % 3 === 0
      if (stream) hand.opened(`in-${round}`)
      hand.receive(text, ALICE, stream ? `in-${round}` : undefined)
      for (const event of hand.events.splice(0)) {
        if (event.name !== 'request') continue
        asked++
        hand.command({ name: 'forward', id: event.id, targets: [targetAt(asked % 4), targetAt(5, { q: 0.1 })] })
      }
      if (stream) hand.closed(`in-${round}`)
      if (round % 50 === 0) hand.run(5000)
      hand.sent.length = 0
      hand.outputs.length = 0
    }
    hand.run(700_000)
    expect(hand.proxy.size).toBe(0)
    expect(asked).toBeGreaterThan(50)
  })
})
