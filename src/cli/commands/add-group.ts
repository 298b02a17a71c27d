import { type Command, InvalidArgumentError } from 'commander'
import type { CommandContext } from '../context.js'
import type { DatabaseOptions } from '../with-server-database.js'
import { action, type Finish } from './action.js'
import { addDatabaseOptions } from './add-database-options.js'
import { collectArgument } from './option-arguments.js'

type Work = Parameters<typeof import('../group-command.js').groupCommand>[2]

/** `cpmft group create|list|show|add|remove|import` */
export function addGroup(program: Command, context: CommandContext, finish: Finish): void {
  const group = program
    .command('group')
    .summary('groups of our server')
    .description('Lists the pre-defined groups of a cpmft server or changes them; it may be running, and new sessions see the change.')
  const load = (command: Command, work: (words: readonly string[], options: object) => Work): void => {
    addDatabaseOptions(command).action(
      action<DatabaseOptions>(context, finish, async (scope, options) => {
        const { groupCommand } = await import('../group-command.js')
        return groupCommand(scope, options, work(command.args, options))
      }),
    )
  }
  load(group.command('list', { isDefault: true }).description('Prints all groups, one a line; with --json as import takes them.'), () => ({
    do: 'list',
  }))
  const show = group.command('show').description('Prints a group with its members.').argument('<group>', 'its address')
  load(show, ([uri = '']) => ({ do: 'show', uri }))
  const create = group
    .command('create')
    .description('Makes a group.')
    .argument('<group>', 'its address: sip:team@example.org')
    .option('--name <name>', 'name of the group; default: user part of its address')
    .option('--member <uri>', "member: sip:alice@example.org or 'Alice <sip:alice@example.org>'; may be repeated", collectArgument)
    .option('--hidden <uri>', 'member whom the others do not see; may be repeated', collectArgument)
    .option('--senders <who...>', 'who may send: members, or addresses of some of them; default: members')
    .option('--max-size <count>', 'most members it may have; default: 500', countArgument)
    .option('--replace', 'replace the group of this address')
  load(create, ([uri = ''], options) => ({ do: 'create', uri, ...options }))
  const add = group
    .command('add')
    .description('Adds members, or gives them another name.')
    .argument('<group>', 'its address')
    .argument('<member...>', "sip:alice@example.org or 'Alice <sip:alice@example.org>'")
    .option('--hidden', 'the others do not see them')
  load(add, ([uri = '', ...members], options) => ({ do: 'add', uri, members, ...options }))
  const remove = group
    .command('remove')
    .description('Removes members; without members the whole group.')
    .argument('<group>', 'its address')
    .argument('[member...]', 'addresses of members')
  load(remove, ([uri = '', ...members]) => ({ do: 'remove', uri, members }))
  const imported = group
    .command('import')
    .description('Takes groups from files: JSON (docs/reference/groups.md) or application/resource-lists+xml.')
    .argument('<file...>', 'files of groups or lists')
    .option('--uri <uri>', 'address for the list of an XML file')
    .option('--domain <domain>', 'domain for the addresses of several lists: sip:NAME@DOMAIN')
    .option('--replace', 'replace groups that are there already')
  load(imported, (files, options) => ({ do: 'import', files, ...options }))
}

function countArgument(text: string): number {
  if (!/^\d{1,6}$/.test(text)) throw new InvalidArgumentError('Write a number, like 50.')
  return Number(text)
}
