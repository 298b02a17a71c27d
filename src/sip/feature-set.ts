import { equalFold, type Parameters } from '../wire/index.js'
import { FEATURE_VALUES } from './limits.js'

/** One value of a feature parameter: `+g.oma.x="a,b"`, `audio`, `priority="#>=5"`, `class="!business"`, `description="<text>"` (RFC 3840 §9). */
export type FeatureValue =
  | { readonly kind: 'token'; readonly text: string; readonly negated: boolean }
  | { readonly kind: 'text'; readonly text: string; readonly negated: boolean }
  | { readonly kind: 'number'; readonly least: number; readonly most: number; readonly negated: boolean }

/** Feature tag (lower case, as written with or without `+`) to its values; an empty list never occurs. */
export type FeatureSet = ReadonlyMap<string, readonly FeatureValue[]>

/** The feature parameters among those of a Contact, Accept-Contact or Reject-Contact (RFC 3841 §7.2.1). */
export function featuresOf(parameters: Parameters): FeatureSet {
  const features = new Map<string, readonly FeatureValue[]>()
  for (const [name, value] of parameters) {
    if (!name.startsWith('+') && !BASE_TAGS.has(name)) continue
    features.set(name, value === '' ? [TRUE] : splitValues(value).slice(0, FEATURE_VALUES).map(parseFeatureValue))
  }
  return features
}

/** Whether the wanted values and the registered ones have one in common; lists are OR on both sides (RFC 3841 §7.2.4, SIP-31). */
export function overlap(wanted: readonly FeatureValue[], offered: readonly FeatureValue[]): boolean {
  return wanted.some(a => offered.some(b => valuesMeet(a, b)))
}

function valuesMeet(a: FeatureValue, b: FeatureValue): boolean {
  if (a.negated !== b.negated) return !sameValue(a, b)
  return a.negated || sameValue(a, b)
}

function sameValue(a: FeatureValue, b: FeatureValue): boolean {
  if (a.kind === 'number' && b.kind === 'number') return a.least <= b.most && b.least <= a.most
  if (a.kind === 'number' || b.kind === 'number' || a.kind !== b.kind) return false
  // RFC 3840 §9: tokens compare without case, <text> with
  return a.kind === 'text' ? a.text === b.text : equalFold(a.text, b.text)
}

function parseFeatureValue(text: string): FeatureValue {
  const negated = text.startsWith('!')
  const value = negated ? text.slice(1) : text
  if (value.startsWith('<') && value.endsWith('>')) return { kind: 'text', text: value.slice(1, -1), negated }
  const range = value.startsWith('#') ? parseRange(value.slice(1)) : undefined
  return range ? { kind: 'number', ...range, negated } : { kind: 'token', text: value, negated }
}

/** `=5`, `>=5`, `<=5`, `2:7` */
function parseRange(text: string): { least: number; most: number } | undefined {
  const colon = text.indexOf(':')
  if (colon >= 0) return rangeOf(text.slice(0, colon), text.slice(colon + 1))
  if (text.startsWith('>=')) return rangeOf(text.slice(2), 'Infinity')
  if (text.startsWith('<=')) return rangeOf('-Infinity', text.slice(2))
  return text.startsWith('=') ? rangeOf(text.slice(1), text.slice(1)) : undefined
}

function rangeOf(from: string, to: string): { least: number; most: number } | undefined {
  const least = Number(from)
  const most = Number(to)
  return from === '' || to === '' || Number.isNaN(least) || Number.isNaN(most) ? undefined : { least, most }
}

/** Comma list, where `<text>` may hold commas. */
function splitValues(value: string): string[] {
  if (!value.includes(',')) return [value.trim()]
  const values: string[] = []
  let start = 0
  let inText = false
  for (let index = 0; index <= value.length; index++) {
    const character = value[index]
    if (character === '<') inText = true
    else if (character === '>') inText = false
    if (index < value.length && (character !== ',' || inText)) continue
    const piece = value.slice(start, index).trim()
    if (piece !== '') values.push(piece)
    start = index + 1
  }
  return values.length === 0 ? [''] : values
}

const TRUE: FeatureValue = { kind: 'token', text: 'TRUE', negated: false }

/** RFC 3841 §7.2.1 */
const BASE_TAGS: ReadonlySet<string> = new Set([
  ...['audio', 'automata', 'class', 'duplex', 'data', 'control', 'mobility', 'description', 'events', 'priority'],
  ...['methods', 'extensions', 'schemes', 'application', 'video', 'language', 'type', 'isfocus', 'actor', 'text'],
])
