import { afterEach, describe, expect, it } from 'vitest'
import type { ClientOptions } from '../../src/client/index.js'
import { originalSender } from '../../src/client/original-sender.js'
import { bob, NOTES, pair, start } from '../kit/client-world.js'
import { ScriptedFocus } from '../kit/scripted-focus.js'
import { request } from '../kit/session-pair.js'

const ALICE = 'sip:alice@home1.example'
const CONFERENCE = 'sip:ft-8Jq2Lx71ZkP0tYw3Rb5nHc@192.0.2.66:5060;transport=tcp'
const CF = 'sip:cf@home1.example'

let focus: ScriptedFocus
async function world(options: Partial<ClientOptions> = {}): Promise<void> {
  await start({ bob: options })
  focus = await new ScriptedFocus(pair.network).start()
}
afterEach(async () => {
  if (focus === undefined) return
  await pair.close()
  await focus.stop()
  await pair.network.run(100)
  expect(pair.network.openResources()).toEqual([])
})

const FROM_ALICE = [
  ['From', `<${CONFERENCE}>`],
  ['P-Asserted-Identity', `"Alice Reed" <${ALICE}>`],
  ['Referred-By', `<${ALICE}>`],
  ['Subject', 'Sprint 12'],
  ['Session-Replaces', 'c0ffee00-0000-4000-8000-000000000001'],
  ['Allow-Events', 'conference'],
] as const
const entry = (uri: string, control: string, more = '') => `<entry uri="${uri}" cp:copyControl="${control}"${more}/>`
const list = (...entries: string[]) =>
  `<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists" xmlns:cp="urn:ietf:params:xml:ns:copycontrol"><list>${entries.join('')}</list></resource-lists>`

describe('an offer from a group', () => {
  it('shows who sent it, the group and who else got it, and is answered with wrapped files alone @req GRP-43 GRP-25 D-15 CPM-12 RCV-2', async () => {
    await world({ trustedFocus: ['192.0.2.66'] })
    pair.serve()
    const history = list(
      entry('sip:bob@192.0.2.20:5060', 'to'),
      entry('sip:carol@home2.example', 'cc'),
      entry('sip:anonymous@anonymous.invalid', 'to', ' cp:count="2"'),
    )
    focus.call(pair.bobUri, NOTES, { headers: FROM_ALICE, history })
    await pair.network.run(500)
    const [offer] = pair.offers
    expect(offer?.from).toMatchObject({ uri: ALICE, identity: 'asserted' })
    expect(offer?.subject).toBe('Sprint 12')
    expect(offer?.replaces).toBe('c0ffee00-0000-4000-8000-000000000001')
    expect(offer?.group).toEqual({
      uri: CONFERENCE,
      name: undefined,
      subject: 'Sprint 12',
      recipients: [
        { uri: 'sip:bob@192.0.2.20:5060', displayName: undefined, copyControl: 'to', count: 1 },
        { uri: 'sip:carol@home2.example', displayName: undefined, copyControl: 'cc', count: 1 },
        { uri: 'sip:anonymous@anonymous.invalid', displayName: undefined, copyControl: 'to', count: 2 },
      ],
      mayReplyToAll: true,
    })
    const [transfer] = pair.received
    expect((await transfer?.done)?.ok).toBe(true)
    expect(transfer?.files[0]?.sender).toEqual({ uri: ALICE, displayName: undefined })
    const [answer] = bob.texts('-> 200 INVITE')
    expect(answer).toMatch(/^a=accept-types:message\/cpim\r$/m)
    expect(answer).toMatch(/^a=accept-wrapped-types:\*\r$/m)
  })

  it('offers no answer to all to somebody who was hidden, or not named @req GRP-25 GRP-43', async () => {
    await world()
    pair.serve()
    for (const history of [list(entry('sip:carol@home2.example', 'to')), '<broken', undefined])
      focus.call(pair.bobUri, NOTES, { headers: FROM_ALICE, ...(history === undefined ? {} : { history }) })
    await pair.network.run(1000)
    expect(pair.offers.map(({ group }) => [group?.recipients.length, group?.mayReplyToAll])).toEqual([
      [1, false],
      [0, false],
      [0, false],
    ])
  })

  it('names the sender of the message where that is somebody else', async () => {
    await world()
    pair.serve()
    focus.call(pair.bobUri, NOTES, { headers: FROM_ALICE, cpimFrom: 'sip:mallory@home1.example' })
    await pair.network.run(1000)
    expect(pair.received[0]?.files[0]?.sender?.uri).toBe('sip:mallory@home1.example')
    // Nobody here trusts this server: its word about Alice is not shown
    expect(pair.offers[0]?.from).toMatchObject({ uri: CONFERENCE, identity: 'unverified' })
  })

  it('from a person has no group', async () => {
    await world()
    pair.serve()
    await pair.network.until(pair.alice.send(pair.bobUri, pair.file('notes.txt', NOTES)).done)
    expect(pair.offers[0]?.group).toBeUndefined()
    expect(pair.received[0]?.files[0]?.sender).toBeUndefined()
  })
})

