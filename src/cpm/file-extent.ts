import type { FileRange } from '../sdp/index.js'
import type { ReceivingLine } from './file-line.js'
import { MAX_UNKNOWN_SIZE } from './limits.js'

/** The octets of a file that travel (OA-61), in numbers. */
export interface Extent {
  /** Octets before them. */
  readonly skipped: number
  /** How many they are; undefined when neither the range nor the file says where they end. */
  readonly length: number | undefined
}

/** `a=file-range:65206-100000` of a file of `size` octets: 65205 are skipped, 34795 travel. */
export function extentOf(range: FileRange | undefined, size: number | undefined): Extent {
  const skipped = (range?.start ?? 1) - 1
  const stop = range?.stop ?? size
  return { skipped, length: stop === undefined ? undefined : Math.max(0, stop - skipped) }
}

/** Whether both name the same octets of a file of `size` octets. */
export function sameExtent(a: FileRange | undefined, b: FileRange | undefined, size: number | undefined): boolean {
  const [one, other] = [extentOf(a, size), extentOf(b, size)]
  return one.skipped === other.skipped && one.length === other.length
}

/**
 * Octets of content that may come at most (RCV-12, RCS-12). A file we pull has the limit of all files when nobody said its size: the
 * user asked for it, and OA-23 makes the other side leave the size out.
 */
export function contentLimit(line: ReceivingLine, maxFileSize: number | undefined): number {
  const { range, selector } = line.description
  const { skipped, length } = extentOf(range, selector.size)
  if (length !== undefined) return length
  const unknown = line.offered === undefined ? (maxFileSize ?? MAX_UNKNOWN_SIZE) : MAX_UNKNOWN_SIZE
  return Math.max(0, unknown - skipped)
}
