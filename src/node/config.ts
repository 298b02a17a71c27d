import { join } from 'node:path'
import { ConfigError } from './config-error.js'
import { type ConfigFile, type FileSetting, type FileSettings, readConfigFile, shortPath } from './config-file.js'
import { type ConfigPlace, configFolders, homeFolder } from './config-folders.js'
import {
  CONFIG_KEYS,
  CONFIG_NAMES,
  type ConfigKey,
  type ConfigName,
  type ConfigValues,
  flagOf,
  nearestName,
  propertyOf,
  variableOf,
} from './config-keys.js'
import { type PasswordSource, readPassword } from './config-password.js'
import { type ConfigValue, formOf, readValue, type ValueScope } from './config-value.js'

export interface LoadConfigOptions extends ConfigPlace {
  /** What the command line said, already in its types: it goes before all else. */
  readonly flags?: Partial<ConfigValues>
  /** `--config`: another file than the usual one. It must be there. */
  readonly file?: string
  /** Folder that relative paths of flags and environment start from. Default: the current one. */
  readonly folder?: string
}

/** The settings that count, with the account that was chosen filled in. */
export interface Config {
  /** Full path of the file, whether it is there or not. */
  readonly file: string
  readonly values: ConfigValues
  /** Names of the accounts in the file. */
  readonly accounts: readonly string[]
  /** Warnings for the user, one sentence each. */
  readonly notices: readonly string[]
  /**
   * The password of the account: `--password-file`, `CPMFT_PASSWORD`, then what the account says. Undefined when there is none.
   * Reads the file or runs the command now. @throws ConfigError
   */
  password(): Promise<string | undefined>
  /** A row for each setting; see `explainConfig`. */
  readonly rows: readonly ConfigRow[]
}

/** One setting for people. */
export interface ConfigRow {
  readonly name: string
  /** Empty when there is neither a value nor a default; secrets are `(hidden)`. */
  readonly value: string
  /** `--into`, `CPMFT_INTO`, `config.toml:3`, `default`, or what happens without a value. */
  readonly source: string
}

interface Found {
  readonly value: ConfigValue
  readonly source: string
}

/** Merges flags over `CPMFT_*` over the file over defaults. @throws ConfigError for anything that is not understood */
export async function loadConfig(options: LoadConfigOptions = {}): Promise<Config> {
  const home = homeFolder(options)
  const env = options.env ?? process.env
  const path = options.file ?? env['CPMFT_CONFIG'] ?? join(configFolders(options).config, 'config.toml')
  const file = await readConfigFile(path, home)
  if (file.mode === undefined && (options.file ?? env['CPMFT_CONFIG']) !== undefined)
    throw new ConfigError(`There is no file ${shortPath(path, home)}.`, 'Check --config.')
  const layers = new Layers(options.flags ?? {}, env, file, { home, folder: options.folder ?? process.cwd() })
  const account = layers.account()
  const section = account?.section
  const found = new Map<ConfigName, Found>()
  for (const name of CONFIG_NAMES) {
    const value = name === 'account' ? account : layers.find(name, section)
    if (value !== undefined) found.set(name, value)
  }
  addTransport(found)
  const values = Object.fromEntries(CONFIG_NAMES.map(name => [propertyOf(name), found.get(name)?.value])) as unknown as ConfigValues
  const sources = passwordSources(found, env, section)
  return {
    file: path,
    values,
    accounts: [...file.accounts.keys()],
    notices: passwordNotices(file, home, options.platform ?? process.platform),
    password: () => readPassword(sources),
    rows: [...CONFIG_NAMES.map(name => rowOf(name, found.get(name))), ...passwordRows(sources)],
  }
}

/** Each setting, its value and where it comes from, secrets masked: what `cpmft config --explain` prints. */
export function explainConfig(config: Config): readonly ConfigRow[] {
  return config.rows
}

class Layers {
  constructor(
    private readonly flags: Partial<ConfigValues>,
    private readonly env: Readonly<Record<string, string | undefined>>,
    private readonly file: ConfigFile,
    private readonly scope: ValueScope,
  ) {
    for (const variable of Object.keys(env)) this.#checkVariable(variable)
  }

  find(name: ConfigName, section: FileSettings | undefined): Found | undefined {
    return this.#outside(name) ?? this.#inFile(section?.get(name)) ?? this.#inFile(this.file.general.get(name)) ?? defaultOf(name)
  }

  /**
   * The account that counts. Somebody who names another address by `--as` alone does not mean the account in the file: its proxy and password
   * are for its own address.
   */
  account(): (Found & { readonly section: FileSettings }) | undefined {
    const { accounts, general } = this.file
    const outside = this.#outside('account')
    const [only] = accounts.size === 1 ? accounts.keys() : []
    const found =
      outside ?? this.#inFile(general.get('account')) ?? (only === undefined ? undefined : { value: only, source: 'config.toml' })
    if (found === undefined) return undefined
    const section = accounts.get(String(found.value))
    if (section === undefined) throw this.#noAccount(String(found.value), found.source)
    const address = this.#outside('aor')
    if (outside === undefined && address !== undefined && address.value !== section.get('aor')?.value) return undefined
    return { ...found, section }
  }

