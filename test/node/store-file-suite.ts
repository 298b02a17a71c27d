import { expect, it } from 'vitest'
import type { Store } from '../../src/client/index.js'
import { DAY, hash, NOW, storedFile, storedTransfer } from './stored-samples.js'

export function fileTests(open: () => Promise<Store>): void {
  it('adds and replaces a file of a transfer, in their order', async () => {
    const store = await open()
    await store.saveTransfer(storedTransfer({ files: [storedFile({ index: 1 })] }))
    await store.saveFile('7Q2F', storedFile({ index: 2, name: 'c' }))
    await store.saveFile('7Q2F', storedFile({ index: 0, name: 'a' }))
    await store.saveFile('7Q2F', storedFile({ index: 1, name: 'b', part: undefined, error: { code: 'timeout', detail: undefined } }))
    const files = (await store.transfer('7Q2F'))?.files ?? []
    expect(files.map(file => file.name)).toStrictEqual(['a', 'b', 'c'])
    expect(files[1]?.error).toStrictEqual({ code: 'timeout', detail: undefined })
    await expect(store.saveFile('NONE', storedFile())).rejects.toMatchObject({ name: 'HostError', code: 'store' })
    await store.close()
  })

  it('remembers progress and nothing else of it, and lets a forgotten transfer go', async () => {
    const store = await open()
    await store.saveTransfer(storedTransfer({ files: [storedFile({ state: 'receiving', bytes: 0 }), storedFile({ index: 1 })] }))
    await store.saveProgress('7Q2F', 0, 640)
    expect((await store.transfer('7Q2F'))?.files).toStrictEqual([storedFile({ state: 'receiving', bytes: 640 }), storedFile({ index: 1 })])
    await store.saveProgress('7Q2F', 9, 1)
    await store.saveProgress('NONE', 0, 1)
    expect(await store.transfers()).toHaveLength(1)
    await store.close()
  })

  it('finds a complete file by its hash, and a part only of the asked-for peer and account', async () => {
    const store = await open()
    const part = storedFile({ state: 'failed', bytes: 640, sha1: hash(2), part: '/h/bob/.part', updated: NOW - 10 })
    await store.saveTransfer(storedTransfer({ id: 'DONE' }))
    await store.saveTransfer(storedTransfer({ id: 'PART', files: [storedFile({ index: 3, sha1: hash(9) }), { ...part, index: 5 }] }))
    const want = { direction: 'received', sha1: hash(2), want: 'part' } as const
    const found = await store.findFile({
      ...want,
      size: 1300,
      peer: 'sip:alice@example.com',
      account: 'sip:bob@example.com',
      since: NOW - 10,
    })
    expect(found?.transfer.id).toBe('PART')
    expect(found?.transfer.files).toHaveLength(2)
    expect(found?.file).toStrictEqual({ ...part, index: 5 })
    expect(await store.findFile({ ...want, size: 1301 })).toBeUndefined()
    expect(await store.findFile({ ...want, peer: 'sip:eve@example.com' })).toBeUndefined()
    expect(await store.findFile({ ...want, account: 'sip:eve@example.com' })).toBeUndefined()
    expect(await store.findFile({ ...want, since: NOW - 9 })).toBeUndefined()
    expect(await store.findFile({ ...want, direction: 'sent' })).toBeUndefined()
    expect(await store.findFile({ ...want, want: 'complete' })).toBeUndefined()
    expect((await store.findFile({ ...want, sha1: hash(1), want: 'complete' }))?.transfer.id).toBe('DONE')
    expect(await store.findFile({ ...want, sha1: hash(1) })).toBeUndefined()
    expect(await store.findFile({ ...want, sha1: new Uint8Array(0) })).toBeUndefined()
    await store.close()
  })

  it('takes a received file without its partial file as nothing to go on with, and a sent one by what the peer has', async () => {
    const store = await open()
    await store.saveTransfer(storedTransfer({ id: 'GONE', files: [storedFile({ state: 'failed', bytes: 10, sha1: hash(3) })] }))
    const sent = { direction: 'sent', sha1: hash(4), want: 'part' } as const
    await store.saveTransfer(
      storedTransfer({ id: 'SENT', direction: 'sent', files: [storedFile({ state: 'failed', bytes: 0, sha1: hash(4) })] }),
    )
    expect(await store.findFile({ ...sent, direction: 'received', sha1: hash(3) })).toBeUndefined()
    expect(await store.findFile(sent)).toBeUndefined()
    await store.saveProgress('SENT', 0, 1)
    expect((await store.findFile(sent))?.file.bytes).toBe(1)
    await store.close()
  })

  it('of several files with the same hash finds the one saved last', async () => {
    const store = await open()
    await store.saveTransfer(storedTransfer({ id: 'AAAA', files: [storedFile({ updated: NOW + 9 })] }))
    await store.saveTransfer(storedTransfer({ id: 'BBBB', started: NOW + 1, files: [storedFile({ updated: NOW + 8 })] }))
    const query = { direction: 'received', sha1: hash(1), want: 'complete' } as const
    expect((await store.findFile(query))?.transfer.id).toBe('AAAA')
    await store.saveFile('BBBB', storedFile({ index: 1, updated: NOW + 9 }))
    expect((await store.findFile(query))?.transfer.id).toBe('BBBB')
    await store.close()
  })

  it('counts the octets received from a sender, or from all, since a time', async () => {
    const store = await open()
    await store.saveTransfer(
      storedTransfer({ id: 'AAAA', files: [storedFile({ bytes: 100 }), storedFile({ index: 1, bytes: 20, updated: NOW - DAY })] }),
    )
    await store.saveTransfer(storedTransfer({ id: 'BBBB', files: [storedFile({ bytes: 3, state: 'failed' })] }))
    await store.saveTransfer(storedTransfer({ id: 'CCCC', peer: 'sip:carol@example.com', files: [storedFile({ bytes: 1000 })] }))
    await store.saveTransfer(storedTransfer({ id: 'DDDD', direction: 'sent', files: [storedFile({ bytes: 50_000 })] }))
    expect(await store.receivedOctets('sip:alice@example.com', NOW)).toBe(103)
    expect(await store.receivedOctets('sip:alice@example.com', NOW + 1)).toBe(0)
    expect(await store.receivedOctets('sip:alice@example.com', 0)).toBe(123)
    expect(await store.receivedOctets(undefined, NOW)).toBe(1103)
    expect(await store.receivedOctets('sip:nobody@example.com', 0)).toBe(0)
    await store.close()
  })
}

