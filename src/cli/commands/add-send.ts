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
    .summary('send files to somebody, or to several people')
    .description(
      'Sends files to somebody, or to several people at once. Each file is offered, accepted or declined, sent and verified by itself.',
    )
    .argument('<file...>', 'files to send')
    .option('--to <uri>', 'recipient: sip:bob@example.org; more than one makes a group', collectArgument)
    .option('--cc <uri>', 'one more recipient, seen by all', collectArgument)
    .option('--bcc <uri>', 'one more recipient, seen by nobody', collectArgument)
    .option('--group <uri>', 'a group that has an address: sip:hikers@groups.example.org')
    .option('--one-by-one', 'where the server takes no lists of recipients, send to each one by itself')
    .addOption(
      new Option('--wait <duration>', 'wait this long for news of recipients of a group; default: 30s').argParser(durationArgument),
    )
    .option('--conference-factory <uri>', 'service that makes groups; default: conference-factory at the own domain')
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
