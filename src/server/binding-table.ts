import type { Binding, BindingTable } from './database.js'
import { addressKey } from './address-key.js'
import type { DatabaseEngine, Tables } from './database-engine.js'
import { called } from './database-errors.js'
import type { BindingRow } from './database-schema.js'
import { storableOptional, storableText } from './storable-text.js'

/** Bindings in SQL. */
export class SqlBindingTable implements BindingTable {
  readonly #engine: DatabaseEngine

  constructor(engine: DatabaseEngine) {
    this.#engine = engine
  }

  of(aor: string, now: number): Promise<Binding[]> {
    const key = addressKey(aor)
    return this.#engine.read(async db => (await rowsOf(db, key)).filter(({ expires }) => expires > now).map(readBinding))
  }

  update<Result>(
    aor: string,
    now: number,
    change: (bindings: readonly Binding[]) => { readonly bindings: readonly Binding[]; readonly result: Result },
  ): Promise<Result> {
    const key = addressKey(aor)
    const lock = { kind: 'binding', key } as const
    // A power cut may lose the last registrations: devices come again
    return this.#engine.write(
      async db => {
        const rows = await rowsOf(db, key)
        const { bindings, result } = called(() => change(rows.filter(({ expires }) => expires > now).map(readBinding)))
        const wanted = bindings.map(binding => bindingRow(key, binding))
        await replace(db, key, rows, wanted)
        if (isNews(rows, wanted, now)) await this.#engine.tell(db, key)
        return result
      },
      { durable: false, lock },
    )
  }

  async dropFlow(node: string, flow?: string): Promise<void> {
    await this.#engine.write(
      db =>
        db
          .deleteFrom('bindings')
          .where('node', '=', node)
          .$if(flow !== undefined, query => query.where('flow', '=', flow as string))
          .execute(),
      { durable: false },
    )
  }

  sweep(now: number): Promise<number> {
    return this.#engine.write(
      async db => Number((await db.deleteFrom('bindings').where('expires', '<', now).executeTakeFirstOrThrow()).numDeletedRows),
      { durable: false },
    )
  }

  count(now: number): Promise<number> {
    return this.#engine.read(async db => {
      const living = db.selectFrom('bindings').where('expires', '>', now)
      const { count } = await living.select(query => query.fn.countAll<number>().as('count')).executeTakeFirstOrThrow()
      return Number(count)
    })
  }
}

/** Best first: by the wish of the devices, then what registered last (RFC 3261 §16.6, RFC 5626 §6). */
function rowsOf(db: Tables, key: string): Promise<BindingRow[]> {
  return db.selectFrom('bindings').selectAll().where('aor', '=', key).orderBy('q', 'desc').orderBy('seq', 'desc').execute()
}

type NewRow = Omit<BindingRow, 'seq'>

/** Rows that stay the same are not written; changed ones take the place of those that go and become the newest. */
async function replace(db: Tables, key: string, rows: readonly BindingRow[], wanted: readonly NewRow[]): Promise<void> {
  const left = new Map<string, BindingRow[]>()
  for (const row of rows) {
    const content = contentOf(row)
    left.set(content, [...(left.get(content) ?? []), row])
  }
  const changed = wanted.filter(row => left.get(contentOf(row))?.shift() === undefined)
  const free = [...left.values()].flat()
  let seq = Math.max(0, ...rows.map(row => row.seq))
  for (const [index, row] of changed.entries()) {
    const place = free[index]
    seq++
    if (place === undefined)
      await db
        .insertInto('bindings')
        .values({ ...row, seq })
        .execute()
    else
      await db
        .updateTable('bindings')
        .set({ ...row, seq })
        .where('aor', '=', key)
        .where('seq', '=', place.seq)
        .execute()
  }
  const gone = free.slice(changed.length).map(row => row.seq)
  if (gone.length > 0) await db.deleteFrom('bindings').where('aor', '=', key).where('seq', 'in', gone).execute()
}

/** Is there a new way to the person, or one less? Mere refreshes are none: NOTIFY makes commits of PostgreSQL wait for one another. */
function isNews(rows: readonly BindingRow[], wanted: readonly NewRow[], now: number): boolean {
  const before = new Set(rows.filter(({ expires }) => expires > now).map(wayOf))
  const after = new Set(wanted.map(wayOf))
  return before.size !== after.size || [...after].some(way => !before.has(way))
}

function wayOf({ contact, path, node, flow }: NewRow): string {
  return JSON.stringify([contact, path, node, flow])
}

function contentOf(row: NewRow): string {
  const { contact, parameters, instance, reg_id, call_id, cseq, q, expires, path, node, flow, user_agent } = row
  return JSON.stringify([contact, parameters, instance, reg_id, call_id, cseq, q, expires, path, node, flow, user_agent])
}

function bindingRow(key: string, binding: Binding): NewRow {
  return {
    aor: key,
    contact: storableText(binding.contact),
    parameters: storableText(binding.parameters),
    instance: storableOptional(binding.instance),
    reg_id: binding.regId ?? null,
    call_id: storableText(binding.callId),
    cseq: binding.cseq,
    q: binding.q,
    expires: Math.trunc(binding.expires),
    path: storableText(JSON.stringify(binding.path)),
    node: storableOptional(binding.node),
    flow: storableOptional(binding.flow),
    user_agent: storableOptional(binding.userAgent),
  }
}

function readBinding(row: BindingRow): Binding {
  return {
    aor: row.aor,
    contact: row.contact,
    parameters: row.parameters,
    ...(row.instance !== null && { instance: row.instance }),
    ...(row.reg_id !== null && { regId: row.reg_id }),
    callId: row.call_id,
    cseq: row.cseq,
    q: row.q,
    expires: row.expires,
    path: JSON.parse(row.path) as string[],
    ...(row.node !== null && { node: row.node }),
    ...(row.flow !== null && { flow: row.flow }),
    ...(row.user_agent !== null && { userAgent: row.user_agent }),
  }
}
