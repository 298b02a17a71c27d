import type { DatabaseEngine } from './database-engine.js'
import type { SecretTable } from './open-server-database.js'

/** Secrets in SQL, beside the hashes of passwords: whoever reads these tables is the server anyway. */
export class SqlSecretTable implements SecretTable {
  readonly #engine: DatabaseEngine

  constructor(engine: DatabaseEngine) {
    this.#engine = engine
  }

  get(name: string, fresh: Uint8Array): Promise<Uint8Array> {
    const row = { name, value: Buffer.from(fresh).toString('base64') }
    return this.#engine.write(async db => {
      await db
        .insertInto('secrets')
        .values(row)
        .onConflict(conflict => conflict.column('name').doNothing())
        .execute()
      const { value } = await db.selectFrom('secrets').select('value').where('name', '=', name).executeTakeFirstOrThrow()
      return new Uint8Array(Buffer.from(value, 'base64'))
    })
  }
}
