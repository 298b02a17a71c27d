import { afterAll, beforeAll, onTestFinished } from 'vitest'
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
