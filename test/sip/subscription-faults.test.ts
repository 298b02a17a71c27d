import { describe, expect, it } from 'vitest'
import { EVENT_BODY_BYTES } from '../../src/sip/limits.js'
import type { SipRequest } from '../../src/sip/message.js'
import { tagOf } from '../../src/sip/name-address.js'
import type { SubscriptionCommand } from '../../src/sip/subscription-types.js'
import { requestLines, SipHand } from '../kit/sip-hand.js'

const ALLOW = ['INVITE', 'ACK', 'CANCEL', 'BYE', 'OPTIONS', 'SUBSCRIBE', 'NOTIFY']
const SUBSCRIBE = { name: 'subscribe', id: 's', target: 'sip:peer@192.0.2.99:5060', event: 'conference' } as const
const MINUTE = 60_000

function subscriber(more: Partial<Extract<SubscriptionCommand, { name: 'subscribe' }>> = {}): SipHand {
  return new SipHand('udp', { allow: ALLOW }).command({ ...SUBSCRIBE, ...more })
}

interface Notify {
  readonly state?: string
  readonly cseq?: number
  readonly from?: string
  readonly headers?: readonly string[]
  readonly body?: string
}

/** NOTIFY to the last SUBSCRIBE. */
function notify(
  hand: SipHand,
  { state = 'active;expires=3600', cseq = 1, from = 'peer', headers = ['Event: conference'], body = '' }: Notify = {},
) {
  const asked = hand.request('SUBSCRIBE')
  const told = state === '' ? [] : [`Subscription-State: ${state}`]
  const ends = { callId: asked.headers.get('call-id') as string, toTag: tagOf(asked.headers.get('from')) as string, fromTag: from, cseq }
  return hand.receive(requestLines('NOTIFY', { ...ends, headers: [...told, ...headers, 'Contact: <sip:peer@192.0.2.99:5060>'], body }))
}

const ended = (hand: SipHand) => hand.of('subscription-ended')
const notified = (hand: SipHand) => hand.of('notified').map(event => event.state)

