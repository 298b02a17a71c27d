import { readFile, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { parse, TomlError } from 'smol-toml'
import { ConfigError, type ConfigPlace, configFolders } from '../node/index.js'
import { MAX_SERVER_CONFIG } from './limits.js'
import {
  SERVER_CONFIG_KEYS,
  SERVER_CONFIG_NAMES,
  type ServerConfigKind,
  type ServerConfigName,
  type ServerConfigValues,
} from './server-config-keys.js'

type Value = string | number | boolean | readonly string[]

export interface LoadServerConfigOptions extends ConfigPlace {
  /** Another file than `CPMFT_SERVER_CONFIG` or the usual one; it must be there. */
  readonly file?: string
  /** What the command line gives; wins. */
  readonly flags?: Readonly<Record<string, unknown>>
}

export interface ServerConfig {
  readonly values: ServerConfigValues
  /** The file that was read; undefined without one. */
  readonly file: string | undefined
}

/** Flags, then `CPMFT_SERVER_*`, then the file. @throws ConfigError that names the setting, its place and its form */
export async function loadServerConfig(options: LoadServerConfigOptions = {}): Promise<ServerConfig> {
  const env = options.env ?? process.env
  const named = options.file ?? env['CPMFT_SERVER_CONFIG']
  const path = named ?? join(configFolders(options).config, 'server.toml')
  const text = await readText(path, named !== undefined)
  const values = new Map<ServerConfigName, Value>()
  for (const [name, raw] of Object.entries(text === undefined ? {} : parsed(text))) {
    const known = SERVER_CONFIG_NAMES.find(one => one === name)
    if (known === undefined)
      throw new ConfigError(`The server's configuration has no setting ${name.slice(0, 80)}.`, 'cpmft server --help lists all of them.')
    values.set(known, read(known, raw, `${known} in the file`, dirname(path)))
  }
  for (const name of SERVER_CONFIG_NAMES) {
    const variable = `CPMFT_SERVER_${name.toUpperCase().replaceAll('-', '_')}`
    const told = env[variable]
    if (told !== undefined && told !== '') values.set(name, read(name, told, variable, process.cwd()))
    const flag = options.flags?.[camel(name)]
    if (flag !== undefined) values.set(name, read(name, flag, `--${name}`, process.cwd()))
  }
  return { values: Object.fromEntries(values), file: text === undefined ? undefined : path }
}

/** `open-registration` -> `openRegistration`, as flags are named in code. */
function camel(name: string): string {
  return name.replace(/-([a-z])/g, (_, letter: string) => letter.toUpperCase())
}

async function readText(path: string, mustBe: boolean): Promise<string | undefined> {
  try {
    if ((await stat(path)).size > MAX_SERVER_CONFIG)
      throw new ConfigError('The configuration of the server is too large.', 'It has a few dozen lines.')
    return await readFile(path, 'utf8')
  } catch (error) {
    if (error instanceof ConfigError) throw error
    if (!mustBe && (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined
    throw new ConfigError('The configuration of the server cannot be read.', 'Check the path and the permissions of the file.')
  }
}

function parsed(text: string): Record<string, unknown> {
  try {
    return parse(text)
  } catch (error) {
    if (!(error instanceof TomlError)) throw error
    const [reason = ''] = error.message.split('\n', 1)
    throw new ConfigError(
      `Line ${error.line} of the server's configuration: ${reason.replace(/^Invalid TOML document: /, '')}.`,
      'It is written in TOML: key = "value", a line each.',
    )
  }
}

function read(name: ServerConfigName, raw: unknown, place: string, folder: string): Value {
  const { kind } = SERVER_CONFIG_KEYS[name]
  const value = valueOf(kind, raw, folder)
  if (value === undefined) throw new ConfigError(`${place} must be ${formOf(kind)}.`, 'Correct it there.')
  return value
}

function valueOf(kind: ServerConfigKind, raw: unknown, folder: string): Value | undefined {
  if (typeof kind !== 'string') return typeof raw === 'string' && kind.includes(raw) ? raw : undefined
  switch (kind) {
    case 'boolean':
      return typeof raw === 'boolean' ? raw : raw === 'true' || raw === '1' ? true : raw === 'false' || raw === '0' ? false : undefined
    case 'list': {
      const list = typeof raw === 'string' ? raw.split(',').map(text => text.trim()) : raw
      return Array.isArray(list) && list.length > 0 && list.every(text => typeof text === 'string' && text !== '')
        ? (list as string[])
        : undefined
    }
    case 'count':
      return wholeNumber(raw)
    case 'size':
    case 'duration':
      return typeof raw === 'number'
        ? wholeNumber(raw)
        : typeof raw === 'string'
          ? withUnit(raw, kind === 'size' ? SIZES : TIMES)
          : undefined
    case 'path':
      return typeof raw === 'string' && raw !== '' ? resolve(folder, raw) : undefined
    case 'text':
      return typeof raw === 'string' && raw !== '' ? raw : undefined
  }
}

function wholeNumber(raw: unknown): number | undefined {
  const number = typeof raw === 'string' && /^[0-9]{1,12}$/.test(raw) ? Number(raw) : raw
  return typeof number === 'number' && Number.isSafeInteger(number) && number > 0 ? number : undefined
}

function withUnit(text: string, units: Readonly<Record<string, number>>): number | undefined {
  const found = /^([0-9]{1,12})\s?([A-Za-z]{0,3})$/.exec(text)
  const unit = units[(found?.[2] ?? '').toLowerCase()]
  const number = found === null || unit === undefined ? 0 : Number(found[1]) * unit
  return number > 0 ? number : undefined
}

const TIMES = { '': 1, s: 1, m: 60, h: 3600, d: 86_400 }
const SIZES = { '': 1, kb: 1e3, mb: 1e6, gb: 1e9, tb: 1e12, kib: 2 ** 10, mib: 2 ** 20, gib: 2 ** 30, tib: 2 ** 40 }

function formOf(kind: ServerConfigKind): string {
  if (typeof kind !== 'string') return `one of ${kind.join(', ')}`
  return FORMS[kind]
}

const FORMS: Readonly<Record<Exclude<ServerConfigKind, readonly string[]>, string>> = {
  text: 'a text',
  list: 'a text, or several',
  path: 'a path',
  boolean: 'true or false',
  count: 'a whole number above 0',
  size: 'a size, like "500MB" or "10GiB"',
  duration: 'a time, like "30s", "5m" or "1h"',
}
