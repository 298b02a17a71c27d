import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  type EndpointOptions,
  type EndpointOutput,
  MAX_WEBSOCKET_MESSAGE,
  newWebSocketUri,
  parseMsrpUri,
  WEBSOCKET_CHUNK_SIZE,
} from '../../src/msrp/index.js'
import { decodeLatin1, encodeLatin1 } from '../../src/wire/index.js'
import { parseAll, responseText, sendText } from '../kit/msrp-hand.js'
import { seededRandom } from '../kit/msrp-pair.js'
import { challenge, OWN_ID, RelayHand, relayOptions } from '../kit/relay-login.js'

const SERVER = 'msrps://alice@a.example.com:443;ws'
const USE_PATH = 'msrps://a.example.com:2855/jui787s2f;tcp'
const OWN = `msrps://df7jal23ls0d.invalid:2855/${OWN_ID};ws`
const PEER = 'msrps://bob.example.com:49154/foo;tcp'
const letters = (length: number): string => Array.from({ length }, (_, index) => String.fromCharCode(97 + (index % 26))).join('')

/** A session on a WebSocket; the relay let it in, and its binding SEND, if there was one, is answered. */
function onWebSocket(direction: 'send' | 'receive', chunkSize?: number, options: Partial<EndpointOptions> = {}): RelayHand {
  const hand = new RelayHand({ localUri: OWN, relays: [{ ...relayOptions, uri: SERVER }] }, options)
  hand.open()
  hand.answer(200, [`Use-Path: ${USE_PATH}`, 'Expires: 900'])
  const common = { localUri: OWN, remotePath: [PEER], acceptTypes: ['*'], direction }
  const session = { ...common, role: direction === 'send' ? 'active' : 'passive', ...(chunkSize !== undefined && { chunkSize }) } as const
  hand.give({ type: 'add-session', session })
  for (const { tid } of hand.said()) hand.say(responseText(tid, '200 OK', OWN, USE_PATH), 'out-1')
  if (direction === 'receive') hand.say(send(), 'out-1')
  hand.heard()
  hand.outputs.length = 0
  hand.takeAsked()
  return hand
}

const send = (more: Parameters<typeof sendText>[0] = {}) => sendText({ to: OWN, from: `${USE_PATH} ${PEER}`, ...more })

/** Every `write` as the text of one WebSocket message. */
const messages = (outputs: readonly EndpointOutput[]) =>
  outputs.flatMap(output => (output.type === 'write' ? [output.views.map(view => decodeLatin1(view)).join('')] : []))

describe('a WebSocket client', () => {
  it('connects by secure WebSocket only and always sends AUTH @req WS-1 WS-3 RLY-1', () => {
    const hand = new RelayHand({ localUri: OWN, relays: [{ ...relayOptions, uri: SERVER }] })
    expect(hand.outputs).toEqual([
      { type: 'connect', connection: 'out-1', host: 'a.example.com', port: 443, secure: true, transport: 'wss' },
    ])
    hand.open()
    expect(hand.auth().headers).toEqual({ 'To-Path': SERVER, 'From-Path': OWN })
  })

  it('has a URI with a random invalid host and the transport ws @req WS-3 CON-2', () => {
    const random = seededRandom(3)
    const uris = Array.from({ length: 1000 }, () => newWebSocketUri(random))
    expect(new Set(uris).size).toBe(1000)
    for (const uri of uris) expect(uri).toMatch(/^msrps:\/\/[a-z0-9]{12}\.invalid:2855\/[A-Za-z0-9]{20};ws$/)
    expect(parseMsrpUri(uris[0] as string)).toMatchObject({ secure: true, port: 2855, transport: 'ws' })
  })

  it('offers the relay first, by tcp, and itself last, by ws @req WS-3 CON-4', () => {
    const hand = new RelayHand({ localUri: OWN, relays: [{ ...relayOptions, uri: SERVER }] })
    hand.open()
    hand.answer(401, [challenge()])
    hand.answer(200, [`Use-Path: ${USE_PATH}`])
    expect(hand.find('authorized')?.path).toEqual([USE_PATH, OWN])
  })

  it('does not share a connection with clients of the same relay by TLS @req CON-11 WS-1', () => {
    const hand = new RelayHand({ localUri: OWN, relays: [{ ...relayOptions, uri: SERVER }] })
    const localUri = 'msrps://192.0.2.10:2855/other;tcp'
    hand.give({ type: 'authorize', authorization: { localUri, relays: [{ ...relayOptions, uri: SERVER.replace('ws', 'tcp') }] } })
    expect(hand.outputs.map(output => output.type === 'connect' && output.transport)).toEqual(['wss', 'tls'])
  })
})

