import { resolve } from 'node:path'
import type { Store } from '../client/index.js'
import type { PageWorld } from '../web/index.js'
import type { FindingView } from '../web/protocol/index.js'
import { clientOptions, type Settings } from './account-options.js'
import { doctorFindings } from './doctor-findings.js'
import type { Finding } from './finding.js'
import { mustBeFolder } from './must-be-folder.js'
import type { PageSettings } from './page-settings.js'
import type { CommandScope } from './run-command.js'
import { terminalText } from './terminal-text.js'
import { TraceRecorder } from './trace-recorder.js'
import { explain } from './view.js'

export interface AccountWorldOptions {
  /** The folder that `--into` named. */
  readonly into: string | undefined
  /** Nobody looks at the terminal: the password is not asked for there. */
  readonly asksNothing?: boolean
}

/** The client of an account with its store, as the page has it. */
export async function accountWorld(
  scope: CommandScope,
  settings: Settings,
  page: PageSettings,
  { into, asksNothing = false }: AccountWorldOptions,
): Promise<PageWorld> {
  const { context, globals, view, stop } = scope
  const { values } = settings
  const folder = resolve(into ?? (await page.folderForFiles()) ?? values.into ?? '.')
  let current = folder
  await mustBeFolder(folder)
  const { askPassword, store: storePath, ...known } = await clientOptions(scope, settings)
  const password = asksNothing ? undefined : await askPassword?.()
  const store = await openStore(scope, storePath)
  const recorder = new TraceRecorder(globals.trace, entry => globals.verbose && view.traced(entry))
  try {
    const client = await stop.race(
      context.createClient({
        ...known,
        ...(password !== undefined && { password }),
        ...(store !== undefined && { store }),
        ...(values.accept === 'known' && { autoAccept: true }),
        into: folder,
      }),
    )
    if (globals.verbose || globals.trace !== undefined) recorder.follow(client.trace())
    const { profileOf } = await import('../node/index.js')
    return {
      client,
      traces: [client.trace()],
      displayName: values.displayName,
      proxy: values.proxy,
      profile: profileOf({ ...known, aor: settings.aor }),
      into: folder,
      maxFileSize: values.maxSize,
      warnSize: values.warnSize,
      ringTimeout: values.ringTimeout,
      rememberFolder: async chosen => {
        current = chosen
        await page.rememberFolder(chosen)
      },
      doctor: to => pageFindings(doctorFindings(scope, { settings, client: known, running: client, to, into: current })),
      close: async () => {
        await client.close()
        await store?.close()
        await recorder.close()
      },
    }
  } catch (error) {
    await store?.close()
    await recorder.close()
    throw error
  }
}

/** The page can make the folder by itself. */
async function* pageFindings(findings: AsyncIterable<Finding>): AsyncGenerator<FindingView, void, undefined> {
  for await (const finding of findings) {
    const { check, status, text, fix } = finding
    const isMissing = check === 'folder' && text.endsWith('does not exist.')
    yield { check, status, text, ...(fix !== undefined && { fix }), ...(isMissing && { action: 'create-folder' as const }) }
  }
}

/** Files go over without a store as well: then nothing is remembered, and the user hears why. */
async function openStore({ context, view, stop }: CommandScope, path: string | undefined): Promise<Store | undefined> {
  if (path === undefined) return undefined
  try {
    const store = await stop.race(context.openStore(path))
    if (store.notice !== undefined) view.note(store.notice)
    return store
  } catch (error) {
    stop.signal.throwIfAborted()
    view.tell('warning', { code: 'store', text: explain(error).message }, `Nothing is remembered. ${terminalText(explain(error).message)}`)
    return undefined
  }
}
