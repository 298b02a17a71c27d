import { describe, expect, it } from 'vitest'
import { capabilitySession, decodeSession, encodeSession, offersFileTransfer } from '../../src/sdp/index.js'
import { CAPABILITY, PUSH_OFFER, RFC_5547_FIGURES, sdp } from './fixtures.js'

const origin = { username: 'bob', sessionId: '771300', address: '192.0.2.20' }

describe('capability', () => {
  it('is one closed line with a bare file-selector and no other file attribute @req OA-50', () => {
    const options = { acceptTypes: ['message/cpim', '*'], acceptWrappedTypes: ['*'], maxSize: 104_923_136 }
    const session = capabilitySession(origin, options)
    expect(encodeSession(session)).toEqual(sdp(...CAPABILITY))
    expect(session.media[0]?.attributes.filter(({ name }) => name.startsWith('file-'))).toEqual([{ name: 'file-selector' }])
  })

  it('can say TLS, and leave out size and wrapped types', () => {
    const session = capabilitySession(origin, { secure: true, acceptTypes: ['*'], acceptWrappedTypes: [] })
    expect(session.media[0]).toMatchObject({
      protocol: 'TCP/TLS/MSRP',
      attributes: [{ name: 'accept-types', value: '*' }, { name: 'file-selector' }],
    })
  })

  it.each<[string, readonly string[], boolean]>([
    ['our own', CAPABILITY, true],
    ['figure 24 of RFC 5547', RFC_5547_FIGURES['24'] as readonly string[], true],
    ['an offer', PUSH_OFFER, true],
    ['one over TLS', CAPABILITY.map(line => line.replace('TCP/MSRP', 'TCP/TLS/MSRP')), true],
    ['one over something else', CAPABILITY.map(line => line.replace('TCP/MSRP', 'UDP/MSRP')), false],
    ['a chat client', CAPABILITY.filter(line => !line.startsWith('a=file-selector')), false],
    ['a telephone', [...CAPABILITY.slice(0, 5), 'm=audio 0 RTP/AVP 0', 'a=file-selector'], false],
    ['nothing', CAPABILITY.slice(0, 5), false],
  ])('is found in the description of %s or not @req OA-51', (_, lines, offers) => {
    expect(offersFileTransfer(decodeSession(sdp(...lines)))).toBe(offers)
  })
})
