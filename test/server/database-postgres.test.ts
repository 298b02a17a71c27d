import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { openServerDatabase } from '../../src/server/open-server-database.js'
import { CommandLine } from '../cli/command-line.js'
import { binding, GROUP, NOW } from './database-samples.js'
import { describeDatabase } from './database-suite.js'
import { PostgresCluster, postgresPrograms } from './postgres-cluster.js'

const programs = postgresPrograms()
if (programs === undefined) console.log('PostgreSQL is not installed (package postgresql): its tests are left out.')

describe.runIf(programs !== undefined)('a PostgreSQL server', () => {
  let cluster: PostgresCluster

  beforeAll(() => {
    cluster = new PostgresCluster(programs as string)
  }, 120_000)
  afterAll(() => cluster.stop())

  const sql = async (url: string, text: string): Promise<readonly Record<string, unknown>[]> => {
    const client = new pg.Client(url)
    await client.connect()
    try {
      return (await client.query<Record<string, unknown>>(text)).rows
    } finally {
      await client.end()
    }
  }

  describeDatabase("the server's database in PostgreSQL", async () => {
    const url = cluster.createDatabase()
    const [database, other] = await Promise.all([openServerDatabase(url), openServerDatabase(url)])
    onTestFinished(async () => {
      await database.close()
      await other.close()
    })
    return { database, other }
  })

  it('lets nodes that start together make the tables once', async () => {
    const url = cluster.createDatabase()
    const databases = await Promise.all([1, 2, 3, 4].map(() => openServerDatabase(url, { date: () => NOW })))
    await databases[0]?.groups.put(GROUP)
    for (const database of databases) expect(await database.groups.list()).toStrictEqual([GROUP])
    expect(await sql(url, 'select version::int, applied::text from cpmft_schema order by version')).toStrictEqual([
      { version: 1, applied: String(NOW) },
      { version: 2, applied: String(NOW) },
    ])
    await Promise.all(databases.map(database => database.close()))
    await expect(databases[0]?.groups.list()).rejects.toMatchObject({ code: 'store' })
  })

  it('leaves a database of a newer version or of another program alone', async () => {
    const newer = cluster.createDatabase()
    await (await openServerDatabase(newer)).close()
    await sql(newer, 'insert into cpmft_schema values (99, 0)')
    await expect(openServerDatabase(newer)).rejects.toMatchObject({ code: 'store', message: expect.stringContaining('schema 99') })
    const foreign = cluster.createDatabase()
    await sql(foreign, 'create table users (a int)')
    await expect(openServerDatabase(foreign)).rejects.toMatchObject({ code: 'store', message: expect.stringContaining('another program') })
    expect(await sql(foreign, 'select tablename from pg_tables where schemaname = current_schema()')).toStrictEqual([
      { tablename: 'users' },
    ])
  })

  it('says why it cannot be used, without naming hosts and passwords', async () => {
    const failure = (url: string): Promise<Error> =>
      openServerDatabase(url).then(
        () => expect.fail('opened'),
        (error: Error) => error,
      )
    expect(await failure(cluster.url('none'))).toMatchObject({
      code: 'store',
      message: expect.stringContaining('no such database (3D000)'),
    })
    const refused = await failure('postgres://u:s3cret@127.0.0.1:1/db')
    expect(refused).toMatchObject({ code: 'store', message: expect.stringContaining('ECONNREFUSED') })
    expect(refused.message).not.toContain('s3cret')
    expect((await failure('postgres://u@[::broken/db')).message).toContain('postgres://user@host/database')
  })

  it('is administered by the same commands as a file', async () => {
    const url = cluster.createDatabase()
    const run = async (...words: string[]): Promise<string> => {
      const line = new CommandLine({}, { env: { CPMFT_PASSWORD: 's3cret', CPMFT_SERVER_DATABASE: url } })
      expect(await line.run(...words), line.stderr.text).toBe(0)
      return line.stdout.text
    }
    await run('user', 'add', 'sip:alice@example.org')
    await run('group', 'create', GROUP.uri, '--member', 'sip:alice@example.org')
    await run('group', 'add', GROUP.uri, 'sip:bob@example.org')
    expect(await run('user', 'list', '--database', url)).toBe('sip:alice@example.org\n')
    expect(await run('group', 'list')).toBe('sip:team@example.org  team  2 members\n')
    expect(await sql(url, 'select aor, realm from users')).toStrictEqual([{ aor: 'sip:alice@example.org', realm: 'example.org' }])
  })

  it('goes on when its connections break, and says that news may have been missed', async () => {
    const url = cluster.createDatabase()
    const database = await openServerDatabase(url)
    const heard: (string | undefined)[] = []
    database.news.onBinding(aor => heard.push(aor))
    const register = (contact: string) =>
      database.bindings.update('sip:bob@example.org', NOW, () => ({ bindings: [binding({ contact })], result: 0 }))
    await register('sip:bob@192.0.2.1')
    await expect.poll(() => heard).toStrictEqual(['sip:bob@example.org'])
    await sql(
      url,
      "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'cpmft' and datname = current_database()",
    )
    await expect.poll(() => heard, { timeout: 10_000 }).toStrictEqual(['sip:bob@example.org', undefined])
    await register('sip:bob@192.0.2.2')
    await expect.poll(() => heard).toStrictEqual(['sip:bob@example.org', undefined, 'sip:bob@example.org'])
    await database.close()
    const left = "select count(*)::int as n from pg_stat_activity where application_name = 'cpmft' and datname = current_database()"
    await expect.poll(() => sql(url, left)).toStrictEqual([{ n: 0 }])
  })

  it('is used again once a PostgreSQL that went away is back', async () => {
    const own = new PostgresCluster(programs as string)
    onTestFinished(() => own.stop())
    const database = await openServerDatabase(own.createDatabase())
    onTestFinished(() => database.close())
    const heard: (string | undefined)[] = []
    database.news.onBinding(aor => heard.push(aor))
    await database.groups.put(GROUP)
    own.halt()
    await expect(database.groups.list()).rejects.toMatchObject({ code: 'store' })
    // The connection that listens has tried at least once in vain
    await sleep(1500)
    own.begin()
    expect(await database.groups.list()).toStrictEqual([GROUP])
    await expect.poll(() => heard, { timeout: 10_000 }).toStrictEqual([undefined])
    await database.bindings.update('sip:bob@example.org', NOW, () => ({ bindings: [binding()], result: 0 }))
    await expect.poll(() => heard).toStrictEqual([undefined, 'sip:bob@example.org'])
  })
})
