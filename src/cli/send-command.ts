import type { ClientOptions } from '../client/index.js'
import { type AccountOptions, clientAccount, resolveAccount } from './account-options.js'
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

/** `cpmft send FILE... --to URI` */
export async function sendCommand(scope: CommandScope, files: readonly string[], options: SendCommandOptions): Promise<number> {
  const { context, view, stop } = scope
  const to = onlyRecipient(options.to ?? [])
  if (options.dryRun) {
    const { as: aor, proxy, listen } = resolveAccount(context, options)
    const client: ClientOptions = { aor, ...(proxy !== undefined && { proxy }), ...(listen !== undefined && { listen }) }
    view.preview(await stop.race(context.previewInvite(client, to, files)))
    return 0
  }
  // The command ends with its files, so by default nothing is kept open for more of them (CR-17).
  const releaseTimer = options.releaseTimer ?? 0
  const client: ClientOptions = {
    ...(await clientAccount(context, options, view, stop)),
    releaseTimer,
    ...(options.maxSize !== undefined && { maxFileSize: options.maxSize }),
  }
  return withClient({ ...scope, client }, async ({ client }) => {
    const transfer = client.send(to, files, options.subject === undefined ? {} : { subject: options.subject })
    const report = await watchTransfer(transfer, 'sending', view, stop.signal)
    const exit = exitCodeOfReport(report, 'sending')
    if (releaseTimer > 0 && exit === 0 && !stop.signal.aborted) await keepSession(scope, releaseTimer)
    return exit
  })
}

/** Leaves the session open until the release timer ended it (CR-14, CR-15); Ctrl-C ends it earlier. */
async function keepSession({ view, stop }: CommandScope, seconds: number): Promise<void> {
  view.note(`The session stays open for ${seconds} s. Ctrl-C ends it now.`)
  let timer: NodeJS.Timeout | undefined
  // Half a second more than the timer itself, so that its BYE is answered.
  const over = new Promise<void>(resolve => (timer = setTimeout(resolve, seconds * 1000 + 500)))
  await stop.race(over).catch(() => {})
  clearTimeout(timer)
}

function onlyRecipient(to: readonly string[]): string {
  const [first] = to
  if (first === undefined) throw new UsageError('There is no recipient.', 'Add --to sip:bob@example.org')
  if (to.length > 1)
    throw new UsageError('Several recipients are not supported yet; that comes with a later release.', 'Send to one --to at a time.')
  return first
}
