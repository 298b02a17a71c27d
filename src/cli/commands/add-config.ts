import type { Command } from 'commander'
import type { CommandContext } from '../context.js'
import { action, type Finish } from './action.js'

/** `cpmft config` */
export function addConfig(program: Command, context: CommandContext, finish: Finish): void {
  program
    .command('config')
    .summary('show the settings that count')
    .description('Prints every setting that was given, and where. Passwords are never shown.')
    .option('--explain', 'print those that were not given as well')
    .option('--path', 'print the path of the configuration file')
    .action(
      action<Parameters<typeof import('../config-command.js').configCommand>[1]>(context, finish, async (scope, options) => {
        const { configCommand } = await import('../config-command.js')
        return configCommand(scope, options)
      }),
    )
}
