import { afterEach, describe, expect, it } from 'vitest'
import { CpmftError, type Destination, group, type SendOptions, type Transfer, type TransferEvent } from '../../src/client/index.js'
import { decodeLatin1 } from '../../src/wire/index.js'
import { alice, BIG, HELLO, NOTES, pair, start, states } from '../kit/client-world.js'
import { ScriptedFocus, type ScriptedMember } from '../kit/scripted-focus.js'

const BOB = 'sip:bob@home2.example'
const CAROL = 'sip:carol@home2.example'
const DAVE = 'sip:dave@home1.example'
const FACTORY = 'sip:conference-factory@192.0.2.66:5060;transport=tcp'

let focus: ScriptedFocus

async function world(options: Parameters<typeof start>[0] = {}, before: (focus: ScriptedFocus) => void = () => undefined): Promise<void> {
  await start({ ...options, alice: { conferenceFactory: FACTORY, releaseTimer: 5, ...options.alice } })
  focus = new ScriptedFocus(pair.network)
  before(focus)
  await focus.start()
}
afterEach(async () => {
  await pair.close()
  await focus.stop()
  await pair.network.run(100)
  expect(pair.network.openResources()).toEqual([])
})

const at = (uri: string, status: string, more: Partial<ScriptedMember> = {}): ScriptedMember => ({ uri, status, ...more })
const has = (uri: string, ...files: string[]) => at(uri, 'connected', { files })
const gone = (uri: string, method: string, cause?: number): ScriptedMember =>
  at(uri, 'disconnected', { method, ...(cause === undefined ? {} : { reason: `SIP;cause=${cause};text="No"` }) })

/** What a reader of the events hears of recipients, and of warnings. */
function follow(transfer: Transfer): string[] {
  const heard: string[] = []
  void (async () => {
    for await (const event of transfer as AsyncIterable<TransferEvent>)
      if (event.type === 'recipient') heard.push(`${event.uri.replace(/^sip:|@.*/g, '')} ${event.state}`)
      else if (event.type === 'warning') heard.push(`! ${event.code}`)
  })()
  return heard
}
const notes = () => pair.file('notes.txt', NOTES)
const send = (to: Destination, options: SendOptions = {}) => pair.alice.send(to, notes(), options)
const outcome = (transfer: Pick<Transfer, 'recipients'>) =>
  transfer.recipients?.map(({ uri, state, error }) => [uri.replace(/^sip:|@.*/g, ''), state, error?.code].filter(Boolean).join(' '))
const codeOf = (work: () => unknown) => {
  try {
    work()
  } catch (error) {
    return error instanceof CpmftError ? error.code : String(error)
  }
  return 'nothing'
}

