import { type FileMedia, type FileSelector, type LineFault, type LineFaultCode, rangeFits, sameFile } from '../sdp/index.js'
import { extentOf, sameExtent } from './file-extent.js'
import type { ReceivingLine, SendingLine } from './file-line.js'
import type { FileContext } from './file-machine.js'
import { directionFault } from './hold.js'
import { pathFault } from './media-path.js'

/** Unreadable parts of an answer that nothing can be sent by, or nothing checked by; the rest is the answerer's own business. */
export const PUSH_FAULTS: readonly LineFaultCode[] = ['bad-range']
export const PULL_FAULTS: readonly LineFaultCode[] = ['bad-range', 'no-selector', 'bad-selector', 'duplicate-attribute']

export function faultIn(faults: readonly LineFault[], codes: readonly LineFaultCode[]): string | undefined {
  return faults.find(({ code }) => codes.includes(code))?.message
}

/** What makes an accepted line of an answer to our push unusable (OA-39, SDP-4, SDP-5, D-17). */
export function pushFault(line: SendingLine, remote: FileMedia, strictRange: boolean): string | undefined {
  const { range, selector } = line.file
  if (remote.range !== undefined && !rangeFits(remote.range, selector.size ?? 0))
    return 'The answer asks for octets that the file does not have.'
  if (strictRange && !sameExtent(range, remote.range, selector.size)) return OTHER_RANGE
  if (remote.acceptTypes.length === 0) return 'The answer names no accepted types.'
  return directionFault(line, remote.direction) ?? pathFault(remote)
}

/** The same for a pull of ours (OA-11, OA-23, OA-39). */
export function pullFault(line: ReceivingLine, remote: FileMedia, strictRange: boolean): string | undefined {
  const { range, selector } = line.description
  if (remote.selector === undefined || !sameFile(selector, remote.selector)) return 'The answer names another file.'
  const size = remote.selector.size ?? selector.size
  if (remote.range !== undefined && size !== undefined && !rangeFits(remote.range, size)) return 'The answer has a range beyond the file.'
  if (strictRange && !sameExtent(range, remote.range, size)) return OTHER_RANGE
  return directionFault(line, remote.direction) ?? pathFault(remote)
}

const OTHER_RANGE = 'The answer is about another range than the offer.'

/** All that question and answer say of a file; the hashes of both. */
export function joined(asked: FileSelector, answered: FileSelector): FileSelector {
  const more = answered.hashes.filter(({ algorithm }) => asked.hashes.every(hash => hash.algorithm !== algorithm))
  return { ...asked, ...answered, hashes: [...asked.hashes, ...more] }
}

/** D-17: the peer took another part than we offered, and gets it. */
export function tellRange(context: FileContext, line: SendingLine): void {
  const { range, selector } = line.file
  const size = selector.size ?? 0
  if (sameExtent(range, line.remote?.range, size)) return
  const { skipped, length = 0 } = extentOf(line.remote?.range, size)
  context.emit({ type: 'range', fileId: line.fileId, range: { start: skipped + 1, stop: skipped + length } })
}
