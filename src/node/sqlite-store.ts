import { Kysely, SqliteDialect } from 'kysely'
import {
  type Contact,
  compareContacts,
  compareGroups,
  type FileQuery,
  type HistoryQuery,
  HostError,
  STORED_CAPABILITIES,
  STORED_CONTACTS,
  STORED_GROUPS,
  STORED_TRANSFERS,
  type Store,
  type StoredCapabilities,
  type StoredFile,
  type StoredGroup,
  type StoredTransfer,
  storableCapabilities,
  storableContact,
  storableFile,
  storableGroup,
  storableTransfer,
} from '../client/index.js'
import { STORE_BATCH, STORE_PRUNE, STORE_STATEMENTS } from './limits.js'
import { withPrepared } from './prepared-statements.js'
import type { OpenDatabase } from './sqlite-database.js'
import { retryBusy, storeError } from './store-errors.js'
import { selectFile, selectOctets, selectTransfers, withFiles } from './store-queries.js'
import {
  capabilitiesRow,
  contactRow,
  fileRow,
  groupRow,
  readCapabilities,
  readContact,
  readFile,
  readGroup,
  recipientRow,
  transferRow,
} from './store-rows.js'
import type { StoreTables } from './store-schema.js'

type Tables = Kysely<StoreTables>

/**
 * The store over one open file. Every write is one transaction: `FULL` waits until the disk has it, `NORMAL` survives the end of this process
 * but not a power cut. Calls run one after another; `openStore` makes it.
 */
export class SqliteStore implements Store {
  readonly #database: OpenDatabase
  readonly #db: Tables
  readonly #running = new Set<Promise<unknown>>()
  #synchronous: 'FULL' | 'NORMAL' | undefined
  #untilPrune = 0
  #closing: Promise<void> | undefined

  constructor(
    database: OpenDatabase,
    readonly notice: string | undefined,
  ) {
    this.#database = database
    this.#db = new Kysely<StoreTables>({ dialect: new SqliteDialect({ database: withPrepared(database, STORE_STATEMENTS) }) })
  }