describe('what is written to a WebSocket', () => {
  it('is one chunk in each message, whole, of 64 KiB at most @req WS-2 WS-4', () => {
    const hand = onWebSocket('send', 10_000_000)
    const file = letters(200_000)
    hand.send(file)
    const sent = messages(hand.outputs).map(text => parseAll(text))
    expect(sent.every(said => said.length === 1)).toBe(true)
    const chunks = sent.flat()
    expect(chunks.map(({ body }) => body?.length)).toEqual([65_536, 65_536, 65_536, 200_000 - 3 * 65_536])
    expect(chunks.map(({ flag }) => flag).join('')).toBe('+++$')
    expect(chunks.map(({ body }) => body).join('')).toBe(file)
    expect(WEBSOCKET_CHUNK_SIZE).toBe(65_536)
  })

  it('has chunks of 8 KiB when nothing else is said, as for all relays @req WS-4 RLY-7', () => {
    const hand = onWebSocket('send')
    hand.send(letters(20_000))
    expect(parseAll(messages(hand.outputs).join('')).map(({ body }) => body?.length)).toEqual([8192, 8192, 3616])
  })

  it.each([
    [65_535, [65_535]],
    [65_536, [65_536]],
    [65_537, [65_536, 1]],
    [0, [0]],
    [1, [1]],
  ])('is for a file of %d octets in chunks of %j @req WS-4 MSRP-25', (length, sizes) => {
    const hand = onWebSocket('send', 65_536)
    hand.send(letters(length))
    expect(messages(hand.outputs).map(text => parseAll(text)[0]?.body?.length)).toEqual(sizes)
  })

  it('waits for all octets of a chunk, however they come, and is never cut short by something else @req WS-2 WS-4', () => {
    const hand = onWebSocket('send', 4000, { blockSize: 4000 })
    const file = letters(10_000)
    hand.give({
      type: 'send',
      sessionId: OWN_ID,
      message: { total: file.length, contentType: 'a/b', successReport: true, failureReport: 'yes' },
    })
    hand.outputs.length = 0
    for (let at = 0; at < 3999; at += 1333) {
      hand.give({ type: 'data', sessionId: OWN_ID, offset: at, bytes: encodeLatin1(file.slice(at, Math.min(at + 1333, 3999))) })
    }
    hand.say(send({ tid: 'keep0001' }), 'out-1')
    expect(messages(hand.outputs).map(text => parseAll(text)[0]?.start)).toEqual(['MSRP keep0001 200 OK'])
    hand.give({ type: 'data', sessionId: OWN_ID, offset: 3999, bytes: encodeLatin1(file.slice(3999, 4000)) })
    expect(parseAll(messages(hand.outputs).at(-1) as string)).toMatchObject([{ flag: '+', body: file.slice(0, 4000) }])
  })

  it('is still written when the window is smaller than a chunk @req WS-4 SND-5', () => {
    const hand = onWebSocket('send', 65_536, { window: 5000, blockSize: 5000 })
    const file = letters(23_456)
    hand.send(file)
    const chunks = messages(hand.outputs).flatMap(text => parseAll(text))
    expect(chunks.map(({ body }) => body).join('')).toBe(file)
    expect(chunks.slice(0, -1).every(({ body }) => (body?.length ?? 0) >= 2048)).toBe(true)
  })

  it('pauses between chunks and ends an abort with an empty chunk of its own @req WS-2 OA-38 OA-40', () => {
    const hand = onWebSocket('send', 4000, { window: 4000, blockSize: 4000 })
    hand.takesWrites = false
    const file = letters(10_000)
    hand.send(file)
    hand.give({ type: 'pause', sessionId: OWN_ID })
    hand.give({ type: 'abort', sessionId: OWN_ID })
    expect(messages(hand.outputs).flatMap(text => parseAll(text).map(({ flag, body }) => [flag, body?.length]))).toEqual([
      ['+', 4000],
      ['#', 0],
    ])
    expect(hand.told()).toEqual(['authorized', 'bound', 'paused'])
  })

  it('is one message for each response, and turns of whole chunks for several sessions @req WS-2 CON-18', () => {
    const hand = onWebSocket('send', 4000)
    const localUri = OWN.replace('own0', 'own1')
    const otherId = OWN_ID.replace('own0', 'own1')
    hand.give({ type: 'authorize', authorization: { localUri, relays: [{ ...relayOptions, uri: SERVER }] } })
    hand.answer(200, [`Use-Path: ${USE_PATH.replace('jui', 'two')}`])
    const session = { localUri, remotePath: [PEER], role: 'active', direction: 'send', acceptTypes: ['*'], chunkSize: 40_000 } as const
    hand.give({ type: 'add-session', session })
    for (const { tid } of hand.said()) hand.say(responseText(tid, '200 OK', localUri, USE_PATH), 'out-1')
    hand.outputs.length = 0
    const message = { total: 200_000, contentType: 'a/b', successReport: true, failureReport: 'yes' } as const
    for (const sessionId of [OWN_ID, otherId]) hand.give({ type: 'send', sessionId, message })
    const asked = hand.outputs.filter(output => output.type === 'need-data')
    for (const { sessionId, offset, length } of asked) hand.give({ type: 'data', sessionId, offset, bytes: new Uint8Array(length) })
    const chunks = messages(hand.outputs).map(text => parseAll(text))
    expect(chunks.every(said => said.length === 1)).toBe(true)
    expect(new Set(chunks.map(([said]) => said?.body?.length))).toEqual(new Set([4000, 40_000]))
  })
})

