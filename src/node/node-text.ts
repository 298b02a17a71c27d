import { Buffer } from 'node:buffer'
import type { Host } from '../client/index.js'

const encoder = new TextEncoder()
/** `Buffer` reads a part of any bytes without a view of it, which costs more than the reading of a short text. */
const { utf8Slice, utf8Write } = Buffer.prototype as unknown as {
  utf8Slice: (this: Uint8Array, from: number, to: number) => string
  utf8Write: (this: Uint8Array, text: string, from: number, most: number) => number
}

/** Octets set aside at a time for short texts: memory of its own costs a message more than its encoding. */
const POOL = 16_384
/** Longest text whose octets, three for a character at most, are a small part of the pool. */
const SHORT = POOL / 12

let pool = new Uint8Array(POOL)
let used = 0

function encode(text: string): Uint8Array {
  if (text.length > SHORT) return encoder.encode(text)
  if (used + text.length * 3 > POOL) {
    // whoever holds octets of the old one keeps it
    pool = new Uint8Array(POOL)
    used = 0
  }
  const written = utf8Write.call(pool, text, used, text.length * 3)
  const bytes = pool.subarray(used, used + written)
  used += written
  return bytes
}

/** UTF-8 as Node does it. */
export const NODE_TEXT: NonNullable<Host['text']> = {
  decode: (bytes, from, to) => utf8Slice.call(bytes, from, to),
  encode,
}
