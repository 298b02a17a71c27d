import type { Client } from '../client/index.js'
import { terminalText } from './terminal-text.js'
import type { View } from './view.js'
import { watchTransfer } from './watch-transfer.js'

/** Shows peers that fetch the rest of files which were sent to them before (RCS-2). */
export function tellFetched(client: Client, view: View, signal: AbortSignal): void {
  void (async () => {
    for await (const transfer of client.fetched?.({ signal }) ?? []) {
      const { id, peer, files } = transfer
      const words = `Fetched      ${files.length === 1 ? 'a file' : `${files.length} files`} by ${terminalText(peer.uri)}, to whom it was sent before`
      view.tell('fetched', { transfer: id, peer: peer.uri, files: files.map(({ name, size }) => ({ name, size })) }, words)
      void watchTransfer(transfer, 'sending', view, signal).catch(() => {})
    }
  })().catch(() => {})
}
