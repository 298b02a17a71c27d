import { randomBytes } from 'node:crypto'
import { mkdir, open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { HostError } from '../client/index.js'

const OCTETS = 32

/** The secret of a data folder, made at the first start (0600). Rejects with `HostError('store')`. */
export async function serverSecret(folder: string): Promise<Uint8Array> {
  const path = join(folder, 'secret')
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 })
    try {
      const file = await open(path, 'wx', 0o600)
      const secret = randomBytes(OCTETS)
      try {
        await file.writeFile(secret)
        await file.sync()
      } finally {
        await file.close()
      }
      return new Uint8Array(secret)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    }
    const known = await readFile(path)
    if (known.length < OCTETS)
      throw new HostError('store', 'The secret in the data folder is cut short. Delete the file to have a new one.')
    return new Uint8Array(known)
  } catch (error) {
    if (error instanceof HostError) throw error
    throw new HostError('store', 'The data folder cannot be used.', { cause: error })
  }
}
