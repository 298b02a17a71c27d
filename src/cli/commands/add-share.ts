import { type Command, InvalidArgumentError, Option } from 'commander'
import type { WantedFile } from '../../client/index.js'
import type { CommandContext } from '../context.js'
import type { GetCommandOptions } from '../get-command.js'
import type { ShareCommandOptions } from '../share-command.js'
import { addAccountOptions } from './add-account-options.js'
import { action, type Finish } from './action.js'
import { collectArgument, sizeArgument } from './option-arguments.js'

/** `cpmft share FILE…` */
export function addShare(program: Command, context: CommandContext, finish: Finish): void {
  const share = program
    .command('share')
    .summary('let others get files')
    .description('Lets others get these files with `cpmft get` until Ctrl-C. Nothing else is told or given to anybody.')
    .argument('<file...>', 'files to share')
    .option('--with <uri>', 'only this address may get them; may be repeated', collectArgument)
    .option('--once', 'end after the first transfer')
  addAccountOptions(share).action(
    action<ShareCommandOptions>(context, finish, async (scope, options) => {
      const { shareCommand } = await import('../share-command.js')
      return shareCommand(scope, share.args, options)
    }),
  )
}

/** `cpmft get --from URI --name plan.pdf --size 1300000 --name notes.txt` */
export function addGet(program: Command, context: CommandContext, finish: Finish): void {
  const wanted = new WantedFiles()
  const get = program
    .command('get')
    .summary('get files that somebody shares')
    .description('Gets files that somebody shares. All that is said of a file must fit; an option said again begins the next file.')
    .option('--from <uri>', 'who shares them: sip:bob@example.org')
    .addOption(new Option('--name <name>', 'name of the file').argParser(name => wanted.say({ name })))
    .addOption(new Option('--type <type>', 'its media type: image/png').argParser(type => wanted.say({ type })))
    .addOption(new Option('--size <octets>', 'its size').argParser(text => wanted.say({ size: sizeArgument(text) })))
    .addOption(new Option('--sha1 <hex>', 'its SHA-1, with or without colons').argParser(text => wanted.say({ sha1: sha1(text) })))
    .option('--subject <text>', 'short text shown with the request')
    .option('--into <folder>', 'folder for received files; default: the current one')
    .addOption(
      new Option('--on-conflict <policy>', 'when a file of this name exists; default: rename').choices(['rename', 'overwrite', 'skip']),
    )
  addAccountOptions(get).action(
    action<GetCommandOptions>(context, finish, async (scope, options) => {
      const { getCommand } = await import('../get-command.js')
      return getCommand(scope, wanted.files, options)
    }),
  )
}

/** Collects what options say, in their order. */
class WantedFiles {
  readonly files: WantedFile[] = []

  say(more: WantedFile): string {
    const last = this.files.at(-1)
    const [key = 'name'] = Object.keys(more) as (keyof WantedFile)[]
    if (last === undefined || last[key] !== undefined) this.files.push(more)
    else this.files[this.files.length - 1] = { ...last, ...more }
    return String(more[key])
  }
}

function sha1(text: string): string {
  if (!/^[0-9a-f]{40}$/i.test(text.replaceAll(':', ''))) throw new InvalidArgumentError('A SHA-1 has 20 octets in hex.')
  return text
}
