import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { parse, stringify } from 'smol-toml'
import { ConfigError } from './config-error.js'
import { ACCOUNT_NAME_FORM, checkConfig, isAccountName, readConfigFile, sectionOf, shortPath } from './config-file.js'
import { type ConfigPlace, configFolders, homeFolder } from './config-folders.js'
import { writePrivateFile } from './private-file.js'

export interface AccountFile extends ConfigPlace {
  /** Another file than the usual one. */
  readonly file?: string
}

/** What an account says; the keys of `[account.NAME]` in code. */
export interface AccountSettings {
  readonly aor: string
  readonly displayName?: string
  readonly proxy?: string
  readonly transport?: 'udp' | 'tcp' | 'tls' | 'ws' | 'wss'
  readonly username?: string
  readonly listen?: string
  readonly relay?: string
  readonly conferenceFactory?: string
  readonly profile?: 'secure' | 'open'
  readonly passwordFile?: string
  /** Program and arguments; its first line of output is the password. */
  readonly passwordCommand?: readonly string[]
  /** Kept in the file: a keyring is better. */
  readonly password?: string
}

/** One account of the file, without its password. */
export interface ListedAccount {
  readonly name: string
  readonly aor: string | undefined
  readonly proxy: string | undefined
  readonly transport: string | undefined
  readonly username: string | undefined
  /** Where its password is. */
  readonly password: 'file' | 'command' | 'configuration' | undefined
  /** It is the one that counts when none is named. */
  readonly chosen: boolean
}

type Toml = Record<string, unknown>

const HEAD = '# Written by cpmft. Comments that stood here before could not be kept.\n'

/** The accounts in the order of the file. @throws ConfigError */
export async function listAccounts(options: AccountFile = {}): Promise<ListedAccount[]> {
  const { general, accounts } = await readConfigFile(pathOf(options), homeFolder(options))
  const chosen = general.get('account')?.value ?? (accounts.size === 1 ? [...accounts.keys()][0] : undefined)
  return [...accounts].map(([name, section]) => {
    const text = (key: Parameters<typeof section.get>[0]): string | undefined => section.get(key)?.value as string | undefined
    const password = section.has('password-file')
      ? 'file'
      : section.has('password-command')
        ? 'command'
        : section.has('password')
          ? 'configuration'
          : undefined
    return {
      name,
      aor: text('aor'),
      proxy: text('proxy'),
      transport: text('transport'),
      username: text('username'),
      password,
      chosen: name === chosen,
    }
  })
}

/** Adds an account or replaces all of it; the rest of the file stays as it is. @throws ConfigError */
export async function setAccount(name: string, settings: AccountSettings, options: AccountFile = {}): Promise<void> {
  if (!isAccountName(name)) throw new ConfigError(`"${name.slice(0, 80)}" is no name of an account.`, ACCOUNT_NAME_FORM)
  const section: Toml = {}
  for (const [key, value] of Object.entries(settings))
    if (value !== undefined) section[key.replace(/[A-Z]/g, letter => `-${letter.toLowerCase()}`)] = value
  await change(
    options,
    table => ({ ...table, account: { ...accountsOf(table), [name]: section } }),
    text => withSection(text, `account.${name}`, `[account.${name}]\n${stringify(section).trimEnd()}\n`),
  )
}

/** Removes an account, and its choice as the default. False when there is none of this name. @throws ConfigError */
export async function removeAccount(name: string, options: AccountFile = {}): Promise<boolean> {
  const { accounts, general } = await readConfigFile(pathOf(options), homeFolder(options))
  if (!accounts.has(name)) return false
  const isDefault = general.get('account')?.value === name
  await change(
    options,
    table => {
      const { 'default-account': chosen, account: accounts, ...rest } = table
      const { [name]: _removed, ...account } = (accounts ?? {}) as Toml
      return {
        ...rest,
        ...(chosen !== undefined && !isDefault && { 'default-account': chosen }),
        ...(Object.keys(account).length > 0 && { account }),
      }
    },
    text => withSection(isDefault ? withDefault(text, undefined) : text, `account.${name}`, ''),
  )
  return true
}

/** Makes an account the one that counts when none is named. @throws ConfigError when there is none of this name */
export async function useAccount(name: string, options: AccountFile = {}): Promise<void> {
  const { accounts } = await readConfigFile(pathOf(options), homeFolder(options))
  if (!accounts.has(name)) throw new ConfigError(`There is no account "${name.slice(0, 80)}".`, 'cpmft account list shows all of them.')
  await change(
    options,
    table => ({ ...table, 'default-account': name }),
    text => withDefault(text, name),
  )
}

/**
 * Edits the text, so that comments stay. When the edited text does not say what it should (an unusual way of writing), the whole file is written
 * anew from its values, with a line at its head that says so.
 */
async function change(options: AccountFile, edit: (table: Toml) => Toml, editText: (text: string) => string): Promise<void> {
  const [path, home] = [pathOf(options), homeFolder(options)]
  // Checked first: a file that is not understood is not written over
  const { text } = await readConfigFile(path, home)
  const wanted = stringify(edit(parse(text)))
  const edited = editText(text)
  const next = saysSame(edited, wanted) ? edited : HEAD + wanted
  checkConfig(next, path, home)
  await writePrivateFile(path, next, shortPath(path, home))
}

function saysSame(text: string, wanted: string): boolean {
  try {
    return isDeepStrictEqual(parse(text), parse(wanted))
  } catch {
    return false
  }
}

/** The text with another section in the place of the one of this name, or at its end; comments before the next section stay. */
function withSection(text: string, name: string, section: string): string {
  const lines = text.split('\n')
  const start = lines.findIndex(line => line.trim().startsWith('[') && sectionOf(line.trim()) === name)
  if (start < 0) {
    const before = text.trimEnd()
    return before === '' ? section : `${before}\n${section === '' ? '' : `\n${section}`}`
  }
  let end = start + 1
  while (end < lines.length && !(lines[end] as string).trim().startsWith('[')) end++
  while (end > start + 1 && isAside(lines[end - 1] as string)) end--
  const rest = lines.slice(end)
  if (section === '') while (rest.length > 1 && rest[0]?.trim() === '') rest.shift()
  return [...lines.slice(0, start), ...(section === '' ? [] : section.trimEnd().split('\n')), ...rest].join('\n')
}

/** The text with another `default-account` line; a new one goes below the comment at the head. */
function withDefault(text: string, name: string | undefined): string {
  const lines = text.split('\n')
  const line = name === undefined ? [] : [`default-account = "${name}"`]
  const sections = lines.findIndex(line => line.trim().startsWith('['))
  const top = sections < 0 ? lines.length : sections
  const at = lines.findIndex((line, index) => index < top && /^\s*default-account\s*=/.test(line))
  if (at >= 0) return [...lines.slice(0, at), ...line, ...lines.slice(at + 1)].join('\n')
  let head = 0
  while (head < top && (lines[head] as string).trim().startsWith('#')) head++
  return [...lines.slice(0, head), ...line, ...lines.slice(head)].join('\n')
}

function isAside(line: string): boolean {
  const trimmed = line.trim()
  return trimmed === '' || trimmed.startsWith('#')
}

function accountsOf(table: Toml): Toml {
  return (table['account'] ?? {}) as Toml
}

function pathOf(options: AccountFile): string {
  return options.file ?? (options.env ?? process.env)['CPMFT_CONFIG'] ?? join(configFolders(options).config, 'config.toml')
}
