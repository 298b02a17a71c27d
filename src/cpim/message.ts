import { concatBytes, encodeUtf8, RemoteProtocolError } from '../wire/index.js'
import { type CpimHead, type CpimOptions, encodeCpimHead, readCpimHead } from './head.js'
import { CPIM_HEAD_OCTETS } from './limits.js'
import { type CpimLines, splitCpimLines } from './lines.js'

/** A small message/cpim object as a whole, such as the body of a SIP MESSAGE. Files come in pieces: see `CpimUnwrapper`. */
export interface CpimMessage {
  readonly head: CpimHead
  /** The content, after decoding a view of the whole message. */
  readonly body: Uint8Array
}

/** The octets of the whole message; the body is copied. */
export function encodeCpimMessage(message: CpimMessage): Uint8Array {
  return concatBytes(encodeCpimHead(message.head), message.body)
}

/**
 * Reads a message that is there as a whole. Without `strict` it may end before its blank lines: an INVITE carries the headers of the
 * files it announces that way (IMDN-2), and a body part loses its last line end.
 * @throws RemoteProtocolError 400 for what RFC 3862 forbids, 415 for a `Require` we do not know (MSRP-63)
 */
export function decodeCpimMessage(bytes: Uint8Array, options: CpimOptions = {}): CpimMessage {
  const { lines, length } = splitWhole(bytes, options)
  return { head: readCpimHead(lines, options), body: bytes.subarray(length) }
}

function splitWhole(bytes: Uint8Array, options: CpimOptions): { lines: CpimLines; length: number } {
  const whole = splitCpimLines(bytes, CPIM_HEAD_OCTETS)
  if (whole !== undefined) return whole
  // The end of the message ends the line, the message headers and the MIME headers, whichever of them are open
  const ended = options.strict === true ? undefined : splitCpimLines(concatBytes(bytes, encodeUtf8('\r\n\r\n\r\n')), CPIM_HEAD_OCTETS + 6)
  if (ended === undefined) throw new RemoteProtocolError('cpim-cut-off', 'The message ends within its CPIM headers.', 400)
  return ended
}
