import type { Command } from 'commander'
import type { CommandContext } from '../context.js'
import { action, type Finish } from './action.js'

/** `cpmft demo` */
export function addDemo(program: Command, context: CommandContext, finish: Finish): void {
  program
    .command('demo')
    .summary('watch a transfer without any setup')
    .description(
      'A server and four people in this process, on loopback. At a terminal it opens the page, where you are Alice; elsewhere it plays by itself, checks every file and prints the ladder.',
    )
    .option('--headless', 'no page: play, check and end')
    .option('--no-open', 'open no browser')
    .action(
      action<Parameters<typeof import('../demo-command.js').demoCommand>[1]>(context, finish, async (scope, options) => {
        const { demoCommand } = await import('../demo-command.js')
        return demoCommand(scope, options)
      }),
    )
}
