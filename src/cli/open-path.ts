import { spawn } from 'node:child_process'
import { CpmftError } from '../client/index.js'

/** Program and first arguments by platform; the path comes last, as one argument and never through a shell. */
const OPENERS: Readonly<Partial<Record<NodeJS.Platform, readonly [string, ...string[]]>>> = {
  darwin: ['open'],
  win32: ['explorer.exe'],
}

/**
 * Shows a file or a folder with the program the user has chosen for it. `path` is absolute, so that it is never taken for an option.
 * Rejects with `CpmftError('file-unreadable')` when there is no such program.
 */
export async function openPath(path: string, platform: NodeJS.Platform = process.platform): Promise<void> {
  const [program, ...args] = OPENERS[platform] ?? ['xdg-open']
  const child = spawn(program, [...args, path], { stdio: 'ignore', detached: true })
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', () => reject(new CpmftError('file-unreadable', `The program ${program} cannot be started.`)))
  })
  child.unref()
}
