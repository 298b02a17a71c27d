import { notifications } from '@mantine/notifications'
import type { ContactCommand, ContactView, GroupCommand, GroupView } from '../../../protocol/index.js'
import { announce } from '../../model/announcer.js'
import { CONTACTS, GROUPS, queryClient } from '../../model/queries.js'
import { errorView, request } from '../../model/server.js'

/** Saves a contact; rejects with `RequestError`. */
export async function saveContact(contact: ContactCommand): Promise<void> {
  await request<ContactView>('PUT', '/api/contacts', contact)
  await queryClient.invalidateQueries({ queryKey: [CONTACTS] })
}

export async function removeContact(uri: string): Promise<void> {
  await request('DELETE', `/api/contacts?uri=${encodeURIComponent(uri)}`)
  await queryClient.invalidateQueries({ queryKey: [CONTACTS] })
}

export async function saveGroup(group: GroupCommand): Promise<void> {
  await request<GroupView>('PUT', '/api/groups', group)
  await queryClient.invalidateQueries({ queryKey: [GROUPS] })
}

export async function removeGroup(name: string): Promise<void> {
  await request('DELETE', `/api/groups?name=${encodeURIComponent(name)}`)
  await queryClient.invalidateQueries({ queryKey: [GROUPS] })
}

/** Says that it worked, to eyes and ears. */
export function tellDone(words: string): void {
  notifications.show({ message: words, autoClose: 4_000, withBorder: true })
  announce(words)
}

/** Says why it did not. */
export function tellFailure(error: unknown): void {
  const { text, hint } = errorView(error)
  notifications.show({ title: text, message: hint ?? '', color: 'red', autoClose: 8_000, withBorder: true })
  announce(text)
}