describe('an ad-hoc group', () => {
  it('goes through the factory with the list, and is done when every recipient has the file @req CR-3 CR-5 GRP-1 GRP-3 GRP-7 GRP-9', async () => {
    await world()
    focus.members = [at(BOB, 'alerting'), at(CAROL, 'dialing-out')]
    const transfer = send(group([BOB, { uri: CAROL, copyControl: 'cc' }], { subject: 'Sprint 12', name: 'team' }))
    const heard = follow(transfer)
    await pair.network.run(3000)
    const [invite] = focus.invites
    expect(focus.invites).toHaveLength(1)
    expect(invite?.uri).toBe(FACTORY)
    expect(invite?.headers.get('To')).toBe(`<${FACTORY}>`)
    expect(invite?.headers.get('Require')).toBe('recipient-list-invite')
    expect(invite?.headers.get('Subject')).toBe('Sprint 12')
    expect(focus.listOf(invite)).toContain(`<entry uri="${BOB}" cp:copyControl="to"/>`)
    expect(focus.listOf(invite)).toContain(`<entry uri="${CAROL}" cp:copyControl="cc"/>`)
    const [subscribe] = focus.subscribes
    expect(subscribe?.uri).toBe(focus.uri)
    expect(subscribe?.headers.get('Event')).toBe('conference')
    expect(subscribe?.headers.get('Accept')).toBe('application/conference-info+xml')
    expect(subscribe?.headers.get('Expires')).toBe('3600')
    // Outside the INVITE dialog
    expect(subscribe?.headers.get('Call-ID')).not.toBe(invite?.headers.get('Call-ID'))
    expect(transfer.group).toEqual({ uri: undefined, name: 'team', subject: 'Sprint 12' })
    expect(states(transfer)).toEqual(['done'])
    focus.tell([has(BOB, 'sending 2000/4717')], 'partial')
    await pair.network.run(5000)
    expect(transfer.recipients?.[0]).toMatchObject({ state: 'sending', bytes: 2000, total: 4400 })
    focus.tell([has(BOB, 'finished')], 'partial')
    await pair.network.run(1000)
    focus.tell([has(CAROL, 'finished')], 'partial')
    const report = await pair.network.until(transfer.done)
    expect(report.ok).toBe(true)
    expect(report.recipients?.map(({ uri, state, bytes, total, copyControl }) => [uri, state, bytes, total, copyControl])).toEqual([
      [BOB, 'delivered', 4400, 4400, 'to'],
      [CAROL, 'delivered', 4400, 4400, 'cc'],
    ])
    expect(heard).toEqual(['bob ringing', 'carol invited', 'bob sending', 'bob delivered', 'carol delivered'])
    expect(focus.received[0]?.octets).toBe(4400)
  })

  it('keeps the session for its recipients, and releases it after them @req CR-14 CR-15', async () => {
    await world()
    focus.members = [at(BOB, 'alerting'), at(CAROL, 'alerting')]
    const transfer = send([BOB, CAROL])
    await pair.network.run(20_000)
    focus.tell([has(BOB, 'finished'), has(CAROL, 'sending 1/4717')])
    await pair.network.run(20_000)
    expect(focus.sessions[0]?.session.state).not.toBe('terminated')
    focus.tell([has(CAROL, 'finished')], 'partial')
    await pair.network.until(transfer.done)
    await pair.network.run(4900)
    expect(focus.sessions[0]?.session.state).not.toBe('terminated')
    await pair.network.run(200)
    expect(focus.sessions[0]?.session.state).toBe('terminated')
    expect(alice.labels.filter(label => label === '-> BYE')).toHaveLength(1)
  })

  it('takes more files for the same people into the same dialog, without a list @req CR-16 D-6 GRP-8', async () => {
    await world()
    focus.members = [has(BOB, 'finished'), has(CAROL, 'finished')]
    const first = send([BOB, CAROL])
    await pair.network.until(first.done)
    const second = pair.alice.send([CAROL, { uri: BOB }, BOB], pair.file('hello.txt', HELLO))
    await pair.network.run(1000)
    expect(focus.invites).toHaveLength(1)
    const invites = alice.texts('-> INVITE')
    const [, close, more] = invites
    expect(invites.filter(text => text.includes('<resource-lists'))).toHaveLength(1)
    for (const text of [close, more]) expect(text).not.toMatch(/Require: .*recipient-list|Content-Type: multipart/)
    expect(more?.split('\r\n')[0]).toContain(focus.uri)
    focus.tell([has(BOB, 'finished', 'finished'), has(CAROL, 'finished', 'declined')])
    const report = await pair.network.until(second.done)
    expect([report.ok, outcome(report as never)]).toEqual([false, ['carol declined', 'bob delivered']])
    expect((await first.done).ok).toBe(true)
    // Other people are another group
    send([BOB, DAVE])
    await pair.network.run(1000)
    expect(focus.invites).toHaveLength(2)
  })

  it('tells each end of a recipient apart, and goes on with the others @req GRP-9 GRP-31', async () => {
    await world()
    const uris = ['a', 'b', 'c', 'd', 'e', 'f', 'g'].map(name => `sip:${name}@home2.example`)
    const [a, b, c, d, e, f, g] = uris as [string, string, string, string, string, string, string]
    focus.members = uris.map(uri => at(uri, 'dialing-out'))
    const transfer = send(uris)
    await pair.network.run(2000)
    focus.tell([
      gone(a, 'failed', 488),
      gone(b, 'failed', 480),
      gone(c, 'busy'),
      gone(d, 'departed'),
      at(e, 'connected', { files: ['stored'] }),
      at(f, 'connected', { files: ['failed'] }),
      has(g, 'finished'),
    ])
    const report = await pair.network.until(transfer.done)
    expect(outcome(report as never)).toEqual([
      'a declined declined',
      'b unreachable unreachable',
      'c unreachable busy',
      'd left aborted-by-peer',
      'e stored',
      'f failed connection-lost',
      'g delivered',
    ])
    expect(report.ok).toBe(false)
    expect(report.files.map(({ state }) => state)).toEqual(['done'])
  })

  it('ends when nothing was heard of anybody for the wait, and says where each one was', async () => {
    await world({ alice: { recipientWait: 10 } })
    focus.members = [has(BOB, 'finished'), has(CAROL, 'sending 100/4717')]
    const begun = pair.hosts.alice.now()
    const transfer = send([BOB, CAROL])
    await pair.network.run(9000)
    focus.tell([has(CAROL, 'sending 200/4717')], 'partial')
    const report = await pair.network.until(transfer.done)
    expect(pair.hosts.alice.now() - begun).toBeGreaterThan(18_000)
    expect(pair.hosts.alice.now() - begun).toBeLessThan(21_000)
    expect([report.ok, outcome(report as never)]).toEqual([false, ['bob delivered', 'carol sending']])
  })

  it('leaves out doubles and ourselves, and sends to one person alone directly @req CR-2 CR-3 GRP-5', async () => {
    await world()
    pair.serve()
    const transfer = pair.alice.send([pair.bobUri, pair.bobUri, pair.aliceUri], notes(), { subject: 'Just you' })
    const report = await pair.network.until(transfer.done)
    expect(focus.invites).toEqual([])
    const [invite] = alice.texts('-> INVITE')
    expect(invite?.split('\r\n')[0]).toBe(`INVITE ${pair.bobUri} SIP/2.0`)
    expect(invite).not.toMatch(/<resource-lists|recipient-list-invite/)
    expect(pair.offers[0]?.subject).toBe('Just you')
    expect(report.ok).toBe(true)
    expect(report.recipients).toMatchObject([{ uri: pair.bobUri, state: 'delivered', bytes: 4400, total: 4400 }])
  })

  it('tells the end of the one person of a list like the end of a member', async () => {
    await world()
    pair.serve(offer => void offer.decline())
    const heard: string[] = []
    const transfer = pair.alice.send([pair.bobUri], notes())
    heard.push(...follow(transfer))
    const report = await pair.network.until(transfer.done)
    expect([report.ok, outcome(report as never)]).toEqual([false, ['bob declined declined']])
  })

  it('is refused before anything is sent when it has nobody, too many, or no service @req CR-3 GRP-1 GRP-5', async () => {
    await world()
    const many = (count: number) => Array.from({ length: count }, (_, index) => `sip:m${index}@home2.example`)
    expect(codeOf(() => send([]))).toBe('no-recipients')
    expect(codeOf(() => send([pair.aliceUri]))).toBe('no-recipients')
    expect(codeOf(() => send(many(10)))).toBe('group-too-large')
    expect(codeOf(() => send(many(9)))).toBe('nothing')
    expect(codeOf(() => group(['not an address']))).toBe('bad-address')
    expect(codeOf(() => pair.bob.send([CAROL, DAVE], notes()))).toBe('no-group-service')
    await pair.network.run(100)
    expect(focus.invites).toHaveLength(1)
  })

  it('never stands in the way of other sessions with the same people @req RCS-14', async () => {
    await world()
    pair.serve()
    focus.members = [at(pair.bobUri, 'alerting'), at(CAROL, 'alerting')]
    const toGroup = pair.alice.send([pair.bobUri, CAROL], pair.file('big.bin', BIG))
    const single = send(pair.bobUri)
    expect((await pair.network.until(single.done)).ok).toBe(true)
    const calls = alice.texts('-> INVITE').map(text => /^Call-ID: (.*)\r$/m.exec(text)?.[1])
    expect(new Set(calls).size).toBe(2)
    toGroup.abort()
    await pair.network.until(toGroup.done)
  })
})

