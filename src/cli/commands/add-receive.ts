import { type Command, Option } from 'commander'
import type { CommandContext } from '../context.js'
import { addAccountOptions } from './add-account-options.js'
import { action, type Finish } from './action.js'
import { sizeArgument } from './option-arguments.js'

/** `cpmft receive` */
export function addReceive(program: Command, context: CommandContext, finish: Finish): void {
  const receive = program
    .command('receive')
    .alias('rx')
    .summary('wait for files')
    .description('Waits for files, asks about each offer, and prints the path of every saved file on stdout.')
    .option('--into <folder>', 'folder for received files; default: the current one')
    .addOption(
      new Option('--accept <answer>', 'answer to offers; default: ask at a terminal, none elsewhere').choices([
        'ask',
        'known',
        'all',
        'none',
      ]),
    )
    .option('--once', 'end after the first offer that was answered')
    .addOption(
      new Option('--on-conflict <policy>', 'when a file of this name exists; default: rename').choices([
        'ask',
        'rename',
        'overwrite',
        'skip',
      ]),
    )
    .addOption(new Option('--max-size <size>', 'decline larger files: 100MB, 2GiB').argParser(sizeArgument))
    .addOption(new Option('--warn-size <size>', 'never take larger files unasked; default: 2MiB').argParser(sizeArgument))
    .addOption(new Option('--quota-per-sender-day <size>', 'take no more from one sender in a day').argParser(sizeArgument))
    .addOption(new Option('--quota-total <size>', 'take no more in all').argParser(sizeArgument))
  addAccountOptions(receive).action(
    action<Parameters<typeof import('../receive-command.js').receiveCommand>[1]>(context, finish, async (scope, options) => {
      const { receiveCommand } = await import('../receive-command.js')
      return receiveCommand(scope, options)
    }),
  )
}
