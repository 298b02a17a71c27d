import { randomBytes } from 'node:crypto'
import { mkdir, open, realpath, rename, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { ConfigError } from './config-error.js'
import { systemCode } from './host-errors.js'

/**
 * Writes a file of ours (0600, its folder 0700) at once: whoever reads it sees the old text or the new one. A link stays a link: people keep
 * their configuration elsewhere. @throws ConfigError with `shown` as the name of the file
 */
export async function writePrivateFile(path: string, text: string, shown: string): Promise<void> {
  let temporary: string | undefined
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 })
    const target = await realpath(path).catch(() => path)
    const name = `${target}.${randomBytes(4).toString('hex')}.tmp`
    const file = await open(name, 'wx', 0o600)
    temporary = name
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(name, target)
  } catch (error) {
    if (temporary !== undefined) await rm(temporary, { force: true })
    throw new ConfigError(`${shown} cannot be written (${systemCode(error)}).`, 'Check the folder and its permissions.')
  }
}
