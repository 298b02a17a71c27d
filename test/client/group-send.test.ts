import { afterEach, describe, expect, it } from 'vitest'
import { group, type Transfer, type TransferEvent } from '../../src/client/index.js'
import { alice, finish, HELLO, NOTES, pair, start, states } from '../kit/client-world.js'
import { ScriptedFocus } from '../kit/scripted-focus.js'

const BOB = 'sip:bob@home2.example'
const CAROL = 'sip:carol@home2.example'
const DAVE = 'sip:dave@home1.example'

let focus: ScriptedFocus

async function world(options: Parameters<typeof start>[0] = {}, before: (focus: ScriptedFocus) => void = () => undefined): Promise<void> {
  await start({ ...options, alice: { conferenceFactory: 'sip:conference-factory@192.0.2.66:5060;transport=tcp', ...options.alice } })
  focus = new ScriptedFocus(pair.network)
  before(focus)
  await focus.start()
}
afterEach(async () => {
  await pair.close()
  await focus.stop()
  await finish()
})

/** What a reader of the events hears of recipients. */
function follow(transfer: Transfer): string[] {
  const heard: string[] = []
  void (async () => {
    for await (const event of transfer as AsyncIterable<TransferEvent>)
      if (event.type === 'recipient') heard.push(`${event.uri.replace(/^sip:|@.*/g, '')} ${event.state}`)
  })()
  return heard
}
const notes = () => pair.file('notes.txt', NOTES)

describe('an ad-hoc group', () => {
  it('goes through the factory with the list, and is done when every recipient has the file @req CR-3 GRP-1 GRP-3 GRP-9', async () => {
    await world()
    focus.members = [
      { uri: BOB, status: 'alerting' },
      { uri: CAROL, status: 'dialing-out' },
    ]
    const transfer = pair.alice.send(group([BOB, CAROL], { subject: 'Sprint 12' }), notes())
    const heard = follow(transfer)
    await pair.network.run(3000)
    expect(focus.invites).toHaveLength(1)
    expect(focus.invites[0]?.uri).toBe(focus.factory)
    expect(focus.invites[0]?.headers.get('Require')).toBe('recipient-list-invite')
    expect(focus.listOf(focus.invites[0])).toContain(`<entry uri="${BOB}" cp:copyControl="to"/>`)
    expect(focus.subscribes[0]?.uri).toBe(focus.uri)
    expect(states(transfer)).toEqual(['done'])
    focus.tell([{ uri: BOB, status: 'connected', files: ['sending 2000/4717'] }], 'partial')
    await pair.network.run(5000)
    focus.tell([{ uri: BOB, status: 'connected', files: ['finished'] }], 'partial')
    await pair.network.run(1000)
    focus.tell([{ uri: CAROL, status: 'connected', files: ['finished'] }], 'partial')
    const report = await pair.network.until(transfer.done)
    expect(report.ok).toBe(true)
    expect(report.recipients?.map(({ uri, state, bytes, total }) => [uri, state, bytes, total])).toEqual([
      [BOB, 'delivered', 4400, 4400],
      [CAROL, 'delivered', 4400, 4400],
    ])
    expect(heard).toEqual(['bob ringing', 'carol invited', 'bob sending', 'bob delivered', 'carol delivered'])
    expect(focus.received[0]).toMatchObject({ octets: 4400, contentType: 'application/octet-stream' })
  })
})
void alice
void HELLO
void DAVE
