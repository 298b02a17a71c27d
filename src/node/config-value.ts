import { resolve } from 'node:path'
import type { ConfigKind } from './config-keys.js'

/** A value of any kind. */
export type ConfigValue = string | number | boolean | readonly string[]

/** Where relative paths and `~` of a value lead. */
export interface ValueScope {
  readonly home: string
  readonly folder: string
}

/** Characters of one value (house). */
const LONGEST_VALUE = 4096

const SIZE_UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
  k: 1e3,
  m: 1e6,
  g: 1e9,
  t: 1e12,
}

const DURATION_UNITS: Readonly<Record<string, number>> = { '': 1, ms: 0.001, s: 1, m: 60, h: 3600, d: 24 * 3600 }

const YES = ['true', 'yes', 'on', '1']
const NO = ['false', 'no', 'off', '0']

/** The value in its own type, from what TOML or the environment (always text) has; undefined when it does not have the form. */
export function readValue(kind: ConfigKind, raw: unknown, from: 'file' | 'environment', scope: ValueScope): ConfigValue | undefined {
  if (typeof raw === 'string' && raw.length > LONGEST_VALUE) return undefined
  if (kind === 'boolean') return readBoolean(raw, from)
  if (kind === 'size') return readNumber(raw, SIZE_UNITS, true)
  if (kind === 'duration') return readNumber(raw, DURATION_UNITS, false)
  if (kind === 'words') return readWords(raw, from)
  if (typeof raw !== 'string' || raw === '') return undefined
  if (kind === 'text') return raw
  if (kind === 'path') return readPath(raw, scope)
  if (kind === 'uri') return /^(?:sips?|msrps?|tel):[^\s<>"]+$/i.test(raw) ? raw : undefined
  return kind.includes(raw) ? raw : undefined
}

/** What a value of this kind looks like, for messages. */
export function formOf(kind: ConfigKind): string {
  if (typeof kind !== 'string') return `one of ${kind.map(choice => `"${choice}"`).join(', ')}`
  return FORMS[kind]
}

const FORMS: Readonly<Record<Exclude<ConfigKind, readonly string[]>, string>> = {
  text: 'a text',
  path: 'a path, like "~/Downloads"',
  uri: 'an address, like "sip:alice@example.com"',
  size: 'a size: octets, or a text like "100MB" or "2GiB"',
  duration: 'a time: seconds, or a text like "500ms", "30s", "5m", "2h" or "1d"',
  boolean: 'true or false',
  words: 'a list of words, program first, like ["secret-tool", "lookup", "service", "cpmft"]',
}

function readBoolean(raw: unknown, from: 'file' | 'environment'): boolean | undefined {
  if (typeof raw === 'boolean') return raw
  if (from === 'file' || typeof raw !== 'string') return undefined
  const word = raw.trim().toLowerCase()
  return YES.includes(word) ? true : NO.includes(word) ? false : undefined
}

function readNumber(raw: unknown, units: Readonly<Record<string, number>>, whole: boolean): number | undefined {
  const match = /^(\d{1,15}(?:\.\d{1,6})?) ?([a-z]{0,3})$/i.exec(
    typeof raw === 'number' ? String(raw) : typeof raw === 'string' ? raw.trim() : '',
  )
  const unit = units[match?.[2]?.toLowerCase() ?? '?']
  if (match === null || unit === undefined) return undefined
  const value = Number(match[1]) * unit
  return Number.isSafeInteger(Math.round(value)) ? (whole ? Math.round(value) : Math.round(value * 1000) / 1000) : undefined
}

/** In the environment the words stand apart by spaces: there are no quotes to get wrong. */
function readWords(raw: unknown, from: 'file' | 'environment'): readonly string[] | undefined {
  const words: unknown = from === 'environment' && typeof raw === 'string' ? raw.split(' ').filter(word => word !== '') : raw
  if (!Array.isArray(words) || words.length === 0 || words.length > 64) return undefined
  return words.every(word => typeof word === 'string' && word.length <= LONGEST_VALUE) && words[0] !== '' ? (words as string[]) : undefined
}

function readPath(raw: string, { home, folder }: ValueScope): string | undefined {
  if (raw.includes('\0')) return undefined
  if (raw === '~' || raw.startsWith('~/') || raw.startsWith('~\\')) return resolve(home, raw.slice(2))
  return resolve(folder, raw)
}
