import { createHash } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { CpmClient, type IncomingOffer } from '../../src/client/index.js'
import { virtualHost } from '../../src/testkit/index.js'
import { alice, BIG, bob, finish, HELLO, NOTES, pair, receiveByHand, start, states } from '../kit/client-world.js'
import { fileLine, HandPeer, sdp } from '../kit/hand-peer.js'

afterEach(finish)

const ALICE = 'sip:alice@192.0.2.10:5060'
const send = (name: string, bytes: Uint8Array) => pair.network.until(pair.alice.send(pair.bobUri, pair.file(name, bytes)).done)
const contact = (trusted: boolean, uri = ALICE) =>
  pair.hosts.bob.store?.saveContact({ uri, name: 'Alice Reed', trusted, added: 0 }) ?? Promise.reject()

describe('quotas', () => {
  it('of one sender count what came in the last day, to the octet @req SEC-4', async () => {
    await start({ remember: true, bob: { quota: { perSenderDay: 150_000 } } })
    pair.serve()
    expect((await send('big.bin', BIG)).ok).toBe(true)
    expect((await send('over.bin', BIG.subarray(0, 50_001))).files[0]?.error).toMatchObject({ code: 'declined', status: 488 })
    // nobody was asked, nothing was written
    expect(pair.offers).toHaveLength(1)
    expect([...pair.hosts.bob.saved.keys()]).toEqual(['/inbox/big.bin'])
    expect((await send('just.bin', BIG.subarray(0, 50_000))).ok).toBe(true)
    await pair.network.run(25 * 3600 * 1000)
    expect((await send('later.bin', BIG)).ok).toBe(true)
  })

  it('in all never come back, and count all senders @req SEC-4', async () => {
    await start({ remember: true, bob: { quota: { total: 100_001 } } })
    pair.serve()
    expect((await send('big.bin', BIG)).ok).toBe(true)
    await pair.network.run(48 * 3600 * 1000)
    expect((await send('two.bin', BIG.subarray(0, 2))).files[0]?.state).toBe('declined')
    expect((await send('one.bin', BIG.subarray(0, 1))).ok).toBe(true)
  })

  it('let through what fits of one offer and show the rest as not available @req SEC-4 RCV-4', async () => {
    await start({ remember: true, bob: { quota: { total: 100_012 } } })
    pair.serve()
    const files = [pair.file('big.bin', BIG), pair.file('notes.txt', NOTES), pair.file('hello.txt', HELLO)]
    const report = await pair.network.until(pair.alice.send(pair.bobUri, files).done)
    expect(report.files.map(({ state }) => state)).toEqual(['done', 'declined', 'done'])
    expect(pair.offers[0]?.files.map(({ unavailable }) => unavailable?.includes('quota') ?? false)).toEqual([false, true, false])
  })

  it.each([
    [10 * 1024 * 1024, 180],
    [10 * 1024 * 1024 - 1, 488],
  ])('of %i octets keep room for a file whose size nobody says: %i @req SEC-4 RCS-12', async (total, status) => {
    await start({ remember: true, bob: { quota: { total } } })
    pair.serve(() => undefined)
    const peer = await new HandPeer(pair.network).start()
    const dialled = await peer.invite(sdp(peer.address, fileLine({ name: 'live.bin' })))
    await pair.network.run(500)
    expect(peer.responses().at(-1)).toBe(status)
    if (status === 488) await dialled.ack()
    else await peer.say(dialled.request('CANCEL'))
    await pair.network.run(500)
    await peer.stop()
  })

  it('keep the room of a file whose sender begins with its last octets @req SEC-4', async () => {
    const { peer, dialled, send: text } = await receiveByHand({ size: 60_000 }, { quota: { total: 100_000 } })
    const line = await peer.open(dialled.path())
    peer.write(line, text({ body: 'x'.repeat(1000), range: '59001-60000/60000', flag: '+' }))
    await pair.network.run(1000)
    expect((await send('over.bin', BIG.subarray(0, 40_001))).files[0]?.state).toBe('declined')
    expect((await send('just.bin', BIG.subarray(0, 40_000))).ok).toBe(true)
    await peer.stop()
  })

  it('hold for each offer where nothing is remembered @req SEC-4', async () => {
    await start({ bob: { quota: { total: 50_000 } } })
    pair.serve()
    expect((await send('big.bin', BIG)).files[0]?.state).toBe('declined')
    expect((await send('notes.txt', NOTES)).ok).toBe(true)
  })
})

