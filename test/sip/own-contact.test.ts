import { describe, expect, it } from 'vitest'
import type { Flows } from '../../src/sip/flows.js'
import { LocalContact } from '../../src/sip/local-contact.js'
import type { Turn } from '../../src/sip/turn.js'
import { LocalProtocolError } from '../../src/wire/index.js'
import { optionsFor, SipPair, sdp } from '../kit/sip-pair.js'

const CONFERENCE = 'sip:ft-8Jq2Lx71Zk@cf.home1.example'
const CONTACT = `<${CONFERENCE}>;isfocus`
const BOB = 'sip:bob@192.0.2.20:5060;transport=tcp'
const focus = { contactParameters: ['isfocus'] }

/** Contact values of the messages of one side, by the method they are of. */
function contacts(pair: SipPair, side: 'alice' | 'bob'): string[] {
  return pair.wire.flatMap(({ from, message }) => {
    const contact = message.headers.get('contact')
    if (from !== side || contact === undefined) return []
    return [`${message.headers.get('cseq')?.split(' ')[1]} ${'status' in message ? message.status : ''} ${contact}`.replace('  ', ' ')]
  })
}

describe('a Contact that the application gives', () => {
  it('stands in an INVITE and in everything later of its dialog @req GRP-18 GRP-19', () => {
    const pair = new SipPair('tcp', {}, { alice: { ...focus, events: ['conference'] } })
    const headers = [['From', `<${CONFERENCE}>`] as const, ['Allow-Events', 'conference'] as const]
    pair.command('alice', { name: 'invite', id: 'a', to: BOB, body: sdp('offer'), headers, contact: CONFERENCE })
    pair.run(500)
    const bob = pair.of('bob', 'incoming')[0]?.id as string
    pair.command('bob', { name: 'accept', id: bob, body: sdp('answer') })
    pair.run(500)
    pair.command('alice', { name: 'offer', id: 'a', body: sdp('offer 2') })
    pair.run(500)
    pair.command('bob', { name: 'accept', id: bob, body: sdp('answer 2') })
    pair.run(500)
    pair.command('bob', { name: 'offer', id: bob, body: sdp('offer 3') })
    pair.run(500)
    pair.command('alice', { name: 'ring', id: 'a' })
    pair.command('alice', { name: 'accept', id: 'a', body: sdp('answer 3') })
    pair.run(500)
    expect(contacts(pair, 'alice')).toEqual([`INVITE ${CONTACT}`, `INVITE ${CONTACT}`, `INVITE 180 ${CONTACT}`, `INVITE 200 ${CONTACT}`])
    const ours = pair.wire.filter(({ from, message }) => from === 'alice' && 'method' in message)
    expect(new Set(ours.map(({ message }) => message.headers.get('from')?.split(';')[0]))).toEqual(new Set([`<${CONFERENCE}>`]))
    // Bob reaches the conference, and what we give ourselves is not said twice
    const offer = pair.wire.find(({ from, message }) => from === 'bob' && 'method' in message && message.method === 'INVITE')
    expect(offer?.message).toMatchObject({ uri: CONFERENCE })
    expect(ours[0]?.message.headers.getAll('allow-events')).toEqual(['conference'])
  })

  it('stands in 180 and 200 to an INVITE @req GRP-18', () => {
    const pair = new SipPair('tcp', {}, { bob: focus })
    pair.command('alice', { name: 'invite', id: 'a', to: BOB, body: sdp('offer') })
    pair.run(500)
    const id = pair.of('bob', 'incoming')[0]?.id as string
    pair.command('bob', { name: 'ring', id, contact: CONFERENCE })
    pair.command('bob', { name: 'accept', id, body: sdp('answer') })
    pair.run(500)
    pair.command('alice', { name: 'offer', id: 'a', body: sdp('offer 2') })
    pair.run(500)
    pair.command('bob', { name: 'accept', id, body: sdp('answer 2') })
    pair.run(500)
    expect(contacts(pair, 'bob')).toEqual([`INVITE 180 ${CONTACT}`, `INVITE 200 ${CONTACT}`, `INVITE 200 ${CONTACT}`])
  })

  it('stands in the dialog of a subscription @req GRP-38', () => {
    const pair = new SipPair('tcp', {}, { bob: { ...focus, events: ['conference'], allow: ['SUBSCRIBE', 'NOTIFY'] } })
    pair.command('alice', { name: 'subscribe', id: 's', target: BOB, event: 'conference' })
    pair.run(500)
    const id = pair.of('bob', 'subscription-requested')[0]?.id as string
    pair.command('bob', { name: 'accept-subscription', id, contact: CONFERENCE })
    pair.run(500)
    expect(contacts(pair, 'bob')).toEqual([`SUBSCRIBE 200 ${CONTACT}`, `NOTIFY ${CONTACT}`])
  })

  it('is a sips URI where the peer wants one @req GRP-18', () => {
    const contact = new LocalContact(optionsFor('bob', ['tcp'], focus), {} as Flows, {} as Turn)
    const flow = { transport: 'tls', local: { host: '192.0.2.20', port: 5061 } } as const
    const secure = `<sips:ft-8Jq2Lx71Zk@cf.home1.example>;isfocus`
    expect([contact.ofRequest(flow, true, CONFERENCE), contact.ofResponse(flow, true, CONFERENCE)]).toEqual([secure, secure])
  })

  it('cannot break out of its line @req SEC-14', () => {
    const pair = new SipPair('tcp')
    const invite = { name: 'invite', id: 'a', to: BOB, body: sdp('offer'), contact: 'sip:x@y\r\nA: b' } as const
    expect(() => pair.command('alice', invite)).toThrow(LocalProtocolError)
  })
})
