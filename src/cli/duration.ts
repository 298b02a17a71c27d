const FACTORS: Readonly<Record<string, number>> = { '': 1000, ms: 1, s: 1000, m: 60_000, h: 3_600_000 }

/** Longest timer Node can run: 2^31-1 milliseconds. */
const LONGEST = 2 ** 31 - 1

/** `30`, `30s`, `500ms`, `1.5m`, `2h` -> milliseconds, at most 24 days; undefined for anything else. A bare number means seconds. */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,9}(?:\.\d{1,3})?) ?(ms|s|m|h)?$/i.exec(text.trim())
  if (match === null) return undefined
  const milliseconds = Math.round(Number(match[1]) * (FACTORS[(match[2] ?? '').toLowerCase()] as number))
  return milliseconds <= LONGEST ? milliseconds : undefined
}

/** `0:09`, `12:34`, `1:02:03` */
export function formatClock(milliseconds: number): string {
  const seconds = Math.ceil(milliseconds / 1000)
  const [hours, minutes, rest] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60]
  const two = (value: number): string => String(value).padStart(2, '0')
  return hours > 0 ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`
}
