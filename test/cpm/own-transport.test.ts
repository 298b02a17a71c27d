import { describe, expect, it } from 'vitest'
import { answerTransport, answerTransportFault, offerFault, offerTransport } from '../../src/cpm/own-transport.js'
import type { RelayPath, SessionSettings } from '../../src/cpm/index.js'
import { parseMsrpUri } from '../../src/msrp/index.js'
import type { FileMedia, Setup } from '../../src/sdp/index.js'
import { FINGERPRINT, fileMedia, sessionSettings } from '../kit/file-media.js'

const RELAY = {
  localUri: 'msrps://192.0.2.10:2855/aQ7;tcp',
  usePath: ['msrps://near.example:2001/b;tcp', 'msrps://far.example:2002/c;tcp'],
}
const offer = (change: Partial<SessionSettings> = {}, relay?: RelayPath) => offerTransport(sessionSettings(change), relay).transport
const peerOffer = (change: Partial<FileMedia> = {}) =>
  fileMedia({ address: '192.0.2.20', setup: 'actpass', direction: 'sendonly', ...change })
const secureOffer = (change: Partial<FileMedia> = {}) =>
  peerOffer({ secure: true, path: ['msrps://192.0.2.20:2855/abc;tcp'], fingerprints: [FINGERPRINT], ...change })
const answer = (to: FileMedia, change: Partial<SessionSettings> = {}, relay?: RelayPath) =>
  answerTransport(sessionSettings(change), to, relay).transport
const uris = (path: readonly string[]) => path.map(text => parseMsrpUri(text)).map(uri => `${uri?.secure} ${uri?.host}:${uri?.port}`)

