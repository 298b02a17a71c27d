import { afterEach, describe, expect, it } from 'vitest'
import { PeerNames } from '../../src/client/peer-names.js'
import { NAME_WAIT } from '../../src/client/limits.js'
import type { Host } from '../../src/client/index.js'
import { virtualHost, VirtualNetwork } from '../../src/testkit/index.js'
import { finish, pair, start } from '../kit/client-world.js'
import { fileLine, HandPeer, sdp } from '../kit/hand-peer.js'

const body = (...lines: string[]) => new TextEncoder().encode(`${lines.join('\r\n')}\r\n`)
const path = (host: string) => `a=path:msrp://${host}:2855/aQ7mZ2kLx9RtVb4Ns1Yc;tcp`

function names(more: Partial<Host> = {}) {
  const network = new VirtualNetwork(1)
  const asked: string[] = []
  const host = virtualHost(network, '192.0.2.10')
  const addresses = async (name: string) => {
    asked.push(name)
    return (await more.addresses?.(name)) ?? (await host.addresses?.(name)) ?? []
  }
  const done: number[] = []
  const peers = new PeerNames({ ...host, ...more, addresses })
  return { network, asked, done, peers, before: (id: number, text: Uint8Array | undefined) => peers.before(text, () => done.push(id)) }
}

describe('names in a session description', () => {
  it('are looked up once, before what comes with them and after it goes on @req CON-32', async () => {
    const { network, asked, done, peers, before } = names()
    network.name('Media.Example.org', ['192.0.2.20'])
    const text = body('c=IN IP4 192.0.2.20', path('media.example.ORG'))
    before(1, text)
    before(2, undefined)
    expect(done).toEqual([])
    await network.run(1000)
    expect(done).toEqual([1, 2])
    expect(peers.addressesOf('MEDIA.example.org')).toEqual(['192.0.2.20'])
    before(3, text)
    expect([done, asked]).toEqual([[1, 2, 3], ['media.example.org']])
    expect(network.openResources()).toEqual([])
  })

  it.each([
    ['one place only', body('c=IN IP4 media.example.org', path('media.example.org'))],
    ['addresses only', body('c=IN IP4 192.0.2.20', path('192.0.2.21'), 'c=IN IP6 2001:db8::1', path('[2001:db8::2]'))],
    ['names that lead nowhere', body('c=IN IP4 192.0.2.20', path('df7jal23ls0d.invalid'))],
    ['paths that are none', body('c=IN IP4 192.0.2.20', 'a=path:nonsense', 'a=path:')],
  ])('are nothing to wait for: %s', (_, text) => {
    const { asked, done, before } = names()
    before(1, text)
    expect([asked, done]).toEqual([[], [1]])
  })

  it('are not waited for longer than NAME_WAIT, and count as unknown then', async () => {
    const { network, done, peers, before } = names({ addresses: () => new Promise(() => undefined) })
    before(1, body('c=IN IP4 192.0.2.20', path('slow.example.org')))
    await network.run(NAME_WAIT - 1)
    expect(done).toEqual([])
    await network.run(2)
    expect([done, peers.addressesOf('slow.example.org')]).toEqual([[1], []])
  })

  it('are looked up in bounds @req SEC-11', async () => {
    const { network, asked, before, done } = names()
    before(1, body('c=IN IP4 192.0.2.20', ...Array.from({ length: 50 }, (_, index) => path(`h${index}.example.org`))))
    await network.run(1000)
    expect([asked.length, done]).toEqual([8, [1]])
  })

  it('are left alone on a host without DNS', () => {
    const peers = new PeerNames({ ...virtualHost(new VirtualNetwork(1), '192.0.2.10'), addresses: undefined } as unknown as Host)
    let done = 0
    peers.before(body('c=IN IP4 192.0.2.20', path('media.example.org')), () => done++)
    expect(done).toBe(1)
  })
})

describe('a client whose peer writes names', () => {
  afterEach(finish)

  it.each([
    ['192.0.2.66', 180],
    ['192.0.2.67', 488],
  ])('asks DNS whether the path of an offer without CEMA leads to its c= line: %s is met with %i @req CON-32', async (address, status) => {
    await start()
    pair.serve(() => undefined)
    pair.network.name('media.example.org', [address])
    const peer = await new HandPeer(pair.network).start()
    // the offerer is passive: the lenient reading does not apply
    const line = fileLine({}).map(text =>
      text.replace('a=setup:actpass', 'a=setup:passive').replace('msrp://192.0.2.66:', 'msrp://media.example.org:'),
    )
    const dialled = await peer.invite(sdp(peer.address, line))
    await pair.network.run(500)
    expect(peer.responses().filter(each => each > 100)).toEqual([status])
    if (status === 488) await dialled.ack()
    else await peer.say(dialled.request('CANCEL'))
    await pair.network.run(500)
    await peer.stop()
  })
})
