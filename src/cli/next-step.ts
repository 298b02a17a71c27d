import { resumableFiles, retryableFiles, type Store } from '../client/index.js'
import { fileNames, shareWords } from './transfer-words.js'
import type { View } from './view.js'

/** After a transfer that did not end well: the command that continues it. Nothing is said where nothing is to be gained. */
export async function tellNextStep(store: Store, id: string, view: View): Promise<void> {
  const transfer = await store.transfer(id)
  if (transfer === undefined) return
  const left = resumableFiles(transfer)
  if (left.length > 0) {
    const command = `cpmft resume ${id}`
    const words =
      transfer.direction === 'sent'
        ? `Go on with ${fileNames(left)} (${shareWords(left)}): ${command}`
        : `Kept ${shareWords(left)} of ${fileNames(left)}. Go on: ${command}, or the sender does.`
    view.tell('next', { transfer: id, command, bytes: left.reduce((sum, { bytes }) => sum + bytes, 0) }, words)
    return
  }
  const failed = retryableFiles(transfer).filter(({ state }) => state === 'failed' || state === 'cancelled')
  if (failed.length === 0) return
  const command = `cpmft retry ${id}`
  view.tell('next', { transfer: id, command }, `Try ${fileNames(failed)} again: ${command}`)
}
