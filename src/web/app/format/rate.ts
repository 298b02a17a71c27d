import { formatSize } from '../../../trace/index.js'

/** Octets a second for people: `8.1 MB/s`. */
export function formatRate(octets: number): string {
  return `${formatSize(Math.round(octets))}/s`
}
