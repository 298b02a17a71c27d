import { decodeUtf8, encodeUtf8 } from '../wire/index.js'

/** UTF-8 text of message heads. A platform does it several times faster than plain code can, so the host may give its own. */
export interface TextCodec {
  /** Text of `bytes[from, to)`; an ill-formed sequence becomes U+FFFD, a byte order mark stays (WHATWG Encoding §8.1.1 with `ignoreBOM`). */
  readonly decode: (bytes: Uint8Array, from: number, to: number) => string
  readonly encode: (text: string) => Uint8Array
}

/** Without any platform. */
export const PLAIN_TEXT: TextCodec = { decode: decodeUtf8, encode: encodeUtf8 }