describe('a refusal by a group service', () => {
  const cases = [
    [420, 'list', 'group-not-supported', 'failed'],
    [404, 'list', 'no-group-service', 'failed'],
    [403, 'list', 'not-allowed', 'failed'],
    [480, 'list', 'nobody-reachable', 'unreachable'],
    [486, 'list', 'busy', 'unreachable'],
    [488, 'list', 'declined', 'declined'],
    [420, 'group', 'group-not-supported', undefined],
    [403, 'group', 'not-a-member', undefined],
    [404, 'group', 'unknown-group', undefined],
    [480, 'group', 'nobody-reachable', undefined],
  ] as const
  it.each(cases)('%i to a %s is %s @req GRP-2 GRP-12', async (status, kind, code, state) => {
    await world({}, each => {
      each.refusal = { status, ...(status === 420 ? { headers: [['Unsupported', 'recipient-list-invite']] } : {}) }
    })
    const transfer = send(kind === 'list' ? [BOB, CAROL] : group('sip:hikers@192.0.2.66:5060;transport=tcp'))
    const report = await pair.network.until(transfer.done)
    expect(report.ok).toBe(false)
    expect(report.files.map(({ error }) => error?.code)).toEqual([code])
    expect(report.recipients?.map(recipient => recipient.state)).toEqual(state === undefined ? [] : [state, state])
    // The list is never left out to get a session at all (RFC 5366 §4)
    expect(focus.invites).toHaveLength(1)
  })
})

