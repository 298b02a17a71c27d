import { rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { AccountFile, AccountSettings, ListedAccount } from '../node/index.js'
import { readTls } from './account-options.js'
import { accountName, keepPassword, passwordPath } from './keep-account.js'
import type { CommandScope } from './run-command.js'
import { terminalText } from './terminal-text.js'
import { UsageError } from './usage-error.js'
import { withClient } from './with-client.js'

export interface AddAccount {
  readonly name: string | undefined
  readonly as?: string
  readonly displayName?: string
  readonly proxy?: string
  readonly transport?: AccountSettings['transport']
  readonly username?: string
  readonly passwordFile?: string
  readonly passwordCommand?: readonly string[]
  readonly listen?: string
  readonly relay?: string
  readonly conferenceFactory?: string
  readonly profile?: AccountSettings['profile']
  /** False for `--no-check`. */
  readonly check?: boolean
  readonly replace?: boolean
}

export type AccountWork =
  | ({ readonly do: 'add' } & AddAccount)
  | { readonly do: 'list' }
  | { readonly do: 'use' | 'remove'; readonly name: string }

/** `cpmft account` */
export async function accountCommand(scope: CommandScope, work: AccountWork): Promise<number> {
  const { context, globals, view } = scope
  const node = await import('../node/index.js')
  const place: AccountFile = { env: context.env, home: context.home, ...(globals.config !== undefined && { file: globals.config }) }
  if (work.do === 'add') return add(scope, work, place)
  if (work.do === 'list') {
    const accounts = await node.listAccounts(place)
    for (const account of accounts) tell(scope, account)
    if (accounts.length === 0) view.note('There are no accounts yet. cpmft account add adds one.')
    return 0
  }
  if (work.do === 'use') {
    await node.useAccount(work.name, place)
    view.tell('account', { name: work.name, chosen: true }, `${work.name} counts from now on.`)
    return 0
  }
  const [own] = (await node.listAccounts(place)).filter(({ name }) => name === work.name)
  if (own === undefined || !(await node.removeAccount(work.name, place)))
    throw new UsageError(`There is no account "${terminalText(work.name)}".`, 'cpmft account list shows all of them.')
  await rm(await passwordPath(work.name, place), { force: true })
  view.tell('account', { name: work.name, removed: true }, `Removed      ${work.name}`)
  return 0
}

async function add(scope: CommandScope, work: AddAccount, place: AccountFile): Promise<number> {
  const { view } = scope
  const node = await import('../node/index.js')
  const aor = await ask(scope, work.as, 'Own address (sip:alice@example.org)', '--as')
  const host = /^sips?:(?:[^@]+@)?([^;?>]+)$/i.exec(aor)?.[1]
  if (host === undefined || !aor.includes('@'))
    throw new UsageError('--as is not a SIP address.', 'Write it like --as sip:alice@example.org')
  const name = work.name ?? accountName(aor)
  const there = await node.listAccounts(place)
  if (there.some(account => account.name === name) && !work.replace)
    throw new UsageError(`There is an account "${name}" already.`, 'Choose another name, or add --replace.')
  const proxy = await ask(scope, work.proxy, 'Proxy and registrar', '--proxy', `sip:${host}`)
  if (!/^sips?:[^\s<>"]+$/i.test(proxy))
    throw new UsageError('--proxy is not a SIP address.', 'Write it like --proxy sip:proxy.example.org')
  const typed = await passwordFor(scope, work, aor)
  const settings: AccountSettings = { ...given(work), aor, proxy }
  if (work.check !== false) await check(scope, settings, typed, place)
  const path = typed === undefined || typed === '' ? undefined : await keepPassword(name, typed, place)
  await node.setAccount(name, { ...settings, ...(path !== undefined && { passwordFile: path }) }, place)
  view.tell('account', { name, aor, proxy, checked: work.check !== false }, `Added        ${name} (${terminalText(aor)})`)
  if (path !== undefined) view.note(`Its password is in ${path}, for you only; password-command keeps it in a keyring instead.`)
  if (there.length > 0 && !there.some(({ chosen }) => chosen)) view.note(`cpmft account use ${name} makes it the one that counts.`)
  return 0
}

/** What was given, or an answer typed at a terminal. */
async function ask(
  { context, globals, stop }: CommandScope,
  value: string | undefined,
  question: string,
  flag: string,
  usual?: string,
): Promise<string> {
  if (value !== undefined) return value
  const canAsk = context.isTerminal.stdin && context.isTerminal.stderr && !(globals.yes && usual !== undefined)
  if (!canAsk) {
    if (usual !== undefined) return usual
    throw new UsageError(`${flag} is missing, and there is no terminal to ask at.`, `Add ${flag}.`)
  }
  const typed = await context.askText(question, usual, stop.signal)
  if (typed === undefined) stop.stop('SIGINT')
  stop.signal.throwIfAborted()
  return (typed === '' ? usual : typed) ?? ''
}

/** A password that was typed or is in CPMFT_PASSWORD; undefined where a file or a program has it. */
async function passwordFor({ context, stop }: CommandScope, work: AddAccount, aor: string): Promise<string | undefined> {
  if (work.passwordFile !== undefined || work.passwordCommand !== undefined) return undefined
  const known = context.env['CPMFT_PASSWORD']
  if (known !== undefined || !context.isTerminal.stdin || !context.isTerminal.stderr) return known
  const typed = await context.askPassword(`Password of ${aor} (empty: ask every time)`, stop.signal)
  if (typed === undefined) stop.stop('SIGINT')
  stop.signal.throwIfAborted()
  return typed
}

function given(work: AddAccount): Partial<AccountSettings> {
  const { displayName, transport, username, passwordFile, passwordCommand, listen, relay, profile, conferenceFactory } = work
  const all = {
    displayName,
    transport,
    username,
    passwordFile: absolute(passwordFile),
    passwordCommand,
    listen,
    relay,
    profile,
    conferenceFactory,
  }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}

function absolute(path: string | undefined): string | undefined {
  return path === undefined ? undefined : resolve(path)
}

/** Registers once and goes again; what is wrong is thrown, and nothing was written. */
async function check(scope: CommandScope, settings: AccountSettings, typed: string | undefined, place: AccountFile): Promise<void> {
  const { context, view } = scope
  const { loadConfig } = await import('../node/index.js')
  const { aor, proxy, transport, passwordFile, passwordCommand, listen, profile, username } = settings
  const flags = Object.fromEntries(
    Object.entries({ aor, proxy, transport, passwordFile, passwordCommand, listen, profile, username }).filter(
      ([, value]) => value !== undefined,
    ),
  )
  const config = await loadConfig({ ...place, env: { ...context.env, CPMFT_PASSWORD: undefined }, flags })
  const tls = await readTls(config.values)
  const password = typed ?? (await scope.stop.race(config.password()))
  const client = {
    aor,
    ...(config.values.proxy !== undefined && { proxy: config.values.proxy }),
    ...(listen !== undefined && { listen }),
    ...(username !== undefined && { username }),
    ...(config.values.profile !== undefined && { profile: config.values.profile }),
    ...(password !== undefined && { password }),
    ...(tls !== undefined && { tls }),
  }
  view.note(`Registering  ${terminalText(aor)} at ${terminalText(proxy ?? '')}`)
  await withClient({ ...scope, client }, async () => {})
  view.note('Registered   and gone again: the account works.')
}

function tell({ view }: CommandScope, account: ListedAccount): void {
  const { name, aor, proxy, transport, password, chosen } = account
  const words = [`${chosen ? '*' : ' '} ${name}`, terminalText(aor ?? ''), terminalText(proxy ?? ''), transport ?? '']
  view.tell('account', { ...account, password: password ?? 'prompt' }, undefined, [words.filter(word => word !== '').join('  ')])
}
