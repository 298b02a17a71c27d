import { describe, expect, it } from 'vitest'
import type { Store } from '../../src/client/index.js'
import { fileTests, peopleTests } from './store-file-suite.js'
import { DAY, hash, NOW, storedFile, storedRecipient, storedTransfer } from './stored-samples.js'

/** What every store does, whatever it is made of. `open` gives an empty one. */
export function describeStore(name: string, open: () => Promise<Store>): void {
  describe(name, () => {
    describe('transfers', () => transferTests(open))
    describe('searches', () => searchTests(open))
    describe('files', () => fileTests(open))
    describe('people', () => peopleTests(open))
  })
}

function transferTests(open: () => Promise<Store>): void {
  it('gives back every field as it was saved', async () => {
    const store = await open()
    const full = storedTransfer({
      ended: NOW + 5,
      files: [
        storedFile({
          size: Number.MAX_SAFE_INTEGER,
          bytes: Number.MAX_SAFE_INTEGER,
          part: '/h/bob/inbox/.plan.pdf.cpmft-part',
          error: { code: 'connection-lost', detail: 'It broke.' },
          notice: 'delivered',
          imdn: '{"delivered":true}',
        }),
        storedFile({ index: 1, name: 'Übersicht 📎.txt', error: { code: 'timeout', detail: undefined } }),
      ],
    })
    const bare = storedTransfer({
      id: 'AAAA',
      direction: 'sent',
      kind: 'pull',
      peerName: undefined,
      subject: undefined,
      conversationId: undefined,
      files: [storedFile({ size: undefined, sha1: undefined, path: undefined, modified: undefined, bytes: 0 })],
    })
    await store.saveTransfer(full)
    await store.saveTransfer(bare)
    expect(await store.transfer('7Q2F')).toStrictEqual(full)
    expect(await store.transfer('AAAA')).toStrictEqual(bare)
    expect(await store.transfer('NONE')).toBeUndefined()
    expect(await store.transfers()).toStrictEqual([bare, full])
    await store.close()
  })

  it('keeps group and recipients, replaces them with the transfer, and finds them by name and address', async () => {
    const store = await open()
    const recipients = [
      storedRecipient(),
      storedRecipient({ uri: 'sip:dave@example.net', name: undefined, state: 'delivered', error: undefined }),
    ]
    const sent = storedTransfer({ direction: 'sent', group: 'sip:hikers@example.org', recipients })
    await store.saveTransfer(sent)
    expect(await store.transfer('7Q2F')).toStrictEqual(sent)
    for (const text of ['CAROL', 'dave@', 'hikers']) expect(await store.transfers({ text })).toStrictEqual([sent])
    const later = { ...sent, recipients: [storedRecipient({ state: 'delivered', error: undefined, files: [0] })] }
    await store.saveTransfer(later)
    await store.saveFile('7Q2F', storedFile({ state: 'failed' }))
    expect((await store.transfer('7Q2F'))?.recipients).toStrictEqual(later.recipients)
    expect(await store.transfers({ text: 'dave@' })).toStrictEqual([])
    await expect(store.saveTransfer({ ...sent, recipients: [storedRecipient(), storedRecipient()] })).rejects.toMatchObject({
      code: 'store',
    })
    await store.close()
  })

  it('keeps what it was given when the caller changes its octets later', async () => {
    const store = await open()
    const sha1 = hash(7)
    await store.saveTransfer(storedTransfer({ files: [storedFile({ sha1 })] }))
    sha1.fill(0)
    const [first] = (await store.transfer('7Q2F'))?.files ?? []
    expect(first?.sha1).toStrictEqual(hash(7))
    first?.sha1?.fill(0)
    expect((await store.transfer('7Q2F'))?.files[0]?.sha1).toStrictEqual(hash(7))
    await store.close()
  })

  it('replaces a transfer with all its files and leaves the others alone', async () => {
    const store = await open()
    await store.saveTransfer(storedTransfer({ files: [storedFile(), storedFile({ index: 1 }), storedFile({ index: 2 })] }))
    await store.saveTransfer(storedTransfer({ id: 'AAAA' }))
    const changed = storedTransfer({ ended: NOW + 1, subject: undefined, files: [storedFile({ index: 2, state: 'failed' })] })
    await store.saveTransfer(changed)
    expect(await store.transfers()).toStrictEqual([storedTransfer({ id: 'AAAA' }), changed])
    await store.close()
  })

  it('lists the newest first, of the same moment the one that came later, and at most as many as asked for', async () => {
    const store = await open()
    for (const [id, started] of [
      ['AAAA', NOW],
      ['BBBB', NOW + 5],
      ['CCCC', NOW],
      ['DDDD', NOW - 5],
    ] as const)
      await store.saveTransfer(storedTransfer({ id, started }))
    await store.saveTransfer(storedTransfer({ id: 'AAAA', started: NOW }))
    const ids = async (limit?: number): Promise<string[]> =>
      (await store.transfers(limit === undefined ? {} : { limit })).map(({ id }) => id)
    expect(await ids()).toStrictEqual(['BBBB', 'CCCC', 'AAAA', 'DDDD'])
    expect(await ids(2)).toStrictEqual(['BBBB', 'CCCC'])
    expect(await ids(2.9)).toStrictEqual(['BBBB', 'CCCC'])
    expect(await ids(0)).toStrictEqual([])
    expect(await ids(-1)).toStrictEqual([])
    expect(await ids(Number.NaN)).toHaveLength(4)
    expect(await ids(Number.POSITIVE_INFINITY)).toHaveLength(4)
    await store.close()
  })

  it('gives at most 1000 transfers, whatever is asked for', { timeout: 60_000 }, async () => {
    const store = await open()
    for (let number = 0; number < 1003; number++) await store.saveTransfer(storedTransfer({ id: `T${number}`, started: NOW + number }))
    const all = await store.transfers({ limit: 1_000_000 })
    expect(all).toHaveLength(1000)
    expect(all.at(-1)?.id).toBe('T3')
    expect(await store.transfers()).toHaveLength(1000)
    await store.close()
  })

  it('forgets one, those before a time, or all, with their files', async () => {
    const store = await open()
    for (const [id, started] of [
      ['AAAA', NOW - DAY],
      ['BBBB', NOW],
      ['CCCC', NOW + 1],
      ['DDDD', NOW + 2],
    ] as const)
      await store.saveTransfer(storedTransfer({ id, started }))
    expect(await store.forget({ before: NOW })).toBe(1)
    expect(await store.forget({ id: 'CCCC' })).toBe(1)
    expect(await store.forget({ id: 'CCCC' })).toBe(0)
    expect(await store.forget({ id: 'DDDD', before: NOW })).toBe(0)
    expect((await store.transfers()).map(({ id }) => id)).toStrictEqual(['DDDD', 'BBBB'])
    expect(await store.forget({})).toBe(2)
    expect(await store.transfers()).toStrictEqual([])
    expect(await store.findFile({ direction: 'received', sha1: hash(1), want: 'complete' })).toBeUndefined()
    expect(await store.receivedOctets(undefined, 0)).toBe(0)
    await store.close()
  })

  it('cuts texts for people, cleans what UTF-8 cannot carry and refuses what must stay whole', async () => {
    const store = await open()
    const long = 'ä'.repeat(5000)
    await store.saveTransfer(
      storedTransfer({
        peerName: long,
        subject: 'a\0b\ud800c',
        conversationId: 'c\0d',
        files: [storedFile({ name: long, error: { code: 'timeout', detail: long } })],
      }),
    )
    const kept = await store.transfer('7Q2F')
    expect(kept?.peerName).toBe('ä'.repeat(1000))
    expect(kept?.subject).toBe('a\ufffdb\ufffdc')
    expect(kept?.conversationId).toBe('c\ufffdd')
    expect(kept?.files[0]?.name).toBe('ä'.repeat(1000))
    expect(kept?.files[0]?.error?.detail).toBe('ä'.repeat(1000))
    // An address as long as a whole SIP message is kept: nobody stays out of the record by it
    const peer = `sip:${'a'.repeat(65_000)}@example.com`
    await store.saveTransfer(storedTransfer({ id: 'LONG', peer }))
    expect((await store.transfers({ peer }))[0]?.id).toBe('LONG')
    for (const bad of [
      storedTransfer({ id: 'BAD2', peer: 'a'.repeat(65_537) }),
      storedTransfer({ id: 'BAD2', started: Number.NaN }),
      storedTransfer({ id: 'BAD2', files: [storedFile({ bytes: 2 ** 60 })] }),
      storedTransfer({ id: 'BAD2', files: [storedFile({ sha1: new Uint8Array(19) })] }),
      storedTransfer({ id: 'BAD2', files: [storedFile(), storedFile()] }),
      storedTransfer({ id: 'BAD2', files: [storedFile({ index: 10_000 })] }),
      storedTransfer({ id: 'BAD2', files: [storedFile({ index: -1 })] }),
    ])
      await expect(store.saveTransfer(bad)).rejects.toMatchObject({ name: 'HostError', code: 'store' })
    expect(await store.transfer('BAD2')).toBeUndefined()
    await store.close()
  })

  it('takes many calls at once and settles each when it is done', async () => {
    const store = await open()
    const ids = Array.from({ length: 200 }, (_, number) => `T${number}`)
    await Promise.all(
      ids.map(async id => {
        await store.saveTransfer(storedTransfer({ id }))
        await store.saveProgress(id, 0, 77)
        expect((await store.transfer(id))?.files[0]?.bytes).toBe(77)
      }),
    )
    expect(await store.transfers()).toHaveLength(200)
    await store.close()
  })

  it('finishes what was asked before close, and refuses everything after', async () => {
    const store = await open()
    const saved = store.saveTransfer(storedTransfer())
    const closed = store.close()
    await expect(saved).resolves.toBeUndefined()
    await closed
    await store.close()
    const calls = [
      () => store.saveTransfer(storedTransfer()),
      () => store.saveFile('7Q2F', storedFile()),
      () => store.saveProgress('7Q2F', 0, 1),
      () => store.transfers(),
      () => store.transfer('7Q2F'),
      () => store.forget({}),
      () => store.findFile({ direction: 'sent', sha1: hash(1), want: 'part' }),
      () => store.receivedOctets(undefined, 0),
      () => store.contacts(),
      () => store.capabilities('sip:a@example.com'),
      () => store.removeContact('sip:a@example.com'),
    ]
    for (const call of calls) await expect(call()).rejects.toMatchObject({ name: 'HostError', code: 'store' })
  })
}

