import { describe, expect, it } from 'vitest'
import { isIpv6, parseHostPort } from '../../src/sip/host.js'
import { equalSipUris, formatSipUri, isAbsoluteUri, isUsableAddress, parseSipUri, uriScheme } from '../../src/sip/uri.js'

describe('parseSipUri', () => {
  it('takes every part apart @req SIP-36', () => {
    const uri = parseSipUri('sips:alice:secret%20word@example.org:5081;transport=tcp;lr;Maddr=192.0.2.9?Subject=x%20y&priority=urgent')
    expect(uri).toEqual({
      scheme: 'sips',
      user: 'alice',
      password: 'secret%20word',
      host: 'example.org',
      port: 5081,
      parameters: new Map([
        ['transport', 'tcp'],
        ['lr', ''],
        ['maddr', '192.0.2.9'],
      ]),
      headers: new Map([
        ['subject', 'x%20y'],
        ['priority', 'urgent'],
      ]),
    })
    expect(uri && formatSipUri(uri)).toBe(
      'sips:alice:secret%20word@example.org:5081;transport=tcp;lr;maddr=192.0.2.9?subject=x%20y&priority=urgent',
    )
  })

  it('reads tel numbers, global and local @req SIP-36 CPM-1', () => {
    const uri = parseSipUri('tel:+358-555-1234567;ext=9')
    expect(uri).toMatchObject({ scheme: 'tel', user: '+358-555-1234567', host: '' })
    expect(uri && formatSipUri(uri)).toBe('tel:+358-555-1234567;ext=9')
    expect(parseSipUri('tel:7042;phone-context=example.com')).toMatchObject({ user: '7042' })
    for (const bad of ['tel:7042', 'tel:+', 'tel:+12x', 'tel:', 'tel:+1;;ext=1', 'tel:+1;ext=1;ext=2'])
      expect(parseSipUri(bad), bad).toBeUndefined()
  })

  it.each([
    'sip:',
    'sip:@example.org',
    'sip:a@b@c',
    'sip:a b@example.org',
    'sip:alice@',
    'sip:alice@exa mple.org',
    'sip:alice@example..org',
    'sip:alice@example.org:0',
    'sip:alice@example.org:65536',
    'sip:alice@example.org:',
    'sip:alice@example.org;;lr',
    'sip:alice@example.org;lr;lr',
    'sip:al%2ice@example.org',
    'sip:al%zzice@example.org',
    'sip:alice@[2001:db8::1',
    'sip:alice@[2001:db8::1]x',
    'sip:alice@[1:2:3:4:5:6:7]',
    'sip:alice@2001:db8::1',
    'sip:alice@example.org;a="b"',
    'sip:alice@example.org?a=<b>',
    'mailto:alice@example.org',
    'alice@example.org',
    `sip:${'a'.repeat(9000)}@example.org`,
  ])('refuses %s @req SIP-36', text => expect(parseSipUri(text)).toBeUndefined())

  it('validates IPv6 text', () => {
    for (const good of ['::', '::1', '1::', '2001:db8::9:1', '1:2:3:4:5:6:7:8', '::ffff:192.0.2.1', '1:2:3:4:5:6:192.0.2.1'])
      expect(isIpv6(good), good).toBe(true)
    for (const bad of [
      '',
      ':',
      ':::',
      '1:2:3',
      '1::2::3',
      '12345::',
      '1:2:3:4:5:6:7:8:9',
      '1:2:3:4:5:6:7::8',
      '::256.0.0.1',
      '::1.2.3',
      'g::',
    ])
      expect(isIpv6(bad), bad).toBe(false)
    expect(parseHostPort('[2001:db8::9]:5070')).toEqual({ host: '2001:db8::9', port: 5070 })
  })

  it('finds schemes', () => {
    expect(uriScheme('SIP:x')).toBe('sip')
    expect(uriScheme('soap.beep://x')).toBe('soap.beep')
    for (const none of ['', ':x', 'x', '1a:x', 'a b:x', '<sip:x>']) expect(uriScheme(none), none).toBeUndefined()
    expect(isAbsoluteUri('isbn:2983792873')).toBe(true)
    expect(isAbsoluteUri('sip:')).toBe(false)
    expect(isAbsoluteUri('http://a b')).toBe(false)
  })
})

describe('equalSipUris', () => {
  // The sets of RFC 3261 §19.1.4
  it.each([
    ['sip:%61lice@atlanta.com;transport=TCP', 'sip:alice@AtLanTa.CoM;Transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com;newparam=5'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com;security=on'],
    [
      'sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com',
      'sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com',
    ],
    ['sip:alice@atlanta.com?subject=project%20x&priority=urgent', 'sip:alice@atlanta.com?priority=urgent&subject=project%20x'],
    ['sip:alice@[2001:DB8::1]', 'sip:alice@[2001:db8:0:0:0:0:0:1]'],
    ['tel:+358-555-1234567', 'tel:+3585551234567'],
    ['tel:+1;ext=1-2;isub=a', 'TEL:+1;ISUB=A;EXT=12'],
  ])('%s equals %s @req SIP-36', (a, b) => {
    expect(equalSipUris(a, b)).toBe(true)
    expect(equalSipUris(b, a)).toBe(true)
  })

  it.each([
    ['SIP:ALICE@AtLanTa.CoM;Transport=udp', 'sip:alice@AtLanTa.CoM;Transport=UDP'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:5060'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com;transport=udp'],
    ['sip:bob@biloxi.com', 'sip:bob@biloxi.com:6000;transport=tcp'],
    ['sip:carol@chicago.com', 'sip:carol@chicago.com?Subject=next%20meeting'],
    ['sip:bob@phone21.boxesbybob.com', 'sip:bob@192.0.2.4'],
    ['sip:carol@chicago.com;security=on', 'sip:carol@chicago.com;security=off'],
    ['sip:alice@example.org', 'sips:alice@example.org'],
    ['sip:alice@example.org', 'sip:example.org'],
    ['sip:alice@example.org', 'sip:alice:pw@example.org'],
    ['sip:alice@example.org', 'sip:alice@example.org;maddr=192.0.2.1'],
    ['sip:a%2Fb@example.org', 'sip:a/b@example.org'],
    ['sip:a%2541@example.org', 'sip:aA@example.org'],
    ['tel:+3585551234567', 'tel:+3585551234568'],
    ['tel:+358555', 'tel:+358555;ext=1'],
  ])('%s differs from %s @req SIP-36', (a, b) => {
    expect(equalSipUris(a, b)).toBe(false)
    expect(equalSipUris(b, a)).toBe(false)
  })

  it('is not transitive: a parameter only one side has counts for nothing', () => {
    expect(equalSipUris('sip:carol@chicago.com;security=on', 'sip:carol@chicago.com')).toBe(true)
    expect(equalSipUris('sip:carol@chicago.com', 'sip:carol@chicago.com;security=off')).toBe(true)
  })
})

it('knows which addresses can be sent to @req CPM-1', () => {
  for (const good of ['sip:bob@home2.example', 'sips:bob@home2.example', 'tel:+491701234567', 'sip:+49170@home1.example;user=phone'])
    expect(isUsableAddress(good), good).toBe(true)
  for (const bad of [
    '',
    'bob',
    'bob@home2.example',
    'sip:home2.example',
    'tel:112',
    'tel:112;phone-context=x.example',
    'http://x',
    'sip:b@x\r\nX: y',
  ])
    expect(isUsableAddress(bad), bad).toBe(false)
  expect(isUsableAddress('sip:bob@home2.example?Route=%3Csip:x%3E')).toBe(false)
})
