import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { encodeMessage } from '../../src/sip/encode-message.js'
import { SipHeaders } from '../../src/sip/headers.js'
import { SIP_LIMITS } from '../../src/sip/limits.js'
import type { SipMessage } from '../../src/sip/message.js'
import { type FramedEvent, StreamFramer } from '../../src/sip/stream-framer.js'

const bytesOf = (text: string) => new TextEncoder().encode(text)
const options = (callId: string, body = '', extra: [string, string][] = []) =>
  encodeMessage({
    kind: 'request',
    method: 'OPTIONS',
    uri: 'sip:bob@home2.example',
    headers: new SipHeaders([
      ['Via', 'SIP/2.0/TCP 192.0.2.1;branch=z9hG4bK1'],
      ['From', '<sip:alice@home1.example>;tag=1'],
      ['To', '<sip:bob@home2.example>'],
      ['Call-ID', callId],
      ['CSeq', '1 OPTIONS'],
      ...extra,
    ]),
    body: bytesOf(body),
  })
const join = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts))
const summary = (events: FramedEvent[]) =>
  events.map(event =>
    event.type === 'message'
      ? `${event.message.headers.get('call-id')} ${new TextDecoder().decode(event.message.body)}`
      : event.type === 'fault'
        ? `${event.fatal ? 'fatal' : 'fault'} ${event.error.code}`
        : event.type,
  )
const messagesOf = (events: FramedEvent[]): SipMessage[] => events.flatMap(event => (event.type === 'message' ? [event.message] : []))

