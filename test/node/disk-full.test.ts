import { constants, existsSync, readdirSync } from 'node:fs'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { FileSink, HostError } from '../../src/client/index.js'
import { type NodeHost, nodeHost } from '../../src/node/node-host.js'
import { tempFolder } from './temp-folder.js'

type FileIo = typeof import('../../src/node/file-io.js')

/** Partial files of names with "full" become /dev/full: the system itself answers ENOSPC to every write. */
vi.mock('../../src/node/file-io.js', async importOriginal => {
  const original = await importOriginal<FileIo>()
  const openFile: FileIo['openFile'] = (path, flags, mode) =>
    path.includes('full.bin') ? original.openFile('/dev/full', constants.O_RDWR) : original.openFile(path, flags, mode)
  return { ...original, openFile }
})

let host: NodeHost
let folder: string

beforeEach(() => {
  host = nodeHost()
  folder = tempFolder()
})

afterEach(async () => {
  await host.close()
  expect(host.openResources()).toEqual([])
})

function create(name: string): Promise<FileSink> {
  return host.create({ into: folder, name, size: undefined, onConflict: 'rename', hash: true })
}

it.runIf(existsSync('/dev/full'))('reports a disk that fills up, once, and goes on with other files @req RCV-10 RCV-11', async () => {
  const sink = await create('full.bin')
  const other = await create('other.bin')
  const errors: HostError[] = []
  const told = new Promise<void>(resolve => {
    sink.onError = error => {
      errors.push(error)
      resolve()
    }
  })
  for (let at = 0; at < 40; at++) {
    sink.write(at * 100_000, new Uint8Array(100_000))
    other.write(at * 100_000, new Uint8Array(100_000))
  }
  await told
  await expect(sink.drained()).rejects.toMatchObject({ code: 'disk-full' })
  sink.write(0, new Uint8Array(10))
  expect(sink.pending).toBe(0)
  expect(errors.map(error => error.code)).toEqual(['disk-full'])
  await expect(sink.commit()).rejects.toMatchObject({ code: 'disk-full' })
  await sink.discard()
  expect((await other.finish()).size).toBe(4_000_000)
  await other.commit()
  expect(readdirSync(folder)).toEqual(['other.bin'])
})
