import { mkdir, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Kysely, SqliteDialect } from 'kysely'
import { HostError, type OpenDatabase, openDatabase, retryBusy, type SqliteEngine, withPrepared } from '../node/index.js'
import type { DatabaseEngine, DatabaseNews, DirectAccess, DirectSql, Tables, WriteOptions } from './database-engine.js'
import { databaseError } from './database-errors.js'
import { checkVersion, FOREIGN_DATABASE, migrateServer } from './database-migrations.js'
import { SERVER_APPLICATION_ID, SERVER_MIGRATIONS, type ServerTables } from './database-schema.js'
import { LocalNews } from './database-news.js'
import { DirectWrites } from './direct-writes.js'
import { DATABASE_BLOCK, DATABASE_STATEMENTS } from './limits.js'

type Synchronous = 'FULL' | 'NORMAL'

/**
 * The engine over one SQLite file in WAL mode. Several processes may have it open, such as a server and `cpmft user add`. Transactions of
 * this process run one after another.
 */
export class SqliteEngineOfServer implements DatabaseEngine {
  readonly kind = 'sqlite'
  readonly direct: DirectAccess
  readonly #database: OpenDatabase
  readonly #db: Tables
  readonly #news = new LocalNews()
  /** What was begun and has not ended; whoever closes waits for it. */
  #open = 0
  #onIdle = (): void => {}
  /** Who has the connection or waits for it. */
  #users = 0
  #synchronous: Synchronous | undefined
  /** As `DirectAccess.epoch`. */
  #epoch = 0
  /** What SQLite says changes with the writes of others. */
  #version: unknown
  /** Others were asked about in this turn. */
  #isAsked = false
  #told: string[] = []
  #closing: Promise<void> | undefined

  constructor(database: OpenDatabase) {
    this.#database = database
    const prepared = withPrepared(database, DATABASE_STATEMENTS)
    this.#db = new Kysely<ServerTables>({ dialect: new SqliteDialect({ database: prepared }) })
    const sql: DirectSql = {
      all: <Row>(text: string, parameters: readonly unknown[]) => prepared.prepare(text).all(parameters) as Row[],
      run: (text, parameters) => void prepared.prepare(text).run(parameters),
      tell: text => void this.#told.push(text),
    }
    const writes = new DirectWrites(database, {
      alone: work => this.#alone(work),
      sql,
      onBegin: () => {
        this.#isAsked = false
      },
      onEnd: isDone => {
        this.#isAsked = false
        if (!isDone) this.#epoch++
      },
      told: () => this.#told.splice(0),
      onTold: text => this.#news.tell(text),
    })
    this.direct = {
      read: work => this.#readNow(() => work(sql)),
      write: work => this.#guard(() => writes.write(work)),
      epoch: () => this.#currentEpoch(sql),
    }
  }

  get news(): DatabaseNews {
    return this.#news
  }

  read<T>(work: (db: Tables) => Promise<T>): Promise<T> {
    return this.#run(work)
  }

  write<T>(work: (db: Tables) => Promise<T>, { durable = true }: WriteOptions = {}): Promise<T> {
    return this.#run(db => this.#transaction(db, work, durable ? 'FULL' : 'NORMAL'))
  }

  async tell(_db: Tables, text: string): Promise<void> {
    this.#told.push(text)
  }

  /** Waits for what was asked before. */
  close(): Promise<void> {
    this.#closing ??= new Promise<void>(resolve => {
      this.#onIdle = resolve
      if (this.#open === 0) resolve()
    }).then(() => this.#db.destroy())
    return this.#closing
  }

