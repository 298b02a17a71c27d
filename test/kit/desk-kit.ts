import { createHash, randomBytes } from 'node:crypto'
import {
  type Challenge,
  challengesOf,
  decodeMessage,
  DigestServer,
  Gruus,
  type ProxyCommand,
  type SipRequest,
  SipHeaders,
} from '../../src/sip/index.js'
import { authorize, type NonceCounts } from '../../src/sip/digest.js'
import type { Binding, ServerDatabase, User } from '../../src/server/database.js'
import type { DeskOptions, RequestEvent } from '../../src/server/desk-options.js'
import { makeUser } from '../../src/server/make-user.js'
import { RequestDesk } from '../../src/server/request-desk.js'
import { SILENT } from '../../src/server/server-log.js'

const NAMES = { md5: 'md5', 'sha-256': 'sha256', 'sha-512-256': 'sha512-256' }
const hash = (algorithm: keyof typeof NAMES, bytes: Uint8Array) => new Uint8Array(createHash(NAMES[algorithm]).update(bytes).digest())
const random = (length: number) => new Uint8Array(randomBytes(length))

export const DOMAIN = 'example.org'
export const START = 1_800_000_000_000

/** Where a request came from, and what it says beside the usual. */
export interface Sent {
  readonly from?: string
  readonly to?: string
  readonly toTag?: string
  readonly fields?: readonly string[]
  readonly flow?: string
  readonly remote?: string
  readonly login?: string
  readonly password?: string
  readonly callId?: string
}

/** The desk with a clock and a database in memory: what a request leads to. */
export class DeskKit {
  readonly desk: RequestDesk
  readonly gruus = new Gruus({ secret: new Uint8Array(32).fill(1), random, hash })
  readonly commands: ProxyCommand[] = []
  readonly counted: string[] = []
  readonly users = new Map<string, User>()
  readonly bindings = new Map<string, readonly Binding[]>()
  readonly groups = new Set<string>()
  /** What the next look into the database waits for or fails with. */
  delay: Promise<void> = Promise.resolve()
  time = START
  /** Milliseconds between a challenge and its answer. */
  pause = 0
  #next = 0
  #last: RequestEvent | undefined
  readonly #counts: NonceCounts = new Map()

  constructor(options: Partial<DeskOptions> = {}) {
    this.desk = new RequestDesk({
      domains: [DOMAIN],
      factory: 'conference-factory',
      node: 'n1',
      authentication: 'digest',
      database: this.#database(),
      digest: new DigestServer({ realm: DOMAIN, secret: new Uint8Array(32).fill(2), random, hash }),
      gruus: this.gruus,
      registrar: { expires: { least: 60, usual: 3600, most: 7200 }, maxBindings: 5, gruus: this.gruus, flowTimer: 120 },
      isTrusted: ({ flow }) => flow === 'focus',
      focus: 'focus',
      limits: { requests: { rate: 100, burst: 100 }, limitsLoopback: true, failedLogins: { rate: 1, burst: 3 } },
      date: () => this.time,
      now: () => this.time,
      command: command => this.commands.push(command),
      began: id => this.counted.push(`began ${id}`),
      log: SILENT,
      meter: {
        request: () => {},
        response: (method, status) => this.counted.push(`${method} ${status}`),
        registration: outcome => this.counted.push(outcome),
        refused: reason => this.counted.push(`refused ${reason}`),
      },
      ...options,
    })
  }

  addUser(name: string, displayName?: string): void {
    const user = makeUser({
      aor: `sip:${name}@${DOMAIN}`,
      password: `${name}-secret`,
      created: 0,
      ...(displayName !== undefined && { displayName }),
    })
    this.users.set(user.aor, user)
  }

  bind(name: string, more: Partial<Binding> = {}): void {
    const aor = `sip:${name}@${DOMAIN}`
    const contact = `sip:${name}@192.0.2.${50 + (this.bindings.get(aor)?.length ?? 0)}`
    const binding = { aor, contact, parameters: '', callId: 'c', cseq: 1, q: 1, expires: START + 100_000, path: [], ...more }
    this.bindings.set(aor, [...(this.bindings.get(aor) ?? []), binding])
  }

