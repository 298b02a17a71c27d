import type { MessageEntry, StateEntry, TraceEntry } from './entry.js'
import { MAX_ENTRIES, MAX_LINE_LENGTH } from './limits.js'

/** A line of a trace file that is not an entry. */
export interface BadLine {
  /** Counted from 1. */
  readonly line: number
  readonly reason: string
}

/** Entries of a trace file and the lines that are none. Never throws; an empty line is neither. */
export function decodeEntries(text: string): { readonly entries: readonly TraceEntry[]; readonly bad: readonly BadLine[] } {
  const entries: TraceEntry[] = []
  const bad: BadLine[] = []
  let line = 0
  for (let at = 0; at < text.length; ) {
    const feed = text.indexOf('\n', at)
    const end = feed < 0 ? text.length : feed
    line++
    const entry = end - at > MAX_LINE_LENGTH ? 'the line is too long' : decodeEntry(text.slice(at, end))
    if (typeof entry === 'string') bad.push({ line, reason: entry })
    else if (entry !== undefined && entries.length === MAX_ENTRIES) {
      bad.push({ line, reason: `only the first ${MAX_ENTRIES} entries are read` })
      break
    } else if (entry !== undefined) entries.push(entry)
    at = end + 1
  }
  return { entries, bad }
}

/** The entry on one line, undefined for an empty line, or the reason why it is no entry. */
export function decodeEntry(line: string): TraceEntry | undefined | string {
  if (line.trim() === '') return undefined
  let value: unknown
  try {
    value = JSON.parse(line)
  } catch {
    return 'not JSON'
  }
  if (typeof value !== 'object' || value === null) return 'not an object'
  const fields = value as Record<string, unknown>
  if (fields['v'] !== 1) return 'an unknown version'
  if (fields['kind'] === 'message') return check(fields, MESSAGE_FIELDS) ?? (value as MessageEntry)
  if (fields['kind'] === 'state') return check(fields, STATE_FIELDS) ?? (value as StateEntry)
  return 'an unknown kind'
}

type Check = (value: unknown) => boolean

const text: Check = value => typeof value === 'string'
const count: Check = value => typeof value === 'number' && Number.isSafeInteger(value) && value >= 0
const time: Check = value => typeof value === 'number' && Number.isFinite(value)
const oneOf =
  (...values: readonly string[]): Check =>
  value =>
    typeof value === 'string' && values.includes(value)

const MESSAGE_FIELDS: Readonly<Record<keyof Omit<MessageEntry, 'v' | 'kind'>, Check>> = {
  time,
  protocol: oneOf('sip', 'msrp'),
  direction: oneOf('in', 'out'),
  transport: oneOf('udp', 'tcp', 'tls', 'ws', 'wss'),
  party: text,
  local: text,
  remote: text,
  text,
  bodyLength: count,
  flag: value => value === undefined || text(value),
}

const STATE_FIELDS: Readonly<Record<keyof Omit<StateEntry, 'v' | 'kind'>, Check>> = {
  time,
  party: text,
  machine: oneOf('session', 'file', 'registration'),
  subject: text,
  state: text,
}

function check(fields: Record<string, unknown>, checks: Readonly<Record<string, Check>>): string | undefined {
  for (const [name, isRight] of Object.entries(checks)) if (!isRight(fields[name])) return `'${name}' is missing or wrong`
  return undefined
}
