import type { Command } from 'commander'
import type { CommandContext, GlobalOptions } from '../context.js'
import { type CommandScope, runCommand } from '../run-command.js'

/** Takes the exit code of the command that ran. */
export type Finish = (exit: number) => void

/** A commander action: commander gives the arguments, then the options, then the command. `load` imports what the command needs. */
export function action<Options extends object>(
  context: CommandContext,
  finish: Finish,
  load: (scope: CommandScope, options: Options) => Promise<number>,
): (...args: unknown[]) => Promise<void> {
  return async (...args) => {
    const command = args[args.length - 1] as Command
    const options = command.opts<Options>()
    finish(await runCommand(context, programOf(command).opts<GlobalOptions>(), scope => load(scope, options)))
  }
}

/** The root of the tree: global options are there, also for `cpmft account add`. */
function programOf(command: Command): Command {
  return command.parent === null ? command : programOf(command.parent)
}
