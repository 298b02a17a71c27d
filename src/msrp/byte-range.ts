import { parseInteger } from '../wire/index.js'

/** `Byte-Range: start-end/total`, for example `1-2048/4717`; the first octet is 1; a star for end or total is undefined (RFC 4975 §9). */
export interface ByteRange {
  readonly start: number
  readonly end: number | undefined
  readonly total: number | undefined
}

/** Undefined when the text breaks the grammar or the numbers contradict each other (MSRP-20, MSRP-30). */
export function parseByteRange(text: string): ByteRange | undefined {
  const dash = text.indexOf('-')
  const slash = text.indexOf('/', dash)
  if (dash < 0 || slash < 0) return undefined
  const start = parseInteger(text.slice(0, dash))
  const end = parseNumberOrStar(text.slice(dash + 1, slash))
  const total = parseNumberOrStar(text.slice(slash + 1))
  if (start === undefined || end === null || total === null) return undefined
  if (start === 0 || (end !== undefined && end < start - 1)) return undefined
  if (total !== undefined && (start > total + 1 || (end !== undefined && end > total))) return undefined
  return { start, end, total }
}

export function formatByteRange(range: ByteRange): string {
  return `${range.start}-${range.end ?? '*'}/${range.total ?? '*'}`
}

function parseNumberOrStar(text: string): number | undefined | null {
  return text === '*' ? undefined : (parseInteger(text) ?? null)
}
