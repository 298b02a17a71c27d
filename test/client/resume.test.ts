import { afterEach, describe, expect, it } from 'vitest'
import type { Transfer } from '../../src/client/index.js'
import { alice, BIG, BIG_HASH, bob, finish, pair, start, states } from '../kit/client-world.js'

afterEach(finish)

const LARGE = Uint8Array.from({ length: 2_000_000 }, (_, i) => (i * 31 + (i >> 8)) % 251)

/** Whether exactly these octets were saved; `toEqual` takes seconds for so many. */
function savedBy(name: 'alice' | 'bob', path: string, octets: Uint8Array): boolean {
  const saved = pair.hosts[name].saved.get(path)?.bytes
  return saved !== undefined && Buffer.compare(saved, octets) === 0
}

/** Resets the stream that carries no SIP. */
function cutMedia(): void {
  const media = pair.network.connections.find(({ local, remote }) => local.port !== 5060 && remote.port !== 5060)
  if (media !== undefined) pair.network.cut(media)
}

/** Sends a file and cuts the MSRP connection once the peer confirmed that many octets. */
async function cut(path: string, after: number): Promise<Transfer> {
  const transfer = pair.alice.send(pair.bobUri, path)
  void (async () => {
    for await (const event of transfer) if (event.type === 'progress' && event.bytes >= after) cutMedia()
  })()
  await pair.network.until(transfer.done)
  return transfer
}

