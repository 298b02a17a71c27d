import type { Command } from 'commander'
import type { CommandContext } from '../context.js'
import { action, type Finish } from './action.js'

/** `cpmft describe FILE…` */
export function addDescribe(program: Command, context: CommandContext, finish: Finish): void {
  const describe = program
    .command('describe')
    .summary('print file selectors')
    .description('Prints the file selector of each file as it goes into SDP, one a line.')
    .argument('<file...>', 'files to describe')
  describe.action(
    action(context, finish, async scope => {
      const { describeCommand } = await import('../describe-command.js')
      return describeCommand(scope, describe.args)
    }),
  )
}