describe('accepting without asking', () => {
  const cases: [string, boolean | undefined, number | undefined, number, boolean][] = [
    ['a trusted contact', true, undefined, 100_000, true],
    ['a trusted contact, exactly at the warning size', true, 100_000, 100_000, true],
    ['a trusted contact, one octet above it', true, 99_999, 100_000, false],
    ['a trusted contact where there is no warning size', true, 0, 100_000, true],
    ['a contact that is only known', false, undefined, 12, false],
    ['a stranger', undefined, undefined, 12, false],
  ]
  it.each(cases)('%s @req RCV-7 RCS-7 RCS-6', async (_, trusted, warnSize, size, unasked) => {
    await start({ remember: true, bob: { autoAccept: true, ...(warnSize === undefined ? {} : { warnSize }) } })
    if (trusted !== undefined) await contact(trusted)
    pair.serve(() => undefined)
    const transfer = pair.alice.send(pair.bobUri, pair.file('a.bin', BIG.subarray(0, size)))
    await pair.network.run(5000)
    const [offer] = pair.offers
    expect(offer?.accepted !== undefined).toBe(unasked)
    expect(offer?.from).toMatchObject(
      trusted === undefined ? { known: false, displayName: undefined } : { known: true, trusted, displayName: 'Alice Reed' },
    )
    expect(states(transfer)).toEqual([unasked ? 'done' : 'offered'])
    if (!unasked) await offer?.decline()
    else {
      expect(() => offer?.accept()).toThrow(expect.objectContaining({ code: 'withdrawn' }) as Error)
      await expect(offer?.decline()).rejects.toMatchObject({ code: 'withdrawn' })
      expect(offer?.accepted?.files[0]).toMatchObject({ state: 'done', path: '/inbox/a.bin' })
    }
    await pair.network.until(transfer.done)
  })

  it('never happens unless it is switched on @req RCS-7', async () => {
    await start({ remember: true })
    await contact(true)
    pair.serve(() => undefined)
    const transfer = pair.alice.send(pair.bobUri, pair.file('a.bin', HELLO))
    await pair.network.run(1000)
    expect(pair.offers[0]?.accepted).toBeUndefined()
    expect(pair.offers[0]?.from.trusted).toBe(true)
    transfer.abort()
    await pair.network.until(transfer.done)
  })

  it('behind a proxy needs the word of the proxy who it is @req RCS-7 RCV-9', async () => {
    await start({ remember: true, bob: { autoAccept: true, proxy: 'sip:192.0.2.66:5060;transport=tcp', register: false } })
    const proxy = await new HandPeer(pair.network).start()
    pair.serve(() => undefined)
    await contact(true, 'sip:mallory@192.0.2.66')
    const first = await proxy.invite(sdp(proxy.address, fileLine({ size: 12 })))
    await pair.network.run(500)
    expect(pair.offers[0]).toMatchObject({ from: { identity: 'unverified', known: true } })
    expect(pair.offers[0]?.accepted).toBeUndefined()
    await first.send('CANCEL')
    await pair.network.run(500)
    const asserted = ['P-Asserted-Identity: <sip:mallory@192.0.2.66>']
    await proxy.invite(sdp(proxy.address, fileLine({ size: 12, id: 'id2x83LmQz0TtY7bWc5RnV2eHd9GjA64' })), asserted)
    await pair.network.run(500)
    expect(pair.offers[1]).toMatchObject({ from: { identity: 'asserted', known: true, trusted: true } })
    expect(pair.offers[1]?.accepted).toBeDefined()
    await proxy.stop()
  })

  it('ends when the sender thinks better of it @req RCV-8', async () => {
    await start({ remember: true, latency: 30, bob: { autoAccept: true } })
    await contact(true)
    pair.serve(() => undefined)
    const transfer = pair.alice.send(pair.bobUri, pair.file('a.bin', new Uint8Array(2_000_000)))
    await pair.network.run(330)
    transfer.abort()
    await pair.network.until(transfer.done)
    await pair.network.run(1000)
    const accepted = pair.offers[0]?.accepted
    expect(states(accepted)).not.toContain('done')
    expect((await pair.network.until(accepted?.done ?? Promise.reject())).ok).toBe(false)
    expect(pair.hosts.bob.saved.size).toBe(0)
  })
})

