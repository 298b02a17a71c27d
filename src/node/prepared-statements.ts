import type { SqliteDatabase, SqliteStatement } from 'kysely'

/** Compiling a statement takes longer than running it: the `most` that were used last are kept. They never run within one another. */
export function withPrepared(database: SqliteDatabase, most: number): SqliteDatabase {
  const kept = new Map<string, SqliteStatement>()
  return {
    close: () => database.close(),
    prepare: sql => {
      const statement = kept.get(sql) ?? database.prepare(sql)
      kept.delete(sql)
      kept.set(sql, statement)
      const oldest = kept.keys().next()
      if (kept.size > most && !oldest.done) kept.delete(oldest.value)
      return statement
    },
  }
}
