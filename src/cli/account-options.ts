import { readFile, stat } from 'node:fs/promises'
import type { Config, ConfigName, ConfigValues, NodeClientOptions } from '../node/index.js'
import type { CommandScope } from './run-command.js'
import { UsageError } from './usage-error.js'

/** Flags of every command that starts a client; each one is also a key of the configuration and has a `CPMFT_*` variable. */
export interface AccountOptions {
  readonly as?: string
  readonly displayName?: string
  readonly proxy?: string
  readonly transport?: ConfigValues['transport']
  readonly username?: string
  readonly listen?: string
  readonly passwordFile?: string
  readonly profile?: ConfigValues['profile']
  readonly tlsCa?: string
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly relay?: string
  readonly conferenceFactory?: string
  readonly allowPrivate?: boolean
  readonly chunkSize?: number
  /** False for `--no-store`. */
  readonly store?: boolean
}

/** What `withClient` takes: the options of a client, but `store` is the path of what it opens itself; nothing is remembered without. */
export interface CommandClientOptions extends Omit<NodeClientOptions, 'store'> {
  readonly store?: string
  /** Nobody gave a password, and there is somebody at the terminal to ask, should the server want one. Undefined when the answer is empty. */
  readonly askPassword?: () => Promise<string | undefined>
}

/** What counts for one command, with the own address filled in. */
export interface Settings extends Config {
  readonly aor: string
  /** Path of the state store; undefined with `--no-store`. */
  readonly store: string | undefined
}

/**
 * The settings of a command: flags over `CPMFT_*` over the file over defaults. A flag counts when it is named like a key of the configuration.
 * From here on `timeout` and `no-color` of the file count as well. @throws ConfigError, UsageError
 */
export async function loadSettings(scope: CommandScope, options: object): Promise<Settings> {
  const { context, globals, view, stop } = scope
  const node = await import('../node/index.js')
  const { env, home } = context
  const config = await node.loadConfig({
    env,
    home,
    flags: flagsOf({ ...options, ...(globals.account !== undefined && { account: globals.account }) }, Object.keys(node.CONFIG_KEYS)),
    ...(globals.config !== undefined && { file: globals.config }),
  })
  const { values } = config
  if (values.noColor) view.withoutColour()
  if (globals.timeout === undefined && values.timeout !== undefined) stop.after(values.timeout * 1000)
  checkAddresses(values)
  if (values.proxy !== undefined && values.aor === undefined)
    throw new UsageError('--proxy needs an account.', 'Add --as sip:you@example.org')
  for (const notice of config.notices) view.tell('warning', { code: 'config', text: notice }, notice)
  return {
    ...config,
    aor: values.aor ?? ownAddress(values.listen, context),
    store: (options as AccountOptions).store === false ? undefined : node.storePath({ env, home }),
  }
}

/** The options of a client as the settings have them. */
export async function clientOptions(scope: CommandScope, settings: Settings): Promise<CommandClientOptions> {
  const { values } = settings
  const given = givenValues(settings)
  const hasAccount = values.proxy !== undefined || values.passwordFile !== undefined
  const password = hasAccount ? await passwordOf(scope, settings) : undefined
  const mayAsk = hasAccount && password === undefined && isInteractive(scope.context)
  const tls = await readTls(values)
  const quota = {
    ...(values.quotaPerSenderDay > 0 && { perSenderDay: values.quotaPerSenderDay }),
    ...(values.quotaTotal > 0 && { total: values.quotaTotal }),
  }
  const options = {
    aor: settings.aor,
    ...given,
    ...(password !== undefined && { password }),
    ...(mayAsk && { askPassword: () => askPassword(scope, settings) }),
    ...(values.maxSize > 0 && { maxFileSize: values.maxSize }),
    ...(Object.keys(quota).length > 0 && { quota }),
    ...(values.relay !== undefined && { relay: { uri: values.relay } }),
    ...(tls !== undefined && { tls }),
    ...(settings.store !== undefined && { store: settings.store }),
  }
  if (values.listen !== undefined && tls?.cert === undefined && (await isForTls(values.listen, options)))
    throw new UsageError(
      'Listening with TLS needs a certificate.',
      'Give --tls-cert and --tls-key; cpmft cert makes a pair to try with. --profile open does without TLS.',
    )
  return options
}

async function isForTls(listen: string, { store: _store, askPassword: _ask, ...options }: CommandClientOptions): Promise<boolean> {
  const { profileOf } = await import('../node/index.js')
  return /^sips:|;transport=(?:tls|wss)\b/i.test(listen) || profileOf(options) === 'secure'
}

/** Settings that are options of a client under the same name. What is a default in the configuration is one in the client too. */
const SAME_NAME = [
  'display-name',
  'username',
  'listen',
  'conference-factory',
  'proxy',
  'release-timer',
  'ring-timeout',
  'success-report',
  'failure-report',
  'chunk-size',
  'profile',
  'allow-private',
  'auto-accept',
  'warn-size',
  'notifications',
  'display-notifications',
  'icons',
  'resume-ttl',
  'capability-ttl',
] as const satisfies readonly ConfigName[]

