import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, describe, expect, it, onTestFinished } from 'vitest'
import { type OpenedServerDatabase, openServerDatabase } from '../../src/server/open-server-database.js'
import { SeededRandom } from '../../src/testkit/index.js'
import { tempFolder } from '../node/temp-folder.js'
import { NOW } from './database-samples.js'
import { PostgresCluster, postgresPrograms } from './postgres-cluster.js'

const AOR = 'sip:bob@example.org'

/** Adds one binding after the other to the same address, and deposits; says the number of each once it has settled. Runs the built package. */
const WRITER = `
import { writeSync } from 'node:fs'
import { openServerDatabase } from ${JSON.stringify(new URL('../../dist/server/index.js', import.meta.url).href)}
const [place, name, from, count] = process.argv.slice(1)
const database = await openServerDatabase(place)
writeSync(1, 'open\\n')
const binding = { aor: '${AOR}', parameters: '', callId: 'c', cseq: 1, q: 1, expires: ${NOW + 1000}, path: [] }
const file = { name: 'a', type: 'a/b', size: 1, disposition: 'render', spool: 's', octets: 2, cpimLength: 1, state: 'waiting' }
for (let number = Number(from); number < Number(from) + Number(count); number++) {
  const contact = 'sip:' + name + number + '@192.0.2.1'
  await database.bindings.update('${AOR}', ${NOW}, living => ({ bindings: [...living, { ...binding, contact }], result: 0 }))
  await database.deposits.add({ id: name + number, node: name, recipient: '${AOR}', creator: '${AOR}', conversationId: '', contributionId: '',
    created: ${NOW}, expires: ${NOW + 1000}, state: 'waiting', attempts: 0, nextAttempt: ${NOW}, files: [file, file] })
  writeSync(1, number + '\\n')
}
await database.close()
`

const running = new Set<ChildProcess>()
afterEach(() => {
  for (const child of running) child.kill('SIGKILL')
})

interface Writer {
  readonly child: ChildProcess
  /** It has said so many lines, or has ended. */
  readonly says: (lines: number) => Promise<void>
  /** All whole lines, as far as it got. */
  readonly said: Promise<string[]>
}

function start(place: string, name: string, from: number, count: number): Writer {
  const child = spawn(process.execPath, ['--input-type=module', '-e', WRITER, place, name, String(from), String(count)], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  running.add(child)
  let [output, failed] = ['', '']
  child.stdout.on('data', (octets: Buffer) => {
    output += octets.toString()
  })
  child.stderr.on('data', (octets: Buffer) => {
    failed += octets.toString()
  })
  const said = once(child, 'close').then(() => {
    running.delete(child)
    expect(failed).toBe('')
    return output.split('\n').slice(0, -1)
  })
  const says = async (lines: number): Promise<void> => {
    while (running.has(child) && output.split('\n').length <= lines) await sleep(2)
  }
  return { child, says, said }
}

async function check(database: OpenedServerDatabase, settled: readonly string[]): Promise<void> {
  const contacts = new Set((await database.bindings.of(AOR, NOW)).map(({ contact }) => contact))
  for (const name of settled) {
    expect(contacts, name).toContain(`sip:${name}@192.0.2.1`)
    expect((await database.deposits.get(name))?.files.length, name).toBe(2)
  }
}

async function together(place: string): Promise<void> {
  // Both begin with a database that has no tables yet
  const both = await Promise.all(['a', 'b'].map(name => start(place, name, 0, 30).said))
  for (const said of both) expect(said.length).toBe(31)
  const database = await openServerDatabase(place)
  const names = ['a', 'b'].flatMap(name => Array.from({ length: 30 }, (_, number) => `${name}${number}`))
  await check(database, names)
  expect((await database.bindings.of(AOR, NOW)).length).toBe(60)
  await database.close()
}

async function killed(place: string, rounds: number): Promise<void> {
  const random = new SeededRandom(20261123)
  const settled: string[] = []
  let next = 0
  for (let round = 0; round < rounds; round++) {
    const { child, says, said } = start(place, 'k', next, 100_000)
    // The first one dies while it makes the tables or soon after, the others in the middle of their work
    if (round > 0) await says(random.integer(2, 8))
    await sleep(random.integer(0, round === 0 ? 400 : 10))
    child.kill('SIGKILL')
    const numbers = (await said).filter(line => line !== 'open')
    settled.push(...numbers.map(number => `k${number}`))
    // The one it died at may have settled without being said
    next += numbers.length + 1
    const database = await openServerDatabase(place)
    await check(database, settled)
    await database.close()
  }
  expect(settled.length).toBeGreaterThanOrEqual(rounds - 1)
}

describe('several processes', { timeout: 120_000 }, () => {
  it('never lose one another’s registrations in one SQLite file', () => together(join(tempFolder(), 'two.db')))
  it('lose nothing that had settled when they are killed, in SQLite', () => killed(join(tempFolder(), 'killed.db'), 6))

  const programs = postgresPrograms()
  it.runIf(programs !== undefined)('nor in PostgreSQL', async () => {
    const cluster = new PostgresCluster(programs as string)
    onTestFinished(() => cluster.stop())
    await together(cluster.createDatabase())
    await killed(cluster.createDatabase(), 3)
  })
})
