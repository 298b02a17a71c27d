import { randomBytes } from 'node:crypto'
import { chmod, mkdir, open, rename, stat } from 'node:fs/promises'
import { basename, dirname } from 'node:path'
import { HostError, type Store } from '../client/index.js'
import { systemCode } from './host-errors.js'
import { STORE_BLOCK } from './limits.js'
import { type OpenDatabase, openDatabase, SQLITE_CORRUPT, SQLITE_NOTADB, type SqliteEngine, sqliteCode } from './sqlite-database.js'
import { retryBusy, storeError } from './store-errors.js'
import { migrate } from './store-migrations.js'

export interface OpenStoreOptions {
  /** Default: `node:sqlite` where the runtime has it, else `libsql`. */
  readonly engine?: SqliteEngine
  /** Wall clock, milliseconds since 1970. */
  readonly date?: () => number
}

/** A store in a file. */
export interface OpenedStore extends Store {
  /** One sentence for the user when the file was damaged and a new one was begun; undefined when all is well. */
  readonly notice: string | undefined
}

/**
 * Opens the store in the SQLite file `path`; makes the file (0600) and its folder (0700) when they are not there. Several processes may have it
 * open at once. A damaged file is kept as `<path>.corrupt-<date>` and a fresh store takes its place.
 * Rejects with `HostError('store')`: no permission, no disk space, a store of a newer version, a database of another program, no engine.
 */
export async function openStore(path: string, options: OpenStoreOptions = {}): Promise<OpenedStore> {
  const date = options.date ?? Date.now
  try {
    const inode = await prepareFile(path)
    let notice: string | undefined
    let database: OpenDatabase
    try {
      database = await openChecked(path, options.engine, date)
    } catch (error) {
      if (!isDamage(error)) throw error
      notice = await moveAside(path, inode, date())
      await prepareFile(path)
      database = await openChecked(path, options.engine, date)
    }
    // The query library is large: a program without a store does not wait for it
    const { SqliteStore } = await import('./sqlite-store.js')
    return new SqliteStore(database, notice)
  } catch (error) {
    throw storeError(error)
  }
}

/** Makes the file with its permissions before SQLite does; its `-wal` and `-shm` get the same ones. Gives its inode. */
async function prepareFile(path: string): Promise<bigint> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  // 'a' leaves what is there alone
  const file = await open(path, 'a', 0o600)
  try {
    const { mode, ino } = await file.stat({ bigint: true })
    if (process.platform !== 'win32' && (mode & 0o077n) !== 0n) await file.chmod(0o600)
    return ino
  } finally {
    await file.close()
  }
}

async function openChecked(path: string, engine: SqliteEngine | undefined, date: () => number): Promise<OpenDatabase> {
  return retryBusy(async () => {
    const database = openDatabase(path, STORE_BLOCK, engine)
    try {
      // fullfsync: on macOS a plain fsync leaves the octets in the drive
      database.exec('PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; PRAGMA fullfsync=ON; PRAGMA foreign_keys=ON')
      const [first] = database.prepare('PRAGMA quick_check(1)').all([]) as { readonly quick_check: string }[]
      if (first?.quick_check !== 'ok') throw new DamageError()
      migrate(database, date())
      return database
    } catch (error) {
      database.close()
      throw error
    }
  })
}

class DamageError extends Error {}

function isDamage(error: unknown): boolean {
  const code = sqliteCode(error)
  return error instanceof DamageError || code === SQLITE_CORRUPT || code === SQLITE_NOTADB
}

/**
 * Keeps the damaged file for whoever can save something from it. The log goes first: left behind, it would be replayed into the new file.
 * Another process may have done all this a moment ago: then the file is not the one that was found damaged, and stays.
 */
async function moveAside(path: string, inode: bigint, now: number): Promise<string> {
  const { ino } = await stat(path, { bigint: true }).catch(() => ({ ino: undefined }))
  if (ino !== inode) return 'The record of transfers was damaged; another process has begun a new one.'
  const day = new Date(now).toISOString().slice(0, 19).replaceAll(':', '-')
  let aside = `${path}.corrupt-${day}`
  if ((await stat(aside).catch(() => undefined)) !== undefined) aside += `-${randomBytes(3).toString('hex')}`
  for (const suffix of ['-wal', '-shm', '']) {
    try {
      await rename(path + suffix, aside + suffix)
      if (process.platform !== 'win32') await chmod(aside + suffix, 0o600)
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') throw new HostError('store', `The damaged file cannot be set aside (${systemCode(error)}).`)
    }
  }
  return `The record of transfers was damaged. It was kept as ${basename(aside)} and a new one was begun.`
}
