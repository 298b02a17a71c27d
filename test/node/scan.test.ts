import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import type { FileSink } from '../../src/client/index.js'
import { markDownloaded } from '../../src/node/downloaded-mark.js'
import { type NodeHost, nodeHost } from '../../src/node/node-host.js'
import type { Scan } from '../../src/node/scan.js'
import { tempFolder } from './temp-folder.js'

vi.mock('../../src/node/limits.js', async importOriginal => ({ ...(await importOriginal<object>()), SCAN_TIMEOUT: 1000 }))

let host: NodeHost | undefined

afterEach(async () => {
  await host?.close()
  expect(host?.openResources()).toEqual([])
})

async function receive(folder: string, scan: Scan): Promise<FileSink> {
  host = nodeHost({ scan })
  const sink = await host.create({ into: folder, name: 'photo.jpg', size: 5, onConflict: 'rename', hash: true })
  sink.write(0, Buffer.from('hello'))
  await sink.finish()
  return sink
}

it('shows the whole file to the scanner before it gets its name @req SEC-6', async () => {
  const folder = tempFolder()
  const seen: string[] = []
  const sink = await receive(folder, async path => {
    seen.push(path, readFileSync(path, 'utf8'), readdirSync(folder).join())
    return 'clean'
  })
  expect(seen).toEqual([])
  const part = sink.part ?? ''
  expect(await sink.commit()).toBe(join(folder, 'photo.jpg'))
  expect(seen).toEqual([part, 'hello', part.slice(folder.length + 1)])
  expect(readdirSync(folder)).toEqual(['photo.jpg'])
})

it('gives no name to a file the scanner refuses, fails for, or does not answer about @req SEC-6', async () => {
  const scans: Scan[] = [
    async () => ({ reason: 'Eicar' }),
    async () => {
      throw new Error('scanner broke')
    },
    () => {
      throw new Error('scanner broke at once')
    },
    () => new Promise(() => {}),
  ]
  for (const scan of scans) {
    const folder = tempFolder()
    const sink = await receive(folder, scan)
    await expect(sink.commit()).rejects.toMatchObject({ code: 'refused-by-scanner' })
    expect(readdirSync(folder).every(name => name.endsWith('.cpmft-part'))).toBe(true)
    await sink.discard()
    expect(readdirSync(folder)).toEqual([])
    await host?.close()
  }
})

it('gives no name to a file that is discarded while it is scanned', async () => {
  const folder = tempFolder()
  let clean: () => void = () => {}
  const sink = await receive(folder, () => new Promise(resolve => (clean = () => resolve('clean'))))
  const committed = sink.commit()
  const refused = expect(committed).rejects.toMatchObject({ code: 'write-failed' })
  await new Promise(resolve => setTimeout(resolve, 20))
  await sink.discard()
  clean()
  await refused
  expect(readdirSync(folder)).toEqual([])
})

it('received files cannot be run, and carry the mark of the platform where there is one @req SEC-6', async () => {
  const folder = tempFolder()
  const sink = await receive(folder, async () => 'clean')
  const path = await sink.commit()
  expect(statSync(path).mode & 0o111).toBe(0)
  await markDownloaded(path)
  expect(readdirSync(folder)).toEqual(process.platform === 'win32' ? expect.anything() : ['photo.jpg'])
  await markDownloaded(path, 'win32')
  expect(readFileSync(`${path}:Zone.Identifier`, 'utf8')).toBe('[ZoneTransfer]\r\nZoneId=3\r\n')
  // no streams there: no failure
  await markDownloaded(join(folder, 'missing', 'x'), 'win32')
})