describe('callflow 6: failure in the middle, then resume', () => {
  it('goes on at the next octet in a session of its own, and the whole file is verified @req RCS-1 RCS-2 RCS-3 OA-6 OA-34 OA-61 RCV-13', async () => {
    await start({ remember: true, latency: 20, alice: { chunkSize: 2048, releaseTimer: 0 } })
    pair.serve()
    const first = await cut(pair.file('large.bin', LARGE), 600_000)
    expect(first.files[0]).toMatchObject({ state: 'failed', error: { code: 'connection-lost' } })
    await pair.network.run(5000)
    const [stopped] = await pair.alice.interrupted()
    expect(stopped).toMatchObject({ id: first.id, direction: 'sent', files: [{ name: 'large.bin', state: 'failed' }] })
    expect((await pair.bob.interrupted())[0]?.files[0]).toMatchObject({ name: 'large.bin', state: 'failed' })
    const confirmed = stopped?.files[0]?.bytes ?? 0
    expect(confirmed).toBeGreaterThanOrEqual(600_000)

    const second = await pair.network.until(pair.alice.resume(first.id))
    const report = await pair.network.until(second.done)
    expect(report.ok).toBe(true)
    expect(second.files[0]?.resumedAt).toBe(confirmed)
    expect(savedBy('bob', '/inbox/large.bin', LARGE)).toBe(true)
    const offers = alice.sdps('-> INVITE m').map(({ media }) => media.at(-1))
    expect(offers.at(-1)?.lines).toContain(`a=file-range:${confirmed + 1}-${LARGE.length}`)
    expect(offers.at(-1)?.transferId).not.toBe(offers[0]?.transferId)
    expect(offers.at(-1)?.selector).toBe(offers[0]?.selector)
    expect(bob.sdps('-> 200 INVITE m').at(-1)?.media.at(-1)?.lines).toContain(`a=file-range:${confirmed + 1}-${LARGE.length}`)
    expect(pair.offers.at(-1)?.files[0]).toMatchObject({ resumesAt: confirmed })
    expect(await pair.alice.interrupted()).toEqual([])
    await pair.network.run(1000)
    expect(await pair.bob.interrupted()).toEqual([])
    expect((await pair.alice.history()).map(({ files }) => files.map(({ state }) => state))).toEqual([['done']])
  })

  it('goes on in the session that is still open, message by message @req RCS-2 OA-6 OA-34 OA-61 CR-16', async () => {
    await start({ remember: true, latency: 20, alice: { chunkSize: 500_000 } })
    pair.serve()
    const path = pair.file('large.bin', LARGE)
    const first = await cut(path, 600_000)
    await pair.network.run(10_000)
    const [stopped] = await pair.alice.interrupted()
    const confirmed = stopped?.files[0]?.bytes ?? 0
    const seen = alice.labels.length
    await pair.network.until((await pair.network.until(pair.alice.resume(first.id))).done)
    await pair.network.run(31_000)
    const rest = LARGE.length - confirmed
    const total = Number(/SEND 1-\S+\/(\d+)/.exec(alice.labels.slice(seen).join())?.[1])
    expect(total).toBeGreaterThan(rest)
    expect(total).toBeLessThan(rest + 600)
    expect(confirmed).toBeGreaterThan(0)
    const plain = alice.labels.slice(seen).map(text => text.replace(/ [\d*]+-[\d*]+\/\d+.*/, ''))
    // the chunks and their answers, each told once
    expect(plain.filter((text, index) => plain.indexOf(text) === index || /INVITE|ACK|BYE/.test(text))).toEqual([
      '-> INVITE 0 m',
      '<- 200 INVITE 0 m',
      '-> ACK',
      '-> SEND',
      '<- 200',
      '<- REPORT',
      '-> INVITE 0 0',
      '<- 200 INVITE 0 0',
      '-> ACK',
      '-> BYE',
      '<- 200 BYE',
    ])
    expect(savedBy('bob', '/inbox/large.bin', LARGE)).toBe(true)
  })

  it('keeps one record of a file at the receiver, and no part once it is whole @req RCS-3', async () => {
    await start({ remember: true, latency: 20, alice: { chunkSize: 2048, releaseTimer: 0 } })
    pair.serve()
    const path = pair.file('large.bin', LARGE)
    const first = await cut(path, 600_000)
    await pair.network.run(5000)
    expect(pair.hosts.bob.parts.size).toBe(1)
    await pair.network.until((await pair.network.until(pair.alice.resume(first.id))).done)
    await pair.network.run(1000)
    expect((await pair.bob.history()).map(({ files }) => files.map(({ state }) => state))).toEqual([['done']])
    // Cut once more, then sent anew: the part that is left is of no use
    await cut(path, 600_000)
    await pair.network.run(5000)
    expect(pair.hosts.bob.parts.size).toBe(1)
    await pair.network.until(pair.alice.send(pair.bobUri, path).done)
    await pair.network.run(1000)
    expect(pair.hosts.bob.parts.size).toBe(0)
    expect(await pair.bob.interrupted()).toEqual([])
    expect((await pair.bob.history()).map(({ files }) => files[0]?.state)).toEqual(['done', 'failed', 'done'])
  })

  it('offers from the start when the receiver has less, without asking anybody twice @req RCS-4', async () => {
    await start({ remember: true, latency: 20, alice: { chunkSize: 2048, releaseTimer: 0 } })
    pair.serve()
    const first = await cut(pair.file('large.bin', LARGE), 600_000)
    await pair.network.run(5000)
    await pair.hosts.bob.store?.forget({ before: Number.MAX_SAFE_INTEGER })
    const asked = pair.offers.length
    const second = await pair.network.until(pair.alice.resume(first.id))
    const warnings: string[] = []
    void (async () => {
      for await (const event of second) if (event.type === 'warning') warnings.push(event.code)
    })()
    const report = await pair.network.until(second.done)
    expect(report.ok).toBe(true)
    expect(warnings).toContain('range-refused')
    expect(pair.offers.length).toBe(asked + 1)
    expect(savedBy('bob', '/inbox/large.bin', LARGE)).toBe(true)
  })

  it('deletes what an earlier attempt left once the file came from its start @req RCS-3', async () => {
    await start({ remember: true, latency: 20, alice: { chunkSize: 2048, releaseTimer: 0 } })
    pair.serve()
    const path = pair.file('large.bin', LARGE)
    await cut(path, 600_000)
    await pair.network.run(5000)
    const [stopped] = await pair.bob.interrupted()
    const part = stopped?.files[0]?.part ?? ''
    expect(pair.hosts.bob.parts.has(part)).toBe(true)
    await pair.network.until(pair.alice.send(pair.bobUri, path).done)
    await pair.network.run(1000)
    expect(await pair.bob.interrupted()).toEqual([])
    expect((await pair.bob.history()).map(({ files }) => files.map(({ state, part }) => [state, part]))).toEqual([
      [['done', undefined]],
      [['failed', undefined]],
    ])
  })

  it('loses nothing of the record when it dies while the file is hashed again @req RCS-3', async () => {
    await start({ remember: true, latency: 20, alice: { chunkSize: 2048, releaseTimer: 0 } })
    pair.serve()
    const first = await cut(pair.file('large.bin', LARGE), 600_000)
    await pair.network.run(5000)
    const { store } = pair.hosts.alice
    const before = (await store?.transfer(first.id))?.files[0]
    const written: unknown[] = []
    const save = store?.saveTransfer.bind(store)
    if (store !== undefined && save !== undefined)
      store.saveTransfer = async transfer => {
        written.push(...transfer.files.map(({ bytes, sha1 }) => [bytes, sha1]))
        await save(transfer)
      }
    const second = await pair.network.until(pair.alice.resume(first.id))
    await pair.network.until(second.done)
    expect(before?.bytes).toBeGreaterThan(0)
    expect(written[0]).toEqual([before?.bytes, before?.sha1])
  })

  it('takes a decline of the rest for what it is: nobody is asked a second time', async () => {
    await start({ remember: true, latency: 20, alice: { chunkSize: 2048, releaseTimer: 0 } })
    pair.serve(offer => {
      if (pair.offers.length === 1) return offer.accept()
      void pair.network.clock.after(4000, () => void offer.decline())
      return undefined
    })
    const first = await cut(pair.file('large.bin', LARGE), 600_000)
    await pair.network.run(5000)
    const second = await pair.network.until(pair.alice.resume(first.id))
    await pair.network.until(second.done)
    expect(states(second)).toEqual(['declined'])
    expect(pair.offers).toHaveLength(2)
  })

  it('sends a file that changed since from its start, and says so @req RCS-1 SND-4', async () => {
    await start({ remember: true, latency: 20, alice: { chunkSize: 2048, releaseTimer: 0 } })
    pair.serve()
    const first = await cut(pair.file('large.bin', LARGE), 600_000)
    await pair.network.run(5000)
    const other = LARGE.map(octet => octet ^ 1)
    pair.file('large.bin', other)
    const second = await pair.network.until(pair.alice.resume(first.id))
    const warnings: string[] = []
    void (async () => {
      for await (const event of second) if (event.type === 'warning') warnings.push(event.code)
    })()
    expect((await pair.network.until(second.done)).ok).toBe(true)
    expect(warnings).toEqual(['file-changed'])
    expect(savedBy('bob', '/inbox/large.bin', other)).toBe(true)
  })

  it('lets the receiver fetch the rest of what was sent to it @req RCS-2 OA-35', async () => {
    await start({ remember: true, latency: 20, alice: { chunkSize: 2048, releaseTimer: 0 } })
    pair.serve()
    await cut(pair.file('large.bin', LARGE), 600_000)
    await pair.network.run(5000)
    const [stopped] = await pair.bob.interrupted()
    const fetches: Transfer[] = []
    void (async () => {
      for await (const transfer of pair.alice.fetched?.() ?? []) fetches.push(transfer)
    })()
    const second = await pair.network.until(pair.bob.resume(stopped?.id ?? ''))
    const report = await pair.network.until(second.done)
    expect(states(second)).toEqual(['done'])
    // the sender sees it as a transfer too, and remembers it
    expect(fetches.map(({ peer, files }) => [peer.uri, files[0]?.name])).toEqual([['sip:bob@192.0.2.20:5060', 'large.bin']])
    await pair.network.until(fetches[0]?.done as Promise<unknown>)
    expect((await pair.alice.history()).map(({ kind, direction, files }) => [kind, direction, files[0]?.state])).toEqual([
      ['pull', 'sent', 'done'],
      ['push', 'sent', 'failed'],
    ])
    expect(report.files[0]).toMatchObject({ path: '/inbox/large.bin', resumedAt: stopped?.files[0]?.bytes })
    expect(savedBy('bob', '/inbox/large.bin', LARGE)).toBe(true)
    const offer = bob.sdps('-> INVITE m').at(-1)?.media.at(-1)
    expect(offer?.direction).toBe('recvonly')
    expect(offer?.lines.find(line => line.startsWith('a=file-range:'))).toMatch(/^a=file-range:\d{6,}-2000000$/)
  })

  it('shows a process that died as interrupted, and each account only what is its own', async () => {
    await start({ remember: true, latency: 20, alice: { chunkSize: 2048, releaseTimer: 0 } })
    const store = pair.hosts.alice.store
    const base = {
      index: 0,
      name: 'a.bin',
      type: 'a/b',
      size: 9,
      sha1: new Uint8Array(20),
      path: '/a.bin',
      part: undefined,
      modified: undefined,
    }
    const file = {
      ...base,
      state: 'sending',
      bytes: 5,
      error: undefined,
      notice: undefined,
      imdn: undefined,
      updated: pair.hosts.alice.date(),
    }
    const facts = {
      direction: 'sent',
      kind: 'push',
      peer: pair.bobUri,
      peerName: undefined,
      subject: undefined,
      conversationId: undefined,
    } as const
    const record = { ...facts, started: pair.hosts.alice.date(), ended: undefined, files: [file] }
    await store?.saveTransfer({ ...record, id: 'MINE', account: pair.alice.aor })
    await store?.saveTransfer({ ...record, id: 'THEM', account: 'sip:carol@192.0.2.10:5060' })
    const shown = async () => (await pair.alice.history()).map(({ files }) => files[0]?.state)
    expect(await shown()).toEqual(['sending', 'sending'])
    await pair.network.run(61_000)
    expect(await shown()).toEqual(['interrupted', 'interrupted'])
    expect((await pair.alice.interrupted()).map(({ id }) => id)).toEqual(['MINE'])
  })

  it('keeps nothing of a file that does not match its hash @req RCV-14 RCS-3', async () => {
    await start({ remember: true, alice: { releaseTimer: 0 } })
    pair.serve()
    pair.hosts.alice.files.set('/outbox/liar.bin', { bytes: LARGE, digest: Uint8Array.from({ length: 20 }, () => 7) })
    const transfer = pair.alice.send(pair.bobUri, '/outbox/liar.bin')
    await pair.network.until(transfer.done)
    await pair.network.run(1000)
    expect(pair.received[0]?.files[0]?.error?.code).toBe('hash-mismatch')
    expect(await pair.bob.interrupted()).toEqual([])
  })

  it('sends again only what failed or was declined, from its start @req OA-6', async () => {
    await start({ remember: true, alice: { releaseTimer: 0 } })
    pair.serve(offer => offer.accept(offer.files.filter(({ name }) => pair.offers.length > 1 || name === 'a.bin')))
    const transfer = pair.alice.send(pair.bobUri, [pair.file('a.bin', BIG), pair.file('b.bin', BIG)])
    await pair.network.until(transfer.done)
    expect(states(transfer)).toEqual(['done', 'declined'])
    const again = await pair.network.until(pair.alice.retry(transfer.id))
    await pair.network.until(again.done)
    expect(again.files.map(({ name, state }) => [name, state])).toEqual([['b.bin', 'done']])
    const [record] = await pair.alice.history()
    expect(record?.files.map(({ name, state }) => [name, state])).toEqual([
      ['a.bin', 'done'],
      ['b.bin', 'done'],
    ])
    await expect(pair.network.until(pair.alice.retry(transfer.id))).rejects.toMatchObject({ code: 'not-resumable' })
    await expect(pair.network.until(pair.alice.resume('ZZZZ'))).rejects.toMatchObject({ code: 'no-such-transfer' })
    await expect(pair.network.until(pair.bob.retry((await pair.bob.history())[0]?.id ?? ''))).rejects.toMatchObject({
      code: 'not-resumable',
    })
  })
})

