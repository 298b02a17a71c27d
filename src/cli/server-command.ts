import type { ServerConfigValues, ServerFinding, ServerHandle } from '../server/index.js'
import type { CommandScope } from './run-command.js'
import { serverOptions, serverSettings } from './server-settings.js'
import { started, stopped } from './service-life.js'
import { terminalText } from './terminal-text.js'

export interface ServerCommandOptions {
  readonly check?: boolean
  /** Flags named like the settings, see `SERVER_CONFIG_KEYS`. */
  readonly [flag: string]: unknown
}

/** Seconds running transfers have after Ctrl-C: whoever sits at the terminal does not want to wait. */
const IMPATIENT = 5

/** `cpmft server`: runs until it is stopped. 0 after a good end; 2 when it cannot start. */
export async function serverCommand(scope: CommandScope, { check, ...flags }: ServerCommandOptions): Promise<number> {
  const { stop } = scope
  const server = await import('../server/index.js')
  const values = await serverSettings(scope, flags)
  const options = await serverOptions(scope, values)
  if (check === true) return report(scope, await server.checkServer(options))
  const handle = await started(server.startServer(options), 'cpmft server --check, with the same options, looks at everything.')
  try {
    announce(scope, handle, values)
    await stopped(stop.signal)
    scope.view.note('Waiting for running transfers; once more to leave now.')
    await handle.drain(stop.reason === 'SIGTERM' ? (values['drain-limit'] ?? 300) * 1000 : IMPATIENT * 1000)
  } finally {
    await handle.close()
  }
  return 0
}

/** How to connect: lines to paste into other terminals. */
function announce({ view }: CommandScope, handle: ServerHandle, values: ServerConfigValues): void {
  const { domain, addresses, metrics, factory } = handle
  const proxy = addresses.find(({ transport }) => transport === 'tls' || transport === 'tcp') ?? addresses[0]
  const open = values['open-registration'] === true
  const account = (user: string) => `--as sip:${user}@${domain} --proxy '${proxy?.uri ?? ''}'`
  const users = open
    ? []
    : [`  cpmft user add sip:alice@${domain}${place(values)}   (and sip:bob@${domain}: who has no account cannot register)`]
  const words = [
    `SIP server of ${domain}, at ${addresses.map(({ uri }) => uri).join(' ')}. Ctrl-C to stop.`,
    ...(metrics === undefined ? [] : [`Metrics at ${metrics}/metrics, health at ${metrics}/healthz.`]),
    ...(open ? ['Open registration: every address of the domain is believed, without password.'] : []),
    '',
    'Try it in other terminals:',
    ...users,
    `  cpmft receive ${account('bob')}`,
    `  cpmft send FILE --to sip:bob@${domain} ${account('alice')}`,
  ]
  view.tell('listening', { domain, factory, addresses, metrics, open }, words.join('\n'))
}

/** Where `cpmft user` finds the same database; the URL of PostgreSQL may hold a password. */
function place({ data, database }: ServerConfigValues): string {
  if (database !== undefined) return ' --database URL'
  return data === undefined ? '' : ` --data '${data}'`
}

/** @returns 0 when it can start */
function report({ view }: CommandScope, findings: readonly ServerFinding[]): number {
  for (const finding of findings) {
    const { check, status, text, fix } = finding
    const lines = [`${status.padEnd(5)} ${check.padEnd(12)} ${terminalText(text, 400)}`]
    if (fix !== undefined) lines.push(`${''.padEnd(18)} -> ${terminalText(fix, 400)}`)
    view.tell('finding', finding, undefined, lines)
  }
  const failed = findings.filter(({ status }) => status === 'fail').length
  view.note(failed === 0 ? 'The server can start.' : `${failed} thing${failed === 1 ? '' : 's'} must be mended first.`)
  return failed === 0 ? 0 : 2
}
