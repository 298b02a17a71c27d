import { afterEach, describe, expect, it } from 'vitest'
import { type Client, CpmClient, type Destination, type SendOptions, type Transfer } from '../../src/client/index.js'
import { alice, HELLO, NOTES, pair, start } from '../kit/client-world.js'
import { ScriptedFocus, type ScriptedMember } from '../kit/scripted-focus.js'

const CAROL = 'sip:carol@home2.example'
const DAVE = 'sip:dave@home1.example'
const FACTORY = 'sip:conference-factory@192.0.2.66:5060;transport=tcp'
const BOB = 'sip:bob@192.0.2.20:5060;transport=tcp'
const NOBODY = 'sip:nobody@192.0.2.99:5060;transport=tcp'

let focus: ScriptedFocus
let again: Client | undefined

async function world(options: Parameters<typeof start>[0] = {}): Promise<void> {
  const client = { conferenceFactory: FACTORY, releaseTimer: 0, recipientWait: 5 }
  await start({ remember: true, ...options, alice: { ...client, ...options.alice } })
  focus = await new ScriptedFocus(pair.network).start()
}
afterEach(async () => {
  await pair.network.until(again?.close() ?? Promise.resolve())
  again = undefined
  await pair.close()
  await focus.stop()
  await pair.network.run(100)
  expect(pair.network.openResources()).toEqual([])
})

const has = (uri: string, ...files: string[]): ScriptedMember => ({ uri, status: 'connected', files })
const gone = (uri: string, cause: number): ScriptedMember => ({
  uri,
  status: 'disconnected',
  method: 'failed',
  reason: `SIP;cause=${cause};text="No"`,
})
const files = () => [pair.file('notes.txt', NOTES), pair.file('hello.txt', HELLO)]
const send = (to: Destination, options: SendOptions = {}) => pair.alice.send(to, files(), options)
const outcome = (transfer: Pick<Transfer, 'recipients'>) =>
  transfer.recipients?.map(({ uri, state }) => `${uri.replace(/^sip:|@.*/g, '')} ${state}`)
const stored = async (id: string) => {
  await pair.network.run(50)
  const transfer = await pair.alice.store?.transfer(id)
  return transfer?.recipients?.map(({ uri, state, files }) => `${uri.replace(/^sip:|@.*/g, '')} ${state} ${files.join()}`)
}

