import { readFile } from 'node:fs/promises'
import { isAbsolute, resolve } from 'node:path'
import { pinoLog, type LogLevel } from '../server/index.js'
import type { ServerConfigValues, ServerFinding, ServerHandle, ServerOptions } from '../server/index.js'
import { HostError } from '../client/index.js'
import type { CommandScope } from './run-command.js'
import { terminalText } from './terminal-text.js'
import { UsageError } from './usage-error.js'

export interface ServerCommandOptions {
  readonly check?: boolean
  /** Flags named like the settings, see `SERVER_CONFIG_KEYS`. */
  readonly [flag: string]: unknown
}

/** Seconds running transfers have after Ctrl-C: whoever sits at the terminal does not want to wait. */
const IMPATIENT = 5

/** `cpmft server`: runs until it is stopped. 0 after a good end; 2 when it cannot start. */
export async function serverCommand(scope: CommandScope, { check, ...flags }: ServerCommandOptions): Promise<number> {
  const { context, globals, stop } = scope
  const server = await import('../server/index.js')
  const { values } = await server.loadServerConfig({
    env: context.env,
    home: context.home,
    flags,
    ...(globals.config !== undefined && { file: globals.config }),
  })
  const options = await optionsOf(scope, values)
  if (check === true) return report(scope, await server.checkServer(options))
  const handle = await started(server.startServer(options))
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

/** What the settings say, as options of `startServer`. */
async function optionsOf(scope: CommandScope, values: ServerConfigValues): Promise<ServerOptions> {
  const { context, globals } = scope
  const metrics = metricsPlace(values.metrics ?? '127.0.0.1:9464')
  const rate = values['request-rate']
  const [least, most] = [values['least-expires'], values['most-expires']]
  const { BINDINGS_OF_USER, REGISTRATION_EXPIRES: usual, SERVER_CONNECTIONS } = await import('../server/index.js')
  const level: LogLevel = values['log-level'] ?? (globals.verbose ? 'debug' : 'info')
  const forPeople = context.isTerminal.stderr
  return {
    ...(values.listen !== undefined && { listen: values.listen }),
    ...(values.domain !== undefined && { domains: values.domain }),
    ...(values['public-host'] !== undefined && { publicHost: values['public-host'] }),
    ...(values.data !== undefined && { data: values.data }),
    ...(values.database !== undefined && { database: databasePlace(values.database) }),
    ...(values['open-registration'] !== undefined && { openRegistration: values['open-registration'] }),
    ...(values.factory !== undefined && { factory: values.factory }),
    ...(values.node !== undefined && { node: values.node }),
    ...(values.trust !== undefined && { trusted: values.trust }),
    ...(await tlsOf(values)),
    ...(metrics !== undefined && { metrics }),
    log: pinoLog({ level: globals.quiet ? 'warn' : level, stream: context.stderr, forPeople }),
    limits: {
      ...(rate !== undefined && { requests: { rate, burst: rate * 3 } }),
      bindingsOfUser: values['max-bindings'] ?? BINDINGS_OF_USER,
      connections: values['max-connections'] ?? SERVER_CONNECTIONS.total,
      connectionsPerAddress: values['max-connections-per-address'] ?? SERVER_CONNECTIONS.perAddress,
      expires: { ...usual, ...(least !== undefined && { least }), ...(most !== undefined && { most }) },
    },
  }
}

function databasePlace(text: string): string {
  return /^postgres(?:ql)?:\/\//i.test(text) || isAbsolute(text) ? text : resolve(text)
}

function metricsPlace(text: string): ServerOptions['metrics'] {
  if (text === 'none') return undefined
  const found = /^(\[[0-9A-Fa-f:.]+\]|[^:\s]+):([0-9]{1,5})$/.exec(text)
  if (found === null) throw new UsageError(`"${text.slice(0, 80)}" is no place for metrics.`, 'Write it like 127.0.0.1:9464, or none.')
  return { host: (found[1] as string).replace(/^\[|\]$/g, ''), port: Number(found[2]) }
}

async function tlsOf(values: ServerConfigValues): Promise<Pick<ServerOptions, 'tls'>> {
  const files = { cert: values['tls-cert'], key: values['tls-key'], ca: values['tls-ca'] }
  if ((files.cert === undefined) !== (files.key === undefined))
    throw new UsageError('A certificate needs its key.', 'Give both --tls-cert and --tls-key; cpmft cert makes such a pair.')
  const tls: { cert?: Uint8Array; key?: Uint8Array; ca?: Uint8Array } = {}
  for (const [name, path] of Object.entries(files) as [keyof typeof tls, string | undefined][])
    if (path !== undefined)
      tls[name] = await readFile(path).catch(() => {
        throw new UsageError(`The file of --tls-${name} cannot be read.`, 'Check its path and permissions.')
      })
  return Object.keys(tls).length === 0 ? {} : { tls }
}

/** What keeps a server from starting is a matter of its configuration. */
async function started(start: Promise<ServerHandle>): Promise<ServerHandle> {
  try {
    return await start
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    if (error instanceof HostError || code === 'EADDRINUSE' || code === 'EACCES' || code === 'EADDRNOTAVAIL')
      throw new UsageError(
        `The server cannot start: ${(error as Error).message}`,
        'cpmft server --check, with the same options, looks at everything.',
      )
    throw error
  }
}

async function stopped(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await new Promise<void>(done => signal.addEventListener('abort', () => done(), { once: true }))
}

/** How to connect: lines to paste into other terminals. */
function announce({ view }: CommandScope, handle: ServerHandle, values: ServerConfigValues): void {
  const { domain, addresses, metrics, factory } = handle
  const proxy = addresses.find(({ transport }) => transport === 'tls' || transport === 'tcp') ?? addresses[0]
  const open = values['open-registration'] === true
  const [password, account] = [open ? 'CPMFT_PASSWORD= ' : '', (user: string) => `--as sip:${user}@${domain} --proxy '${proxy?.uri ?? ''}'`]
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
    `  ${password}cpmft receive ${account('bob')}`,
    `  ${password}cpmft send FILE --to sip:bob@${domain} ${account('alice')}`,
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
