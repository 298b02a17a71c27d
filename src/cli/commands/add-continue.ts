import { type Command, Option } from 'commander'
import type { ContinueCommandOptions, Way } from '../continue-command.js'
import type { CommandContext } from '../context.js'
import { addAccountOptions } from './add-account-options.js'
import { action, type Finish } from './action.js'
import { durationArgument } from './option-arguments.js'

/** `cpmft resume [ID]` */
export function addResume(program: Command, context: CommandContext, finish: Finish): void {
  const resume = program
    .command('resume')
    .summary('go on with an interrupted transfer')
    .description('Goes on where a transfer stopped, sent or received. Without an id it lists what can go on.')
    .argument('[id]', 'id of the transfer, as `cpmft resume` or `cpmft history` shows it')
    .option('--into <folder>', 'folder for received files')
    .addOption(
      new Option('--on-conflict <policy>', 'when a file of this name exists; default: rename').choices(['rename', 'overwrite', 'skip']),
    )
  continueWith(resume, 'resume', context, finish)
}

/** `cpmft retry [ID]` */
export function addRetry(program: Command, context: CommandContext, finish: Finish): void {
  const retry = program
    .command('retry')
    .summary('send again what failed')
    .description(
      'Sends those files of a transfer again that failed or were declined, from their start; of a transfer to several people only to those who lack them. Without an id it lists them.',
    )
    .argument('[id]', 'id of the transfer, as `cpmft retry` or `cpmft history` shows it')
    .option('--one-by-one', 'where the server takes no lists of recipients, send to each one by itself')
    .addOption(new Option('--wait <duration>', 'wait this long for news of recipients; default: 30s').argParser(durationArgument))
  continueWith(retry, 'retry', context, finish)
}

function continueWith(command: Command, way: Way, context: CommandContext, finish: Finish): void {
  addAccountOptions(command).action(
    action<ContinueCommandOptions>(context, finish, async (scope, options) => {
      const { continueCommand } = await import('../continue-command.js')
      return continueCommand(scope, way, command.args[0], options)
    }),
  )
}