describe('the record of a transfer to several', () => {
  it('keeps who has which file, and a retry goes only to those who lack one @req CR-3', async () => {
    await world()
    focus.members = [
      has(BOB, 'finished', 'declined'),
      has(CAROL, 'finished', 'finished'),
      gone(DAVE, 480),
      has('sip:erin@home1.example', 'stored', 'stored'),
    ]
    const first = send([BOB, CAROL, { uri: DAVE, copyControl: 'cc' }, 'sip:erin@home1.example'], { subject: 'Plans' })
    expect((await pair.network.until(first.done)).ok).toBe(false)
    expect(await stored(first.id)).toEqual(['bob declined 0', 'carol delivered 0,1', 'dave unreachable ', 'erin stored '])
    const [record] = await pair.alice.history()
    expect(record).toMatchObject({ peer: FACTORY, subject: 'Plans', recipients: [{ uri: BOB }, { uri: CAROL }, { copyControl: 'cc' }, {}] })
    expect(await pair.alice.interrupted()).toEqual([])

    focus.members = [has(BOB, 'finished', 'finished'), has(DAVE, 'finished', 'finished')]
    const second = await pair.alice.retry(first.id)
    expect(second.id).toBe(first.id)
    expect((await pair.network.until(second.done)).ok).toBe(true)
    expect(focus.invites).toHaveLength(2)
    const list = focus.listOf(focus.invites[1])
    expect(list).toContain(`uri="${BOB}" cp:copyControl="to"`)
    expect(list).toContain(`uri="${DAVE}" cp:copyControl="cc"`)
    expect(list).not.toMatch(/carol|erin/)
    expect(focus.invites[1]?.headers.get('Subject')).toBe('Plans')
    expect(await stored(first.id)).toEqual(['bob delivered 0,1', 'carol delivered 0,1', 'dave delivered 0,1', 'erin stored '])
    expect((await pair.alice.history())[0]).toMatchObject({ peer: FACTORY })
    // Who is left gets it without us
    await expect(pair.alice.retry(first.id)).rejects.toMatchObject({ code: 'not-resumable' })
    await expect(pair.alice.resume(first.id)).rejects.toMatchObject({ code: 'not-resumable' })
  })

  it('goes to one person directly when only one is left, with the files that this one lacks', async () => {
    await world()
    pair.serve()
    focus.members = [has(BOB, 'finished', 'failed'), has(CAROL, 'finished', 'finished')]
    const first = send([BOB, CAROL])
    await pair.network.until(first.done)
    const second = await pair.alice.retry(first.id)
    const report = await pair.network.until(second.done)
    expect([report.ok, outcome(report as never)]).toEqual([true, ['bob delivered']])
    expect(pair.offers.map(offer => offer.files.map(({ name }) => name))).toEqual([['hello.txt']])
    expect(focus.invites).toHaveLength(1)
    expect(await stored(first.id)).toEqual(['bob delivered 0,1', 'carol delivered 0,1'])
  })

  it('invites a group anew that never said who its members are', async () => {
    await world()
    focus.refusal = { status: 480 }
    const hikers = { uri: 'sip:hikers@192.0.2.66:5060;transport=tcp', recipients: [], subject: undefined, name: undefined }
    const first = send(hikers)
    await pair.network.until(first.done)
    focus.refusal = undefined
    focus.members = [has(CAROL, 'finished', 'finished')]
    const second = await pair.alice.retry(first.id)
    expect((await pair.network.until(second.done)).ok).toBe(true)
    expect(focus.invites.map(({ uri }) => uri)).toEqual([hikers.uri, hikers.uri])
    expect((await pair.alice.history())[0]).toMatchObject({ group: hikers.uri, recipients: [{ uri: CAROL, state: 'delivered' }] })
  })

  it('takes no late news of the first attempt for news of the second', async () => {
    await world({ alice: { notifications: true } })
    focus.members = [has(BOB, 'failed'), has(CAROL, 'failed')]
    const first = pair.alice.send([BOB, CAROL], pair.file('notes.txt', NOTES))
    expect((await pair.network.until(first.done)).ok).toBe(false)
    focus.members = [has(BOB, 'sending'), has(CAROL, 'sending')]
    const to = 'sip:alice@192.0.2.10:5060;transport=tcp'
    // on its way when the second attempt begins
    focus.imdn(to, focus.received[0]?.messageId ?? '', 'failed', BOB)
    const second = await pair.alice.retry(first.id)
    await pair.network.run(500)
    focus.imdn(to, focus.received[0]?.messageId ?? '', 'failed', CAROL)
    await pair.network.run(500)
    for (const uri of [BOB, CAROL]) focus.imdn(to, focus.received[1]?.messageId ?? '', 'delivered', uri)
    const report = await pair.network.until(second.done)
    expect([report.ok, outcome(report as never)]).toEqual([true, ['bob delivered', 'carol delivered']])
  })

  it('takes news that come after the end, one recipient after the other, also in another process @req IMDN-7', async () => {
    await world({ alice: { notifications: true } })
    focus.members = [has(BOB, 'finished'), has(CAROL, 'finished')]
    const transfer = pair.alice.send([BOB, CAROL], pair.file('notes.txt', NOTES))
    await pair.network.until(transfer.done)
    const id = focus.received[0]?.messageId ?? ''
    const to = 'sip:alice@192.0.2.10:5060;transport=tcp'
    focus.imdn(to, id, 'displayed', BOB)
    focus.imdn(to, id, 'displayed', CAROL)
    focus.imdn(to, id, 'delivered', BOB)
    await pair.network.run(500)
    expect(await stored(transfer.id)).toEqual(['bob displayed 0', 'carol displayed 0'])

    focus.members = [has(BOB, 'finished'), has(DAVE, 'stored')]
    const other = pair.alice.send([BOB, DAVE], pair.file('hello.txt', HELLO))
    await pair.network.until(other.done)
    const { store } = pair.alice
    await pair.network.until(pair.alice.close())
    const host = { ...pair.hosts.alice, ...(store === undefined ? {} : { store }) }
    const aor = 'sip:alice@192.0.2.10:5060'
    again = await pair.network.until(CpmClient.open(host, { aor, listen: `${aor};transport=tcp`, profile: 'open' }))
    const heard: unknown[] = []
    void (async () => {
      for await (const { recipient, state } of again.notices()) heard.push([recipient, state])
    })()
    for (const state of ['delivered', 'delivered', 'displayed'] as const) {
      focus.imdn(to, focus.received[1]?.messageId ?? '', state, DAVE)
      await pair.network.run(200)
    }
    focus.imdn(to, focus.received[1]?.messageId ?? '', 'displayed', 'sip:mallory@home1.example')
    await pair.network.run(200)
    expect(heard).toEqual([
      [DAVE, 'delivered'],
      [DAVE, 'displayed'],
    ])
    expect((await store?.transfer(other.id))?.recipients?.map(({ state, files }) => [state, files])).toEqual([
      ['delivered', [0]],
      ['displayed', [0]],
    ])
  })
})

