import { readFile, stat } from 'node:fs/promises'
import type { CommandContext } from './context.js'
import type { StopSwitch } from './stop-switch.js'
import { UsageError } from './usage-error.js'
import type { View } from './view.js'

/** A password file longer than this is something else. */
const LONGEST = 4096

/**
 * The account password: `--password-file`, CPMFT_PASSWORD, or a hidden prompt at a terminal; undefined when there is none. Never an
 * argument: everybody on the machine can read those.
 */
export async function readPassword(
  context: CommandContext,
  options: { readonly passwordFile?: string; readonly account: string },
  view: View,
  stop: StopSwitch,
): Promise<string | undefined> {
  if (options.passwordFile !== undefined) return readPasswordFile(options.passwordFile, view)
  const given = context.env['CPMFT_PASSWORD']
  if (given !== undefined) return given === '' ? undefined : given
  if (!context.isTerminal.stdin || !context.isTerminal.stderr) return undefined
  const typed = await context.askPassword(`Password of ${options.account} (empty for none)`, stop.signal)
  if (typed === undefined) stop.stop('SIGINT')
  stop.signal.throwIfAborted()
  return typed === '' ? undefined : typed
}

async function readPasswordFile(path: string, view: View): Promise<string> {
  let text: string
  try {
    const { size, mode } = await stat(path)
    if (size > LONGEST) throw new UsageError('The password file is too long.', 'It holds the password on one line.')
    if ((mode & 0o077) !== 0 && process.platform !== 'win32')
      view.note('The password file can be read by others on this machine: chmod 600 helps.')
    text = await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof UsageError) throw error
    throw new UsageError(
      `The password file cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'}).`,
      'Check --password-file.',
    )
  }
  const [password = ''] = text.split(/\r?\n/, 1)
  if (password === '') throw new UsageError('The password file is empty.', 'It holds the password on one line.')
  return password
}
