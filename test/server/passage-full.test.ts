import { constants, existsSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import { tempFolder } from '../node/temp-folder.js'
import { PassageBench, pattern } from './passage-kit.js'

type FileIo = typeof import('../../src/node/file-io.js')

const broken = { reads: false }

/** Every spool file is /dev/full, to which the system answers ENOSPC, or cannot be read. */
vi.mock('../../src/node/file-io.js', async importOriginal => {
  const original = await importOriginal<FileIo>()
  const openFile: FileIo['openFile'] = (path, flags, mode) =>
    broken.reads ? original.openFile(path, flags, mode) : original.openFile('/dev/full', constants.O_RDWR)
  const readFully: FileIo['readFully'] = () => Promise.reject(Object.assign(new Error('broken'), { code: 'EIO' }))
  return { ...original, openFile, readFully }
})

let bench: PassageBench

afterEach(() => bench.host.close())

function start(): void {
  bench = new PassageBench({ folder: join(tempFolder(), 'spool'), limits: { window: 64 * 1024 } })
  bench.do({ name: 'open', passage: 'p', total: undefined, limit: 1e9, keep: true })
  for (let offset = 0; offset < 1_000_000; offset += 50_000) bench.do({ name: 'write', passage: 'p', offset, bytes: pattern(50_000) })
}

it.runIf(existsSync('/dev/full'))('ends a passage when the disk is full @req GRP-29', async () => {
  broken.reads = false
  start()
  const failed = await bench.event('failed')
  expect([failed.cause, failed.detail]).toEqual(['full', 'The spool file cannot be written (ENOSPC).'])
  expect(bench.host.figures).toMatchObject({ passages: 0, memory: 0, pending: 0 })
})

it('ends a passage whose file cannot be read again', async () => {
  broken.reads = true
  start()
  while (bench.host.figures.pending > 0) await new Promise(resolve => setImmediate(resolve))
  bench.do({ name: 'read', passage: 'p', reader: 'late', offset: 0, length: 1000 })
  const failed = await bench.event('failed')
  expect([failed.cause, failed.detail]).toEqual(['broken', 'The spool file cannot be read (EIO).'])
})
