import { type AccountOptions, clientOptions, loadSettings } from './account-options.js'
import { exitCodeOfReport } from './exit-code.js'
import type { CommandScope } from './run-command.js'
import { UsageError } from './usage-error.js'
import { watchTransfer } from './watch-transfer.js'
import { withClient } from './with-client.js'

export interface SendCommandOptions extends AccountOptions {
  readonly to?: readonly string[]
  readonly subject?: string
  /** Seconds (CR-14). */
  readonly releaseTimer?: number
  /** Octets. */
  readonly maxSize?: number
  readonly dryRun?: boolean
}

/** How long the client may take to end the session after its last file and the release timer, milliseconds. */
const SESSION_END = 5000

/** `cpmft send FILE... --to URI` */
export async function sendCommand(scope: CommandScope, files: readonly string[], options: SendCommandOptions): Promise<number> {
  const { context, view, stop } = scope
  const to = onlyRecipient(options.to ?? [])
  const settings = await loadSettings(scope, options)
  if (options.dryRun) {
    const { aor, values } = settings
    const { proxy, listen } = values
    const client = { aor, reach: to, ...(proxy !== undefined && { proxy }), ...(listen !== undefined && { listen }) }
    view.preview(await stop.race(context.previewInvite(client, to, files)))
    return 0
  }
  // The command ends with its files, so by default nothing is kept open for more of them (CR-17).
  const releaseTimer = settings.values.releaseTimer ?? 0
  const client = { ...(await clientOptions(scope, settings)), releaseTimer, reach: to }
  return withClient({ ...scope, client, watchSessions: true }, async ({ client, sessionEnd }) => {
    const transfer = client.send(to, files, options.subject === undefined ? {} : { subject: options.subject })
    const report = await watchTransfer(transfer, 'sending', view, stop.signal)
    if (report.files.some(file => file.state === 'done') && !stop.signal.aborted) {
      if (releaseTimer > 0) view.note(`The session stays open for ${releaseTimer} s. Ctrl-C ends it now.`)
      // The last file is closed by an offer of its own, and the release timer ends the session (CR-14, CR-17): both before we go.
      await sessionEnd(releaseTimer * 1000 + SESSION_END)
    }
    return exitCodeOfReport(report, 'sending')
  })
}

function onlyRecipient(to: readonly string[]): string {
  const [first] = to
  if (first === undefined) throw new UsageError('There is no recipient.', 'Add --to sip:bob@example.org')
  if (to.length > 1)
    throw new UsageError('Several recipients are not supported yet; that comes with a later release.', 'Send to one --to at a time.')
  return first
}
