import { HostError } from '../client/index.js'
import type { OpenDatabase } from './sqlite-database.js'
import { APPLICATION_ID, MIGRATIONS, SCHEMA_TABLE } from './store-schema.js'

/**
 * Brings the file to the newest schema in one transaction; `now` is remembered with it. Throws `HostError('store')` for a store of a newer
 * version and for a database of another program: neither is touched.
 */
export function migrate(database: OpenDatabase, now: number, migrations: readonly string[] = MIGRATIONS): void {
  if (schemaVersion(database, migrations) === migrations.length) return
  database.exec('BEGIN IMMEDIATE')
  try {
    // Another process may have done it while we waited for the lock
    const version = schemaVersion(database, migrations)
    if (version === 0) database.exec(`${SCHEMA_TABLE}; PRAGMA application_id=${APPLICATION_ID}`)
    for (const [index, statements] of migrations.entries()) {
      if (index < version) continue
      database.exec(statements)
      database.prepare('insert into "schema" (version, applied) values (?, ?)').run([index + 1, now])
    }
    database.exec('COMMIT')
  } catch (error) {
    database.exec('ROLLBACK')
    throw error
  }
}

/** The schema the file has, 0 when it is new. */
function schemaVersion(database: OpenDatabase, migrations: readonly string[]): number {
  const [owner] = rows<{ application_id: number }>(database, 'PRAGMA application_id')
  if (owner?.application_id !== APPLICATION_ID) {
    const tables = rows(database, 'select name from sqlite_master limit 1')
    if (owner?.application_id === 0 && tables.length === 0) return 0
    throw new HostError('store', 'The file of the store is a database of another program.')
  }
  const [newest] = rows<{ version: number | null }>(database, 'select max(version) as version from "schema"')
  const version = newest?.version ?? 0
  if (version > migrations.length)
    throw new HostError(
      'store',
      `The store was written by a newer cpmft (schema ${version}; this one knows ${migrations.length}). Update cpmft, or use another state folder.`,
    )
  return version
}

function rows<Row>(database: OpenDatabase, sql: string): Row[] {
  return database.prepare(sql).all([]) as Row[]
}
