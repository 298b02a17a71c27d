import { join } from 'node:path'
import { rawCopy } from './raw-copy.mjs'

/** What this machine and plain Node can do: the baselines of the other suites. */
export const suite = {
  name: 'raw',
  title: 'a file over loopback in plain Node, without protocol and without hash',
  bounds: 'The two cores: sender and receiver each copy every octet between kernel and process twice.',
  size: 1024,
  short: { size: 64, rounds: 2 },
  scenarios: {
    raw: { run: ({ source, folder }) => rawCopy({ source, target: join(folder, 'raw.bin') }) },
  },
}
