import { randomUUID } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type CompiledQuery, Kysely, SqliteDialect } from 'kysely'
import { describe, expect, it } from 'vitest'
import { HostError, type Store } from '../../src/client/index.js'
import { openDatabase, sqliteEngines } from '../../src/node/sqlite-database.js'
import { SqliteStore } from '../../src/node/sqlite-store.js'
import { openStore } from '../../src/node/store.js'
import { migrate } from '../../src/node/store-migrations.js'
import { selectFile, selectOctets, selectTransfers } from '../../src/node/store-queries.js'
import { MIGRATIONS, type StoreTables } from '../../src/node/store-schema.js'
import { memoryStore, SeededRandom } from '../../src/testkit/index.js'
import { describeStore } from './store-suite.js'
import { hash, storedFile, storedRecipient, storedTransfer } from './stored-samples.js'
import { tempFolder } from './temp-folder.js'

const freshPath = (): string => join(tempFolder(), 'state', `${randomUUID()}.sqlite`)

describeStore('a store in memory', async () => memoryStore())
for (const engine of sqliteEngines()) describeStore(`a store in ${engine}`, () => openStore(freshPath(), { engine }))

it('has an engine on every runtime that is supported, and says what to do without one', async () => {
  const engines = sqliteEngines()
  expect(engines.length).toBeGreaterThan(0)
  for (const engine of ['node:sqlite', 'libsql'] as const)
    if (!engines.includes(engine))
      await expect(openStore(freshPath(), { engine })).rejects.toMatchObject({ code: 'store', message: expect.stringContaining('libsql') })
})

it('answers from an index, so that a long history stays quick', async () => {
  const path = freshPath()
  await (await openStore(path)).close()
  const database = openDatabase(path, 50)
  const db = new Kysely<StoreTables>({ dialect: new SqliteDialect({ database }) })
  const plan = (query: { compile(): CompiledQuery }): string => {
    const { sql, parameters } = query.compile()
    const steps = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(parameters) as { readonly detail: string }[]
    return steps.map(({ detail }) => detail).join('; ')
  }
  expect(plan(selectTransfers(db, { limit: 50 }))).toBe('SCAN transfers USING INDEX transfers_started')
  expect(plan(selectTransfers(db, { since: 1 }))).toMatch(/^SEARCH transfers USING INDEX transfers_started/)
  expect(plan(selectTransfers(db, { imdn: 'm1' }))).toContain('INDEX files_imdn')
  expect(plan(selectTransfers(db, { states: ['failed'] }))).toContain('INDEX files_state')
  expect(plan(selectTransfers(db, { peer: 'sip:a@example.com' }))).toContain('INDEX transfers_peer')
  expect(plan(selectFile(db, { direction: 'received', sha1: hash(1), want: 'part' }))).toContain('INDEX files_sha1')
  expect(plan(selectOctets(db, 'sip:a@example.com', 1))).toContain('INDEX transfers_peer')
  await db.destroy()
})

it('does the same in memory and in a file, whatever is asked in whatever order', { timeout: 60_000 }, async () => {
  const [memory, file] = [memoryStore(), await openStore(freshPath())]
  const random = new SeededRandom(20261123)
  for (let step = 0; step < 1000; step++) {
    const call = randomCall(random)
    const [expected, got] = [await outcome(call, memory), await outcome(call, file)]
    expect(got, `step ${step}: ${call.what}`).toStrictEqual(expected)
  }
  expect(await file.transfers()).toStrictEqual(await memory.transfers())
  await file.close()
})

