import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import {
  Decoder,
  type DecoderEvents,
  type Flag,
  formatAuth,
  formatEndLine,
  formatReport,
  formatResponse,
  formatSendHead,
  type Head,
  parseMsrpUri,
  parsePath,
  type SendHead,
  type SessionOptions,
} from '../../src/msrp/index.js'
import { decodeLatin1, encodeLatin1, encodeUtf8 } from '../../src/wire/index.js'
import { Hand, parseAll } from '../kit/msrp-hand.js'
import { credentialsIn, RelayHand, relayOptions } from '../kit/relay-login.js'

/** One example message of an RFC: `# §section`, `# slip kind: what is wrong with it`, then its lines. */
interface Example {
  readonly rfc: number
  readonly section: string
  readonly slips: readonly string[]
  readonly text: string
}

const SLIPS = ['length', 'paths', 'spaces', 'port', 'end-line', 'folding', 'flag', 'tid', 'use-path', 'path', 'gap']
const COUNTS = { 4975: 14, 4976: 21, 5547: 8, 7701: 13, 7977: 24 }

const examples = Object.keys(COUNTS).flatMap(rfc => read(Number(rfc)))

function read(rfc: number): Example[] {
  const text = readFileSync(new URL(`../vectors/msrp/rfc${rfc}.txt`, import.meta.url), 'utf8')
  return text
    .trimEnd()
    .split(/^# §/m)
    .slice(1)
    .map(piece => {
      const [section = '', ...lines] = piece.trimEnd().split('\n')
      const slips = lines.filter(line => line.startsWith('# slip ')).map(line => line.slice(7, line.indexOf(':')))
      const message = lines.filter(line => !line.startsWith('# slip '))
      return { rfc, section, slips, text: `${message.join('\r\n')}\r\n` }
    })
}

interface Decoded {
  readonly head: Head
  readonly body: string
  readonly flag: Flag
}

function decode(text: string, pieces: number): Decoded[] {
  const all: Decoded[] = []
  let head: Head | undefined
  let body = ''
  const events: DecoderEvents = {
    onHead: found => {
      head = found
      body = ''
    },
    onBody: bytes => {
      body += decodeLatin1(bytes)
    },
    onEnd: flag => all.push({ head: head as Head, body, flag }),
    onBroken: error => {
      throw error
    },
  }
  const bytes = encodeUtf8(text)
  const decoder = new Decoder(events)
  for (let at = 0; at < bytes.length; at += pieces) decoder.decode(bytes.subarray(at, at + pieces))
  if (decoder.isInside) throw new Error('the end-line was not found')
  return all
}

/** Everything that was read, as octets again. */
function encodeAgain({ head, body, flag }: Decoded): string {
  const start = head.method ?? `${String(head.status).padStart(3, '0')}${head.comment === '' ? '' : ` ${head.comment}`}`
  const lines = head.headers.map(({ name, value }) => `${name}: ${value}\r\n`).join('')
  return `MSRP ${head.tid} ${start}\r\n${lines}${head.hasBody ? `\r\n${body}` : ''}${formatEndLine(head.tid, flag, head.hasBody)}`
}

/** What we would send to say the same, in our order of headers; undefined for what we never send. */
function encodeOurselves({ head, body, flag }: Decoded): string | undefined {
  const { tid, toPath = '', fromPath = '', messageId = '', byteRange, contentType, successReport, failureReport } = head
  const paths = { tid, toPath, fromPath }
  if (head.status !== undefined) return formatResponse(tid, head.status, toPath, fromPath, head.comment)
  if (head.method === 'AUTH') {
    const authorization = head.values('authorization')[0]
    return formatAuth({ ...paths, ...(authorization !== undefined && { authorization }) })
  }
  if (byteRange === undefined) return undefined
  if (head.method === 'REPORT' && head.reportStatus !== undefined) {
    const { code, comment } = head.reportStatus
    return formatReport({ ...paths, messageId, byteRange, status: code, comment })
  }
  const send: SendHead = {
    ...paths,
    messageId,
    byteRange,
    ...(successReport !== undefined && { successReport }),
    ...(failureReport !== undefined && { failureReport }),
    ...(contentType !== undefined && { contentType }),
  }
  return formatSendHead(send) + body + formatEndLine(tid, flag, true)
}

const sorted = (text: string) => text.split('\r\n').sort()

describe.each(Object.entries(COUNTS))('the examples of RFC %s', (rfc, count) => {
  const own = examples.filter(example => example.rfc === Number(rfc))

  it('are all there, and their slips have known kinds @req MSRP-1', () => {
    expect(own).toHaveLength(count)
    for (const { slips } of own) for (const slip of slips) expect(SLIPS).toContain(slip)
  })

  it.each(own.map((example, index) => ({ ...example, index, start: example.text.split('\r\n')[0] })))(
    '§$section no. $index, $start, is read in whatever pieces and written again to the octet @req MSRP-1 MSRP-2 MSRP-3 MSRP-6',
    ({ text, slips }) => {
      const expected = slips.includes('spaces') ? text.replaceAll(':  ', ': ') : text
      for (const pieces of [text.length, 1, 7]) {
        const all = decode(text, pieces)
        expect(all.map(encodeAgain)).toEqual([expected])
      }
      const [{ head, body, flag }] = decode(text, text.length) as [Decoded]
      expect(head.fault?.code).toBe(slips.includes('paths') ? 'no-to-path' : undefined)
      expect(flag).toBe(text.at(-3))
      const { byteRange } = head
      if (head.method === 'SEND' && byteRange?.end !== undefined) {
        expect(byteRange.end - byteRange.start + 1 !== body.length).toBe(slips.includes('length'))
      }
    },
  )

  it('have paths that we can read, but for those that lack a port @req CON-1 CON-4', () => {
    for (const { text, slips } of own) {
      const [{ head }] = decode(text, text.length) as [Decoded]
      if (slips.includes('paths')) continue
      for (const path of [head.toPath, head.fromPath]) {
        for (const uri of (path ?? '').split(' ')) expect(parseMsrpUri(uri), uri).toBeDefined()
      }
      // only AUTH and what answers it may name a relay without its port (RFC 4976 §8)
      const isAuth = head.method === 'AUTH' || /realm=|Use-Path/.test(text)
      if (!isAuth) expect([head.toPath, head.fromPath].every(path => parsePath(path ?? '') !== undefined)).toBe(!slips.includes('port'))
    }
  })

  it('are what we write ourselves, the order of headers aside @req MSRP-3 MSRP-42 MSRP-50 RLY-2', () => {
    let compared = 0
    for (const { text, slips } of own) {
      const [decoded] = decode(text, text.length) as [Decoded]
      const written = encodeOurselves(decoded)
      // what we never write: the default of a report header, other headers in responses, challenges
      const isOther = /Success-Report: no|Use-|Authenticat|^MSRP \S+ \d.*(Message-ID|Byte-Range)/s.test(text)
      if (isOther || slips.includes('spaces') || slips.includes('paths') || written === undefined) continue
      compared++
      expect(sorted(written)).toEqual(sorted(text))
    }
    expect(compared).toBe({ 4975: 11, 4976: 12, 5547: 4, 7701: 8, 7977: 11 }[rfc])
  })
})

/** The text of one example. */
function example(rfc: number, section: string, start: string, nth = 0): string {
  const found = examples.filter(entry => entry.rfc === rfc && entry.section === section && entry.text.startsWith(`MSRP ${start}`))[nth]
  if (found === undefined) throw new Error(`no ${start} in §${section} of RFC ${rfc}`)
  return found.text
}

const header = (text: string, name: string) => parseAll(text)[0]?.headers[name] as string

/** The receiving end of one example: a passive session with the URIs of that SEND. */
function receiver(text: string, options: Partial<SessionOptions> = {}): Hand {
  const localUri = header(text, 'To-Path')
  const remotePath = header(text, 'From-Path').split(' ')
  return Hand.passive('receive', { localUri, remotePath, ...options })
}

describe('the flows of RFC 4975', () => {
  it.each([
    ['4', 'a786hjs2'],
    ['11.1', 'd93kswow'],
    ['11.1', 'dkei38sd'],
  ])('§%s: %s is answered as printed @req MSRP-41 MSRP-42 CON-12', (section, tid) => {
    const hand = receiver(example(4975, section, `${tid} SEND`))
    hand.say(example(4975, section, `${tid} SEND`))
    expect(hand.heard()).toBe(example(4975, section, `${tid} 200`))
  })

  it('§11.4: a CPIM message in two chunks becomes one @req MSRP-24 MSRP-26', () => {
    const [first, second] = [example(4975, '11.4', 'd93kswow'), example(4975, '11.4', 'op2nc9a')]
    const hand = receiver(first)
    hand.say(first + second)
    // the second chunk says 138-148 and has 10 octets
    expect(hand.find('complete')).toMatchObject({ messageId: '12339sdqwer', length: 147 })
    expect(hand.find('message')?.message).toMatchObject({ total: 148, contentType: 'message/cpim' })
  })

  it('§11.5: nothing answers a message that wants no reports @req MSRP-41', () => {
    const text = example(4975, '11.5', 'd93kswow')
    const hand = receiver(text)
    hand.say(text)
    expect(hand.find('complete')).toMatchObject({ length: 37 })
    hand.give({ type: 'verdict', sessionId: '9di4eae923wzd', messageId: '12339sdqwer', status: 200 })
    expect(hand.heard()).toBe('')
  })

  it('§11.6: success is reported as printed, with the length that it really has @req MSRP-50 MSRP-51', () => {
    const text = example(4975, '11.6', 'd93kswow')
    const hand = receiver(text)
    hand.say(text)
    hand.give({ type: 'verdict', sessionId: '9di4eae923wzd', messageId: '12339sdqwer', status: 200 })
    const heard = hand.heard()
    const tid = parseAll(heard)[0]?.tid as string
    expect(heard.replaceAll(tid, 'dkei38sd').replaceAll('121', '106')).toBe(example(4975, '11.6', 'dkei38sd'))
  })
})

describe('the flows of RFC 4976 and RFC 7977', () => {
  it('§3: Bob answers his relay and reports to Alice through both @req RLY-7 MSRP-42 MSRP-50', () => {
    const text = example(4976, '3', 'xght6 SEND')
    const hand = receiver(text)
    hand.say(text)
    // a Message-ID in a response says nothing, so we write none
    expect(hand.heard()).toBe(example(4976, '3', 'xght6 200').replace('Message-ID: 87652\r\n', ''))
    hand.give({ type: 'verdict', sessionId: 'foo', messageId: '87652', status: 200 })
    const heard = hand.heard()
    expect(heard.replaceAll(parseAll(heard)[0]?.tid as string, 'yh67')).toBe(example(4976, '3', 'yh67'))
  })

  it('§5.1: Alice asks her two relays with the requests that are printed @req RLY-2 RLY-3 RLY-6', () => {
    const localUri = 'msrps://alice.example.com:9892/98cjs;tcp'
    const relay = { ...relayOptions, username: 'Alice' }
    const relays = ['msrps://alice@intra.example.com;tcp', 'msrps://extra.example.com;tcp'].map(uri => ({ ...relay, uri }))
    const hand = new RelayHand({ localUri, relays })
    hand.open()
    // nobody knows the password that the printed proofs were made with
    const answer = (tid: string, status: string) =>
      example(4976, '5.1', `${tid} ${status}`)
        .replace(/ rspauth="[^"]*",/, '')
        .replaceAll(tid, asked.tid)
    let asked = hand.auth()
    const compare = (tid: string) => {
      const printed = parseAll(example(4976, '5.1', `${tid} AUTH`))[0] as typeof asked
      expect([asked.headers['To-Path'], asked.headers['From-Path']]).toEqual([printed.headers['To-Path'], printed.headers['From-Path']])
      if (printed.headers['Authorization'] === undefined) return expect(asked.headers).not.toHaveProperty('Authorization')
      const [ours, theirs] = [credentialsIn(asked), credentialsIn(printed)]
      for (const name of ['username', 'realm', 'nonce', 'qop', 'nc']) expect(ours[name]).toBe(theirs[name])
      // the printed ones lack the uri, which digest needs
      expect(Object.keys(ours).sort()).toEqual([...Object.keys(theirs), 'uri'].sort())
    }
    for (const [tid, status] of [
      ['49fh', '401'],
      ['49fi', '200'],
      ['mnbvw', '401'],
    ] as const) {
      compare(tid)
      hand.say(answer(tid, status), 'out-1')
      asked = hand.auth()
    }
    compare('m3nbvx')
    hand.say(answer('m3nbvx', '200'), 'out-1')
    const [outer] = header(example(4976, '5.1', 'm4nbvx 200'), 'Use-Path')
      .split(' ')
      .reverse()
    expect(hand.events).toEqual([{ type: 'authorized', sessionId: '98cjs', path: [outer, outer, localUri], expires: 900 }])
  })

  it('§8.1 and §8.2.3 of RFC 7977: the WebSocket server lets Alice in and passes a message on @req WS-2 WS-3', () => {
    const printed = example(7977, '8.1.1', '49fi AUTH')
    const localUri = header(printed, 'From-Path')
    const hand = new RelayHand({ localUri, relays: [{ ...relayOptions, uri: header(printed, 'To-Path') }] })
    hand.open()
    const asked = hand.heard()
    const tid = parseAll(asked)[0]?.tid as string
    expect(asked.replaceAll(tid, '49fi')).toBe(printed)
    hand.say(example(7977, '8.1.1', '49fi 200').replaceAll('49fi', tid), 'out-1')
    const remotePath = ['msrps://bob.example.com:49154/foo;tcp']
    hand.give({ type: 'add-session', session: { localUri, remotePath, role: 'passive', direction: 'receive', acceptTypes: ['*'] } })
    hand.give({ type: 'bytes', connection: 'out-1', bytes: encodeLatin1(example(7977, '8.2.3', 'yh67 SEND')) })
    expect(hand.heard()).toBe(example(7977, '8.2.3', 'yh67 200').replaceAll(':  ', ': '))
  })
})