export function peopleTests(open: () => Promise<Store>): void {
  it('keeps contacts by address and lists them by name', async () => {
    const store = await open()
    await store.saveContact({ uri: 'sip:z@example.com', name: 'alice', trusted: true, added: NOW })
    await store.saveContact({ uri: 'sip:b@example.com', name: 'Bob', trusted: false, added: NOW })
    await store.saveContact({ uri: 'sip:a@example.com', name: undefined, trusted: false, added: NOW })
    await store.saveContact({ uri: 'sip:b@example.com', name: 'Zora', trusted: true, added: NOW + 1 })
    expect(await store.contacts()).toStrictEqual([
      { uri: 'sip:z@example.com', name: 'alice', trusted: true, added: NOW },
      { uri: 'sip:a@example.com', name: undefined, trusted: false, added: NOW },
      { uri: 'sip:b@example.com', name: 'Zora', trusted: true, added: NOW + 1 },
    ])
    expect(await store.removeContact('sip:z@example.com')).toBe(true)
    expect(await store.removeContact('sip:z@example.com')).toBe(false)
    expect(await store.contacts()).toHaveLength(2)
    await store.close()
  })

  it('keeps groups by name, with their members in order', async () => {
    const store = await open()
    expect(await store.groups?.()).toEqual([])
    const hikers = { name: 'Hikers', uri: 'sip:hikers@example.com', members: [], added: NOW }
    const family = { name: 'family', uri: undefined, members: ['sip:z@example.com', 'sip:a@example.com'], added: NOW }
    await store.saveGroup?.(hikers)
    await store.saveGroup?.(family)
    expect(await store.groups?.()).toStrictEqual([family, hikers])
    await store.saveGroup?.({ ...family, members: ['sip:b@example.com'] })
    expect((await store.groups?.())?.[0]?.members).toEqual(['sip:b@example.com'])
    await expect(store.saveGroup?.({ ...family, members: Array.from({ length: 1001 }, (_, at) => `sip:${at}@a`) })).rejects.toThrow(
      'number of members',
    )
    expect(await store.removeGroup?.('Hikers')).toBe(true)
    expect(await store.removeGroup?.('Hikers')).toBe(false)
    expect(await store.groups?.()).toHaveLength(1)
    await store.close()
  })

  it('keeps the capabilities of a peer as they were learned last', async () => {
    const store = await open()
    const first = { uri: 'sip:a@example.com', fileTransfer: true, maxSize: 2 ** 40, tags: ['+g.3gpp.icsi-ref="urn%3A"', 'x'], learned: NOW }
    const second = { uri: 'sip:a@example.com', fileTransfer: false, maxSize: undefined, tags: [], learned: NOW + 1 }
    expect(await store.capabilities('sip:a@example.com')).toBeUndefined()
    await store.saveCapabilities(first)
    expect(await store.capabilities('sip:a@example.com')).toStrictEqual(first)
    await store.saveCapabilities(second)
    expect(await store.capabilities('sip:a@example.com')).toStrictEqual(second)
    const tags = ['y'.repeat(1001), ...Array.from({ length: 70 }, (_, number) => `t${number}`)]
    await store.saveCapabilities({ ...first, uri: 'sip:many@example.com', tags })
    expect((await store.capabilities('sip:many@example.com'))?.tags).toStrictEqual(tags.slice(1, 65))
    await store.close()
  })
}
