import { ELEMENT_CLAUSES, MIME_CLAUSES, CPIM_CLAUSES } from './clauses-bodies.js'
import { MSRP_HEADER_CLAUSES, MSRP_METHOD_CLAUSES, MSRP_STATUS_CLAUSES } from './clauses-msrp.js'
import { SDP_CLAUSES } from './clauses-sdp.js'
import { PARAMETER_CLAUSES, SIP_HEADER_CLAUSES, SIP_METHOD_CLAUSES } from './clauses-sip.js'
import { SIP_STATUS_CLAUSES } from './clauses-status.js'

/** The rule that a part of a message follows. */
export interface Clause {
  /** `RFC 3261`, or `OMA CPM` where the rule is in no RFC. */
  readonly source: string
  /** `20.42`; '' when the source as a whole is meant. */
  readonly section: string
  /** What the part is for, one sentence in our own words. */
  readonly says: string
}

/** Name -> where the rule stands (`3261 20.42`: RFC and section) and what it says. */
export type ClauseTable = Readonly<Record<string, readonly [place: string, says: string]>>

/** RFC 3261 §7.3.3, RFC 3515 §2.1 and others: compact forms of names. */
const COMPACT_NAMES: Readonly<Record<string, string>> = {
  a: 'accept-contact',
  b: 'referred-by',
  c: 'content-type',
  d: 'request-disposition',
  e: 'content-encoding',
  f: 'from',
  i: 'call-id',
  j: 'reject-contact',
  k: 'supported',
  l: 'content-length',
  m: 'contact',
  o: 'event',
  r: 'refer-to',
  s: 'subject',
  t: 'to',
  u: 'allow-events',
  v: 'via',
  x: 'session-expires',
  y: 'identity',
}

export function findHeaderClause(protocol: 'sip' | 'msrp', name: string): Clause | undefined {
  const lower = name.toLowerCase()
  if (protocol === 'msrp') return find(MSRP_HEADER_CLAUSES, lower)
  return find(SIP_HEADER_CLAUSES, COMPACT_NAMES[lower] ?? lower)
}

export function findMethodClause(protocol: 'sip' | 'msrp', method: string): Clause | undefined {
  return find(protocol === 'sip' ? SIP_METHOD_CLAUSES : MSRP_METHOD_CLAUSES, method)
}

/** A status without an entry is treated like the first of its class (RFC 3261 §8.1.3.2). */
export function findStatusClause(protocol: 'sip' | 'msrp', status: number): Clause | undefined {
  if (protocol === 'msrp') return find(MSRP_STATUS_CLAUSES, `${status}`)
  return find(SIP_STATUS_CLAUSES, `${status}`) ?? find(SIP_STATUS_CLAUSES, `${Math.trunc(status / 100)}xx`)
}

/** Parameter of a SIP header. */
export function findParameterClause(name: string): Clause | undefined {
  return find(PARAMETER_CLAUSES, name.toLowerCase())
}

/** `m`, `a=path`, `a=file-selector hash` */
export function findSdpClause(name: string): Clause | undefined {
  return find(SDP_CLAUSES, name)
}

export function findMimeClause(name: string): Clause | undefined {
  return find(MIME_CLAUSES, name.toLowerCase())
}

/** Header of CPIM; `imdn.Message-ID` bears the prefix that an NS header gave (RFC 3862 §3.4). */
export function findCpimClause(name: string): Clause | undefined {
  return find(CPIM_CLAUSES, name.slice(name.indexOf('.') + 1).toLowerCase())
}

/** Element of the XML bodies of this application, by its local name. */
export function findElementClause(name: string): Clause | undefined {
  return find(ELEMENT_CLAUSES, name)
}

function find(table: ClauseTable, name: string): Clause | undefined {
  const found = Object.hasOwn(table, name) ? table[name] : undefined
  if (found === undefined) return undefined
  const [place, says] = found
  const [document = '', section = ''] = place.split(' ')
  return /^\d/.test(document) ? { source: `RFC ${document}`, section, says } : { source: place, section: '', says }
}
