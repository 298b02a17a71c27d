import type { Client } from '../client/index.js'
import { terminalText } from './terminal-text.js'
import { explain, type View } from './view.js'

/** Says when others cannot reach us any more, and when they can again. */
export function tellRegistration(client: Client, view: View, signal: AbortSignal): void {
  void (async () => {
    for await (const news of client.registration?.({ signal }) ?? []) {
      const { state } = news
      if (state === 'registered') view.tell('registration', { state }, `Registered   ${client.aor} again: others can reach you.`)
      else {
        const seconds = news.retryIn === undefined ? undefined : Math.ceil(news.retryIn / 1000)
        const next = seconds === undefined ? '' : ` It is tried again in ${seconds} s.`
        const words = `Nobody can reach ${client.aor} at the moment. ${terminalText(explain(news.error).message, 200)}${next}`
        view.tell('registration', { state, error: explain(news.error), retryIn: seconds }, words)
      }
    }
  })().catch(() => {})
}
