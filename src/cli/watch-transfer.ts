import type { Transfer, TransferReport } from '../client/index.js'
import type { Direction } from './exit-code.js'
import type { PauseKeys } from './pause-keys.js'
import type { View } from './view.js'

/** Shows a transfer until it ended; aborts it when `signal` is aborted; `keys` may pause it. */
export async function watchTransfer(
  transfer: Transfer,
  direction: Direction,
  view: View,
  signal: AbortSignal,
  keys?: PauseKeys,
): Promise<TransferReport> {
  const abort = (): void => transfer.abort('cancelled')
  if (signal.aborted) abort()
  else signal.addEventListener('abort', abort, { once: true })
  keys?.add(transfer)
  try {
    for await (const event of transfer) view.transferEvent(transfer, event, direction)
    const report = await transfer.done
    view.report(transfer, report, direction)
    return report
  } finally {
    keys?.delete(transfer)
    signal.removeEventListener('abort', abort)
  }
}
