import type { Command } from 'commander'
import type { CommandContext } from '../context.js'
import { action, type Finish } from './action.js'

type Work = Parameters<typeof import('../contacts-command.js').contactsCommand>[1]

/** `cpmft contacts list|add|remove|trust|untrust` */
export function addContacts(program: Command, context: CommandContext, finish: Finish): void {
  const contacts = program
    .command('contacts')
    .summary('known senders, and whose files are taken without asking')
    .description(
      'Lists contacts or changes them. Files of trusted contacts are taken without asking when auto-accept is set, up to warn-size.',
    )
  const load = (work: (command: Command, options: { name?: string; trust?: boolean }) => Work) => (command: Command) =>
    command.action(
      action<{ name?: string; trust?: boolean }>(context, finish, async (scope, options) => {
        const { contactsCommand } = await import('../contacts-command.js')
        return contactsCommand(scope, work(command, options))
      }),
    )
  load(() => ({ do: 'list' }))(contacts.command('list', { isDefault: true }).description('Prints all contacts, one a line.'))
  load((command, options) => ({ do: 'add', uri: command.args[0] ?? '', ...options }))(
    contacts
      .command('add')
      .description('Adds a contact, or gives it another name.')
      .argument('<uri>', 'address: sip:bob@example.org')
      .option('--name <name>', 'name shown with the address')
      .option('--trust', 'take files of this contact without asking'),
  )
  for (const [name, about] of [
    ['remove', 'Removes a contact.'],
    ['trust', 'Takes files of this contact without asking.'],
    ['untrust', 'Asks about files of this contact again.'],
  ] as const)
    load(command => ({ do: name, uri: command.args[0] ?? '' }))(
      contacts.command(name).description(about).argument('<uri>', 'address of the contact'),
    )
}