describe('a group with an address', () => {
  const HIKERS = 'sip:hiking-club@192.0.2.66:5060;transport=tcp'

  it('is invited by it, and its members are those it tells of @req CR-4 GRP-10 GRP-11 GRP-13', async () => {
    await world()
    focus.members = [at('sip:alice@192.0.2.10:5060', 'connected'), at(BOB, 'alerting', { name: 'Bob Stone' })]
    const hikers = group(HIKERS, { name: 'Hikers' })
    const transfer = send(hikers)
    // Known before anything is sent
    expect(transfer.group).toEqual({ uri: HIKERS, name: 'Hikers', subject: undefined })
    await pair.network.run(2000)
    const [invite] = focus.invites
    expect(invite?.uri).toBe(HIKERS)
    expect(decodeLatin1(invite?.body ?? new Uint8Array(0))).not.toContain('resource-lists')
    expect(invite?.headers.get('Content-Type')).toBe('application/sdp')
    expect(transfer.recipients?.map(({ uri, displayName }) => [uri, displayName])).toEqual([[BOB, 'Bob Stone']])
    focus.tell([has(BOB, 'finished'), at('sip:anonymous1@anonymous.invalid', 'connected', { files: ['finished'] })], 'partial')
    const report = await pair.network.until(transfer.done)
    expect([report.ok, outcome(report as never)]).toEqual([true, ['bob delivered', 'anonymous1 delivered']])
  })
})

