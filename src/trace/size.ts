const UNITS = ['kB', 'MB', 'GB', 'TB', 'PB']

/** Octets for people, in powers of 1000: `999 B`, `1.3 MB`, `39.9 MB`, `120 GB`. One decimal below a hundred. */
export function formatSize(octets: number): string {
  if (octets < 1000) return `${octets} B`
  let value = octets / 1000
  let unit = 0
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000
    unit++
  }
  return `${value < 99.95 ? value.toFixed(1) : value.toFixed(0)} ${UNITS[unit]}`
}
