import { describe, expect, it } from 'vitest'
import { checkRequest } from '../../src/sip/check-request.js'
import { decodeMessage } from '../../src/sip/decode-message.js'
import type { SipRequest } from '../../src/sip/message.js'
import { equalSipUris, parseSipUri } from '../../src/sip/uri.js'
import { formatVia, parseVias } from '../../src/sip/via.js'

/** The messages of RFC 5118 §4 without their bodies: Request-URI, Via lines and Contact are what they are about. */
function message(start: string, vias: string[], contact?: string): SipRequest {
  const lines = [
    `${start} SIP/2.0`,
    'To: sip:user@example.com',
    'From: sip:user@example.com;tag=81x2',
    ...vias.map(via => `Via: SIP/2.0/${via}`),
    'Call-ID: SSG9559905523997077@hlau_4100',
    'Max-Forwards: 70',
    ...(contact === undefined ? [] : [`Contact: ${contact}`]),
    `CSeq: 98176 ${start.split(' ')[0]}`,
    'Content-Length: 0',
    '',
    '',
  ]
  return decodeMessage(new TextEncoder().encode(lines.join('\r\n'))) as SipRequest
}

const TOP = 'UDP [2001:db8::9:1];branch=z9hG4bKas3-111'
const CALLER = '"Caller" <sip:caller@[2001:db8::1]>'
const place = (request: SipRequest) => {
  const uri = parseSipUri(request.uri)
  return [uri?.host, uri?.port]
}

describe('the IPv6 torture messages of RFC 5118', () => {
  it('accepts an IPv6 reference (4.1) and refuses one without brackets (4.2) @req SIP-36', () => {
    const good = message('REGISTER sip:[2001:db8::10]', [TOP], CALLER)
    expect(checkRequest(good)).toBeUndefined()
    expect(place(good)).toEqual(['2001:db8::10', undefined])
    expect(checkRequest(message('REGISTER sip:2001:db8::10', [TOP], CALLER))).toMatchObject({ status: 400, code: 'bad-request-uri' })
  })

  it('tells a port from the last group of the address (4.3, 4.4) @req SIP-36', () => {
    expect(place(message('REGISTER sip:[2001:db8::10:5070]', [TOP], CALLER))).toEqual(['2001:db8::10:5070', undefined])
    expect(place(message('REGISTER sip:[2001:db8::10]:5070', [TOP], CALLER))).toEqual(['2001:db8::10', 5070])
  })

  it.each(['[2001:db8::9:255]', '2001:db8::9:255'])(
    'reads received=%s and writes it without brackets (4.5) @req SIP-36 SIP-38',
    received => {
      const bye = message('BYE sip:[2001:db8::10]', [`UDP [2001:db8::9:1];received=${received};branch=z9hG4bKas3-111`])
      expect(checkRequest(bye)).toBeUndefined()
      const [via] = parseVias(bye.headers) ?? []
      expect(via).toMatchObject({ host: '2001:db8::9:1', received: '2001:db8::9:255', branch: 'z9hG4bKas3-111' })
      expect(via && formatVia(via)).toBe('SIP/2.0/UDP [2001:db8::9:1];branch=z9hG4bKas3-111;received=2001:db8::9:255')
    },
  )

  it('reads mixed and IPv4-mapped addresses in Via (4.7, 4.9) @req SIP-36', () => {
    const mixed = message('BYE sip:user@host.example.net', [
      'UDP [2001:db8::9:1]:6050;branch=z9hG4bKas3-111',
      'UDP 192.0.2.1;branch=z9hG4bKjhja8781hjuaij65144',
      'TCP [2001:db8::9:255];branch=z9hG4bK451jj;received=192.0.2.200',
    ])
    expect(checkRequest(mixed)).toBeUndefined()
    expect(parseVias(mixed.headers)?.map(via => [via.host, via.port, via.received])).toEqual([
      ['2001:db8::9:1', 6050, undefined],
      ['192.0.2.1', undefined, undefined],
      ['2001:db8::9:255', undefined, '192.0.2.200'],
    ])
    const vias = ['UDP [::ffff:192.0.2.10]:19823;branch=z9hG4bKbh19', 'UDP [::ffff:192.0.2.2];branch=z9hG4bKas3-111']
    const mapped = message('INVITE sip:user@example.com', vias, '"T. desk phone" <sip:ted@[::ffff:192.0.2.2]>')
    expect(checkRequest(mapped)).toBeUndefined()
    expect(parseVias(mapped.headers)?.[0]).toMatchObject({ host: '::ffff:192.0.2.10', port: 19823 })
  })

  it('tolerates the third colon of the old grammar (4.10) @req SIP-36', () => {
    const three = message('OPTIONS sip:user@[2001:db8:::192.0.2.1]', [TOP])
    expect(checkRequest(three)).toBeUndefined()
    expect(equalSipUris(three.uri, 'sip:user@[2001:db8::192.0.2.1]')).toBe(true)
  })
})