  /** What the desk commands for one request; with `login`, for the second one that answers its challenge. */
  async send(method: string, uri: string, sent: Sent = {}): Promise<ProxyCommand> {
    const first = await this.#ask(this.event(method, uri, sent))
    if (sent.login === undefined || first.name !== 'respond' || (first.status !== 401 && first.status !== 407)) return first
    this.time += this.pause
    const challenges = challengesOf({
      kind: 'response',
      status: first.status,
      reason: '',
      headers: new SipHeaders(first.headers),
      body: new Uint8Array(),
    })
    return this.#ask(this.event(method, uri, sent, this.#credentials(method, uri, sent, challenges)))
  }

  event(method: string, uri: string, sent: Sent, more: readonly string[] = []): RequestEvent {
    const { from = 'sip:alice@example.org', to = uri, toTag, fields = [], flow = 'in-1', remote = '192.0.2.9' } = sent
    const text = [
      `${method} ${uri} SIP/2.0`,
      `Via: SIP/2.0/TCP ${remote};branch=z9hG4bK${++this.#next}`,
      `From: <${from}>;tag=1`,
      `To: <${to}>${toTag === undefined ? '' : `;tag=${toTag}`}`,
      `Call-ID: ${sent.callId ?? 'c1'}`,
      `CSeq: ${this.#next} ${method}`,
      ...fields,
      ...more,
      '',
      '',
    ].join('\r\n')
    const request = decodeMessage(new TextEncoder().encode(text)) as SipRequest
    return {
      name: 'request',
      id: `r${this.#next}`,
      request,
      flow,
      transport: 'tcp',
      remote: { host: remote, port: 40_000 },
      flowToken: `token-${flow}`,
    }
  }

  /** What the desk commands for this request. */
  take(event: RequestEvent): Promise<ProxyCommand> {
    return this.#ask(event)
  }

  /** The request that the desk got last, with its credentials. */
  get last(): RequestEvent {
    return this.#last as RequestEvent
  }

  async #ask(event: RequestEvent): Promise<ProxyCommand> {
    this.#last = event
    const before = this.commands.length
    this.desk.take(event)
    for (let turn = 0; turn < 50 && this.commands.length === before; turn++) await new Promise(resolve => setImmediate(resolve))
    const command = this.commands[before]
    if (command === undefined) throw new Error('the desk said nothing')
    return command
  }

  #credentials(method: string, uri: string, sent: Sent, challenges: readonly Challenge[]): string[] {
    const credentials = { username: sent.login ?? '', password: sent.password ?? `${sent.login}-secret` }
    return authorize({ challenges, method, uri, credentials, nonceCounts: this.#counts, random, hash }).map(
      ([name, value]) => `${name}: ${value}`,
    )
  }

  #database(): ServerDatabase {
    const look = async <T>(value: () => T): Promise<T> => {
      await this.delay
      return value()
    }
    const none = () => Promise.reject(new Error('not here'))
    return {
      users: {
        get: aor => look(() => this.users.get(aor)),
        byName: (realm, name) => look(() => [...this.users.values()].find(user => user.realm === realm && user.username === name)),
        list: none,
        put: none,
        remove: none,
      },
      bindings: {
        of: aor => look(() => [...(this.bindings.get(aor) ?? [])]),
        update: (aor, _now, change) =>
          look(() => {
            const { bindings, result } = change(this.bindings.get(aor) ?? [])
            this.bindings.set(aor, bindings)
            return result
          }),
        dropFlow: (node, flow) =>
          look(() => {
            for (const [aor, all] of this.bindings)
              this.bindings.set(
                aor,
                all.filter(binding => binding.node !== node || binding.flow !== flow),
              )
          }),
        sweep: none,
        count: none,
      },
      groups: {
        get: uri => look(() => (this.groups.has(uri) ? { name: '', uri, members: [], senders: 'members', maxSize: 1 } : undefined)),
        list: none,
        put: none,
        remove: none,
      },
      close: none,
    }
  }
}
