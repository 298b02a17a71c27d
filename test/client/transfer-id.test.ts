import { expect, it } from 'vitest'
import { CpmClient, HostError, newTransferId, readTransferId, unusedTransferId } from '../../src/client/index.js'
import { memoryStore, SeededRandom, virtualHost, VirtualNetwork } from '../../src/testkit/index.js'

const random = (): SeededRandom['bytes'] => new SeededRandom(4).bytes

it('makes ids of 4 to 8 letters and digits without look-alikes, each as likely as the others', () => {
  const source = random()
  const counts = new Map<string, number>()
  for (let round = 0; round < 5000; round++) {
    const id = newTransferId(source)
    expect(id).toMatch(/^[A-HJKMNP-Z2-9]{4}$/)
    for (const character of id) counts.set(character, (counts.get(character) ?? 0) + 1)
  }
  expect(counts.size).toBe(31)
  const usual = 20_000 / 31
  for (const [character, count] of counts) expect(Math.abs(count - usual), character).toBeLessThan(usual / 4)
  expect([1, 4, 6.5, 8, 20].map(length => newTransferId(source, length).length)).toStrictEqual([4, 4, 6, 8, 8])
})

it('takes a longer id when the short ones are taken', async () => {
  const taken = (longest: number) => ({ transfer: async (id: string) => (id.length <= longest ? ({} as never) : undefined) })
  expect(await unusedTransferId(random(), memoryStore())).toHaveLength(4)
  expect(await unusedTransferId(random(), taken(4))).toHaveLength(5)
  expect(await unusedTransferId(random(), taken(6))).toHaveLength(7)
  expect(await unusedTransferId(random(), taken(8))).toHaveLength(8)
  const closed = memoryStore()
  await closed.close()
  await expect(unusedTransferId(random(), closed)).rejects.toBeInstanceOf(HostError)
})

it('are never those of a record of before: the store is asked first, and who cannot wait gets a longer one @req RCS-3', async () => {
  const network = new VirtualNetwork(3)
  const store = memoryStore()
  const asked: string[] = []
  // Every short id is taken, as far as it was asked for
  const full = {
    ...store,
    transfer: async (id: string) => (id.length < 8 && asked.push(id) < 100 ? ({ id } as never) : store.transfer(id)),
  }
  for (const method of ['saveTransfer', 'saveFile', 'saveProgress', 'transfers', 'capabilities', 'close'] as const)
    Object.assign(full, { [method]: store[method].bind(store) })
  const host = { ...virtualHost(network, '192.0.2.10'), store: full }
  const client = await network.until(CpmClient.open(host, { aor: 'sip:alice@192.0.2.10', profile: 'open' }))
  await network.run(10)
  expect(asked.map(id => id.length)).toEqual([6, 6, 6, 7, 7, 7])
  const [one, two] = ['a', 'b'].map(() => client.send('sip:bob@192.0.2.20', new File(['x'], 'a.txt')).id)
  expect([one?.length, two?.length, one === two]).toEqual([8, 8, false])
  await network.until(client.close())
})

it('are six letters and digits where the store has room, and eight in a hurry', async () => {
  const network = new VirtualNetwork(3)
  const host = { ...virtualHost(network, '192.0.2.10'), store: memoryStore() }
  const client = await network.until(CpmClient.open(host, { aor: 'sip:alice@192.0.2.10', profile: 'open' }))
  const send = () => client.send('sip:bob@192.0.2.20', new File(['x'], 'a.txt')).id.length
  await network.run(10)
  expect([send(), send()]).toEqual([6, 8])
  await network.run(10)
  expect(send()).toBe(6)
  await network.until(client.close())
})

it('reads what people type, and nothing that cannot be an id', () => {
  expect(readTransferId(' 7q2f\n')).toBe('7Q2F')
  expect(readTransferId('7Q2FABCD')).toBe('7Q2FABCD')
  for (const text of ['', '7Q2', '7Q2FABCDE', '7Q2O', '1Q2F', '7Q-F', 'ÄQ2F']) expect(readTransferId(text), text).toBeUndefined()
})