describe('a subscription of ours', () => {
  it('takes the NOTIFY that is faster than the 2xx', () => {
    const hand = notify(subscriber())
    expect([hand.statuses(), notified(hand)]).toEqual([[200], ['active']])
    hand.respond(200, 'SUBSCRIBE', { headers: ['Expires: 3600'] })
    expect(hand.of('subscribed').map(event => event.expires)).toEqual([3600])
    hand.run(3001_000)
    const refresh = hand.request('SUBSCRIBE')
    expect([refresh.headers.get('CSeq'), tagOf(refresh.headers.get('to'))]).toEqual(['2 SUBSCRIBE', 'peer'])
  })

  it('keeps the first of forked NOTIFYs and refuses those of other dialogs with 481', () => {
    const hand = subscriber().respond(200, 'SUBSCRIBE', { headers: ['Expires: 3600'] })
    notify(hand)
    notify(hand, { from: 'other' })
    expect(hand.statuses()).toEqual([200, 481])
    expect(notified(hand)).toEqual(['active'])
  })

  it('gives up when no NOTIFY comes within 64*T1', () => {
    const hand = subscriber().respond(200, 'SUBSCRIBE')
    hand.run(31_000)
    expect(ended(hand)).toEqual([])
    hand.run(1_500)
    expect(ended(hand)).toEqual([{ name: 'subscription-ended', id: 's', cause: 'timeout' }])
    notify(hand)
    expect(hand.statuses()).toEqual([481])
    hand.run(MINUTE)
    expect(hand.agent.deadline).toBeUndefined()
  })

  it('gives up when nobody answers at all', () => {
    const hand = subscriber().run(MINUTE)
    expect(ended(hand)).toMatchObject([{ cause: 'timeout' }])
  })

  it('expects no NOTIFY after 204', () => {
    const hand = notify(subscriber().respond(200, 'SUBSCRIBE', { headers: ['Expires: 600'] }), { state: 'active;expires=600' })
    hand.run(301_000).respond(204, 'SUBSCRIBE', { headers: ['Expires: 600'] })
    hand.run(200_000)
    expect(ended(hand)).toEqual([])
    expect(hand.of('subscribed')).toHaveLength(2)
  })

  it.each([404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604])('is over when its refresh meets %i', status => {
    const hand = notify(subscriber().respond(200, 'SUBSCRIBE'), { state: 'active;expires=100' })
    hand.run(50_100).respond(status, 'SUBSCRIBE', { headers: ['Retry-After: 5'] })
    expect(ended(hand)).toMatchObject([{ cause: 'response', status, retryAfter: 5000 }])
    hand.run(200_000)
    expect(hand.requests('SUBSCRIBE')).toHaveLength(2)
    expect(hand.agent.deadline).toBeUndefined()
  })

  it('outlives a refresh that fails otherwise, tries again, and ends when its time is over', () => {
    const hand = notify(subscriber().respond(200, 'SUBSCRIBE'), { state: 'active;expires=100' })
    hand.run(51_000).respond(500, 'SUBSCRIBE')
    expect(ended(hand)).toEqual([])
    hand.run(26_000).respond(200, 'SUBSCRIBE', { headers: ['Expires: 100'] })
    notify(hand, { state: 'active;expires=100', cseq: 2 })
    expect(hand.of('subscribed').at(-1)?.expires).toBe(100)
    for (let turn = 0; turn < 20; turn++) {
      const before = hand.requests('SUBSCRIBE').length
      hand.run(10_000)
      if (hand.requests('SUBSCRIBE').length > before && ended(hand).length === 0) hand.respond(500, 'SUBSCRIBE')
    }
    expect(ended(hand)).toMatchObject([{ cause: 'timeout' }])
  })

  it('asks three times for more after 423 and not without a greater Min-Expires', () => {
    const hand = subscriber({ expires: 100 })
    for (const least of [200, 300, 400, 500]) hand.respond(423, 'SUBSCRIBE', { headers: [`Min-Expires: ${least}`] })
    expect(hand.requests('SUBSCRIBE').map(request => request.headers.get('Expires'))).toEqual(['100', '200', '300', '400'])
    expect(ended(hand)).toMatchObject([{ cause: 'response', status: 423 }])
    const other = subscriber({ expires: 100 }).respond(423, 'SUBSCRIBE', { headers: ['Min-Expires: 50'] })
    expect(ended(other)).toMatchObject([{ status: 423 }])
  })

  it('waits as long as a Retry-After of 503 says, then asks again', () => {
    const hand = subscriber().respond(503, 'SUBSCRIBE', { headers: ['Retry-After: 20'] })
    hand.run(31_000)
    expect(new Set(hand.requests('SUBSCRIBE').map(request => request.headers.get('CSeq')))).toEqual(new Set(['1 SUBSCRIBE', '2 SUBSCRIBE']))
    notify(hand)
    expect(notified(hand)).toEqual(['active'])
  })

  it('is not tried again without a password', () => {
    const challenge = 'WWW-Authenticate: Digest realm="r", nonce="n", algorithm=MD5, qop="auth"'
    const hand = subscriber().respond(401, 'SUBSCRIBE', { headers: [challenge] })
    expect(ended(hand)).toMatchObject([{ cause: 'auth', status: 401 }])
  })

  it('fails when its target cannot be reached', () => {
    const hand = subscriber({ target: 'tel:+4930123456' })
    expect(ended(hand)).toEqual([{ name: 'subscription-ended', id: 's', cause: 'transport' }])
  })

  it.each([
    ['deactivated', 0],
    ['timeout;retry-after=9', 0],
    ['probation;retry-after=9', 9000],
    ['giveup', 0],
    ['rejected;retry-after=9', undefined],
    ['noresource', undefined],
    ['invariant;retry-after=31536000', undefined],
    ['something-new;retry-after=7', 7000],
  ])('that is terminated with reason %s may be asked for anew after %s ms', (reason, retryAfter) => {
    const hand = notify(subscriber().respond(200, 'SUBSCRIBE'), { state: `terminated;reason=${reason}` })
    const wait = retryAfter === undefined ? {} : { retryAfter }
    expect(ended(hand)).toEqual([{ name: 'subscription-ended', id: 's', cause: 'remote', reason: reason.split(';')[0], ...wait }])
    expect(hand.of('notified')).toHaveLength(1)
  })

  it('is withdrawn before the first NOTIFY as soon as that came', () => {
    const hand = subscriber().command({ name: 'unsubscribe', id: 's' }).respond(200, 'SUBSCRIBE')
    expect(hand.requests('SUBSCRIBE')).toHaveLength(1)
    notify(hand)
    expect(hand.request('SUBSCRIBE').headers.get('Expires')).toBe('0')
    hand.respond(200, 'SUBSCRIBE', { headers: ['Expires: 0'] })
    notify(hand, { cseq: 2 })
    notify(hand, { cseq: 3, state: 'terminated;reason=timeout' })
    expect(notified(hand)).toEqual(['terminated'])
    expect(ended(hand)).toMatchObject([{ cause: 'local' }])
  })

  it('is withdrawn at once while nothing is on its way', () => {
    const hand = new SipHand('tcp', { allow: ALLOW }).command({ ...SUBSCRIBE, target: 'sip:peer@192.0.2.99:5060;transport=tcp' })
    hand.command({ name: 'unsubscribe', id: 's' })
    expect(ended(hand)).toEqual([{ name: 'subscription-ended', id: 's', cause: 'local' }])
    hand.opened('out-1')
    expect(hand.sent).toEqual([])
  })

  it('ends when the withdrawal is refused or meets silence', () => {
    const hand = notify(subscriber().respond(200, 'SUBSCRIBE')).command({ name: 'unsubscribe', id: 's' })
    hand.respond(481, 'SUBSCRIBE')
    expect(ended(hand)).toMatchObject([{ cause: 'local', status: 481 }])
    const other = notify(subscriber().respond(200, 'SUBSCRIBE')).command({ name: 'unsubscribe', id: 's' })
    other.respond(423, 'SUBSCRIBE', { headers: ['Min-Expires: 60'] })
    expect(ended(other)).toMatchObject([{ cause: 'local', status: 423 }])
    const silent = notify(subscriber().respond(200, 'SUBSCRIBE')).command({ name: 'unsubscribe', id: 's' })
    silent.respond(200, 'SUBSCRIBE').run(MINUTE)
    expect(ended(silent)).toMatchObject([{ cause: 'local' }])
  })

  it('sends a body and headers of the application, and its own From', () => {
    const filter = { contentType: 'application/simple-filter+xml', bytes: new TextEncoder().encode('<filter/>') }
    const headers = [
      ['From', '<sip:anonymous@anonymous.invalid>'],
      ['Privacy', 'id'],
    ] as const
    const hand = notify(subscriber({ body: filter, headers }).respond(200, 'SUBSCRIBE'), { state: 'active;expires=100' })
    const [first] = hand.requests('SUBSCRIBE') as [SipRequest]
    expect(first.headers.get('From')).toContain('anonymous.invalid')
    expect([first.headers.get('Privacy'), first.headers.get('Content-Type'), first.body.length]).toEqual(['id', filter.contentType, 9])
    hand.run(51_000)
    expect([hand.request('SUBSCRIBE').headers.get('Privacy'), hand.request('SUBSCRIBE').body.length]).toEqual(['id', 0])
  })

  it.each([
    ['no Subscription-State', { state: '' }, 400],
    ['a broken one', { state: 'active;;' }, 400],
    ['no token', { state: 'a b' }, 400],
    ['no Event', { headers: [] }, 481],
    ['another event', { headers: ['Event: presence'] }, 481],
    ['another id', { headers: ['Event: conference;id=2'] }, 481],
    ['a broken event', { headers: ['Event: con ference'] }, 481],
    ['too long a body', { body: 'x'.repeat(EVENT_BODY_BYTES + 1) }, 413],
    ['a state of its own', { state: 'warming-up' }, 200],
  ])('answers a NOTIFY with %s by its status', (_, what, status) => {
    const hand = notify(subscriber().respond(200, 'SUBSCRIBE'), what)
    expect(hand.statuses()).toEqual([status])
  })

  it('refuses a NOTIFY that comes out of order', () => {
    const hand = notify(subscriber().respond(200, 'SUBSCRIBE'), { cseq: 5 })
    notify(hand, { cseq: 4 })
    expect(hand.statuses()).toEqual([200, 500])
    expect(hand.responses(500)[0]?.headers.get('Retry-After')).toBe('0')
  })

  it('takes the end from NOTIFY as long as a 2xx says nothing, and no NOTIFY puts the refresh off', () => {
    const hand = notify(subscriber().respond(200, 'SUBSCRIBE', { headers: ['Expires: nonsense'] }), { state: 'active' })
    for (let cseq = 2; cseq < 200; cseq++) {
      hand.run(20_000)
      notify(hand, { cseq, state: `active;expires=${3600 - 20 * (cseq - 1)}` })
      if (hand.requests('SUBSCRIBE').length > 1) break
    }
    expect(hand.now).toBeLessThanOrEqual(3_020_000)
  })

  it.each([
    [{ event: 'con ference' }, 'bad-event'],
    [{ expires: -1 }, 'bad-expires'],
    [{ expires: 1.5 }, 'bad-expires'],
    [{ target: 'sip:a@b\r\nX: y' }, 'line-break'],
    [{ within: 'nobody' }, 'no-dialog'],
  ])('is not sent when asked for with %j', (wrong, code) => {
    const hand = new SipHand('udp', { allow: ALLOW })
    expect(() => hand.command({ ...SUBSCRIBE, ...wrong })).toThrow(expect.objectContaining({ code }))
    expect([hand.sent, hand.agent.deadline]).toEqual([[], undefined])
    // the id is free
    expect(hand.command(SUBSCRIBE).requests('SUBSCRIBE')).toHaveLength(1)
  })

  it('finds no room beyond the limit and no second use of an id', () => {
    const hand = new SipHand('udp', { allow: ALLOW, limits: { subscriptions: 1 } }).command(SUBSCRIBE)
    expect(() => hand.command({ ...SUBSCRIBE, id: 't' })).toThrow(expect.objectContaining({ code: 'too-many-subscriptions' }))
    expect(() => hand.command(SUBSCRIBE)).toThrow(expect.objectContaining({ code: 'id-in-use' }))
    // commands of the other role mean nothing here
    hand.command({ name: 'notify', id: 's' }).command({ name: 'accept-subscription', id: 's' })
    expect(hand.requests('NOTIFY')).toEqual([])
  })
})

