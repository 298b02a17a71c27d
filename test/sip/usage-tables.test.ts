import { describe, expect, it } from 'vitest'
import { UserAgentCore } from '../../src/sip/core.js'
import { InviteUsage } from '../../src/sip/invite-usage.js'
import { INVITE_USAGE_TABLE, type InviteUsageEvent, type InviteUsageState } from '../../src/sip/invite-usage-table.js'
import { OFFER_TABLE, type OfferEvent, type OfferState } from '../../src/sip/offer-table.js'
import { optionsFor } from '../kit/sip-pair.js'

const nothing = () => {}

/** A usage without dialog and with a role that only writes down what it is asked for. */
function bare(state: InviteUsageState, outgoing: boolean) {
  const core = new UserAgentCore(
    optionsFor('alice', ['udp']),
    { request: nothing, cancel: nothing, ack: nothing, overloaded: nothing },
    nothing,
  )
  core.turn.begin(0)
  const usage = new InviteUsage(core, { bind: nothing, unbind: nothing, release: nothing }, 'u', outgoing)
  const done: string[] = []
  usage.role = { perform: action => done.push(action), timeout: nothing, prack: nothing, earlyDialog: () => undefined, release: nothing }
  usage.state = state
  return { usage, done, core }
}

const usageEvents = [...new Set(Object.values(INVITE_USAGE_TABLE).flatMap(arrows => Object.keys(arrows)))] as InviteUsageEvent[]
const offerEvents = [...new Set(Object.values(OFFER_TABLE).flatMap(arrows => Object.keys(arrows)))] as OfferEvent[]
const usageSteps = (Object.keys(INVITE_USAGE_TABLE) as InviteUsageState[]).flatMap(state =>
  usageEvents.map(event => ({ state, event, arrow: INVITE_USAGE_TABLE[state][event] })),
)
const offerSteps = (Object.keys(OFFER_TABLE) as OfferState[]).flatMap(state =>
  offerEvents.map(event => ({ state, event, arrow: OFFER_TABLE[state][event] })),
)

describe('the INVITE usage table', () => {
  it.each(usageSteps.filter(step => step.arrow !== undefined))('walks $state on $event', ({ state, event, arrow }) => {
    const { usage, done, core } = bare(state, state !== 'received' && state !== 'ringing')
    expect(usage.apply(event, { reason: 'SIP;cause=200' })).toBe(true)
    expect(usage.state).toBe(arrow?.to)
    const reported = core.turn.outputs.flatMap(output => (output.type === 'event' ? [output.event.name] : []))
    expect(reported.includes('ended')).toBe(arrow?.do.includes('report ended') ?? false)
    const own = ['report ended', 'report confirmed', 'report cancelled', 'send BYE']
    const others = (arrow?.do ?? []).filter(action => !own.includes(action) && !action.startsWith('blame'))
    expect(done.filter(action => action !== 'report cancelled')).toEqual(others)
  })

  it('refuses every other event without a change', () => {
    for (const { state, event, arrow } of usageSteps) {
      if (arrow !== undefined) continue
      const { usage, done, core } = bare(state, true)
      expect(usage.apply(event)).toBe(false)
      expect([usage.state, done, core.turn.outputs, core.delays.deadline]).toEqual([state, [], [], undefined])
    }
  })

  it('leads from every state to the end', () => {
    const leadsToEnd = (state: InviteUsageState, seen: Set<string>): boolean => {
      if (state === 'ended') return true
      if (seen.has(state)) return false
      seen.add(state)
      return Object.values(INVITE_USAGE_TABLE[state]).some(arrow => arrow !== undefined && leadsToEnd(arrow.to, seen))
    }
    for (const state of Object.keys(INVITE_USAGE_TABLE) as InviteUsageState[])
      expect([state, leadsToEnd(state, new Set())]).toEqual([state, true])
  })
})

describe('the offer table', () => {
  it.each(offerSteps.filter(step => step.arrow !== undefined))('walks $state on $event', ({ state, event, arrow }) => {
    const { usage } = bare('established', true)
    usage.offers.state = state
    expect(usage.offers.apply(event)).toBe(true)
    // without a dialog nothing can be sent, so only "end dialog" moves on
    expect(usage.offers.state).toBe(arrow?.to)
  })

  it('refuses every other event without a change', () => {
    for (const { state, event, arrow } of offerSteps) {
      if (arrow !== undefined) continue
      const { usage, core } = bare('established', true)
      usage.offers.state = state
      expect(usage.offers.apply(event)).toBe(false)
      expect([usage.offers.state, core.turn.outputs]).toEqual([state, []])
    }
  })

  it('returns to idle from every state', () => {
    for (const state of ['offering', 'refreshing', 'offered', 'answered'] as const)
      expect(Object.values(OFFER_TABLE[state]).some(arrow => arrow?.to === 'idle')).toBe(true)
  })
})
