import type { Kysely } from 'kysely'
import type { ServerTables } from './database-schema.js'

/** Queries within one transaction. */
export type Tables = Kysely<ServerTables>

export interface WriteOptions {
  /** False: the last writes before a power cut may be lost, never half written. Default: true. */
  readonly durable?: boolean
  /** Writes with the same lock run one after another, in all processes. Every write has SQLite to itself anyway. */
  readonly lock?: { readonly kind: LockKind; readonly key: string }
}

/** First half of the advisory locks of PostgreSQL, so that addresses of different tables do not meet. */
export const LOCKS = {
  schema: 0x43_50_4d_00,
  binding: 0x43_50_4d_01,
  group: 0x43_50_4d_02,
  node: 0x43_50_4d_03,
  conference: 0x43_50_4d_04,
} as const
export type LockKind = keyof typeof LOCKS

/** What the tables need of SQLite or PostgreSQL. Methods reject with `HostError('store')`. */
export interface DatabaseEngine {
  readonly kind: 'sqlite' | 'postgres'
  /** Queries of `work`, each of which sees its own moment. */
  read<T>(work: (db: Tables) => Promise<T>): Promise<T>
  /** One transaction: all of it happens, or nothing. `work` may run again after a collision. */
  write<T>(work: (db: Tables) => Promise<T>, options?: WriteOptions): Promise<T>
  /** Tells `text`, at most `MAX_NEWS` octets, to every listener of every node once this transaction is committed. */
  tell(db: Tables, text: string): Promise<void>
  readonly news: DatabaseNews
  /** SQLite answers at once: work that never waits within itself needs none of the queues above. */
  readonly direct?: DirectAccess
  close(): Promise<void>
}

/** Statements that give their rows at once. */
export interface DirectSql {
  all<Row>(sql: string, parameters: readonly unknown[]): Row[]
  run(sql: string, parameters: readonly unknown[]): void
  /** As `DatabaseEngine.tell`. */
  tell(text: string): void
}

/** As `read` and `write` of the engine, for the questions and changes that most requests bring. */
export interface DirectAccess {
  read<T>(work: (sql: Pick<DirectSql, 'all'>) => T): Promise<T>
  /** Not durable. Shares its transaction with others; `work` may run again. */
  write<T>(work: (sql: DirectSql) => T): Promise<T>
  /**
   * Another number whenever rows may have changed otherwise than by a `write` of this object that went through: by another process, by
   * `DatabaseEngine.write`, by what was undone. Other processes are asked about once in a turn of the event loop, and at the begin of each `write`.
   */
  epoch(): number
}

/** Which addresses registered, came back over another connection or left. */
export interface DatabaseNews {
  /**
   * Calls `listener` with the address (in the form of `addressKey`) whose bindings changed: at any node with PostgreSQL, in this process
   * with SQLite. News that came while the connection to PostgreSQL was broken are lost: `undefined` says that some may have been.
   * @returns ends it
   */
  onBinding(listener: (aor: string | undefined) => void): () => void
}
