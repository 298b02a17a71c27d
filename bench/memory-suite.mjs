import { push } from './push.mjs'

/** Times the size of the small file that the large one has. */
const FACTOR = 16
/** What memory may differ by chance between a small and a large file, MB: when V8 collects, and whether a pool was filled to its end. */
const ALLOWANCE = 24

/** Memory must not grow with the file. */
export const suite = {
  name: 'memory',
  title: `peak memory of both sides, with a file and with one ${FACTOR} times smaller`,
  about:
    'The whole client, SHA-1 checked. Figures are the largest of all rounds. The run fails when the large file needs more than a fixed allowance above the small one.',
  bounds: 'Node itself takes about 40 MB; blocks that are on their way and the code take the rest.',
  size: 1024,
  short: { size: 512, rounds: 2 },
  scenarios: {
    small: { run: ({ file, size, folder }) => push({ source: file(size / FACTOR), into: folder }) },
    large: {
      run: ({ source, folder }) => push({ source, into: folder }),
      goals: ['sender', 'receiver'].map(side => ({ figure: 'memory', side, above: 'small', most: ALLOWANCE, hard: true })),
    },
  },
}
