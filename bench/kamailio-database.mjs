import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openDatabase } from '../dist/node/index.js'

/** SQLite under Kamailio, as its packages for Debian lay it out. */
const TABLES = '/usr/share/kamailio/db_sqlite'
const LIBRARIES = '/usr/lib'

/** Whether Kamailio can use SQLite here (Debian: `kamailio-sqlite-modules`). */
export function hasKamailioDatabase() {
  if (!existsSync(join(TABLES, 'usrloc-create.sql'))) return false
  const isThere = folder => existsSync(join(LIBRARIES, folder, 'kamailio/modules/db_sqlite.so'))
  return readdirSync(LIBRARIES).some(isThere)
}

/** Makes the file with its users. The log is written ahead as the server does it; otherwise its processes would wait for one another. */
export function makeKamailioDatabase(path, { users, domain, password }) {
  const database = openDatabase(path, 1000)
  database.exec('PRAGMA journal_mode=WAL')
  for (const name of ['standard', 'usrloc', 'auth_db']) database.exec(readFileSync(join(TABLES, `${name}-create.sql`), 'utf8'))
  const ha1 = user => createHash('md5').update(`${user}:${domain}:${password}`).digest('hex')
  const rows = users.map(user => `('${user}', '${domain}', '${ha1(user)}')`)
  database.exec(`insert into subscriber (username, domain, ha1) values ${rows.join(', ')}`)
  database.close()
}