describe('sizes', () => {
  it.each([
    [NOTES.length, 'done'],
    [NOTES.length - 1, 'failed'],
  ])('the largest file of the sender: %i octets @req RCS-6', async (maxFileSize, state) => {
    await start({ alice: { maxFileSize } })
    pair.serve()
    const report = await send('notes.txt', NOTES)
    expect(report.files[0]?.state).toBe(state)
    if (state === 'done') return
    expect(report.files[0]?.error?.code).toBe('too-large')
    expect(alice.labels).toEqual([])
  })

  it.each([
    [NOTES.length - 1, ['large']],
    [NOTES.length, []],
    [0, []],
  ])('warns the sender of a large file when the limit is %i octets, and sends it all the same @req RCS-6', async (warnSize, expected) => {
    await start({ alice: { warnSize } })
    pair.serve()
    const transfer = pair.alice.send(pair.bobUri, pair.file('notes.txt', NOTES))
    const codes: string[] = []
    void (async () => {
      for await (const event of transfer) if (event.type === 'warning') codes.push(event.code)
    })()
    expect((await pair.network.until(transfer.done)).ok).toBe(true)
    expect(codes).toEqual(expected)
  })
})

describe('capabilities', () => {
  const options = () => alice.labels.filter(text => text === '-> OPTIONS').length

  it('are asked once, remembered, and asked again when told to or too old @req OA-50 OA-51 RCS-8', async () => {
    await start({ remember: true, alice: { capabilityTtl: 60 }, bob: { maxFileSize: 1_000_000 } })
    const ask = (more = {}) => pair.network.until(pair.alice.capabilities(pair.bobUri, more))
    const first = await ask()
    expect(first).toMatchObject({ fileTransfer: true, maxSize: 1_000_000 + 64 * 1024 })
    expect(first.tags).toContain('urn:urn-7:3gpp-service.ims.icsi.oma.cpm.filetransfer')
    expect(await ask()).toEqual(first)
    expect(options()).toBe(1)
    expect((await ask({ refresh: true })).learned).toBeGreaterThan(first.learned)
    expect(options()).toBe(2)
    await pair.network.run(60_100)
    await ask()
    expect(options()).toBe(3)
    // the next run knows it from the store
    expect(await pair.hosts.alice.store?.capabilities(pair.bobUri)).toMatchObject({ fileTransfer: true })
    const [question = ''] = alice.texts('-> OPTIONS')
    const [answer = ''] = alice.texts('<- 200 OPTIONS')
    for (const text of [question, answer]) expect(/^Contact:.*icsi\.oma\.cpm\.filetransfer/m.test(text), text).toBe(true)
    expect(answer.split('\r\n').filter(line => /^(m=|t=|a=file)/.test(line))).toEqual([
      't=0 0',
      'm=message 0 TCP/MSRP *',
      'a=file-selector',
    ])
  })

  it('of a peer that takes no files are a warning, and the file is tried all the same @req OA-51', async () => {
    await start({ remember: true })
    const peer = await new HandPeer(pair.network).start()
    peer.onRequest = request => peer.respond(request, request.startsWith('OPTIONS') ? '200 OK' : '415 Unsupported Media Type')
    expect(await pair.network.until(pair.alice.capabilities(peer.uri))).toMatchObject({ fileTransfer: false, tags: [] })
    const transfer = pair.alice.send(peer.uri, pair.file('a.txt', HELLO))
    const codes: string[] = []
    void (async () => {
      for await (const event of transfer) if (event.type === 'warning') codes.push(event.code)
    })()
    const report = await pair.network.until(transfer.done)
    await pair.network.run(1000)
    expect(codes).toEqual(['peer-incapable'])
    expect(report.files[0]?.error?.code).toMatch(/^(not-supported|unsupported-media)$/)
    // asked anew after the failure (RCS-8)
    expect(peer.requests('OPTIONS')).toHaveLength(2)
    await peer.stop()
  })

  it('of a peer that does not answer are unknown after a few seconds; refused and aborted questions say so @req RCS-8', async () => {
    await start()
    const peer = await new HandPeer(pair.network).start()
    const reply = { text: undefined as string | undefined }
    peer.onRequest = request => (reply.text === undefined ? undefined : peer.respond(request, reply.text))
    const before = pair.network.clock.now
    await expect(pair.network.until(pair.alice.capabilities(peer.uri))).rejects.toMatchObject({ code: 'unreachable' })
    expect(pair.network.clock.now - before).toBeLessThan(7000)
    for (const [text, code] of [
      ['404 Not Found', 'unknown-recipient'],
      ['480 Temporarily Unavailable', 'unreachable'],
    ] as const) {
      reply.text = text
      await expect(pair.network.until(pair.alice.capabilities(peer.uri))).rejects.toMatchObject({ code })
    }
    reply.text = undefined
    const controller = new AbortController()
    const asking = pair.alice.capabilities(peer.uri, { signal: controller.signal })
    pair.network.clock.after(1000, () => controller.abort(new Error('enough')))
    await expect(pair.network.until(asking)).rejects.toThrow('enough')
    await pair.network.run(40_000)
    await peer.stop()
  })

  it('asked with a signal that is aborted already send nothing', async () => {
    await start()
    const asking = pair.alice.capabilities(pair.bobUri, { signal: AbortSignal.abort(new Error('no')) })
    await expect(pair.network.until(asking)).rejects.toThrow('no')
    await pair.network.run(1000)
    expect(alice.labels).toEqual([])
  })
})