describe('the file', () => {
  it('is readable by its owner only, with its folder and what SQLite puts beside it', async () => {
    if (process.platform === 'win32') return
    const path = freshPath()
    const store = await openStore(path)
    await store.saveTransfer(storedTransfer())
    const modes = [join(path, '..'), ...readdirSync(join(path, '..')).map(name => join(path, '..', name))].map(
      name => statSync(name).mode & 0o777,
    )
    expect(modes[0]).toBe(0o700)
    expect(modes.length).toBeGreaterThan(2)
    for (const mode of modes.slice(1)) expect(mode).toBe(0o600)
    await store.close()
    chmodSync(path, 0o644)
    await (await openStore(path)).close()
    expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it('waits for the disk when a state changes, and not for progress', async () => {
    const path = freshPath()
    await (await openStore(path)).close()
    const database = openDatabase(path, 50)
    const said: string[] = []
    const store = new SqliteStore({ ...database, exec: sql => (said.push(sql), database.exec(sql)) }, undefined)
    const level = (): unknown => Object.values(database.prepare('PRAGMA synchronous').all([])[0] as object)[0]
    await store.saveTransfer(storedTransfer())
    expect(level()).toBe(2)
    await store.saveProgress('7Q2F', 0, 5)
    await store.saveProgress('7Q2F', 0, 6)
    expect(level()).toBe(1)
    await store.saveFile('7Q2F', storedFile())
    expect(level()).toBe(2)
    await store.transfers()
    expect(level()).toBe(2)
    expect(said.filter(sql => sql.startsWith('PRAGMA'))).toHaveLength(3)
    await store.close()
  })

  it('leaves a store of a newer version alone and says so', async () => {
    const path = freshPath()
    const store = await openStore(path)
    await store.saveTransfer(storedTransfer())
    await store.close()
    const database = openDatabase(path, 50)
    database.prepare('insert into "schema" (version, applied) values (?, 0)').run([MIGRATIONS.length + 1])
    database.close()
    const refused = await openStore(path).catch((error: unknown) => error)
    expect(refused).toBeInstanceOf(HostError)
    expect(refused).toMatchObject({ code: 'store', message: expect.stringContaining('newer cpmft') })
    expect(existsSync(path)).toBe(true)
    expect(readdirSync(join(path, '..')).filter(name => name.includes('corrupt'))).toStrictEqual([])
  })

  it('leaves a database of another program alone', async () => {
    const path = join(tempFolder(), 'other.sqlite')
    const other = openDatabase(path, 50)
    other.exec('create table notes (text)')
    other.close()
    await expect(openStore(path)).rejects.toMatchObject({ code: 'store', message: expect.stringContaining('another program') })
    const again = openDatabase(path, 50)
    expect(again.prepare('select name from sqlite_master').all([])).toHaveLength(1)
    again.close()
  })

  it('takes later migrations one after another, once, and none of them when one fails', async () => {
    const path = freshPath()
    const store = await openStore(path)
    await store.saveTransfer(storedTransfer())
    await store.close()
    const database = openDatabase(path, 50)
    const next = 'alter table contacts add column note text'
    const known = MIGRATIONS.map((_, index) => index + 1)
    expect(() => migrate(database, 7, [...MIGRATIONS, next, 'nonsense'])).toThrow()
    const versions = (): unknown[] =>
      database
        .prepare('select version from "schema" order by version')
        .all([])
        .map(row => (row as { version: number }).version)
    expect(versions()).toStrictEqual(known)
    migrate(database, 7, [...MIGRATIONS, next])
    migrate(database, 8, [...MIGRATIONS, next])
    expect(versions()).toStrictEqual([...known, known.length + 1])
    expect(database.prepare('select note from contacts').all([])).toStrictEqual([])
    expect(database.prepare('select id from transfers').all([])).toHaveLength(1)
    database.close()
  })

  it('brings a store of the first schema to the newest, and nothing in it changes', async () => {
    const path = freshPath()
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
    const old = openDatabase(path, 50)
    migrate(old, 7, MIGRATIONS.slice(0, 1))
    old.exec(
      `insert into transfers (id, direction, kind, account, peer, started, folded) values ('7Q2F', 'sent', 'push', 'sip:a@b', 'sip:c@d', 5, 'sip:c@d')`,
    )
    old.close()
    const store = await openStore(path)
    expect(await store.transfer('7Q2F')).toMatchObject({ id: '7Q2F', peer: 'sip:c@d', started: 5, files: [] })
    const group = storedTransfer({ id: 'AAAA', group: 'sip:team@b', recipients: [storedRecipient()] })
    await store.saveTransfer(group)
    expect(await store.transfer('AAAA')).toStrictEqual(group)
    await store.close()
  })

  it('has the tables and columns that its page describes, and no place for a password', async () => {
    const path = freshPath()
    await (await openStore(path)).close()
    const database = openDatabase(path, 50)
    const page = readFileSync(new URL('../../docs/reference/store.md', import.meta.url), 'utf8')
    const columns = database
      .prepare('select m.name as t, p.name as c from sqlite_master m, pragma_table_info(m.name) p where m.type = ?')
      .all(['table']) as { readonly t: string; readonly c: string }[]
    expect(columns.length).toBeGreaterThan(35)
    for (const { t, c } of columns) {
      expect(page.split('\n').find(line => line.startsWith(`| \`${t}\``))).toContain(`\`${c}\``)
      expect(c).not.toMatch(/password|secret|credential|key/)
    }
    database.close()
  })

  it('waits for another process without stopping this one', async () => {
    const path = freshPath()
    const store = await openStore(path)
    const other = openDatabase(path, 50)
    other.exec('BEGIN IMMEDIATE')
    let [turns, settled] = [0, false]
    const saved = store.saveTransfer(storedTransfer()).then(() => (settled = true))
    const ticks = setInterval(() => turns++, 1)
    await sleep(400)
    expect(settled).toBe(false)
    expect(await store.transfers()).toStrictEqual([])
    other.exec('ROLLBACK')
    await saved
    clearInterval(ticks)
    expect(turns).toBeGreaterThan(5)
    expect(await store.transfers()).toHaveLength(1)
    other.close()
    await store.close()
  })

  it('goes on after the disk was full, with what it had', async () => {
    const path = freshPath()
    await (await openStore(path)).close()
    const database = openDatabase(path, 50)
    const store = new SqliteStore(database, undefined)
    await store.saveTransfer(storedTransfer())
    database.prepare('PRAGMA max_page_count=30').all([])
    const files = Array.from({ length: 2000 }, (_, index) => storedFile({ index }))
    const refused = await store.saveTransfer(storedTransfer({ id: 'HUGE', files })).catch((error: unknown) => error)
    expect(refused).toMatchObject({ name: 'HostError', code: 'store', message: expect.stringContaining('the disk is full') })
    expect(await store.transfers()).toStrictEqual([storedTransfer()])
    await store.saveProgress('7Q2F', 0, 5)
    database.prepare('PRAGMA max_page_count=100000').all([])
    await store.saveTransfer(storedTransfer({ id: 'HUGE', files }))
    expect((await store.transfer('HUGE'))?.files).toHaveLength(2000)
    await store.close()
  })

  it('names the trouble without the path @req SEC-9', async () => {
    const folder = tempFolder()
    writeFileSync(join(folder, 'file'), '')
    for (const path of [join(folder, 'file', 'store.sqlite'), folder]) {
      const error = await openStore(path).catch((error: unknown) => error)
      expect(error).toBeInstanceOf(HostError)
      expect((error as HostError).code).toBe('store')
      expect((error as HostError).message).not.toContain(folder)
    }
  })
})

describe('a damaged file', () => {
  const damages: Record<string, (octets: Buffer) => Buffer> = {
    'without any sense': octets => Buffer.alloc(octets.length, 'nonsense'),
    'cut in the middle': octets => octets.subarray(0, octets.length / 2),
    'with a page of noise': octets => Buffer.concat([octets.subarray(0, 8192), Buffer.alloc(4096, 0xa5), octets.subarray(12_288)]),
  }
  for (const [name, damage] of Object.entries(damages))
    it(`${name} is set aside and a new store begun`, async () => {
      const path = freshPath()
      const store = await openStore(path)
      expect(store.notice).toBeUndefined()
      for (let number = 0; number < 50; number++) await store.saveTransfer(storedTransfer({ id: `T${number}` }))
      await store.close()
      const database = openDatabase(path, 50)
      database.prepare('PRAGMA wal_checkpoint(TRUNCATE)').all([])
      database.close()
      const damaged = damage(readFileSync(path))
      writeFileSync(path, damaged)
      const fresh = await openStore(path, { date: () => Date.UTC(2026, 10, 23, 12, 30, 5) })
      expect(fresh.notice).toContain(`.corrupt-2026-11-23T12-30-05`)
      expect(await fresh.transfers()).toStrictEqual([])
      await fresh.saveTransfer(storedTransfer())
      expect(readFileSync(`${path}.corrupt-2026-11-23T12-30-05`).subarray(4096).equals(damaged.subarray(4096))).toBe(true)
      await fresh.close()
      const again = await openStore(path)
      expect(again.notice).toBeUndefined()
      expect(await again.transfers()).toHaveLength(1)
      await again.close()
    })

  it('an empty file is a new store', async () => {
    const path = join(tempFolder(), 'store.sqlite')
    writeFileSync(path, '')
    const store = await openStore(path)
    expect(store.notice).toBeUndefined()
    await store.close()
  })
})

interface Call {
  /** For the message of a failing test. */
  readonly what: string
  readonly run: (store: Store) => Promise<unknown>
}

function called(what: string, run: Call['run']): Call {
  return { what, run }
}

async function outcome(call: Call, store: Store): Promise<unknown> {
  try {
    return await call.run(store)
  } catch (error) {
    return error instanceof HostError ? error.code : error
  }
}

function randomCall(random: SeededRandom): Call {
  const pick = <T>(values: readonly T[]): T => values[random.integer(0, values.length - 1)] as T
  const id = pick(['AAAA', 'BBBB', 'CCCC', 'DDDD', 'EEEE', 'FFFF', 'GGGG', 'HHHH'])
  const peer = pick(['sip:alice@example.com', 'sip:bob@example.com', 'sip:%_@example.com'])
  const time = random.integer(0, 30)
  const file = storedFile({
    index: random.integer(0, 3),
    name: pick(['a.txt', 'B.TXT', '100%', 'Ü']),
    sha1: pick([undefined, hash(1), hash(2)]),
    state: pick(['done', 'failed', 'receiving']),
    part: pick([undefined, '/part']),
    imdn: pick([undefined, 'm1', 'm2']),
    bytes: random.integer(0, 3),
    updated: time,
  })
  const direction = pick(['sent', 'received'] as const)
  const files = [0, 1, 2].slice(random.integer(0, 3)).map(index => ({ ...file, index }))
  const transfer = storedTransfer({ id, direction, peer, started: time, files })
  const maybe = <T extends object>(value: T): Partial<T> => (random.chance(0.4) ? value : {})
  const history = {
    ...maybe({ text: pick(['a', '%', '_', 'ü', 'TXT']) }),
    ...maybe({ direction }),
    ...maybe({ peer }),
    ...maybe({ states: pick([['done'], ['failed', 'receiving'], []]) }),
    ...maybe({ imdn: 'm1' }),
    ...maybe({ since: time }),
    ...maybe({ before: time + 9 }),
    ...maybe({ limit: 2 }),
  }
  const wanted = { direction, sha1: hash(1), want: pick(['part', 'complete'] as const), ...maybe({ peer }), ...maybe({ since: time }) }
  return pick([
    called(`saveTransfer ${id}`, store => store.saveTransfer(transfer)),
    called(`saveFile ${id} ${file.index}`, store => store.saveFile(id, file)),
    called(`saveProgress ${id} ${file.index}`, store => store.saveProgress(id, file.index, time)),
    called(`transfers ${JSON.stringify(history)}`, store => store.transfers(history)),
    called(`findFile ${JSON.stringify(wanted)}`, store => store.findFile(wanted)),
    called(`receivedOctets ${peer} ${time}`, store => store.receivedOctets(peer, time)),
    ...(random.chance(0.2) ? [called(`forget ${id}`, store => store.forget({ id, before: time }))] : []),
  ])
}
