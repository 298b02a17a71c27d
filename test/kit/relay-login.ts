import { createHash } from 'node:crypto'
import type { AuthorizationOptions, EndpointOptions, RelayOptions } from '../../src/msrp/index.js'
import { type DigestHash, digestResponse } from '../../src/wire/index.js'
import { Hand, type Said } from './msrp-hand.js'

const NODE_NAMES = { md5: 'md5', 'sha-256': 'sha256', 'sha-512-256': 'sha512-256' }
export const nodeHash: DigestHash = (algorithm, bytes) => new Uint8Array(createHash(NODE_NAMES[algorithm]).update(bytes).digest())

export const OWN_ID = 'own0own0own0own0own0'
export const OWN_SECURE = `msrps://alicepc.example.com:2855/${OWN_ID};tcp`
export const RELAY = 'msrps://alice@relay.example.com;tcp'
export const USE_PATH = 'msrps://relay.example.com:2856/u8Kx03;tcp'
export const relayOptions: RelayOptions = { uri: RELAY, username: 'alice', password: 's3cret' }

/** An endpoint that asks a relay to act for it; the test plays the relay. */
export class RelayHand extends Hand {
  constructor(authorization: Partial<AuthorizationOptions> = {}, options: Partial<EndpointOptions> = {}) {
    super({ hash: nodeHash, ...options })
    this.give({ type: 'authorize', authorization: { localUri: OWN_SECURE, relays: [relayOptions], ...authorization } })
  }

  /** One that is authorized after a challenge. */
  static authorized(authorization: Partial<AuthorizationOptions> = {}, options: Partial<EndpointOptions> = {}): RelayHand {
    const hand = new RelayHand(authorization, options)
    hand.open()
    hand.answer(401, [challenge()])
    hand.answer(200, [`Use-Path: ${USE_PATH}`, 'Expires: 900'])
    return hand
  }

  open(): void {
    this.give({ type: 'connected', connection: 'out-1' })
  }

  /** The requests since the last call, which must be one AUTH. */
  auth(): Said {
    const said = this.said()
    if (said.length !== 1 || !said[0]?.start.endsWith(' AUTH')) throw new Error(`not one AUTH: ${said.map(({ start }) => start).join()}`)
    return said[0]
  }

  /** Answers the AUTH that was sent. */
  answer(status: number, headers: readonly string[] = [], comment = ''): Said {
    const auth = this.auth()
    this.respond(auth, status, headers, comment)
    return auth
  }

  respond(
    { tid, headers: { 'To-Path': to, 'From-Path': from } }: Said,
    status: number,
    headers: readonly string[] = [],
    comment = '',
  ): void {
    const lines = [`MSRP ${tid} ${status} ${comment}`.trim(), `To-Path: ${from}`, `From-Path: ${to}`, ...headers]
    this.say(`${lines.join('\r\n')}\r\n-------${tid}$\r\n`, 'out-1')
  }
}

export function challenge(nonce = 'n0nceA1', extra = ''): string {
  return `WWW-Authenticate: Digest realm="relay.example.com", nonce="${nonce}", qop="auth"${extra}`
}

/** Parameters of Authorization as they were written, quotes and all. */
export function credentialsIn(auth: Said): Record<string, string> {
  const value = auth.headers['Authorization'] ?? ''
  if (!value.startsWith('Digest ')) throw new Error(`no Digest: ${value}`)
  return Object.fromEntries(
    value
      .slice(7)
      .split(', ')
      .map(pair => [pair.slice(0, pair.indexOf('=')), pair.slice(pair.indexOf('=') + 1)]),
  )
}

/** What `response`, or `rspauth` for the empty method, must be for these credentials. */
export function expectedDigest(auth: Said, method: string, password = 's3cret'): string {
  const given = credentialsIn(auth)
  const bare = (name: string) => (given[name] ?? '').replaceAll('"', '')
  const common = { username: bare('username'), realm: bare('realm'), nonce: bare('nonce'), uri: bare('uri') }
  return digestResponse({ ...common, algorithm: 'MD5', password, method, qop: { nc: bare('nc'), cnonce: bare('cnonce') }, hash: nodeHash })
}
