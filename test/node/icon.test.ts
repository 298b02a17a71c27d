import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import type { FileSource } from '../../src/client/index.js'
import { MAX_ICON_SOURCE } from '../../src/node/limits.js'
import { nodeHost } from '../../src/node/node-host.js'
import { tempFolder } from './temp-folder.js'

vi.mock('../../src/node/limits.js', async importOriginal => ({ ...(await importOriginal<object>()), MAX_ICON_PIXELS: 4_000_000 }))

/** Tests of pictures need the optional package; the others do not. */
const sharp = await import('sharp').then(
  loaded => loaded.default,
  () => undefined,
)
if (sharp === undefined) process.stderr.write('skipped: the optional package sharp is not installed (npm install sharp)\n')

const host = nodeHost()
const sources: FileSource[] = []

afterEach(async () => {
  vi.doUnmock('sharp')
  for (const source of sources.splice(0)) await source.close()
  await vi.waitFor(() => expect(host.openResources()).toEqual([]))
})

async function open(name: string, bytes: Uint8Array): Promise<FileSource> {
  const path = join(tempFolder(), name)
  writeFileSync(path, bytes)
  const source = await host.open(path)
  sources.push(source)
  return source
}

function noise(width: number, height: number): Buffer {
  return randomBytes(width * height * 3)
}

function picture(width: number, height: number): NonNullable<ReturnType<NonNullable<typeof sharp>>> {
  if (sharp === undefined) throw new Error('not reached')
  return sharp(noise(width, height), { raw: { width, height, channels: 3 } })
}

describe.runIf(sharp !== undefined)('icons', () => {
  it('are small JPEG pictures of at most 96 pixels, of every type that is taken', async () => {
    const pictures: [string, Buffer, number, number][] = [
      ['a.jpg', await picture(600, 300).jpeg().toBuffer(), 96, 48],
      ['a.png', await picture(300, 600).png().toBuffer(), 48, 96],
      ['a.gif', await picture(96, 96).gif().toBuffer(), 96, 96],
      ['a.webp', await picture(1200, 1200).webp().toBuffer(), 96, 96],
      ['small.png', await picture(20, 10).png().toBuffer(), 20, 10],
    ]
    for (const [name, bytes, width, height] of pictures) {
      const icon = await host.icon?.(await open(name, bytes), 16_384)
      const seen = await sharp?.(icon?.bytes).metadata()
      expect([name, icon?.type, seen?.format, seen?.width, seen?.height]).toEqual([name, 'image/jpeg', 'jpeg', width, height])
      expect(icon?.bytes.length).toBeLessThanOrEqual(16_384)
    }
  })

  it('become worse and smaller until they fit, and are left out when they cannot', async () => {
    const source = await open('noise.png', await picture(96, 96).png().toBuffer())
    const sizes: number[] = []
    for (const octets of [16_384, 5 * 1024, 1500]) {
      const icon = await host.icon?.(source, octets)
      expect(icon?.bytes.length).toBeLessThanOrEqual(octets)
      sizes.push((await sharp?.(icon?.bytes).metadata())?.width ?? 0)
    }
    expect(sizes[0]).toBe(96)
    expect(sizes[2]).toBeLessThan(96)
    expect(await host.icon?.(source, 100)).toBeUndefined()
  })

  it('stand upright and say nothing about where they were taken', async () => {
    const photo = await picture(400, 200)
      .withExif({ IFD0: { Make: 'Camera' }, IFD3: { GPSLatitude: '52/1 31/1 0/1' } })
      .withMetadata({ orientation: 6 })
      .jpeg()
      .toBuffer()
    expect((await sharp?.(photo).metadata())?.exif).toBeDefined()
    const icon = await host.icon?.(await open('photo.jpg', photo), 16_384)
    const seen = await sharp?.(icon?.bytes).metadata()
    expect([seen?.width, seen?.height, seen?.exif, seen?.orientation, seen?.icc, seen?.xmp]).toEqual([
      48,
      96,
      undefined,
      undefined,
      undefined,
      undefined,
    ])
  })

  it('put transparent pictures on white', async () => {
    const clear = await sharp?.({ create: { width: 10, height: 10, channels: 4, background: { r: 0, g: 0, b: 0, alpha: 0 } } })
      .png()
      .toBuffer()
    const icon = await host.icon?.(await open('clear.png', clear ?? Buffer.alloc(0)), 16_384)
    const { data } = (await sharp?.(icon?.bytes).raw().toBuffer({ resolveWithObject: true })) ?? { data: Buffer.alloc(0) }
    expect(Math.min(...data)).toBeGreaterThan(250)
  })

  it('are not made of what is broken, too large or no picture', async () => {
    const jpeg = await picture(300, 300).jpeg().toBuffer()
    const svg = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"><rect width="10" height="10"/></svg>')
    const files: [string, Uint8Array][] = [
      ['cut.jpg', jpeg.subarray(0, 200)],
      ['half.jpg', jpeg.subarray(0, jpeg.length / 2)],
      ['rubbish.jpg', Buffer.concat([jpeg.subarray(0, 20), randomBytes(5000)])],
      ['text.jpg', Buffer.from('this is no picture at all')],
      ['drawing.png', svg],
      ['drawing.svg', svg],
      ['picture.txt', jpeg],
      ['empty.png', new Uint8Array(0)],
      ['huge.png', await picture(2100, 2000).png({ compressionLevel: 0 }).toBuffer()],
    ]
    for (const [name, bytes] of files) expect([name, await host.icon?.(await open(name, bytes), 16_384)]).toEqual([name, undefined])
  })

  it('are made of what can be read, and given up for what cannot', async () => {
    const bytes = await picture(300, 300).jpeg().toBuffer()
    expect(
      await host.icon?.(
        { name: 'x', type: 'image/jpeg', size: MAX_ICON_SOURCE + 1, read: async () => bytes } as unknown as FileSource,
        9000,
      ),
    ).toBeUndefined()
    const failing = {
      name: 'x',
      type: 'image/jpeg',
      size: 5000,
      read: async () => Promise.reject(new Error('gone')),
    } as unknown as FileSource
    expect(await host.icon?.(failing, 9000)).toBeUndefined()
    const short = {
      name: 'x',
      type: 'image/jpeg',
      size: 50_000_0,
      read: async (at: number) => new Uint8Array(bytes.subarray(at, at + 12)),
    } as unknown as FileSource
    expect(await host.icon?.(short, 9000)).toBeUndefined()
  })
})

it('are left out where the package is missing', async () => {
  const dot = await open('dot.gif', Buffer.from('R0lGODdhAQABAIABAP///wAAACwAAAAAAQABAAACAkQBADs=', 'base64'))
  expect((await host.icon?.(dot, 16_384)) !== undefined).toBe(sharp !== undefined)
  vi.doMock('sharp', () => {
    throw new Error('Cannot find package')
  })
  expect(await host.icon?.(dot, 16_384)).toBeUndefined()
})
