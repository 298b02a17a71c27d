import type { Command } from 'commander'
import type { CommandContext } from '../context.js'
import { action, type Finish } from './action.js'

/** `cpmft demo` */
export function addDemo(program: Command, context: CommandContext, finish: Finish): void {
  program
    .command('demo')
    .summary('watch a transfer without any setup')
    .description('Runs two clients in this process, sends files between them and shows the ladder.')
    .option('--headless', 'ask nothing; for tests')
    .action(
      action<{ headless?: boolean }>(context, finish, async (scope, options) => {
        const { demoCommand } = await import('../demo-command.js')
        return demoCommand(scope, options)
      }),
    )
}
