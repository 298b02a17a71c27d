import { resolve } from 'node:path'
import type { ConflictPolicy, Store, WantedFile } from '../client/index.js'
import { type AccountOptions, clientOptions, loadSettings } from './account-options.js'
import { exitCodeOfReport } from './exit-code.js'
import { mustBeFolder } from './must-be-folder.js'
import { tellNextStep } from './next-step.js'
import { PauseKeys } from './pause-keys.js'
import type { CommandScope } from './run-command.js'
import { UsageError } from './usage-error.js'
import { watchTransfer } from './watch-transfer.js'
import { withClient } from './with-client.js'

export interface GetCommandOptions extends AccountOptions {
  readonly from?: string
  readonly into?: string
  readonly onConflict?: ConflictPolicy
  readonly subject?: string
}

/** How long the client may take to end the session after its last file, milliseconds. */
const SESSION_END = 5000

/** `cpmft get --from URI --name plan.pdf` */
export async function getCommand(scope: CommandScope, wanted: readonly WantedFile[], options: GetCommandOptions): Promise<number> {
  const { context, view, stop } = scope
  const { from } = options
  if (from === undefined) throw new UsageError('Nobody to get files from.', 'Add --from sip:bob@example.org')
  if (wanted.length === 0) throw new UsageError('No file is named.', 'Add --name plan.pdf, --type, --size or --sha1.')
  const settings = await loadSettings(scope, options)
  const into = resolve(settings.values.into ?? '.')
  await mustBeFolder(into)
  const client = { ...(await clientOptions(scope, settings)), into, releaseTimer: 0, reach: from }
  const { onConflict } = settings.values
  const accept = {
    into,
    ...(onConflict !== 'ask' && { onConflict }),
    ...(options.subject !== undefined && { subject: options.subject }),
  }
  let id: string | undefined
  const afterwards = async (store: Store): Promise<void> => (id === undefined ? undefined : tellNextStep(store, id, view))
  return withClient({ ...scope, client, watchSessions: true, afterwards }, async ({ client, sessionEnd }) => {
    const transfer = client.get(from, wanted, accept)
    id = transfer.id
    using keys = PauseKeys.at(context, view, stop)
    const report = await watchTransfer(transfer, 'receiving', view, stop.signal, keys)
    if (report.files.some(file => file.state === 'done') && !stop.signal.aborted) await sessionEnd(SESSION_END)
    // What the other side does not share was not got
    return exitCodeOfReport(report, 'sending')
  })
}