describe('where a peer may lead us', () => {
  const targets = ['127.0.0.1', '127.8.8.8', '169.254.1.1', '0.0.0.0', '224.0.0.1', '255.255.255.255']
  it.each(targets)('not to %s @req SEC-10', async target => {
    const { peer, transfer } = await sendTo(target, 2855)
    const report = await pair.network.until(transfer.done, 60_000)
    expect(report.files[0]).toMatchObject({ state: 'failed', error: { code: 'forbidden-address' } })
    expect(connects).toEqual([])
    await pair.network.run(40_000)
    await peer.stop()
  })

  it('not to our own SIP port @req SEC-10', async () => {
    const { peer, transfer } = await sendTo('192.0.2.10', 5060)
    const report = await pair.network.until(transfer.done, 60_000)
    expect(report.files[0]?.error?.code).toBe('forbidden-address')
    expect(connects).toEqual([])
    await pair.network.run(40_000)
    await peer.stop()
  })

  it('to this machine when it is allowed, and not more than three times @req SEC-10', async () => {
    const { peer, transfer } = await sendTo('127.0.0.1', 2855, { allowPrivate: true })
    const report = await pair.network.until(transfer.done, 120_000)
    expect(report.files[0]?.state).toBe('failed')
    await pair.network.run(60_000)
    expect(connects.length).toBeGreaterThan(0)
    expect(connects.length).toBeLessThanOrEqual(3)
    await peer.stop()
  })

  let connects: string[] = []
  /** Alice sends to a peer whose answer has this media address. */
  async function sendTo(host: string, port: number, more: { allowPrivate?: boolean } = {}) {
    await start({ alice: more })
    connects = []
    const connect = pair.network.connect.bind(pair.network)
    pair.network.connect = (from, options) => {
      if (options.port !== 5060 || options.host !== '192.0.2.66') connects.push(`${from} > ${options.host}:${options.port}`)
      return connect(from, options)
    }
    const peer = await new HandPeer(pair.network).start()
    const body = (text: string) =>
      text
        .replace('c=IN IP4 192.0.2.66', `c=IN IP4 ${host}`)
        .replaceAll('msrp://192.0.2.66:2855', `msrp://${host}:${port}`)
        .replace(/m=message 2855/g, `m=message ${port}`)
    peer.onRequest = request => peer.answer(request, body)
    return { peer, transfer: pair.alice.send(peer.uri, pair.file('a.txt', HELLO)) }
  }
})

describe('nobody answers', () => {
  it.each(['ignores it', 'does nothing'])(
    'when the user %s, the caller hears 480 at the end of the ring time @req D-7 RCV-3 RCV-8',
    async what => {
      await start({ bob: { ringTimeout: 5 } })
      pair.serve(offer => {
        if (what === 'ignores it') offer.ignore()
        return undefined
      })
      const before = pair.network.clock.now
      const report = await send('a.txt', HELLO)
      expect(report.files[0]?.error).toMatchObject({ code: 'unreachable', status: 480 })
      expect(pair.network.clock.now - before).toBeGreaterThan(5000)
      expect(pair.network.clock.now - before).toBeLessThan(5500)
      const offer = pair.offers[0] as IncomingOffer
      expect(offer.signal.aborted).toBe(true)
      expect(() => offer.accept()).toThrow()
    },
  )

  it('an explicit no is 488 @req D-7 CR-22', async () => {
    await start({ bob: { ringTimeout: 5 } })
    pair.serve(offer => {
      void offer.decline()
      return undefined
    })
    const report = await send('a.txt', HELLO)
    expect(report.files[0]?.error).toMatchObject({ code: 'declined', status: 488 })
  })
})

