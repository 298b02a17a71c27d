import { Counter, collectDefaultMetrics, Gauge, Registry } from 'prom-client'
import type { ServerMeter } from './server-meter.js'

/** Numbers that are asked for when somebody looks. */
export interface MetricSources {
  /** Living bindings. */
  bindings(): Promise<number>
  /** SIP sessions through the proxy. */
  sessions(): number
  focus(): FocusNumbers
}

export interface FocusNumbers {
  readonly conferences: number
  readonly members: number
  /** Octets of files since the start. */
  readonly octetsIn: number
  readonly octetsOut: number
  /** On disk now. */
  readonly spoolOctets: number
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

/** What `/metrics` shows: `cpmft_…` of the service, `process_…` and `nodejs_…` of the runtime. */
export class ServerMetrics implements ServerMeter {
  readonly #registry = new Registry()
  readonly #requests
  readonly #responses
  readonly #registrations
  readonly #refused

  constructor(sources: MetricSources) {
    const registers = [this.#registry]
    const counter = (name: string, help: string, labelNames: string[]) => new Counter({ name, help, labelNames, registers })
    this.#requests = counter('cpmft_sip_requests_total', 'SIP requests that asked for a decision, by method', ['method'])
    this.#responses = counter('cpmft_sip_responses_total', 'Final SIP responses, by method and class', ['method', 'class'])
    this.#registrations = counter('cpmft_registrations_total', 'REGISTER requests carried out, by outcome', ['outcome'])
    this.#refused = counter('cpmft_refused_total', 'Requests refused, by reason', ['reason'])
    this.#gauge('cpmft_bindings', 'Devices registered now', () => sources.bindings())
    this.#gauge('cpmft_sip_sessions', 'SIP sessions through the proxy', () => sources.sessions())
    this.#gauge('cpmft_conferences', 'Conferences of the focus', () => sources.focus().conferences)
    this.#gauge('cpmft_conference_members', 'Members of all conferences', () => sources.focus().members)
    this.#gauge('cpmft_spool_octets', 'Octets of files kept on disk', () => sources.focus().spoolOctets)
    this.#total('cpmft_received_octets_total', 'Octets of files received by the focus', () => sources.focus().octetsIn)
    this.#total('cpmft_sent_octets_total', 'Octets of files sent by the focus', () => sources.focus().octetsOut)
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

  refused(reason: 'rate' | 'login' | 'draining' | 'policy'): void {
    this.#refused.inc({ reason })
  }

  async read(): Promise<{ readonly type: string; readonly text: string }> {
    return { type: this.#registry.contentType, text: await this.#registry.metrics() }
  }

  #gauge(name: string, help: string, value: () => number | Promise<number>): void {
    const gauge: Gauge = new Gauge({ name, help, registers: [this.#registry], collect: async () => gauge.set(await value()) })
  }

  #total(name: string, help: string, value: () => number): void {
    const counter: Counter = new Counter({
      name,
      help,
      registers: [this.#registry],
      collect: () => {
        counter.reset()
        counter.inc(value())
      },
    })
  }
}

function named(method: string): string {
  return METHODS.has(method) ? method : 'other'
}
