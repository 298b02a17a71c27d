import { consistsOf, DIGIT, quote, readQuoted } from '../wire/index.js'
import { listValues } from './header-list.js'
import type { SipHeaders } from './headers.js'

/** `Warning: 399 home1.example "No file accepted"` (RFC 3261 §20.43) */
export interface Warning {
  readonly code: number
  readonly agent: string
  readonly text: string
}

/** The warnings that go with our 488 (SIP-35). */
export const WARNINGS = {
  transport: { code: 302, text: 'Incompatible transport protocol' },
  mediaType: { code: 304, text: 'Media type not available' },
  mediaFormat: { code: 305, text: 'Incompatible media format' },
  nothingAccepted: { code: 399, text: 'No file accepted' },
} as const

/** RFC 5630 §5.1.2 */
export const SIPS_WARNINGS = {
  notAllowed: { code: 380, text: 'SIPS Not Allowed' },
  required: { code: 381, text: 'SIPS Required' },
} as const

export function parseWarning(text: string): Warning | undefined {
  const codeEnd = text.indexOf(' ')
  const agentEnd = text.indexOf(' ', codeEnd + 1)
  const start = text.indexOf('"', agentEnd)
  const code = text.slice(0, codeEnd)
  if (codeEnd !== 3 || agentEnd < 0 || start < 0 || !consistsOf(code, DIGIT) || text.slice(agentEnd, start).trim() !== '') return undefined
  const quoted = readQuoted(text, start)
  return quoted && { code: Number(code), agent: text.slice(codeEnd + 1, agentEnd), text: quoted.value }
}

export function formatWarning(warning: Warning): string {
  return `${warning.code} ${warning.agent} ${quote(warning.text)}`
}

/** Warnings of a response; malformed ones are left out. */
export function warningsOf(headers: SipHeaders): Warning[] {
  return listValues(headers, 'warning').flatMap(value => parseWarning(value) ?? [])
}
