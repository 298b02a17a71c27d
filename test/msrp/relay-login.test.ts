import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Endpoint, MAX_AUTH_ATTEMPTS, MAX_RELAYS, MAX_RENEWAL, MIN_RENEWAL, type RelayOptions } from '../../src/msrp/index.js'
import { seededRandom } from '../kit/msrp-pair.js'
import {
  challenge,
  credentialsIn,
  expectedDigest,
  nodeHash,
  OWN_ID,
  OWN_SECURE,
  RELAY,
  RelayHand,
  relayOptions,
  USE_PATH,
} from '../kit/relay-login.js'

const GRANTED = [`Use-Path: ${USE_PATH}`, 'Expires: 900']

describe('reaching a relay', () => {
  it('connects by TLS, after SRV records when the URI has no port, and sends AUTH at once @req RLY-1', () => {
    const hand = new RelayHand()
    expect(hand.outputs).toEqual([
      {
        type: 'connect',
        connection: 'out-1',
        host: 'relay.example.com',
        port: 2855,
        secure: true,
        transport: 'tls',
        service: '_msrps._tcp',
      },
    ])
    hand.open()
    const auth = hand.auth()
    expect(auth).toMatchObject({ start: `MSRP ${auth.tid} AUTH`, body: undefined, flag: '$' })
    expect(auth.headers).toEqual({ 'To-Path': RELAY, 'From-Path': OWN_SECURE })
  })

  it.each([
    [{ uri: 'msrps://relay.example.com:9000;tcp' }, undefined, { host: 'relay.example.com', port: 9000, transport: 'tls' }],
    [{ uri: 'msrps://[2001:db8::1]:9000;tcp' }, undefined, { host: '2001:db8::1', port: 9000, transport: 'tls' }],
    [{ uri: RELAY }, { host: '198.51.100.7', port: 9001 }, { host: '198.51.100.7', port: 9001, transport: 'tls' }],
    [{ uri: 'msrps://relay.example.com:8443;ws' }, undefined, { host: 'relay.example.com', port: 8443, transport: 'wss' }],
    [{ uri: 'msrps://relay.example.com;ws' }, undefined, { host: 'relay.example.com', port: 443, transport: 'wss' }],
  ])('reaches %j with target %j at %j without asking for SRV records @req RLY-1 RLY-4', (uri, target, place) => {
    const hand = new RelayHand({ relays: [{ ...relayOptions, ...uri }], ...(target && { target }) })
    expect(hand.outputs).toEqual([{ type: 'connect', connection: 'out-1', secure: true, ...place }])
  })

  it.each<[string, Partial<RelayOptions>]>([
    ['bad-relay', { uri: 'relay.example.com' }],
    ['bad-relay', { uri: 'msrps://relay.example.com;sctp' }],
    ['insecure-relay', { uri: 'msrp://relay.example.com:2855;tcp' }],
    ['insecure-relay', { uri: 'msrp://relay.example.com:80;ws' }],
    ['bad-relay', { uri: 'msrps://192.0.2.7;tcp' }],
    ['bad-relay', { uri: 'msrps://[2001:db8::1];tcp' }],
    ['bad-relay', { username: 'a\r\nX: y' }],
    ['bad-relay', { expires: 1.5 }],
    ['bad-relay', { expires: -1 }],
  ])('refuses with %s what no relay can be: %j @req RLY-1 WS-1', (code, relay) => {
    expect(() => new RelayHand({ relays: [{ ...relayOptions, ...relay }] })).toThrow(expect.objectContaining({ code }))
  })

  it('takes one to four relays @req RLY-6', () => {
    const relays = (count: number) => Array.from({ length: count }, () => relayOptions)
    for (const count of [1, MAX_RELAYS]) expect(new RelayHand({ relays: relays(count) }).outputs).toHaveLength(1)
    for (const count of [0, MAX_RELAYS + 1]) expect(() => new RelayHand({ relays: relays(count) })).toThrow('1 to 4')
  })

  it('needs a hash function, an msrps URI of a session, and a session-id that is free @req RLY-1 RLY-3', () => {
    const bare = new Endpoint({ random: seededRandom(1) })
    const authorization = { localUri: OWN_SECURE, relays: [relayOptions] }
    expect(() => bare.step({ type: 'authorize', authorization }, 0)).toThrow('hash')
    for (const localUri of ['nonsense', 'msrps://a.example.com:2855;tcp', `msrp://a.example.com:2855/${OWN_ID};tcp`]) {
      expect(() => new RelayHand({ localUri })).toThrow('no msrps URI')
    }
    const hand = new RelayHand()
    expect(() => hand.give({ type: 'authorize', authorization })).toThrow('already')
    const other = new Endpoint({ random: seededRandom(1), hash: nodeHash })
    const session = { localUri: OWN_SECURE, remotePath: [], role: 'passive', direction: 'send', acceptTypes: ['*'] } as const
    other.step({ type: 'add-session', session }, 0)
    expect(() => other.step({ type: 'authorize', authorization }, 0)).toThrow('already')
  })
})

