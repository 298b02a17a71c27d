import type { User } from '../server/index.js'
import { readAddress } from '../client/index.js'
import type { CommandScope } from './run-command.js'
import { terminalText } from './terminal-text.js'
import { UsageError } from './usage-error.js'
import { type DatabaseOptions, withServerDatabase } from './with-server-database.js'

export interface PasswordOptions {
  readonly passwordFile?: string
  readonly passwordCommand?: readonly string[]
}

export type UserWork =
  | { readonly do: 'list' }
  | ({
      readonly do: 'add'
      readonly uri: string
      readonly name?: string
      readonly username?: string
      readonly realm?: string
      readonly replace?: boolean
    } & PasswordOptions)
  | { readonly do: 'remove'; readonly uri: string }
  | ({ readonly do: 'passwd'; readonly uri: string } & PasswordOptions)

/** Users of one answer of the database. */
const PAGE = 1000

/** `cpmft user` */
export async function userCommand(scope: CommandScope, options: DatabaseOptions, work: UserWork): Promise<number> {
  if (work.do === 'list') return list(scope, options)
  const { addressKey } = await import('../server/index.js')
  const aor = addressKey(readAddress(work.uri))
  if (work.do === 'add') return add(scope, options, work, aor)
  if (work.do === 'passwd') return passwd(scope, options, work, aor)
  await withServerDatabase(scope, { ...options, adds: false }, async ({ users }) => {
    if (!(await users.remove(aor))) throw noUser(aor)
  })
  scope.view.tell('user', { aor, removed: true }, `Removed      ${terminalText(aor)}`)
  return 0
}

async function list(scope: CommandScope, options: DatabaseOptions): Promise<number> {
  await withServerDatabase(scope, { ...options, adds: false }, async ({ users }) => {
    let page = await users.list({ limit: PAGE })
    if (page.length === 0) scope.view.note('There are no users yet. cpmft user add sip:alice@example.org adds one.')
    while (page.length > 0) {
      for (const user of page) tell(scope, user)
      page = await users.list({ after: (page.at(-1) as User).aor, limit: PAGE })
    }
  })
  return 0
}

async function add(scope: CommandScope, options: DatabaseOptions, work: Extract<UserWork, { do: 'add' }>, aor: string): Promise<number> {
  const { name, username } = work
  await withServerDatabase(scope, { ...options, adds: true }, async ({ users }, configured) => {
    const known = await users.get(aor)
    if (known !== undefined && !work.replace)
      throw new UsageError(
        `There is a user ${terminalText(aor)} already.`,
        'cpmft user passwd gives another password; --replace replaces all.',
      )
    const realm = work.realm ?? configured
    const given = { ...(username !== undefined && { username }), ...(realm !== undefined && { realm }) }
    // What is wrong with the address shows before anybody types a password
    await userOf({ aor, password: '', created: 0, ...given })
    const password = await newPassword(scope, work, aor)
    const created = known?.created ?? scope.context.date()
    const user = await userOf({ aor, password, created, ...given, ...(name !== undefined && { displayName: name }) })
    await refuseTakenName(users, user)
    await users.put(user)
    scope.view.tell('user', fieldsOf(user), `Added        ${wordsOf(user)}`)
  })
  return 0
}

async function passwd(scope: CommandScope, options: DatabaseOptions, work: PasswordOptions, aor: string): Promise<number> {
  await withServerDatabase(scope, { ...options, adds: false }, async ({ users }) => {
    const known = await users.get(aor)
    if (known === undefined) throw noUser(aor)
    const password = await newPassword(scope, work, aor)
    const { digestSecrets } = await import('../server/index.js')
    const user = { ...known, ha1: digestSecrets(known.username, known.realm, password) }
    await users.put(user)
    scope.view.tell('user', { ...fieldsOf(user), password: 'changed' }, `Changed      the password of ${wordsOf(user)}`)
  })
  return 0
}

async function userOf(wanted: Parameters<typeof import('../server/index.js').makeUser>[0]): Promise<User> {
  const { makeUser } = await import('../server/index.js')
  try {
    return makeUser(wanted)
  } catch (error) {
    const reason = error instanceof Error ? error.message : ''
    throw new UsageError(`This cannot be a user: ${reason}.`, 'Write it like cpmft user add sip:alice@example.org')
  }
}

async function refuseTakenName(users: { byName(realm: string, username: string): Promise<User | undefined> }, user: User): Promise<void> {
  const other = await users.byName(user.realm, user.username)
  if (other !== undefined && other.aor !== user.aor)
    throw new UsageError(
      `The user name "${terminalText(user.username)}" belongs to ${terminalText(other.aor)} already.`,
      'Choose another one with --username.',
    )
}

/** From where it was said to be, or typed twice; never an argument: everybody on the machine can read those. */
async function newPassword(scope: CommandScope, options: PasswordOptions, aor: string): Promise<string> {
  const { context } = scope
  const { passwordFile, passwordCommand } = options
  const { readPassword } = await import('../node/index.js')
  const text = context.env['CPMFT_PASSWORD']
  const known = await scope.stop.race(
    readPassword([
      ...(passwordFile !== undefined ? [{ kind: 'file', path: passwordFile, source: '--password-file' } as const] : []),
      ...(passwordCommand !== undefined ? [{ kind: 'command', words: passwordCommand, source: '--password-command' } as const] : []),
      ...(text !== undefined ? [{ kind: 'text', text, source: 'CPMFT_PASSWORD' } as const] : []),
    ]),
  )
  const password = known ?? (await typePassword(scope, aor))
  if (password === '') throw new UsageError('The password is empty.', 'Choose one that is hard to guess.')
  return password
}

async function typePassword({ context, stop }: CommandScope, aor: string): Promise<string> {
  if (!context.isTerminal.stdin || !context.isTerminal.stderr)
    throw new UsageError('There is no password, and no terminal to ask at.', 'Set CPMFT_PASSWORD, or add --password-file.')
  const ask = async (question: string): Promise<string> => {
    const typed = await context.askPassword(question, stop.signal)
    if (typed === undefined) stop.stop('SIGINT')
    stop.signal.throwIfAborted()
    return typed ?? ''
  }
  const first = await ask(`New password of ${terminalText(aor)}`)
  if (first !== '' && first !== (await ask('The same again')))
    throw new UsageError('The two passwords differ.', 'Nothing was changed: run the command again.')
  return first
}

function tell({ view }: CommandScope, user: User): void {
  view.tell('user', fieldsOf(user), undefined, [wordsOf(user)])
}

function wordsOf({ aor, username, displayName }: User): string {
  const plain = aor.includes(`:${username}@`)
  return [terminalText(aor, 200), displayName === undefined ? '' : terminalText(displayName), plain ? '' : `as ${terminalText(username)}`]
    .filter(word => word !== '')
    .join('  ')
}

/** Without the hashes: they are as good as the password. */
function fieldsOf({ aor, username, realm, displayName, created }: User): object {
  return { aor, username, realm, name: displayName, created }
}

function noUser(aor: string): UsageError {
  return new UsageError(`There is no user ${terminalText(aor)}.`, 'cpmft user list shows all of them.')
}
