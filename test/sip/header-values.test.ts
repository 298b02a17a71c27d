import { describe, expect, it } from 'vitest'
import { contactExpires, contactsOf, parseDeltaSeconds } from '../../src/sip/contact.js'
import { formatCSeq, parseCSeq } from '../../src/sip/cseq.js'
import { formatSipDate, parseSipDate } from '../../src/sip/date.js'
import { listValues, splitList } from '../../src/sip/header-list.js'
import { SipHeaders } from '../../src/sip/headers.js'
import { formatNameAddress, parseNameAddress, parseNameAddresses, tagOf } from '../../src/sip/name-address.js'
import { hasOptionTag, optionTags, unknownRequirements } from '../../src/sip/option-tags.js'
import { formatReason, parseReason, reasonsOf } from '../../src/sip/reason.js'
import { reasonPhrase, statusClass } from '../../src/sip/reason-phrase.js'
import { parseRetryAfter } from '../../src/sip/retry-after.js'
import { formatSessionExpires, parseMinSe, parseSessionExpires } from '../../src/sip/session-expires.js'
import { formatWarning, parseWarning, WARNINGS, warningsOf } from '../../src/sip/warning.js'

describe('SipHeaders', () => {
  it('knows which names stand on several lines, usual ones and others', () => {
    const headers = new SipHeaders([
      ['Via', 'SIP/2.0/UDP a'],
      ['X-Own', '1'],
      ['v', 'SIP/2.0/UDP b'],
      ['x-other', '2'],
      ['x-OWN', '3'],
    ])
    expect(['via', 'X-Own', 'X-Other', 'X-None', 'From'].map(name => headers.repeats(name))).toEqual([true, true, false, false, false])
  })

  it('lose their first line alone, whether the name is usual or not', () => {
    for (const name of ['Via', 'X-Own']) {
      const headers = new SipHeaders([
        [name, 'one'],
        ['From', 'a'],
        [name, 'two'],
        [name, 'three'],
      ])
      headers.read(name, value => value.length)
      const left = () => [headers.getAll(name), headers.repeats(name), headers.has(name), headers.read(name, value => value.length)]
      expect([headers.deleteFirst(name) === headers, ...left()]).toEqual([true, ['two', 'three'], true, true, 3])
      expect([headers.deleteFirst(name) === headers, ...left()]).toEqual([true, ['three'], false, true, 5])
      expect([headers.deleteFirst(name) === headers, ...left()]).toEqual([true, [], false, false, undefined])
      expect([headers.deleteFirst(name) === headers, headers.size]).toEqual([true, 1])
    }
  })

  it('finds fields by any case and by compact name @req SIP-36', () => {
    const headers = new SipHeaders([
      ['v', 'one'],
      ['Via', 'two'],
      ['SUBJECT', 'x'],
    ])
    expect(headers.getAll('VIA')).toEqual(['one', 'two'])
    expect(headers.get('s')).toBe('x')
    expect(headers.has('Route')).toBe(false)
    expect(headers.prepend('Via', 'zero').setFirst('via', 'first').getAll('v')).toEqual(['first', 'one', 'two'])
    expect(headers.set('Via', 'only').getAll('Via')).toEqual(['only'])
    expect([...headers.set('Route', '<sip:p>')]).toEqual([
      ['Via', 'only'],
      ['SUBJECT', 'x'],
      ['Route', '<sip:p>'],
    ])
    expect(headers.delete('s').size).toBe(2)
    expect(headers.setFirst('To', '<sip:b>').get('t')).toBe('<sip:b>')
  })
})

describe('lists', () => {
  it('splits at commas outside quotes and brackets @req SIP-36', () => {
    expect(splitList('a, "b,\\",c" <sip:x,y@h>;q=1 , <sip:d,e>,,')).toEqual(['a', '"b,\\",c" <sip:x,y@h>;q=1', '<sip:d,e>'])
    const headers = new SipHeaders([
      ['Allow', 'INVITE, ACK'],
      ['Allow', 'BYE'],
      ['Supported', ''],
    ])
    expect(listValues(headers, 'allow')).toEqual(['INVITE', 'ACK', 'BYE'])
    expect(listValues(headers, 'k')).toEqual([])
  })
})