function searchTests(open: () => Promise<Store>): void {
  it('finds text in file names, addresses and names of peers, whatever the letter case', async () => {
    const store = await open()
    await store.saveTransfer(storedTransfer({ id: 'NAME', files: [storedFile({ name: 'ÄRGER Über.PDF' })] }))
    await store.saveTransfer(storedTransfer({ id: 'PEER', peer: 'sip:Zo\u00eb@example.net', peerName: undefined }))
    await store.saveTransfer(storedTransfer({ id: 'BOTH', peer: 'tel:+49', peerName: 'Ärger & Co', files: [] }))
    const found = async (text: string): Promise<string[]> => (await store.transfers({ text })).map(({ id }) => id).sort()
    expect(await found('ärger')).toStrictEqual(['BOTH', 'NAME'])
    expect(await found('A\u0308RGER')).toStrictEqual(['BOTH', 'NAME'])
    expect(await found('über.pdf')).toStrictEqual(['NAME'])
    expect(await found('ZOË@')).toStrictEqual(['PEER'])
    expect(await found('example.net')).toStrictEqual(['PEER'])
    expect(await found('nobody')).toStrictEqual([])
    expect(await found('')).toStrictEqual(['BOTH', 'NAME', 'PEER'])
    await store.close()
  })

  it('takes %, _, *, ?, quotes and backslashes in a search as they are', async () => {
    const store = await open()
    const names = ['100%.txt', '100x.txt', 'a_b', 'axb', 'c\\d', "it's", 'it"s', '*?[a]']
    for (const [index, name] of names.entries())
      await store.saveTransfer(storedTransfer({ id: `T${index}`, files: [storedFile({ name })] }))
    const found = async (text: string): Promise<string[]> =>
      (await store.transfers({ text })).flatMap(({ files }) => files.map(file => file.name))
    expect(await found('100%')).toStrictEqual(['100%.txt'])
    expect(await found('%')).toStrictEqual(['100%.txt'])
    expect(await found('a_b')).toStrictEqual(['a_b'])
    expect(await found('\\')).toStrictEqual(['c\\d'])
    expect(await found("t's")).toStrictEqual(["it's"])
    expect(await found('t"s')).toStrictEqual(['it"s'])
    expect(await found('*?[a]')).toStrictEqual(['*?[a]'])
    expect(await found("'; drop table transfers; --")).toStrictEqual([])
    expect(await store.transfers()).toHaveLength(names.length)
    await store.close()
  })

  it('filters by direction, peer, states, notification and time, alone and together', async () => {
    const store = await open()
    await store.saveTransfer(storedTransfer({ id: 'AAAA', direction: 'sent', files: [storedFile({ state: 'failed', imdn: 'm1' })] }))
    await store.saveTransfer(
      storedTransfer({
        id: 'BBBB',
        direction: 'sent',
        peer: 'sip:carol@example.com',
        started: NOW + 10,
        files: [storedFile({ imdn: 'm2' })],
      }),
    )
    await store.saveTransfer(
      storedTransfer({ id: 'CCCC', started: NOW + 20, files: [storedFile(), storedFile({ index: 1, state: 'cancelled' })] }),
    )
    const found = async (query: Parameters<Store['transfers']>[0]): Promise<string> =>
      (await store.transfers(query)).map(({ id }) => id[0]).join('')
    expect(await found({ direction: 'sent' })).toBe('BA')
    expect(await found({ peer: 'sip:alice@example.com' })).toBe('CA')
    expect(await found({ states: ['failed', 'cancelled'] })).toBe('CA')
    expect(await found({ states: ['done'] })).toBe('CB')
    expect(await found({ states: [] })).toBe('')
    expect(await found({ imdn: 'm1' })).toBe('A')
    expect(await found({ imdn: 'm3' })).toBe('')
    expect(await found({ since: NOW + 10 })).toBe('CB')
    expect(await found({ before: NOW + 10 })).toBe('A')
    expect(await found({ since: NOW + 1, before: NOW + 20 })).toBe('B')
    expect(await found({ direction: 'sent', states: ['done'], text: 'CAROL' })).toBe('B')
    expect(await found({ direction: 'received', imdn: 'm1' })).toBe('')
    const [whole] = await store.transfers({ states: ['cancelled'] })
    expect(whole?.files.map(file => file.state)).toStrictEqual(['done', 'cancelled'])
    await store.close()
  })
}
