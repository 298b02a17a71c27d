import { addressKey } from './address-key.js'
import type { DatabaseEngine } from './database-engine.js'
import type { ConferenceRow } from './database-schema.js'
import type { ConferenceOwner, ConferenceTable } from './deposit-types.js'

/** Conferences in SQL. */
export class SqlConferenceTable implements ConferenceTable {
  readonly #engine: DatabaseEngine

  constructor(engine: DatabaseEngine) {
    this.#engine = engine
  }

  claim(wanted: ConferenceOwner, aliveSince: number): Promise<ConferenceOwner> {
    const row = { ...wanted, uri: addressKey(wanted.uri), created: Math.trunc(wanted.created) }
    return this.#engine.write(
      async db => {
        const owner = await db
          .selectFrom('conferences')
          .leftJoin('nodes', 'nodes.id', 'conferences.node')
          .select(['uri', 'node', 'creator', 'created', 'heartbeat'])
          .where('uri', '=', row.uri)
          .executeTakeFirst()
        if (owner !== undefined && (owner.node === row.node || (owner.heartbeat !== null && owner.heartbeat >= aliveSince)))
          return readOwner(owner)
        await db
          .insertInto('conferences')
          .values(row)
          .onConflict(conflict => conflict.column('uri').doUpdateSet(row))
          .execute()
        return row
      },
      { lock: { kind: 'conference', key: row.uri } },
    )
  }

  get(uri: string): Promise<ConferenceOwner | undefined> {
    return this.#engine.read(async db => {
      const row = await db.selectFrom('conferences').selectAll().where('uri', '=', addressKey(uri)).executeTakeFirst()
      return row === undefined ? undefined : readOwner(row)
    })
  }

  ofNode(node: string): Promise<ConferenceOwner[]> {
    return this.#engine.read(async db => {
      const rows = await db.selectFrom('conferences').selectAll().where('node', '=', node).orderBy('uri').execute()
      return rows.map(readOwner)
    })
  }

  release(uri: string, node: string): Promise<boolean> {
    return this.#engine.write(async db => {
      const own = db.deleteFrom('conferences').where('uri', '=', addressKey(uri)).where('node', '=', node)
      return (await own.executeTakeFirstOrThrow()).numDeletedRows > 0n
    })
  }
}

/** Rows of `node:sqlite` have no prototype. */
function readOwner({ uri, node, creator, created }: ConferenceRow): ConferenceOwner {
  return { uri, node, creator, created }
}
