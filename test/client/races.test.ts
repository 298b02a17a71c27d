import { afterEach, describe, expect, it } from 'vitest'
import { type ClientOptions, CpmClient, type IncomingOffer } from '../../src/client/index.js'
import { VirtualNetwork, virtualHost } from '../../src/testkit/index.js'
import { alice, bob, deliver, finish, HELLO, pair, start, states } from '../kit/client-world.js'
import { HandPeer } from '../kit/hand-peer.js'

describe('what happens at the same time', () => {
  afterEach(finish)

  it('a file that is cancelled before its session is there is never offered @req SND-10', async () => {
    await start()
    pair.serve()
    const transfer = pair.alice.send(pair.bobUri, [pair.file('a.txt', HELLO), pair.file('b.txt', HELLO)])
    await Promise.resolve()
    transfer.abortFile(transfer.files[0] as (typeof transfer.files)[0])
    const report = await pair.network.until(transfer.done)
    expect(report.files.map(({ state }) => state)).toEqual(['cancelled', 'done'])
    expect(pair.offers.flatMap(({ files }) => files.map(({ name }) => name))).toEqual(['b.txt'])
  })

  it('a transfer whose signal is aborted already sends nothing @req SND-10', async () => {
    await start()
    const report = await pair.network.until(pair.alice.send(pair.bobUri, pair.file('a.txt', HELLO), { signal: AbortSignal.abort() }).done)
    expect(report.files[0]).toMatchObject({ state: 'cancelled' })
    await pair.network.run(500)
    expect(alice.labels).toEqual([])
  })

  it('an offer accepted with an aborted signal is declined @req CR-22', async () => {
    await start()
    pair.serve(offer => offer.accept(undefined, { signal: AbortSignal.abort() }))
    const report = await deliver(pair.file('a.txt', HELLO))
    expect(report.files[0]?.error).toMatchObject({ code: 'declined', status: 488 })
    expect(states(pair.received[0])).toEqual(['cancelled'])
  })

  it('accepting none of the files is declining, and the transfer is over @req CR-22', async () => {
    await start()
    pair.serve(offer => offer.accept([]))
    const report = await deliver(pair.file('a.txt', HELLO))
    expect(report.files[0]?.state).toBe('declined')
    expect((await pair.network.until(pair.received[0]?.done ?? Promise.reject())).files).toEqual([])
  })

  it('an offer can be answered once @req RCV-3', async () => {
    await start()
    pair.serve()
    await deliver(pair.file('a.txt', HELLO))
    expect(() => pair.offers[0]?.accept()).toThrow(expect.objectContaining({ code: 'withdrawn' }) as Error)
    await expect(pair.offers[0]?.decline()).rejects.toMatchObject({ code: 'withdrawn' })
  })

  it('two sends that start together share one session @req D-6 CR-16', async () => {
    await start()
    pair.serve()
    const both = ['a.txt', 'b.txt'].map(name => pair.alice.send(pair.bobUri, pair.file(name, HELLO)))
    const reports = await pair.network.until(Promise.all(both.map(({ done }) => done)))
    expect(reports.map(({ ok }) => ok)).toEqual([true, true])
    await pair.network.run(31_000)
    expect(alice.labels.filter(text => text === '-> BYE')).toHaveLength(1)
  })

  it('closing waits for the answer to the BYE and not a moment longer @req SIP-19', async () => {
    await start({ latency: 10 })
    pair.serve()
    await deliver(pair.file('a.txt', HELLO))
    const before = pair.hosts.alice.now()
    await pair.network.until(pair.alice.close())
    expect(alice.labels.filter(text => text.endsWith('BYE') || text.includes('200'))).toContain('-> BYE')
    // the offer that closes the file and the BYE, each there and back, and the steps in which the client looks
    expect(pair.hosts.alice.now() - before).toBeLessThan(60)
    expect(bob.labels).toContain('<- BYE')
  })

  it('closing does not wait for a peer that never answers the BYE', async () => {
    await start()
    pair.serve()
    await deliver(pair.file('a.txt', HELLO))
    await pair.network.run(500)
    // nothing passes any more
    pair.network.behaviour.latency = 100_000
    const before = pair.hosts.alice.now()
    await pair.network.until(pair.alice.close())
    expect(pair.hosts.alice.now() - before).toBeLessThan(2200)
  })

  it('closing while an offer waits answers 480 and tells whoever asks @req D-7', async () => {
    await start()
    pair.serve(() => undefined)
    const transfer = pair.alice.send(pair.bobUri, pair.file('a.txt', HELLO))
    await pair.network.run(500)
    await pair.network.until(pair.bob.close())
    const report = await pair.network.until(transfer.done)
    expect(report.files[0]?.error).toMatchObject({ code: 'unreachable', status: 480 })
    expect(pair.offers[0]?.signal.aborted).toBe(true)
  })

  it('closing while the INVITE is under way cancels it and leaves no session', async () => {
    await start({ latency: 50 })
    pair.serve()
    const transfer = pair.alice.send(pair.bobUri, pair.file('a.txt', HELLO))
    await pair.network.run(120)
    await pair.network.until(pair.alice.close())
    expect(states(transfer)).toEqual(['cancelled'])
    await pair.network.run(1000)
    expect(bob.labels.some(text => /CANCEL|BYE/.test(text))).toBe(true)
  })

  it('closing while nothing answers takes two seconds at most', async () => {
    await start()
    const peer = await new HandPeer(pair.network).start()
    peer.onRequest = () => undefined
    const transfer = pair.alice.send(peer.uri, pair.file('a.txt', HELLO))
    await pair.network.run(100)
    const before = pair.network.clock.now
    await pair.network.until(pair.alice.close())
    expect(pair.network.clock.now - before).toBeLessThan(2500)
    expect((await pair.network.until(transfer.done)).files[0]?.state).toBe('cancelled')
    expect(() => pair.alice.send(peer.uri, '/outbox/a.txt')).toThrow(expect.objectContaining({ code: 'session-ended' }) as Error)
    await peer.stop()
  })

  it('a reader of offers ends with the client, and rejects when its own signal aborts', async () => {
    await start()
    const controller = new AbortController()
    const reader = pair.bob.offers({ signal: controller.signal })[Symbol.asyncIterator]()
    const other = pair.bob.offers()[Symbol.asyncIterator]()
    const first = reader.next()
    const second = other.next()
    controller.abort(new Error('enough'))
    await expect(first).rejects.toThrow('enough')
    await pair.network.until(pair.bob.close())
    expect(await second).toEqual({ done: true, value: undefined })
  })

  it('a trace that is left gathers nothing more and disturbs nobody', async () => {
    await start()
    pair.serve()
    const seen: string[] = []
    const reading = (async () => {
      for await (const entry of pair.alice.trace()) {
        seen.push(entry.kind)
        break
      }
    })()
    await deliver(pair.file('a.txt', HELLO))
    await reading
    expect(seen).toHaveLength(1)
    expect(alice.labels.length).toBeGreaterThan(5)
  })

  it('a reader that is slow stops the sender, also beside a file that goes to disk @req SND-5 RCV-17', async () => {
    await start({ latency: 2 })
    let held: ReadableStream<Uint8Array> | undefined
    pair.serve(offer => {
      const transfer = offer.accept()
      held = transfer.files[0]?.readable
      return transfer
    })
    const size = 12_000_000
    const transfer = pair.alice.send(pair.bobUri, [
      pair.file('stream.bin', new Uint8Array(size)),
      pair.file('disk.bin', new Uint8Array(size)),
    ])
    await pair.network.run(20_000)
    expect(states(transfer)).toEqual(['sending', 'sending'])
    const taken = pair.received[0]?.files.map(({ bytes }) => bytes) ?? []
    expect(taken[0]).toBeLessThan(8_000_000)
    let octets = 0
    void (async () => {
      for await (const block of held as ReadableStream<Uint8Array>) octets += block.length
    })()
    expect((await pair.network.until(transfer.done)).ok).toBe(true)
    expect(octets).toBe(size)
  })

  it('a reader that goes away fails its file and no other @req OA-41', async () => {
    await start({ latency: 2 })
    pair.serve(offer => {
      const received = offer.accept()
      void received.files[0]?.readable.cancel()
      return received
    })
    const report = await deliver(pair.file('stream.bin', new Uint8Array(3_000_000)), pair.file('disk.bin', HELLO))
    expect(report.files.map(({ state }) => state)).toEqual(['failed', 'done'])
  })
})

