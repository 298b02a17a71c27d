import { type Command, Option } from 'commander'
import type { CommandContext } from '../context.js'
import { addAccountOptions } from './add-account-options.js'
import { action, type Finish } from './action.js'
import { collectArgument, durationArgument, secondsArgument, sizeArgument } from './option-arguments.js'

/** `cpmft send FILE… --to URI` */
export function addSend(program: Command, context: CommandContext, finish: Finish): void {
  const send = program
    .command('send')
    .alias('tx')
    .summary('send files to somebody')
    .description('Sends files to somebody. Each file is offered, accepted or declined, sent and verified by itself.')
    .argument('<file...>', 'files to send')
    .option('--to <uri>', 'recipient: sip:bob@example.org', collectArgument)
    .option('--subject <text>', 'short text shown with the offer')
    .option('--description <text>', 'a line of text about each file')
    .addOption(new Option('--release-timer <seconds>', 'keep the session open after the last file').argParser(secondsArgument))
    .addOption(new Option('--max-size <size>', 'refuse larger files: 100MB, 2GiB').argParser(sizeArgument))
    .addOption(new Option('--wait-notices <duration>', 'wait this long for the receiver to open the files').argParser(durationArgument))
    .addOption(new Option('--warn-size <size>', 'ask before larger files are sent; 0: never; default: 2MiB').argParser(sizeArgument))
    .option('--no-icons', 'send no small pictures of images along')
    .option('--dry-run', 'print the INVITE that would be sent, and send nothing')
  addAccountOptions(send).action(
    action<Parameters<typeof import('../send-command.js').sendCommand>[2]>(context, finish, async (scope, options) => {
      const { sendCommand } = await import('../send-command.js')
      return sendCommand(scope, send.args, options)
    }),
  )
}
