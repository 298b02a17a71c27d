import { open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { parse, TomlError } from 'smol-toml'
import { ConfigError } from './config-error.js'
import { CONFIG_KEYS, CONFIG_NAMES, type ConfigKey, type ConfigName, nearestName } from './config-keys.js'
import { type ConfigValue, formOf, readValue, type ValueScope } from './config-value.js'
import { systemCode } from './host-errors.js'
import { MAX_CONFIG } from './limits.js'

/** One value of the file and the line it stands in, where that can be told. */
export interface FileSetting {
  readonly value: ConfigValue
  readonly line: number | undefined
}

export type FileSettings = ReadonlyMap<ConfigName | 'password', FileSetting>

/** The file, checked. */
export interface ConfigFile {
  readonly path: string
  readonly text: string
  /** Permission bits; undefined when there is no file. */
  readonly mode: number | undefined
  readonly general: FileSettings
  readonly accounts: ReadonlyMap<string, FileSettings>
}

type Table = Readonly<Record<string, unknown>>

const GENERAL = CONFIG_NAMES.filter(name => name !== 'account' && CONFIG_KEYS[name].place !== 'account')
const ACCOUNT = CONFIG_NAMES.filter(name => CONFIG_KEYS[name].place !== 'general')

/** Reads and checks the file; without one everything is empty. @throws ConfigError that names file, line, key and expected form */
export async function readConfigFile(path: string, home: string): Promise<ConfigFile> {
  const { text, mode } = await readText(path, home)
  return { path, text, mode, ...checkConfig(text, path, home) }
}

/** Checks the text of a file. @throws ConfigError */
export function checkConfig(text: string, path: string, home: string): Pick<ConfigFile, 'general' | 'accounts'> {
  const reader = new Reader(text, shortPath(path, home), { home, folder: dirname(path) })
  const table = reader.parse()
  const { account, 'default-account': chosen, ...rest } = table
  const general = reader.settings(rest, GENERAL, undefined)
  if (chosen !== undefined) general.set('account', reader.setting('default-account', chosen, undefined, CONFIG_KEYS.account))
  const accounts = new Map<string, FileSettings>()
  for (const [name, section] of Object.entries(reader.table(account ?? {}, 'account'))) {
    if (!isAccountName(name)) throw reader.error(undefined, `"${name.slice(0, 80)}" is no name of an account`, ACCOUNT_NAME_FORM)
    accounts.set(name, reader.settings(reader.table(section, `account.${name}`), ACCOUNT, `account.${name}`))
  }
  return { general, accounts }
}

export const ACCOUNT_NAME_FORM = 'A name has 1 to 64 letters, digits, - and _.'

export function isAccountName(name: string): boolean {
  return /^[A-Za-z0-9_-]{1,64}$/.test(name) && name !== '__proto__'
}

/** `config.toml` of the home folder -> `~/.config/cpmft/config.toml` */
export function shortPath(path: string, home: string): string {
  return path.startsWith(`${home}/`) ? `~${path.slice(home.length)}` : path
}

class Reader {
  constructor(
    private readonly text: string,
    private readonly shown: string,
    private readonly scope: ValueScope,
  ) {}

  parse(): Table {
    // most have no file, and need no reader
    if (this.text === '') return {}
    try {
      return parse(this.text)
    } catch (error) {
      if (!(error instanceof TomlError)) throw error
      const [reason = ''] = error.message.split('\n', 1)
      throw this.error(
        error.line,
        reason.replace(/^Invalid TOML document: /, ''),
        'The file is written in TOML: key = "value", a line each.',
      )
    }
  }

  settings(table: Table, names: readonly ConfigName[], section: string | undefined): Map<ConfigName | 'password', FileSetting> {
    const settings = new Map<ConfigName | 'password', FileSetting>()
    for (const [key, raw] of Object.entries(table)) {
      if (section !== undefined && key === 'password') {
        settings.set(key, this.setting(key, raw, section, PASSWORD))
        continue
      }
      const name = names.find(name => name === key)
      if (name === undefined) throw this.#unknown(key, names, section)
      settings.set(name, this.setting(key, raw, section, CONFIG_KEYS[name]))
    }
    return settings
  }

  setting(key: string, raw: unknown, section: string | undefined, { kind }: Pick<ConfigKey, 'kind'>): FileSetting {
    const line = lineOf(this.text, section, key)
    const value = readValue(kind, raw, 'file', this.scope)
    if (value === undefined) throw this.error(line, `${inSection(key, section)} must be ${formOf(kind)}`, 'Correct it in the file.')
    return { value, line }
  }

  table(value: unknown, section: string): Table {
    if (typeof value === 'object' && value !== null && Object.getPrototypeOf(value) !== Date.prototype && !Array.isArray(value))
      return value as Table
    throw this.error(undefined, `${section} must be a section`, `Write [account.NAME] on a line of its own.`)
  }

  error(line: number | undefined, message: string, hint: string): ConfigError {
    return new ConfigError(`${this.shown}${line === undefined ? '' : `:${line}`}: ${message}.`, hint)
  }

  #unknown(key: string, names: readonly string[], section: string | undefined): ConfigError {
    const known = section === undefined ? [...names, 'default-account', 'account'] : [...names, 'password']
    const nearest = nearestName(key, known)
    const [line, shown] = [lineOf(this.text, section, key), inSection(key.slice(0, 80), section)]
    if (nearest !== undefined) return this.error(line, `there is no setting ${shown}`, `Did you mean ${nearest}?`)
    const elsewhere = CONFIG_NAMES.find(name => name === key)
    if (elsewhere === undefined) return this.error(line, `there is no setting ${shown}`, 'cpmft config --explain lists all of them.')
    return this.error(
      line,
      `${key} does not belong here`,
      section === undefined ? 'Put it into [account.NAME].' : 'Put it above all sections.',
    )
  }
}

