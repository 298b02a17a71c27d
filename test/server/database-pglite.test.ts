import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import type { PGlite } from '@electric-sql/pglite'
import { PostgresEngine } from '../../src/server/database-postgres.js'
import { type OpenedServerDatabase, tablesOf } from '../../src/server/open-server-database.js'
import { NOW } from './database-samples.js'
import { describeDatabase } from './database-suite.js'
import { openPglite, pgliteAccess, Turns } from './pglite-access.js'

let pglite: PGlite

beforeAll(async () => {
  pglite = await openPglite()
}, 60_000)
afterAll(() => pglite.close())

describeDatabase("the server's database in PGlite", async () => {
  await pglite.exec('drop schema public cascade; create schema public')
  const turns = new Turns()
  const connect = async (): Promise<OpenedServerDatabase> => {
    const engine = new PostgresEngine(pgliteAccess(pglite, turns))
    await engine.begin(NOW)
    return tablesOf(engine)
  }
  const [database, other] = [await connect(), await connect()]
  onTestFinished(async () => {
    await database.close()
    await other.close()
  })
  return { database, other }
})

it('tries a transaction again that lost against another one, and gives up in the end', async () => {
  await pglite.exec('drop schema public cascade; create schema public')
  const engine = new PostgresEngine(pgliteAccess(pglite))
  await engine.begin(NOW)
  const collide = (times: number): Promise<number> => {
    let tries = 0
    return engine.write(async db => {
      tries++
      await db
        .insertInto('nodes')
        .values({ id: `try-${times}-${tries}`, address: '', heartbeat: 0 })
        .execute()
      if (tries <= times) throw Object.assign(new Error('collision'), { code: tries % 2 === 0 ? '40001' : '40P01' })
      return tries
    })
  }
  expect(await collide(2)).toBe(3)
  await expect(collide(100)).rejects.toMatchObject({ code: 'store' })
  const { nodes } = await tablesOf(engine)
  expect((await nodes.alive(0)).map(({ id }) => id)).toStrictEqual(['try-2-3'])
  await engine.close()
})
