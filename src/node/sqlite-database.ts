import { createRequire } from 'node:module'
import type { SqliteDatabase, SqliteStatement } from 'kysely'
import { HostError } from '../client/index.js'

/** `node:sqlite` is part of Node 22.13 and later; `libsql` is the optional package for older ones. Both are SQLite and read each other's files. */
export type SqliteEngine = 'node:sqlite' | 'libsql'

/** One open database file: what the query library wants, and statements that have no result. */
export interface OpenDatabase extends SqliteDatabase {
  readonly engine: SqliteEngine
  /** Statements separated by `;`. */
  exec(sql: string): void
}

/** The few parts of `node:sqlite` that are used; its types are not part of those of Node 20. */
interface NodeSqlite {
  readonly DatabaseSync: new (path: string, options: { readonly timeout: number }) => NodeDatabase
}

interface NodeDatabase {
  exec(sql: string): void
  close(): void
  prepare(sql: string): NodeStatement
}

interface NodeStatement {
  all(...parameters: readonly unknown[]): unknown[]
  iterate(...parameters: readonly unknown[]): IterableIterator<unknown>
  run(...parameters: readonly unknown[]): { readonly changes: number | bigint; readonly lastInsertRowid: number | bigint }
}

/** The few parts of `libsql` that are used: the package may be absent, and so its types. */
type LibsqlDatabase = new (path: string, options: { readonly timeout: number }) => SqliteDatabase & { exec(sql: string): void }

/** Result codes of SQLite, the lower 8 bits (sqlite.org/rescode.html). */
export const SQLITE_BUSY = 5
export const SQLITE_CORRUPT = 11
export const SQLITE_FULL = 13
export const SQLITE_NOTADB = 26

/**
 * Opens a database file, made when there is none. `timeout` is how long a call may block this thread for a lock, milliseconds.
 * Throws what the engine throws, or `HostError('store')` when the runtime has no engine.
 */
export function openDatabase(path: string, timeout: number, wanted?: SqliteEngine): OpenDatabase {
  const builtIn = wanted === 'libsql' ? undefined : nodeSqlite()
  if (builtIn !== undefined) return fromNode(new builtIn.DatabaseSync(path, { timeout }))
  const packaged = wanted === 'node:sqlite' ? undefined : libsql()
  if (packaged === undefined)
    throw new HostError('store', 'This runtime has no SQLite: use Node 22.13 or later, or install the package libsql.')
  const database = new packaged(path, { timeout })
  return {
    engine: 'libsql',
    exec: sql => database.exec(sql),
    prepare: sql => database.prepare(sql),
    close: () => database.close(),
  }
}

/** The engines this runtime has. */
export function sqliteEngines(): SqliteEngine[] {
  return [...(nodeSqlite() === undefined ? [] : (['node:sqlite'] as const)), ...(libsql() === undefined ? [] : (['libsql'] as const))]
}

/** The result code of SQLite in what an engine threw; undefined for anything else. */
export function sqliteCode(error: unknown): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const { errcode, rawCode } = error as { readonly errcode?: unknown; readonly rawCode?: unknown }
  const code = errcode ?? rawCode
  return typeof code === 'number' ? code & 0xff : undefined
}

function fromNode(database: NodeDatabase): OpenDatabase {
  return {
    engine: 'node:sqlite',
    exec: sql => database.exec(sql),
    close: () => database.close(),
    prepare: (sql): SqliteStatement => {
      const statement = database.prepare(sql)
      return {
        reader: isReader(sql),
        all: parameters => statement.all(...parameters),
        iterate: parameters => statement.iterate(...parameters),
        run: parameters => statement.run(...parameters),
      }
    },
  }
}

/** Does this statement of ours give rows? `StatementSync.columns` would know, but Node 22.13 has no such method. */
function isReader(sql: string): boolean {
  const word = sql.trimStart().slice(0, 6).toLowerCase()
  return word === 'select' || word === 'pragma' || word.startsWith('with') || sql.includes(' returning ')
}

/** Loads the engine without its warning about being experimental: it is one line of noise on every start of a command. */
function nodeSqlite(): NodeSqlite | undefined {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
  if (major < 22 || (major === 22 && minor < 13)) return undefined
  const warning = Object.getOwnPropertyDescriptor(process, 'emitWarning')
  process.emitWarning = () => {}
  try {
    return process.getBuiltinModule('node:sqlite') as NodeSqlite | undefined
  } finally {
    if (warning !== undefined) Object.defineProperty(process, 'emitWarning', warning)
  }
}

function libsql(): LibsqlDatabase | undefined {
  try {
    return createRequire(import.meta.url)('libsql') as LibsqlDatabase
  } catch {
    return undefined
  }
}
