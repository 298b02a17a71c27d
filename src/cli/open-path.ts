import { spawn } from 'node:child_process'
import { dirname } from 'node:path'
import { CpmftError } from '../client/index.js'

/** Shows a file in its folder; where the platform cannot, the folder. Rejects as `openPath`. */
export async function revealPath(path: string, platform: NodeJS.Platform = process.platform): Promise<void> {
  if (platform === 'darwin') return start('open', ['-R', path])
  // It must not be two arguments, and Explorer takes no quotes that Node would add
  if (platform === 'win32') return start('explorer.exe', [`/select,${path}`])
  return openPath(dirname(path), platform)
}

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
  return start(program, [...args, path])
}

async function start(program: string, args: readonly string[]): Promise<void> {
  const child = spawn(program, args, { stdio: 'ignore', detached: true })
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve)
    child.once('error', () => reject(new CpmftError('file-unreadable', `The program ${program} cannot be started.`)))
  })
  child.unref()
}
