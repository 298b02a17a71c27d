import { describe, expect, it } from 'vitest'
import { connectTarget, mediaRoute, plainAnswerVerdict, secondOffer } from '../../src/cpm/media-route.js'
import { FINGERPRINT, fileMedia, sessionSettings } from '../kit/file-media.js'

const settings = sessionSettings()
const first = { host: '192.0.2.20', port: 2855, secure: false }
const address = { host: '198.51.100.9', port: 2855, secure: false }
const target = (own: object, remote: object) => connectTarget(fileMedia(own), fileMedia(remote), settings)

describe('where to connect', () => {
  it('is c= and m= when both ends speak CEMA, else the leftmost URI @req CON-31 CON-5', () => {
    expect(target({}, { port: 4000 })).toEqual({ host: '198.51.100.9', port: 4000, secure: false })
    expect(target({ cema: false }, {})).toEqual(first)
    expect(target({ cema: false }, { cema: false })).toEqual(first)
    expect(target({}, { port: 9 })).toEqual(first)
    expect(target({}, { port: 0 })).toEqual(first)
    expect(target({}, { address: undefined })).toEqual(first)
    expect(target({}, { address: undefined, path: [] })).toBeUndefined()
    const relayed = { cema: false, path: ['msrp://relay.example:3000/r;tcp', 'msrp://192.0.2.20:2855/abc;tcp'] }
    expect(target({ cema: false }, relayed)).toEqual({ host: 'relay.example', port: 3000, secure: false })
    expect(target({ cema: false }, { cema: false, path: ['msrp://[2001:db8::1]:2855/abc;tcp'] })?.host).toBe('2001:db8::1')
  })

  it('is c= and m= also when only we speak CEMA, unless they name no middlebox before the relay of the peer @req CON-33', () => {
    expect(target({}, { cema: false })).toEqual(address)
    const path = ['msrp://relay.example:3000/r;tcp', 'msrp://192.0.2.20:2855/abc;tcp']
    // c=/m= is the peer itself, behind its relay
    expect(target({}, { cema: false, path, address: '192.0.2.20' })).toEqual({ host: 'relay.example', port: 3000, secure: false })
    expect(target({}, { cema: false, path })).toEqual(address)
  })

  it('is the nearest relay of ours, whatever the peer says @req CON-24 RLY-3', () => {
    const own = { path: ['msrps://far.example:1/c;tcp', 'msrps://near.example:2/b;tcp', 'msrps://192.0.2.10:3/a;tcp'] }
    for (const remote of [{}, { cema: false }, { setup: 'actpass' as const }])
      expect(target(own, remote)).toEqual({ host: 'near.example', port: 2, secure: true })
  })

  it('keeps the name of the URI for the certificate when CEMA leads elsewhere @req CON-42 CON-31', () => {
    const secure = { secure: true, path: ['msrps://bobpc.example:2855/abc;tcp'] }
    expect(target({ secure: true }, secure)).toEqual({ ...address, secure: true, serverName: 'bobpc.example' })
    expect(target({ secure: true }, { ...secure, address: 'bobpc.example' })).toEqual({ host: 'bobpc.example', port: 2855, secure: true })
  })
})

describe('a route', () => {
  const route = (own: object, remote: object, role: 'active' | 'passive' = 'active') =>
    mediaRoute(fileMedia(own), fileMedia(remote), role, settings)

  it('has a target for the active side only @req CON-13 CON-22', () => {
    expect(route({}, {})).toEqual({ role: 'active', remotePath: fileMedia().path, target: address })
    expect(route({}, {}, 'passive')).toEqual({ role: 'passive', remotePath: fileMedia().path })
  })

  it('goes along the whole path of a peer behind relays @req RLY-7', () => {
    const path = ['msrp://d.example:1/d;tcp', 'msrp://e.example:2/e;tcp', 'msrp://f.example:3/f;tcp']
    const { remotePath, target } = route({ cema: false }, { cema: false, path })
    expect(remotePath).toEqual(path)
    expect(target).toEqual({ host: 'd.example', port: 1, secure: false })
  })

  it('demands the fingerprint of the peer, but not from a relay @req CON-43', () => {
    const secure = { secure: true, fingerprints: [FINGERPRINT], path: ['msrps://192.0.2.20:2855/abc;tcp'] }
    const active = route({ secure: true }, secure)
    expect(active.target?.fingerprints).toEqual([FINGERPRINT])
    expect(active.fingerprints).toEqual([FINGERPRINT])
    expect(route({ secure: true }, secure, 'passive')).toEqual({ role: 'passive', remotePath: secure.path, fingerprints: [FINGERPRINT] })
    const viaOwn = { secure: true, path: ['msrps://relay.example:1/r;tcp', 'msrps://192.0.2.10:2/a;tcp'] }
    expect(route(viaOwn, secure).target).toEqual({ host: 'relay.example', port: 1, secure: true })
    const viaPeer = { ...secure, path: ['msrps://relay.example:1/r;tcp', ...secure.path] }
    expect(route({ secure: true }, viaPeer).target?.fingerprints).toBeUndefined()
    expect(route({}, { fingerprints: [FINGERPRINT] }).target?.fingerprints).toBeUndefined()
  })
})

describe('the verdict on an answer without msrp-cema', () => {
  const verdict = (own: object, answer: object) =>
    plainAnswerVerdict(fileMedia({ setup: 'actpass', ...own }), fileMedia({ cema: false, ...answer }), settings)

  it('is asked for only when our offer had it and the answer has not @req CON-33', () => {
    expect(verdict({ cema: false }, {})).toBeUndefined()
    expect(verdict({}, { cema: true })).toBeUndefined()
    expect(verdict({}, { setup: 'actpass' })).toBeUndefined()
    expect(verdict({}, {})).toBe('address')
    expect(verdict({}, { setup: 'active' })).toBe('offer-again')
    expect(verdict({}, { setup: 'active', address: '192.0.2.20' })).toBe('wait')
  })

  it('knows both ends by the length of their paths @req CON-33', () => {
    const two = ['msrp://relay.example:1/r;tcp', 'msrp://192.0.2.20:2855/abc;tcp']
    expect(verdict({ path: two }, {})).toBe('offer-again')
    expect(verdict({}, { path: two })).toBe('offer-again')
    expect(verdict({}, { path: two, address: '192.0.2.20' })).toBe('path')
  })
})

describe('a second offer', () => {
  it('is ours without msrp-cema, and none where the first one stands or the answer is no use @req CON-33', () => {
    const own = fileMedia({ setup: 'actpass', port: 2002, address: 'far.example' })
    const answer = fileMedia({ cema: false, setup: 'active' })
    expect(secondOffer(own, answer, settings)).toEqual({ ...own, cema: false })
    const relayed = { ...own, path: ['msrp://far.example:2002/c;tcp', 'msrp://[2001:db8::1]:2855/a;tcp'] }
    expect(secondOffer(relayed, answer, settings)).toEqual({ ...relayed, cema: false, address: '2001:db8::1', port: 2855 })
    expect(secondOffer(own, { ...answer, cema: true }, settings)).toBeUndefined()
    expect(secondOffer(own, { ...answer, path: ['junk'] }, settings)).toBeUndefined()
    expect(secondOffer(undefined, answer, settings)).toBeUndefined()
  })
})
