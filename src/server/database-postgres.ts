import { Kysely, type PostgresPool, PostgresDialect, sql } from 'kysely'
import type { PoolConfig } from 'pg'
import { HostError } from '../node/index.js'
import { type DatabaseEngine, type DatabaseNews, LOCKS, type Tables, type WriteOptions } from './database-engine.js'
import { databaseError, isCollision } from './database-errors.js'
import { checkVersion, FOREIGN_DATABASE, migrateServer } from './database-migrations.js'
import { LocalNews } from './database-news.js'
import { SERVER_MIGRATIONS, type ServerTables } from './database-schema.js'
import {
  DATABASE_ATTEMPTS,
  DATABASE_CONNECT_TIMEOUT,
  DATABASE_CONNECTIONS,
  DATABASE_KEEP_ALIVE,
  DATABASE_STATEMENT_TIMEOUT,
  MAX_NEWS,
} from './limits.js'
import { listenToPostgres } from './postgres-listener.js'

/** Channel of NOTIFY. */
export const NEWS_CHANNEL = 'cpmft_bindings'

/** The ways to a PostgreSQL database. */
export interface PostgresAccess {
  readonly pool: PostgresPool
  /** Calls `hear` for each notification of the channel, with undefined when some may have been missed; gives what ends that. */
  listen(channel: string, hear: (text: string | undefined) => void): Promise<() => Promise<void>>
}

/** The engine over PostgreSQL 13 or later. */
export class PostgresEngine implements DatabaseEngine {
  readonly kind = 'postgres'
  readonly #db: Tables
  readonly #access: PostgresAccess
  readonly #news = new LocalNews()
  #stopListening: (() => Promise<void>) | undefined
  #closing: Promise<void> | undefined

  constructor(access: PostgresAccess) {
    this.#access = access
    this.#db = new Kysely<ServerTables>({ dialect: new PostgresDialect({ pool: access.pool }) })
  }

  get news(): DatabaseNews {
    return this.#news
  }

  async begin(now: number, listens = true): Promise<void> {
    try {
      await this.#migrate(now)
      if (!listens) return
      this.#stopListening = await this.#access.listen(NEWS_CHANNEL, text => this.#news.tell(text))
    } catch (error) {
      await this.#db.destroy().catch(() => {})
      throw databaseError(error)
    }
  }

  async read<T>(work: (db: Tables) => Promise<T>): Promise<T> {
    this.#checkOpen()
    try {
      return await this.#db.connection().execute(work)
    } catch (error) {
      throw databaseError(error)
    }
  }

  async write<T>(work: (db: Tables) => Promise<T>, options: WriteOptions = {}): Promise<T> {
    this.#checkOpen()
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#db
          .transaction()
          .setIsolationLevel('read committed')
          .execute(async db => {
            await prepare(db, options)
            return work(db)
          })
      } catch (error) {
        if (!isCollision(error) || attempt === DATABASE_ATTEMPTS) throw databaseError(error)
      }
    }
  }

  async tell(db: Tables, text: string): Promise<void> {
    if (Buffer.byteLength(text) <= MAX_NEWS) await sql`select pg_notify(${NEWS_CHANNEL}, ${text})`.execute(db)
  }

  close(): Promise<void> {
    this.#closing ??= (async () => {
      await this.#stopListening?.()
      await this.#db.destroy()
    })()
    return this.#closing
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw new HostError('store', 'The database of the server is closed.')
  }

  /** Nodes that start together wait for the first one of them. */
  async #migrate(now: number): Promise<void> {
    await this.#db
      .transaction()
      .setIsolationLevel('read committed')
      .execute(async db => {
        await prepare(db, { lock: { kind: 'schema', key: '' } })
        const run = async (statement: string): Promise<Record<string, unknown>[]> =>
          (await sql<Record<string, unknown>>`${sql.raw(statement)}`.execute(db)).rows
        await migrateServer(run, await versionOf(run), now, { text: 'text collate "C"' })
      })
  }
}

/** One round trip: the lock is held until the transaction ends, and statements after it see what its former holder wrote. */
async function prepare(db: Tables, { durable = true, lock }: WriteOptions): Promise<void> {
  const commit = durable ? 'on' : 'off'
  if (lock !== undefined)
    await sql`select set_config('synchronous_commit', ${commit}, true), pg_advisory_xact_lock(${sql.lit(LOCKS[lock.kind])}, hashtext(${lock.key}))`.execute(
      db,
    )
  else if (!durable) await sql`select set_config('synchronous_commit', ${commit}, true)`.execute(db)
}

/** The schema the database has, 0 when it is new. */
async function versionOf(run: (statement: string) => Promise<readonly Record<string, unknown>[]>): Promise<number> {
  const names = (await run('select tablename from pg_tables where schemaname = current_schema()')).map(({ tablename }) => tablename)
  if (names.includes('cpmft_schema')) {
    const [newest] = await run('select max(version) as version from cpmft_schema')
    const version = Number(newest?.['version'] ?? 0)
    checkVersion(version)
    return version
  }
  const ours = SERVER_MIGRATIONS.map(migration => migration({ text: 'text' })).join(';\n')
  if (names.some(name => ours.includes(`create table ${String(name)} `))) throw new HostError('store', FOREIGN_DATABASE)
  return 0
}

/** Connects by the optional package pg. `url` is `postgres://user:password@host:port/database?sslmode=require` as libpq has it. */
export async function openPostgresEngine(url: string, date: () => number, listens: boolean): Promise<DatabaseEngine> {
  const { default: pg } = await import('pg').catch(() => {
    throw new HostError('store', 'PostgreSQL needs the package pg, which is not installed: npm install pg')
  })
  // 8-octet integers come as text unless told otherwise; ours are times and sizes and fit a number
  const types = {
    getTypeParser: (oid: number, format?: 'text' | 'binary') =>
      oid === pg.types.builtins.INT8 ? Number : pg.types.getTypeParser(oid, format),
  }
  const config: PoolConfig = {
    connectionString: url,
    application_name: 'cpmft',
    types,
    connectionTimeoutMillis: DATABASE_CONNECT_TIMEOUT,
    statement_timeout: DATABASE_STATEMENT_TIMEOUT,
    // Where the network loses everything, PostgreSQL cannot say that a statement took too long
    query_timeout: 2 * DATABASE_STATEMENT_TIMEOUT,
    keepAlive: true,
    keepAliveInitialDelayMillis: DATABASE_KEEP_ALIVE,
  }
  try {
    // Reads the URL, and the certificates it may name
    new pg.Client(config)
  } catch {
    throw new HostError('store', 'The URL of the database is not usable. Write it like postgres://user@host/database.')
  }
  const pool = new pg.Pool({ ...config, max: DATABASE_CONNECTIONS })
  // A connection that breaks is replaced by the pool; whoever uses it at that moment hears of it from his query
  pool.on('error', () => {})
  pool.on('connect', client => client.on('error', () => {}))
  const engine = new PostgresEngine({
    pool,
    listen: (channel, hear) => listenToPostgres(() => new pg.Client(config), channel, hear),
  })
  await engine.begin(date(), listens)
  return engine
}
