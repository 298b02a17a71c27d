import { Buffer } from 'node:buffer'
import type { Host } from '../client/index.js'

const encoder = new TextEncoder()
/** `Buffer` reads a part of any bytes without a view of it, which costs more than the reading of a short text. */
const { utf8Slice } = Buffer.prototype as unknown as { utf8Slice(this: Uint8Array, from: number, to: number): string }

/** UTF-8 as Node does it. */
export const NODE_TEXT: NonNullable<Host['text']> = {
  decode: (bytes, from, to) => utf8Slice.call(bytes, from, to),
  encode: text => encoder.encode(text),
}
