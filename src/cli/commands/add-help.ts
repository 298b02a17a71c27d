import type { Command } from 'commander'
import type { CommandContext } from '../context.js'
import { HELP_TOPICS } from '../help-topics.js'
import { refuseCommand } from '../refuse-command.js'
import { action, type Finish } from './action.js'

/** `cpmft help [COMMAND… | TOPIC]` */
export function addHelp(program: Command, context: CommandContext, finish: Finish): void {
  const help = program
    .command('help')
    .summary('print help for a command or a topic')
    .description(`Prints help for a command, or for one of the topics ${Object.keys(HELP_TOPICS).join(', ')}.`)
    .argument('[topic...]', `a command, or ${Object.keys(HELP_TOPICS).join(', ')}`)
  help.action(async (...args: unknown[]) => {
    const [first] = help.args
    const command = commandAt(program, help.args)
    if (command !== undefined) return command.outputHelp()
    const topic = HELP_TOPICS[first as keyof typeof HELP_TOPICS]
    if (topic === undefined || help.args.length > 1) refuseCommand(program, help.args.join(' '))
    await action(context, finish, async ({ view }) => {
      const lines = await topic()
      view.tell('help', { topic: first, text: lines.join('\n') }, undefined, lines)
      return 0
    })(...args)
  })
}

function commandAt(program: Command, path: readonly string[]): Command | undefined {
  let command: Command | undefined = program
  for (const word of path) command = command?.commands.find(found => found.name() === word || found.aliases().includes(word))
  return command
}