  #outside(name: ConfigName): Found | undefined {
    const flag = this.flags[propertyOf(name)]
    if (flag !== undefined) return { value: flag, source: flagOf(name) }
    const variable = variableOf(name)
    const text = this.env[variable]
    if (text === undefined || text === '') return undefined
    const { kind }: ConfigKey = CONFIG_KEYS[name]
    const value = readValue(kind, text, 'environment', this.scope)
    if (value === undefined) throw new ConfigError(`${variable} must be ${formOf(kind)}.`, 'Correct it, or unset it.')
    return { value, source: variable }
  }

  #inFile(setting: FileSetting | undefined): Found | undefined {
    if (setting === undefined) return undefined
    return { value: setting.value, source: `config.toml${setting.line === undefined ? '' : `:${setting.line}`}` }
  }

  /** A mistyped variable would otherwise be without any effect, and nobody would know. */
  #checkVariable(variable: string): void {
    if (!variable.startsWith('CPMFT_')) return
    const known = [...CONFIG_NAMES.map(variableOf), 'CPMFT_PASSWORD', 'CPMFT_CONFIG']
    if (known.includes(variable)) return
    const nearest = nearestName(
      variable.slice(6).toLowerCase(),
      known.map(name => name.slice(6).toLowerCase().replaceAll('_', '-')),
    )
    if (nearest === undefined) return
    throw new ConfigError(
      `There is no variable ${variable.slice(0, 80)}.`,
      `Did you mean CPMFT_${nearest.toUpperCase().replaceAll('-', '_')}?`,
    )
  }

  #noAccount(name: string, source: string): ConfigError {
    const names = [...this.file.accounts.keys()]
    const nearest = nearestName(name, names)
    return new ConfigError(
      `There is no account "${name.slice(0, 80)}" (${source}).`,
      nearest !== undefined
        ? `Did you mean ${nearest}?`
        : names.length > 0
          ? `There are: ${names.join(', ')}.`
          : 'Add one with cpmft account add.',
    )
  }
}

function defaultOf(name: ConfigName): Found | undefined {
  const { default: value }: ConfigKey = CONFIG_KEYS[name]
  return value === undefined ? undefined : { value, source: 'default' }
}

/** A proxy without a transport of its own gets the one of the account. */
function addTransport(found: Map<ConfigName, Found>): void {
  const [proxy, transport] = [found.get('proxy'), found.get('transport')]
  if (proxy === undefined || transport === undefined || /;transport=/i.test(String(proxy.value))) return
  found.set('proxy', { ...proxy, value: `${String(proxy.value)};transport=${String(transport.value)}` })
}

function passwordSources(
  found: ReadonlyMap<ConfigName, Found>,
  env: Readonly<Record<string, string | undefined>>,
  section: FileSettings | undefined,
): PasswordSource[] {
  const sources: PasswordSource[] = []
  const file = found.get('password-file')
  const command = found.get('password-command')
  const given = env['CPMFT_PASSWORD']
  const inFile = section?.get('password')
  if (file?.source.startsWith('--')) sources.push({ kind: 'file', path: String(file.value), source: file.source })
  if (given !== undefined && given !== '') sources.push({ kind: 'text', text: given, source: 'CPMFT_PASSWORD' })
  if (file !== undefined) sources.push({ kind: 'file', path: String(file.value), source: file.source })
  if (command !== undefined) sources.push({ kind: 'command', words: command.value as readonly string[], source: command.source })
  if (inFile !== undefined)
    sources.push({ kind: 'text', text: String(inFile.value), source: `config.toml${inFile.line === undefined ? '' : `:${inFile.line}`}` })
  return sources
}

/** A password may stand in the file only when nobody else can read it, and even then a keyring is better. */
function passwordNotices({ accounts, path, mode }: ConfigFile, home: string, platform: NodeJS.Platform): string[] {
  const holders = [...accounts].filter(([, section]) => section.has('password')).map(([name]) => name)
  if (holders.length === 0) return []
  const shown = shortPath(path, home)
  if (platform !== 'win32' && ((mode ?? 0) & 0o077) !== 0)
    throw new ConfigError(
      `${shown} holds a password and can be read by others on this machine.`,
      `chmod 600 ${shown}, and change the password.`,
    )
  return [`The password of ${holders.join(', ')} stands in ${shown}; password-command keeps it in a keyring.`]
}

function rowOf(name: ConfigName, found: Found | undefined): ConfigRow {
  const { otherwise = '' }: ConfigKey = CONFIG_KEYS[name]
  return found === undefined ? { name, value: '', source: otherwise } : { name, value: shownValue(found.value), source: found.source }
}

function passwordRows([source]: readonly PasswordSource[]): ConfigRow[] {
  return [{ name: 'password', value: source === undefined ? '' : '(hidden)', source: source?.source ?? 'prompt' }]
}

/** A password in an address, `sip:alice:secret@…`, is a secret as well. */
function shownValue(value: ConfigValue): string {
  if (typeof value === 'object') return value.join(' ')
  return String(value).replace(/^([a-z]{1,9}:(?:\/\/)?[^:@/]{0,4096}):[^@]{0,4096}@/i, '$1:(hidden)@')
}
