import { addressKey } from './address-key.js'
import type { DatabaseEngine } from './database-engine.js'
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
          return { uri: owner.uri, node: owner.node, creator: owner.creator, created: owner.created }
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
    return this.#engine.read(db => db.selectFrom('conferences').selectAll().where('uri', '=', addressKey(uri)).executeTakeFirst())
  }

  ofNode(node: string): Promise<ConferenceOwner[]> {
    return this.#engine.read(db => db.selectFrom('conferences').selectAll().where('node', '=', node).orderBy('uri').execute())
  }

  release(uri: string, node: string): Promise<boolean> {
    return this.#engine.write(async db => {
      const own = db.deleteFrom('conferences').where('uri', '=', addressKey(uri)).where('node', '=', node)
      return (await own.executeTakeFirstOrThrow()).numDeletedRows > 0n
    })
  }
}
