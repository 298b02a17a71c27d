import type { User, UserTable } from './database.js'
import { addressKey } from './address-key.js'
import type { DatabaseEngine, DirectAccess } from './database-engine.js'
import { isDuplicate } from './database-errors.js'
import type { UserRow } from './database-schema.js'
import { CACHED_USERS, DATABASE_PAGE } from './limits.js'
import { RowCache } from './row-cache.js'
import { storableOptional, storableText } from './storable-text.js'
import { HostError } from '../node/index.js'

/** Users in SQL. */
export class SqlUserTable implements UserTable {
  readonly #engine: DatabaseEngine
  /** By realm and name. */
  readonly #cache: RowCache<User> | undefined

  constructor(engine: DatabaseEngine) {
    this.#engine = engine
    this.#cache = engine.direct && new RowCache(engine.direct, CACHED_USERS)
  }

  get(aor: string): Promise<User | undefined> {
    return this.#engine.read(async db => {
      const row = await db.selectFrom('users').selectAll().where('aor', '=', addressKey(aor)).executeTakeFirst()
      return row === undefined ? undefined : readUser(row)
    })
  }

  byName(realm: string, username: string): Promise<User | undefined> {
    const { direct } = this.#engine
    if (direct !== undefined) return this.#byNameNow(direct, storableText(realm), storableText(username))
    return this.#engine.read(async db => {
      const found = db
        .selectFrom('users')
        .selectAll()
        .where('realm', '=', storableText(realm))
        .where('username', '=', storableText(username))
      const row = await found.executeTakeFirst()
      return row === undefined ? undefined : readUser(row)
    })
  }

  #byNameNow(direct: DirectAccess, realm: string, username: string): Promise<User | undefined> {
    // no realm holds a line break, and no name of a request
    const key = `${realm}\n${username}`
    const known = this.#cache?.get(key)
    if (known !== undefined) return Promise.resolve(known)
    return direct.read(sql => {
      const [row] = sql.all<UserRow>('select * from users where realm = ? and username = ?', [realm, username])
      const user = row && readUser(row)
      // names that nobody has are without number
      if (user !== undefined) this.#cache?.set(key, user)
      return user
    })
  }

  list({ after, limit = DATABASE_PAGE }: { readonly after?: string; readonly limit?: number } = {}): Promise<User[]> {
    return this.#engine.read(async db => {
      const rows = await db
        .selectFrom('users')
        .selectAll()
        .$if(after !== undefined, query => query.where('aor', '>', addressKey(after as string)))
        .orderBy('aor')
        .limit(limit)
        .execute()
      return rows.map(readUser)
    })
  }

  put(user: User): Promise<void> {
    const row = userRow(user)
    return this.#engine.write(async db => {
      const others = db.selectFrom('users').select('address').where('realm', '=', row.realm).where('username', '=', row.username)
      const other = await others.where('aor', '!=', row.aor).executeTakeFirst()
      if (other !== undefined) throw nameTaken(other.address)
      try {
        await db
          .insertInto('users')
          .values(row)
          .onConflict(conflict => conflict.column('aor').doUpdateSet(row))
          .execute()
      } catch (error) {
        // Somebody else was quicker
        throw isDuplicate(error) ? nameTaken('another user') : error
      }
    })
  }

  remove(aor: string): Promise<boolean> {
    return this.#engine.write(async db => {
      const { numDeletedRows } = await db.deleteFrom('users').where('aor', '=', addressKey(aor)).executeTakeFirstOrThrow()
      return numDeletedRows > 0n
    })
  }
}

function nameTaken(whom: string): HostError {
  return new HostError('store', `This digest user name belongs to ${whom} already.`)
}

function userRow(user: User): UserRow {
  return {
    aor: addressKey(user.aor),
    address: storableText(user.aor),
    username: storableText(user.username),
    realm: storableText(user.realm),
    display_name: storableOptional(user.displayName),
    md5: user.ha1.md5,
    sha256: user.ha1['sha-256'],
    sha512_256: user.ha1['sha-512-256'],
    created: Math.trunc(user.created),
  }
}

function readUser(row: UserRow): User {
  return {
    aor: row.address,
    username: row.username,
    realm: row.realm,
    ...(row.display_name !== null && { displayName: row.display_name }),
    ha1: { md5: row.md5, 'sha-256': row.sha256, 'sha-512-256': row.sha512_256 },
    created: row.created,
  }
}
