import type { Transfer, TransferReport } from '../client/index.js'
import type { Direction } from './exit-code.js'
import type { View } from './view.js'

/** Shows a transfer until it ended; aborts it when `signal` is aborted. */
export async function watchTransfer(transfer: Transfer, direction: Direction, view: View, signal: AbortSignal): Promise<TransferReport> {
  const abort = (): void => transfer.abort('cancelled')
  if (signal.aborted) abort()
  else signal.addEventListener('abort', abort, { once: true })
  try {
    for await (const event of transfer) view.transferEvent(transfer, event, direction)
    const report = await transfer.done
    view.report(transfer, report, direction)
    return report
  } finally {
    signal.removeEventListener('abort', abort)
  }
}
