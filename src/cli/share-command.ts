import { readAddress } from '../client/index.js'
import { formatSize } from '../trace/index.js'
import { type AccountOptions, clientOptions, loadSettings } from './account-options.js'
import { exitCodeOfReport, exitCodeOfReports } from './exit-code.js'
import { PauseKeys } from './pause-keys.js'
import type { CommandScope } from './run-command.js'
import { terminalName, terminalText } from './terminal-text.js'
import { UsageError } from './usage-error.js'
import { watchTransfer } from './watch-transfer.js'
import { withClient } from './with-client.js'

export interface ShareCommandOptions extends AccountOptions {
  /** Addresses that may get the files; anybody when absent. */
  readonly with?: readonly string[]
  readonly once?: boolean
}

/** How long `--once` waits for the other side to end the session, milliseconds. */
const SESSION_END = 5000

/** `cpmft share FILE… [--with URI]…` */
export async function shareCommand(scope: CommandScope, files: readonly string[], options: ShareCommandOptions): Promise<number> {
  const { context, view, stop } = scope
  const settings = await loadSettings(scope, options)
  if (settings.values.listen === undefined && settings.values.proxy === undefined)
    throw new UsageError('Nobody could reach this client.', 'Add --listen sip:you@ADDRESS:PORT, or an account with --as and --proxy.')
  const peers = options.with?.map(uri => readAddress(uri))
  const client = await clientOptions(scope, settings)
  return withClient({ ...scope, client, watchSessions: options.once === true }, async ({ client, sessionEnd }) => {
    const share = await stop.race(client.share(files, { ...(peers !== undefined && { with: peers }), signal: stop.signal }))
    const words = share.files.map(file => `Shared       ${terminalName(file.name)}  ${formatSize(file.size)}`)
    const who = peers === undefined ? 'anybody who asks' : peers.map(uri => terminalText(uri)).join(', ')
    view.tell(
      'shared',
      { files: share.files.map(({ name, size, type, sha1 }) => ({ name, size, type, sha1 })), with: peers },
      words.join('\n'),
    )
    view.listening(client)
    view.note(`Files may be got by ${who}.`)
    stop.signal.addEventListener('abort', () => void share.close(), { once: true })
    using keys = PauseKeys.at(context, view, stop)
    const reports = new Set<ReturnType<typeof watchTransfer>>()
    for await (const transfer of share) {
      const names = transfer.files.map(file => terminalName(file.name)).join(', ')
      view.tell('got', { transfer: transfer.id, peer: transfer.peer.uri }, `${terminalText(transfer.peer.uri)} gets ${names}`)
      const report = watchTransfer(transfer, 'sending', view, stop.signal, keys)
      reports.add(report)
      if (!options.once) {
        void report.finally(() => reports.delete(report)).catch(error => view.failure(error, 1))
        continue
      }
      await share.close()
      const exit = exitCodeOfReport(await report, 'sending')
      if (!stop.signal.aborted) await sessionEnd(SESSION_END)
      return exit
    }
    const exit = exitCodeOfReports(await Promise.all(reports), 'sending')
    return stop.reason === undefined ? exit : 1
  })
}
