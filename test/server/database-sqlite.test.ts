import { randomUUID } from 'node:crypto'
import { readdirSync, statSync, writeFileSync, chmodSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { openDatabase, sqliteEngines } from '../../src/node/sqlite-database.js'
import { openServerDatabase, serverDatabasePath, serverDataFolder } from '../../src/server/open-server-database.js'
import { tempFolder } from '../node/temp-folder.js'
import { binding, GROUP, NOW } from './database-samples.js'
import { describeDatabase } from './database-suite.js'

const freshPath = (): string => join(tempFolder(), 'server', `${randomUUID()}.db`)

for (const engine of sqliteEngines())
  describeDatabase(`the server's database in ${engine}`, async () => {
    const path = freshPath()
    const [database, other] = [await openServerDatabase(path, { engine }), await openServerDatabase(path, { engine })]
    onTestFinished(async () => {
      await database.close()
      await other.close()
    })
    return { database, other }
  })

describe('the file', () => {
  it('is where the state of programs is, and readable by its owner only', async () => {
    expect(serverDataFolder({ env: { XDG_STATE_HOME: '/s' }, platform: 'linux' })).toBe(join('/s', 'cpmft', 'server'))
    expect(serverDatabasePath('/data')).toBe(join('/data', 'server.db'))
    const path = freshPath()
    const database = await openServerDatabase(path)
    await database.groups.put(GROUP)
    const names = readdirSync(dirname(path))
    expect(names.length).toBeGreaterThan(1)
    if (process.platform !== 'win32') for (const name of names) expect(statSync(join(dirname(path), name)).mode & 0o777).toBe(0o600)
    await database.close()
    await expect(database.groups.list()).rejects.toMatchObject({ code: 'store' })
    chmodSync(path, 0o644)
    await (await openServerDatabase(path)).close()
    if (process.platform !== 'win32') expect(statSync(path).mode & 0o777).toBe(0o600)
  })

  it('outlives its process', async () => {
    const path = freshPath()
    const first = await openServerDatabase(path)
    await first.groups.put(GROUP)
    await first.bindings.update('sip:bob@example.org', NOW, () => ({ bindings: [binding()], result: 0 }))
    await first.close()
    const second = await openServerDatabase(path)
    expect(await second.groups.list()).toStrictEqual([GROUP])
    expect(await second.bindings.of('sip:bob@example.org', NOW)).toStrictEqual([binding()])
    await second.close()
  })

  it('of a newer version, of another program or damaged is left alone', async () => {
    const path = freshPath()
    await (await openServerDatabase(path)).close()
    const newer = openDatabase(path, 50)
    newer.exec('insert into cpmft_schema (version, applied) values (99, 0)')
    newer.close()
    await expect(openServerDatabase(path)).rejects.toMatchObject({ code: 'store', message: expect.stringContaining('schema 99') })

    const foreign = freshPath()
    mkdirSync(dirname(foreign), { recursive: true })
    const other = openDatabase(foreign, 50)
    other.exec('create table users (a)')
    other.close()
    await expect(openServerDatabase(foreign)).rejects.toMatchObject({ code: 'store', message: expect.stringContaining('another program') })

    const noise = freshPath()
    mkdirSync(dirname(noise), { recursive: true })
    writeFileSync(noise, 'no database at all '.repeat(100))
    await expect(openServerDatabase(noise)).rejects.toMatchObject({ code: 'store', message: expect.stringContaining('SQLite') })
    expect(statSync(noise).size).toBe(1900)
    await expect(openServerDatabase(join(noise, 'below.db'))).rejects.toMatchObject({ code: 'store' })
  })

  it('names a group in it that is damaged, and the others stay usable', async () => {
    const path = freshPath()
    const database = await openServerDatabase(path)
    await database.groups.put(GROUP)
    await database.groups.put({ ...GROUP, uri: 'sip:other@example.org' })
    const bare = openDatabase(path, 1000)
    bare.exec(`update groups set definition = '{"groups": [{}]}' where uri = '${GROUP.uri}'`)
    bare.close()
    await expect(database.groups.get(GROUP.uri)).rejects.toMatchObject({ code: 'store', message: expect.stringContaining(GROUP.uri) })
    expect(await database.groups.get('sip:other@example.org')).toBeDefined()
    expect(await database.groups.remove(GROUP.uri)).toBe(true)
    await database.close()
  })

  it('is made once by several that start together', async () => {
    const path = freshPath()
    const databases = await Promise.all([1, 2, 3, 4].map(() => openServerDatabase(path)))
    await databases[0]?.groups.put(GROUP)
    for (const database of databases) {
      expect(await database.groups.list()).toStrictEqual([GROUP])
      await database.close()
    }
  })
})
