import { decodeGroups, encodeGroups, type GroupDefinition } from '../focus/index.js'
import { HostError } from '../node/index.js'
import { LocalProtocolError } from '../wire/index.js'
import type { GroupTable } from './database.js'
import { addressKey } from './address-key.js'
import type { DatabaseEngine, Tables } from './database-engine.js'
import { called } from './database-errors.js'
import type { GroupRow } from './database-schema.js'
import { CACHED_GROUPS } from './limits.js'
import { RowCache } from './row-cache.js'

/** Groups in SQL, each in its documented JSON form. */
export class SqlGroupTable implements GroupTable {
  readonly #engine: DatabaseEngine
  /** Also that an address is no group: each INVITE asks. */
  readonly #cache: RowCache<{ readonly group: GroupDefinition | undefined }> | undefined

  constructor(engine: DatabaseEngine) {
    this.#engine = engine
    this.#cache = engine.direct && new RowCache(engine.direct, CACHED_GROUPS)
  }

  get(uri: string): Promise<GroupDefinition | undefined> {
    const key = addressKey(uri)
    const { direct } = this.#engine
    const known = this.#cache?.get(key)
    if (known !== undefined) return Promise.resolve(known.group)
    if (direct !== undefined)
      return direct.read(sql => {
        const [row] = sql.all<GroupRow>('select * from groups where uri = ?', [key])
        const group = row && readGroup(row)
        this.#cache?.set(key, { group })
        return group
      })
    return this.#engine.read(db => find(db, key))
  }

  list(): Promise<GroupDefinition[]> {
    return this.#engine.read(async db => (await db.selectFrom('groups').selectAll().orderBy('uri').execute()).map(readGroup))
  }

  put(group: GroupDefinition): Promise<void> {
    return this.#engine.write(db => save(db, group), { lock: { kind: 'group', key: addressKey(group.uri) } })
  }

  remove(uri: string): Promise<boolean> {
    const key = addressKey(uri)
    return this.#engine.write(
      async db => (await db.deleteFrom('groups').where('uri', '=', key).executeTakeFirstOrThrow()).numDeletedRows > 0n,
      { lock: { kind: 'group', key } },
    )
  }

  /** Reads, lets `change` decide and writes what it gives, as one transaction; nothing is written when it throws or gives the same group. */
  change(uri: string, change: (group: GroupDefinition | undefined) => GroupDefinition): Promise<GroupDefinition> {
    const key = addressKey(uri)
    return this.#engine.write(
      async db => {
        const before = await find(db, key)
        const after = called(() => change(before))
        if (after !== before) await save(db, after)
        return after
      },
      { lock: { kind: 'group', key } },
    )
  }
}

async function find(db: Tables, key: string): Promise<GroupDefinition | undefined> {
  const row = await db.selectFrom('groups').selectAll().where('uri', '=', key).executeTakeFirst()
  return row === undefined ? undefined : readGroup(row)
}

async function save(db: Tables, group: GroupDefinition): Promise<void> {
  const row = { uri: addressKey(group.uri), definition: encodeGroups([group]) }
  await db
    .insertInto('groups')
    .values(row)
    .onConflict(conflict => conflict.column('uri').doUpdateSet(row))
    .execute()
}

function readGroup({ uri, definition }: GroupRow): GroupDefinition {
  try {
    const [group] = decodeGroups(definition)
    if (group !== undefined) return group
  } catch (error) {
    if (!(error instanceof LocalProtocolError)) throw error
  }
  throw new HostError('store', `The group ${uri} in the database is damaged: remove it and import it again.`)
}
