import { describe, expect, it } from 'vitest'
import type { SessionOptions } from '../../src/msrp/index.js'
import { Hand, OWN, OWN_ID, PEER, responseText, sendText } from '../kit/msrp-hand.js'

const second: SessionOptions = {
  localUri: 'msrp://192.0.2.20:2855/own2own2own2own2own2;tcp',
  remotePath: ['msrp://192.0.2.10:2855/peer2peer2peer2peer2;tcp'],
  role: 'active',
  direction: 'receive',
  acceptTypes: ['*'],
}

const codes = (hand: Hand): string[] => hand.said().map(({ start }) => start.split(' ')[2] as string)

describe('the active side', () => {
  it('connects to the leftmost URI and speaks first with a bodiless SEND when it only receives @req CON-5 CON-12 OA-36', () => {
    const relay = 'msrps://relay.example.com:2856/r1;tcp'
    const hand = Hand.active('receive', { remotePath: [relay, PEER] })
    expect(hand.outputs[0]).toEqual({
      type: 'connect',
      connection: 'out-1',
      host: 'relay.example.com',
      port: 2856,
      secure: true,
      transport: 'tls',
    })
    const [hello] = hand.said()
    expect(hello).toMatchObject({
      flag: '$',
      body: undefined,
      headers: { 'To-Path': `${relay} ${PEER}`, 'From-Path': OWN, 'Byte-Range': '1-0/0' },
    })
    expect(hello?.headers['Message-ID']).toMatch(/^[A-Za-z0-9]{32}$/)
    expect(hello?.headers).not.toHaveProperty('Content-Type')
    hand.say(responseText(hello?.tid as string), 'out-1')
    expect(hand.find('bound')).toMatchObject({ connection: 'out-1' })
  })

  it('connects to the given target instead, and to IPv6 without brackets @req CON-31', () => {
    const hand = Hand.active('receive', { target: { host: '198.51.100.9', port: 7000, secure: false } })
    expect(hand.outputs[0]).toMatchObject({ type: 'connect', host: '198.51.100.9', port: 7000 })
    const ipv6 = Hand.active('receive', { remotePath: ['msrp://[2001:db8::1]:2855/x;tcp'] })
    expect(ipv6.outputs[0]).toMatchObject({ type: 'connect', host: '2001:db8::1' })
  })

  it('names the certificate that must be there, and shares no connection with another one @req CON-11 CON-42 CON-43', () => {
    const fingerprints = [{ algorithm: 'sha-256', octets: new Uint8Array(32).fill(7) }]
    const place = { host: '198.51.100.9', port: 7000 }
    const secure = (more: object) => ({ remotePath: ['msrps://[2001:db8::1]:2855/x;tcp'], target: { ...place, secure: true, ...more } })
    const hand = Hand.active('receive', secure({ serverName: 'bobpc.example' }))
    expect(hand.outputs[0]).toEqual({
      type: 'connect',
      connection: 'out-1',
      ...place,
      secure: true,
      transport: 'tls',
      serverName: 'bobpc.example',
    })
    const session = { localUri: '', role: 'active', direction: 'receive', acceptTypes: ['*'] } as const
    const connects = ['a', 'b', 'c', 'd', 'e'].map((id, index) => {
      const more = [
        { serverName: 'BobPC.example' },
        { fingerprints },
        { fingerprints },
        { fingerprints: [...fingerprints, ...fingerprints] },
        {},
      ][index]
      const localUri = `msrps://192.0.2.10:2855/${id};tcp`
      const outputs = hand.give({ type: 'add-session', session: { ...session, localUri, ...secure(more ?? {}) } })
      return outputs.flatMap(output => (output.type === 'connect' ? [output.connection] : []))
    })
    expect(connects).toEqual([[], ['out-2'], [], ['out-3'], ['out-4']])
    const plain = Hand.active('receive', { target: { ...place, secure: false, fingerprints } })
    expect(plain.outputs[0]).toEqual({ type: 'connect', connection: 'out-1', ...place, secure: false, transport: 'tcp' })
  })

  it('begins with the first chunk when it has a file @req CON-12', () => {
    const hand = new Hand()
    hand.give({
      type: 'add-session',
      session: { localUri: OWN, remotePath: [PEER], role: 'active', direction: 'send', acceptTypes: ['*'] },
    })
    hand.send('hello')
    expect(hand.heard()).toBe('')
    hand.give({ type: 'connected', connection: 'out-1' })
    hand.serve('hello')
    expect(hand.said()).toMatchObject([{ body: 'hello' }])
    const later = Hand.active('send')
    later.send('hello')
    later.wait(0)
    expect(later.said()).toMatchObject([{ body: 'hello' }])
  })

  it('binds with a bodiless SEND when its file is not announced at once @req CON-12', () => {
    const hand = Hand.active('send')
    expect(hand.heard()).toBe('')
    expect(hand.endpoint.deadline).toBe(0)
    hand.wait(0)
    expect(hand.said()).toMatchObject([{ headers: { 'Byte-Range': '1-0/0' }, body: undefined }])
  })

  it('binds a paused session with a bodiless SEND @req CON-12 OA-38', () => {
    const hand = new Hand()
    hand.give({
      type: 'add-session',
      session: { localUri: OWN, remotePath: [PEER], role: 'active', direction: 'send', acceptTypes: ['*'] },
    })
    hand.give({ type: 'pause', sessionId: OWN_ID })
    hand.send('hello')
    hand.give({ type: 'connected', connection: 'out-1' })
    expect(hand.said()).toMatchObject([{ body: undefined }])
    hand.give({ type: 'continue', sessionId: OWN_ID })
    hand.serve('hello')
    expect(hand.said()).toMatchObject([{ body: 'hello' }])
  })

  it('uses one connection for sessions to the same place, and speaks at once on it for each @req CON-11 CON-12', () => {
    const hand = Hand.active('receive')
    hand.heard()
    hand.give({ type: 'add-session', session: second })
    expect(hand.said()).toMatchObject([{ headers: { 'From-Path': second.localUri } }])
    expect(hand.outputs.filter(output => output.type === 'connect')).toHaveLength(1)
    const elsewhere = { ...second, localUri: second.localUri.replace('own2', 'own3'), remotePath: ['msrp://192.0.2.10:2856/x;tcp'] }
    hand.give({ type: 'add-session', session: elsewhere })
    hand.give({
      type: 'add-session',
      session: { ...elsewhere, localUri: second.localUri.replace('own2', 'own4'), remotePath: ['msrps://192.0.2.10:2855/x;tcp'] },
    })
    expect(hand.outputs.filter(output => output.type === 'connect')).toHaveLength(3)
  })

  it('waits for the connection that is being opened @req CON-11', () => {
    const hand = new Hand()
    hand.give({ type: 'add-session', session: { ...second, localUri: OWN } })
    hand.give({ type: 'add-session', session: second })
    expect(hand.outputs).toHaveLength(1)
    hand.give({ type: 'connected', connection: 'out-1' })
    expect(hand.said()).toHaveLength(2)
  })

  it.each([
    ['connection-refused', 'connection-refused'],
    ['unknown-host', 'connection-refused'],
    ['connection-timeout', 'connection-timeout'],
    ['tls', 'tls'],
    [undefined, 'connection-refused'],
  ])('fails with the reason when it cannot connect: %s @req CR-13', (error, cause) => {
    const hand = new Hand()
    hand.give({ type: 'add-session', session: second })
    hand.give({ type: 'closed', connection: 'out-1', ...(error !== undefined && { error }) })
    expect(hand.events).toEqual([{ type: 'failed', sessionId: 'own2own2own2own2own2', cause }])
  })

  it('gives up after 30 s without a connection @req CR-13', () => {
    const hand = new Hand()
    hand.give({ type: 'add-session', session: second })
    hand.wait(30_000)
    expect(hand.find('failed')).toMatchObject({ cause: 'connection-timeout' })
    expect(hand.closed).toEqual(['out-1'])
    hand.give({ type: 'connected', connection: 'out-1' }) // too late
    expect(hand.closed).toEqual(['out-1', 'out-1'])
    expect(hand.heard()).toBe('')
  })

  it('fails when its first request is refused or not answered @req MSRP-43 MSRP-45', () => {
    const refused = Hand.active('receive')
    refused.say(responseText(refused.said()[0]?.tid as string, '481 gone'), 'out-1')
    expect(refused.find('failed')).toMatchObject({ cause: 'refused', status: 481 })
    const silent = Hand.active('receive')
    silent.wait(29_900)
    expect(silent.told()).toEqual([])
    silent.wait(200)
    expect(silent.find('failed')).toMatchObject({ cause: 'timeout', status: 408 })
  })

  it('cannot connect without a usable path @req CR-13', () => {
    for (const remotePath of [['sip:bob'], []]) {
      const hand = new Hand()
      hand.give({ type: 'add-session', session: { ...second, remotePath } })
      expect(hand.find('failed')).toMatchObject({ cause: 'connection-refused' })
    }
  })

  it('refuses session options that are ours and wrong @req CON-1', () => {
    const hand = new Hand()
    expect(() => hand.give({ type: 'add-session', session: { ...second, localUri: 'msrp://192.0.2.20:2855;tcp' } })).toThrow('no MSRP URI')
    hand.give({ type: 'add-session', session: second })
    expect(() => hand.give({ type: 'add-session', session: second })).toThrow('already')
  })
})

