import { describe, expect, it } from 'vitest'
import { parseNameAddress, preferredBindings, requestDisposition, SipHeaders } from '../../src/sip/index.js'
import { CALLER_PREFERENCES, FEATURE_VALUES } from '../../src/sip/limits.js'

const binding = (contact: string) => {
  const address = parseNameAddress(contact)
  if (address === undefined) throw new Error(contact)
  return address
}
const user = (uri: string) => uri.slice('sip:'.length, uri.indexOf('@'))
const choose = (contacts: readonly string[], fields: readonly (readonly [string, string])[], method = 'INVITE') =>
  preferredBindings({ method, headers: new SipHeaders(fields) }, contacts.map(binding)).map(({ binding: { uri }, q }) => [user(uri), q])
const names = (...args: Parameters<typeof choose>) => choose(...args).map(([name]) => name)

/** RFC 3841 §7.2.5 */
const FIVE = [
  '<sip:u1@h.example.com>;audio;video;methods="INVITE,BYE";q=0.2',
  '<sip:u2@h.example.com>;audio="FALSE";methods="INVITE";actor="msg-taker";q=0.2',
  '<sip:u3@h.example.com>;audio;actor="msg-taker";methods="INVITE";video;q=0.3',
  '<sip:u4@h.example.com>;audio;methods="INVITE,OPTIONS";q=0.2',
  '<sip:u5@h.example.com>;q=0.5',
]
const TRANSFER = '+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.filetransfer"'
const CHAT = '+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.session"'
const BOTH = `${CHAT.slice(0, -1)},URN%3AURN-7%3a3gpp-service.ims.icsi.OMA.cpm.filetransfer"`

describe('caller preferences', () => {
  it('order and take away as in the example of the RFC @req SIP-31', () => {
    const fields = [
      ['Reject-Contact', '*;actor="msg-taker";video'],
      ['Accept-Contact', '*;audio;require'],
      ['Accept-Contact', '*;video;explicit'],
      ['Accept-Contact', '*;methods="BYE";class="business";q=1.0'],
    ] as const
    expect(choose(FIVE, fields)).toEqual([
      ['u5', 0.5],
      ['u1', 0.2],
      ['u4', 0.2],
    ])
  })

  const devices = [`<sip:phone@a>;${CHAT}`, `<sip:tablet@b>;${BOTH}`, '<sip:old@c>', `<sip:none@d>;+sip.instance="<urn:x>"`]
  const accept = (flags: string) => [['a', `*;${TRANSFER}${flags}`]] as const
  it.each([
    ['only orders without flags', '', ['tablet', 'old', 'phone', 'none']],
    ['takes away what contradicts with require', ';require', ['tablet', 'old', 'none']],
    ['takes away what does not mention it with both', ';require;explicit', ['tablet', 'old']],
    ['orders with explicit alone', ';explicit', ['tablet', 'old', 'phone', 'none']],
  ] as const)('Accept-Contact %s; lists are OR and case does not count @req SIP-31', (_, flags, expected) => {
    expect(names(devices, accept(flags))).toEqual(expected)
  })

  it('Reject-Contact takes away who mentions every tag of it @req SIP-31', () => {
    expect(names(devices, [['Reject-Contact', `*;${TRANSFER}`]])).toEqual(['phone', 'old', 'none'])
    expect(names(devices, [['Reject-Contact', `*;${TRANSFER};video`]])).toEqual(['phone', 'tablet', 'old', 'none'])
  })

  it('the same values on several lines or in one list are as many demands', () => {
    expect(names(FIVE.slice(0, 2), [['Accept-Contact', '*;audio;require, *;video;require']])).toEqual(['u1'])
  })

  it('nobody is left when a demand fits nobody @req SIP-31', () => {
    expect(choose([`<sip:phone@a>;${CHAT}`], accept(';require'))).toEqual([])
  })

  it('without demands the method counts, unless nobody would be left', () => {
    expect(names(FIVE, [], 'OPTIONS')).toEqual(['u5', 'u4'])
    expect(names(FIVE.slice(0, 4), [], 'MESSAGE')).toEqual(['u3', 'u1', 'u2', 'u4'])
  })

  it('and so does the event of a SUBSCRIBE', () => {
    const watchers = ['<sip:one@a>;events="presence"', '<sip:two@b>;events="conference,dialog"']
    expect(names(watchers, [['Event', 'conference;id=3']], 'SUBSCRIBE')).toEqual(['two'])
    expect(names(watchers, [], 'SUBSCRIBE')).toEqual(['one', 'two'])
    expect(names(watchers, [['Event', 'conference']], 'PUBLISH')).toEqual(['one', 'two'])
  })

  it.each([
    ['', 1],
    [';q=0.25', 0.25],
    [';q=1.000', 1],
    [';q=1.0000', 0],
    [';q=1.1', 0],
    [';q=-1', 0],
    [';q', 0],
    [';q=x', 0],
  ])('q of a binding with "%s" is %d', (parameter, q) => {
    expect(choose([`<sip:a@b>${parameter}`], [])).toEqual([['a', q]])
  })

  it('Request-Disposition decides between one, all at once and one after the other', () => {
    const say = (directives: string) => choose(FIVE, [['Request-Disposition', directives]])
    expect(say('no-fork')).toEqual([['u5', 0.5]])
    expect(say('Parallel').map(([, q]) => q)).toEqual([1, 1, 1, 1, 1])
    expect(say('fork, sequential')).toEqual([
      ['u5', 1],
      ['u3', 0.8],
      ['u1', 0.6],
      ['u2', 0.4],
      ['u4', 0.2],
    ])
  })

  it('every directive is read', () => {
    const read = (text: string) => requestDisposition(new SipHeaders([['d', text]]))
    expect(read('proxy, cancel, fork, recurse, parallel, queue')).toEqual({
      proxy: 'proxy',
      cancel: true,
      fork: true,
      recurse: true,
      order: 'parallel',
      queue: true,
    })
    expect(read('redirect,no-cancel,no-fork,no-recurse,sequential,no-queue')).toEqual({
      proxy: 'redirect',
      cancel: false,
      fork: false,
      recurse: false,
      order: 'sequential',
      queue: false,
    })
    expect(read('nonsense')).toEqual({})
  })

  it('more than CALLER_PREFERENCES demands and FEATURE_VALUES values are not looked at @req SEC-11', () => {
    const many = (count: number) => [['Accept-Contact', [...Array<string>(count).fill('*;audio'), '*;video;require'].join(', ')]] as const
    const blind = ['<sip:a@b>;audio;video="FALSE"']
    expect(names(blind, many(CALLER_PREFERENCES - 1))).toEqual([])
    expect(names(blind, many(CALLER_PREFERENCES))).toEqual(['a'])
    const values = (count: number) => [`<sip:a@b>;+x="${[...Array<string>(count).fill('no'), 'yes'].join(',')}"`]
    const wanted = [['Accept-Contact', '*;+x="yes";require']] as const
    expect(names(values(FEATURE_VALUES - 1), wanted)).toEqual(['a'])
    expect(names(values(FEATURE_VALUES), wanted)).toEqual([])
    const long = Array.from({ length: 8000 }, (_, index) => `v${index}`).join(',')
    // a stall of the machine is not the code's: 64 million comparisons are slow every time
    const times = [1, 2, 3, 4, 5].map(() => {
      const start = performance.now()
      names([`<sip:a@b>;+x="${long}"`], [['Accept-Contact', `*;+x="${long.replaceAll('v', 'w')}";require`]])
      return performance.now() - start
    })
    expect(Math.min(...times)).toBeLessThan(100)
  })
})
