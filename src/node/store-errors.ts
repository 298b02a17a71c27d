import { setTimeout as sleep } from 'node:timers/promises'
import { HostError } from '../client/index.js'
import { systemCode } from './host-errors.js'
import { STORE_WAIT } from './limits.js'
import { monotonic } from './monotonic.js'
import { SQLITE_BUSY, sqliteCode } from './sqlite-database.js'

/** Result codes of SQLite and what they mean to a user. */
const WORDS: Readonly<Record<number, string>> = {
  3: 'its permissions do not allow it',
  5: 'another process does not let go of it',
  8: 'it is read-only',
  10: 'the disk failed',
  11: 'it is damaged; the next start begins a new one',
  13: 'the disk is full',
  14: 'it cannot be opened',
  26: 'it is damaged; the next start begins a new one',
}

/** What an engine or the system threw, as `HostError('store')`. Their own texts have full paths and stay out (SEC-9). */
export function storeError(error: unknown): HostError {
  if (error instanceof HostError) return error
  const code = sqliteCode(error)
  if (code === undefined) return new HostError('store', `The file of the store cannot be used (${systemCode(error)}).`)
  return new HostError('store', `The file of the store cannot be used: ${WORDS[code] ?? 'SQLite refused'} (SQLite ${code}).`)
}

/** Runs `work` again while another process holds the lock, without blocking this thread in between. */
export async function retryBusy<T>(work: () => Promise<T>): Promise<T> {
  const deadline = monotonic() + STORE_WAIT
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (sqliteCode(error) !== SQLITE_BUSY || monotonic() > deadline) throw error
    }
    // Two processes that collide must not meet again at the same moment
    await sleep(2 + Math.random() * 20)
  }
}
