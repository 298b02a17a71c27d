import { type Command, InvalidArgumentError, Option } from 'commander'
import type { CommandContext } from '../context.js'
import type { HistoryCommandOptions } from '../history-command.js'
import { addAccountOptions } from './add-account-options.js'
import { action, type Finish } from './action.js'
import { dateArgument } from './option-arguments.js'

/** `cpmft history [TEXT]` */
export function addHistory(program: Command, context: CommandContext, finish: Finish): void {
  const history = program
    .command('history')
    .summary('list, open and forget earlier transfers')
    .description('Lists earlier transfers, newest first, by day. TEXT is part of a file name, an address or a name.')
    .argument('[text]', 'what to look for')
    .addOption(new Option('--direction <direction>', 'only one direction').choices(['sent', 'received']))
    .option('--peer <text>', "part of the peer's address or name")
    .option('--failed', 'only transfers with a file that failed')
    .addOption(new Option('--limit <count>', 'at most so many; default: 50').argParser(count))
    .addOption(new Option('--before <date>', 'only older ones: 2026-01-31').argParser(dateArgument))
    .option('--open <id>', 'open a received file, ID or ID:N, and tell its sender')
    .option('--reveal <id>', 'print the folder of a received file and show it')
    .option('--forget [id]', 'forget a transfer, or all older ones with --before; files stay')
  addAccountOptions(history).action(
    action<HistoryCommandOptions>(context, finish, async (scope, options) => {
      const { historyCommand } = await import('../history-command.js')
      return historyCommand(scope, history.args[0], options)
    }),
  )
}

function count(text: string): number {
  if (!/^[1-9]\d{0,3}$/.test(text)) throw new InvalidArgumentError('Write a number, like 20.')
  return Number(text)
}
