import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, it } from 'vitest'
import { openStore } from '../../src/node/store.js'
import { SeededRandom } from '../../src/testkit/index.js'
import { tempFolder } from './temp-folder.js'

/** Saves transfers `<name>0`, `<name>1`, … with a file and progress, and says each number once all of it has settled. Runs the built package. */
const WRITER = `
import { writeSync } from 'node:fs'
import { openStore } from ${JSON.stringify(new URL('../../dist/node/store.js', import.meta.url).href)}
const [path, name, from, count] = process.argv.slice(2)
const file = { index: 0, name: 'a.txt', type: 'text/plain', size: 100, state: 'receiving', bytes: 0, updated: 1 }
const transfer = { direction: 'received', kind: 'push', account: 'sip:b@example.com', peer: 'sip:a@example.com', started: 1 }
const store = await openStore(path)
if (store.notice !== undefined) throw new Error(store.notice)
writeSync(1, 'open\\n')
for (let number = Number(from); number < Number(from) + Number(count); number++) {
  const id = name + number
  await store.saveTransfer({ ...transfer, id, files: [file] })
  await store.saveProgress(id, 0, 40)
  await store.saveFile(id, { ...file, index: 1, state: 'done', bytes: 100 })
  await store.transfers({ limit: 5 })
  writeSync(1, number + '\\n')
}
await store.close()
`

interface Writer {
  readonly child: ChildProcess
  /** It has said so many lines, or has ended. */
  readonly says: (lines: number) => Promise<unknown>
  /** The whole lines it said, and what it complained about. */
  readonly ended: Promise<{ readonly said: string[]; readonly failed: string }>
}

const running = new Set<ChildProcess>()

afterEach(() => {
  for (const child of running) child.kill('SIGKILL')
})

it('opens after every one of 20 kills at random moments and has every save that settled', { timeout: 120_000 }, async () => {
  const { path, script } = place()
  const random = new SeededRandom(9)
  const settled: string[] = []
  let next = 0
  for (let round = 0; round < 20; round++) {
    const writer = start(script, [path, 'K', String(next), '100000'])
    // Half of them die while they open the store, the first one while it makes it; the others between two saves or in one
    if (round % 2 === 1) await writer.says(random.integer(2, 12))
    await sleep(random.integer(0, round % 2 === 1 ? 15 : 400))
    writer.child.kill('SIGKILL')
    const { said, failed } = await writer.ended
    expect(failed).toBe('')
    const numbers = said.filter(line => line !== 'open')
    settled.push(...numbers.map(number => `K${number}`))
    next += numbers.length + 1
    const store = await openStore(path)
    expect(store.notice).toBeUndefined()
    for (const id of numbers) {
      const files = (await store.transfer(`K${id}`))?.files ?? []
      expect(files.map(({ state, bytes }) => `${state} ${bytes}`)).toStrictEqual(['receiving 40', 'done 100'])
    }
    await store.close()
  }
  expect(settled.length).toBeGreaterThanOrEqual(10)
  const store = await openStore(path)
  for (const id of settled) expect(await store.transfer(id), id).toBeDefined()
  await store.close()
})

it('serves two processes that write at the same time, and a third that reads', { timeout: 60_000 }, async () => {
  const { path, script } = place()
  // Both begin with a store that is not there yet
  const writers = [start(script, [path, 'A', '0', '100']), start(script, [path, 'B', '0', '100'])]
  await Promise.all(writers.map(writer => writer.says(1)))
  const store = await openStore(path)
  const counts: number[] = []
  while (writers.some(({ child }) => child.exitCode === null)) {
    counts.push((await store.transfers()).length)
    await store.saveContact({ uri: `sip:${counts.length}@example.com`, name: undefined, trusted: false, added: 1 })
    await sleep(5)
  }
  for (const { said, failed } of await Promise.all(writers.map(writer => writer.ended))) {
    expect(failed).toBe('')
    expect(said).toHaveLength(101)
  }
  const ids = (await store.transfers()).map(({ id }) => id).sort()
  expect(ids).toStrictEqual(['A', 'B'].flatMap(name => Array.from({ length: 100 }, (_, number) => `${name}${number}`)).sort())
  expect(await store.contacts()).toHaveLength(counts.length)
  expect(counts).toStrictEqual([...counts].sort((a, b) => a - b))
  await store.close()
})

it('lets several processes find the same damaged file and lose nothing that is written after', { timeout: 60_000 }, async () => {
  const { path, script } = place()
  mkdirSync(join(path, '..'))
  writeFileSync(path, 'nonsense'.repeat(4096))
  const careless = script.replace('writer', 'careless')
  writeFileSync(careless, WRITER.replace('if (store.notice !== undefined) throw new Error(store.notice)', ''))
  const outcomes = await Promise.all(['A', 'B', 'C'].map(name => start(careless, [path, name, '0', '20']).ended))
  for (const { said, failed } of outcomes) {
    expect(failed).toBe('')
    expect(said).toHaveLength(21)
  }
  const store = await openStore(path)
  expect(await store.transfers()).toHaveLength(60)
  await store.close()
})

function place(): { readonly path: string; readonly script: string } {
  const folder = tempFolder()
  const script = join(folder, 'writer.mjs')
  writeFileSync(script, WRITER)
  return { path: join(folder, 'state', 'store.sqlite'), script }
}

function start(script: string, args: readonly string[]): Writer {
  const child = spawn(process.execPath, [script, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  running.add(child)
  let [said, failed] = ['', '']
  child.stdout.on('data', octets => (said += String(octets)))
  child.stderr.on('data', octets => (failed += String(octets)))
  const ended = once(child, 'close').then(() => {
    running.delete(child)
    return { said: said.split('\n').slice(0, -1), failed }
  })
  const says = async (lines: number): Promise<void> => {
    while (child.exitCode === null && said.split('\n').length <= lines) await Promise.race([once(child.stdout, 'data'), ended])
  }
  return { child, says, ended }
}
