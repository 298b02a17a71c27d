import { stat } from 'node:fs/promises'
import { basename } from 'node:path'
import { type Client, CpmftError, type SendOptions, type Store } from '../client/index.js'
import { formatSize } from '../trace/index.js'
import { terminalName } from './terminal-text.js'
import { type AccountOptions, clientOptions, loadSettings } from './account-options.js'
import { tellNextStep } from './next-step.js'
import { PauseKeys } from './pause-keys.js'
import { destinationOf, type RecipientOptions, reachOf } from './recipients.js'
import { tellNotices } from './tell-notices.js'
import type { View } from './view.js'
import { exitCodeOfReport } from './exit-code.js'
import type { CommandScope } from './run-command.js'
import { watchTransfer } from './watch-transfer.js'
import { withClient } from './with-client.js'

export interface SendCommandOptions extends AccountOptions, RecipientOptions {
  readonly subject?: string
  /** About each file (SDP-22). */
  readonly description?: string
  /** Seconds (CR-14). */
  readonly releaseTimer?: number
  /** Octets. */
  readonly maxSize?: number
  readonly dryRun?: boolean
  /** Where there is no service for groups: one after the other (GRP-2). */
  readonly oneByOne?: boolean
  /** Milliseconds without news of a recipient of a group. */
  readonly wait?: number
  /** Milliseconds to wait for the notice that the files were opened (IMDN-3). */
  readonly waitNotices?: number
}

/** How long the client may take to end the session after its last file and the release timer, milliseconds. */
const SESSION_END = 5000

/** `cpmft send FILE... --to URI`, `--to URI --to URI`, `--group URI` */
export async function sendCommand(scope: CommandScope, files: readonly string[], options: SendCommandOptions): Promise<number> {
  const { context, view, stop } = scope
  const to = await destinationOf(options)
  const settings = await loadSettings(scope, options)
  const reach = reachOf(to, settings.values.conferenceFactory)
  if (options.dryRun) {
    const { aor, values } = settings
    const { proxy, listen, conferenceFactory } = values
    const client = {
      aor,
      reach,
      ...(conferenceFactory !== undefined && { conferenceFactory }),
      ...(proxy !== undefined && { proxy }),
      ...(listen !== undefined && { listen }),
      ...(values.profile !== undefined && { profile: values.profile }),
      ...(values.displayName !== undefined && { displayName: values.displayName }),
    }
    view.preview(await stop.race(context.previewInvite(client, to, files)))
    return 0
  }
  await confirmLarge(scope, files, settings.values.warnSize)
  // The command ends with its files, so by default nothing is kept open for more of them (CR-17).
  const releaseTimer = settings.values.releaseTimer ?? 0
  const client = { ...(await clientOptions(scope, settings)), releaseTimer, reach }
  let id: string | undefined
  const afterwards = async (store: Store): Promise<void> => (id === undefined ? undefined : tellNextStep(store, id, view))
  return withClient({ ...scope, client, watchSessions: true, afterwards }, async ({ client, sessionEnd }) => {
    const opened = options.waitNotices === undefined ? undefined : new OpenedFiles(client, view, stop.signal)
    // RCS-9: that nobody has the file yet is worth a word also to those who do not wait for news
    if (opened === undefined) tellNotices(client, view, stop.signal, undefined, ['stored'])
    const transfer = client.send(to, files, sendOptions(options))
    id = transfer.id
    using keys = PauseKeys.at(context, view, stop)
    const report = await watchTransfer(transfer, 'sending', view, stop.signal, keys)
    if (report.files.some(file => file.state === 'done') && !stop.signal.aborted) {
      if (releaseTimer > 0) view.note(`The session stays open for ${releaseTimer} s. Ctrl-C ends it now.`)
      // The last file is closed by an offer of its own, and the release timer ends the session (CR-14, CR-17): both before we go.
      await sessionEnd(releaseTimer * 1000 + SESSION_END)
      await opened?.wait(report.files.filter(file => file.state === 'done').length, options.waitNotices ?? 0)
    }
    return exitCodeOfReport(report, 'sending')
  })
}

function sendOptions({ subject, description, oneByOne, wait }: SendCommandOptions): SendOptions {
  return {
    ...(subject !== undefined && { subject }),
    ...(description !== undefined && { description }),
    ...(oneByOne === true && { fallbackToSingle: true }),
    ...(wait !== undefined && { recipientWait: wait / 1000 }),
  }
}

/** Somebody at a terminal is asked before larger files go out (RCS-6). @throws CpmftError `cancelled` */
async function confirmLarge({ context, globals, stop }: CommandScope, files: readonly string[], warnSize: number): Promise<void> {
  if (warnSize === 0 || globals.yes || globals.json || !context.isTerminal.stdin || !context.isTerminal.stderr) return
  const sizes = await Promise.all(files.map(async file => (await stat(file).catch(() => undefined))?.size ?? 0))
  const large = files.filter((_, index) => (sizes[index] as number) > warnSize)
  if (large.length === 0) return
  const octets = sizes.filter(size => size > warnSize).reduce((sum, size) => sum + size, 0)
  const what = large.length === 1 ? terminalName(basename(large[0] as string)) : `${large.length} files`
  const question = `${what}: ${formatSize(octets)}${large.length === 1 ? '' : ' together'}. Send? (--yes does not ask)`
  const yes = await context.confirm(question, stop.signal)
  stop.signal.throwIfAborted()
  if (!yes) throw new CpmftError('cancelled', 'Nothing was sent.')
}

/** Waits until the receiver has opened the files. */
class OpenedFiles {
  readonly #files = new Set<string>()
  #onFile = (): void => {}

  constructor(
    client: Client,
    view: View,
    private readonly signal: AbortSignal,
  ) {
    tellNotices(client, view, signal, ({ transferId, index, state }) => {
      if (state === 'displayed' || state === 'failed') this.#files.add(`${transferId}:${index}`)
      this.#onFile()
    })
  }

  /** Until `count` files are opened, or for `milliseconds`, or until the command is stopped. */
  async wait(count: number, milliseconds: number): Promise<void> {
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, milliseconds)
      const check = (): void => {
        if (this.#files.size >= count || this.signal.aborted) resolve(clearTimeout(timer))
      }
      this.#onFile = check
      this.signal.addEventListener('abort', check, { once: true })
      check()
    })
  }
}
