import { join } from 'node:path'
import { certificateIn } from './certificate.mjs'
import { naivePipe } from './naive-pipe.mjs'
import { rawCopy } from './raw-copy.mjs'
import { rawStream } from './raw-stream.mjs'

/** What this machine and plain Node can do: the baselines of the other suites. */
export const suite = {
  name: 'raw',
  title: 'octets over the loopback in plain Node, without protocol and without hash',
  about:
    '`raw` is A, the copy of a file that other suites are measured by: blocks of 1 MiB, four of them on their way, written by position. ' +
    '`memory to nothing` is the same without files. `naive pipe` is `createReadStream().pipe(socket)` on one side and ' +
    '`socket.pipe(createWriteStream())` on the other.',
  bounds: 'The two cores: every octet is copied between kernel and process four times.',
  size: 512,
  short: { size: 64 },
  setUp: async ({ folder }) => ({ pair: await certificateIn(folder) }),
  scenarios: {
    raw: { run: ({ source, folder }) => rawCopy({ source, target: join(folder, 'raw.bin') }) },
    'memory to nothing': { baseline: 'raw', run: rawStream },
    'naive pipe': { baseline: 'raw', run: ({ source, folder }) => naivePipe({ source, target: join(folder, 'naive.bin') }) },
    'naive pipe, TLS': {
      baseline: 'raw',
      run: ({ source, folder, own }) => naivePipe({ source, target: join(folder, 'naive.bin'), pair: own.pair }),
    },
  },
}
