import { describe, expect, it } from 'vitest'
import { Delays } from '../../src/sip/delays.js'
import type { Hop } from '../../src/sip/hop.js'
import { DNS_CACHE, DNS_RECORDS, DNS_SERVICES, DNS_TARGETS, OPENING_REQUESTS, RESOLVE_TIME } from '../../src/sip/limits.js'
import { Resolver } from '../../src/sip/resolver.js'
import { servicesOf, targetsOf } from '../../src/sip/service-records.js'
import { Turn } from '../../src/sip/turn.js'
import type { NaptrRecord, SrvRecord, Transport } from '../../src/sip/user-agent-types.js'
import { seededRandom } from '../kit/sip-pair.js'

const OURS: ReadonlySet<Transport> = new Set(['udp', 'tcp', 'tls'])
const srv = (priority: number, name: string): SrvRecord => ({ priority, weight: 1, port: 5060, name })
const naptr = (order: number, replacement: string, service = 'SIP+D2T'): NaptrRecord => ({
  order,
  preference: 1,
  flags: 's',
  service,
  replacement,
})
const hopTo = (name: string, transport: Transport = 'tcp'): Hop => ({
  transport,
  remote: { host: name, port: 5060 },
  service: { name, secure: false, transport },
})

function resolving() {
  const turn = new Turn()
  const delays = new Delays(turn)
  const resolver = new Resolver(turn, delays, { enabled: true, transports: OURS, random: seededRandom(1) })
  const answers: string[][] = []
  turn.begin(0)
  const ask = (name: string, transport: Transport) =>
    resolver.resolve(hopTo(name, transport), hops => answers.push(hops.map(({ remote }) => remote.host)))
  const questions = () => turn.outputs.filter(output => output.type === 'resolve')
  const answer = (name: string, ...records: (SrvRecord | NaptrRecord)[]) =>
    resolver.resolved(questions().find(question => question.name === name)?.id ?? '', records)
  const at = (time: number) => {
    turn.begin(time)
    delays.timeout()
  }
  return { resolver, answers, ask, answer, questions, at }
}

