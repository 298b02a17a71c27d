import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { decodeMessage, parseNameAddress, parseSipUri, SipHeaders, type SipRequest } from '../../src/sip/index.js'
import { callerHost } from '../../src/server/caller-host.js'
import { identityHeaders } from '../../src/server/identity-headers.js'
import { conferenceNode, isLostFlow, NodePlaces, readNodeName } from '../../src/server/node-places.js'

const hash = (_: string, bytes: Uint8Array) => new Uint8Array(createHash('sha256').update(bytes).digest())
const LIVING = new Map([['b', 'sip:10.0.0.2:5060;transport=tcp']])

const placesOf = (id: string, secret = 7): NodePlaces =>
  new NodePlaces({
    id,
    address: `sip:10.0.0.1:5070;transport=tcp`,
    directory: { find: async node => (node === id ? undefined : LIVING.get(node)) },
    secret: new Uint8Array(32).fill(secret),
    hash,
  })

function requestOf(fields: readonly string[] = [], uri = 'sip:ft-b-8Jq2Lx71Zk@example.org'): SipRequest {
  const text = [
    `INVITE ${uri} SIP/2.0`,
    'Via: SIP/2.0/TCP 10.0.0.9;branch=z9hG4bK1',
    'Via: SIP/2.0/TCP 192.168.1.5:4000;branch=z9hG4bK2;rport=4000;received=203.0.113.7',
    'Via: SIP/2.0/TCP 10.1.1.1;branch=z9hG4bK3;received=198.51.100.1',
    'Max-Forwards: 70',
    'From: <sip:alice@example.org>;tag=1',
    'To: <sip:ft-b-8Jq2Lx71Zk@example.org>',
    'Call-ID: c1',
    'CSeq: 1 INVITE',
    ...fields,
    'Content-Length: 0',
    '',
    '',
  ].join('\r\n')
  return decodeMessage(new TextEncoder().encode(text)) as SipRequest
}

/** The request as the other server gets it. */
function arrived(route: string, request: SipRequest, add: readonly (readonly [string, string])[], remove: readonly string[] = []) {
  const headers = new SipHeaders(request.headers)
  for (const name of remove) headers.delete(name)
  for (const [name, value] of add) headers.append(name, value)
  const routeUser = parseSipUri(parseNameAddress(route)?.uri ?? '')?.user
  return { request: { ...request, headers }, ...(routeUser !== undefined && { routeUser }) }
}

