import type { Binding, BindingTable } from './database.js'
import { addressKey } from './address-key.js'
import type { DatabaseEngine, DirectSql, Tables } from './database-engine.js'
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
    const living = (rows: readonly BindingRow[]): Binding[] => rows.filter(({ expires }) => expires > now).map(readBinding)
    const { direct } = this.#engine
    if (direct !== undefined) return direct.read(sql => living(sql.all(SELECT, [key])))
    return this.#engine.read(async db => living(await rowsOf(db, key)))
  }

  update<Result>(
    aor: string,
    now: number,
    change: (bindings: readonly Binding[]) => { readonly bindings: readonly Binding[]; readonly result: Result },
  ): Promise<Result> {
    const key = addressKey(aor)
    const decide = (rows: readonly BindingRow[]): Decision<Result> => {
      const { bindings, result } = called(() => change(rows.filter(({ expires }) => expires > now).map(readBinding)))
      const wanted = bindings.map(binding => bindingRow(key, binding))
      return { result, changes: changesOf(rows, wanted), isNews: isNews(rows, wanted, now) }
    }
    const { direct } = this.#engine
    // A power cut may lose the last registrations: devices come again
    if (direct !== undefined) return direct.write(sql => updateNow(sql, key, decide))
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

/** What an update comes to. */
interface Decision<Result> {
  readonly result: Result
  readonly changes: Changes
  readonly isNews: boolean
}

interface Changes {
  readonly added: readonly BindingRow[]
  /** New rows by the `seq` of those whose place they take. */
  readonly replaced: readonly (readonly [seq: number, row: BindingRow])[]
  /** Values of `seq`. */
  readonly gone: readonly number[]
}

/** Rows that stay the same are not written; changed ones take the place of those that go and become the newest. */
function changesOf(rows: readonly BindingRow[], wanted: readonly NewRow[]): Changes {
  const left = new Map<string, BindingRow[]>()
  for (const row of rows) {
    const content = contentOf(row)
    left.set(content, [...(left.get(content) ?? []), row])
  }
  const changed = wanted.filter(row => left.get(contentOf(row))?.shift() === undefined)
  const free = [...left.values()].flat().map(row => row.seq)
  const newest = Math.max(0, ...rows.map(row => row.seq))
  // the newest refreshed stays the newest: a new number would move it in every index
  const first = changed.length === 1 && free.length === 1 && free[0] === newest ? newest : newest + 1
  const written = changed.map((row, index) => ({ ...row, seq: first + index }))
  return {
    added: written.slice(free.length),
    replaced: written.slice(0, free.length).map((row, index) => [free[index] as number, row] as const),
    gone: free.slice(changed.length),
  }
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
const KEPT = COLUMNS.filter(name => !(REFRESHED as readonly string[]).includes(name))
const INSERT = `insert into bindings (${COLUMNS.join(', ')}) values (${COLUMNS.map(() => '?').join(', ')})`
const DELETE = 'delete from bindings where aor = ? and seq = ?'

/** The same in statements that SQLite carries out at once. */
function updateNow<Result>(sql: DirectSql, key: string, decide: (rows: readonly BindingRow[]) => Decision<Result>): Result {
  const rows = sql.all<BindingRow>(SELECT, [key])
  const { result, changes, isNews } = decide(rows)
  const valuesOf = (row: BindingRow): unknown[] => COLUMNS.map(name => row[name])
  for (const [seq, row] of changes.replaced) {
    const before = rows.find(known => known.seq === seq) as BindingRow
    if (KEPT.every(name => before[name] === row[name])) sql.run(REFRESH, [row.call_id, row.cseq, row.expires, key, seq])
    else sql.run(UPDATE, [...valuesOf(row), key, seq])
  }
  for (const row of changes.added) sql.run(INSERT, valuesOf(row))
  for (const seq of changes.gone) sql.run(DELETE, [key, seq])
  if (isNews) sql.tell(key)
  return result
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
