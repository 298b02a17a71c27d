import { describe, expect, it } from 'vitest'
import { Endpoint, type EndpointOptions, RELAY_CHUNK_SIZE, type SessionOptions } from '../../src/msrp/index.js'
import { decodeLatin1 } from '../../src/wire/index.js'
import { Hand, PEER, reportText, responseText, sendText } from '../kit/msrp-hand.js'
import { challenge, nodeHash, OWN_ID, OWN_SECURE, RELAY, RelayHand, relayOptions, USE_PATH } from '../kit/relay-login.js'
import { seededRandom } from '../kit/random.js'
import { StubRelay } from '../kit/stub-relay.js'

const letters = (length: number): string => Array.from({ length }, (_, index) => String.fromCharCode(97 + (index % 26))).join('')
const PEER_SECURE = 'msrps://bob.example.net:8145/peer0peer0peer0peer0;tcp'
const FOREIGN = 'msrps://relay.example.net:2855/f1;tcp'

const session = (options: Partial<SessionOptions> = {}): SessionOptions => ({
  localUri: OWN_SECURE,
  remotePath: [PEER_SECURE],
  role: 'active',
  direction: 'send',
  acceptTypes: ['*'],
  ...options,
})

/** A session of ours behind our relay; its binding SEND, if it is active, is answered. */
function behindRelay(options: Partial<SessionOptions> = {}, endpoint: Partial<EndpointOptions> = {}): RelayHand {
  const hand = RelayHand.authorized({}, endpoint)
  hand.heard()
  hand.give({ type: 'add-session', session: session(options) })
  for (const { tid } of hand.said()) hand.say(responseText(tid, '200 OK', OWN_SECURE, USE_PATH), 'out-1')
  return hand
}