  async saveTransfer(transfer: StoredTransfer): Promise<void> {
    const kept = storableTransfer(transfer)
    const row = transferRow(kept)
    await this.#write('FULL', async db => {
      const { seq } = await db
        .insertInto('transfers')
        .values(row)
        .onConflict(conflict => conflict.column('id').doUpdateSet(row))
        .returning('seq')
        .executeTakeFirstOrThrow()
      await db.deleteFrom('files').where('transfer', '=', seq).execute()
      for (let from = 0; from < kept.files.length; from += STORE_BATCH) {
        const batch = kept.files.slice(from, from + STORE_BATCH).map(file => fileRow(seq, file))
        await db.insertInto('files').values(batch).execute()
      }
      await db.deleteFrom('recipients').where('transfer', '=', seq).execute()
      const recipients = kept.recipients ?? []
      for (let from = 0; from < recipients.length; from += STORE_BATCH) {
        const batch = recipients.slice(from, from + STORE_BATCH).map((recipient, index) => recipientRow(seq, from + index, recipient))
        await db.insertInto('recipients').values(batch).execute()
      }
      await this.#prune(db)
    })
  }

  saveFile(transferId: string, file: StoredFile): Promise<void> {
    return this.saveFiles(transferId, [file])
  }

  async saveFiles(transferId: string, files: readonly StoredFile[]): Promise<void> {
    const kept = files.map(storableFile)
    await this.#write('FULL', async db => {
      const found = await db.selectFrom('transfers').select('seq').where('id', '=', transferId).executeTakeFirst()
      if (found === undefined) throw new HostError('store', 'There is no such transfer in the store.')
      for (const file of kept) {
        const row = fileRow(found.seq, file)
        await db
          .insertInto('files')
          .values(row)
          .onConflict(conflict => conflict.columns(['transfer', 'position']).doUpdateSet(row))
          .execute()
      }
    })
  }

  async saveProgress(transferId: string, index: number, bytes: number): Promise<void> {
    await this.#write('NORMAL', db =>
      db
        .updateTable('files')
        .set({ bytes: Math.trunc(bytes) })
        .where('transfer', '=', query => query.selectFrom('transfers').select('seq').where('id', '=', transferId))
        .where('position', '=', index)
        .execute(),
    )
  }

  transfers(query: HistoryQuery = {}): Promise<StoredTransfer[]> {
    return this.#read(async db => withFiles(db, await selectTransfers(db, query).execute()))
  }

  transfer(id: string): Promise<StoredTransfer | undefined> {
    return this.#read(async db => {
      const [transfer] = await withFiles(db, await db.selectFrom('transfers').selectAll().where('id', '=', id).execute())
      return transfer
    })
  }

  forget(query: { readonly id?: string; readonly before?: number }): Promise<number> {
    const { id, before } = query
    return this.#write('FULL', async db => {
      const { numDeletedRows } = await db
        .deleteFrom('transfers')
        .$if(id !== undefined, rows => rows.where('id', '=', id as string))
        .$if(before !== undefined, rows => rows.where('started', '<', before as number))
        .executeTakeFirstOrThrow()
      return Number(numDeletedRows)
    })
  }

  findFile(query: FileQuery): Promise<{ readonly transfer: StoredTransfer; readonly file: StoredFile } | undefined> {
    return this.#read(async db => {
      const row = await selectFile(db, query).executeTakeFirst()
      if (row === undefined) return undefined
      const [transfer] = await withFiles(db, await db.selectFrom('transfers').selectAll().where('seq', '=', row.transfer).execute())
      return transfer === undefined ? undefined : { transfer, file: readFile(row) }
    })
  }

  receivedOctets(peer: string | undefined, since: number): Promise<number> {
    return this.#read(async db => Number((await selectOctets(db, peer, since).executeTakeFirst())?.octets ?? 0))
  }

  contacts(): Promise<Contact[]> {
    return this.#read(async db => (await db.selectFrom('contacts').selectAll().execute()).map(readContact).sort(compareContacts))
  }

  async saveContact(contact: Contact): Promise<void> {
    const row = contactRow(storableContact(contact))
    await this.#write('FULL', async db => {
      await db
        .insertInto('contacts')
        .values(row)
        .onConflict(conflict => conflict.column('uri').doUpdateSet(row))
        .execute()
      const { count } = await db
        .selectFrom('contacts')
        .select(query => query.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow()
      if (count > STORED_CONTACTS) throw new HostError('store', 'There are too many contacts.')
    })
  }

  removeContact(uri: string): Promise<boolean> {
    return this.#write('FULL', async db => {
      const { numDeletedRows } = await db.deleteFrom('contacts').where('uri', '=', uri).executeTakeFirstOrThrow()
      return numDeletedRows > 0n
    })
  }

  groups(): Promise<StoredGroup[]> {
    return this.#read(async db => (await db.selectFrom('groups').selectAll().execute()).map(readGroup).sort(compareGroups))
  }

  async saveGroup(group: StoredGroup): Promise<void> {
    const row = groupRow(storableGroup(group))
    await this.#write('FULL', async db => {
      await db
        .insertInto('groups')
        .values(row)
        .onConflict(conflict => conflict.column('name').doUpdateSet(row))
        .execute()
      const { count } = await db
        .selectFrom('groups')
        .select(query => query.fn.countAll<number>().as('count'))
        .executeTakeFirstOrThrow()
      if (count > STORED_GROUPS) throw new HostError('store', 'There are too many groups.')
    })
  }

  removeGroup(name: string): Promise<boolean> {
    return this.#write('FULL', async db => {
      const { numDeletedRows } = await db.deleteFrom('groups').where('name', '=', name).executeTakeFirstOrThrow()
      return Number(numDeletedRows) > 0
    })
  }

  capabilities(uri: string): Promise<StoredCapabilities | undefined> {
    return this.#read(async db => {
      const row = await db.selectFrom('capabilities').selectAll().where('uri', '=', uri).executeTakeFirst()
      return row === undefined ? undefined : readCapabilities(row)
    })
  }

  async saveCapabilities(capabilities: StoredCapabilities): Promise<void> {
    const row = capabilitiesRow(storableCapabilities(capabilities))
    await this.#write('NORMAL', async db => {
      await db
        .insertInto('capabilities')
        .values(row)
        .onConflict(conflict => conflict.column('uri').doUpdateSet(row))
        .execute()
      const kept = db.selectFrom('capabilities').select('uri').orderBy('learned', 'desc').limit(-1).offset(STORED_CAPABILITIES)
      await db.deleteFrom('capabilities').where('uri', 'in', kept).execute()
    })
  }

  /** Waits for what was asked before. */
  close(): Promise<void> {
    this.#closing ??= Promise.allSettled(this.#running).then(() => this.#db.destroy())
    return this.#closing
  }

  /** Now and then, forgets what is beyond the limit. */
  async #prune(db: Tables): Promise<void> {
    if (this.#untilPrune-- > 0) return
    this.#untilPrune = STORE_PRUNE
    const beyond = db
      .selectFrom('transfers')
      .select('seq')
      .orderBy('started', 'desc')
      .orderBy('seq', 'desc')
      .limit(-1)
      .offset(STORED_TRANSFERS)
    await db.deleteFrom('transfers').where('seq', 'in', beyond).execute()
  }

  /** All queries of one answer see the same moment. */
  #read<T>(work: (db: Tables) => Promise<T>): Promise<T> {
    return this.#transaction('BEGIN', work)
  }

  #write<T>(synchronous: 'FULL' | 'NORMAL', work: (db: Tables) => Promise<T>): Promise<T> {
    // IMMEDIATE: a transaction that becomes a writer half way cannot wait for its turn
    return this.#transaction('BEGIN IMMEDIATE', work, synchronous)
  }

  async #transaction<T>(begin: string, work: (db: Tables) => Promise<T>, synchronous?: 'FULL' | 'NORMAL'): Promise<T> {
    if (this.#closing !== undefined) throw new HostError('store', 'The store is closed.')
    const result = retryBusy(() =>
      this.#db.connection().execute(async db => {
        if (synchronous !== undefined && synchronous !== this.#synchronous) {
          this.#database.exec(`PRAGMA synchronous=${synchronous}`)
          this.#synchronous = synchronous
        }
        this.#database.exec(begin)
        try {
          const value = await work(db)
          this.#database.exec('COMMIT')
          return value
        } catch (error) {
          this.#rollBack()
          throw error
        }
      }),
    )
    this.#running.add(result)
    try {
      return await result
    } catch (error) {
      throw storeError(error)
    } finally {
      this.#running.delete(result)
    }
  }

  #rollBack(): void {
    try {
      this.#database.exec('ROLLBACK')
    } catch {
      // SQLite has rolled back by itself, as it does when the disk is full
    }
  }
}