describe('the passive side', () => {
  it('sends nothing before a request has bound the session @req CON-13', () => {
    const hand = Hand.passive('send')
    hand.send('hello')
    expect(hand.heard()).toBe('')
    expect(hand.takeAsked()).toEqual([])
    hand.say(sendText())
    hand.serve('hello')
    expect(hand.said()).toMatchObject([{ start: 'MSRP tid00001 200 OK' }, { body: 'hello' }])
  })

  it('fails when nobody binds it within 30 s @req CON-13', () => {
    const hand = Hand.passive('send')
    hand.wait(29_900)
    expect(hand.told()).toEqual([])
    hand.wait(200)
    expect(hand.find('failed')).toMatchObject({ cause: 'connection-timeout' })
    hand.say(sendText())
    expect(codes(hand)).not.toContain('200')
  })

  it('answers 506 on a second connection and 481 to strangers, and the first goes on @req CON-14 CON-15', () => {
    const hand = Hand.passive('receive')
    hand.say(sendText({ body: 'abc', range: '1-*/6', flag: '+' }))
    hand.give({ type: 'accepted', connection: 'in-2', remote: '192.0.2.66:1' })
    hand.say(sendText({ body: 'evil', range: '4-*/7', tid: 'tid00002' }), 'in-2')
    hand.say(sendText({ body: 'evil', range: '4-*/7', tid: 'tid00003', from: 'msrp://192.0.2.66:1/x;tcp' }))
    hand.say(sendText({ body: 'def', range: '4-6/6', tid: 'tid00004' }))
    expect(codes(hand)).toEqual(['200', '506', '481', '200'])
    expect(hand.find('complete')).toMatchObject({ length: 6 })
    expect(hand.outputs.filter(output => output.type === 'write').map(output => output.connection)).toEqual([
      'in-1',
      'in-2',
      'in-1',
      'in-1',
    ])
  })

  it('compares the right-most From-Path by value and finds To-Path by value @req CON-15 CON-3', () => {
    const hand = Hand.passive('receive')
    hand.say(sendText({ from: `msrp://relay.example.com:1/r;tcp ${PEER.replace('msrp:', 'MSRP:')}`, to: OWN.replace(';tcp', ';TCP;p=1') }))
    expect(codes(hand)).toEqual(['200'])
    hand.say(sendText({ tid: 'tid00002', to: OWN.replace('2855', '2856') }))
    expect(codes(hand)).toEqual(['481'])
  })

  it('takes the path of the first request when it does not know the answer yet @req CON-14', () => {
    const hand = Hand.passive('send', { remotePath: [] })
    hand.say(sendText())
    hand.send('hello')
    expect(hand.said()[1]?.headers['To-Path']).toBe(PEER)
    hand.say(sendText({ tid: 'tid00002', from: 'msrp://192.0.2.66:1/x;tcp' }))
    expect(codes(hand)).toEqual(['481'])
  })

  it('answers 481 for a removed session, also in the middle of a chunk @req CON-14', () => {
    const hand = Hand.passive('receive')
    const text = sendText({ body: 'hello there' })
    hand.say(text.slice(0, -30))
    hand.give({ type: 'remove-session', sessionId: OWN_ID })
    hand.say(text.slice(-30))
    hand.say(sendText({ tid: 'tid00002' }))
    expect(codes(hand)).toEqual(['481', '481'])
    expect(hand.told()).toEqual(['bound', 'message', 'body'])
  })

  it('takes the same URI again after it was removed @req OA-29', () => {
    const hand = Hand.passive('receive')
    hand.say(sendText({ body: 'old', range: '1-*/9', flag: '#' }))
    hand.give({ type: 'remove-session', sessionId: OWN_ID })
    hand.give({
      type: 'add-session',
      session: { localUri: OWN, remotePath: [PEER], role: 'passive', direction: 'receive', acceptTypes: ['*'] },
    })
    hand.say(sendText({ body: 'new', id: 'mid00002', tid: 'tid00002' }))
    expect(hand.find('complete')).toMatchObject({ messageId: 'mid00002' })
  })
})