describe('a session behind our relay', () => {
  it('uses the connection to the relay and passes the relay first in To-Path @req RLY-3 CON-24 CON-11', () => {
    const hand = RelayHand.authorized()
    hand.give({ type: 'add-session', session: session({ remotePath: [FOREIGN, PEER_SECURE] }) })
    expect(hand.outputs.filter(output => output.type === 'connect')).toHaveLength(1)
    const [hello, ...more] = hand.said()
    expect(more).toEqual([])
    expect(hello).toMatchObject({
      body: undefined,
      headers: { 'To-Path': `${USE_PATH} ${FOREIGN} ${PEER_SECURE}`, 'From-Path': OWN_SECURE, 'Byte-Range': '1-0/0' },
    })
  })

  it('has the paths of the example in RFC 4976 §5.1 @req RLY-3 RLY-6', () => {
    const uri = (name: string) => `msrps://${name}.example.com:2855/${name};tcp`
    const own = uri('a').replace('/a;', `/${OWN_ID};`)
    const relays = ['b', 'c'].map(name => ({ ...relayOptions, uri: `msrps://${name}.example.com;tcp` }))
    const hand = new RelayHand({ localUri: own, relays })
    hand.open()
    hand.answer(200, [`Use-Path: ${uri('b')}`])
    hand.answer(200, [`Use-Path: ${uri('b')} ${uri('c')}`])
    expect(hand.find('authorized')?.path).toEqual([uri('c'), uri('b'), own])
    hand.give({ type: 'add-session', session: session({ localUri: own, remotePath: ['d', 'e', 'f'].map(uri) }) })
    expect(hand.said()[0]?.headers['To-Path']).toBe(['b', 'c', 'd', 'e', 'f'].map(uri).join(' '))
  })

  it('sends its file only after the binding SEND was answered @req CON-12 RLY-7', () => {
    const hand = RelayHand.authorized()
    hand.heard()
    hand.give({ type: 'add-session', session: session() })
    hand.send('hello')
    const [hello, ...more] = hand.said()
    expect(more).toEqual([])
    expect(hello?.body).toBeUndefined()
    hand.say(responseText(hello?.tid as string, '200 OK', OWN_SECURE, USE_PATH), 'out-1')
    hand.serve('hello')
    expect(hand.said()).toMatchObject([{ body: 'hello' }])
  })

  it('waits for the binding SEND when it is passive, on the connection to the relay @req CON-24 CON-13', () => {
    const hand = behindRelay({ role: 'passive' })
    hand.send('hello')
    hand.wait(1000)
    expect(hand.heard()).toBe('')
    hand.say(sendText({ to: OWN_SECURE, from: `${USE_PATH} ${PEER_SECURE}` }), 'out-1')
    expect(hand.find('bound')).toMatchObject({ connection: 'out-1' })
    hand.serve('hello')
    const [answer, chunk] = hand.said()
    expect(answer).toMatchObject({ start: 'MSRP tid00001 200 OK', headers: { 'To-Path': USE_PATH } })
    expect(chunk).toMatchObject({ body: 'hello', headers: { 'To-Path': `${USE_PATH} ${PEER_SECURE}` } })
    hand.give({ type: 'accepted', connection: 'in-1', remote: '192.0.2.10:50000' })
    hand.say(sendText({ to: OWN_SECURE, from: PEER_SECURE }))
    expect(hand.said()).toMatchObject([{ start: 'MSRP tid00001 506 Session Bound Elsewhere' }])
  })

  it('learns the path of a peer that it did not know, relays and all @req RLY-7 MSRP-42', () => {
    const hand = behindRelay({ role: 'passive', remotePath: [] })
    hand.send('hello')
    const from = `${USE_PATH} ${FOREIGN} ${PEER_SECURE}`
    hand.say(sendText({ to: OWN_SECURE, from }), 'out-1')
    hand.serve('hello')
    expect(hand.said()[1]).toMatchObject({ headers: { 'To-Path': from, 'Success-Report': 'yes' } })
    hand.wait(720_000)
    const renewed = USE_PATH.replace('u8', 'u9')
    hand.answer(200, [`Use-Path: ${renewed}`])
    expect(hand.events.at(-1)).toMatchObject({ type: 'authorized', path: [renewed, OWN_SECURE] })
  })

  it('goes by the new Use-Path after a renewal @req RLY-3', () => {
    const hand = behindRelay()
    hand.wait(720_000)
    const renewed = USE_PATH.replace('u8', 'u9')
    const auth = hand.said().find(({ start }) => start.endsWith('AUTH'))
    hand.respond(auth as NonNullable<typeof auth>, 200, [`Use-Path: ${renewed}`])
    hand.send('x')
    hand.serve('x')
    expect(hand.said()[0]?.headers['To-Path']).toBe(`${renewed} ${PEER_SECURE}`)
  })

  it('goes by the new relays of its peer, behind its own ones and without them @req RLY-3 RLY-7', () => {
    const path = [FOREIGN, PEER_SECURE]
    const hand = behindRelay()
    hand.give({ type: 'reroute', sessionId: OWN_ID, remotePath: path })
    hand.send('x')
    hand.serve('x')
    expect(hand.said()[0]?.headers['To-Path']).toBe(`${USE_PATH} ${path.join(' ')}`)
    const endpoint = new Endpoint({ random: seededRandom(1) })
    const localUri = 'msrp://192.0.2.20:2855/sOwn12345678;tcp'
    const target = { host: '192.0.2.1', port: 1, secure: false }
    const options = { localUri, target, role: 'active', direction: 'send', acceptTypes: ['*'] } as const
    endpoint.step(
      { type: 'add-session', session: { ...options, remotePath: ['msrp://192.0.2.1:1/a;tcp', 'msrp://192.0.2.10:2855/b;tcp'] } },
      0,
    )
    const now = ['msrp://192.0.2.1:1/a2;tcp', 'msrp://192.0.2.10:2855/b;tcp']
    endpoint.step({ type: 'reroute', sessionId: 'sOwn12345678', remotePath: now }, 0)
    const connect = endpoint.step({ type: 'connected', connection: 'out-1' }, 0)
    const hello = connect.flatMap(output => (output.type === 'write' ? output.views.map(view => decodeLatin1(view)) : [])).join('')
    expect(hello).toContain(`To-Path: ${now.join(' ')}\r\n`)
  })

  it('reports back the way the chunks came @req MSRP-50 RLY-7', () => {
    const hand = behindRelay({ role: 'passive', direction: 'receive' })
    const from = `${USE_PATH} ${FOREIGN} ${PEER_SECURE}`
    hand.say(sendText({ to: OWN_SECURE, from, body: 'hello', headers: ['Success-Report: yes'] }), 'out-1')
    hand.give({ type: 'verdict', sessionId: OWN_ID, messageId: 'mid00001', status: 200 })
    expect(hand.said()[1]).toMatchObject({ headers: { 'To-Path': from, 'From-Path': OWN_SECURE, Status: '000 200 OK' } })
  })

  it('cannot be had before the relay agreed, nor after it was lost @req RLY-9', () => {
    const early = new RelayHand()
    early.give({ type: 'add-session', session: session() })
    expect(early.events).toEqual([{ type: 'failed', sessionId: OWN_ID, cause: 'connection-lost' }])
    const late = RelayHand.authorized()
    late.give({ type: 'closed', connection: 'out-1' })
    late.give({ type: 'add-session', session: session() })
    expect(late.told()).toEqual(['authorized', 'unauthorized', 'failed'])
    expect(late.outputs.filter(output => output.type === 'connect')).toHaveLength(1)
  })

  it('fails when the connection to the relay is lost, and a new one asks anew @req RLY-9 CON-16', () => {
    const hand = behindRelay()
    hand.give({ type: 'closed', connection: 'out-1', error: 'reset' })
    expect(hand.events.slice(-2)).toEqual([
      { type: 'unauthorized', sessionId: OWN_ID, cause: 'connection-lost' },
      { type: 'failed', sessionId: OWN_ID, cause: 'connection-lost' },
    ])
    hand.give({ type: 'remove-session', sessionId: OWN_ID })
    hand.heard()
    const localUri = OWN_SECURE.replace('own0', 'own1')
    hand.give({ type: 'authorize', authorization: { localUri, relays: [relayOptions] } })
    hand.give({ type: 'connected', connection: 'out-2' })
    expect(hand.said()).toMatchObject([{ headers: { 'To-Path': RELAY, 'From-Path': localUri } }])
  })
})

