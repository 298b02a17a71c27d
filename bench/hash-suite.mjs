import { createHash } from 'node:crypto'
import { closeSync, createReadStream, openSync, readSync } from 'node:fs'
import { pipeline } from 'node:stream/promises'
import { nodeHost } from '../dist/lib/node.js'
import { playRole, startMeter, startRole } from './processes.mjs'
import { runProgram } from './programs.mjs'

/** What `readSync` of a cached file does best with. */
const READ = 256 * 1024

/** SHA-1 of a file before it is offered. */
export const suite = {
  name: 'hash',
  title: 'SHA-1 of a file before it is offered',
  about:
    '`cpmft` is the hash of the library in a process that runs already, on a thread of its own; `again` a second offer of the same file. ' +
    '`node, ready` is `readSync` of 256 KiB and `createHash` in turns, on the main thread of a process that runs already: no thread, no promise. ' +
    '`naive` is `createReadStream().pipe(createHash())`. The other programs are told from their start to their end.',
  bounds: 'One core at SHA-1: reading the next block goes on beside it only in the kernel.',
  size: 512,
  short: { size: 128 },
  scenarios: {
    'openssl dgst': {
      needs: ['openssl'],
      run: ({ source, size }) => program('openssl', ['dgst', '-sha1', source], size),
    },
    sha1sum: { needs: ['sha1sum'], baseline: 'openssl dgst', run: ({ source, size }) => program('sha1sum', [source], size) },
    naive: { baseline: 'openssl dgst', run: ({ source, size }) => inRole('naive', source, size) },
    'node, ready': { baseline: 'openssl dgst', run: ({ source, size }) => inRole('ready', source, size) },
    cpmft: {
      baseline: 'openssl dgst',
      floor: 'node, ready',
      run: ({ source, size }) => inRole('ours', source, size),
      goals: [
        { figure: 'ratio', least: 0.95 },
        { figure: 'ratio', of: 'sha1sum', least: 2 },
        { figure: 'ms when offered again', most: 5 },
      ],
    },
  },
}

async function program(command, args, size) {
  const { seconds, cpu, memory } = await runProgram(command, args)
  return { seconds, octets: size, sides: { hash: { cpu, memory } } }
}

async function inRole(role, source, size) {
  const child = startRole(import.meta.url, role, { source })
  try {
    const { seconds, figures, ...side } = await child.next()
    return { seconds, octets: size, sides: { hash: side }, figures }
  } finally {
    await child.end()
  }
}

async function ours({ source }) {
  const host = nodeHost()
  const meter = startMeter()
  const [seconds, first] = await hashOnce(host, source)
  const side = meter.stop()
  const [again, second] = await hashOnce(host, source)
  if (Buffer.compare(first, second) !== 0) throw new Error('two hashes of one file differ')
  process.send({ seconds, ...side, figures: { 'ms when offered again': again * 1000 } })
  await host.close()
}

async function hashOnce(host, path) {
  const begin = performance.now()
  const source = await host.open(path)
  const digest = await source.hash()
  await source.close()
  return [(performance.now() - begin) / 1000, digest]
}

async function ready({ source }) {
  const block = Buffer.allocUnsafeSlow(READ)
  const meter = startMeter()
  const begin = performance.now()
  const file = openSync(source, 'r')
  const hash = createHash('sha1')
  for (let length; (length = readSync(file, block)) > 0; ) hash.update(block.subarray(0, length))
  hash.digest()
  closeSync(file)
  process.send({ seconds: (performance.now() - begin) / 1000, ...meter.stop() })
}

async function naive({ source }) {
  const meter = startMeter()
  const begin = performance.now()
  const hash = createHash('sha1')
  await pipeline(createReadStream(source), hash)
  hash.digest()
  process.send({ seconds: (performance.now() - begin) / 1000, ...meter.stop() })
}

if (process.argv[1] === new URL(import.meta.url).pathname) await playRole({ ours, ready, naive })