describe('a group that tells nothing', () => {
  it('says so, waits for notifications, and calls unknown what nobody said @req GRP-9', async () => {
    await world({ alice: { notifications: true, recipientWait: 20 } }, each => {
      each.tells = false
    })
    const transfer = send([BOB, CAROL])
    const heard = follow(transfer)
    await pair.network.run(3000)
    expect(focus.subscribes).toEqual([])
    const id = focus.received[0]?.messageId ?? ''
    focus.imdn('sip:alice@192.0.2.10:5060;transport=tcp', id, 'delivered', BOB)
    const report = await pair.network.until(transfer.done)
    expect([report.ok, outcome(report as never)]).toEqual([false, ['bob delivered', 'carol unknown']])
    expect(heard[0]).toBe('! silent-group')
  })

  it('is over at once when no notifications were asked for, and when it refuses the subscription', async () => {
    await world({}, each => {
      each.closed = true
    })
    const begun = pair.hosts.alice.now()
    const report = await pair.network.until(send([BOB, CAROL]).done)
    expect(focus.subscribes).toHaveLength(1)
    expect(pair.hosts.alice.now() - begun).toBeLessThan(3000)
    expect(outcome(report as never)).toEqual(['bob unknown', 'carol unknown'])
  })
})

describe('the picture of the conference', () => {
  it('drops what is older, and begins anew after a gap @req GRP-39', async () => {
    await world()
    focus.members = [at(BOB, 'alerting'), at(CAROL, 'alerting')]
    const transfer = send([BOB, CAROL])
    const heard = follow(transfer)
    await pair.network.run(2000)
    focus.tell([has(BOB, 'sending 100/4717')], 'partial', 1)
    await pair.network.run(1000)
    expect(heard).toEqual(['bob ringing', 'carol ringing'])
    // Versions 2 to 8 are lost: only the whole helps
    focus.tell([has(CAROL, 'sending 300/4717')], 'partial', 9)
    focus.members = [has(BOB, 'sending 200/4717'), has(CAROL, 'sending 300/4717')]
    await pair.network.run(2000)
    expect(focus.subscribes).toHaveLength(2)
    expect(focus.subscribes[1]?.headers.get('Call-ID')).not.toBe(focus.subscribes[0]?.headers.get('Call-ID'))
    expect(heard).toEqual(['bob ringing', 'carol ringing', 'bob sending', 'carol sending'])
    focus.tell([has(BOB, 'finished'), has(CAROL, 'finished')])
    expect((await pair.network.until(transfer.done)).ok).toBe(true)
  })

  it('attributes lines without a name to those we hid, in the order of the list', async () => {
    await world()
    const hidden = (number: number, file: string) => has(`sip:anonymous${number}@anonymous.invalid`, file)
    focus.members = [hidden(2, 'declined'), has(BOB, 'finished'), hidden(1, 'finished')]
    const transfer = send([{ uri: CAROL, copyControl: 'bcc' }, { uri: BOB }, { uri: DAVE, anonymize: true }])
    const report = await pair.network.until(transfer.done)
    expect(outcome(report as never)).toEqual(['carol delivered', 'bob delivered', 'dave declined'])
  })

  it('believes a notification more than the server that lost sight of a member', async () => {
    await world({ alice: { notifications: true } })
    focus.members = [at(BOB, 'alerting'), at(CAROL, 'alerting')]
    const transfer = send([BOB, CAROL])
    const heard = follow(transfer)
    await pair.network.run(2000)
    const id = focus.received[0]?.messageId ?? ''
    focus.tell([gone(BOB, 'failed')], 'partial')
    await pair.network.run(500)
    focus.imdn('sip:alice@192.0.2.10:5060;transport=tcp', id, 'displayed', BOB)
    focus.imdn('sip:alice@192.0.2.10:5060;transport=tcp', id, 'stored', CAROL)
    const report = await pair.network.until(transfer.done)
    expect(outcome(report as never)).toEqual(['bob displayed', 'carol stored'])
    expect(heard).toEqual(['bob ringing', 'carol ringing', 'bob failed', 'bob displayed', 'carol stored'])
  })
})