describe('the connection to a relay', () => {
  const after = (hand: Hand, milliseconds: number) => {
    hand.wait(milliseconds - 1)
    const before = hand.closed.length
    hand.wait(1)
    return [before, hand.closed.length]
  }

  it('to our own stays for an hour without sessions @req RLY-9', () => {
    const hand = behindRelay({ role: 'passive' })
    hand.give({ type: 'remove-session', sessionId: OWN_ID })
    expect(after(hand, 3_600_000)).toEqual([0, 1])
  })

  it('stays while a relay acts for somebody, session or not @req RLY-9', () => {
    const hand = RelayHand.authorized()
    for (let hour = 0; hour < 3; hour++) {
      hand.wait(3_600_000)
      for (const auth of hand.said()) hand.respond(auth, 200, [`Use-Path: ${USE_PATH}`])
    }
    expect(hand.closed).toEqual([])
    hand.give({ type: 'remove-session', sessionId: OWN_ID })
    expect(after(hand, 3_600_000)).toEqual([0, 1])
  })

  it('to one of the peer stays for five minutes, to the peer itself for 30 seconds @req RLY-9 CON-17', () => {
    for (const [remotePath, wait] of [
      [[FOREIGN, PEER_SECURE], 300_000],
      [[PEER], 30_000],
    ] as const) {
      const hand = Hand.active('receive', { remotePath })
      hand.give({ type: 'remove-session', sessionId: OWN_ID })
      expect(after(hand, wait)).toEqual([0, 1])
    }
  })

  it('that two kinds of users share stays as long as the more patient wants @req RLY-9', () => {
    const direct = Hand.active('receive', { remotePath: ['msrps://relay.example.net:2855/f2;tcp'] })
    const localUri = 'msrp://192.0.2.20:2855/second;tcp'
    direct.give({ type: 'add-session', session: session({ localUri, remotePath: [FOREIGN, PEER_SECURE] }) })
    direct.give({ type: 'remove-session', sessionId: OWN_ID })
    direct.give({ type: 'remove-session', sessionId: 'second' })
    expect(after(direct, 300_000)).toEqual([0, 1])
  })

  it('leaves no timer behind when it was lost @req RLY-9', () => {
    const hand = behindRelay()
    hand.give({ type: 'closed', connection: 'out-1' })
    hand.give({ type: 'remove-session', sessionId: OWN_ID })
    expect(hand.endpoint.deadline).toBeUndefined()
  })

  it('is closed when it does not open in time, with all that wait for it @req RLY-9 CON-13', () => {
    const hand = new RelayHand({}, { limits: { bind: 5000 } })
    const localUri = OWN_SECURE.replace('own0', 'own1')
    hand.wait(1000)
    hand.give({ type: 'authorize', authorization: { localUri, relays: [relayOptions] } })
    hand.wait(4000)
    expect(hand.told()).toEqual(['unauthorized', 'unauthorized'])
    expect(hand.closed).toEqual(['out-1'])
  })
})

