import { readFile } from 'node:fs/promises'
import { isAbsolute, resolve } from 'node:path'
import type { FocusOptions, LogLevel, ServerConfigValues, ServerOptions } from '../server/index.js'
import { type DigestAlgorithm, digestAlgorithm } from '../sip/index.js'
import type { CommandScope } from './run-command.js'
import { UsageError } from './usage-error.js'

/** Flags named like the settings, see `SERVER_CONFIG_KEYS`. */
export type ServiceFlags = Readonly<Record<string, unknown>>

/** The settings of `cpmft server` and `cpmft focus`: flags over `CPMFT_SERVER_*` over the file. @throws ConfigError */
export async function serverSettings({ context, globals }: CommandScope, flags: ServiceFlags): Promise<ServerConfigValues> {
  const { loadServerConfig } = await import('../server/index.js')
  const { env, home } = context
  return (await loadServerConfig({ env, home, flags, ...(globals.config !== undefined && { file: globals.config }) })).values
}

type Common = Pick<
  FocusOptions,
  'publicHost' | 'data' | 'database' | 'factory' | 'node' | 'media' | 'allowPrivate' | 'metrics' | 'log' | 'tls'
>

/** What both have. */
export async function commonOptions({ context, globals }: CommandScope, values: ServerConfigValues): Promise<Common> {
  const { pinoLog } = await import('../server/index.js')
  const metrics = placeOf(values.metrics ?? '127.0.0.1:9464', 'metrics')
  const media = placeOf(values.media ?? 'none', 'files')
  const level: LogLevel = values['log-level'] ?? (globals.verbose ? 'debug' : 'info')
  return {
    ...(values['public-host'] !== undefined && { publicHost: values['public-host'] }),
    ...(values.data !== undefined && { data: values.data }),
    ...(values.database !== undefined && { database: databasePlace(values.database) }),
    ...(values.factory !== undefined && { factory: values.factory }),
    ...(values.node !== undefined && { node: values.node }),
    ...(media !== undefined && { media }),
    ...(values['allow-private'] !== undefined && { allowPrivate: values['allow-private'] }),
    ...(metrics !== undefined && { metrics }),
    ...(await tlsOf(values)),
    log: pinoLog({ level: globals.quiet ? 'warn' : level, stream: context.stderr, forPeople: context.isTerminal.stderr }),
  }
}

/** What the settings say, as options of `startServer`. */
export async function serverOptions(scope: CommandScope, values: ServerConfigValues): Promise<ServerOptions> {
  const rate = values['request-rate']
  const [least, most] = [values['least-expires'], values['most-expires']]
  const { BINDINGS_OF_USER, REGISTRATION_EXPIRES: usual, SERVER_CONNECTIONS } = await import('../server/index.js')
  return {
    ...(values.listen !== undefined && { listen: values.listen }),
    ...(values.domain !== undefined && { domains: values.domain }),
    ...(await commonOptions(scope, values)),
    ...(values['open-registration'] !== undefined && { openRegistration: values['open-registration'] }),
    storeAndForward: storeOf(values),
    ...(values.trust !== undefined && { trusted: values.trust }),
    ...(values.edge !== undefined && { edges: values.edge }),
    ...(values['node-address'] !== undefined && { nodeAddress: values['node-address'] }),
    ...(values['node-timeout'] !== undefined && { nodeTimeout: values['node-timeout'] * 1000 }),
    ...(values.algorithms !== undefined && { algorithms: values.algorithms.map(readAlgorithm) }),
    limits: {
      ...(rate !== undefined && { requests: { rate, burst: rate * 3 } }),
      bindingsOfUser: values['max-bindings'] ?? BINDINGS_OF_USER,
      connections: values['max-connections'] ?? SERVER_CONNECTIONS.total,
      connectionsPerAddress: values['max-connections-per-address'] ?? SERVER_CONNECTIONS.perAddress,
      expires: { ...usual, ...(least !== undefined && { least }), ...(most !== undefined && { most }) },
    },
  }
}

/** Files for people who are away (RCS-9). */
function storeOf(values: ServerConfigValues): NonNullable<ServerOptions['storeAndForward']> {
  if (values['store-and-forward'] === false) return false
  const [file, total, time] = [values['store-file-size'], values['store-quota'], values['store-time']]
  return {
    ...(values['store-not-for'] !== undefined && { notFor: values['store-not-for'] }),
    ...(values.spool !== undefined && { spool: values.spool }),
    ...(values['shared-spool'] !== undefined && { sharedSpool: values['shared-spool'] }),
    limits: {
      ...(file !== undefined && { file }),
      ...(total !== undefined && { total }),
      ...(time !== undefined && { ttl: time * 1000 }),
    },
  }
}

function readAlgorithm(text: string): DigestAlgorithm {
  const known = digestAlgorithm(text)
  if (known === undefined)
    throw new UsageError(`"${text.slice(0, 40)}" is no algorithm for passwords.`, 'There are SHA-256, SHA-512-256 and MD5.')
  return known
}

function databasePlace(text: string): string {
  return /^postgres(?:ql)?:\/\//i.test(text) || isAbsolute(text) ? text : resolve(text)
}

/** `none` for no place. */
function placeOf(text: string, what: string): { readonly host: string; readonly port: number } | undefined {
  if (text === 'none') return undefined
  const found = /^(\[[0-9A-Fa-f:.]+\]|[^:\s]+):([0-9]{1,5})$/.exec(text)
  if (found === null) throw new UsageError(`"${text.slice(0, 80)}" is no place for ${what}.`, 'Write it like 127.0.0.1:9464, or none.')
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
