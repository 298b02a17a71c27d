import { parseInteger, parseParameters } from '../wire/index.js'

/** `Session-Expires: 1800;refresher=uac` (RFC 4028 §4) */
export interface SessionExpires {
  readonly seconds: number
  readonly refresher?: 'uac' | 'uas'
}

export function parseSessionExpires(text: string): SessionExpires | undefined {
  const tail = parameterTail(text)
  if (tail === undefined) return undefined
  const refresher = tail.parameters.get('refresher')?.toLowerCase()
  if (refresher === undefined) return { seconds: tail.seconds }
  return refresher === 'uac' || refresher === 'uas' ? { seconds: tail.seconds, refresher } : undefined
}

export function formatSessionExpires(value: SessionExpires): string {
  return value.refresher === undefined ? `${value.seconds}` : `${value.seconds};refresher=${value.refresher}`
}

/** `Min-SE: 90` (RFC 4028 §5): seconds. */
export function parseMinSe(text: string): number | undefined {
  return parameterTail(text)?.seconds
}

function parameterTail(text: string) {
  const semicolon = text.indexOf(';')
  const end = semicolon < 0 ? text.length : semicolon
  const seconds = parseInteger(text.slice(0, end).trim())
  const parameters = parseParameters(text, end)
  return seconds === undefined || seconds > 0xffff_ffff || parameters === undefined ? undefined : { seconds, parameters }
}