function givenValues({ values, rows }: Settings): Partial<CommandClientOptions> {
  const given: Record<string, unknown> = {}
  for (const name of SAME_NAME) {
    const property = camel(name) as keyof ConfigValues
    const isDefault = rows.find(row => row.name === name)?.source === 'default'
    if (values[property] !== undefined && !isDefault) given[property] = values[property]
  }
  return given
}

function flagsOf(options: Readonly<Record<string, unknown>> & AccountOptions, names: readonly string[]): Partial<ConfigValues> {
  const flags: Record<string, unknown> = {}
  for (const name of names) {
    const value = name === 'aor' ? options.as : options[camel(name)]
    // What commander has for `--no-icons` that was not given
    if (value !== undefined && !(name === 'icons' && value === true)) flags[camel(name)] = value
  }
  return flags
}

function camel(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

/** Flags are not checked by the configuration: it takes them as they are. */
function checkAddresses({ aor, proxy, listen, relay, conferenceFactory }: ConfigValues): void {
  const addresses = { '--as': aor, '--proxy': proxy, '--listen': listen, '--conference-factory': conferenceFactory }
  for (const [name, uri] of Object.entries(addresses))
    if (uri !== undefined && !/^sips?:[^\s<>"]+$/i.test(uri))
      throw new UsageError(`${name} is not a SIP address.`, `Write it like ${name} sip:alice@example.org`)
  if (relay !== undefined && !/^msrps?:\/\/[^\s<>"]+$/i.test(relay))
    throw new UsageError('--relay is not an MSRP address.', "Write it like --relay 'msrps://relay.example.org:2855;tcp'")
}

/** From a file, the environment or a command; never an argument: everybody on the machine can read those. */
async function passwordOf({ view, stop }: CommandScope, settings: Settings): Promise<string | undefined> {
  const file = settings.values.passwordFile
  if (file !== undefined && (await isOpenToOthers(file)))
    view.note('The password file can be read by others on this machine: chmod 600 helps.')
  return stop.race(settings.password())
}

/** `CPMFT_PASSWORD=` says that there is none. */
function isInteractive({ env, isTerminal }: CommandScope['context']): boolean {
  return env['CPMFT_PASSWORD'] === undefined && isTerminal.stdin && isTerminal.stderr
}

async function askPassword({ context, stop }: CommandScope, settings: Settings): Promise<string | undefined> {
  const typed = await context.askPassword(`Password of ${settings.aor}`, stop.signal)
  if (typed === undefined) stop.stop('SIGINT')
  stop.signal.throwIfAborted()
  return typed === '' ? undefined : typed
}

async function isOpenToOthers(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined)
  return found !== undefined && process.platform !== 'win32' && (found.mode & 0o077) !== 0
}

/** PEM texts of the three files; undefined when none is named. */
export async function readTls({
  tlsCa,
  tlsCert,
  tlsKey,
}: Pick<ConfigValues, 'tlsCa' | 'tlsCert' | 'tlsKey'>): Promise<NodeClientOptions['tls']> {
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw new UsageError(
      tlsKey === undefined ? 'There is a certificate, but no key for it.' : 'There is a key, but no certificate for it.',
      'Give both --tls-cert and --tls-key; cpmft cert makes such a pair.',
    )
  const files = { ca: tlsCa, cert: tlsCert, key: tlsKey }
  const tls: { ca?: Uint8Array; cert?: Uint8Array; key?: Uint8Array } = {}
  for (const [name, path] of Object.entries(files) as [keyof typeof tls, string | undefined][])
    if (path !== undefined) tls[name] = await readPem(path, `tls-${name}`)
  return Object.keys(tls).length === 0 ? undefined : tls
}

async function readPem(path: string, name: string): Promise<Uint8Array> {
  try {
    const octets = await readFile(path)
    if (octets.includes('-----BEGIN ')) return octets
  } catch (error) {
    throw new UsageError(
      `The file of ${name} cannot be read (${(error as NodeJS.ErrnoException).code ?? 'unknown reason'}).`,
      `Check --${name}.`,
    )
  }
  throw new UsageError(`The file of ${name} is not PEM text.`, 'It begins with -----BEGIN; openssl converts other forms.')
}

/** Without an account the address we listen at is who we are, without its parameters; without that, the login name. */
function ownAddress(listen: string | undefined, { user, host }: CommandScope['context']): string {
  if (listen === undefined) return `sip:${user}@${host}`
  const address = listen.split(/[;?]/, 1)[0] as string
  const colon = address.indexOf(':')
  return address.includes('@') ? address : `${address.slice(0, colon + 1)}${user}@${address.slice(colon + 1)}`
}
