import type Sharp from 'sharp'
import type { FileSource } from '../client/index.js'
import { BLOCK_SIZE, ICON_SIDE, ICON_TIMEOUT, MAX_ICON_PIXELS, MAX_ICON_SOURCE } from './limits.js'

export interface Icon {
  /** `image/jpeg`. */
  readonly type: string
  readonly bytes: Uint8Array
}

/** What an icon is made of; other image types are either rare or, like SVG, more program than picture. */
const TYPES = new Set(['image/jpeg', 'image/png', 'image/gif', 'image/webp'])

/** Tried in this order until the icon is small enough: quality first, then the side in pixels. */
const SIDES = [ICON_SIDE, 64, 48, 32]
const QUALITIES = [80, 60, 40]

/** Octets that tell what a file is: enough for `RIFF....WEBP`. */
const MAGIC = 12

/**
 * A small picture of an image file (RCS-5): upright, at most 96 pixels on its longest side, without metadata (EXIF tells where it was taken).
 * Made by the optional package `sharp` in its own threads. Never rejects: undefined without the package, for other files, for images that are broken
 * or too large, and when no icon of at most `octets` comes out.
 */
export async function makeIcon(source: FileSource, octets: number): Promise<Icon | undefined> {
  if (!TYPES.has(source.type) || source.size < MAGIC || source.size > MAX_ICON_SOURCE) return undefined
  try {
    const sharp = await load()
    if (sharp === undefined || !isImage(await copyOf(source, MAGIC))) return undefined
    const image = await copyOf(source, source.size)
    return await firstFitting(sharp, image, octets)
  } catch {
    // the file is sent without an icon, whatever the reason
    return undefined
  }
}

/** Loaded when first needed; undefined where it is not installed or has no binary for this machine. */
async function load(): Promise<typeof Sharp | undefined> {
  try {
    return (await import('sharp')).default
  } catch {
    return undefined
  }
}

async function firstFitting(sharp: typeof Sharp, image: Uint8Array, octets: number): Promise<Icon | undefined> {
  // decoded once, at the largest size; the smaller ones are made of it
  const { data, info } = await sharp(image, { limitInputPixels: MAX_ICON_PIXELS, failOn: 'error', sequentialRead: true })
    .timeout({ seconds: ICON_TIMEOUT })
    .autoOrient()
    .resize(ICON_SIDE, ICON_SIDE, { fit: 'inside', withoutEnlargement: true })
    .flatten({ background: '#ffffff' })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true })
  for (const side of SIDES) {
    for (const quality of QUALITIES) {
      const icon = await sharp(data, { raw: { width: info.width, height: info.height, channels: info.channels } })
        .resize(side, side, { fit: 'inside', withoutEnlargement: true })
        .jpeg({ quality })
        .toBuffer()
      if (icon.length <= octets) return { type: 'image/jpeg', bytes: new Uint8Array(icon) }
    }
  }
  return undefined
}

/** The content decides, not the name: nothing but these four reaches the decoder (RCV-18 lists them for icons too). */
function isImage(head: Uint8Array): boolean {
  const text = Buffer.from(head.buffer, head.byteOffset, head.length).toString('latin1')
  return (
    text.startsWith('\xff\xd8\xff') ||
    text.startsWith('\x89PNG\r\n\x1a\n') ||
    text.startsWith('GIF8') ||
    (text.startsWith('RIFF') && text.startsWith('WEBP', 8))
  )
}

async function copyOf(source: FileSource, length: number): Promise<Uint8Array> {
  const copy = new Uint8Array(length)
  for (let position = 0; position < length; ) {
    const block = await source.read(position, Math.min(BLOCK_SIZE, length - position))
    copy.set(block, position)
    position += block.length
    source.release?.(block)
    if (block.length === 0) throw new Error('the file is shorter than it was')
  }
  return copy
}