describe('name-address', () => {
  it.each([
    ['"Bob \\"B\\" <x>" <sip:bob@home2.example;lr>;tag=a;q="0,5"', 'Bob "B" <x>', 'sip:bob@home2.example;lr', { tag: 'a', q: '0,5' }],
    ['Bob Builder  <sip:bob@h> ; tag = a', 'Bob Builder', 'sip:bob@h', { tag: 'a' }],
    ['<tel:+49170>', undefined, 'tel:+49170', {}],
    ['sip:bob@h;tag=a', undefined, 'sip:bob@h', { tag: 'a' }],
    ['"" <sip:bob@h>', undefined, 'sip:bob@h', {}],
    ['Ünal <sip:u@h>', 'Ünal', 'sip:u@h', {}],
  ])('reads %s @req SIP-36', (text, displayName, uri, parameters) => {
    const address = parseNameAddress(text)
    expect(address?.displayName).toBe(displayName)
    expect(address?.uri).toBe(uri)
    expect(Object.fromEntries(address?.parameters ?? [])).toEqual(parameters)
    expect(address && parseNameAddress(formatNameAddress(address))).toEqual(address)
  })

  it.each([
    '',
    '<>',
    '<sip:bob@h',
    '"Bob <sip:bob@h>',
    '"Bob" sip:bob@h',
    'Bell, A <sip:b@h>',
    '< sip:b@h >',
    'sip:b@h?Subject=x',
    'sip:b@h,sip:c@h',
    '<sip:b@h>;tag=a;tag=b',
    '<sip:b@h> tag=a',
    '<sip:b@h>;;tag=a',
    'bob',
    '<bob>',
    '<sip:b@h>;tag="a',
  ])('refuses %s @req SIP-36', text => expect(parseNameAddress(text)).toBeUndefined())

  it('quotes what the application names itself @req SEC-14', () => {
    const text = formatNameAddress({ displayName: 'a" <sip:evil@x>;tag=1 \\', uri: 'sip:b@h', parameters: new Map([['p', 'x;y']]) })
    expect(text).toBe('"a\\" <sip:evil@x>;tag=1 \\\\" <sip:b@h>;p="x;y"')
    expect(parseNameAddress(text)?.uri).toBe('sip:b@h')
  })

  it('reads whole route sets in order @req SIP-33', () => {
    const headers = new SipHeaders([
      ['Record-Route', '<sip:p1.example;lr>, <sip:p2.example;lr>'],
      ['Record-Route', '"P3" <sip:p3.example;lr>;x=1'],
    ])
    expect(parseNameAddresses(headers, 'Record-Route')?.map(route => route.uri)).toEqual([
      'sip:p1.example;lr',
      'sip:p2.example;lr',
      'sip:p3.example;lr',
    ])
    expect(parseNameAddresses(headers.append('Record-Route', '<broken'), 'Record-Route')).toBeUndefined()
    expect(tagOf('<sip:b@h>;tag=x')).toBe('x')
    expect(tagOf(undefined)).toBeUndefined()
  })

  it('reads Contact with its expiry @req SIP-36', () => {
    const headers = new SipHeaders([
      ['Contact', '<sip:a@h>;expires=60, <sip:b@h>;expires=99999999999, sip:c@h'],
      ['Expires', '7200'],
    ])
    const contacts = contactsOf(headers)
    expect(contacts === '*' ? [] : contacts?.map(contact => contactExpires(contact, headers, 3600))).toEqual([60, 7200, 7200])
    expect(contactExpires({ uri: 'sip:c@h', parameters: new Map() }, new SipHeaders(), 3600)).toBe(3600)
    expect(contactsOf(new SipHeaders([['m', '*']]))).toBe('*')
    expect(contactsOf(headers.append('Contact', '*'))).toBeUndefined()
    expect(parseDeltaSeconds('4294967295')).toBe(4294967295)
    for (const bad of ['4294967296', '', '-1', '1.5', ' 1']) expect(parseDeltaSeconds(bad), bad).toBeUndefined()
  })
})

