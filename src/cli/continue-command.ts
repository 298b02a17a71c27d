import {
  type ConflictPolicy,
  CpmftError,
  isToSeveral,
  readTransferId,
  resumableFiles,
  retryableFiles,
  type SendOptions,
  type Store,
  type StoredFile,
  type StoredTransfer,
} from '../client/index.js'
import { type AccountOptions, clientOptions, loadSettings } from './account-options.js'
import { exitCodeOfReport } from './exit-code.js'
import { tellNextStep } from './next-step.js'
import { PauseKeys } from './pause-keys.js'
import type { CommandScope } from './run-command.js'
import { ageWords, fileNames, peerWords, shareWords, transferFields } from './transfer-words.js'
import { UsageError } from './usage-error.js'
import { watchTransfer } from './watch-transfer.js'
import { withClient } from './with-client.js'

/** `resume` goes on where files stopped; `retry` takes those that failed or were declined, from their start. */
export type Way = 'resume' | 'retry'

export interface ContinueCommandOptions extends AccountOptions {
  readonly into?: string
  readonly onConflict?: ConflictPolicy | 'ask'
  /** Where there is no service for groups: one after the other (GRP-2). */
  readonly oneByOne?: boolean
  /** Milliseconds without news of a recipient. */
  readonly wait?: number
}

/** Nothing was heard of a transfer for so long, milliseconds: its process died. */
const SILENT = 60_000

/** The files that are offered to go on with. */
function candidateFiles(way: Way, transfer: StoredTransfer, now: number): readonly StoredFile[] {
  if (way === 'resume') return resumableFiles(transfer)
  const isDead = (file: StoredFile): boolean => transfer.ended === undefined && file.sha1 === undefined && now - file.updated > SILENT
  const left = retryableFiles(transfer)
  // A file is with some recipients and not with others: that somebody lacks it is in the list already
  if (isToSeveral(transfer)) return transfer.ended === undefined ? left.filter(file => now - file.updated > SILENT) : left
  return left.filter(file => ['failed', 'declined', 'cancelled'].includes(file.state) || isDead(file))
}

/** How long the client may take to end the session after its last file, milliseconds. */
const SESSION_END = 5000

/** `cpmft resume [ID]`, `cpmft retry [ID]` */
export async function continueCommand(
  scope: CommandScope,
  way: Way,
  id: string | undefined,
  options: ContinueCommandOptions,
): Promise<number> {
  const store = await scope.context.openStore()
  let transfer: StoredTransfer | undefined
  try {
    transfer = id === undefined ? await choose(scope, way, store, options) : await find(store, id)
  } finally {
    await store.close()
  }
  return transfer === undefined ? 0 : goOn(scope, way, transfer, options)
}

async function find(store: Store, id: string): Promise<StoredTransfer> {
  const known = readTransferId(id)
  const transfer = known === undefined ? undefined : await store.transfer(known)
  if (transfer === undefined) throw new CpmftError('no-such-transfer', `It was "${id}".`)
  return transfer
}

/** Lists what can go on. A single one goes on when the user says so. */
async function choose(scope: CommandScope, way: Way, store: Store, options: object): Promise<StoredTransfer | undefined> {
  const { context, globals, view, stop } = scope
  const settings = await loadSettings(scope, options)
  const since = context.date() - settings.values.resumeTtl * 1000
  const all = await store.transfers(way === 'resume' ? { since } : {})
  const now = context.date()
  const candidates = all.filter(transfer => candidateFiles(way, transfer, now).length > 0)
  if (candidates.length === 0) view.note(way === 'resume' ? 'Nothing is left to go on with.' : 'Nothing is left to try again.')
  for (const transfer of candidates) {
    const line = candidateLine(transfer, candidateFiles(way, transfer, now), now)
    view.tell('candidate', transferFields(transfer), undefined, [line])
  }
  const [only] = candidates
  if (only === undefined || candidates.length > 1) {
    if (candidates.length > 1) view.note(`Choose one: cpmft ${way} ${only?.id}`)
    return undefined
  }
  if (globals.yes) return only
  if (globals.json || !context.isTerminal.stdin || !context.isTerminal.stderr) {
    view.note(`cpmft ${way} ${only.id}`)
    return undefined
  }
  const goes = await stop.race(context.confirm(way === 'resume' ? 'Go on with it?' : 'Try it again?', stop.signal))
  return goes ? only : undefined
}

/** `7Q2F  to sip:bob@example.org  photos.zip  43 % of 39.9 MB  5 min ago` */
function candidateLine(transfer: StoredTransfer, files: readonly StoredFile[], now: number): string {
  const updated = Math.max(transfer.started, ...files.map(file => file.updated))
  return [transfer.id.padEnd(4), peerWords(transfer), fileNames(files), shareWords(files), ageWords(now - updated)].join('  ')
}

async function goOn(scope: CommandScope, way: Way, transfer: StoredTransfer, options: ContinueCommandOptions): Promise<number> {
  const { context, view, stop } = scope
  const direction = transfer.direction === 'sent' ? 'sending' : 'receiving'
  const left = way === 'resume' ? resumableFiles(transfer) : retryableFiles(transfer)
  if (left.length === 0)
    throw new CpmftError('not-resumable', way === 'resume' ? 'Nothing of it is left to go on with.' : nothingFailed(transfer))
  if (options.store === false) throw new UsageError('Without the record nothing can go on.', 'Leave --no-store out.')
  // The same account as before: the peer goes on with files of the same sender only
  const settings = await loadSettings(scope, { ...options, as: options.as ?? transfer.account })
  const client = { ...(await clientOptions(scope, settings)), releaseTimer: 0, reach: transfer.peer }
  const { into, onConflict } = settings.values
  const accept = {
    ...(into !== undefined && { into }),
    ...(onConflict !== 'ask' && { onConflict }),
  }
  const afterwards = (store: Store): Promise<void> => tellNextStep(store, transfer.id, view)
  return withClient({ ...scope, client, watchSessions: true, afterwards }, async ({ client, sessionEnd }) => {
    const running = way === 'resume' ? await client.resume(transfer.id, accept) : await client.retry(transfer.id, retryOptions(options))
    using keys = PauseKeys.at(context, view, stop)
    const report = await watchTransfer(running, direction, view, stop.signal, keys)
    if (report.files.some(file => file.state === 'done') && !stop.signal.aborted) await sessionEnd(SESSION_END)
    return exitCodeOfReport(report, direction)
  })
}

function retryOptions({ oneByOne, wait }: ContinueCommandOptions): SendOptions {
  return { ...(oneByOne === true && { fallbackToSingle: true }), ...(wait !== undefined && { recipientWait: wait / 1000 }) }
}

function nothingFailed(transfer: StoredTransfer): string {
  return transfer.direction === 'sent' || transfer.kind === 'pull' ? 'Nothing of it failed.' : 'Its sender has to send it again.'
}
