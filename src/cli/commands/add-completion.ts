import { Argument, type Command } from 'commander'
import { COMPLETION_SCRIPTS, type Shell } from '../completion-scripts.js'
import type { CommandContext } from '../context.js'
import { action, type Finish } from './action.js'

/** `cpmft completion bash|zsh|fish`, and the hidden `cpmft complete -- WORD…` that its scripts run. */
export function addCompletion(program: Command, context: CommandContext, finish: Finish): void {
  const completion = program
    .command('completion')
    .summary('completion for a shell')
    .description('Prints the completion script of a shell: commands, options, files, contacts, accounts and ids of transfers.')
    .addArgument(new Argument('<shell>', 'for bash: source <(cpmft completion bash)').choices(Object.keys(COMPLETION_SCRIPTS)))
  completion.action(
    action(context, finish, async ({ view }) => {
      const script = COMPLETION_SCRIPTS[completion.args[0] as Shell]
      view.tell('completion', { script }, undefined, [script.trimEnd()])
      return 0
    }),
  )
  const complete = program.command('complete', { hidden: true }).argument('[word...]').helpOption(false).allowUnknownOption()
  // No view: nothing but candidates may be printed.
  complete.action(async () => (await import('../complete-command.js')).completeCommand(context, program, complete.args))
}