describe('opening and registering', () => {
  const open = (network: VirtualNetwork, options: Partial<ClientOptions> = {}) => {
    const host = virtualHost(network, '192.0.2.10')
    return CpmClient.open(host, { aor: 'sip:alice@home.example', listen: 'sip:192.0.2.10:5060;transport=tcp', profile: 'open', ...options })
  }

  it('rejects with the reason of a signal that aborts while it opens, and leaves nothing open', async () => {
    const network = new VirtualNetwork()
    const controller = new AbortController()
    const opening = open(network, { signal: controller.signal })
    controller.abort(new Error('changed my mind'))
    await expect(opening).rejects.toThrow('changed my mind')
    await expect(open(network, { signal: controller.signal })).rejects.toThrow('changed my mind')
    await network.run(100)
    expect(network.openResources()).toEqual([])
  })

  it('closes when its signal aborts later', async () => {
    const network = new VirtualNetwork()
    const controller = new AbortController()
    const client = await network.until(open(network, { signal: controller.signal }))
    controller.abort()
    await network.until(client.close())
    expect(network.openResources()).toEqual([])
  })

  it('tells who waits for the registration that the client closes, and fails what waits to be sent @req SIP-1', async () => {
    const network = new VirtualNetwork()
    // a registrar that takes the connection and never answers
    const peer = await new HandPeer(network).start()
    peer.onRequest = () => undefined
    const client = await network.until(open(network, { proxy: 'sip:192.0.2.66:5060;transport=tcp' }))
    const transfer = client.send('sip:bob@home.example', new Blob(['x']))
    await network.run(100)
    expect(peer.requests('REGISTER')).toHaveLength(1)
    const waiting = client.ready.catch((error: unknown) => error)
    await network.until(client.close())
    expect(await waiting).toMatchObject({ code: 'cancelled' })
    expect((await network.until(transfer.done)).files[0]?.state).not.toBe('done')
    await peer.stop()
    await network.run(100)
    expect(network.openResources()).toEqual([])
  })

  it('offers nobody reads do not pile up @req RCV-8', async () => {
    await start()
    for (let round = 0; round < 20; round++) {
      const transfer = pair.alice.send(pair.bobUri, pair.file('a.txt', HELLO))
      await pair.network.run(100)
      transfer.abort()
      await pair.network.until(transfer.done)
    }
    await pair.network.run(100)
    const offers: IncomingOffer[] = []
    void (async () => {
      for await (const offer of pair.bob.offers()) offers.push(offer)
    })()
    await pair.network.run(100)
    expect(offers).toEqual([])
    await finish()
  })
})
