import { join } from 'node:path'
import type { GroupDefinition } from '../focus/index.js'
import { type ConfigPlace, configFolders, type SqliteEngine } from '../node/index.js'
import type { GroupTable, ServerDatabase } from './database.js'
import type { DatabaseEngine, DatabaseNews } from './database-engine.js'
import type { ConferenceTable, DepositTable, NodeTable } from './deposit-types.js'

/** All tables of the server. */
export interface OpenedServerDatabase extends ServerDatabase {
  readonly kind: 'sqlite' | 'postgres'
  readonly groups: ChangeableGroupTable
  readonly deposits: DepositTable
  readonly nodes: NodeTable
  readonly conferences: ConferenceTable
  readonly secrets: SecretTable
  readonly news: DatabaseNews
}

/** What all servers of one database know and nobody else. */
export interface SecretTable {
  /** The secret of this name; `fresh` from now on when there was none. */
  get(name: string, fresh: Uint8Array): Promise<Uint8Array>
}

export interface ChangeableGroupTable extends GroupTable {
  /**
   * Reads a group, lets `change` decide and writes what it gives, as one transaction: two changes of one group never mix. What `change`
   * throws is handed on, and nothing was written.
   */
  change(uri: string, change: (group: GroupDefinition | undefined) => GroupDefinition): Promise<GroupDefinition>
}

export interface OpenServerDatabaseOptions {
  /** Of SQLite; default: `node:sqlite` where the runtime has it, else `libsql`. */
  readonly engine?: SqliteEngine
  /** Wall clock, milliseconds since 1970. */
  readonly date?: () => number
  /** False: `news` has nothing to tell of other nodes, and PostgreSQL needs no connection for it. Default: true. */
  readonly news?: boolean
}

/** What is at the end of the data folder. */
const FILE = 'server.db'

/**
 * Opens the database of the server and brings its tables up to date: a file path for SQLite, made with its folder when it is not there, or a
 * URL `postgres://user:password@host:port/database`. Several processes may have it open at once.
 * Rejects with `HostError('store')`: not reachable, no permission, written by a newer version, of another program.
 */
export async function openServerDatabase(place: string, options: OpenServerDatabaseOptions = {}): Promise<OpenedServerDatabase> {
  const date = options.date ?? Date.now
  if (isPostgresUrl(place)) {
    const { openPostgresEngine } = await import('./database-postgres.js')
    return tablesOf(await openPostgresEngine(place, date, options.news ?? true))
  }
  const { openSqliteEngine } = await import('./database-sqlite.js')
  return tablesOf(await openSqliteEngine(place, { date, ...(options.engine !== undefined && { engine: options.engine }) }))
}

export function isPostgresUrl(place: string): boolean {
  return /^postgres(?:ql)?:\/\//i.test(place)
}

/** `$XDG_STATE_HOME/cpmft/server`, or where the platform keeps such things. */
export function serverDataFolder(place: ConfigPlace = {}): string {
  return join(configFolders(place).state, 'server')
}

/** The database file of a data folder. */
export function serverDatabasePath(folder: string): string {
  return join(folder, FILE)
}

/** The tables over an engine, which closes with them. */
export async function tablesOf(engine: DatabaseEngine): Promise<OpenedServerDatabase> {
  const [user, binding, group, deposit, node, conference, secret] = await Promise.all([
    import('./user-table.js'),
    import('./binding-table.js'),
    import('./group-table.js'),
    import('./deposit-table.js'),
    import('./node-table.js'),
    import('./conference-owner-table.js'),
    import('./node-secret-table.js'),
  ])
  return {
    kind: engine.kind,
    users: new user.SqlUserTable(engine),
    bindings: new binding.SqlBindingTable(engine),
    groups: new group.SqlGroupTable(engine),
    deposits: new deposit.SqlDepositTable(engine),
    nodes: new node.SqlNodeTable(engine),
    conferences: new conference.SqlConferenceTable(engine),
    secrets: new secret.SqlSecretTable(engine),
    news: engine.news,
    close: () => engine.close(),
  }
}
