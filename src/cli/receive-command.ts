import { resolve } from 'node:path'
import type { ConflictPolicy } from '../client/index.js'
import { type AccountOptions, clientOptions, loadSettings } from './account-options.js'
import { mustBeFolder } from './must-be-folder.js'
import { PauseKeys } from './pause-keys.js'
import { Receiver } from './receiver.js'
import type { CommandScope } from './run-command.js'
import { UsageError } from './usage-error.js'
import { withClient } from './with-client.js'

/** `known`: files of trusted contacts are taken without asking (RCS-7); the others as with `ask`, or not at all where nobody can be asked. */
export type AcceptPolicy = 'ask' | 'known' | 'all' | 'none'

export interface ReceiveCommandOptions extends AccountOptions {
  readonly into?: string
  readonly accept?: AcceptPolicy
  readonly once?: boolean
  readonly onConflict?: ConflictPolicy | 'ask'
  /** Octets; as the next three. */
  readonly maxSize?: number
  readonly warnSize?: number
  readonly quotaPerSenderDay?: number
  readonly quotaTotal?: number
}

/** `cpmft receive` */
export async function receiveCommand(scope: CommandScope, options: ReceiveCommandOptions): Promise<number> {
  const { context, view, stop } = scope
  const settings = await loadSettings(scope, options)
  const { listen, proxy } = settings.values
  if (listen === undefined && proxy === undefined)
    throw new UsageError('Nobody could reach this receiver.', 'Add --listen sip:you@ADDRESS:PORT, or an account with --as and --proxy.')
  const into = resolve(settings.values.into ?? '.')
  await mustBeFolder(into)
  const canAsk = context.isTerminal.stdin && context.isTerminal.stderr
  const accept = acceptPolicy(scope, options.accept, settings.values.accept, canAsk)
  const onConflict = conflictPolicy(options.onConflict, settings.values.onConflict, canAsk)
  const client = {
    ...(await clientOptions(scope, settings)),
    into,
    ...(accept === 'known' && { autoAccept: true }),
    ...(accept === 'none' && { autoAccept: false }),
    ...(onConflict !== 'ask' && onConflict !== 'rename' && { onConflict }),
  }
  return withClient({ ...scope, client, watchSessions: options.once === true }, async clientScope => {
    using keys = PauseKeys.at(context, view, stop)
    const rules = { into, accept, onConflict, canAsk, once: options.once === true, remembers: settings.store !== undefined }
    return await new Receiver(scope, rules, clientScope, keys).run()
  })
}

/** Without a terminal nobody can be asked: then only an explicit answer accepts anything. */
function acceptPolicy(
  { globals, view }: CommandScope,
  flag: AcceptPolicy | undefined,
  setting: AcceptPolicy | undefined,
  canAsk: boolean,
): AcceptPolicy {
  const wanted = flag ?? (globals.yes ? 'all' : setting)
  if (wanted === 'ask' && !canAsk && flag === 'ask')
    throw new UsageError('--accept ask needs a terminal to ask at.', 'Use --accept all, --accept known or --accept none.')
  if (wanted !== undefined && (wanted !== 'ask' || canAsk)) return wanted
  if (canAsk) return 'ask'
  view.note('There is no terminal to ask at: every offer is declined. Use --accept all to take them.')
  return 'none'
}

function conflictPolicy(flag: string | undefined, setting: ConflictPolicy | 'ask' | undefined, canAsk: boolean): ConflictPolicy | 'ask' {
  if (flag === 'ask' && !canAsk)
    throw new UsageError('--on-conflict ask needs a terminal to ask at.', 'Use --on-conflict rename, overwrite or skip.')
  return setting === 'ask' && !canAsk ? 'rename' : (setting ?? 'rename')
}
