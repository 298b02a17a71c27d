import { expect, it } from 'vitest'
import { HostError, newTransferId, readTransferId, unusedTransferId } from '../../src/client/index.js'
import { memoryStore, SeededRandom } from '../../src/testkit/index.js'

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

it('reads what people type, and nothing that cannot be an id', () => {
  expect(readTransferId(' 7q2f\n')).toBe('7Q2F')
  expect(readTransferId('7Q2FABCD')).toBe('7Q2FABCD')
  for (const text of ['', '7Q2', '7Q2FABCDE', '7Q2O', '1Q2F', '7Q-F', 'ÄQ2F']) expect(readTransferId(text), text).toBeUndefined()
})
