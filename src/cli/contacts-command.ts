import { type Contact, readAddress, sameAddress, type Store } from '../client/index.js'
import { loadSettings } from './account-options.js'
import type { CommandScope } from './run-command.js'
import { terminalText } from './terminal-text.js'
import { UsageError } from './usage-error.js'

export type ContactsWork =
  | { readonly do: 'list' }
  | { readonly do: 'add'; readonly uri: string; readonly name?: string; readonly trust?: boolean }
  | { readonly do: 'remove' | 'trust' | 'untrust'; readonly uri: string }

/** `cpmft contacts` */
export async function contactsCommand(scope: CommandScope, work: ContactsWork): Promise<number> {
  const { context, view, stop } = scope
  const settings = await loadSettings(scope, {})
  const store = await stop.race(context.openStore(settings.store))
  try {
    if (store.notice !== undefined) view.note(store.notice)
    if (work.do === 'list') await list(scope, store)
    else await change(scope, store, work, settings.values.autoAccept)
    return 0
  } finally {
    await store.close()
  }
}

async function list({ view }: CommandScope, store: Store): Promise<void> {
  const contacts = await store.contacts()
  for (const contact of contacts) tell(view, contact)
  if (contacts.length === 0) view.note('There are no contacts yet. cpmft contacts add sip:bob@example.org adds one.')
}

async function change(
  { context, view }: CommandScope,
  store: Store,
  work: Exclude<ContactsWork, { do: 'list' }>,
  autoAccept: boolean,
): Promise<void> {
  const uri = readAddress(work.uri)
  const known = (await store.contacts()).find(contact => sameAddress(contact.uri, uri))
  if (work.do === 'remove') {
    if (known === undefined || !(await store.removeContact(known.uri))) throw noContact(uri)
    view.tell('contact', { uri: known.uri, removed: true }, `Removed      ${terminalText(known.uri)}`)
    return
  }
  if (work.do !== 'add' && known === undefined) throw noContact(uri)
  const trusted = work.do === 'trust' || (work.do === 'add' && (work.trust ?? known?.trusted ?? false))
  const contact: Contact = {
    uri: known?.uri ?? uri,
    name: (work.do === 'add' ? work.name : undefined) ?? known?.name,
    trusted,
    added: known?.added ?? context.date(),
  }
  await store.saveContact(contact)
  tell(view, contact)
  if (trusted && !autoAccept)
    view.note('Their files are still asked about: set auto-accept = true in the configuration to take them at once.')
}

function tell(view: CommandScope['view'], { uri, name, trusted, added }: Contact): void {
  const words = [terminalText(uri, 200), name === undefined ? '' : terminalText(name), trusted ? 'trusted' : ''].filter(word => word !== '')
  view.tell('contact', { uri, name, trusted, added }, undefined, [words.join('  ')])
}

function noContact(uri: string): UsageError {
  return new UsageError(`${terminalText(uri)} is not in the contacts.`, 'cpmft contacts list shows all of them.')
}
