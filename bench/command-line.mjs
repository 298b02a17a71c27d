import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { cleanEnvironment, startProgram, waitForListener } from './programs.mjs'
import { freePort } from './processes.mjs'

/** Our command line as a user starts it: the built program, in a home of its own without configuration. */
export const CPMFT = fileURLToPath(new URL('../dist/bin/cpmft.js', import.meta.url))

/** @param home a folder that may be written to */
export function environmentIn(home) {
  return cleanEnvironment({ HOME: home, XDG_CONFIG_HOME: home, XDG_DATA_HOME: home, XDG_STATE_HOME: home, XDG_CACHE_HOME: home })
}

/**
 * `cpmft receive` that takes everything: `{ pid, to, end }`; `to` is what `--to` takes.
 * @param pair paths of certificates; then SIP and MSRP go over TLS
 */
export async function startReceiver({ folder, into, pair }) {
  const port = await freePort()
  const to = `sip:bob@127.0.0.1:${port};transport=${pair === undefined ? 'tcp' : 'tls'}`
  const listen = ['--as', 'sip:bob@127.0.0.1', '--listen', to, ...protection(pair)]
  const answers = ['--into', into, '--accept', 'all', '--warn-size', '1TiB', '--on-conflict', 'overwrite', '--no-store', '--quiet']
  const program = startProgram(process.execPath, [CPMFT, 'receive', ...listen, ...answers], {
    env: environmentIn(folder),
    output: join(folder, 'received.txt'),
  })
  try {
    await Promise.race([waitForListener(port), program.ended(60_000)])
  } catch (error) {
    await program.end()
    throw error
  }
  return { pid: program.pid, to, end: () => program.end() }
}

/** Arguments of Node for `cpmft send` of one file. */
export function sendArguments({ to, source, pair }) {
  return [
    CPMFT,
    'send',
    '--as',
    'sip:alice@127.0.0.1',
    '--to',
    to,
    '--no-store',
    '--warn-size',
    '0',
    '--quiet',
    ...protection(pair),
    source,
  ]
}

function protection(pair) {
  return pair === undefined ? [] : ['--profile', 'secure', '--tls-ca', pair.ca, '--tls-cert', pair.cert, '--tls-key', pair.key]
}