describe('limits of DNS', () => {
  it('as many as OPENING_REQUESTS wait for one name, others get nothing @req SEC-11', () => {
    const { ask, answer, answers } = resolving()
    for (let count = 1; count < OPENING_REQUESTS; count++) ask('a.org', 'tcp')
    expect(answers).toEqual([])
    ask('a.org', 'tcp')
    expect(answers).toEqual([])
    ask('a.org', 'tcp')
    expect(answers).toEqual([[]])
    answer('_sip._tcp.a.org', srv(1, 's'))
    expect([answers.length, answers.at(-1)]).toEqual([OPENING_REQUESTS + 1, ['s']])
  })

  it('as many as DNS_CACHE.names are remembered, the oldest is forgotten first @req SEC-11', () => {
    const { ask, answer, questions } = resolving()
    const learn = (index: number) => {
      ask(`n${index}.org`, 'tcp')
      answer(`_sip._tcp.n${index}.org`, srv(1, `s${index}`))
    }
    for (let index = 1; index <= DNS_CACHE.names; index++) learn(index)
    expect(questions().length).toBe(DNS_CACHE.names)
    ask('n1.org', 'tcp')
    expect(questions().length).toBe(DNS_CACHE.names)
    learn(DNS_CACHE.names + 1)
    ask('n2.org', 'tcp')
    expect(questions().length).toBe(DNS_CACHE.names + 1)
    ask('n1.org', 'tcp')
    expect(questions().length).toBe(DNS_CACHE.names + 2)
  })

  it('answers are used again for DNS_CACHE.time, not longer @req SEC-11', () => {
    const { ask, answer, answers, questions, at } = resolving()
    ask('a.org', 'tcp')
    answer('_sip._tcp.a.org', srv(1, 's'))
    at(DNS_CACHE.time - 1)
    ask('a.org', 'tcp')
    expect([answers.length, questions().length]).toEqual([2, 0])
    at(DNS_CACHE.time)
    ask('a.org', 'tcp')
    expect([answers.length, questions().length]).toEqual([2, 1])
  })

  it('questions wait for RESOLVE_TIME, then the name itself has to do @req SIP-37', () => {
    const { ask, answer, answers, at, questions } = resolving()
    ask('a.org', 'tcp')
    const [question] = questions()
    at(RESOLVE_TIME - 1)
    expect([question?.name, answers]).toEqual(['_sip._tcp.a.org', []])
    at(RESOLVE_TIME)
    expect(answers).toEqual([['a.org']])
    answer('_sip._tcp.a.org', srv(1, 'late'))
    expect(answers).toEqual([['a.org']])
  })

  it.each([
    [DNS_TARGETS - 1, DNS_TARGETS - 1],
    [DNS_TARGETS, DNS_TARGETS],
    [DNS_TARGETS + 1, DNS_TARGETS],
  ])('of %i servers %i are tried @req SEC-11', (count, tried) => {
    const { ask, answer, answers } = resolving()
    ask('a.org', 'tcp')
    answer('_sip._tcp.a.org', ...Array.from({ length: count }, (_, index) => srv(index, `s${index}`)))
    expect(answers[0]?.length).toBe(tried)
  })

  it.each([
    [DNS_RECORDS - 1, DNS_RECORDS - 1],
    [DNS_RECORDS, DNS_RECORDS],
    [DNS_RECORDS + 1, DNS_RECORDS],
  ])('of %i SRV records %i are read @req SEC-11', (count, read) => {
    const records = Array.from({ length: count }, (_, index) => srv(index, `s${index}`))
    expect(targetsOf(records, seededRandom(1)).targets.length).toBe(read)
  })

  it('of NAPTR records DNS_RECORDS are read and DNS_SERVICES of them followed @req SEC-11', () => {
    const service = { name: 'a.org', secure: false, transport: undefined }
    const followed = (count: number) =>
      servicesOf(
        Array.from({ length: count }, (_, index) => naptr(index, `r${index}`)),
        service,
        OURS,
      ).length
    expect([DNS_SERVICES - 1, DNS_SERVICES, DNS_SERVICES + 1].map(followed)).toEqual([DNS_SERVICES - 1, DNS_SERVICES, DNS_SERVICES])
    const useless = Array.from({ length: DNS_RECORDS }, (_, index) => naptr(index, `r${index}`, 'E2U+sip'))
    expect(servicesOf([...useless.slice(1), naptr(99, 'last')], service, OURS).map(one => one.name)).toEqual(['last'])
    expect(servicesOf([...useless, naptr(99, 'last')], service, OURS)).toEqual([])
  })

  it.each(['SIP+D2S', 'constructor', '__proto__', ''])('the service "%s" is none of ours @req SIP-37', service => {
    expect(servicesOf([naptr(1, 'r', service)], { name: 'a.org', secure: false, transport: undefined }, OURS)).toEqual([])
  })
})

describe('searches', () => {
  it('do not take each other’s answers: one that ends leaves the other its questions', () => {
    const { ask, answer, answers } = resolving()
    ask('a.org', 'tcp')
    ask('b.org', 'tcp')
    answer('_sip._tcp.a.org', srv(1, 'one'))
    expect(answers).toEqual([['one']])
    answer('_sip._tcp.b.org', srv(1, 'two'))
    expect(answers).toEqual([['one'], ['two']])
  })

  it('use the answers that came when another is silent @req SIP-37', () => {
    const { resolver, answers, at, questions } = resolving()
    const service = { name: 'a.org', secure: false, transport: undefined }
    resolver.resolve({ transport: 'udp', remote: { host: 'a.org', port: 5060 }, service }, hops =>
      answers.push(hops.map(({ transport, remote }) => `${transport} ${remote.host}`)),
    )
    const idOf = (name: string) => questions().find(question => question.name === name)?.id ?? ''
    resolver.resolved(idOf('a.org'), [])
    resolver.resolved(idOf('_sip._tcp.a.org'), [srv(1, 'late')])
    at(RESOLVE_TIME)
    expect(answers).toEqual([['tcp late']])
  })

  it('that are demoted for one domain leave the others as they are', () => {
    const { resolver, ask, answer, answers } = resolving()
    let hops: readonly Hop[] = []
    for (const name of ['a.org', 'b.org']) {
      ask(name, 'tcp')
      answer(`_sip._tcp.${name}`, srv(1, `${name} first`.replace(' ', '.')), srv(2, `${name} second`.replace(' ', '.')))
    }
    resolver.resolve(hopTo('a.org'), found => (hops = found))
    resolver.demote(hops[0] as Hop)
    ask('a.org', 'tcp')
    ask('b.org', 'tcp')
    expect(answers.slice(-2)).toEqual([
      ['a.org.second', 'a.org.first'],
      ['b.org.first', 'b.org.second'],
    ])
  })
})
