import { type Command, Option } from 'commander'
import type { CommandContext } from '../context.js'
import { action, type Finish } from './action.js'
import { addAccountOptions } from './add-account-options.js'
import { portArgument } from './option-arguments.js'

/** `cpmft web` */
export function addWeb(program: Command, context: CommandContext, finish: Finish): void {
  const web = program
    .command('web')
    .summary('send, accept and watch transfers in the browser')
    .description(
      'Serves a page for this machine only, with everything that send and receive do and the messages as they go; prints its address.',
    )
    .option('--into <folder>', 'folder for received files; default: the one chosen in the page, else the current one')
    .addOption(new Option('--port <port>', 'port of the page; default: any that is free').argParser(portArgument))
    .option('--no-open', 'open no browser')
  addAccountOptions(web).action(
    action<Parameters<typeof import('../web-command.js').webCommand>[1]>(context, finish, async (scope, options) => {
      const { webCommand } = await import('../web-command.js')
      return webCommand(scope, options)
    }),
  )
}
