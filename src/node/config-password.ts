import { execFile } from 'node:child_process'
import { open } from 'node:fs/promises'
import { basename } from 'node:path'
import { ConfigError } from './config-error.js'
import { systemCode } from './host-errors.js'
import { MAX_PASSWORD, PASSWORD_COMMAND_TIMEOUT } from './limits.js'

/** Where a password is to be had; `source` names the setting. */
export type PasswordSource =
  | { readonly kind: 'text'; readonly text: string; readonly source: string }
  | { readonly kind: 'file'; readonly path: string; readonly source: string }
  | { readonly kind: 'command'; readonly words: readonly string[]; readonly source: string }

/** The password of the first source; undefined without one. What a source holds never gets into a message. @throws ConfigError */
export async function readPassword([source]: readonly PasswordSource[]): Promise<string | undefined> {
  if (source === undefined) return undefined
  if (source.kind === 'text') return source.text
  const text = source.kind === 'file' ? await readFirst(source.path) : await runCommand(source.words)
  const [password = ''] = text.split(/\r?\n/, 1)
  if (password === '') throw new ConfigError(`${nameOf(source)} gives no password.`, 'It is expected on the first line.')
  return password
}

async function readFirst(path: string): Promise<string> {
  try {
    const file = await open(path, 'r')
    try {
      const octets = Buffer.alloc(MAX_PASSWORD + 1)
      const { bytesRead } = await file.read(octets, 0, octets.length, 0)
      if (bytesRead > MAX_PASSWORD) throw new ConfigError('The password file is too long.', 'It holds the password on one line.')
      return octets.toString('utf8', 0, bytesRead)
    } finally {
      await file.close()
    }
  } catch (error) {
    if (error instanceof ConfigError) throw error
    throw new ConfigError(`The password file cannot be read (${systemCode(error)}).`, 'Check password-file.')
  }
}

/** Without a shell: the words go to the program as they are. It may ask at the terminal to unlock the keyring. */
function runCommand([program = '', ...words]: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const options = { timeout: PASSWORD_COMMAND_TIMEOUT, maxBuffer: MAX_PASSWORD, windowsHide: true }
    const child = execFile(program, words, options, (error, output) => {
      if (error === null) return resolve(output)
      const reason = error.killed === true ? 'it took too long or said too much' : String(error.code ?? 'unknown')
      reject(new ConfigError(`The password command failed (${basename(program)}: ${reason}).`, 'Run it by hand to see why.'))
    })
    child.stderr?.resume()
    child.stdin?.end()
  })
}

function nameOf(source: PasswordSource): string {
  return source.kind === 'file' ? 'The password file' : 'The password command'
}
