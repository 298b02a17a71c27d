import type { Binding, BindingTable } from './database.js'
import { addressKey } from './address-key.js'
import { bindingRow, type Changes, changesOf, isNews, isRefresh, readBinding, rowsAfter } from './binding-row.js'
import type { DatabaseEngine, DirectSql, Tables } from './database-engine.js'
import { called } from './database-errors.js'
import type { BindingRow } from './database-schema.js'
import { CACHED_ADDRESSES } from './limits.js'
import { RowCache } from './row-cache.js'

type Change<Result> = (bindings: readonly Binding[]) => { readonly bindings: readonly Binding[]; readonly result: Result }

/** Bindings in SQL. */
export class SqlBindingTable implements BindingTable {
  readonly #engine: DatabaseEngine
  /** Rows by address, best first. */
  readonly #cache: RowCache<readonly BindingRow[]> | undefined

  constructor(engine: DatabaseEngine) {
    this.#engine = engine
    this.#cache = engine.direct && new RowCache(engine.direct, CACHED_ADDRESSES)
  }

  of(aor: string, now: number): Promise<Binding[]> {
    const key = addressKey(aor)
    const living = (rows: readonly BindingRow[]): Binding[] => rows.filter(({ expires }) => expires > now).map(readBinding)
    const { direct } = this.#engine
    if (direct === undefined) return this.#engine.read(async db => living(await rowsOf(db, key)))
    const known = this.#cache?.get(key)
    return known === undefined ? direct.read(sql => living(this.#rowsNow(sql, key))) : Promise.resolve(living(known))
  }

  update<Result>(aor: string, now: number, change: Change<Result>): Promise<Result> {
    const key = addressKey(aor)
    const decide = (rows: readonly BindingRow[]): Decision<Result> => {
      const { bindings, result } = called(() => change(rows.filter(({ expires }) => expires > now).map(readBinding)))
      const wanted = bindings.map(binding => bindingRow(key, binding))
      return { result, changes: changesOf(rows, wanted), isNews: isNews(rows, wanted, now) }
    }
    const { direct } = this.#engine
    // A power cut may lose the last registrations: devices come again
    if (direct !== undefined) return direct.write(sql => this.#updateNow(sql, key, decide))
    return this.#engine.write(
      async db => {
        const { result, changes, isNews } = decide(await rowsOf(db, key))
        await carryOut(db, key, changes)
        if (isNews) await this.#engine.tell(db, key)
        return result
      },
      { durable: false, lock: { kind: 'binding', key } },
    )
  }

  /** In statements that SQLite carries out at once. */
  #updateNow<Result>(sql: DirectSql, key: string, decide: (rows: readonly BindingRow[]) => Decision<Result>): Result {
    const rows = this.#cache?.get(key) ?? this.#rowsNow(sql, key)
    const { result, changes, isNews } = decide(rows)
    carryOutNow(sql, key, rows, changes)
    this.#cache?.set(key, rowsAfter(rows, changes))
    if (isNews) sql.tell(key)
    return result
  }

  #rowsNow(sql: Pick<DirectSql, 'all'>, key: string): readonly BindingRow[] {
    const rows = sql.all<BindingRow>(SELECT, [key])
    this.#cache?.set(key, rows)
    return rows
  }

  async dropFlow(node: string, flow?: string): Promise<void> {
    const { direct } = this.#engine
    // a connection less is no reason to forget all others
    if (direct !== undefined && flow !== undefined) return direct.write(sql => this.#dropFlowNow(sql, node, flow))
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

  #dropFlowNow(sql: DirectSql, node: string, flow: string): void {
    for (const { aor } of sql.all<{ readonly aor: string }>(DROP, [node, flow])) this.#cache?.forget(aor)
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

/** What an update comes to. */
interface Decision<Result> {
  readonly result: Result
  readonly changes: Changes
  readonly isNews: boolean
}

async function carryOut(db: Tables, key: string, { added, replaced, gone }: Changes): Promise<void> {
  for (const [seq, row] of replaced) await db.updateTable('bindings').set(row).where('aor', '=', key).where('seq', '=', seq).execute()
  if (added.length > 0) await db.insertInto('bindings').values(added).execute()
  if (gone.length > 0) await db.deleteFrom('bindings').where('aor', '=', key).where('seq', 'in', gone).execute()
}

const COLUMNS = [
  ...(['aor', 'seq', 'contact', 'parameters', 'instance', 'reg_id', 'call_id'] as const),
  ...(['cseq', 'q', 'expires', 'path', 'node', 'flow', 'user_agent'] as const),
] satisfies (keyof BindingRow)[]
const SELECT = 'select * from bindings where aor = ? order by q desc, seq desc'
const UPDATE = `update bindings set ${COLUMNS.map(name => `${name} = ?`).join(', ')} where aor = ? and seq = ?`
/** What a mere refresh changes. SQLite touches every index of a column that is named, whether its value is another or not. */
const REFRESHED = ['call_id', 'cseq', 'expires'] satisfies (keyof BindingRow)[]
const REFRESH = `update bindings set ${REFRESHED.map(name => `${name} = ?`).join(', ')} where aor = ? and seq = ?`
const INSERT = `insert into bindings (${COLUMNS.join(', ')}) values (${COLUMNS.map(() => '?').join(', ')})`
const DROP = 'delete from bindings where node = ? and flow = ? returning aor'
const DELETE = 'delete from bindings where aor = ? and seq = ?'

/** The same in statements that SQLite carries out at once. */
function carryOutNow(sql: DirectSql, key: string, rows: readonly BindingRow[], { added, replaced, gone }: Changes): void {
  const valuesOf = (row: BindingRow): unknown[] => COLUMNS.map(name => row[name])
  for (const [seq, row] of replaced) {
    const before = rows.find(known => known.seq === seq) as BindingRow
    if (row.seq === seq && isRefresh(before, row)) sql.run(REFRESH, [row.call_id, row.cseq, row.expires, key, seq])
    else sql.run(UPDATE, [...valuesOf(row), key, seq])
  }
  for (const row of added) sql.run(INSERT, valuesOf(row))
  for (const seq of gone) sql.run(DELETE, [key, seq])
}
