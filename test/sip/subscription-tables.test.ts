import { describe, expect, it } from 'vitest'
import { buildRequest } from '../../src/sip/build-request.js'
import { UserAgentCore } from '../../src/sip/core.js'
import { Dialog } from '../../src/sip/dialog.js'
import type { SipResponse } from '../../src/sip/message.js'
import { Notifier } from '../../src/sip/notifier.js'
import { NOTIFIER_TABLE, type NotifierEvent, type NotifierState } from '../../src/sip/notifier-table.js'
import { Subscriber } from '../../src/sip/subscriber.js'
import { SUBSCRIBER_TABLE, type SubscriberEvent, type SubscriberState } from '../../src/sip/subscriber-table.js'
import type { ServerRequest } from '../../src/sip/transaction-layer.js'
import { optionsFor } from '../kit/sip-pair.js'

const nothing = () => {}
const directory = { bind: nothing, unbind: nothing, release: nothing }
const source = {
  flow: 'udp/192.0.2.99:5060',
  transport: 'udp' as const,
  local: { host: '192.0.2.10', port: 5060 },
  remote: { host: '192.0.2.99', port: 5060 },
}

function coreOf(): UserAgentCore {
  const user = { request: nothing, cancel: nothing, ack: nothing, overloaded: nothing }
  const core = new UserAgentCore(optionsFor('alice', ['udp']), user, nothing)
  core.turn.begin(0)
  return core
}

function server(responses: SipResponse[] = []): ServerRequest {
  const request = buildRequest({
    method: 'SUBSCRIBE',
    uri: 'sip:alice@192.0.2.10:5060',
    routes: [],
    from: '<sip:peer@example.org>;tag=p',
    to: '<sip:alice@example.org>',
    callId: 'c',
    sequence: 1,
    fields: [['Contact', '<sip:peer@192.0.2.99:5060>']],
  })
  const respond = (response: SipResponse) => responses.push(response) > 0
  return { request, source, merged: false, respond, drop: nothing }
}

/** What the core wrote and told: methods and events. */
function traces(core: UserAgentCore): string[] {
  return core.turn.outputs.flatMap(output => {
    if (output.type === 'event') return [output.event.name]
    return output.type === 'write' ? [new TextDecoder().decode(output.bytes).split(' ')[0] as string] : []
  })
}

function subscriber(state: SubscriberState) {
  const core = coreOf()
  const command = { name: 'subscribe', id: 's', target: 'sip:peer@192.0.2.99:5060', event: 'conference', expires: 3600 } as const
  const subscription = new Subscriber(core, directory, command, { name: 'conference' }, undefined)
  subscription.state = state
  return { subscription, core }
}

function notifier(state: NotifierState) {
  const core = coreOf()
  const responses: SipResponse[] = []
  const first = server(responses)
  const dialog = Dialog.ofRequest(first.request, 'own', source)
  const subscription = new Notifier(core, directory, 'n', { name: 'conference' }, dialog, first, 3600)
  subscription.state = state
  return { subscription, core, responses }
}

const eventsOf = <Event extends string>(table: Record<string, object>) => [...new Set(Object.values(table).flatMap(Object.keys))] as Event[]
const subscriberSteps = (Object.keys(SUBSCRIBER_TABLE) as SubscriberState[]).flatMap(state =>
  eventsOf<SubscriberEvent>(SUBSCRIBER_TABLE).map(event => ({ state, event, arrow: SUBSCRIBER_TABLE[state][event] })),
)
const notifierSteps = (Object.keys(NOTIFIER_TABLE) as NotifierState[]).flatMap(state =>
  eventsOf<NotifierEvent>(NOTIFIER_TABLE).map(event => ({ state, event, arrow: NOTIFIER_TABLE[state][event] })),
)

const leadsToEnd = (
  table: Record<string, Record<string, { to: string } | undefined>>,
  state: string,
  seen = new Set<string>(),
): boolean => {
  if (state === 'ended') return true
  if (seen.has(state)) return false
  seen.add(state)
  return Object.values(table[state] ?? {}).some(arrow => arrow !== undefined && leadsToEnd(table, arrow.to, seen))
}

describe('the subscriber table', () => {
  it.each(subscriberSteps.filter(step => step.arrow !== undefined))('walks $state on $event', ({ state, event, arrow }) => {
    const { subscription, core } = subscriber(state)
    const response = { ...server().request, kind: 'response', status: 200, reason: 'OK' } as const
    const notify = { server: server(), state: { state: 'active' } } as const
    expect(subscription.apply(event, event.startsWith('NOTIFY') ? { notify } : event === 'success' ? { response } : {})).toBe(true)
    expect(subscription.state).toBe(arrow?.to)
    const expected = (arrow?.do ?? []).flatMap(action => SUBSCRIBER_TRACES[action] ?? [])
    expect(traces(core)).toEqual(expected)
  })

  it('refuses every other event without a change', () => {
    for (const { state, event, arrow } of subscriberSteps) {
      if (arrow !== undefined) continue
      const { subscription, core } = subscriber(state)
      expect(subscription.apply(event)).toBe(false)
      expect([subscription.state, core.turn.outputs, core.delays.deadline]).toEqual([state, [], undefined])
    }
  })

  it('leads from every state to the end', () => {
    for (const state of Object.keys(SUBSCRIBER_TABLE)) expect([state, leadsToEnd(SUBSCRIBER_TABLE, state)]).toEqual([state, true])
  })
})

describe('the notifier table', () => {
  it.each(notifierSteps.filter(step => step.arrow !== undefined))('walks $state on $event', ({ state, event, arrow }) => {
    const { subscription, core, responses } = notifier(state)
    expect(subscription.apply(event)).toBe(true)
    expect(subscription.state).toBe(arrow?.to)
    const actions = arrow?.do ?? []
    expect(traces(core)).toEqual(actions.flatMap(action => NOTIFIER_TRACES[action] ?? []))
    expect(responses.map(response => response.status)).toEqual(actions.flatMap(action => STATUSES[action] ?? []))
  })

  it('refuses every other event without a change', () => {
    for (const { state, event, arrow } of notifierSteps) {
      if (arrow !== undefined) continue
      const { subscription, core, responses } = notifier(state)
      const { deadline } = core.delays
      expect(subscription.apply(event)).toBe(false)
      expect([subscription.state, core.turn.outputs, responses, core.delays.deadline]).toEqual([state, [], [], deadline])
    }
  })

  it('leads from every state to the end', () => {
    for (const state of Object.keys(NOTIFIER_TABLE)) expect([state, leadsToEnd(NOTIFIER_TABLE, state)]).toEqual([state, true])
  })
})

const SUBSCRIBER_TRACES: Record<string, string> = {
  'report subscribed': 'subscribed',
  'report notified': 'notified',
  'report ended': 'subscription-ended',
  'send refresh': 'SUBSCRIBE',
  'send unsubscription': 'SUBSCRIBE',
}
const NOTIFIER_TRACES: Record<string, string> = {
  'send NOTIFY': 'NOTIFY',
  'send last NOTIFY': 'NOTIFY',
  'report refreshed': 'subscription-refreshed',
  'report ended': 'subscription-ended',
}
const STATUSES: Record<string, number> = { 'send 200': 200, 'send rejection': 403, 'send 500': 500 }