describe('StreamFramer', () => {
  const stream = join(
    bytesOf('\r\n'),
    options('a', 'body of a'),
    options('b'),
    bytesOf('\r\n\r\n'),
    options('c', '\r\n\r\nOPTIONS x SIP/2.0\r\n\r\n'),
  )
  const whole = ['pong', 'a body of a', 'b ', 'ping', 'c \r\n\r\nOPTIONS x SIP/2.0\r\n\r\n']

  it('finds the same messages however the stream is split @req SIP-36 SIP-4', () => {
    expect(summary(new StreamFramer().push(stream))).toEqual(whole)
    for (let at = 1; at < stream.length; at++) {
      const framer = new StreamFramer()
      const events = summary([...framer.push(stream.subarray(0, at)), ...framer.push(stream.subarray(at))])
      // A ping that is split in its middle looks like a pong until its other half is here
      expect(
        events.filter(event => event !== 'pong'),
        `split at ${at}`,
      ).toEqual(whole.slice(1))
      expect(framer.partial).toBe(false)
    }
  })

  it('finds them one byte at a time, and tells that it waits for more @req SIP-36 SEC-12', () => {
    const framer = new StreamFramer()
    const events: FramedEvent[] = []
    let waiting = 0
    for (const byte of stream) {
      events.push(...framer.push(Uint8Array.of(byte)))
      if (framer.partial) waiting++
    }
    expect(summary(events).filter(event => event !== 'pong')).toEqual(whole.slice(1))
    expect(waiting).toBeGreaterThan(stream.length - 20)
  })

  it('gives messages that later reads do not change', () => {
    const framer = new StreamFramer()
    const [first] = framer.push(join(options('a', 'kept'), options('b').subarray(0, 30)))
    framer.push(options('b').subarray(30))
    framer.push(options('c', 'xxxxxxxxxxxx'))
    expect(first?.type === 'message' && new TextDecoder().decode(first.message.body)).toBe('kept')
    expect(first?.type === 'message' && [...first.bytes]).toEqual([...options('a', 'kept')])
  })

  it('answers a flood of line breaks with one ping for each read @req SIP-4', () => {
    expect(summary(new StreamFramer().push(bytesOf('\r\n'.repeat(20_000))))).toEqual(['ping'])
    expect(summary(new StreamFramer().push(bytesOf('\r')))).toEqual([])
  })

  it('goes on after a message whose end is known @req SIP-36', () => {
    const bad = bytesOf(
      'OPTIONS  sip:b@x SIP/2.0\r\nVia: v\r\nFrom: f\r\nTo: t\r\nCall-ID: i\r\nCSeq: 1 OPTIONS\r\nContent-Length: 4\r\n\r\nbody',
    )
    const framer = new StreamFramer()
    const events = framer.push(join(bad, options('next')))
    expect(summary(events)).toEqual(['fault bad-start-line', 'next '])
    expect(events[0]?.type === 'fault' && events[0].error.request?.method).toBe('OPTIONS')
  })

  it.each([
    ['no Content-Length', 'OPTIONS sip:b@x SIP/2.0\r\nVia: v\r\n\r\n', 'no-content-length'],
    ['a negative one', 'OPTIONS sip:b@x SIP/2.0\r\nContent-Length: -5\r\n\r\n', 'bad-content-length'],
    ['one that is no number', 'OPTIONS sip:b@x SIP/2.0\r\nl: five\r\n\r\n', 'bad-content-length'],
    ['two of them', 'OPTIONS sip:b@x SIP/2.0\r\nl: 5\r\nContent-Length: 13\r\n\r\n', 'bad-content-length'],
    ['a huge one', 'OPTIONS sip:b@x SIP/2.0\r\nl: 99999999999999999999\r\n\r\n', 'bad-content-length'],
    ['a body over the limit', 'OPTIONS sip:b@x SIP/2.0\r\nl: 300000\r\n\r\n', 'body-too-long'],
    ['something else than SIP', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n', 'no-content-length'],
    ['garbage', '\0\0\0garbage\n\n', 'bad-start-line'],
  ])('stops at %s @req SIP-36 SIP-17', (_what, text, code) => {
    const framer = new StreamFramer()
    expect(summary(framer.push(join(bytesOf(text), options('later'))))).toEqual([`fatal ${code}`])
    expect(framer.push(options('later'))).toEqual([])
    expect(framer.partial).toBe(false)
  })

  it('gives a request with too large a body back to be answered 413 @req SIP-36', () => {
    const large = new StreamFramer({ headerBytes: 1000, headerCount: 20, bodyBytes: 10 }).push(options('a', 'eleven octets'))
    expect(large[0]).toMatchObject({ type: 'fault', fatal: true, error: { status: 413, request: { method: 'OPTIONS' } } })
  })

  it('stops at a header block of more than 64 KiB, at once and byte by byte @req SIP-36 SEC-11', () => {
    const head = bytesOf(`OPTIONS sip:b@x SIP/2.0\r\nX: ${'x'.repeat(SIP_LIMITS.headerBytes)}`)
    expect(summary(new StreamFramer().push(head))).toEqual(['fatal header-too-long'])
    const timeOf = (headerBytes: number) => {
      const framer = new StreamFramer({ ...SIP_LIMITS, headerBytes })
      const events: FramedEvent[] = []
      const start = performance.now()
      for (const byte of head.subarray(0, headerBytes + 1)) events.push(...framer.push(Uint8Array.of(byte)))
      expect(summary(events)).toEqual(['fatal header-too-long'])
      return performance.now() - start
    }
    // a block four times as long takes four times as long, sixteen times if each octet meant another scan of all; the best of some rounds counts
    const fastest = { whole: Number.POSITIVE_INFINITY, quarter: Number.POSITIVE_INFINITY }
    for (let round = 0; round < 5 && !(fastest.whole < 9 * fastest.quarter); round++) {
      fastest.quarter = Math.min(fastest.quarter, timeOf(SIP_LIMITS.headerBytes / 4))
      fastest.whole = Math.min(fastest.whole, timeOf(SIP_LIMITS.headerBytes))
    }
    expect(fastest.whole).toBeLessThan(9 * fastest.quarter)
  })

  it('keeps no more of a read than the body: the rest may be large', () => {
    const read = join(options('1', 'body'), options('2'))
    const [first, second] = new StreamFramer().push(read)
    if (first?.type !== 'message' || second?.type !== 'message') throw new Error('two messages were sent')
    expect(new TextDecoder().decode(first.message.body)).toBe('body')
    expect(first.message.body.buffer.byteLength).toBe(4)
    expect(second.message.body.buffer.byteLength).toBe(0)
    expect([first.bytes, second.bytes]).toEqual([options('1', 'body'), options('2')])
  })

  it('writes to nothing that was pushed', () => {
    const [whole, begin, rest] = [options('1'), options('2').slice(0, 40), options('2').slice(40)]
    const read = join(whole, begin)
    const before = read.slice()
    const framer = new StreamFramer()
    expect(summary([...framer.push(read), ...framer.push(rest), ...framer.push(options('3', 'x'.repeat(5000)))])).toHaveLength(3)
    expect(read).toEqual(before)
  })

  it('reads the torture messages that carry a length from a stream @req SIP-36', () => {
    const read = (name: string) => new Uint8Array(readFileSync(new URL(`../vectors/rfc4475/${name}.dat`, import.meta.url)))
    const framer = new StreamFramer()
    const messages = messagesOf(framer.push(join(...['wsinv', 'intmeth', 'mpart01', 'unreason', 'dblreq'].map(read))))
    expect(messages.map(message => (message.kind === 'request' ? message.method : message.status))).toEqual([
      'INVITE',
      "!interesting-Method0123456789_*+`.%indeed'~",
      'MESSAGE',
      200,
      'REGISTER',
      'INVITE',
    ])
    expect(messages.map(message => message.body.length)).toEqual([150, 0, 553, 154, 0, 150])
  })
})