  #run<T>(work: (db: Tables) => Promise<T>): Promise<T> {
    return this.#guard(() => retryBusy(() => this.#use(work)))
  }

  /** Without waiting where nobody has a transaction open. */
  async #readNow<T>(work: () => T): Promise<T> {
    if (this.#users === 0 && this.#closing === undefined) {
      try {
        return work()
      } catch {
        // again below, where a lock of another process is waited for
      }
    }
    return this.#run(async () => work())
  }

  /** Without waiting, too: what takes no time of its own holds up nobody. */
  #alone<T>(work: () => T): T | Promise<T> {
    const begin = (): T => {
      this.#setSynchronous('NORMAL')
      return work()
    }
    return this.#users === 0 ? begin() : this.#use(async () => begin())
  }

  #currentEpoch(sql: DirectSql): number {
    if (this.#isAsked && this.#closing === undefined) return this.#epoch
    try {
      const [row] = sql.all<{ readonly data_version: unknown }>('PRAGMA data_version', [])
      if (row?.data_version !== this.#version) this.#epoch++
      this.#version = row?.data_version
      this.#isAsked = true
      setImmediate(() => {
        this.#isAsked = false
      })
      return this.#epoch
    } catch {
      // whoever reads or writes next learns why
      return ++this.#epoch
    }
  }

  /** One after another, so that nobody sees what is not committed. */
  async #use<T>(work: (db: Tables) => Promise<T>): Promise<T> {
    this.#users++
    try {
      return await this.#db.connection().execute(work)
    } finally {
      this.#users--
    }
  }

  async #guard<T>(begin: () => Promise<T>): Promise<T> {
    if (this.#closing !== undefined) throw new HostError('store', 'The database of the server is closed.')
    this.#open++
    try {
      return await begin()
    } catch (error) {
      throw databaseError(error)
    } finally {
      this.#open--
      if (this.#open === 0) this.#onIdle()
    }
  }

  async #transaction<T>(db: Tables, work: (db: Tables) => Promise<T>, synchronous: Synchronous): Promise<T> {
    this.#setSynchronous(synchronous)
    // A transaction that becomes a writer half way cannot wait for its turn
    this.#database.exec('BEGIN IMMEDIATE')
    this.#told = []
    let value: T
    try {
      value = await work(db)
      this.#database.exec('COMMIT')
    } catch (error) {
      this.#rollBack()
      throw error
    } finally {
      this.#epoch++
    }
    for (const text of this.#told.splice(0)) this.#news.tell(text)
    return value
  }

  #setSynchronous(synchronous: Synchronous): void {
    if (synchronous === this.#synchronous) return
    this.#database.exec(`PRAGMA synchronous=${synchronous}`)
    this.#synchronous = synchronous
  }

  #rollBack(): void {
    try {
      this.#database.exec('ROLLBACK')
    } catch {
      // SQLite has rolled back by itself, as it does when the disk is full
    }
  }
}

export interface SqliteOptions {
  readonly engine?: SqliteEngine
  /** Wall clock, milliseconds since 1970. */
  readonly date: () => number
}

/** Opens the file, made (0600, its folder 0700) when it is not there. A damaged file is left as it is: accounts are not to vanish silently. */
export async function openSqliteEngine(path: string, { engine, date }: SqliteOptions): Promise<DatabaseEngine> {
  try {
    await prepareFile(path)
    const database = await retryBusy(async () => {
      const opened = openDatabase(path, DATABASE_BLOCK, engine)
      try {
        opened.exec('PRAGMA journal_mode=WAL; PRAGMA fullfsync=ON; PRAGMA foreign_keys=ON')
        await migrateSqlite(opened, date())
        return opened
      } catch (error) {
        opened.close()
        throw error
      }
    })
    return new SqliteEngineOfServer(database)
  } catch (error) {
    throw databaseError(error)
  }
}

/** Makes the file with its permissions before SQLite does; its `-wal` and `-shm` get the same ones. */
async function prepareFile(path: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  const file = await open(path, 'a', 0o600)
  try {
    const { mode } = await file.stat()
    if (process.platform !== 'win32' && (mode & 0o077) !== 0) await file.chmod(0o600)
  } finally {
    await file.close()
  }
}

async function migrateSqlite(database: OpenDatabase, now: number): Promise<void> {
  if (versionOf(database) === SERVER_MIGRATIONS.length) return
  database.exec('BEGIN IMMEDIATE')
  try {
    // Another process may have done it while we waited for the lock
    const version = versionOf(database)
    if (version === 0) database.exec(`PRAGMA application_id=${SERVER_APPLICATION_ID}`)
    const run = async (sql: string): Promise<[]> => {
      database.exec(sql)
      return []
    }
    await migrateServer(run, version, now, { text: 'text' })
    database.exec('COMMIT')
  } catch (error) {
    database.exec('ROLLBACK')
    throw error
  }
}

/** The schema the file has, 0 when it is new. */
function versionOf(database: OpenDatabase): number {
  const [owner] = rows<{ application_id: number }>(database, 'PRAGMA application_id')
  if (owner?.application_id !== SERVER_APPLICATION_ID) {
    const tables = rows(database, 'select name from sqlite_master limit 1')
    if (owner?.application_id === 0 && tables.length === 0) return 0
    throw new HostError('store', FOREIGN_DATABASE)
  }
  const [newest] = rows<{ version: number | null }>(database, 'select max(version) as version from cpmft_schema')
  const version = newest?.version ?? 0
  checkVersion(version)
  return version
}

function rows<Row>(database: OpenDatabase, sql: string): Row[] {
  return database.prepare(sql).all([]) as Row[]
}
