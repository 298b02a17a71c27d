import { randomFillSync } from 'node:crypto'
import { Decoder } from '../dist/msrp/index.js'
import { timed } from './timed.mjs'

/**
 * How fast the MSRP decoder reads SENDs that come in pieces of 64 KiB, as a share of copying the same pieces. Where the octets of a body look
 * like the end-line of their chunk is where a decoder of streams gets slow, so bodies of that kind are measured too.
 */

const READ = 64 * 1024
/** Of one stream; larger than the caches of most machines, so that each read is as cold as one of a socket. */
const STREAM = { long: 32 * 1024 * 1024, short: 8 * 1024 * 1024 }
const CHUNKS = { '4 MiB': 4 * 1024 * 1024, '64 KiB': 64 * 1024, '2 KiB': 2048 }

/** kind of body -> fills it; `tid` is the transaction of the chunk it is in */
const BODIES = {
  random: bytes => randomFillSync(bytes),
  zeros: bytes => bytes.fill(0),
  dashes: bytes => bytes.fill('-'),
  // all of the end-line but its last letter, and all of it but the flag
  'near-miss': (bytes, tid) => bytes.fill(`\r\n-------${tid.slice(0, -1)}.\r\n-------${tid}?\r\n`),
}

export const suite = {
  name: 'msrp-parse',
  title: 'SENDs out of pieces of 64 KiB, in memory: chunk size and what the bodies are made of',
  about:
    'Where the octets of a body look like the end-line of their chunk is where a decoder of streams gets slow. The copy goes into one reused ' +
    'block, as a socket read does.',
  bounds: 'The search for the end-line; the chunks of 2 KiB by their headers.',
  short: { rounds: 2 },
  scenarios: {},
}

suite.scenarios.copy = {
  run: ({ short }) => passed(streamOf('64 KiB', 'random', short), ({ reads }) => copy(reads), short),
}
for (const chunk of Object.keys(CHUNKS)) {
  for (const kind of Object.keys(BODIES)) {
    suite.scenarios[`${chunk}, ${kind}`] = {
      baseline: 'copy',
      run: ({ short }) => passed(streamOf(chunk, kind, short), ({ reads, octets }) => decode(reads, octets), short),
    }
  }
}

function streamOf(chunk, kind, short) {
  return makeStream(short ? STREAM.short : STREAM.long, CHUNKS[chunk], BODIES[kind])
}

/** A sample: how many octets went through. */
function passed(stream, work, short) {
  const { operations, seconds } = timed(() => work(stream), short ? 25 : 150)
  return { seconds, octets: operations * stream.wire }
}

/** One message of `total` octets as it comes from the wire. */
function makeStream(total, length, fill) {
  const pieces = []
  for (let at = 0; at < total; at += length) {
    const tid = randomFillSync(Buffer.alloc(16)).toString('hex')
    const end = Math.min(at + length, total)
    const body = Buffer.alloc(end - at)
    fill(body, tid)
    pieces.push(
      Buffer.from(
        `MSRP ${tid} SEND\r\nTo-Path: msrp://192.0.2.20:2855/bT5wXc8PqJ3hGf6Kd0Ls;tcp\r\n` +
          'From-Path: msrp://192.0.2.10:2855/aQ7mZ2kLx9RtVb4Ns1Yc;tcp\r\nMessage-ID: q8LmZ2kTt7bWc5RnV2eHd9GjA64f1Kx8\r\n' +
          `Byte-Range: ${at + 1}-*/${total}\r\nContent-Type: application/octet-stream\r\n\r\n`,
      ),
      body,
      Buffer.from(`\r\n-------${tid}${end === total ? '$' : '+'}\r\n`),
    )
  }
  const stream = Buffer.concat(pieces)
  const reads = []
  for (let at = 0; at < stream.length; at += READ) reads.push(stream.subarray(at, at + READ))
  return { reads, octets: total, wire: stream.length }
}

/** What a reader does at the least who keeps nothing: each piece into one reused block. */
function copy(reads) {
  for (const read of reads) BLOCK.set(read)
  return BLOCK[0]
}

const BLOCK = new Uint8Array(READ)

function decode(reads, octets) {
  let received = 0
  const decoder = new Decoder({
    onHead: () => undefined,
    onBody: bytes => {
      received += bytes.length
    },
    onEnd: () => undefined,
    onBroken: error => {
      throw error
    },
  })
  for (const read of reads) decoder.decode(read)
  if (received !== octets) throw new Error(`${received} octets were decoded, ${octets} were sent`)
  return received
}
