import { join } from 'node:path'
import { certificateIn } from './certificate.mjs'
import { push } from './push.mjs'
import { rawCopy } from './raw-copy.mjs'

/** What a user of the library gets, from the acceptance to the report of success, beside the raw copy A of the same round. */
export const suite = {
  name: 'push',
  title: 'a file from client to client, SHA-1 checked and on disk',
  about: 'From the acceptance to the report of success that follows the check. `push, TLS` has signalling and octets over TLS 1.3.',
  bounds: 'SHA-1 costs as much as everything else that one side does.',
  size: 1024,
  short: { size: 64, rounds: 2 },
  setUp: async ({ folder }) => ({ pair: await certificateIn(folder) }),
  scenarios: {
    raw: { run: ({ source, folder }) => rawCopy({ source, target: join(folder, 'raw.bin') }) },
    push: {
      baseline: 'raw',
      run: ({ source, folder }) => push({ source, into: folder }),
      goals: [
        { figure: 'ratio', least: 0.55, aim: 0.65 },
        { figure: 'memory', most: 80 },
      ],
    },
    'push, TLS': {
      baseline: 'raw',
      run: ({ source, folder, own }) => push({ source, into: folder, pair: own.pair }),
      goals: [{ figure: 'ratio', least: 0.38, aim: 0.45 }],
    },
  },
}
