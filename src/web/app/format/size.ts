import { formatSize } from '../../../trace/index.js'
import { strings } from '../strings.js'

/** Octets for people: `1.3 MB`; says so when they are not known. */
export function sizeWords(octets: number | undefined): string {
  return octets === undefined ? strings.common.sizeUnknown : formatSize(octets)
}

/** How much of it is there, in whole percent; never 100 before all of it is there. */
export function percentOf(bytes: number, size: number | undefined): number | undefined {
  if (size === undefined) return undefined
  return size <= 0 ? 100 : Math.min(100, Math.floor((bytes / size) * 100))
}
