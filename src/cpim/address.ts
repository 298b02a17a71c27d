import { RemoteProtocolError } from '../wire/index.js'
import { escapeValue, unescapeValue } from './escape.js'

/** `"Alice" <sip:alice@home1.example>` (RFC 3862 §4.1) */
export interface CpimAddress {
  readonly displayName?: string
  readonly uri: string
}

export function formatAddress(address: CpimAddress): string {
  const name = address.displayName === undefined ? '' : `"${escapeValue(address.displayName, true)}" `
  return `${name}<${address.uri}>`
}

/** @throws RemoteProtocolError 400 without angle brackets */
export function parseAddress(text: string): CpimAddress {
  const open = text.lastIndexOf('<')
  const close = text.lastIndexOf('>')
  if (open < 0 || close < open) throw new RemoteProtocolError('bad-cpim-address', 'A CPIM address has no angle brackets.', 400)
  const uri = text.slice(open + 1, close)
  let name = text.slice(0, open).trim()
  if (name.startsWith('"') && name.endsWith('"') && name.length > 1) name = name.slice(1, -1)
  return name === '' ? { uri } : { displayName: unescapeValue(name), uri }
}