describe('what is read from a WebSocket', () => {
  it('is one request or response in each message @req WS-2', () => {
    const hand = onWebSocket('receive')
    hand.say(send({ tid: 'one00001', body: 'he', range: '1-2/5', flag: '+' }), 'out-1')
    hand.say(send({ tid: 'two00002', body: 'llo', range: '3-5/5' }), 'out-1')
    expect(hand.said().map(({ start }) => start)).toEqual(['MSRP one00001 200 OK', 'MSRP two00002 200 OK'])
    expect(messages(hand.outputs)).toHaveLength(2)
    expect(hand.find('complete')).toMatchObject({ length: 5 })
  })

  it.each([
    ['two chunks', send({ tid: 'one00001', body: 'a' }) + send({ tid: 'two00002', body: 'b' })],
    ['two without body', send({ tid: 'one00001' }) + send({ tid: 'two00002' })],
    ['a chunk and the beginning of another', `${send({ tid: 'one00001' })}MSRP`],
    ['half a head', 'MSRP one00001 SEND\r\nTo-Path: '],
    ['half a chunk', send({ body: 'hello' }).slice(0, -5)],
    ['nothing', ''],
    ['something else', 'GET / HTTP/1.1\r\n'],
  ])('closes it when a message is %s @req WS-2', (_name, text) => {
    const hand = onWebSocket('receive')
    hand.say(text, 'out-1')
    const closes = hand.outputs.filter(output => output.type === 'close')
    expect(closes).toEqual([{ type: 'close', connection: 'out-1', code: 1002 }])
    expect(hand.events.at(-1)).toMatchObject({ type: 'failed', cause: 'connection-lost' })
    hand.heard()
    hand.say(send({ tid: 'more0001' }), 'out-1')
    expect(hand.heard()).toBe('')
  })

  it('never delivers the second chunk of a message @req WS-2', () => {
    const hand = onWebSocket('receive')
    hand.say(send({ body: 'a', range: '1-1/2', flag: '+' }) + send({ tid: 'two00002', body: 'b', range: '2-2/2' }), 'out-1')
    expect(hand.events.filter(event => event.type === 'body')).toHaveLength(1)
  })

  it.each([
    [-1, []],
    [0, []],
    [1, [{ type: 'close', connection: 'out-1', code: 1009 }]],
  ])('is at most 1 MiB at a time (%d octets more) @req WS-2 SEC-11', (more, closes) => {
    const hand = onWebSocket('receive')
    const empty = send({ range: '1-*/*', body: '' })
    hand.say(send({ range: '1-*/*', body: letters(MAX_WEBSOCKET_MESSAGE + more - empty.length) }), 'out-1')
    expect(hand.outputs.filter(output => output.type === 'close')).toEqual(closes)
  })
})

describe('any file', () => {
  it('goes in whole messages, whatever its length, the chunk size and the pieces of its octets @req WS-2 WS-4 MSRP-26', () => {
    const sizes = fc.record({
      length: fc.nat(30_000),
      chunkSize: fc.integer({ min: 1, max: 12_000 }),
      blockSize: fc.integer({ min: 2048, max: 20_000 }),
      piece: fc.integer({ min: 100, max: 20_000 }),
    })
    fc.assert(
      fc.property(sizes, ({ length, chunkSize, blockSize, piece }) => {
        const hand = onWebSocket('send', chunkSize, { blockSize, window: 2 * blockSize, limits: { unanswered: 1000 } })
        const file = letters(length)
        const message = { total: length, contentType: 'a/b', successReport: true, failureReport: 'yes' } as const
        hand.give({ type: 'send', sessionId: OWN_ID, message })
        for (let asked = hand.takeAsked(); asked.length > 0; asked = hand.takeAsked()) {
          for (const need of asked) {
            for (let at = need.offset; at < need.offset + need.length; at += piece) {
              const end = Math.min(at + piece, need.offset + need.length)
              hand.give({ type: 'data', sessionId: OWN_ID, offset: at, bytes: encodeLatin1(file.slice(at, end)) })
            }
          }
        }
        const said = messages(hand.outputs).map(text => parseAll(text))
        expect(said.every(one => one.length === 1)).toBe(true)
        const chunks = said.flat()
        expect(chunks.map(({ body }) => body).join('')).toBe(file)
        expect(chunks.map(({ flag }) => flag).join('')).toBe(`${'+'.repeat(chunks.length - 1)}$`)
        expect(chunks.slice(0, -1).every(({ body }) => (body?.length ?? 0) >= 2048)).toBe(true)
      }),
      { numRuns: 100, interruptAfterTimeLimit: 2000 },
    )
  })
})
