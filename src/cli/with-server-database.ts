import { access } from 'node:fs/promises'
import type { OpenedServerDatabase } from '../server/index.js'
import type { CommandScope } from './run-command.js'
import { UsageError } from './usage-error.js'

/** Options of every command that works on the database of a server. */
export interface DatabaseOptions {
  /** Folder of the server. */
  readonly data?: string
  /** `postgres://…` in place of the file in that folder. */
  readonly database?: string
}

/**
 * Opens the database that a server with these options has, which may be running, and closes it after `work`. Only a command that adds
 * something makes a database where there is none. `realm` is that of the server's passwords, when it is configured. @throws UsageError, ConfigError, HostError
 */
export async function withServerDatabase<T>(
  { context, view, stop }: CommandScope,
  options: DatabaseOptions & { readonly adds: boolean },
  work: (database: OpenedServerDatabase, realm: string | undefined) => Promise<T>,
): Promise<T> {
  const server = await import('../server/index.js')
  const { env, home } = context
  const { values } = await server.loadServerConfig({ env, home, flags: { data: options.data, database: options.database } })
  if (options.database !== undefined && namesPassword(options.database))
    view.note('Others on this machine can see the password in --database: CPMFT_SERVER_DATABASE, PGPASSWORD or ~/.pgpass hide it.')
  // A folder that is named counts more than a database that is configured
  const url = options.data === undefined || options.database !== undefined ? values.database : undefined
  if (url !== undefined && !server.isPostgresUrl(url))
    throw new UsageError('The database is no PostgreSQL URL.', 'Write it like postgres://user@host/database, or name a folder with --data.')
  const path = server.serverDatabasePath(values.data ?? server.serverDataFolder({ env, home }))
  if (url === undefined && !options.adds) await mustBeThere(path)
  const database = await stop.race(server.openServerDatabase(url ?? path, { date: () => context.date(), news: false })).catch(error => {
    throw withHint(
      error,
      url === undefined ? 'Check the folder: --data names another one.' : 'Check --database and whether PostgreSQL runs.',
    )
  })
  try {
    return await work(database, values.domain?.[0])
  } finally {
    await database.close()
  }
}

async function mustBeThere(path: string): Promise<void> {
  await access(path).catch(() => {
    throw new UsageError(
      `There is no database of a server at ${path}.`,
      'Name the folder of the server with --data; cpmft server, user add and group create make one.',
    )
  })
}

/** `postgres://user:password@host/…` or `?password=…` */
function namesPassword(url: string): boolean {
  return /^[a-z]+:\/\/[^/?#@]*:[^/?#@]+@/i.test(url) || /[?&]password=/i.test(url)
}

/** What to do next, beside what happened. */
function withHint(error: unknown, hint: string): unknown {
  return error instanceof Error && error.name === 'HostError' ? Object.assign(error, { hint }) : error
}
