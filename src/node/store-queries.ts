import { type Kysely, type Selectable, sql } from 'kysely'
import {
  type FileQuery,
  type HistoryQuery,
  historyRows,
  type StoredFile,
  type StoredRecipient,
  type StoredTransfer,
  searchedText,
} from '../client/index.js'
import { readFile, readRecipient, readTransfer } from './store-rows.js'
import type { StoreTables, TransferRow } from './store-schema.js'

type Tables = Kysely<StoreTables>

/** Newest first. `instr` compares texts as they are: there are no wildcards that could need an escape. */
export function selectTransfers(db: Tables, query: HistoryQuery) {
  const { direction, peer, states, imdn, since, before, text } = query
  let rows = db.selectFrom('transfers').selectAll().orderBy('started', 'desc').orderBy('seq', 'desc').limit(historyRows(query.limit))
  if (direction !== undefined) rows = rows.where('direction', '=', direction)
  if (peer !== undefined) rows = rows.where('peer', '=', peer)
  if (since !== undefined) rows = rows.where('started', '>=', since)
  if (before !== undefined) rows = rows.where('started', '<', before)
  if (imdn !== undefined) rows = rows.where('seq', 'in', db.selectFrom('files').select('transfer').where('imdn', '=', imdn))
  if (states !== undefined)
    rows = rows.where(where =>
      where.exists(
        where
          .selectFrom('files')
          .select('position')
          .whereRef('files.transfer', '=', 'transfers.seq')
          .where('state', 'in', [...states]),
      ),
    )
  if (text === undefined) return rows
  const wanted = searchedText(text)
  return rows.where(where =>
    where.or([
      sql<boolean>`instr(transfers.folded, ${wanted}) > 0`,
      where.exists(
        where
          .selectFrom('files')
          .select('position')
          .whereRef('files.transfer', '=', 'transfers.seq')
          .where(sql<boolean>`instr(files.folded, ${wanted}) > 0`),
      ),
    ]),
  )
}

/** The file saved last, of several the one of the newest transfer. What `want` means is told by `hasWanted`. */
export function selectFile(db: Tables, query: FileQuery) {
  const { direction, sha1, size, peer, account, want, since } = query
  let rows = db
    .selectFrom('files')
    .innerJoin('transfers', 'transfers.seq', 'files.transfer')
    .selectAll('files')
    .where('sha1', '=', sha1)
    .where('direction', '=', direction)
    .where('state', want === 'complete' ? '=' : '!=', 'done')
    .orderBy('updated', 'desc')
    .orderBy('started', 'desc')
    .orderBy('seq', 'desc')
    .orderBy('position')
    .limit(1)
  if (want === 'part') rows = direction === 'sent' ? rows.where('bytes', '>', 0) : rows.where('part', 'is not', null)
  if (size !== undefined) rows = rows.where('size', '=', size)
  if (peer !== undefined) rows = rows.where('peer', '=', peer)
  if (account !== undefined) rows = rows.where('account', '=', account)
  if (since !== undefined) rows = rows.where('updated', '>=', since)
  return rows
}

/** Octets of the received files saved at `since` or later. */
export function selectOctets(db: Tables, peer: string | undefined, since: number) {
  const rows = db
    .selectFrom('files')
    .innerJoin('transfers', 'transfers.seq', 'files.transfer')
    .select(query => query.fn.sum<number | null>('bytes').as('octets'))
    .where('direction', '=', 'received')
    .where('updated', '>=', since)
  return peer === undefined ? rows : rows.where('peer', '=', peer)
}

/** The transfers of these rows, each with its files and recipients. */
export async function withFiles(db: Tables, rows: readonly Selectable<TransferRow>[]): Promise<StoredTransfer[]> {
  if (rows.length === 0) return []
  const files = new Map<number, StoredFile[]>(rows.map(row => [row.seq, []]))
  const found = await db
    .selectFrom('files')
    .selectAll()
    .where('transfer', 'in', [...files.keys()])
    .orderBy('transfer')
    .orderBy('position')
    .execute()
  for (const row of found) files.get(row.transfer)?.push(readFile(row))
  const recipients = await recipientsOf(db, [...files.keys()])
  return rows.map(row => readTransfer(row, files.get(row.seq) ?? [], recipients.get(row.seq) ?? []))
}

async function recipientsOf(db: Tables, transfers: readonly number[]): Promise<ReadonlyMap<number, readonly StoredRecipient[]>> {
  const found = await db
    .selectFrom('recipients')
    .selectAll()
    .where('transfer', 'in', [...transfers])
    .orderBy('transfer')
    .orderBy('position')
    .execute()
  const recipients = new Map<number, StoredRecipient[]>()
  for (const row of found) recipients.set(row.transfer, [...(recipients.get(row.transfer) ?? []), readRecipient(row)])
  return recipients
}
