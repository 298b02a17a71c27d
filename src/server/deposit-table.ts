import { sql } from 'kysely'
import { addressKey } from './address-key.js'
import type { DatabaseEngine, Tables } from './database-engine.js'
import type { DepositRow } from './database-schema.js'
import { depositFileRow, depositRow, readDeposit } from './deposit-rows.js'
import type { Deposit, DepositOutcome, DepositTable, DueDeposits } from './deposit-types.js'
import { DATABASE_PAGE } from './limits.js'
import { storableOptional } from './storable-text.js'

const LIVING = ['waiting', 'delivering'] as const
const ENDED = ['done', 'failed', 'expired'] as const

/** Deposits in SQL. What changes several of one node holds the lock of that node. */
export class SqlDepositTable implements DepositTable {
  readonly #engine: DatabaseEngine

  constructor(engine: DatabaseEngine) {
    this.#engine = engine
  }

  add(deposit: Deposit): Promise<void> {
    return this.#ofNode(deposit.node, async db => {
      await db.insertInto('deposits').values(depositRow(deposit)).execute()
      const files = deposit.files.map((file, position) => depositFileRow(deposit.id, position, file))
      if (files.length > 0) await db.insertInto('deposit_files').values(files).execute()
    })
  }

  get(id: string): Promise<Deposit | undefined> {
    return this.#engine.read(async db => {
      const [deposit] = await withFiles(db, await db.selectFrom('deposits').selectAll().where('id', '=', id).execute())
      return deposit
    })
  }

  waitingFor(recipient: string): Promise<Deposit[]> {
    return this.#engine.read(async db => {
      const found = db.selectFrom('deposits').selectAll().where('recipient', '=', addressKey(recipient)).where('state', 'in', LIVING)
      return withFiles(db, await found.orderBy('created').orderBy('id').limit(DATABASE_PAGE).execute())
    })
  }

  claim({ node, now, recipient, limit = DATABASE_PAGE }: DueDeposits): Promise<Deposit[]> {
    return this.#ofNode(node, async db => {
      const due = await db
        .selectFrom('deposits')
        .selectAll()
        .where('node', '=', node)
        .where('state', '=', 'waiting')
        .where('expires', '>', now)
        .$if(recipient === undefined, query => query.where('next_attempt', '<=', now))
        .$if(recipient !== undefined, query => query.where('recipient', '=', addressKey(recipient as string)))
        .orderBy('created')
        .orderBy('id')
        .limit(limit)
        .execute()
      if (due.length === 0) return []
      await db
        .updateTable('deposits')
        .set(query => ({ state: 'delivering', attempts: query('attempts', '+', 1) }))
        .where(
          'id',
          'in',
          due.map(({ id }) => id),
        )
        .execute()
      return withFiles(
        db,
        due.map(row => ({ ...row, state: 'delivering', attempts: row.attempts + 1 })),
      )
    })
  }

  async finish(id: string, { state, nextAttempt, error, files }: DepositOutcome): Promise<string[]> {
    const known = await this.get(id)
    if (known === undefined) return []
    return this.#ofNode(known.node, async db => {
      const { numUpdatedRows } = await db
        .updateTable('deposits')
        .set({ state, error: storableOptional(error), ...(nextAttempt !== undefined && { next_attempt: Math.trunc(nextAttempt) }) })
        .where('id', '=', id)
        .where('state', '=', 'delivering')
        .executeTakeFirstOrThrow()
      if (numUpdatedRows === 0n) return []
      for (const [position, became] of files ?? [])
        await db.updateTable('deposit_files').set({ state: became }).where('deposit', '=', id).where('position', '=', position).execute()
      return state === 'waiting' ? [] : releaseSpool(db, known.node, [id])
    })
  }

  expire(node: string, now: number): Promise<{ readonly deposits: Deposit[]; readonly spool: string[] }> {
    return this.#ofNode(node, async db => {
      const late = db.selectFrom('deposits').selectAll().where('node', '=', node).where('state', '=', 'waiting').where('expires', '<=', now)
      const rows = await late.orderBy('created').limit(DATABASE_PAGE).execute()
      if (rows.length === 0) return { deposits: [], spool: [] }
      const ids = rows.map(({ id }) => id)
      const deposits = await withFiles(
        db,
        rows.map(row => ({ ...row, state: 'expired' })),
      )
      await db.updateTable('deposits').set({ state: 'expired' }).where('id', 'in', ids).execute()
      return { deposits, spool: await releaseSpool(db, node, ids) }
    })
  }

  recover(node: string, now: number): Promise<number> {
    return this.#ofNode(node, async db => {
      const interrupted = db.updateTable('deposits').set({ state: 'waiting', next_attempt: Math.trunc(now) })
      return Number((await interrupted.where('node', '=', node).where('state', '=', 'delivering').executeTakeFirstOrThrow()).numUpdatedRows)
    })
  }

  takeOver(dead: string, node: string, aliveSince: number, now: number): Promise<number> {
    return this.#ofNode(dead, async db => {
      // It may have come back a moment ago: its heartbeat waits for this transaction, or this one for it
      const owner = await db.selectFrom('nodes').select('heartbeat').where('id', '=', dead).executeTakeFirst()
      if (owner !== undefined && owner.heartbeat >= aliveSince) return 0
      const left = db.updateTable('deposits').set({ node, state: 'waiting', next_attempt: Math.trunc(now) })
      return Number((await left.where('node', '=', dead).where('state', 'in', LIVING).executeTakeFirstOrThrow()).numUpdatedRows)
    })
  }

  spool(node: string): Promise<string[]> {
    return this.#engine.read(async db => (await spoolOf(db, node).execute()).map(({ spool }) => spool))
  }

  usage(node: string): Promise<number> {
    return this.#engine.read(async db => {
      const { sum } = await db
        .selectFrom(spoolOf(db, node).as('spool_files'))
        .select(sql<number | null>`cast(sum(octets) as bigint)`.as('sum'))
        .executeTakeFirstOrThrow()
      return Number(sum ?? 0)
    })
  }

  deposited(creator: string, since: number): Promise<number> {
    return this.#engine.read(async db => {
      const { sum } = await db
        .selectFrom('deposits')
        .innerJoin('deposit_files', 'deposit_files.deposit', 'deposits.id')
        .where('creator', '=', addressKey(creator))
        .where('created', '>=', since)
        .select(sql<number | null>`cast(sum(octets) as bigint)`.as('sum'))
        .executeTakeFirstOrThrow()
      return Number(sum ?? 0)
    })
  }

  nextDue(node: string): Promise<number | undefined> {
    return this.#engine.read(async db => {
      const waiting = db.selectFrom('deposits').where('node', '=', node).where('state', '=', 'waiting')
      const { due, end } = await waiting
        .select(query => [query.fn.min('next_attempt').as('due'), query.fn.min('expires').as('end')])
        .executeTakeFirstOrThrow()
      // Both are null when there is none
      return due === null || end === null ? undefined : Math.min(Number(due), Number(end))
    })
  }

  forget(before: number): Promise<number> {
    return this.#engine.write(async db => {
      const old = db.deleteFrom('deposits').where('state', 'in', ENDED).where('created', '<', before)
      return Number((await old.executeTakeFirstOrThrow()).numDeletedRows)
    })
  }

  #ofNode<T>(node: string, work: (db: Tables) => Promise<T>): Promise<T> {
    return this.#engine.write(work, { lock: { kind: 'node', key: node } })
  }
}

