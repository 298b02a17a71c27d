import { createHash, randomBytes } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { mkdir, open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'

/** Octets of the large samples. */
const LARGE = 64 * 1024 * 1024
const INTERRUPTED = 48 * 1024 * 1024

export interface Samples {
  readonly folder: string
  readonly paths: readonly string[]
  /** Name of the file that Bob declines. */
  readonly unwanted: string
  /** Sent later, into the same session. */
  readonly late: string
  /** Stopped in the middle, then gone on with. */
  readonly interrupted: string
}

/** Real files of every awkward kind: empty, oddly named, large, unwanted. */
export async function writeSamples(folder: string): Promise<Samples> {
  await mkdir(folder)
  const write = async (name: string, content: Uint8Array | string) => {
    const path = join(folder, name)
    await writeFile(path, content)
    return path
  }
  const paths = [
    await write('empty.txt', ''),
    await write('50% "off" — it\'s a naïve 🙂 name.txt', 'The quick brown fox jumps over the lazy dog\n'.repeat(100)),
    await write('holiday.jpg', randomBytes(300_000)),
    await writeLarge(join(folder, 'backup.bin'), LARGE),
    await write('newsletter.pdf', randomBytes(20_000)),
  ]
  return {
    folder,
    paths,
    unwanted: 'newsletter.pdf',
    late: await write('one more thing.txt', 'It joins the session that is already open.\n'),
    interrupted: await writeLarge(join(folder, 'film.mkv'), INTERRUPTED),
  }
}

async function writeLarge(path: string, octets: number): Promise<string> {
  const file = await open(path, 'w')
  try {
    for (let at = 0; at < octets; at += 1024 * 1024) await file.write(randomBytes(1024 * 1024))
  } finally {
    await file.close()
  }
  return path
}

/** SHA-1 read back from disk, independent of the library: 40 hex digits. */
export async function sha1OfFile(path: string): Promise<string> {
  const hash = createHash('sha1')
  await pipeline(createReadStream(path), hash)
  return hash.digest('hex')
}