describe('authentication', () => {
  it('answers the challenge with the credentials of RFC 4976 §9.1 in a new transaction @req RLY-2 RLY-3', () => {
    const hand = new RelayHand()
    hand.open()
    const first = hand.answer(401, [challenge('n0nceA1', ', domain="ignored"')])
    const second = hand.answer(200, GRANTED)
    expect(second.tid).not.toBe(first.tid)
    expect(second.headers).toMatchObject({ 'To-Path': RELAY, 'From-Path': OWN_SECURE })
    const given = credentialsIn(second)
    expect(given).toEqual({
      username: '"alice"',
      realm: '"relay.example.com"',
      nonce: '"n0nceA1"',
      uri: `"${RELAY}"`,
      response: `"${expectedDigest(second, 'AUTH')}"`,
      qop: 'auth',
      nc: '00000001',
      cnonce: expect.stringMatching(/^"[A-Za-z0-9]{20}"$/),
    })
    expect(given['response']).toMatch(/^"[0-9a-f]{32}"$/)
    expect(hand.events).toEqual([{ type: 'authorized', sessionId: OWN_ID, path: [USE_PATH, OWN_SECURE], expires: 900 }])
  })

  it('echoes opaque and algorithm where they were given, and quotes what it writes @req RLY-2', () => {
    const hand = new RelayHand({ relays: [{ ...relayOptions, username: 'al "ice" ü' }] })
    hand.open()
    hand.answer(401, [challenge('n', ', opaque="o\\"1", algorithm=md5')])
    const auth = hand.auth()
    expect(auth.headers['Authorization']).toContain('Digest username="al \\"ice\\" \u00c3\u00bc", ')
    expect(auth.headers['Authorization']).toMatch(/, opaque="o\\"1", algorithm=MD5$/)
  })

  it('takes the first challenge it can answer @req RLY-2', () => {
    const hand = new RelayHand()
    hand.open()
    hand.answer(401, ['WWW-Authenticate: Basic realm="x"', challenge('sha', ', algorithm=SHA-256'), challenge('good')])
    expect(credentialsIn(hand.auth())['nonce']).toBe('"good"')
  })

  it.each([
    ['no challenge', []],
    ['Basic', ['WWW-Authenticate: Basic realm="relay.example.com"']],
    ['no qop', ['WWW-Authenticate: Digest realm="relay.example.com", nonce="n"']],
    ['auth-int only', ['WWW-Authenticate: Digest realm="relay.example.com", nonce="n", qop="auth-int"']],
    ['MD5-sess', [challenge('n', ', algorithm=MD5-sess')]],
    ['no nonce', ['WWW-Authenticate: Digest realm="relay.example.com", qop="auth"']],
    ['an empty nonce', [challenge('')]],
    ['no realm', ['WWW-Authenticate: Digest nonce="n", qop="auth"']],
    ['no parameters', ['WWW-Authenticate: Digest "']],
  ])('gives up on a 401 with %s @req RLY-2', (_name, headers) => {
    const hand = new RelayHand()
    hand.open()
    hand.answer(401, headers, 'Unauthorized')
    expect(hand.events).toEqual([
      { type: 'unauthorized', sessionId: OWN_ID, cause: 'relay-auth-failed', status: 401, comment: 'Unauthorized' },
    ])
    expect(hand.said()).toEqual([])
  })

  it('gives up when the same nonce comes again, unless it is called stale @req RLY-2', () => {
    const hand = new RelayHand()
    hand.open()
    hand.answer(401, [challenge('one')])
    hand.answer(401, [challenge('one', ', stale=TRUE')])
    expect(credentialsIn(hand.answer(401, [challenge('one')]))['nc']).toBe('00000002')
    expect(hand.find('unauthorized')).toMatchObject({ cause: 'relay-auth-failed', status: 401 })
  })

  it('answers a new nonce, but not for ever @req RLY-2', () => {
    const hand = new RelayHand()
    hand.open()
    hand.answer(401, [challenge('0')])
    for (let attempt = 1; attempt < MAX_AUTH_ATTEMPTS; attempt++) {
      expect(credentialsIn(hand.answer(401, [challenge(`${attempt}`)]))['nc']).toBe('00000001')
      expect(hand.events).toEqual([])
    }
    hand.answer(401, [challenge('last')])
    expect(hand.find('unauthorized')).toMatchObject({ cause: 'relay-auth-failed' })
    expect(hand.said()).toEqual([])
  })

  it('takes a 200 without a challenge, as after authentication by WebSocket @req WS-3', () => {
    const hand = new RelayHand()
    hand.open()
    hand.answer(200, [...GRANTED, 'Authentication-Info: rspauth="00", nextnonce="x"'])
    expect(hand.told()).toEqual(['authorized'])
  })

  it('checks rspauth where it is given @req RLY-3', () => {
    for (const [password, told] of [
      ['s3cret', 'authorized'],
      ['other', 'unauthorized'],
    ] as const) {
      const hand = new RelayHand()
      hand.open()
      hand.answer(401, [challenge()])
      const auth = hand.auth()
      const proof = expectedDigest(auth, '', password).toUpperCase()
      hand.respond(auth, 200, [...GRANTED, `Authentication-Info: rspauth="${proof}", cnonce="c", nc=00000001, qop=auth`])
      expect(hand.told()).toEqual([told])
      if (told === 'unauthorized') expect(hand.events[0]).toMatchObject({ cause: 'relay-auth-failed' })
    }
  })
})

describe('the answer of the relay', () => {
  it.each([
    ['none', ['Expires: 900']],
    ['no URI', ['Use-Path: relay.example.com']],
    ['no port', ['Use-Path: msrps://relay.example.com/x;tcp']],
    ['no session', ['Use-Path: msrps://relay.example.com:2855;tcp']],
    ['no TLS', ['Use-Path: msrp://relay.example.com:2855/x;tcp']],
    ['too many', [`Use-Path: ${Array.from({ length: 17 }, () => USE_PATH).join(' ')}`]],
  ])('is refused when its Use-Path is: %s @req RLY-3', (_name, headers) => {
    const hand = new RelayHand()
    hand.open()
    hand.answer(200, headers)
    expect(hand.find('unauthorized')).toMatchObject({ cause: 'refused' })
    expect(hand.find('unauthorized')).not.toHaveProperty('status')
  })

  it.each([
    [403, 'refused'],
    [400, 'refused'],
    [501, 'refused'],
    [408, 'timeout'],
  ])('%d ends it at once as %s @req RLY-5', (status, cause) => {
    const hand = new RelayHand()
    hand.open()
    hand.answer(status, [challenge()], 'No')
    expect(hand.events).toEqual([{ type: 'unauthorized', sessionId: OWN_ID, cause, status, comment: 'No' }])
    expect(hand.said()).toEqual([])
    expect(hand.endpoint.deadline).toBeUndefined()
  })

  it('that is no response at all ends it too @req RLY-5', () => {
    const hand = new RelayHand()
    hand.open()
    const { tid } = hand.auth()
    hand.say(`MSRP ${tid} 20\r\nTo-Path: ${OWN_SECURE}\r\nFrom-Path: ${RELAY}\r\n-------${tid}$\r\n`, 'out-1')
    expect(hand.find('unauthorized')).toMatchObject({ cause: 'refused' })
  })

  it('is waited for 30 seconds from when AUTH went out @req RLY-1', () => {
    const hand = new RelayHand()
    hand.wait(10_000)
    hand.open()
    hand.wait(29_999)
    expect(hand.events).toEqual([])
    const auth = hand.auth()
    hand.wait(1)
    expect(hand.events).toEqual([{ type: 'unauthorized', sessionId: OWN_ID, cause: 'timeout', status: 408 }])
    hand.respond(auth, 200, GRANTED)
    expect(hand.events).toHaveLength(1)
  })

  it('cannot come when the connection does not open in time, or ends @req RLY-9 CON-13', () => {
    const slow = new RelayHand()
    slow.wait(30_000)
    expect(slow.events).toEqual([{ type: 'unauthorized', sessionId: OWN_ID, cause: 'connection-timeout' }])
    expect(slow.closed).toEqual(['out-1'])
    for (const [error, opened, cause] of [
      ['connection-refused', false, 'connection-refused'],
      ['tls-certificate', false, 'tls'],
      ['reset', true, 'connection-lost'],
    ] as const) {
      const hand = new RelayHand()
      if (opened) hand.open()
      hand.give({ type: 'closed', connection: 'out-1', error })
      expect(hand.events).toEqual([{ type: 'unauthorized', sessionId: OWN_ID, cause }])
      expect(hand.endpoint.deadline).toBeUndefined()
    }
  })
})

describe('Expires', () => {
  const asking = (expires?: number) => {
    const hand = new RelayHand({ relays: [{ ...relayOptions, ...(expires !== undefined && { expires }) }] })
    hand.open()
    return hand
  }

  it.each([
    [60, ['Min-Expires: 120'], '120'],
    [3600, ['Max-Expires: 1800'], '1800'],
    [60, ['Min-Expires: 120', 'Max-Expires: 1800'], '120'],
    [3600, ['Min-Expires: 120', 'Max-Expires: 1800'], '1800'],
    [undefined, ['Min-Expires: 120', 'Max-Expires: 1800'], '1800'],
    [undefined, ['Min-Expires: 120'], '120'],
  ])('of %s is changed once after 423 with %j @req RLY-5', (expires, headers, allowed) => {
    const hand = asking(expires)
    expect(hand.answer(423, headers).headers['Expires']).toBe(expires === undefined ? undefined : `${expires}`)
    expect(hand.answer(423, headers).headers['Expires']).toBe(allowed)
    expect(hand.events).toEqual([{ type: 'unauthorized', sessionId: OWN_ID, cause: 'refused', status: 423 }])
  })

  it.each([[[]], [['Min-Expires: soon']], [['Min-Expires: 60']]])('is not changed by a 423 with %j, which ends it @req RLY-5', headers => {
    const hand = asking(60)
    hand.answer(423, headers)
    expect(hand.find('unauthorized')).toMatchObject({ status: 423 })
    expect(hand.said()).toEqual([])
  })

  it('is changed with the credentials too @req RLY-5', () => {
    const hand = asking(60)
    hand.answer(401, [challenge()])
    hand.answer(423, ['Min-Expires: 120'])
    const third = hand.answer(200, GRANTED)
    expect(third.headers['Expires']).toBe('120')
    expect(credentialsIn(third)['nc']).toBe('00000002')
    expect(hand.told()).toEqual(['authorized'])
  })

  it('leads to a renewal when four fifths are over, with the next nonce @req RLY-3', () => {
    const hand = new RelayHand()
    hand.open()
    hand.answer(401, [challenge()])
    hand.answer(200, [...GRANTED, 'Authentication-Info: nextnonce="n0nceA2", qop=auth'])
    hand.wait(719_999)
    expect(hand.said()).toEqual([])
    hand.wait(1)
    const renewal = hand.answer(200, GRANTED)
    expect(credentialsIn(renewal)).toMatchObject({ nonce: '"n0nceA2"', nc: '00000001', response: `"${expectedDigest(renewal, 'AUTH')}"` })
    expect(hand.told()).toEqual(['authorized', 'authorized'])
    hand.wait(720_000)
    expect(credentialsIn(hand.auth())).toMatchObject({ nonce: '"n0nceA2"', nc: '00000002' })
  })

  it('may have run out at the renewal: a new challenge is answered, a refusal is told @req RLY-3', () => {
    const hand = RelayHand.authorized()
    hand.wait(720_000)
    hand.answer(401, [challenge('fresh')])
    hand.answer(200, GRANTED)
    hand.wait(720_000)
    hand.answer(403)
    expect(hand.told()).toEqual(['authorized', 'authorized', 'unauthorized'])
    expect(hand.endpoint.deadline).toBeUndefined()
  })

  it.each([
    [0, MIN_RENEWAL],
    [6, MIN_RENEWAL],
    [7, 5_600],
    [108_000, MAX_RENEWAL],
    [2 ** 53 - 1, MAX_RENEWAL],
  ])('of %d s leads to a renewal after %d ms @req RLY-3', (expires, wait) => {
    const hand = new RelayHand()
    hand.open()
    hand.answer(200, [`Use-Path: ${USE_PATH}`, `Expires: ${expires}`])
    expect(hand.endpoint.deadline).toBe(wait)
  })

  it('may be missing or garbled: then nothing is renewed @req RLY-3', () => {
    for (const headers of [[], ['Expires: soon']]) {
      const hand = new RelayHand()
      hand.open()
      hand.answer(200, [`Use-Path: ${USE_PATH}`, ...headers])
      expect(hand.find('authorized')).toMatchObject({ expires: undefined })
      expect(hand.endpoint.deadline).toBeUndefined()
    }
  })
})

describe('a chain of relays', () => {
  const inner = 'msrps://intra.example.com:9000/jui787s2f;tcp'
  const outer = 'msrps://extra.example.com:9000/mywdEe1233;tcp'
  const relays = [
    { ...relayOptions, uri: 'msrps://intra.example.com;tcp' },
    { ...relayOptions, uri: 'msrps://extra.example.com;tcp', username: 'external' },
  ]
  const through = () => {
    const hand = new RelayHand({ relays })
    hand.open()
    hand.answer(200, [`Use-Path: ${inner}`, 'Expires: 900'])
    return hand
  }

  it('is passed one relay after the other, each AUTH through those before @req RLY-6 RLY-3 RLY-2', () => {
    const hand = through()
    expect(hand.events).toEqual([])
    expect(hand.answer(401, [challenge()]).headers['To-Path']).toBe(`${inner} msrps://extra.example.com;tcp`)
    const proof = hand.answer(200, [`Use-Path: ${inner} ${outer}`, 'Expires: 1800'])
    expect(proof.headers['To-Path']).toBe(`${inner} msrps://extra.example.com;tcp`)
    // RFC 4976 §9.1: the right-most URI of To-Path counts
    expect(credentialsIn(proof)).toMatchObject({ username: '"external"', uri: '"msrps://extra.example.com;tcp"' })
    expect(hand.events).toEqual([{ type: 'authorized', sessionId: OWN_ID, path: [outer, inner, OWN_SECURE], expires: 900 }])
  })

  it('renews each relay in its time, and those behind one whose URIs changed at once @req RLY-3 RLY-6', () => {
    const hand = through()
    hand.answer(200, [`Use-Path: ${inner} ${outer}`, 'Expires: 1900'])
    hand.wait(720_000)
    hand.answer(200, [`Use-Path: ${inner}`, 'Expires: 900'])
    expect(hand.said()).toEqual([])
    hand.wait(720_000)
    const [first, second] = hand.said()
    expect(first?.headers['To-Path']).toBe('msrps://intra.example.com;tcp')
    expect(second).toBeUndefined()
    const moved = inner.replace('jui', 'new')
    hand.respond(first as NonNullable<typeof first>, 200, [`Use-Path: ${moved}`])
    expect(hand.auth().headers['To-Path']).toBe(`${moved} msrps://extra.example.com;tcp`)
  })

  it('fails as a whole, once, when the connection is lost @req RLY-6 RLY-9', () => {
    const hand = through()
    hand.give({ type: 'closed', connection: 'out-1' })
    expect(hand.events).toEqual([{ type: 'unauthorized', sessionId: OWN_ID, cause: 'connection-lost' }])
  })

  it('fails as a whole when one relay refuses @req RLY-6', () => {
    const hand = through()
    hand.answer(403)
    expect(hand.told()).toEqual(['unauthorized'])
    hand.wait(1_000_000)
    expect(hand.said()).toEqual([])
  })
})

describe('several sessions', () => {
  it('ask on one connection, one AUTH at a time, for URIs of their own @req RLY-3 CON-11', () => {
    const hand = new RelayHand()
    const second = OWN_SECURE.replace('own0', 'own1')
    hand.give({ type: 'authorize', authorization: { localUri: second, relays: [relayOptions] } })
    expect(hand.outputs.filter(output => output.type === 'connect')).toHaveLength(1)
    hand.open()
    expect(hand.answer(200, GRANTED).headers['From-Path']).toBe(OWN_SECURE)
    expect(hand.answer(200, [`Use-Path: ${USE_PATH.replace('u8', 'u9')}`]).headers['From-Path']).toBe(second)
    expect(hand.told()).toEqual(['authorized', 'authorized'])
    hand.give({ type: 'authorize', authorization: { localUri: second.replace('own1', 'own2'), relays: [relayOptions] } })
    expect(hand.auth().headers['To-Path']).toBe(RELAY)
  })

  it('that still wait when the connection is given up do not ask any more @req RLY-3 RLY-9', () => {
    const hand = new RelayHand()
    hand.give({ type: 'authorize', authorization: { localUri: OWN_SECURE.replace('own0', 'own1'), relays: [relayOptions] } })
    hand.open()
    hand.auth()
    hand.say('HTTP/1.1 400 Bad Request\r\n', 'out-1')
    expect(hand.told()).toEqual(['unauthorized', 'unauthorized'])
    expect(hand.closed).toEqual(['out-1'])
    expect(hand.heard()).toBe('')
  })

  it('that are given up make room for the next, before and after their AUTH went out @req RLY-3', () => {
    const hand = new RelayHand()
    const uris = ['own1', 'own2', 'own3'].map(name => OWN_SECURE.replace('own0', name))
    for (const localUri of uris) hand.give({ type: 'authorize', authorization: { localUri, relays: [relayOptions] } })
    hand.open()
    const first = hand.auth()
    hand.give({ type: 'remove-session', sessionId: OWN_ID.replace('own0', 'own1') })
    expect(hand.said()).toEqual([])
    hand.give({ type: 'remove-session', sessionId: OWN_ID })
    const second = hand.auth()
    expect(second.headers['From-Path']).toBe(uris[1])
    hand.respond(first, 200, GRANTED)
    expect(hand.events).toEqual([])
    hand.wait(30_000)
    expect(hand.find('unauthorized')).toMatchObject({ cause: 'timeout' })
    expect(hand.auth().headers['From-Path']).toBe(uris[2])
  })
})

describe('a hostile relay', () => {
  const text = fc.string({ maxLength: 40 }).map(value => value.replace(/[\r\n]/g, ' '))
  const line = fc.oneof(
    fc.tuple(fc.constantFrom('WWW-Authenticate', 'Authentication-Info', 'Use-Path', 'Expires', 'Min-Expires', 'Max-Expires'), text),
    fc.tuple(
      fc.constant('WWW-Authenticate'),
      fc.constantFrom('Digest realm="r", nonce="n", qop="auth"', 'Digest realm=r,nonce="\\', 'Digest ,'),
    ),
    fc.tuple(fc.constant('Use-Path'), fc.constantFrom(USE_PATH, `${USE_PATH} ${USE_PATH}`, `${USE_PATH} `)),
    fc.tuple(fc.constantFrom('Expires', 'Min-Expires'), fc.constantFrom('0', '1', '99999999999999999', '-1')),
  )
  const response = fc.tuple(fc.constantFrom(200, 401, 403, 423, 499), fc.array(line, { maxLength: 5 }))

  it('may say anything: we end authorized, refused or still asking, and ask no more than we may @req RLY-2 RLY-3 RLY-5 SEC-11', () => {
    fc.assert(
      fc.property(fc.array(response, { maxLength: 12 }), responses => {
        const hand = new RelayHand()
        hand.open()
        let asked = 0
        for (const [status, lines] of responses) {
          const said = hand.said()
          asked += said.length
          const [auth] = said
          if (auth !== undefined)
            hand.respond(
              auth,
              status,
              lines.map(([name, value]) => `${name}: ${value}`),
            )
        }
        const ends = hand.told().filter(type => type !== 'authorized')
        expect(['', 'unauthorized']).toContain(ends.join())
        // one plain AUTH, one after 423, and those with credentials
        expect(asked).toBeLessThanOrEqual(2 + MAX_AUTH_ATTEMPTS + 1)
      }),
      { numRuns: 300, interruptAfterTimeLimit: 2000 },
    )
  })
})
