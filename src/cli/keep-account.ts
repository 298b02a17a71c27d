import { mkdir, rm, writeFile } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import type { AccountFile } from '../node/index.js'

/** Name of an account in the configuration: the host of its address, in the characters that names have. */
export function accountName(aor: string): string {
  const host = /^sips?:(?:[^@]+@)?([^;?>]+)$/i.exec(aor)?.[1] ?? ''
  return host
    .replace(/:\d+$/, '')
    .replace(/[^A-Za-z0-9_-]/g, '-')
    .slice(0, 64)
}

/** Writes the password of an account beside the configuration, for the owner only. Gives the path. */
export async function keepPassword(name: string, password: string, place: AccountFile): Promise<string> {
  const path = await passwordPath(name, place)
  await mkdir(dirname(path), { recursive: true, mode: 0o700 })
  await rm(path, { force: true })
  await writeFile(path, `${password}\n`, { mode: 0o600, flag: 'wx' })
  return path
}

export async function passwordPath(name: string, place: AccountFile): Promise<string> {
  const { configFolders } = await import('../node/index.js')
  const folder = place.file === undefined ? configFolders(place).config : dirname(resolve(place.file))
  return join(folder, `${name}.password`)
}