describe('without a service for groups', () => {
  it('each recipient gets the files by itself when the user allows it @req GRP-2', async () => {
    await world()
    pair.serve()
    focus.refusal = { status: 420, headers: [['Unsupported', 'recipient-list-invite']] }
    const transfer = send([BOB, NOBODY], { fallbackToSingle: true, subject: 'For all' })
    const heard: string[] = []
    void (async () => {
      for await (const event of transfer)
        if (event.type === 'warning') heard.push(event.code)
        else if (event.type === 'recipient') heard.push(`${event.uri.slice(4, 7)} ${event.state}`)
    })()
    const report = await pair.network.until(transfer.done)
    expect([report.ok, outcome(report as never)]).toEqual([false, ['bob delivered', 'nobody unreachable']])
    expect(report.files.map(({ name, state }) => [name, state])).toEqual([
      ['notes.txt', 'done'],
      ['hello.txt', 'done'],
    ])
    expect(heard[0]).toBe('fallback')
    expect(heard).toContain('bob sending')
    expect(pair.offers.map(({ subject, files }) => [subject, files.length])).toEqual([['For all', 2]])
    expect(focus.invites).toHaveLength(1)
    // One transfer in the record, with both recipients
    expect((await pair.alice.history()).map(({ id }) => id)).toEqual([transfer.id])
    expect(await stored(transfer.id)).toEqual(['bob delivered 0,1', 'nobody unreachable '])
  })

  it('needs no address of a service then @req GRP-1 GRP-2', async () => {
    await world()
    await pair.network.until(pair.alice.close())
    const aor = 'sip:alice@192.0.2.10:5060'
    again = await pair.network.until(CpmClient.open(pair.hosts.alice, { aor, listen: `${aor};transport=tcp`, profile: 'open' }))
    pair.serve()
    const { again: client } = { again }
    expect(() => client.send([BOB, NOBODY], files())).toThrow(expect.objectContaining({ code: 'no-group-service' }))
    const transfer = client.send([BOB, NOBODY], files(), { fallbackToSingle: true })
    expect(outcome((await pair.network.until(transfer.done)) as never)).toEqual(['bob delivered', 'nobody unreachable'])
    expect(focus.invites).toEqual([])
  })

  it('is aborted with everybody', async () => {
    await world()
    focus.refusal = { status: 420 }
    const transfer = send([BOB, CAROL], { fallbackToSingle: true })
    await pair.network.run(300)
    transfer.abort()
    const report = await pair.network.until(transfer.done)
    expect([report.ok, report.files.every(({ state }) => state === 'cancelled')]).toEqual([false, true])
  })
})

describe('a group send that is aborted', () => {
  it('ends at once while recipients are served, and leaves them to the server', async () => {
    await world()
    focus.members = [has(BOB, 'sending 1/5000', 'accepted'), has(CAROL, 'finished', 'finished')]
    const transfer = send([BOB, CAROL])
    await pair.network.run(2000)
    transfer.abort()
    const report = await pair.network.until(transfer.done)
    expect([report.ok, outcome(report as never)]).toEqual([false, ['bob sending', 'carol delivered']])
    await pair.network.run(100)
    expect(alice.labels.filter(label => label === '-> BYE')).toHaveLength(1)
  })

  it('ends when the server leaves', async () => {
    await world()
    focus.members = [has(BOB, 'sending 1/5000'), has(CAROL, 'finished', 'finished')]
    const transfer = send([BOB, CAROL])
    await pair.network.run(2000)
    focus.end()
    focus.sessions[0]?.command({ name: 'close' })
    const report = await pair.network.until(transfer.done)
    expect(outcome(report as never)).toEqual(['bob unknown', 'carol delivered'])
  })
})