function notifier(ask: { headers?: readonly string[]; body?: string } = {}): SipHand {
  const hand = new SipHand('udp', { allow: ALLOW, events: ['conference'] })
  const { headers = ['Event: conference', 'Expires: 600'], body = '' } = ask
  return hand.receive(requestLines('SUBSCRIBE', { headers: ['Contact: <sip:peer@192.0.2.99:5060>', ...headers], body }))
}

function accepted(): SipHand {
  const hand = notifier()
  return hand.command({ name: 'accept-subscription', id: idOf(hand) })
}

const idOf = (hand: SipHand) => hand.of('subscription-requested')[0]?.id as string

/** SUBSCRIBE in the dialog of the first. */
function again(hand: SipHand, cseq: number, headers: readonly string[]): SipHand {
  const toTag = tagOf(hand.responses(200)[0]?.headers.get('to')) as string
  return hand.receive(requestLines('SUBSCRIBE', { cseq, toTag, headers: ['Contact: <sip:peer@192.0.2.99:5060>', ...headers] }))
}

describe('a subscription of a peer', () => {
  it.each([
    [['Expires: 600'], 489],
    [['Event: presence'], 489],
    [['Event: conference;;'], 489],
    [['Event: conference', 'Expires: 59'], 423],
  ])('with %j is refused with %i', (headers, status) => {
    const hand = notifier({ headers })
    expect(hand.statuses()).toEqual([status])
    expect(hand.responses()[0]?.headers.get(status === 489 ? 'Allow-Events' : 'Min-Expires')).toBe(status === 489 ? 'conference' : '60')
    expect(hand.events).toEqual([])
  })

  it('with too long a body is refused', () => {
    expect(notifier({ body: 'x'.repeat(EVENT_BODY_BYTES + 1) }).statuses()).toEqual([413])
  })

  it.each([
    [[], 3600],
    [['Expires: 999999999'], 86_400],
    [['Expires: soon'], 3600],
    [['Expires: 0'], 0],
  ])('with %j is asked about with %i seconds', (headers, expires) => {
    expect(notifier({ headers: ['Event: conference', ...headers] }).of('subscription-requested')[0]?.expires).toBe(expires)
  })

  it('is shown to the application as a request where no packages are served', () => {
    const hand = new SipHand('udp', { allow: ALLOW }).receive(requestLines('SUBSCRIBE', { headers: ['Event: conference'] }))
    expect(hand.of('request').map(event => event.request.method)).toEqual(['SUBSCRIBE'])
  })

  it('is refused at most once, and nothing follows', () => {
    const hand = notifier()
    hand.command({ name: 'reject-subscription', id: idOf(hand), status: 403, reason: 'No Member', headers: [['Warning', '399 a "b"']] })
    hand.command({ name: 'accept-subscription', id: idOf(hand) }).command({ name: 'notify', id: idOf(hand) })
    expect(hand.statuses()).toEqual([403])
    expect([hand.responses()[0]?.reason, hand.responses()[0]?.headers.get('Warning')]).toEqual(['No Member', '399 a "b"'])
    hand.run(MINUTE)
    expect(hand.agent.deadline).toBeUndefined()
  })

  it('tells with every NOTIFY how long it lasts', () => {
    const hand = accepted().respond(200, 'NOTIFY')
    expect(hand.request('NOTIFY').headers.get('Subscription-State')).toBe('active;expires=600')
    hand.run(100_000).command({ name: 'notify', id: idOf(hand), headers: [['Subject', 'x']] })
    expect(hand.request('NOTIFY').headers.get('Subscription-State')).toBe('active;expires=500')
    expect(hand.request('NOTIFY').headers.get('Subject')).toBe('x')
  })

  it('is accepted once, and gets no id the application has taken', () => {
    const hand = new SipHand('udp', { allow: ALLOW, events: ['conference'] }).command({ ...SUBSCRIBE, id: 'subscription-1' })
    hand.command({ name: 'request', id: 'subscription-2', method: 'OPTIONS', to: SUBSCRIBE.target })
    hand.receive(requestLines('SUBSCRIBE', { headers: ['Event: conference'] }))
    expect(idOf(hand)).toBe('subscription-3')
    hand.command({ name: 'accept-subscription', id: idOf(hand) }).command({ name: 'accept-subscription', id: idOf(hand) })
    expect([hand.statuses(), hand.requests('NOTIFY').length]).toEqual([[200], 1])
  })

  it('puts the headers of the acceptance into the 200 alone', () => {
    const hand = notifier()
    hand.command({ name: 'accept-subscription', id: idOf(hand), headers: [['Subject', 'x']], expires: 9999 })
    expect(hand.responses(200)[0]?.headers.get('Subject')).toBe('x')
    expect(hand.responses(200)[0]?.headers.get('Expires')).toBe('600')
    expect(hand.request('NOTIFY').headers.get('Subject')).toBeUndefined()
  })

  it.each([404, 405, 410, 416, 480, 481, 482, 483, 484, 485, 489, 501, 604])('is gone when NOTIFY meets %i', status => {
    const hand = accepted()
    hand.command({ name: 'notify', id: idOf(hand) }).respond(status, 'NOTIFY')
    expect(ended(hand)).toEqual([{ name: 'subscription-ended', id: idOf(hand), cause: 'remote' }])
    expect(hand.requests('NOTIFY')).toHaveLength(1)
    expect(again(hand, 2, ['Event: conference']).statuses().at(-1)).toBe(481)
  })

  it('survives another failure of a NOTIFY', () => {
    const hand = accepted().respond(500, 'NOTIFY')
    hand.command({ name: 'notify', id: idOf(hand) })
    expect(hand.requests('NOTIFY')).toHaveLength(2)
    expect(ended(hand)).toEqual([])
  })

  it('is gone when nobody answers NOTIFY', () => {
    const hand = accepted().run(MINUTE)
    expect(ended(hand)).toMatchObject([{ cause: 'remote' }])
    expect(hand.agent.deadline).toBeUndefined()
  })

  it('ends by itself when it is not refreshed', () => {
    const hand = accepted().respond(200, 'NOTIFY').run(600_000)
    expect(hand.request('NOTIFY').headers.get('Subscription-State')).toBe('terminated;reason=timeout')
    expect(ended(hand)).toEqual([])
    hand.respond(481, 'NOTIFY')
    expect(ended(hand)).toEqual([{ name: 'subscription-ended', id: idOf(hand), cause: 'timeout', reason: 'timeout' }])
  })

  it('takes a refresh in order, for long enough and while it lives', () => {
    const hand = accepted().respond(200, 'NOTIFY')
    again(hand, 2, ['Event: conference', 'Expires: 300'])
    again(hand, 2, ['Event: conference', 'Expires: 300'])
    again(hand, 3, ['Event: conference', 'Expires: 10'])
    again(hand, 4, ['Event: presence'])
    expect(hand.statuses()).toEqual([200, 200, 500, 423, 481])
    expect(hand.of('subscription-refreshed').map(event => event.expires)).toEqual([300])
    hand.run(600).respond(200, 'NOTIFY')
    hand.command({ name: 'notify', id: idOf(hand), state: 'terminated', reason: 'noresource' })
    again(hand, 5, ['Event: conference', 'Expires: 300'])
    expect(hand.statuses().at(-1)).toBe(481)
    expect(hand.requests('NOTIFY').map(request => request.headers.get('Subscription-State'))).toEqual([
      'active;expires=600',
      'active;expires=300',
      'terminated;reason=noresource',
    ])
  })

  it('keeps its state when a refresh finds it pending', () => {
    const hand = notifier()
    hand.command({ name: 'accept-subscription', id: idOf(hand), state: 'pending' }).respond(200, 'NOTIFY')
    again(hand, 2, ['Event: conference', 'Expires: 300']).run(1000)
    expect(hand.request('NOTIFY').headers.get('Subscription-State')).toBe('pending;expires=300')
  })

  it('shares the dialog of a session with another package, and both end by themselves', () => {
    const hand = new SipHand('udp', { allow: ALLOW, events: ['conference', 'presence'] })
    hand.receive(requestLines('INVITE', { body: 'offer' }))
    const session = hand.of('incoming')[0]?.id as string
    hand.command({ name: 'accept', id: session, body: { contentType: 'application/sdp', bytes: new Uint8Array(1) } })
    hand.receive(requestLines('ACK', { toTag: tagOf(hand.responses(200)[0]?.headers.get('to')) as string }))
    again(hand, 2, ['Event: conference', 'Expires: 600'])
    again(hand, 3, ['Event: presence', 'Expires: 600'])
    const ids = hand.of('subscription-requested').map(event => event.id)
    for (const id of ids) hand.command({ name: 'accept-subscription', id }).respond(200, 'NOTIFY')
    expect(hand.requests('NOTIFY').map(request => request.headers.get('CSeq'))).toEqual(['1 NOTIFY', '2 NOTIFY'])
    for (const id of ids) hand.command({ name: 'notify', id, state: 'terminated' }).respond(200, 'NOTIFY')
    expect(ended(hand).map(event => event.id)).toEqual(ids)
    // a NOTIFY for nothing we subscribed to is the application's, as before
    const toTag = tagOf(hand.responses(200)[0]?.headers.get('to')) as string
    hand.receive(requestLines('NOTIFY', { cseq: 4, toTag, headers: ['Event: refer', 'Subscription-State: active'] }))
    again(hand, 5, ['Event: dialog'])
    expect([hand.of('request').map(event => event.request.method), hand.statuses().at(-1)]).toEqual([['NOTIFY'], 489])
  })

  it('gives no reason that is no token', () => {
    const hand = accepted()
    const wrong = { name: 'notify', id: idOf(hand), state: 'terminated', reason: 'no resource' } as const
    expect(() => hand.command(wrong)).toThrow(expect.objectContaining({ code: 'bad-reason' }))
    expect(hand.requests('NOTIFY')).toHaveLength(1)
    // a command of the other role means nothing here
    hand.command({ name: 'unsubscribe', id: idOf(hand) })
    expect(ended(hand)).toEqual([])
  })

  it('answers strangers with 481', () => {
    const hand = accepted().respond(200, 'NOTIFY')
    hand.receive(requestLines('SUBSCRIBE', { callId: 'other', toTag: 'x', headers: ['Event: conference'] }))
    hand.receive(requestLines('NOTIFY', { callId: 'other', toTag: 'x', headers: ['Event: conference', 'Subscription-State: active'] }))
    hand.receive(requestLines('OPTIONS', { callId: 'other', toTag: 'x' }))
    hand.receive(requestLines('NOTIFY', { callId: 'other', toTag: '', headers: ['Event: conference', 'Subscription-State: active'] }))
    const old = requestLines('NOTIFY', { callId: 'other', toTag: 'x', headers: ['Event: conference', 'Subscription-State: active'] })
    hand.receive(old.replace(';tag=f1', ''))
    expect(hand.statuses().slice(1)).toEqual([481, 481, 481, 481, 481])
  })
})