async function withFiles(db: Tables, rows: readonly DepositRow[]): Promise<Deposit[]> {
  if (rows.length === 0) return []
  const ids = rows.map(({ id }) => id)
  const files = await db
    .selectFrom('deposit_files')
    .selectAll()
    .where('deposit', 'in', ids)
    .orderBy('deposit')
    .orderBy('position')
    .execute()
  const byDeposit = new Map(ids.map(id => [id, [] as typeof files]))
  for (const file of files) byDeposit.get(file.deposit)?.push(file)
  return rows.map(row => readDeposit(row, byDeposit.get(row.id) ?? []))
}

/** Spool files that living deposits of the node need, each once, with their octets. */
function spoolOf(db: Tables, node: string) {
  return db
    .selectFrom('deposits')
    .innerJoin('deposit_files', 'deposit_files.deposit', 'deposits.id')
    .where('node', '=', node)
    .where('deposits.state', 'in', LIVING)
    .where('spool', 'is not', null)
    .groupBy('spool')
    .select(query => [query.ref('spool').$notNull().as('spool'), query.fn.max('octets').as('octets')])
}

/** Takes the spool files from deposits that ended. @returns those that nobody else needs */
async function releaseSpool(db: Tables, node: string, ids: readonly string[]): Promise<string[]> {
  const had = await db
    .selectFrom('deposit_files')
    .select('spool')
    .distinct()
    .where('deposit', 'in', ids)
    .where('spool', 'is not', null)
    .execute()
  await db.updateTable('deposit_files').set({ spool: null }).where('deposit', 'in', ids).execute()
  const needed = new Set((await spoolOf(db, node).execute()).map(({ spool }) => spool))
  return had.flatMap(({ spool }) => (spool !== null && !needed.has(spool) ? [spool] : []))
}
