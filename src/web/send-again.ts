import { CpmftError, type Destination, group, isToSeveral, type StoredTransfer } from '../client/index.js'
import type { LivePage } from './live-page.js'

/** Sends all files of an earlier transfer once more, to the same people, as a new transfer. Gives its id. */
export async function sendAgain(page: LivePage, id: string): Promise<string> {
  const { client } = page.mustHaveWorld
  const stored = await client.store?.transfer(id)
  if (stored === undefined) throw new CpmftError('no-such-transfer', `It was "${id}".`)
  const paths = pathsOf(stored)
  if (paths.length === 0) throw new CpmftError('file-missing', 'Nothing of it is here any more.')
  const { subject } = stored
  const transfer = client.send(destinationOf(stored), paths, subject === undefined ? {} : { subject })
  page.show(transfer, 'sent', subject)
  return transfer.id
}

/** It offered files of this machine. */
export function canBeSentAgain(stored: StoredTransfer): boolean {
  return pathsOf(stored).length > 0
}

function pathsOf({ direction, kind, files }: StoredTransfer): string[] {
  return direction === 'sent' && kind === 'push' ? files.flatMap(({ path }) => (path === undefined ? [] : [path])) : []
}

function destinationOf(stored: StoredTransfer): Destination {
  if (!isToSeveral(stored)) return stored.peer
  if (stored.group !== undefined) return group(stored.group)
  return group((stored.recipients ?? []).map(({ uri, copyControl }) => ({ uri, copyControl })))
}
