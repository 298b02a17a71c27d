import type { DatabaseEngine } from './database-engine.js'
import type { NodeRow } from './database-schema.js'
import type { NodeTable, ServerNode } from './deposit-types.js'

/** Nodes in SQL. */
export class SqlNodeTable implements NodeTable {
  readonly #engine: DatabaseEngine

  constructor(engine: DatabaseEngine) {
    this.#engine = engine
  }

  async beat({ id, address, heartbeat }: ServerNode): Promise<void> {
    const row = { id, address, heartbeat: Math.trunc(heartbeat) }
    await this.#engine.write(
      db =>
        db
          .insertInto('nodes')
          .values(row)
          .onConflict(conflict => conflict.column('id').doUpdateSet(row))
          .execute(),
      { durable: false, lock: { kind: 'node', key: id } },
    )
  }

  get(id: string): Promise<ServerNode | undefined> {
    return this.#engine.read(async db => {
      const row = await db.selectFrom('nodes').selectAll().where('id', '=', id).executeTakeFirst()
      return row === undefined ? undefined : readNode(row)
    })
  }

  alive(since: number): Promise<ServerNode[]> {
    return this.#engine.read(async db => {
      const rows = await db.selectFrom('nodes').selectAll().where('heartbeat', '>=', since).orderBy('id').execute()
      return rows.map(readNode)
    })
  }

  dead(since: number): Promise<ServerNode[]> {
    return this.#engine.read(async db => {
      const rows = await db.selectFrom('nodes').selectAll().where('heartbeat', '<', since).orderBy('id').execute()
      return rows.map(readNode)
    })
  }

  async remove(id: string): Promise<void> {
    await this.#engine.write(
      async db => {
        await db.deleteFrom('bindings').where('node', '=', id).execute()
        await db.deleteFrom('conferences').where('node', '=', id).execute()
        await db.deleteFrom('nodes').where('id', '=', id).execute()
      },
      { lock: { kind: 'node', key: id } },
    )
  }
}

/** Rows of `node:sqlite` have no prototype. */
function readNode({ id, address, heartbeat }: NodeRow): ServerNode {
  return { id, address, heartbeat }
}
