import { describe, expect, it } from 'vitest'
import { SipHeaders } from '../../src/sip/headers.js'
import type { SipRequest } from '../../src/sip/message.js'
import { formatVia, parseVia, parseVias, responseAddress, stampReceived, topVia, type Via } from '../../src/sip/via.js'

const request = (...vias: string[]): SipRequest => ({
  kind: 'request',
  method: 'OPTIONS',
  uri: 'sip:b@h',
  headers: new SipHeaders(vias.map(via => ['Via', via])),
  body: new Uint8Array(),
})
const stamped = (via: string, host: string, port = 4321) => {
  const message = request(via)
  stampReceived(message, { host, port })
  return message.headers.getAll('via')
}

describe('Via', () => {
  it('reads and writes all of it @req SIP-36 SIP-38', () => {
    const text = 'SIP/2.0/TCP [2001:db8::9]:5070;branch=z9hG4bK1;received=192.0.2.9;rport=4321;maddr=192.0.2.1;ttl=16;alias'
    const via = parseVia(text)
    expect(via).toMatchObject({ transport: 'TCP', host: '2001:db8::9', port: 5070, branch: 'z9hG4bK1', received: '192.0.2.9', rport: 4321 })
    expect([...(via?.parameters ?? [])]).toEqual([
      ['maddr', '192.0.2.1'],
      ['ttl', '16'],
      ['alias', ''],
    ])
    expect(formatVia(via as Via)).toBe(text)
    expect(parseVia('sip / 2.0 / udp h ; rport ; branch = x')).toMatchObject({ transport: 'UDP', host: 'h', rport: true, branch: 'x' })
  })

  it.each([
    '',
    'SIP/2.0/UDP',
    'SIP/2.0 h',
    'SIP/3.0/UDP h',
    'HTTP/2.0/UDP h',
    'SIP/2.0/UDP h:0',
    'SIP/2.0/UDP h:99999',
    'SIP/2.0/UDP h;;branch=1',
    'SIP/2.0/UDP h;branch=1;branch=2',
    'SIP/2.0/UDP h;rport=x',
    'SIP/2.0/UDP h;received=a b',
    'SIP/2.0/UDP h;ttl=256',
    'SIP/2.0/UDP h h',
    'SIP/2.0/UDP 2001:db8::9',
    'SIP/2.0/U(DP h',
  ])('refuses %s @req SIP-36', text => expect(parseVia(text)).toBeUndefined())

  it('finds the topmost of a list @req SIP-36', () => {
    const message = request('SIP/2.0/UDP a;branch=1, SIP/2.0/UDP b', 'SIP/2.0/UDP c')
    expect(topVia(message)?.host).toBe('a')
    expect(parseVias(message.headers)?.map(via => via.host)).toEqual(['a', 'b', 'c'])
    expect(parseVias(request('SIP/2.0/UDP a', 'x').headers)).toBeUndefined()
    expect(topVia(request())).toBeUndefined()
  })

  it('takes away what a client wrote as received of itself @req SIP-38', () => {
    expect(stamped('SIP/2.0/UDP 192.0.2.9;branch=1;received=192.0.2.66', '192.0.2.9')).toEqual(['SIP/2.0/UDP 192.0.2.9;branch=1'])
  })

  it('writes received and rport as server @req SIP-38', () => {
    expect(stamped('SIP/2.0/UDP h:5060;branch=1;rport', '192.0.2.9')).toEqual(['SIP/2.0/UDP h:5060;branch=1;received=192.0.2.9;rport=4321'])
    expect(stamped('SIP/2.0/UDP 192.0.2.9;branch=1;rport', '192.0.2.9')).toEqual([
      'SIP/2.0/UDP 192.0.2.9;branch=1;received=192.0.2.9;rport=4321',
    ])
    expect(stamped('SIP/2.0/UDP 192.0.2.9;branch=1', '192.0.2.9')).toEqual(['SIP/2.0/UDP 192.0.2.9;branch=1'])
    expect(stamped('SIP/2.0/TCP h;branch=1;x="a b", SIP/2.0/UDP old', '2001:db8::9')).toEqual([
      'SIP/2.0/TCP h;branch=1;received=2001:db8::9;x="a b", SIP/2.0/UDP old',
    ])
  })

  it('does not believe what the client wrote about itself @req SIP-38', () => {
    expect(stamped('SIP/2.0/UDP 192.0.2.9;received=198.51.100.1;rport=1', '192.0.2.9')).toEqual([
      'SIP/2.0/UDP 192.0.2.9;received=192.0.2.9;rport=4321',
    ])
  })

  it('tells where a response goes @req SIP-38', () => {
    const target = (text: string) => responseAddress(parseVia(text) as Via)
    expect(target('SIP/2.0/UDP h;received=192.0.2.9;rport=4321')).toEqual({ host: '192.0.2.9', port: 4321 })
    expect(target('SIP/2.0/UDP h:5070;received=192.0.2.9')).toEqual({ host: '192.0.2.9', port: 5070 })
    expect(target('SIP/2.0/UDP h;maddr=192.0.2.1;received=192.0.2.9')).toEqual({ host: '192.0.2.1', port: 5060 })
    expect(target('SIP/2.0/TLS h')).toEqual({ host: 'h', port: 5061 })
  })
})