describe('small header values', () => {
  it('reads CSeq below 2^31 @req SIP-36', () => {
    expect(parseCSeq('4711 INVITE')).toEqual({ number: 4711, method: 'INVITE' })
    expect(parseCSeq('000000000000000000009  INVITE')).toEqual({ number: 9, method: 'INVITE' })
    expect(parseCSeq('2147483647 X')?.number).toBe(2147483647)
    expect(formatCSeq({ number: 1, method: 'ACK' })).toBe('1 ACK')
    for (const bad of ['', '1', 'INVITE', '2147483648 X', '-1 X', '1 IN VITE', '1.5 X', '99999999999999999999 X'])
      expect(parseCSeq(bad), bad).toBeUndefined()
  })

  it('reads option tags and finds the unknown ones @req SIP-12', () => {
    const headers = new SipHeaders([
      ['Require', 'timer, Foo'],
      ['Require', 'bar'],
      ['k', '100rel, TIMER'],
    ])
    expect(optionTags(headers, 'Supported')).toEqual(['100rel', 'timer'])
    expect(hasOptionTag(headers, 'Supported', 'Timer')).toBe(true)
    expect(hasOptionTag(headers, 'Supported', 'path')).toBe(false)
    expect(unknownRequirements(headers, ['timer', '100rel'])).toEqual(['Foo', 'bar'])
    expect(unknownRequirements(headers, ['timer', 'foo', 'BAR'])).toEqual([])
  })

  it('reads Session-Expires and Min-SE @req SIP-36', () => {
    expect(parseSessionExpires('1800;refresher=UAC;x=1')).toEqual({ seconds: 1800, refresher: 'uac' })
    expect(parseSessionExpires('90')).toEqual({ seconds: 90 })
    expect(parseMinSe('90;lr')).toBe(90)
    expect(formatSessionExpires({ seconds: 1800, refresher: 'uas' })).toBe('1800;refresher=uas')
    for (const bad of ['', 'x', '-1', '1800;refresher=me', '99999999999', '1800 seconds'])
      expect(parseSessionExpires(bad), bad).toBeUndefined()
  })

  it('writes the warnings of a 488 and reads any @req SIP-35', () => {
    const lines = Object.values(WARNINGS).map(warning => formatWarning({ ...warning, agent: 'home1.example' }))
    expect(lines).toEqual([
      '302 home1.example "Incompatible transport protocol"',
      '304 home1.example "Media type not available"',
      '305 home1.example "Incompatible media format"',
      '399 home1.example "No file accepted"',
    ])
    const headers = new SipHeaders([['Warning', `${lines.join(', ')}, 1812 overture "In Progress", 399 h:5060 "a, \\"b\\""`]])
    expect(warningsOf(headers).map(warning => warning.code)).toEqual([302, 304, 305, 399, 399])
    expect(warningsOf(headers)[4]).toEqual({ code: 399, agent: 'h:5060', text: 'a, "b"' })
    for (const bad of ['', '399', '399 h', '399 h text', '39x h "t"', '399 h x "t"', '399 h "t'])
      expect(parseWarning(bad), bad).toBeUndefined()
  })

  it('reads and writes Reason @req SIP-36', () => {
    const text = 'SIP;cause=200;text="Call completed elsewhere"'
    expect(parseReason(text)).toEqual({ protocol: 'SIP', cause: 200, text: 'Call completed elsewhere' })
    expect(formatReason({ protocol: 'SIP', cause: 200, text: 'Call completed elsewhere' })).toBe(text)
    expect(formatReason({ protocol: 'Q.850' })).toBe('Q.850')
    expect(reasonsOf(new SipHeaders([['Reason', `Q.850;cause=16, ${text}, ;cause=1`]])).map(reason => reason.cause)).toEqual([16, 200])
    expect(parseReason('SIP;cause=x')).toEqual({ protocol: 'SIP' })
  })

  it('reads Retry-After with comment and duration @req SIP-36', () => {
    expect(parseRetryAfter('120')).toEqual({ seconds: 120 })
    expect(parseRetryAfter("120 (I'm (really) in a \\) meeting; so) ;duration=60")).toEqual({ seconds: 120, duration: 60 })
    expect(parseRetryAfter('18000;duration=3600')).toEqual({ seconds: 18000, duration: 3600 })
    for (const bad of ['', 'x', '-1', '949302838503028349304023988']) expect(parseRetryAfter(bad), bad).toBeUndefined()
  })

  it('reads and writes dates of the one form there is @req SIP-36', () => {
    const at = Date.UTC(2010, 10, 13, 23, 29, 0)
    expect(parseSipDate('Sat, 13 Nov 2010 23:29:00 GMT')).toBe(at)
    expect(formatSipDate(at)).toBe('Sat, 13 Nov 2010 23:29:00 GMT')
    for (const bad of [
      '',
      'Sat, 13 Nov 2010 23:29:00 EST',
      'Sun, 13 Nov 2010 23:29:00 GMT',
      'Sat, 13 Nov 2010 23:29 GMT',
      '2010-11-13T23:29:00.000000Z..',
    ])
      expect(parseSipDate(bad), bad).toBeUndefined()
  })

  it('names every status, unknown ones by their class', () => {
    expect([200, 404, 491, 299, 499, 699].map(reasonPhrase)).toEqual([
      'OK',
      'Not Found',
      'Request Pending',
      'OK',
      'Request Failure',
      'Global Failure',
    ])
    expect([199, 200, 487].map(statusClass)).toEqual([100, 200, 400])
  })
})
