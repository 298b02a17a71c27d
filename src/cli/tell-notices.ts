import type { Client, Notice } from '../client/index.js'
import { terminalName, terminalText } from './terminal-text.js'
import type { View } from './view.js'

const WORDS: Readonly<Record<Exclude<Notice['state'], 'stored'>, string>> = {
  delivered: 'has',
  displayed: 'opened',
  failed: 'could not be given',
}

/** Tells what becomes of files that were sent: `sip:bob@example.org opened plan.pdf`. @param states news that are told; default all */
export function tellNotices(
  client: Client,
  view: View,
  signal: AbortSignal,
  onNotice: (notice: Notice) => void = () => {},
  states?: readonly Notice['state'][],
): { stop(): void } {
  const over = new AbortController()
  const until = AbortSignal.any([over.signal, signal])
  void (async () => {
    for await (const notice of client.notices({ signal: until })) {
      const { transferId, index, name, peer, state } = notice
      if (states?.includes(state) === false) continue
      const words =
        state === 'stored'
          ? `${terminalName(name)} is stored at the server until ${terminalText(peer)} is online`
          : `${terminalText(peer)} ${WORDS[state]} ${terminalName(name)}`
      view.tell('notice', { transfer: transferId, number: index + 1, name, peer, state }, words)
      onNotice(notice)
    }
  })().catch(() => {})
  return { stop: () => over.abort() }
}
