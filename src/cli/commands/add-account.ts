import { type Command, Option } from 'commander'
import type { CommandContext } from '../context.js'
import { action, type Finish } from './action.js'

type Work = Parameters<typeof import('../account-command.js').accountCommand>[1]
type AddOptions = Omit<Extract<Work, { do: 'add' }>, 'do' | 'name'>

/** `cpmft account add|list|use|remove` */
export function addAccount(program: Command, context: CommandContext, finish: Finish): void {
  const account = program
    .command('account')
    .summary('accounts at SIP servers')
    .description('Lists the accounts of the configuration or changes them.')
  const load = (command: Command, work: (options: AddOptions) => Work): void => {
    command.action(
      action<AddOptions>(context, finish, async (scope, options) => {
        const { accountCommand } = await import('../account-command.js')
        return accountCommand(scope, work(options))
      }),
    )
  }
  const add = account
    .command('add')
    .description('Adds an account. What is missing is asked for at a terminal; then it registers once, to see whether all is right.')
    .argument('[name]', 'short name for it; default: the host of its address')
    .option('--as <uri>', 'own address: sip:alice@example.org')
    .option('--display-name <name>', 'name shown with the own address')
    .option('--proxy <uri>', 'proxy and registrar; default: the host of the address')
    .addOption(new Option('--transport <transport>', 'transport to the proxy').choices(['udp', 'tcp', 'tls', 'ws', 'wss']))
    .option('--username <name>', 'digest user name; default: user part of the address')
    .option('--password-file <file>', 'file that holds the password')
    .option('--password-command <word...>', 'program of a keyring that prints the password, and its arguments')
    .option('--listen <uri>', 'where to listen')
    .option('--relay <uri>', 'MSRP relay')
    .option('--conference-factory <uri>', 'service that makes groups; default: conference-factory at the own domain')
    .addOption(new Option('--profile <profile>', 'secure: TLS only; open: plain').choices(['secure', 'open']))
    .option('--no-check', 'do not register now')
    .option('--replace', 'replace the account of this name')
  load(add, options => ({ do: 'add', name: add.args[0], ...options }))
  load(account.command('list', { isDefault: true }).description('Prints all accounts, one a line; * marks the one that counts.'), () => ({
    do: 'list',
  }))
  for (const [name, about] of [
    ['use', 'Makes an account the one that counts when none is named.'],
    ['remove', 'Removes an account.'],
  ] as const) {
    const command = account.command(name).description(about).argument('<name>', 'name of the account')
    load(command, () => ({ do: name, name: command.args[0] ?? '' }))
  }
}
