import { randomBytes } from 'node:crypto'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** Octets of what takes a few seconds at the speed of the demo. */
const SEEN = 18_000_000
const FILM = 30_000_000

/** What the people of the demo send, as paths. */
export interface LiveSamples {
  readonly send: readonly string[]
  readonly offered: readonly string[]
  readonly unwanted: string
  readonly forAll: string
  readonly film: string
}

/** Real files with names as people have them. */
export async function writeLiveSamples(folder: string): Promise<LiveSamples> {
  await mkdir(folder, { recursive: true })
  const write = async (name: string, content: Uint8Array | string) => {
    const path = join(folder, name)
    await writeFile(path, content)
    return path
  }
  return {
    send: [await write('holiday.jpg', randomBytes(2_400_000)), await write('backup.zip', randomBytes(SEEN))],
    offered: [
      await write('minutes.txt', 'Bob wrote down what was said.\n'.repeat(200)),
      await write('50% "off" — it\'s a naïve 🙂 name.txt', 'Any name will do.\n'.repeat(100)),
      await write('plans.pdf', randomBytes(6_000_000)),
      await write('free-money.pdf.exe', randomBytes(40_000)),
    ],
    unwanted: await write('newsletter.pdf', randomBytes(20_000)),
    forAll: await write('invitation.pdf', randomBytes(3_000_000)),
    film: await write('film.mkv', randomBytes(FILM)),
  }
}
