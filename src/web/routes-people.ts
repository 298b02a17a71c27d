import { type Contact, CpmftError, readAddress, type Store, type StoredGroup } from '../client/index.js'
import { errorView } from './error-view.js'
import type { LivePage } from './live-page.js'
import { type CapabilitiesView, ContactCommand, GroupCommand, type GroupView } from './protocol/index.js'
import { Questions } from './questions.js'
import { readCommand } from './read-body.js'
import { Refusal } from './refusal.js'
import type { WebApp, WebParts } from './web-app.js'

/** `/api/contacts`, `/api/groups`, `/api/capabilities` */
export function addPeopleRoutes(app: WebApp, { page }: WebParts): void {
  const questions = new Questions()
  app.get('/api/contacts', async context => context.json(await storeOf(page).contacts()))
  app.put('/api/contacts', async context => {
    const contact = await saveContact(page, await readCommand(context.env.incoming, ContactCommand))
    page.people()
    return context.json(contact)
  })
  app.delete('/api/contacts', async context => {
    const uri = context.req.query('uri') ?? ''
    if (!(await storeOf(page).removeContact(uri))) throw new Refusal(404, 'not-found', 'There is no such contact.')
    page.people()
    return context.json({})
  })
  app.get('/api/groups', async context => context.json(((await storeOf(page).groups?.()) ?? []).map(groupView)))
  app.put('/api/groups', async context => {
    const group = await saveGroup(page, await readCommand(context.env.incoming, GroupCommand))
    page.people()
    return context.json(groupView(group))
  })
  app.delete('/api/groups', async context => {
    const name = context.req.query('name') ?? ''
    if (!(await storeOf(page).removeGroup?.(name))) throw new Refusal(404, 'not-found', 'There is no such group.')
    page.people()
    return context.json({})
  })
  app.get('/api/capabilities', context =>
    questions.ask(context.env.outgoing, async signal => context.json(await capabilities(page, context.req.query('uri') ?? '', signal))),
  )
}

async function saveContact(page: LivePage, command: ContactCommand): Promise<Contact> {
  const store = storeOf(page)
  const uri = readAddress(command.uri)
  const known = (await store.contacts()).find(contact => contact.uri === uri)
  const contact = {
    uri,
    name: command.name ?? known?.name,
    trusted: command.trusted ?? known?.trusted ?? false,
    added: known?.added ?? Date.now(),
  }
  await store.saveContact(contact)
  return contact
}

async function saveGroup(page: LivePage, { name, was, uri, members }: GroupCommand): Promise<StoredGroup> {
  const store = storeOf(page)
  if (store.groups === undefined || store.saveGroup === undefined) throw new CpmftError('store', 'It keeps no groups.')
  const groups = await store.groups()
  const isNew = was === undefined || was !== name
  if (isNew && groups.some(group => group.name === name)) throw new Refusal(409, 'exists', 'There is a group of this name already.')
  if (uri === undefined && members.length === 0)
    throw new Refusal(400, 'no-recipients', 'A group has members, or an address at its server.')
  const former = groups.find(group => group.name === was)
  const group = {
    name,
    uri: uri === undefined ? undefined : readAddress(uri),
    members: [...new Set(members.map(readAddress))],
    added: former?.added ?? Date.now(),
  }
  await store.saveGroup(group)
  if (former !== undefined && former.name !== name) await store.removeGroup?.(former.name)
  return group
}

async function capabilities(page: LivePage, text: string, signal: AbortSignal): Promise<CapabilitiesView> {
  const uri = readAddress(text)
  try {
    const { fileTransfer, maxSize } = await page.mustHaveWorld.client.capabilities(uri, { signal })
    return { uri, reachable: true, fileTransfer, maxSize, error: undefined }
  } catch (error) {
    return { uri, reachable: false, fileTransfer: false, maxSize: undefined, error: errorView(error) }
  }
}

function groupView({ name, uri, members }: StoredGroup): GroupView {
  return { name, uri, members }
}

/** @throws CpmftError `store` */
function storeOf(page: LivePage): Store {
  const { store } = page.mustHaveWorld.client
  if (store === undefined) throw new CpmftError('store', 'Nothing is remembered, as you asked for.')
  return store
}
