import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { acceptContacts, serviceIdentifiers } from '../../src/sip/accept-contact.js'
import { responseTo } from '../../src/sip/build-response.js'
import { challengesOf, credentialsOf } from '../../src/sip/challenge.js'
import { checkRequest, checkResponse } from '../../src/sip/check-request.js'
import { contactsOf } from '../../src/sip/contact.js'
import { decodeMessage } from '../../src/sip/decode-message.js'
import { encodeMessage } from '../../src/sip/encode-message.js'
import { splitList } from '../../src/sip/header-list.js'
import type { SipMessage } from '../../src/sip/message.js'
import { parseNameAddress } from '../../src/sip/name-address.js'
import { optionTags } from '../../src/sip/option-tags.js'
import { reasonsOf } from '../../src/sip/reason.js'
import { parseRetryAfter } from '../../src/sip/retry-after.js'
import { parseSessionExpires } from '../../src/sip/session-expires.js'
import { StreamFramer } from '../../src/sip/stream-framer.js'
import { equalSipUris, isUsableAddress, normalizeEscapes, parseSipUri } from '../../src/sip/uri.js'
import { parseVia, stampReceived } from '../../src/sip/via.js'
import { warningsOf } from '../../src/sip/warning.js'
import { SeededRandom } from '../../src/testkit/seeded-random.js'
import { RemoteProtocolError } from '../../src/wire/index.js'

const FOLDER = new URL('../vectors/rfc4475/', import.meta.url)
const seeds = readdirSync(FOLDER)
  .filter(file => file.endsWith('.dat'))
  .map(file => new Uint8Array(readFileSync(new URL(file, FOLDER))))

/** Everything a user agent may do with a message before it knows whether to trust it. */
function readAll(message: SipMessage): void {
  if (message.kind === 'response') {
    checkResponse(message)
    challengesOf(message)
    warningsOf(message.headers)
    parseRetryAfter(message.headers.get('Retry-After') ?? '')
  } else {
    checkRequest(message)
    parseSipUri(message.uri)
    credentialsOf(message.headers, false)
    stampReceived(message, { host: '192.0.2.9', port: 5060 })
    // Whatever came in, an answer can be written
    encodeMessage(responseTo(message, 400, { toTag: 'x' }))
  }
  contactsOf(message.headers)
  acceptContacts(message.headers)
  serviceIdentifiers(message.headers)
  optionTags(message.headers, 'Require')
  reasonsOf(message.headers)
  parseSessionExpires(message.headers.get('x') ?? '')
}

const PIECES = [
  '\r\n',
  '\r',
  '\n',
  '\0',
  '"',
  '<',
  '>',
  ';',
  ',',
  ':',
  ' ',
  '\t',
  '%',
  '\\',
  '=',
  '[',
  ']',
  '(',
  'SIP/2.0',
  '\u00e9',
  '\xff'.repeat(3),
]

function mutate(bytes: Uint8Array, random: SeededRandom): Uint8Array {
  const copy = [...bytes]
  const changes = random.integer(1, 6)
  for (let change = 0; change < changes; change++) {
    const at = random.integer(0, copy.length)
    const piece = [...Buffer.from(PIECES[random.integer(0, PIECES.length - 1)] as string, 'latin1')]
    const kind = random.integer(0, 4)
    if (kind === 0) copy.splice(at, random.integer(1, 20))
    else if (kind === 1) copy.splice(at, 0, ...piece)
    else if (kind === 2) copy[at % copy.length] = random.integer(0, 255)
    else if (kind === 3) copy.splice(at, 0, ...copy.slice(at, at + random.integer(1, 60)))
    else copy.splice(at, piece.length, ...piece)
  }
  return Uint8Array.from(copy)
}