describe('our offer', () => {
  it('says actpass where we listen, with the port and host of our URI @req CON-20 CON-30 SDP-3', () => {
    const { path, ...line } = offer()
    expect(line).toEqual({ port: 2855, address: '192.0.2.10', secure: false, setup: 'actpass', cema: true, fingerprints: [] })
    expect(uris(path)).toEqual(['false 192.0.2.10:2855'])
  })

  it('says active and port 9 in both places when nobody can connect to us @req CON-20 CON-22', () => {
    const { path, port, setup } = offer({ reachable: false })
    expect([setup, port]).toEqual(['active', 9])
    expect(uris(path)).toEqual(['false 192.0.2.10:9'])
  })

  it('leaves msrp-cema out when it is switched off @req CON-30', () => {
    expect(offer({ cema: false }).cema).toBe(false)
  })

  it('uses msrps and TLS together, with our fingerprints @req CON-40 CON-43', () => {
    const line = offer({ secure: true, fingerprints: [FINGERPRINT] })
    expect(line.secure).toBe(true)
    expect(line.path[0]).toMatch(/^msrps:/)
    expect(line.fingerprints).toEqual([FINGERPRINT])
    expect(offer({ fingerprints: [FINGERPRINT] }).fingerprints).toEqual([])
  })

  it('lists our relays from the far one to us, and their address in c= and m= @req RLY-3 CON-30', () => {
    const line = offer({ reachable: false, fingerprints: [FINGERPRINT] }, RELAY)
    expect(uris(line.path)).toEqual(['true far.example:2002', 'true near.example:2001', 'true 192.0.2.10:2855'])
    expect(line).toMatchObject({ port: 2002, address: 'far.example', secure: true, setup: 'actpass', cema: true, fingerprints: [] })
  })

  it('keeps our own address in c= and m= with a relay but without CEMA @req SDP-3 RLY-3', () => {
    expect(offer({ cema: false }, RELAY)).toMatchObject({ port: 2855, address: '192.0.2.10', cema: false })
  })

  it('keeps the URI the relays act for @req RLY-3', () => {
    const localUri = 'msrps://alicepc.example:2855/aZ1;tcp'
    const { transport, sessionId } = offerTransport(sessionSettings(), { ...RELAY, localUri })
    expect(transport.path.at(-1)).toBe(localUri)
    expect(sessionId).toBe('aZ1')
    // A relay that gave no path is none
    expect(offer({}, { localUri, usePath: [] })).toMatchObject({ path: [localUri], address: 'alicepc.example', secure: false })
    expect(offer({}, { ...RELAY, localUri: 'junk' }).path.at(-1)).toMatch(/^msrps:\/\/192\.0\.2\.10:2855\//)
  })
})

describe('our answer', () => {
  it('is passive where the offer lets us and somebody can connect to us, else active with port 9 @req CON-20 CON-22', () => {
    const table: [Setup | undefined, boolean, string][] = [
      ['actpass', true, 'passive 2855'],
      ['actpass', false, 'active 9'],
      ['active', true, 'passive 2855'],
      ['active', false, 'passive 2855'],
      ['passive', true, 'active 9'],
      [undefined, true, 'passive 2855'],
    ]
    for (const [setup, reachable, expected] of table) {
      const line = answer(peerOffer({ setup }), { reachable })
      expect(`${line.setup} ${line.port}`, `${setup} ${reachable}`).toBe(expected)
      expect(parseMsrpUri(line.path[0] ?? '')?.port).toBe(line.port)
    }
  })

  it('keeps TLS where TLS was offered, and is active where only a plain listener is there @req CON-40', () => {
    const plain = answer(secureOffer())
    expect([plain.secure, plain.setup, plain.path[0]?.slice(0, 6)]).toEqual([true, 'active', 'msrps:'])
    const secure = answer(secureOffer(), { secure: true, fingerprints: [FINGERPRINT] })
    expect([secure.secure, secure.setup, secure.fingerprints]).toEqual([true, 'passive', [FINGERPRINT]])
    const other = answer(secureOffer(), { otherMedia: { host: '192.0.2.99', port: 2856 } })
    expect([other.setup, other.port, other.address]).toEqual(['passive', 2856, '192.0.2.99'])
    const both = answer(peerOffer(), { secure: true, otherMedia: { host: '192.0.2.99', port: 2856 } })
    expect(both).toMatchObject({ secure: false, setup: 'passive', port: 2856, address: '192.0.2.99' })
  })

  it('with a relay is passive, says CEMA and gives the address of the relay @req CON-34 RLY-3', () => {
    for (const setup of ['actpass', 'active'] as const)
      expect(answer(secureOffer({ setup }), { reachable: false }, RELAY)).toMatchObject({
        setup: 'passive',
        cema: true,
        port: 2002,
        address: 'far.example',
      })
  })

  it('leaves CEMA out where relays forbid it @req CON-34', () => {
    const relayed = ['msrps://r.example:1/r;tcp', 'msrps://192.0.2.20:2855/abc;tcp']
    expect(answer(secureOffer({ path: relayed }), {}, RELAY)).toMatchObject({ cema: false, port: 2855, address: '192.0.2.10' })
    expect(answer(secureOffer({ path: relayed, setup: 'active' })).cema).toBe(false)
    expect(answer(secureOffer({ path: relayed, setup: 'actpass' })).cema).toBe(true)
    expect(answer(secureOffer({ setup: 'passive' }), {}, RELAY)).toMatchObject({ cema: false, setup: 'active', port: 2855 })
    expect(answer(peerOffer(), { cema: false }).cema).toBe(false)
  })

  it('does not put a TLS relay before a plain line @req CON-40', () => {
    expect(uris(answer(peerOffer(), {}, RELAY).path)).toEqual(['false 192.0.2.10:2855'])
  })
})

describe('an offered line', () => {
  const fault = (line: FileMedia, change: Partial<SessionSettings> = {}) => offerFault(sessionSettings(change), line)

  it('over TLS needs a TLS listener of ours, or that we connect @req CON-40', () => {
    expect(fault(secureOffer())).toBeUndefined()
    expect(fault(secureOffer({ setup: 'passive' }))).toBeUndefined()
    expect(fault(secureOffer({ setup: 'active' }))).toContain('over TLS')
    expect(fault(secureOffer({ setup: 'active' }), { secure: true })).toBeUndefined()
    expect(fault(secureOffer({ setup: 'active' }), { otherMedia: { host: '192.0.2.99', port: 1 } })).toBeUndefined()
  })

  it('in the clear is no line for a client that wants TLS, unless it listens for such @req SEC-7 CON-40', () => {
    for (const setup of ['active', 'passive', 'actpass'] as const) {
      expect(fault(peerOffer({ setup }), { secure: true }), setup).toContain('over TLS')
      expect(fault(peerOffer({ setup }), { secure: true, otherMedia: { host: '192.0.2.99', port: 1 } })).toBeUndefined()
    }
  })

  it('with msrps over TCP/MSRP or the other way round is refused @req CON-40', () => {
    expect(fault(peerOffer({ path: ['msrps://192.0.2.20:2855/abc;tcp'] }))).toBeDefined()
    expect(fault(secureOffer({ path: ['msrp://192.0.2.20:2855/abc;tcp'] }))).toBeDefined()
  })

  it('whose fingerprints cannot be checked is refused @req CON-43 CON-44', () => {
    const sha1 = { algorithm: 'sha-1', octets: new Uint8Array(20) }
    const md5 = { algorithm: 'md5', octets: new Uint8Array(16) }
    expect(fault(secureOffer({ fingerprints: [md5] }))).toContain('fingerprint')
    expect(fault(secureOffer({ fingerprints: [md5] }), { allowWeakFingerprint: true })).toContain('fingerprint')
    expect(fault(secureOffer({ fingerprints: [sha1] }))).toContain('fingerprint')
    expect(fault(secureOffer({ fingerprints: [sha1] }), { allowWeakFingerprint: true })).toBeUndefined()
    expect(fault(secureOffer({ fingerprints: [md5, FINGERPRINT] }))).toBeUndefined()
    expect(fault(secureOffer({ fingerprints: [] }))).toBeUndefined()
    expect(fault(peerOffer({ fingerprints: [md5] }))).toBeUndefined()
  })

  it('without msrp-cema and with another address in c= is refused, when we would connect to it @req CON-32', () => {
    const changed = peerOffer({ cema: false, address: '198.51.100.1', path: ['msrp://192.0.2.20:2855/abc;tcp'] })
    expect(fault({ ...changed, setup: 'passive' })).toContain('address')
    expect(fault(changed, { reachable: false })).toContain('address')
    expect(fault(changed)).toBeUndefined()
    expect(fault(changed, { strict: true })).toContain('address')
    expect(fault({ ...changed, cema: true }, { strict: true })).toBeUndefined()
  })
})

describe('an answered line', () => {
  const fault = (own: Partial<FileMedia>, line: FileMedia) => answerTransportFault(sessionSettings(), fileMedia(own), line)

  it('never loses or gains TLS @req CON-40', () => {
    expect(fault({ secure: true }, peerOffer())?.code).toBe('protocol-error')
    expect(fault({ secure: false }, secureOffer())?.code).toBe('protocol-error')
    expect(fault({ secure: true }, secureOffer())).toBeUndefined()
    expect(fault({}, peerOffer())).toBeUndefined()
    expect(answerTransportFault(sessionSettings(), undefined, peerOffer())?.code).toBe('protocol-error')
  })

  it('whose fingerprints cannot be checked is no use, except those of a peer behind a relay @req CON-43', () => {
    const md5 = [{ algorithm: 'md5', octets: new Uint8Array(16) }]
    expect(fault({ secure: true }, secureOffer({ fingerprints: md5 }))?.code).toBe('tls')
    const path = ['msrps://r.example:1/r;tcp', 'msrps://192.0.2.20:2855/abc;tcp']
    expect(fault({ secure: true }, secureOffer({ fingerprints: md5, path }))).toBeUndefined()
  })
})
