import { type OpenDatabase, retryBusy } from '../node/index.js'
import type { DirectSql } from './database-engine.js'
import { GROUPED_WRITES } from './limits.js'

interface Write {
  readonly work: (sql: DirectSql) => unknown
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
}

export interface DirectWritesOptions {
  /** Runs `work` while nobody else uses the connection. */
  readonly alone: <T>(work: () => T) => T | Promise<T>
  readonly sql: DirectSql
  /** Takes what `sql.tell` was given since the last call. */
  readonly told: () => string[]
  readonly onTold: (text: string) => void
  /** From here until `onEnd` nobody else can write. */
  readonly onBegin: () => void
  readonly onEnd: (isDone: boolean) => void
}

/**
 * Group commit: the writes of one turn of the event loop share a transaction, since beginning and ending one costs more than what most of them
 * do. Nobody hears of his write before it is committed. When one fails, all are undone and done again, each by itself.
 */
export class DirectWrites {
  #waiting: Write[] = []
  #running = false

  constructor(
    private readonly database: OpenDatabase,
    private readonly options: DirectWritesOptions,
  ) {}

  write<T>(work: (sql: DirectSql) => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#waiting.push({ work, resolve: resolve as (value: unknown) => void, reject })
      if (!this.#running) {
        this.#running = true
        setImmediate(() => void this.#run())
      }
    })
  }

  async #run(): Promise<void> {
    while (this.#waiting.length > 0) {
      const group = this.#waiting.splice(0, GROUPED_WRITES)
      if (!(await this.#commit(group))) for (const write of group) await this.#commit([write])
    }
    this.#running = false
  }

  /** @returns false when one of several failed: nothing was written then, and nobody has heard anything */
  async #commit(group: readonly Write[]): Promise<boolean> {
    try {
      return await retryBusy(async () => this.options.alone(() => this.#transaction(group)))
    } catch (error) {
      for (const { reject } of group) reject(error)
      return true
    }
  }

  #transaction(group: readonly Write[]): boolean {
    const { sql, told, onTold, onBegin, onEnd } = this.options
    told()
    // A transaction that becomes a writer half way cannot wait for its turn
    this.database.exec('BEGIN IMMEDIATE')
    try {
      onBegin()
      const values = group.map(({ work }) => work(sql))
      this.database.exec('COMMIT')
      onEnd(true)
      for (const text of told()) onTold(text)
      for (const [index, { resolve }] of group.entries()) resolve(values[index])
      return true
    } catch (error) {
      this.#rollBack()
      if (group.length > 1) return false
      throw error
    }
  }

  #rollBack(): void {
    this.options.told()
    this.options.onEnd(false)
    try {
      this.database.exec('ROLLBACK')
    } catch {
      // SQLite has rolled back by itself, as it does when the disk is full
    }
  }
}
