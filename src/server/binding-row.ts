import type { Binding } from './database.js'
import type { BindingRow } from './database-schema.js'
import { ownText } from './own-text.js'
import { storableOptional, storableText } from './storable-text.js'

export type NewRow = Omit<BindingRow, 'seq'>

export interface Changes {
  readonly added: readonly BindingRow[]
  /** New rows by the `seq` of those whose place they take. */
  readonly replaced: readonly (readonly [seq: number, row: BindingRow])[]
  /** Values of `seq`. */
  readonly gone: readonly number[]
}

/** Rows that stay the same are not written; changed ones take the place of those that go and become the newest. */
export function changesOf(rows: readonly BindingRow[], wanted: readonly NewRow[]): Changes {
  const left = [...rows]
  const changed = wanted.filter(row => {
    const same = left.findIndex(known => isSame(known, row))
    if (same >= 0) left.splice(same, 1)
    return same < 0
  })
  const free = left.map(row => row.seq)
  const newest = rows.reduce((most, { seq }) => Math.max(most, seq), 0)
  // the newest refreshed stays the newest: a new number would move it in every index
  const first = changed.length === 1 && free.length === 1 && free[0] === newest ? newest : newest + 1
  const written = changed.map((row, index) => numbered(row, first + index))
  return {
    added: written.slice(free.length),
    replaced: written.slice(0, free.length).map((row, index) => [free[index] as number, row] as const),
    gone: free.slice(changed.length),
  }
}

/** Written out, since spreading costs more than all else here; of texts that may be kept for long. */
function numbered(row: NewRow, seq: number): BindingRow {
  return {
    aor: ownText(row.aor),
    seq,
    contact: ownText(row.contact),
    parameters: ownText(row.parameters),
    instance: row.instance === null ? null : ownText(row.instance),
    reg_id: row.reg_id,
    call_id: ownText(row.call_id),
    cseq: row.cseq,
    q: row.q,
    expires: row.expires,
    path: row.path,
    node: row.node,
    flow: row.flow,
    user_agent: row.user_agent === null ? null : ownText(row.user_agent),
  }
}

/** What the rows are after `changes`, best first. */
export function rowsAfter(rows: readonly BindingRow[], { added, replaced, gone }: Changes): BindingRow[] {
  const places = new Map(replaced)
  const stay = rows.filter(({ seq }) => !gone.includes(seq)).map(row => places.get(row.seq) ?? row)
  return [...stay, ...added].sort((a, b) => b.q - a.q || b.seq - a.seq)
}

/** Is there a new way to the person, or one less? Mere refreshes are none: NOTIFY makes commits of PostgreSQL wait for one another. */
export function isNews(rows: readonly BindingRow[], wanted: readonly NewRow[], now: number): boolean {
  const before = rows.filter(({ expires }) => expires > now)
  const lacks = (ways: readonly NewRow[], others: readonly NewRow[]): boolean => others.some(row => !ways.some(way => isSameWay(way, row)))
  return lacks(before, wanted) || lacks(wanted, before)
}

function isSameWay(a: NewRow, b: NewRow): boolean {
  return a.contact === b.contact && a.path === b.path && a.node === b.node && a.flow === b.flow
}

/** Whether all columns that a mere refresh leaves alone are the same. */
export function isRefresh(a: NewRow, b: NewRow): boolean {
  return (
    isSameWay(a, b) &&
    a.parameters === b.parameters &&
    a.instance === b.instance &&
    a.reg_id === b.reg_id &&
    a.q === b.q &&
    a.user_agent === b.user_agent &&
    a.aor === b.aor
  )
}

function isSame(a: NewRow, b: NewRow): boolean {
  return a.expires === b.expires && a.cseq === b.cseq && a.call_id === b.call_id && isRefresh(a, b)
}

export function bindingRow(key: string, binding: Binding): NewRow {
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

export function readBinding(row: BindingRow): Binding {
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