describe('hostile input', () => {
  it('never throws anything but RemoteProtocolError, however a message is damaged @req SIP-36 SEC-11', () => {
    const random = new SeededRandom(4475)
    let decoded = 0
    let refused = 0
    for (let round = 0; round < 6000; round++) {
      const bytes = mutate(seeds[round % seeds.length] as Uint8Array, random)
      try {
        readAll(decodeMessage(bytes))
        decoded++
      } catch (error) {
        if (!(error instanceof RemoteProtocolError)) throw error
        expect([400, 413, 505]).toContain(error.status)
        refused++
      }
    }
    // Both ways are walked, or the damage is of the wrong kind
    expect(decoded).toBeGreaterThan(1000)
    expect(refused).toBeGreaterThan(1000)
  })

  it('frames damaged streams without a throw, and the same way in one read and in many @req SIP-36 SEC-11', () => {
    const random = new SeededRandom(3261)
    for (let round = 0; round < 400; round++) {
      const stream = mutate(new Uint8Array(Buffer.concat(seeds.slice(round % 40, (round % 40) + 5))), random)
      const whole = new StreamFramer().push(stream).filter(event => event.type === 'message' || event.type === 'fault')
      const framer = new StreamFramer()
      const pieces = []
      for (let at = 0; at < stream.length; ) {
        const end = at + random.integer(1, 200)
        pieces.push(...framer.push(stream.subarray(at, end)))
        at = end
      }
      const seen = pieces.filter(event => event.type === 'message' || event.type === 'fault')
      const shape = (events: typeof seen) => events.map(event => (event.type === 'message' ? event.bytes.length : event.error.code))
      expect(shape(seen), `round ${round}`).toEqual(shape(whole))
    }
  })

  const SIZE = 60_000
  const fill = (text: string) => text.repeat(Math.ceil(SIZE / text.length))
  it.each([
    ['commas', fill(',')],
    ['semicolons', fill(';')],
    ['quotes', fill('"')],
    ['escaped quotes', `"${fill('\\"')}`],
    ['open brackets', fill('<')],
    ['bracket pairs', fill('<>,')],
    ['parameters', fill(';a=b')],
    ['other parameters', Array.from({ length: 8000 }, (_, index) => `;p${index}=`).join('')],
    ['addresses', fill('<sip:a@b>,')],
    ['Vias', fill('SIP/2.0/UDP h;branch=1,')],
    ['spaces', fill(' ')],
    ['a space and a colon', fill(' :')],
    ['escapes', `sip:${fill('%41')}@h`],
    ['brackets and colons', `sip:a@[${fill(':')}]`],
    ['dots', `sip:a@${fill('.')}`],
    ['open comments', `1 ${fill('(')}`],
    ['feature values', `*;+a="${fill('<,!#>=')}"`],
    ['digest parameters', `Digest ${fill('a="b",')}`],
    ['warnings', fill('399 h "x", ')],
    ['line folds', fill('\r\n x')],
    ['lines without colon', fill('\r\nx')],
    ['text that is not ASCII', fill('é')],
  ])('reads 60 KB of %s in less than 50 ms @req SIP-36 SEC-11', (_what, value) => {
    const names = [
      'Via',
      'From',
      'To',
      'Contact',
      'Route',
      'CSeq',
      'Accept-Contact',
      'Require',
      'Warning',
      'Reason',
      'Retry-After',
      'WWW-Authenticate',
      'x',
    ]
    const message = (name: string) =>
      Buffer.from(
        `OPTIONS sip:b@h SIP/2.0\r\nv: SIP/2.0/UDP h\r\nf: <sip:a@b>\r\nt: <sip:b@b>\r\ni: 1\r\nCSeq: 1 OPTIONS\r\n${name}: ${value}\r\n\r\n`,
      )
    const run = (action: () => unknown) => {
      const start = performance.now()
      try {
        action()
      } catch (error) {
        if (!(error instanceof RemoteProtocolError)) throw error
      }
      return performance.now() - start
    }
    // The best of three: the machine may be busy with something else
    const time = (action: () => unknown) => Math.min(run(action), run(action), run(action))
    for (const name of names)
      expect(
        time(() => readAll(decodeMessage(message(name)))),
        name,
      ).toBeLessThan(50)
    const readers = [splitList, parseNameAddress, parseVia, parseSipUri, isUsableAddress, normalizeEscapes, parseRetryAfter]
    for (const reader of readers)
      expect(
        time(() => reader(value)),
        reader.name,
      ).toBeLessThan(50)
    expect(time(() => equalSipUris(value, `${value}x`))).toBeLessThan(50)
    expect(time(() => new StreamFramer().push(message('Via')))).toBeLessThan(50)
  })
})