describe('life of a connection', () => {
  it('fails every session on it when it is lost, once, and never reconnects @req CON-16 CR-13', () => {
    const hand = Hand.active('receive')
    hand.give({ type: 'add-session', session: second })
    hand.give({ type: 'closed', connection: 'out-1', error: 'reset' })
    hand.give({ type: 'closed', connection: 'out-1', error: 'reset' })
    expect(hand.events).toEqual([
      { type: 'failed', sessionId: OWN_ID, cause: 'connection-lost' },
      { type: 'failed', sessionId: 'own2own2own2own2own2', cause: 'connection-lost' },
    ])
    hand.wait(200_000)
    expect(hand.outputs.filter(output => output.type === 'connect')).toHaveLength(1)
    expect(hand.endpoint.deadline).toBeUndefined()
  })

  it('does not call a file failed that was over when the connection ended @req OA-47 CON-16', () => {
    const hand = Hand.passive('send')
    hand.say(sendText())
    hand.heard()
    hand.send('hello')
    hand.say(responseText(hand.said()[0]?.tid as string))
    hand.give({ type: 'closed', connection: 'in-1' })
    expect(hand.told()).toEqual(['bound', 'answered'])
    const receiver = Hand.passive('receive')
    receiver.say(sendText({ body: 'hello' }))
    receiver.give({ type: 'verdict', sessionId: OWN_ID, messageId: 'mid00001', status: 200 })
    receiver.give({ type: 'closed', connection: 'in-1' })
    expect(receiver.find('failed')).toBeUndefined()
  })

  it('stays 30 s without sessions, less when a session comes @req CON-17', () => {
    const hand = Hand.active('receive')
    hand.give({ type: 'remove-session', sessionId: OWN_ID })
    hand.wait(29_000)
    hand.give({ type: 'add-session', session: second })
    hand.wait(29_000)
    expect(hand.closed).toEqual([])
    hand.give({ type: 'remove-session', sessionId: 'own2own2own2own2own2' })
    hand.wait(29_900)
    expect(hand.closed).toEqual([])
    hand.wait(200)
    expect(hand.closed).toEqual(['out-1'])
    hand.give({ type: 'closed', connection: 'out-1' })
    expect(hand.endpoint.deadline).toBeUndefined()
  })

  it('closes an accepted connection that never carried a valid request after 30 s @req CON-17 SEC-12', () => {
    const hand = new Hand()
    hand.give({ type: 'accepted', connection: 'in-1', remote: '192.0.2.66:1' })
    hand.wait(29_900)
    hand.say(sendText())
    expect(hand.closed).toEqual([])
    hand.wait(200)
    expect(hand.closed).toEqual(['in-1'])
  })

  it('closes it at once after five rejected requests, with the answers sent before @req CON-17', () => {
    const hand = new Hand()
    hand.give({ type: 'accepted', connection: 'in-1', remote: '192.0.2.66:1' })
    hand.say([1, 2, 3, 4].map(number => sendText({ tid: `tid0000${number}` })).join(''))
    expect(hand.closed).toEqual([])
    hand.say(sendText({ tid: 'tid00005' }))
    expect(hand.closed).toEqual(['in-1'])
    expect(codes(hand)).toEqual(['481', '481', '481', '481', '481'])
    const kinds = hand.outputs.map(output => output.type)
    expect(kinds.lastIndexOf('write')).toBeLessThan(kinds.indexOf('close'))
    hand.say(sendText({ tid: 'tid00006' }))
    expect(hand.heard()).toBe('')
  })

  it('does not count rejections on a connection that carries a session @req CON-17', () => {
    const hand = Hand.passive('receive')
    hand.say(sendText())
    for (let count = 0; count < 20; count++) hand.say(sendText({ tid: `tid001${count}`, to: 'msrp://192.0.2.20:2855/no;tcp' }))
    expect(hand.closed).toEqual([])
  })

  it('closes at the first octets that are not MSRP, and its sessions fail @req MSRP-1', () => {
    const hand = Hand.passive('receive')
    hand.say(sendText())
    hand.say('GET / HTTP/1.1\r\n\r\n')
    expect(hand.closed).toEqual(['in-1'])
    expect(hand.find('failed')).toMatchObject({ cause: 'connection-lost' })
  })

  it('gives one head 30 s to arrive, each its own, and bodies all the time they want @req SEC-12', () => {
    const hand = Hand.passive('receive')
    hand.say(sendText().slice(0, 20))
    hand.wait(29_000)
    hand.say(sendText().slice(20) + sendText({ tid: 'tid00002', body: 'hello', range: '1-*/5' }).slice(0, 20))
    hand.wait(29_000)
    const rest = sendText({ tid: 'tid00002', body: 'hello', range: '1-*/5' }).slice(20)
    hand.say(rest.slice(0, -25))
    hand.wait(40_000)
    expect(hand.closed).toEqual([])
    hand.say(rest.slice(-25))
    expect(hand.find('complete')).toBeDefined()
    hand.say('MSRP')
    hand.wait(29_900)
    hand.say(' ')
    expect(hand.closed).toEqual([])
    hand.wait(200)
    expect(hand.closed).toEqual(['in-1'])
  })

  it('ends the running chunk with # when its session is removed, and forgets its octets @req CON-17 OA-44', () => {
    const hand = Hand.passive('send', {}, { blockSize: 4000, window: 4000 })
    hand.say(sendText())
    hand.heard()
    hand.give({ type: 'send', sessionId: OWN_ID, message: { total: 9000, contentType: 'a/b', successReport: true, failureReport: 'yes' } })
    hand.give({ type: 'data', sessionId: OWN_ID, offset: 0, bytes: new Uint8Array(4000) })
    hand.heard()
    hand.give({ type: 'remove-session', sessionId: OWN_ID })
    expect(hand.heard()).toMatch(/^\r\n-------\w{32}#\r\n$/)
    hand.give({ type: 'data', sessionId: OWN_ID, offset: 4000, bytes: new Uint8Array(4000) })
    hand.give({ type: 'abort', sessionId: OWN_ID })
    expect(hand.heard()).toBe('')
    expect(hand.told()).toEqual(['bound'])
  })

  it('ignores what comes from connections it no longer knows @req CON-16', () => {
    const hand = new Hand()
    expect(hand.say('MSRP', 'in-9')).toEqual([])
    expect(hand.give({ type: 'written', connection: 'in-9', length: 1 })).toEqual([])
    expect(hand.give({ type: 'closed', connection: 'in-9' })).toEqual([])
    hand.give({ type: 'accepted', connection: 'in-1', remote: 'x' })
    expect(() => hand.give({ type: 'accepted', connection: 'in-1', remote: 'x' })).toThrow('already')
  })
})

describe('trace', () => {
  it('shows each head with the length of its body and its flag, never the body @req SEC-9', () => {
    const hand = Hand.passive('receive', {}, { trace: true })
    const text = sendText({ body: 'secret', headers: ['Success-Report: yes'] })
    hand.say(text.slice(0, 50))
    hand.say(text.slice(50))
    hand.give({ type: 'verdict', sessionId: OWN_ID, messageId: 'mid00001', status: 200 })
    hand.say(sendText({ body: 'secret', tid: 'tid00002' }).slice(0, -22))
    hand.give({ type: 'closed', connection: 'in-1' })
    const entries = hand.outputs
      .filter(output => output.type === 'trace')
      .map(({ entry }) => ({ ...entry, head: String.fromCharCode(...entry.head) }))
    expect(entries.map(({ direction, bodyLength, flag }) => [direction, bodyLength, flag])).toEqual([
      ['in', 6, '$'],
      ['out', 0, '$'],
      ['out', 0, '$'],
      ['in', 4, undefined],
    ])
    expect(entries[0]?.head).toBe(text.slice(0, text.indexOf('secret')))
    expect(entries[1]?.head).toBe(`MSRP tid00001 200 OK\r\nTo-Path: ${PEER}\r\nFrom-Path: ${OWN}\r\n`)
    expect(JSON.stringify(entries)).not.toContain('secret')
  })

  it('shows sent chunks, also one that the connection cut off @req SEC-9', () => {
    const hand = Hand.passive('send', {}, { trace: true, blockSize: 4000, chunkSize: 4000, window: 4000 })
    hand.say(sendText())
    hand.give({ type: 'send', sessionId: OWN_ID, message: { total: 9000, contentType: 'a/b', successReport: true, failureReport: 'yes' } })
    hand.give({ type: 'data', sessionId: OWN_ID, offset: 0, bytes: new Uint8Array(4000) })
    hand.give({ type: 'data', sessionId: OWN_ID, offset: 4000, bytes: new Uint8Array(3000) })
    hand.give({ type: 'closed', connection: 'in-1' })
    const sent = hand.outputs.filter(output => output.type === 'trace' && output.entry.direction === 'out' && output.entry.bodyLength > 0)
    expect(sent).toMatchObject([{ entry: { bodyLength: 4000, flag: '+' } }, { entry: { bodyLength: 3000, flag: undefined } }])
  })

  it('is off unless asked for @req SEC-9', () => {
    const hand = Hand.passive('receive')
    hand.say(sendText({ body: 'hello' }))
    expect(hand.outputs.some(output => output.type === 'trace')).toBe(false)
  })
})

describe('TLS', () => {
  const paths = { tls: 'msrps://192.0.2.10:2855/peer0peer0peer0peer0;tcp', tcp: PEER }

  it.each(['tls', 'tcp'] as const)('is ours to begin when we are active: %s @req CON-23 CON-40', transport => {
    for (const direction of ['send', 'receive'] as const) {
      const hand = Hand.active(direction, { remotePath: [paths[transport]] })
      expect(hand.outputs[0]).toMatchObject({ type: 'connect', transport, secure: transport === 'tls' })
      const target = { host: '198.51.100.9', port: 7000, secure: transport === 'tls' }
      expect(Hand.active(direction, { remotePath: [paths[transport]], target }).outputs[0]).toMatchObject({ transport })
    }
  })

  it('is never begun by the passive side @req CON-23', () => {
    const hand = Hand.passive('send', { remotePath: [paths.tls] })
    hand.wait(60_000)
    expect(hand.outputs.filter(output => output.type === 'connect')).toEqual([])
  })

  it('is not given up because of another target, and is not shared with plain TCP @req CON-40 CON-11', () => {
    const target = { host: '198.51.100.9', port: 7000 }
    expect(() => Hand.active('send', { remotePath: [paths.tls], target: { ...target, secure: false } })).toThrow('asks for TLS')
    const hand = Hand.active('send', { target: { ...target, secure: false } })
    const session: SessionOptions = { ...second, remotePath: [paths.tls], target: { ...target, secure: true } }
    hand.give({ type: 'add-session', session })
    expect(hand.outputs.filter(output => output.type === 'connect')).toHaveLength(2)
  })

  it('does not help where the leftmost URI is of another transport @req CON-4', () => {
    const hand = Hand.active('send', { remotePath: ['msrps://x.invalid:2855/abc;ws'] })
    expect(hand.events).toEqual([{ type: 'failed', sessionId: OWN_ID, cause: 'connection-refused' }])
    const behind = Hand.active('send', { remotePath: [paths.tls, 'msrps://x.invalid:2855/abc;ws'] })
    expect(behind.outputs[0]).toMatchObject({ type: 'connect', host: '192.0.2.10' })
  })
})

describe('a driver that repeats itself', () => {
  it('changes nothing when it says connected twice @req CON-16 SND-1', () => {
    const hand = Hand.active('receive')
    hand.heard()
    expect(hand.give({ type: 'connected', connection: 'out-1' })).toEqual([])
    expect(hand.events).toEqual([])
  })
})
