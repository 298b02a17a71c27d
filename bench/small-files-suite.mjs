import { join } from 'node:path'
import { makeSmallFiles, rawFiles, smallFiles } from './small-files.mjs'

const OCTETS = 10 * 1024
/** The octets take no part in the work of a session: less than this share of plain Node means that something waits or grows with the square. */
const LEAST = 0.05

export const suite = {
  name: 'small-files',
  title: 'a thousand files of 10 KiB from client to client, hash checked and on disk',
  about:
    '`raw` is plain Node over one connection, which asks nobody, syncs nothing and makes no record. `one send` gives the client all files at ' +
    'once, which it divides into sessions of 64; `30 at a time` is one send after the other. `with a record` keeps transfers in a store on ' +
    'both sides, as the command line does.',
  bounds:
    'Work of each file at the receiver: about 2 ms of CPU, of which a quarter goes into calls of the file system (a new file, its sync, its ' +
    'name), the rest into offer, answer, MSRP session, notification and close.',
  unit: 'files/s',
  setUp: async ({ folder, short }) => ({
    paths: await makeSmallFiles(join(folder, 'sent'), { count: short ? 100 : 1000, octets: OCTETS }),
  }),
  scenarios: {
    raw: { run: ({ own, folder }) => rawFiles({ paths: own.paths, folder }) },
    'one send': {
      baseline: 'raw',
      run: ({ own, folder }) => smallFiles({ paths: own.paths, folder }),
      goals: [{ figure: 'ratio', least: LEAST }],
    },
    '30 at a time': { baseline: 'raw', short: false, run: ({ own, folder }) => smallFiles({ paths: own.paths, batch: 30, folder }) },
    'one send, with a record': { baseline: 'raw', run: ({ own, folder }) => smallFiles({ paths: own.paths, store: true, folder }) },
  },
}
