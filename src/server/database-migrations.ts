import { HostError } from '../node/index.js'
import { type SchemaWords, SERVER_MIGRATIONS } from './database-schema.js'

/** Runs one statement of ours within the transaction of the migration. */
export type RunSql = (statement: string) => Promise<readonly Readonly<Record<string, unknown>>[]>

/**
 * Brings the database to the newest schema; the caller holds a lock and a transaction. `version` is what the database has, 0 when it is new.
 * Throws `HostError('store')` for a database of a newer version: nothing was changed then.
 */
export async function migrateServer(
  run: RunSql,
  version: number,
  now: number,
  words: SchemaWords,
  migrations: typeof SERVER_MIGRATIONS = SERVER_MIGRATIONS,
): Promise<void> {
  checkVersion(version, migrations)
  if (version === 0) await run('create table cpmft_schema (version bigint primary key, applied bigint not null)')
  for (const [index, migration] of migrations.entries()) {
    if (index < version) continue
    for (const statement of migration(words).split(';\n')) await run(statement)
    await run(`insert into cpmft_schema (version, applied) values (${index + 1}, ${Math.trunc(now)})`)
  }
}

export function checkVersion(version: number, migrations: typeof SERVER_MIGRATIONS = SERVER_MIGRATIONS): void {
  if (version > migrations.length)
    throw new HostError(
      'store',
      `The database was written by a newer cpmft (schema ${version}; this one knows ${migrations.length}). Update cpmft, or use another database.`,
    )
}

export const FOREIGN_DATABASE = 'The database belongs to another program. Give the server one of its own.'