describe('pausing', () => {
  const FILE = Uint8Array.from({ length: 3_000_000 }, (_, i) => (i * 7 + (i >> 9)) % 253)
  const under = async (more: () => void) => {
    await start({ latency: 20, alice: { chunkSize: 4096 } })
    pair.serve()
    const transfer = pair.alice.send(pair.bobUri, [pair.file('a.bin', FILE), pair.file('b.bin', FILE)])
    await pair.network.run(400)
    expect(states(transfer)).toEqual(['sending', 'sending'])
    more()
    return transfer
  }
  const same = (name: string) => Buffer.compare(pair.hosts.bob.saved.get(`/inbox/${name}`)?.bytes ?? new Uint8Array(0), FILE) === 0

  it.each(['sender', 'receiver'])('by the %s holds one file, tells the peer, and goes on at the next octet @req OA-38', async side => {
    const transfer = await under(() => undefined)
    const held = () => (side === 'sender' ? transfer : pair.received[0])
    held()?.pause(held()?.files[0])
    await pair.network.run(2000)
    expect(transfer.files[0]?.state).toBe('paused')
    expect(pair.received[0]?.files[0]?.state).toBe('paused')
    const stood = pair.received[0]?.files[0]?.bytes
    await pair.network.run(60_000)
    expect(pair.received[0]?.files[0]?.bytes).toBe(stood)
    expect(states(transfer)).toEqual(['paused', 'done'])
    held()?.continue()
    const report = await pair.network.until(transfer.done)
    expect(report.files.map(({ state, error }) => error?.message ?? state)).toEqual(['done', 'done'])
    expect([same('a.bin'), same('b.bin')]).toEqual([true, true])
    const ids = alice.msrp.flatMap(({ text }) => (text.includes(' SEND') ? (/^Message-ID: (.*)\r$/m.exec(text)?.[1] ?? []) : []))
    expect(new Set(ids).size).toBe(2)
    const inactive = (side === 'sender' ? alice : bob)
      .sdps('-> INVITE')
      .some(({ media }) => media.some(({ direction }) => direction === 'inactive'))
    expect(inactive).toBe(true)
  })

  it('by both needs both to continue @req OA-38', async () => {
    const transfer = await under(() => undefined)
    transfer.pause()
    await pair.network.run(1000)
    pair.received[0]?.pause()
    await pair.network.run(1000)
    expect(states(transfer)).toEqual(['paused', 'paused'])
    transfer.continue()
    await pair.network.run(5000)
    expect(states(transfer)).toEqual(['paused', 'paused'])
    pair.received[0]?.continue()
    expect((await pair.network.until(transfer.done)).ok).toBe(true)
    expect([same('a.bin'), same('b.bin')]).toEqual([true, true])
  })

  it.each(['sender', 'receiver'])('and aborting by the %s ends it', async side => {
    const transfer = await under(() => undefined)
    transfer.pause()
    await pair.network.run(1000)
    if (side === 'sender') transfer.abort()
    else pair.received[0]?.abort()
    const report = await pair.network.until(transfer.done)
    expect(report.files.map(({ state }) => state)).toEqual(side === 'sender' ? ['cancelled', 'cancelled'] : ['failed', 'failed'])
    await pair.network.run(1000)
    expect(pair.hosts.bob.saved.size).toBe(0)
  })
})