describe('what servers of one database say to each other', () => {
  it('a Path leads to a connection of ours', () => {
    expect(placesOf('a').pathOf('p-in-7-3f0c')).toBe('<sip:p-in-7-3f0c@10.0.0.1:5070;transport=tcp;lr;ob>')
  })

  it('finds the server that has a conference', async () => {
    const a = placesOf('a')
    expect(await a.hostOf('sip:ft-b-8Jq2Lx71Zk@example.org')).toStrictEqual({ address: 'sip:10.0.0.2:5060;transport=tcp' })
    expect(await a.hostOf('sip:ft-c-8Jq2Lx71Zk@example.org')).toBe('gone')
    expect(await a.hostOf('sip:ft-a-8Jq2Lx71Zk@example.org')).toBeUndefined()
    expect(await a.hostOf('sip:ft-8Jq2Lx71Zk@example.org')).toBeUndefined()
    expect(conferenceNode('sip:ft-server-2.example.org-8Jq2Lx71Zk@example.org')).toBe('server-2.example.org')
    for (const none of ['sip:ft--x@example.org', 'sip:team-a-b@example.org', 'sip:example.org', 'mailto:a'])
      expect(conferenceNode(none)).toBeUndefined()
  })

  it('leaves out devices at a server that is dead', async () => {
    const bindings = [{ flow: '0' }, { node: 'a', flow: '1' }, { node: 'b', flow: '2' }, { node: 'c', flow: '3' }]
    expect((await placesOf('a').reachable(bindings)).map(({ flow }) => flow)).toStrictEqual(['0', '1', '2'])
  })

  it('vouches for who a request is from, of this request only @req SEC-5 SEC-15', () => {
    const request = requestOf(['P-Asserted-Identity: <sip:mallory@example.org>'])
    const alice = { aor: 'sip:alice@example.org', displayName: 'Alice, "A"' }
    const changes = identityHeaders({ request, isTrusted: false, towardsTrusted: true, realm: 'example.org', asserted: alice })
    const route = placesOf('a').route('sip:10.0.0.2:5060;transport=tcp', request, changes)
    expect(route).toMatch(/^<sip:n-[0-9a-f]{32}@10\.0\.0\.2:5060;transport=tcp;lr>$/)
    const came = arrived(route, request, changes.add, changes.remove)
    const b = placesOf('b')
    expect(b.isSealed(came)).toBe(true)
    const { headers } = came.request
    const changed = (name: string, value: string) => {
      const others = new SipHeaders(headers)
      others.delete(name)
      others.append(name, value)
      return { ...came, request: { ...came.request, headers: others } }
    }
    for (const [name, value] of [
      ['P-Asserted-Identity', '<sip:mallory@example.org>'],
      ['Call-ID', 'c2'],
      ['CSeq', '2 INVITE'],
      ['From', '<sip:mallory@example.org>;tag=1'],
      ['Privacy', 'id'],
    ] as const)
      expect(b.isSealed(changed(name, value)), name).toBe(false)
    expect(b.isSealed({ ...came, request: { ...came.request, uri: 'sip:ft-b-other@example.org' } })).toBe(false)
    expect(b.isSealed({ ...came, request: { ...came.request, method: 'SUBSCRIBE' } })).toBe(false)
    expect(placesOf('b', 8).isSealed(came)).toBe(false)
    for (const routeUser of ['n-', 'n-0', `n-${'0'.repeat(32)}`, 'bob', 'p-x', ''])
      expect(b.isSealed({ ...came, routeUser }), routeUser).toBe(false)
    expect(b.isSealed({ request: came.request })).toBe(false)
  })

  it('passes on what a proxy that we trust asserts', () => {
    const request = requestOf(['P-Asserted-Identity: <sip:carol@example.net>, <tel:+441234>'])
    const changes = identityHeaders({ request, isTrusted: true, towardsTrusted: true, realm: 'example.org' })
    const route = placesOf('a').route('sip:10.0.0.2', request, changes)
    expect(placesOf('b').isSealed(arrived(route, request, changes.add))).toBe(true)
  })

  it('knows a Path to a connection that is gone', () => {
    expect(isLostFlow({ routeUser: 'p-in-7-3f0c' })).toBe(true)
    expect(isLostFlow({ routeUser: 'n-1' })).toBe(false)
    expect(isLostFlow({})).toBe(false)
  })

  it('takes as names of servers what can stand in an address', () => {
    for (const name of ['a', 'Node-1', 'ft2.example.org', 'x_1']) expect(readNodeName(name)).toBe(name)
    for (const name of ['', '-a', 'a b', 'a@b', 'ä', 'a'.repeat(64)]) expect(() => readNodeName(name)).toThrow('is no name for a server')
  })
})

describe('whom a request is counted for', () => {
  const edges = new Set(['10.0.0.9'])
  it('is where a proxy of ours got it, which nobody behind it can choose @req SEC-12', () => {
    const request = requestOf()
    expect(callerHost({ request, remote: { host: '10.0.0.9', port: 5060 } }, edges)).toBe('203.0.113.7')
    expect(callerHost({ request, remote: { host: '198.51.100.9', port: 5060 } }, edges)).toBe('198.51.100.9')
  })
  it('is the proxy itself for what it sends of its own', () => {
    const request = requestOf()
    const headers = new SipHeaders(request.headers)
    headers.delete('Via')
    headers.append('Via', 'SIP/2.0/TCP 10.0.0.9;branch=z9hG4bK1')
    expect(callerHost({ request: { ...request, headers }, remote: { host: '10.0.0.9', port: 5060 } }, edges)).toBe('10.0.0.9')
    headers.append('Via', 'SIP/2.0/TCP 203.0.113.9;branch=z9hG4bK2')
    expect(callerHost({ request: { ...request, headers }, remote: { host: '10.0.0.9', port: 5060 } }, edges)).toBe('203.0.113.9')
  })
})