describe('the original sender', () => {
  const OWN = { aor: 'sip:bob@home2.example', proxy: 'sip:proxy.home2.example;lr' }
  const pai = (uri: string) => ['P-Asserted-Identity', `<${uri}>`] as const
  const by = (uri: string) => ['Referred-By', `<${uri}>`] as const
  const who = (options: Partial<ClientOptions>, trusted: boolean, ...headers: (readonly [string, string])[]) => {
    const { uri, certainty } = originalSender(
      { request: request([['From', '<sip:ft-1@cf.home1.example>'], ...headers]), host: '192.0.2.66', trusted },
      { ...OWN, ...options },
    )
    return `${uri} ${certainty}`
  }

  it('is whom our proxy asserts @req RCV-9 GRP-43', () => {
    expect(who({}, true, pai(ALICE), by(ALICE))).toBe(`${ALICE} asserted`)
  })

  it('is in Referred-By of a server that is trusted by name, a group server or a mailbox @req RCS-10 SEC-15', () => {
    for (const focus of [CF, 'home1.example', 'sip:home1.example'])
      expect(who({ trustedFocus: [focus] }, true, pai(CF), by(ALICE))).toBe(`${ALICE} asserted`)
    // The service that makes our groups is one without being named
    expect(who({}, true, pai('sip:conference-factory@home2.example'), by(ALICE))).toBe(`${ALICE} asserted`)
    expect(who({ conferenceFactory: CF }, true, pai(CF), by(ALICE))).toBe(`${ALICE} asserted`)
    expect(who({ trustedFocus: ['192.0.2.66'] }, false, pai(ALICE))).toBe(`${ALICE} asserted`)
    expect(who({ trustedFocus: ['sip:cf@192.0.2.66:5060'] }, false, by(ALICE), pai(CF))).toBe(`${ALICE} asserted`)
  })

  it('is nobody else because somebody says so @req SEC-15', () => {
    // A user of the same domain who plays the group server
    expect(who({}, true, pai('sip:mallory@home2.example'), by(ALICE))).toBe('sip:mallory@home2.example asserted')
    expect(who({ trustedFocus: [CF] }, true, pai('sip:mallory@home1.example'), by(ALICE))).toBe('sip:mallory@home1.example asserted')
    // Not through our proxy, and not from the host of a configured server
    expect(who({ trustedFocus: [CF] }, false, pai(CF), by(ALICE))).toBe('sip:ft-1@cf.home1.example unverified')
    expect(who({ trustedFocus: [] }, true, pai('sip:conference-factory@home2.example'), by(ALICE))).toBe(
      'sip:conference-factory@home2.example asserted',
    )
    expect(who({ trustedFocus: [CF] }, true, pai(CF), ['Referred-By', '<javascript:x>'])).toBe(`${CF} asserted`)
    expect(who({ trustedFocus: [CF] }, true, by(ALICE))).toBe('sip:ft-1@cf.home1.example unverified')
    expect(who({ trustedFocus: ['192.0.2.66'] }, false)).toBe('sip:ft-1@cf.home1.example unverified')
  })

  it('stays hidden where privacy is asked for @req RCV-9', () => {
    const anonymous = 'sip:anonymous@anonymous.invalid anonymous'
    expect(who({ trustedFocus: [CF] }, true, pai(CF), by('sip:anonymous@anonymous.invalid'))).toBe(anonymous)
    expect(who({ trustedFocus: [CF] }, true, pai(CF), by(ALICE), ['Privacy', 'id'])).toBe(anonymous)
  })
})