describe('icons', () => {
  const ICON = { type: 'image/jpeg', bytes: Uint8Array.from({ length: 200 }, (_, i) => i) }
  const URI = 'sip:bob@192.0.2.20:5060;transport=tcp'
  const withIcons = async (more: { icons?: boolean; announced?: boolean }) => {
    await start({ remember: true, alice: more.icons === undefined ? {} : { icons: more.icons } })
    Object.assign(pair.hosts.alice, { icon: async () => ICON })
    if (more.announced !== undefined) {
      const tags = more.announced ? ['urn:urn-7:3gpp-application.ims.iari.rcs.ftthumb'] : []
      const known = { uri: URI, fileTransfer: true, maxSize: undefined, tags, learned: pair.hosts.alice.date() }
      await pair.hosts.alice.store?.saveCapabilities(known)
    }
    pair.serve()
    expect((await send('a.jpg', HELLO)).ok).toBe(true)
    return pair.offers[0]?.files[0]?.icon
  }

  it.each([
    ['the peer announced them', { announced: true }, true],
    ['the peer announced none', { announced: false }, false],
    ['nothing is known of the peer', {}, false],
    ['they are switched on', { icons: true }, true],
    ['they are switched off', { icons: false, announced: true }, false],
  ])('when %s @req RCS-5 OA-12', async (_, more, sent) => {
    const icon = await withIcons(more)
    expect(icon === undefined ? undefined : { type: icon.type, bytes: [...icon.bytes] }).toEqual(
      sent ? { type: ICON.type, bytes: [...ICON.bytes] } : undefined,
    )
    const [invite = ''] = alice.texts('-> INVITE')
    expect(/^Content-Type: multipart\/related/im.test(invite)).toBe(sent)
  })

  it.each(['415 Unsupported Media Type', '400 Bad Request', '488 Not Acceptable Here'])(
    'are left out when the peer answers %s @req OA-13',
    async status => {
      await start({ alice: { icons: true } })
      Object.assign(pair.hosts.alice, { icon: async () => ICON })
      const peer = await new HandPeer(pair.network).start()
      peer.onRequest = request =>
        /^Content-Type: multipart/im.test(request) ? peer.respond(request, status) : peer.respond(request, '486 Busy Here')
      const report = await pair.network.until(pair.alice.send(peer.uri, pair.file('a.jpg', HELLO)).done)
      const types = peer.requests('INVITE').map(text => /^Content-Type: ([^;\r]+)/im.exec(text)?.[1])
      expect(types).toEqual(['multipart/related', 'application/sdp'])
      expect(report.files[0]?.error?.status).toBe(486)
      await peer.stop()
    },
  )
})

describe('a second client on the same store', () => {
  it('knows contacts and capabilities of the first @req RCS-8 RCV-2', async () => {
    await start({ remember: true })
    const { store } = pair.hosts.alice
    await pair.network.until(pair.alice.capabilities(pair.bobUri))
    const host = { ...virtualHost(pair.network, '192.0.2.30'), ...(store === undefined ? {} : { store }) }
    const other = await pair.network.until(
      CpmClient.open(host, { aor: ALICE, listen: 'sip:192.0.2.30:5060;transport=tcp', profile: 'open' }),
    )
    const before = bob.labels.length
    expect(await pair.network.until(other.capabilities(pair.bobUri))).toMatchObject({ fileTransfer: true })
    expect(bob.labels.length).toBe(before)
    await pair.network.until(other.close())
  })
})

describe('two offers at once', () => {
  it('share one quota: what the first was promised is not given away again @req SEC-4', async () => {
    await start({ remember: true, latency: 20, bob: { quota: { total: 150_000 } } })
    const waiting: IncomingOffer[] = []
    pair.serve(offer => {
      waiting.push(offer)
      return undefined
    })
    const carol = await pair.network.until(
      CpmClient.open(virtualHost(pair.network, '192.0.2.40', { sha1: () => createHash('sha1') }), {
        aor: 'sip:carol@192.0.2.40',
        listen: 'sip:192.0.2.40:5060;transport=tcp',
        profile: 'open',
        notifications: false,
      }),
    )
    const both = [pair.alice.send(pair.bobUri, pair.file('big.bin', BIG)), carol.send(pair.bobUri, new File([BIG], 'other.bin'))]
    await pair.network.run(2000)
    const taken = waiting.map(offer => offer.accept())
    await pair.network.until(Promise.all(both.map(({ done }) => done)))
    expect(both.flatMap(transfer => states(transfer) ?? []).sort()).toEqual(['declined', 'done'])
    expect(taken.flatMap(({ files }) => files.map(({ error }) => error?.code ?? 'ok')).sort()).toEqual(['ok', 'quota'])
    await pair.network.until(carol.close())
  })
})
