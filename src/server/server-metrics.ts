import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { ConferenceNews } from '../focus/index.js'
import type { DepositNews } from './deposit-options.js'
import type { FocusFigures, FocusMeter } from './focus-options.js'
import { KNOWN_FLOWS } from './limits.js'
import type { ServerMeter } from './server-meter.js'

/** Numbers that are asked for when somebody looks. */
export interface MetricSources {
  /** Living bindings. */
  bindings(): Promise<number>
  /** SIP sessions through the proxy. */
  sessions(): number
  focus(): FocusFigures | undefined
}

/** Methods with a name of their own: a made-up one must not make a series (house). */
const METHODS: ReadonlySet<string> = new Set([
  ...[
    'INVITE',
    'ACK',
    'BYE',
    'CANCEL',
    'REGISTER',
    'OPTIONS',
    'MESSAGE',
    'SUBSCRIBE',
    'NOTIFY',
    'UPDATE',
    'PRACK',
    'REFER',
    'INFO',
    'PUBLISH',
  ],
])

const ENDS: ReadonlySet<string> = new Set(['finished', 'declined', 'failed', 'cancelled', 'deferred'])

/** What `/metrics` shows: `cpmft_…` of the service, `process_…` and `nodejs_…` of the runtime. */
export class ServerMetrics implements ServerMeter, FocusMeter {
  readonly #registry = new Registry()
  readonly #requests
  readonly #responses
  readonly #registrations
  readonly #refused
  readonly #octets
  readonly #deliveries
  readonly #deposits
  /** Octets of files by conference and file. */
  readonly #sizes = new Map<string, number>()

  constructor(sources: MetricSources) {
    const registers = [this.#registry]
    const counter = (name: string, help: string, labelNames: string[]) => new Counter({ name, help, labelNames, registers })
    this.#requests = counter('cpmft_sip_requests_total', 'SIP requests that asked for a decision, by method', ['method'])
    this.#responses = counter('cpmft_sip_responses_total', 'Final SIP responses, by method and class', ['method', 'class'])
    this.#registrations = counter('cpmft_registrations_total', 'REGISTER requests carried out, by outcome', ['outcome'])
    this.#refused = counter('cpmft_refused_total', 'Requests refused, by reason', ['reason'])
    this.#gauge('cpmft_bindings', 'Devices registered now', () => sources.bindings())
    this.#gauge('cpmft_sip_sessions', 'SIP sessions through the proxy', () => sources.sessions())
    this.#gauge('cpmft_conferences', 'Conferences of the focus', () => sources.focus()?.conferences ?? 0)
    this.#gauge('cpmft_conference_members', 'Members of all conferences', () => sources.focus()?.members ?? 0)
    this.#gauge('cpmft_spool_octets', 'Octets of files kept on disk', () => sources.focus()?.spooled ?? 0)
    this.#gauge('cpmft_memory_octets', 'Octets of files kept in memory', () => sources.focus()?.memory ?? 0)
    this.#octets = counter('cpmft_file_octets_total', 'Octets of whole files, by direction', ['direction'])
    this.#deliveries = counter('cpmft_deliveries_total', 'Files to members of groups, by outcome', ['outcome'])
    this.#deposits = counter('cpmft_deposits_total', 'Files for people who are away, by what happened to them', ['event'])
    collectDefaultMetrics({ register: this.#registry })
  }

  request(method: string): void {
    this.#requests.inc({ method: named(method) })
  }

  response(method: string, status: number): void {
    this.#responses.inc({ method: named(method), class: `${Math.trunc(status / 100)}xx` })
  }

  registration(outcome: 'registered' | 'removed' | 'refused'): void {
    this.#registrations.inc({ outcome })
  }

  /** @param reason of the proxy's policy, or the status with which the focus refused */
  refused(reason: 'rate' | 'busy' | 'login' | 'draining' | 'policy' | number): void {
    this.#refused.inc({ reason: typeof reason === 'number' ? 'focus' : reason })
  }

  conference(what: 'opened' | 'closed' | 'crashed'): void {
    if (what === 'crashed') this.#refused.inc({ reason: 'crash' })
  }

  /** Every conference tells its news to `file`. */
  news(): void {}

  /** Files that came to the focus and files that left it, whole ones. */
  file(conference: string, news: ConferenceNews): void {
    if (news.type === 'file') this.#fileCame(`${conference} ${news.fileId}`, news.state, news.selector.size ?? 0)
    if (news.type !== 'delivery' || !ENDS.has(news.state)) return
    this.#deliveries.inc({ outcome: news.state })
    if (news.state === 'finished') this.#octets.inc({ direction: 'out' }, this.#sizes.get(`${conference} ${news.fileId}`) ?? 0)
  }

  #fileCame(key: string, state: string, size: number): void {
    this.#sizes.set(key, size)
    if (state === 'spooled') this.#octets.inc({ direction: 'in' }, size)
    for (const oldest of this.#sizes.keys()) {
      if (this.#sizes.size <= KNOWN_FLOWS) break
      this.#sizes.delete(oldest)
    }
  }

  deposit({ type }: DepositNews): void {
    this.#deposits.inc({ event: type })
  }

  async read(): Promise<{ readonly type: string; readonly text: string }> {
    return { type: this.#registry.contentType, text: await this.#registry.metrics() }
  }

  #gauge(name: string, help: string, value: () => number | Promise<number>): void {
    const gauge: Gauge = new Gauge({ name, help, registers: [this.#registry], collect: async () => gauge.set(await value()) })
  }
}

function named(method: string): string {
  return METHODS.has(method) ? method : 'other'
}
