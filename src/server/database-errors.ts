import { HostError, sqliteCode } from '../node/index.js'

/** What was wrong, from the lower 8 bits of a code of SQLite (sqlite.org/rescode.html). */
const SQLITE_WORDS: Readonly<Record<number, string>> = {
  3: 'its permissions do not allow it',
  5: 'another process does not let go of it',
  8: 'it is read-only',
  10: 'the disk failed',
  11: 'it is damaged; restore it from a copy',
  13: 'the disk is full',
  14: 'it cannot be opened',
  26: 'it is no SQLite database',
}

/** The same from the class of an SQLSTATE (PostgreSQL, Appendix A), the longest fitting beginning first. */
const POSTGRES_WORDS: readonly (readonly [string, string])[] = [
  ['28', 'user name or password was not accepted'],
  ['3D', 'there is no such database'],
  ['42501', 'the user of the database may not do this'],
  ['42', 'its tables are not those of this cpmft'],
  ['53100', 'its disk is full'],
  ['53', 'it has no more room or connections'],
  ['57', 'it is shutting down'],
  ['08', 'the connection broke'],
]

const NETWORK_WORDS: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'nobody listens at its address',
  ENOTFOUND: 'its host name cannot be resolved',
  EAI_AGAIN: 'its host name cannot be resolved at the moment',
  ETIMEDOUT: 'it does not answer',
  ECONNRESET: 'the connection broke',
  EPIPE: 'the connection broke',
  ENOENT: 'there is no such folder or socket',
  EACCES: 'the permissions do not allow it',
  ENOSPC: 'the disk is full',
  EROFS: 'the disk is read-only',
  ENOTDIR: 'its folder is a file',
}

/** What an engine or the system threw, as `HostError('store')`. Their own texts hold paths, hosts and values and stay out (SEC-9). */
export function databaseError(error: unknown): unknown {
  if (error instanceof HostError) return error
  if (error instanceof CallerError) return error.cause
  const number = sqliteCode(error)
  if (number !== undefined) return unusable(SQLITE_WORDS[number] ?? 'SQLite refused', `SQLite ${number}`)
  const code = postgresCode(error)
  if (code === undefined) return unusable(isTimeout(error) ? 'it does not answer' : 'the reason is unknown')
  const words = NETWORK_WORDS[code] ?? POSTGRES_WORDS.find(([beginning]) => code.startsWith(beginning))?.[1]
  return unusable(words ?? 'PostgreSQL refused', code)
}

/** SQLSTATE of PostgreSQL or the code of a system call. */
export function postgresCode(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null) return undefined
  const { code, errors } = error as { readonly code?: unknown; readonly errors?: readonly unknown[] }
  if (typeof code === 'string') return code
  // A host with several addresses gives an AggregateError
  return Array.isArray(errors) ? postgresCode(errors[0]) : undefined
}

/** Two transactions were in each other's way: the loser may try again (SQLSTATE 40001, 40P01). */
export function isCollision(error: unknown): boolean {
  const code = postgresCode(error)
  return code === '40001' || code === '40P01'
}

/** The same row is there already (SQLSTATE 23505, SQLITE_CONSTRAINT). */
export function isDuplicate(error: unknown): boolean {
  return sqliteCode(error) === 19 || postgresCode(error) === '23505'
}

function unusable(words: string, code?: string): HostError {
  return new HostError('store', `The database of the server cannot be used: ${words}${code === undefined ? '' : ` (${code})`}.`)
}

/** What the pool of pg says when no connection came about in time; it has no code. */
function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.message.includes('timeout')
}

/** What a function of the caller threw within a transaction: undone like any other, but handed on as it was. */
class CallerError extends Error {}

/** Runs a function of the caller within a transaction. */
export function called<T>(work: () => T): T {
  try {
    return work()
  } catch (cause) {
    throw new CallerError('', { cause })
  }
}
