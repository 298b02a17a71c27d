import { isToSeveral, recipientsLeft, resumableFiles, retryableFiles, type Store, type StoredTransfer } from '../client/index.js'
import { storedRecipientNames } from './recipient-words.js'
import { fileNames, shareWords } from './transfer-words.js'
import type { View } from './view.js'

/** Wait for the end of a transfer to be written down, milliseconds; how often is looked. */
const LONGEST = 1000
const LOOK_AGAIN = 20

/** After a transfer that did not end well: the command that continues it. Nothing is said where nothing is to be gained. */
export async function tellNextStep(store: Store, id: string, view: View): Promise<void> {
  const transfer = await endedTransfer(store, id)
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
  const all = retryableFiles(transfer)
  const failed = isToSeveral(transfer) ? all : all.filter(({ state }) => state === 'failed' || state === 'cancelled')
  if (failed.length === 0) return
  const command = `cpmft retry ${id}`
  if (isToSeveral(transfer)) {
    const who = recipientsLeft(transfer)
    const uris = who.map(({ uri }) => uri)
    const words = who.length === 0 ? '' : ` with ${storedRecipientNames(who)}`
    view.tell('next', { transfer: id, command, recipients: uris }, `Try ${fileNames(failed)} again${words}: ${command}`)
    return
  }
  view.tell('next', { transfer: id, command }, `Try ${fileNames(failed)} again: ${command}`)
}

/** The record as it is once the end of the transfer is in it. */
async function endedTransfer(store: Store, id: string): Promise<StoredTransfer | undefined> {
  for (let waited = 0; ; waited += LOOK_AGAIN) {
    const transfer = await store.transfer(id)
    if (transfer === undefined || transfer.ended !== undefined || waited >= LONGEST) return transfer
    await new Promise(resolve => setTimeout(resolve, LOOK_AGAIN))
  }
}
