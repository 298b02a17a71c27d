import { describe, expect, it } from 'vitest'
import type { OpenFlow } from '../../src/sip/flows.js'
import { ProxyBranch } from '../../src/sip/proxy-branch.js'
import {
  PROXY_BRANCH_TABLE,
  PROXY_INVITE_BRANCH_TABLE,
  type ProxyBranchAction,
  type ProxyBranchEvent,
  type ProxyBranchState,
} from '../../src/sip/proxy-branch-table.js'
import { ProxyCore } from '../../src/sip/proxy-core.js'
import { decodeMessage, type SipRequest, type SipResponse } from '../../src/sip/index.js'
import { askLines, PROXY } from '../kit/proxy-hand.js'
import { hash, seededRandom } from '../kit/sip-pair.js'

type Table = typeof PROXY_INVITE_BRANCH_TABLE
const TABLES: Record<'INVITE' | 'MESSAGE', Table> = { INVITE: PROXY_INVITE_BRANCH_TABLE, MESSAGE: PROXY_BRANCH_TABLE }
const EVENTS = ['sent', '1xx', '2xx', '3xx-6xx', 'next server', 'withdraw', 'timer C', 'timer cancel'] as const
const SHORT = 1000
const NEVER = 1e9

/** One branch over TCP to a domain with two servers, as soon as its first connection opens. */
class Bench {
  readonly core: ProxyCore
  readonly branch: ProxyBranch
  readonly #told: string[] = []
  #now = 0
  #written = 0

  constructor(
    readonly method: 'INVITE' | 'MESSAGE',
    ringLimit: number,
  ) {
    const user = { request: () => {}, cancel: () => {}, ack: () => {}, overloaded: () => {} }
    const listening = [{ transport: 'tcp', address: PROXY }] as const
    this.core = new ProxyCore({ listening, names: [], resolve: true, ringLimit, random: seededRandom(1), hash }, user, () => {})
    this.#turn(0)
    const nextHop = 'sip:bob@far.example.com;transport=tcp'
    this.branch = new ProxyBranch(
      this.core,
      { method, nextHop, build: flow => this.#request(flow) },
      {
        provisional: ({ status }) => this.#told.push(`pass ${status}`),
        success: (_, { status }) => this.#told.push(`report ${status}`),
        failure: (_, { status }) => this.#told.push(`report ${status}`),
      },
    )
    this.branch.start()
    const records = [1, 2].map(priority => ({ priority, weight: 1, port: 5060, name: `s${priority}.example.com` }))
    this.core.resolver.resolved('dns-1', records)
  }

  /** Brings the branch there by the shortest way. */
  to(state: ProxyBranchState): this {
    const ways: Record<ProxyBranchState, readonly ProxyBranchEvent[]> = {
      opening: [],
      calling: ['sent'],
      proceeding: ['sent', '1xx'],
      withdrawn: ['sent', 'withdraw'],
      cancelling: ['sent', '1xx', 'withdraw'],
      answered: ['sent', '2xx'],
      over: ['sent', '3xx-6xx'],
    }
    for (const event of ways[state]) this.happens(event)
    this.did()
    return this
  }

  happens(event: ProxyBranchEvent): this {
    const { core, branch } = this
    if (event === 'sent') core.flows.opened('out-1', 'tcp', PROXY, PROXY)
    else if (event === '1xx') branch.response({ status: 180 } as SipResponse)
    else if (event === '2xx') branch.response({ status: 200 } as SipResponse)
    else if (event === '3xx-6xx') branch.response({ status: 486 } as SipResponse)
    else if (event === 'next server') branch.response({ status: 503 } as SipResponse)
    else if (event === 'withdraw') branch.withdraw(undefined)
    else {
      this.#turn(this.#now + (event === 'timer C' ? SHORT : 64 * core.limits.t1))
      core.delays.timeout()
    }
    return this
  }

  /** What it has done since the last question, timers that run included. */
  did(): string[] {
    const outputs = this.core.turn.outputs.splice(0)
    const done = outputs.flatMap(output => {
      if (output.type === 'connect') return ['try']
      return output.type === 'write' ? [`send ${new TextDecoder().decode(output.bytes).split(' ', 1)[0]}`] : []
    })
    return [...done, ...this.#told.splice(0)].sort()
  }

  /** When the next timer of the branch is due, from now on. */
  get wait(): number | undefined {
    const { deadline } = this.core.delays
    return deadline === undefined ? undefined : deadline - this.#now
  }

  #turn(now: number): void {
    this.#now = now
    this.core.turn.begin(now)
  }

  #request(flow: OpenFlow): SipRequest {
    const via = `Via: SIP/2.0/TCP ${flow.local.host};branch=z9hG4bK${++this.#written}`
    return decodeMessage(new TextEncoder().encode(askLines(this.method, { via }))) as SipRequest
  }
}

/** What can be seen of an action. */
function seen(action: ProxyBranchAction, event: ProxyBranchEvent): string[] {
  if (action === 'pass') return ['pass 180']
  if (action === 'report') return [`report ${event === '2xx' ? 200 : event === 'next server' ? 503 : 486}`]
  return action.startsWith('report') || action === 'try' || action === 'send CANCEL' ? [action] : []
}

for (const method of ['INVITE', 'MESSAGE'] as const) {
  const table = TABLES[method]
  const states = (Object.keys(table) as ProxyBranchState[]).filter(
    state => method === 'INVITE' || state === 'opening' || state === 'calling' || state === 'over',
  )
  describe(`a branch of ${method}`, () => {
    for (const state of states)
      for (const event of EVENTS) {
        const arrow = table[state][event]
        // where there is no other server to be tried, 503 is a response like others
        const taken = arrow ?? (event === 'next server' ? table[state]['3xx-6xx'] : undefined)
        it(`${state}: ${event} ${taken === undefined ? 'changes nothing' : `leads to ${taken.to}`}`, () => {
          const bench = new Bench(method, event === 'timer C' ? SHORT : NEVER).to(state)
          const before = bench.wait
          const expected = (taken?.do ?? []).flatMap(action => seen(action, event))
          bench.happens(event)
          const sent = event === 'sent' && arrow !== undefined ? [`send ${method}`] : []
          expect(bench.did()).toEqual([...expected, ...sent].sort())
          if (taken === undefined && !event.startsWith('timer')) expect(bench.wait).toBe(before)
          if (taken?.do.includes('start C')) expect(bench.wait).toBe(NEVER)
          if (taken?.do.includes('start cancel')) expect(bench.wait).toBe(64 * bench.core.limits.t1)
          // and no other one runs behind it
          if (taken?.do.includes('start cancel')) expect(bench.happens('timer cancel').wait).toBeUndefined()
          if (taken?.to === 'over' || taken?.to === 'answered' || taken?.to === 'withdrawn') expect(bench.wait).toBeUndefined()
        })
      }
  })
}
