import { join } from 'node:path'
import { push } from './push.mjs'
import { rawCopy } from './raw-copy.mjs'

/** What a user of the library gets, from the acceptance to the report of success, beside the raw copy A of the same round. */
export const suite = {
  name: 'push',
  title: 'a file from client to client, SHA-1 checked and on disk',
  bounds: 'SHA-1 costs as much as everything else that one side does.',
  size: 1024,
  short: { size: 64, rounds: 2 },
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
  },
}
