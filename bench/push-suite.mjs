import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { bareNode } from './bare-node.mjs'
import { certificateIn } from './certificate.mjs'
import { push } from './push.mjs'
import { rawCopy } from './raw-copy.mjs'
import { rawTls } from './raw-tls.mjs'

/** What a user of the library gets, from the acceptance to the report of success, beside the raw copy A of the same round. */
export const suite = {
  name: 'push',
  title: 'a file from client to client, SHA-1 checked and on disk',
  about:
    'From the acceptance to the report of success that follows the check. `push, TLS` has signalling and octets over TLS 1.3. `raw, hashed` is the least ' +
    'that any verified push over MSRP must do: the raw copy in which both sides look for the end-line of a chunk (RFC 4975 §7.1), and whose receiver ' +
    'hashes what it writes, on another thread and out of shared memory, and is over when it has the SHA-1 of the source. `bare node` is a process that does nothing.',
  bounds: 'SHA-1 costs as much as everything else that one side does.',
  size: 1024,
  short: { size: 64, rounds: 2 },
  setUp: async ({ folder, source }) => ({ pair: await certificateIn(folder), sha1: await sha1Of(source) }),
  scenarios: {
    raw: { run: ({ source, folder }) => rawCopy({ source, target: join(folder, 'raw.bin') }) },
    'raw, hashed': {
      baseline: 'raw',
      run: ({ source, folder, own }) => rawCopy({ source, target: join(folder, 'raw.bin'), sha1: own.sha1, looks: true }),
    },
    'bare node': { run: () => bareNode() },
    push: {
      baseline: 'raw',
      floor: 'raw, hashed',
      run: ({ source, folder }) => push({ source, into: folder }),
      goals: [
        { figure: 'ratio', least: 0.55, aim: 0.65 },
        { figure: 'memory', above: 'bare node', most: 40 },
        { figure: 'memory', most: 80 },
      ],
    },
    'raw TLS, hashed': {
      baseline: 'raw',
      run: ({ source, folder, own }) => rawTls({ source, target: join(folder, 'raw.bin'), pair: own.pair, sha1: own.sha1, looks: true }),
    },
    'push, TLS': {
      baseline: 'raw',
      floor: 'raw TLS, hashed',
      run: ({ source, folder, own }) => push({ source, into: folder, pair: own.pair }),
      goals: [{ figure: 'ratio', least: 0.38, aim: 0.45 }],
    },
  },
}

async function sha1Of(path) {
  const hash = createHash('sha1')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}
