import type { Command } from 'commander'
import type { CommandContext } from '../context.js'
import type { DatabaseOptions } from '../with-server-database.js'
import { action, type Finish } from './action.js'
import { addDatabaseOptions } from './add-database-options.js'

type Work = Parameters<typeof import('../user-command.js').userCommand>[2]
type AddOptions = Omit<Extract<Work, { do: 'add' }>, 'do' | 'uri'>

/** `cpmft user add|list|remove|passwd` */
export function addUser(program: Command, context: CommandContext, finish: Finish): void {
  const user = program
    .command('user')
    .summary('who has an account at our server')
    .description(
      'Lists the accounts of a cpmft server or changes them; it may be running. Passwords are never stored, only hashes of them.',
    )
  const load = (command: Command, work: (uri: string, options: AddOptions) => Work): void => {
    addDatabaseOptions(command).action(
      action<AddOptions & DatabaseOptions>(context, finish, async (scope, options) => {
        const { userCommand } = await import('../user-command.js')
        return userCommand(scope, options, work(command.args[0] ?? '', options))
      }),
    )
  }
  const add = user
    .command('add')
    .description('Adds a user. The password is asked for at a terminal, or comes from CPMFT_PASSWORD.')
    .argument('<uri>', 'address: sip:alice@example.org')
    .option('--name <name>', 'name of the person')
    .option('--username <name>', 'digest user name; default: user part of the address')
    .option('--realm <realm>', 'digest realm; default: first domain of the configured server, or that of the address')
    .option('--replace', 'replace the user of this address')
  load(withPassword(add), (uri, options) => ({ do: 'add', uri, ...options }))
  load(user.command('list', { isDefault: true }).description('Prints all users, one a line.'), () => ({ do: 'list' }))
  load(user.command('remove').description('Removes a user.').argument('<uri>', 'address of the user'), uri => ({ do: 'remove', uri }))
  const passwd = user.command('passwd').description('Gives a user another password.').argument('<uri>', 'address of the user')
  load(withPassword(passwd), (uri, options) => ({ do: 'passwd', uri, ...options }))
}

function withPassword(command: Command): Command {
  return command
    .option('--password-file <file>', 'file whose first line is the password')
    .option('--password-command <word...>', 'program of a keyring that prints the password, and its arguments')
}
