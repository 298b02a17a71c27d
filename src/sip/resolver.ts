import type { Random } from '../wire/index.js'
import type { Delays } from './delays.js'
import { isSecure, type Hop, type Service } from './hop.js'
import { DNS_CACHE, DNS_TARGETS, OPENING_REQUESTS, RESOLVE_TIME } from './limits.js'
import { serviceNames, servicesOf, type ServiceName, targetsOf } from './service-records.js'
import type { NetworkTurn } from './turn.js'
import type { NaptrRecord, SrvRecord, Transport } from './user-agent-types.js'

type Records = readonly (NaptrRecord | SrvRecord)[]
type Done = (hops: readonly Hop[]) => void

/** A name being looked up. */
interface Search {
  readonly key: string
  readonly hop: Hop
  readonly service: Service
  readonly waiting: Done[]
  /** SRV names of the round under way, by question; empty while NAPTR is asked. */
  services: readonly ServiceName[]
  answers: (Records | undefined)[]
  stopTimer: () => void
}

export interface ResolverOptions {
  /** Whether anybody answers questions; without it every hop leads where it says. */
  readonly enabled: boolean
  /** What we can send over. */
  readonly transports: ReadonlySet<Transport>
  readonly random: Random
}

/** Servers of a domain (RFC 3263 §4): NAPTR, then SRV, then the name itself. DNS is the driver's. */
export class Resolver {
  readonly #searches = new Map<string, Search>()
  readonly #questions = new Map<string, { readonly search: Search; readonly index: number }>()
  readonly #known = new Map<string, { readonly until: number; hops: readonly Hop[] }>()
  #asked = 0

  constructor(
    private readonly turn: NetworkTurn,
    private readonly delays: Delays,
    private readonly options: ResolverOptions,
  ) {}

  /** Calls `done` with the servers to try in order, at once or when DNS has answered; none when the domain says it has no such service. */
  resolve(hop: Hop, done: Done): void {
    const { service } = hop
    if (service === undefined || !this.options.enabled) return done([hop])
    const key = `${hop.transport} ${service.secure} ${service.transport} ${service.name}`
    const known = this.#known.get(key)
    if (known !== undefined && known.until > this.turn.now) return done(known.hops)
    const running = this.#searches.get(key)
    if (running === undefined) this.#search({ key, hop, service, waiting: [done], services: [], answers: [], stopTimer: () => {} })
    else if (running.waiting.length < OPENING_REQUESTS) running.waiting.push(done)
    else done([])
  }

  /** The driver's answer; one that nobody waits for is ignored. */
  resolved(id: string, records: Records): void {
    const question = this.#questions.get(id)
    if (question === undefined) return
    this.#questions.delete(id)
    const { search, index } = question
    if (search.services.length === 0) return this.#askServices(search, servicesOf(records, search.service, this.options.transports))
    search.answers[index] = records
    if (search.answers.every(answer => answer !== undefined)) this.#finish(search)
  }

  /** A server did not answer: others come before it for a while. */
  demote(hop: Hop): void {
    for (const entry of this.#known.values()) if (entry.hops.includes(hop)) entry.hops = [...entry.hops.filter(other => other !== hop), hop]
  }

  #search(search: Search): void {
    const { service } = search
    this.#searches.set(search.key, search)
    // RFC 3263 §4.1: a transport that the URI names needs no NAPTR
    if (service.transport === undefined) this.#ask(search, [service.name], 'NAPTR')
    else this.#askServices(search, [])
  }

  #askServices(search: Search, found: readonly ServiceName[]): void {
    search.services = found.length > 0 ? found : serviceNames(search.service, this.options.transports)
    search.answers = search.services.map(() => undefined)
    if (search.services.length === 0) this.#finish(search)
    else
      this.#ask(
        search,
        search.services.map(service => service.name),
        'SRV',
      )
  }

  #ask(search: Search, names: readonly string[], kind: 'NAPTR' | 'SRV'): void {
    search.stopTimer()
    search.stopTimer = this.delays.after(RESOLVE_TIME, () => this.#finish(search))
    for (const [index, name] of names.entries()) {
      const id = `dns-${++this.#asked}`
      this.#questions.set(id, { search, index })
      this.turn.emit({ type: 'resolve', id, name, kind })
    }
  }

  /** With the answers there are; silence counts as none. */
  #finish(search: Search): void {
    search.stopTimer()
    for (const [id, question] of this.#questions) if (question.search === search) this.#questions.delete(id)
    this.#searches.delete(search.key)
    const hops = this.#hopsOf(search)
    this.#remember(search.key, hops)
    for (const done of search.waiting) done(hops)
  }

  #hopsOf({ hop, service, services, answers }: Search): Hop[] {
    const hops: Hop[] = []
    let refused = false
    for (const [index, { transport }] of services.entries()) {
      const answer = targetsOf(answers[index] ?? [], this.options.random)
      refused ||= answer.refused
      // RFC 5922 §4: the certificate is for the domain that was asked for, whatever DNS made of it
      const domain = isSecure(transport) ? { domain: service.name } : {}
      for (const remote of answer.targets) hops.push({ transport, remote, ...domain })
    }
    if (hops.length > 0) return hops.slice(0, DNS_TARGETS)
    if (refused) return []
    const { transport, remote } = hop
    return [{ transport, remote }]
  }

  #remember(key: string, hops: readonly Hop[]): void {
    this.#known.delete(key)
    const [oldest] = this.#known.keys()
    if (oldest !== undefined && this.#known.size >= DNS_CACHE.names) this.#known.delete(oldest)
    this.#known.set(key, { until: this.turn.now + DNS_CACHE.time, hops })
  }
}