describe('a file through relays', () => {
  const chunkSizes = (hand: Hand) => hand.said().flatMap(({ body }) => body?.length ?? [])

  it('goes in chunks of 8 KiB, directly in large ones, or as the session wants @req MSRP-21 RLY-7', () => {
    const bound = (options: Partial<SessionOptions>, endpoint: Partial<EndpointOptions> = {}) => {
      const hand = Hand.passive('send', options, endpoint)
      hand.say(sendText({ from: (options.remotePath ?? [PEER]).join(' ') }))
      hand.heard()
      hand.send(letters(20_000))
      return chunkSizes(hand)
    }
    const remotePath = [FOREIGN, PEER]
    expect(bound({ remotePath })).toEqual([RELAY_CHUNK_SIZE, RELAY_CHUNK_SIZE, 20_000 - 2 * RELAY_CHUNK_SIZE])
    expect(bound({ remotePath }, { chunkSize: 5000 })).toEqual([5000, 5000, 5000, 5000])
    expect(bound({ remotePath, chunkSize: 15_000 })).toEqual([15_000, 5000])
    expect(bound({})).toEqual([20_000])
    expect(bound({ chunkSize: 12_000 })).toEqual([12_000, 8000])
    expect(bound({ chunkSize: 1 })).toEqual([...Array.from({ length: 9 }, () => 2048), 20_000 - 9 * 2048])
  })

  it('asks for a success REPORT whatever was wanted, and is answered only when that came @req RLY-8 CR-8', () => {
    const hand = behindRelay()
    hand.send('hello', { successReport: false })
    hand.serve('hello')
    const [chunk] = hand.said()
    expect(chunk?.headers['Success-Report']).toBe('yes')
    hand.say(responseText(chunk?.tid as string, '200 OK', OWN_SECURE, USE_PATH), 'out-1')
    expect(hand.told()).toEqual(['authorized', 'bound'])
    const from = `${USE_PATH} ${PEER_SECURE}`
    hand.say(reportText(chunk?.headers['Message-ID'] as string, '1-5/5', '000 200 OK', { to: OWN_SECURE, from }), 'out-1')
    expect(hand.told()).toEqual(['authorized', 'bound', 'reported', 'answered'])
  })

  it('fails when no REPORT comes: the answers of a relay prove nothing @req RLY-8', () => {
    const hand = behindRelay()
    hand.send('hello', { successReport: true })
    hand.serve('hello')
    for (const { tid } of hand.said()) hand.say(responseText(tid, '200 OK', OWN_SECURE, USE_PATH), 'out-1')
    hand.wait(119_999)
    expect(hand.told()).toEqual(['authorized', 'bound'])
    hand.wait(1)
    expect(hand.events.at(-1)).toEqual({ type: 'failed', sessionId: OWN_ID, cause: 'timeout', status: 408 })
  })

  it('fails when a relay reports that it could not deliver @req RLY-7 RLY-8', () => {
    const hand = behindRelay()
    hand.send('hello', { successReport: true })
    hand.serve('hello')
    const [chunk] = hand.said()
    hand.say(responseText(chunk?.tid as string, '200 OK', OWN_SECURE, USE_PATH), 'out-1')
    const extra = { to: OWN_SECURE, from: USE_PATH }
    hand.say(reportText(chunk?.headers['Message-ID'] as string, '1-5/5', '000 408 Timeout', extra), 'out-1')
    expect(hand.events.at(-1)).toMatchObject({ type: 'failed', cause: 'timeout', status: 408 })
  })

  /** Sender and receiver with the relays between them; either may have relays of its own. */
  function world(senderHas: readonly StubRelay[], receiverHas: readonly StubRelay[]) {
    const end = (localUri: string, relays: readonly StubRelay[], connection: string) => {
      const hand = new Hand({ hash: nodeHash })
      const client = { hand, connection: relays.length > 0 ? 'out-1' : connection }
      const [relay] = relays
      if (relay === undefined) return { ...client, path: [localUri] }
      hand.give({ type: 'authorize', authorization: { localUri, relays: [{ ...relayOptions, uri: `msrps://${relay.host};tcp` }] } })
      hand.give({ type: 'connected', connection: 'out-1' })
      relay.run(client)
      return { ...client, path: hand.find('authorized')?.path ?? [] }
    }
    const sender = end(OWN_SECURE, senderHas, 'out-1')
    const receiver = end(PEER_SECURE, receiverHas, 'in-1')
    const common = { acceptTypes: ['*'] }
    receiver.hand.give({
      type: 'add-session',
      session: { ...common, localUri: PEER_SECURE, remotePath: sender.path, role: 'passive', direction: 'receive' },
    })
    if (receiverHas.length === 0) receiver.hand.give({ type: 'accepted', connection: 'in-1', remote: 'relay' })
    sender.hand.give({
      type: 'add-session',
      session: { ...common, localUri: OWN_SECURE, remotePath: receiver.path, role: 'active', direction: 'send' },
    })
    if (senderHas.length === 0) sender.hand.give({ type: 'connected', connection: 'out-1' })
    return { sender, receiver }
  }

  const body = (hand: Hand) => {
    let text = ''
    for (const event of hand.events) {
      if (event.type !== 'body') continue
      const piece = String.fromCharCode(...event.bytes)
      text = text.slice(0, event.offset).padEnd(event.offset) + piece + text.slice(event.offset + piece.length)
    }
    return text
  }

  it.each(['sender', 'receiver', 'both'])(
    'arrives whole when the %s has one that cuts it anew, and is confirmed from end to end @req RLY-7 RLY-8',
    who => {
      const near = new StubRelay('near.example.com')
      const far = who === 'both' ? new StubRelay('far.example.com') : near
      const { sender, receiver } = world(who === 'receiver' ? [] : [near], who === 'sender' ? [] : [far])
      for (const [relay, other] of [
        [near, far],
        [far, near],
      ] as const) {
        for (const uri of [...sender.path, ...receiver.path]) if (!relay.routes.has(uri)) relay.routes.set(uri, other)
        if (who !== 'both') for (const { path, ...client } of [sender, receiver]) relay.routes.set(path.at(-1) as string, client)
      }
      far.chunk = 2500
      const file = letters(30_000)
      const firstHop = who === 'receiver' ? far : near
      const lastHop = who === 'sender' ? near : far
      const pump = () => {
        firstHop.run(sender)
        lastHop.run(receiver)
        firstHop.run(sender)
      }
      pump()
      sender.hand.send(file, { successReport: true })
      for (let round = 0; round < 5; round++) {
        sender.hand.serve(file)
        pump()
      }
      expect(receiver.hand.find('complete')).toMatchObject({ length: file.length })
      expect(body(receiver.hand)).toBe(file)
      expect(Math.max(...firstHop.bodies)).toBe(RELAY_CHUNK_SIZE)
      expect(sender.hand.told().filter(event => event !== 'authorized')).toEqual(['bound'])
      const messageId = receiver.hand.find('message')?.message.messageId as string
      receiver.hand.give({ type: 'verdict', sessionId: 'peer0peer0peer0peer0', messageId, status: 200 })
      lastHop.run(receiver)
      expect(sender.hand.told().at(-1)).toBe('reported')
    },
  )

  it('does not complete when the relay takes all of it and the peer is dead @req RLY-8', () => {
    const relay = new StubRelay('relay.example.com')
    const { sender, receiver } = world([relay], [])
    relay.routes.set(PEER_SECURE, receiver)
    relay.isDeaf = true
    relay.run(sender)
    sender.hand.send('hello')
    sender.hand.serve('hello')
    relay.run(sender)
    sender.hand.wait(120_000)
    expect(sender.hand.told()).toEqual(['authorized', 'bound', 'failed'])
  })
})

describe('relays and hostile input', () => {
  it('ignores a response to AUTH that nobody waits for, and a challenge to a SEND fails the session @req MSRP-44 MSRP-45', () => {
    const hand = RelayHand.authorized()
    hand.say(responseText('unknown1', '401 Unauthorized', OWN_SECURE, RELAY), 'out-1')
    hand.say(`MSRP k1k1 401\r\nTo-Path: ${OWN_SECURE}\r\nFrom-Path: ${RELAY}\r\n${challenge()}\r\n-------k1k1$\r\n`, 'out-1')
    expect(hand.heard()).toBe('')
    hand.give({ type: 'add-session', session: session() })
    const [hello] = hand.said()
    hand.say(responseText(hello?.tid as string, '401 Unauthorized', OWN_SECURE, USE_PATH), 'out-1')
    expect(hand.events.at(-1)).toMatchObject({ type: 'failed', cause: 'refused', status: 401 })
  })
})
