import { join } from 'node:path'
import { certificateIn } from './certificate.mjs'
import { msrp, parts } from './msrp.mjs'
import { rawChunks } from './raw-chunks.mjs'
import { rawCopy } from './raw-copy.mjs'
import { rawTls } from './raw-tls.mjs'

const KIB = 1024
const MIB = 1024 * KIB
/** What the file of the smallest chunks is divided by. */
const SMALLER = 4

/** The MSRP layer without SIP and hash: what framing, scanning and answering cost. */
export const suite = {
  name: 'msrp',
  title: 'MSRP alone, file to file: by the size of chunks, with several files on one connection, and over TLS',
  about:
    '`as it is` is what the library does unasked. `4 files` share one connection in turns, `and small ones` besides while messages of 10 KiB go over the same ' +
    'connection, one after the other. Where a size of chunks is given, 4 MiB of them may be unanswered; unasked it is 64 chunks (OA-64). Ratios are ' +
    'to the raw copy of the same round, those of TLS to a raw copy over TLS. Chunks of 2 KiB take so long that their file, and that of the raw copy ' +
    'they are told to, has a quarter of the size. The floors are plain Node: `raw, searched` is the raw copy in which both sides look for the end-line of a ' +
    'chunk in all octets (RFC 4975 §7.1); `raw, 64 KiB` and `raw, 2 KiB` have chunks of that size besides, each with an id of its own and an answer, but nothing ' +
    'else of theirs is made or read: the rest of heads and answers stays the same, and the receiver goes by lengths that it knows.',
  bounds:
    'Large chunks: the copies of the raw copy, and one look for the end-line on either side. Small chunks: the code that runs for each of them.',
  size: 1024,
  short: { size: 64, rounds: 1 },
  setUp: async ({ folder }) => ({ pair: await certificateIn(folder) }),
  scenarios: {
    raw: { run: ({ source, folder }) => rawCopy({ source, target: join(folder, 'raw.bin') }) },
    'raw, searched': { baseline: 'raw', run: ({ source, folder }) => rawCopy({ source, target: join(folder, 'raw.bin'), looks: true }) },
    'as it is': { ...alone(), floor: 'raw, searched', goals: [{ figure: 'ratio', least: 0.9, aim: 1 }] },
    'raw, small': { run: ({ file, size, folder }) => rawCopy({ source: file(size / SMALLER), target: join(folder, 'raw.bin') }) },
    'raw, 2 KiB': {
      baseline: 'raw, small',
      run: ({ file, size, folder }) => rawChunks({ source: file(size / SMALLER), target: join(folder, 'raw.bin'), chunk: 2 * KIB }),
    },
    '2 KiB': {
      baseline: 'raw, small',
      floor: 'raw, 2 KiB',
      run: ({ file, size, folder }) => msrp({ sources: [file(size / SMALLER)], into: folder, chunkSize: 2 * KIB }),
      goals: [{ figure: 'ratio', least: 0.33 }],
    },
    'raw, 64 KiB': {
      baseline: 'raw',
      run: ({ source, folder }) => rawChunks({ source, target: join(folder, 'raw.bin'), chunk: 64 * KIB }),
    },
    '64 KiB': { ...alone(64 * KIB), floor: 'raw, 64 KiB', goals: [{ figure: 'ratio', least: 0.8 }] },
    '1 MiB': alone(MIB),
    '4 MiB': alone(4 * MIB),
    'whole file': alone(Number.MAX_SAFE_INTEGER),
    '4 files': { baseline: 'raw', run: context => msrp(parts(context, 4)) },
    'and small ones': { baseline: 'raw', run: context => msrp({ ...parts(context, 4), small: 20 }) },
    'raw TLS': { run: ({ source, folder, own }) => rawTls({ source, target: join(folder, 'raw.bin'), pair: own.pair }) },
    'raw TLS, searched': {
      baseline: 'raw TLS',
      run: ({ source, folder, own }) => rawTls({ source, target: join(folder, 'raw.bin'), pair: own.pair, looks: true }),
    },
    TLS: {
      baseline: 'raw TLS',
      floor: 'raw TLS, searched',
      run: ({ source, folder, own }) => msrp({ sources: [source], into: folder, pair: own.pair }),
      goals: [{ figure: 'ratio', of: 'raw', least: 0.5 }],
    },
  },
}

function alone(chunkSize) {
  return { baseline: 'raw', run: ({ source, folder }) => msrp({ sources: [source], into: folder, chunkSize }) }
}