describe('what is remembered', () => {
  it('both ends know what was sent, to whom and how it ended', async () => {
    await start({ remember: true, bob: { displayName: 'Bob Stone' }, alice: { displayName: 'Alice Reed', releaseTimer: 0 } })
    pair.serve()
    const transfer = pair.alice.send(pair.bobUri, pair.file('big.bin', BIG), { subject: 'Plans' })
    await pair.network.until(transfer.done)
    await pair.network.run(1000)
    const [sent] = await pair.alice.history({ text: 'BIG' })
    expect(sent).toMatchObject({ id: transfer.id, direction: 'sent', kind: 'push', peer: pair.bobUri, subject: 'Plans' })
    expect(sent?.ended).toBeGreaterThan(0)
    expect(sent?.files[0]).toMatchObject({ name: 'big.bin', size: 100_000, bytes: 100_000, path: '/outbox/big.bin' })
    const [received] = await pair.bob.history()
    expect(received).toMatchObject({ direction: 'received', peer: 'sip:alice@192.0.2.10:5060', peerName: 'Alice Reed', subject: 'Plans' })
    expect(received?.files[0]).toMatchObject({ state: 'done', path: '/inbox/big.bin', part: undefined })
    expect(BIG_HASH).toContain(transfer.files[0]?.sha1)
  })

  it('tells that a file is here already; it can be accepted all the same @req RCV-15', async () => {
    await start({ remember: true, alice: { releaseTimer: 0 } })
    pair.serve()
    for (let round = 0; round < 2; round++) await pair.network.until(pair.alice.send(pair.bobUri, pair.file('big.bin', BIG)).done)
    expect(pair.offers.map(({ files }) => files[0]?.alreadyAt)).toEqual([undefined, '/inbox/big.bin'])
    expect([...pair.hosts.bob.saved.keys()]).toEqual(['/inbox/big.bin', '/inbox/big (2).bin'])
  })
})
