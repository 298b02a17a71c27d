const FACTORS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1e3,
  kb: 1e3,
  kib: 2 ** 10,
  m: 1e6,
  mb: 1e6,
  mib: 2 ** 20,
  g: 1e9,
  gb: 1e9,
  gib: 2 ** 30,
  t: 1e12,
  tb: 1e12,
  tib: 2 ** 40,
}

/** `1500`, `100MB`, `1.5 GiB` -> octets; undefined for anything else. The reverse for people is `formatSize` of the trace room. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d{1,15}(?:\.\d{1,6})?) ?([a-z]{0,3})$/i.exec(text.trim())
  const factor = FACTORS[match?.[2]?.toLowerCase() ?? '?']
  if (match === null || factor === undefined) return undefined
  const octets = Math.round(Number(match[1]) * factor)
  return Number.isSafeInteger(octets) ? octets : undefined
}
