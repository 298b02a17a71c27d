import type { Client, StoredFile, StoredTransfer } from '../client/index.js'
import { type AccountOptions, clientOptions, loadSettings } from './account-options.js'
import type { CommandScope } from './run-command.js'
import { explain } from './view.js'
import { withClient } from './with-client.js'

/** How long the way to the sender may take, milliseconds. */
const LONGEST = 5000

/** Tells the sender of a file that it was opened, if the sender asked for that and was not told before (IMDN-8). The file is open whatever happens here. */
export async function tellDisplayed(
  scope: CommandScope,
  transfer: StoredTransfer,
  file: StoredFile,
  options: AccountOptions,
): Promise<void> {
  if (file.imdn === undefined || file.notice === 'displayed') return
  try {
    const settings = await loadSettings(scope, { ...options, as: options.as ?? transfer.account })
    if (!settings.values.displayNotifications) return
    const client = { ...(await clientOptions(scope, settings)), reach: transfer.peer }
    await withClient({ ...scope, client }, async ({ client }) => {
      const answered = answerTo(client, 'MESSAGE')
      await client.displayed(transfer.id, file.index)
      await answered
    })
  } catch (error) {
    scope.stop.signal.throwIfAborted()
    scope.view.note(`The sender could not be told: ${explain(error).message}`)
  }
}

/** Settles when a request of this method was answered, or after a while. */
async function answerTo(client: Client, method: string): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<void>(resolve => {
    timer = setTimeout(resolve, LONGEST)
  })
  const answered = (async () => {
    for await (const entry of client.trace())
      if (entry.kind === 'message' && entry.protocol === 'sip' && entry.direction === 'in' && isFinal(entry.text, method)) return
  })()
  await Promise.race([answered, late])
  clearTimeout(timer)
}

function isFinal(text: string, method: string): boolean {
  const cseq = text.split('\r\n').find(line => /^cseq:/i.test(line))
  return /^SIP\/2\.0 [2-6]/.test(text) && cseq?.endsWith(` ${method}`) === true
}
