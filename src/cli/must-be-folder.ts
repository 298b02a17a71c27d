import { stat } from 'node:fs/promises'
import { CpmftError } from '../client/index.js'

/** Rejects with `CpmftError('folder-missing')` before anything goes over the wire. */
export async function mustBeFolder(folder: string): Promise<void> {
  const found = await stat(folder).catch(() => undefined)
  if (found === undefined || !found.isDirectory()) throw new CpmftError('folder-missing')
}