const PASSWORD = { kind: 'text' } as const

function inSection(key: string, section: string | undefined): string {
  return section === undefined ? key : `${key} in [${section}]`
}

/** Where `key = …` stands. The first place that looks like it: a text of several lines may fool it, the number is a help only. */
function lineOf(text: string, section: string | undefined, key: string): number | undefined {
  const table = section === undefined ? key : `${section}.${key}`
  let current: string | undefined
  for (const [index, line] of text.split('\n').entries()) {
    const trimmed = line.trim()
    if (trimmed.startsWith('[')) {
      current = sectionOf(trimmed)
      if (current === table || current.startsWith(`${table}.`)) return index + 1
    }
    if (current !== section) continue
    const bare = trimmed.replace(/^["']/, '')
    if (bare.startsWith(key) && /^["']?\s{0,99}[=.]/.test(bare.slice(key.length))) return index + 1
  }
  return undefined
}

/** `[ account."work" ]` -> `account.work` */
export function sectionOf(header: string): string {
  const end = header.indexOf(']')
  return header.slice(0, end < 0 ? undefined : end).replace(/[[\s"']/g, '')
}

async function readText(path: string, home: string): Promise<{ readonly text: string; readonly mode: number | undefined }> {
  try {
    const file = await open(path, 'r')
    try {
      const { size, mode } = await file.stat()
      if (size > MAX_CONFIG) throw new ConfigError(`${shortPath(path, home)} is too long.`, `It may have ${MAX_CONFIG} octets.`)
      return { text: await file.readFile('utf8'), mode: mode & 0o777 }
    } finally {
      await file.close()
    }
  } catch (error) {
    if (error instanceof ConfigError) throw error
    if (systemCode(error) === 'ENOENT') return { text: '', mode: undefined }
    throw new ConfigError(`${shortPath(path, home)} cannot be read (${systemCode(error)}).`, 'Check its permissions.')
  }
}
