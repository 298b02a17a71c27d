import { describe, expect, it } from 'vitest'
import { equalMsrpUris, formatMsrpUri, formatPath, newSessionId, type MsrpUri, parseMsrpUri, parsePath } from '../../src/msrp/index.js'
import { seededRandom } from '../kit/msrp-pair.js'

const read = (text: string): MsrpUri => {
  const uri = parseMsrpUri(text)
  if (uri === undefined) throw new Error(`not read: ${text}`)
  return uri
}

describe('parseMsrpUri', () => {
  it('reads every part of the grammar @req CON-1', () => {
    expect(read('msrps://alice@relay.example.com:2855/u8K-x_0.3~+=/a;tcp;p=1;q')).toEqual({
      secure: true,
      userinfo: 'alice',
      host: 'relay.example.com',
      port: 2855,
      sessionId: 'u8K-x_0.3~+=/a',
      transport: 'tcp',
      parameters: ['p=1', 'q'],
    })
    expect(read('MSRP://[2001:db8::1]:9/x;TCP')).toMatchObject({ secure: false, host: '[2001:db8::1]', port: 9, transport: 'tcp' })
    expect(read('msrps://relay.example.com;tcp')).toEqual({ secure: true, host: 'relay.example.com', transport: 'tcp', parameters: [] })
  })

  it('takes a transport it cannot use itself @req CON-4', () => {
    expect(read('msrps://df7jal23ls0d.invalid:2855/98cjs;ws').transport).toBe('ws')
  })

  it.each([
    'msrp://a.example.com:2855/x',
    'msrp://a.example.com:2855/x;',
    'msrp://a.example.com:2855/;tcp',
    'msrp://a.example.com:/x;tcp',
    'msrp://a.example.com:65536/x;tcp',
    'msrp://a.example.com:123456/x;tcp',
    'msrp://:2855/x;tcp',
    'msrp://bob:secret@a.example.com:2855/x;tcp',
    'msrp://a b.example.com:2855/x;tcp',
    'msrp://a{b}.example.com:2855/x;tcp',
    'msrp://[2001:db8:1]:2855/x;tcp',
    'msrp://[2001::db8::1]:2855/x;tcp',
    'msrp://[::192.0.2.256]:2855/x;tcp',
    'msrp://[::192.0.02.1]:2855/x;tcp',
    'msrp://[12345::1]:2855/x;tcp',
    'msrp://a%zz.example.com:2855/x;tcp',
    'msrp://a.example.com:2855/x%41;tcp',
    'msrp://a.example.com:2855/x;t-cp',
    'msrp://a.example.com:2855/x;tcp;=1',
    'msrp:/a.example.com:2855/x;tcp',
    'sip:a@example.com',
    '',
  ])('refuses %j @req CON-1', text => {
    expect(parseMsrpUri(text)).toBeUndefined()
  })

  it('writes what it reads @req CON-1', () => {
    for (const text of ['msrp://a.example.com:2855/x1;tcp', 'msrps://bob@[::1]:1/a/b;ws;p=1;q', 'msrps://relay.example.com;tcp']) {
      expect(formatMsrpUri(read(text))).toBe(text)
    }
  })
})

describe('equalMsrpUris', () => {
  it.each([
    ['msrp://a.example.com:2855/x1;tcp', 'MSRP://A.EXAMPLE.COM:2855/x1;TCP', true],
    ['msrp://a.example.com:2855/x1;tcp', 'msrps://a.example.com:2855/x1;tcp', false],
    ['msrp://bob@a.example.com:2855/x1;tcp', 'msrp://a.example.com:2855/x1;tcp', true],
    ['msrp://%61.example.com:2855/x1;tcp', 'msrp://a.example.com:2855/x1;tcp', true],
    ['msrp://a.example.com:2855/x1;tcp', 'msrp://a.example.com:2855/X1;tcp', false],
    ['msrp://a.example.com/x1;tcp', 'msrp://a.example.com:2855/x1;tcp', false],
    ['msrp://a.example.com:2855;tcp', 'msrp://a.example.com:2855/x1;tcp', false],
    ['msrp://a.example.com:2855/x1;tcp', 'msrp://a.example.com:2855/x1;ws', false],
    ['msrp://[2001:db8::1]:2855/x1;tcp', 'msrp://[2001:0DB8:0:0::1]:2855/x1;tcp', true],
    ['msrp://a.example.com:2855/x1;tcp', 'msrp://a.example.com:2855/x1;tcp;p=1', true],
    ['msrp://[::ffff:192.0.2.1]:2855/x1;tcp', 'msrp://[::ffff:c000:201]:2855/x1;tcp', true],
    ['msrp://192.0.2.1:2855/x1;tcp', 'msrp://192.0.2.2:2855/x1;tcp', false],
    ['msrp://a.example.com:2855/a/../x1;tcp', 'msrp://a.example.com:2855/x1;tcp', false],
  ])('%s and %s: %s @req CON-3', (a, b, equal) => {
    expect(equalMsrpUris(read(a), read(b))).toBe(equal)
    expect(equalMsrpUris(read(b), read(a))).toBe(equal)
  })
})

describe('newSessionId', () => {
  it('gives 20 alphanumerics that do not repeat @req CON-2', () => {
    const random = seededRandom(3)
    const seen = new Set<string>()
    for (let count = 0; count < 100_000; count++) seen.add(newSessionId(random))
    expect(seen.size).toBe(100_000)
    for (const id of [...seen].slice(0, 1000)) expect(id).toMatch(/^[A-Za-z0-9]{20}$/)
  })
})

describe('parsePath', () => {
  it('reads URIs with single spaces between them and wants a port in each @req CON-1', () => {
    const text = 'msrps://relay.example.com:2855/r;tcp msrp://a.example.com:2855/x;tcp'
    const path = parsePath(text)
    expect(path?.map(uri => uri.host)).toEqual(['relay.example.com', 'a.example.com'])
    expect(formatPath(path ?? [])).toBe(text)
    for (const bad of [
      '',
      `${text} `,
      text.replace(' ', '  '),
      'msrp://a.example.com/x;tcp',
      new Array(17).fill('msrp://a:1/x;tcp').join(' '),
    ]) {
      expect(parsePath(bad)).toBeUndefined()
    }
  })
})
