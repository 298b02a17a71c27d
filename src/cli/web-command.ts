import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import type { WebHandle, WebOptions } from '../web/index.js'
import { type AccountOptions, loadSettings } from './account-options.js'
import { accountWorld } from './account-world.js'
import { firstRun } from './first-run.js'
import { PageSettings } from './page-settings.js'
import type { CommandScope } from './run-command.js'

export interface WebCommandOptions extends AccountOptions {
  readonly into?: string
  readonly port?: number
  /** False for `--no-open`. */
  readonly open?: boolean
}

/** `cpmft web`: 0 when it was stopped in good order. */
export async function webCommand(scope: CommandScope, options: WebCommandOptions): Promise<number> {
  const { context, view } = scope
  const { configFolders } = await import('../node/index.js')
  const { newToken } = await import('../web/index.js')
  const { state } = configFolders({ env: context.env, home: context.home })
  const kept = new PageSettings(state)
  const settings = await loadSettings(scope, options)
  const { listen, proxy } = settings.values
  const hasAccount = listen !== undefined || proxy !== undefined
  const web: WebOptions = {
    ...pageOptions(scope, state),
    token: await kept.token(newToken),
    ...(options.port !== undefined && { port: options.port }),
    ...(hasAccount
      ? { world: await accountWorld(scope, settings, kept, { into: options.into }) }
      : { firstRun: firstRun(scope, options, kept) }),
  }
  if (!hasAccount) view.note('There is no account yet: the page asks for one, or shows the demo.')
  return servePage(scope, web, options.open !== false)
}

/** What every page has. @param state state folder of this user */
export function pageOptions({ context }: CommandScope, state: string): Pick<WebOptions, 'version' | 'outbox' | 'desktop'> {
  return {
    version: context.version,
    outbox: join(state, 'outbox'),
    desktop: {
      open: path => context.openPath(path),
      reveal: path => context.revealPath(path),
      freeSpace: folder => context.freeSpace(folder),
    },
  }
}

/** Serves the page until the command is stopped: its address alone on stdout, and in a browser where there is a terminal. */
export async function servePage(scope: CommandScope, web: WebOptions, opens: boolean): Promise<number> {
  const { context, view, stop } = scope
  let handle: WebHandle
  try {
    handle = await context.startWeb(web)
  } catch (error) {
    await web.world?.close()
    throw error
  }
  const door = join(web.outbox, '..', 'open-page.html')
  try {
    view.tell('page', { url: handle.url }, undefined, [handle.url])
    view.note('The page is for this machine and for you only. Ctrl-C ends it.')
    if (opens && context.isTerminal.stderr) await openBrowser(context, handle.url, door)
    if (!stop.signal.aborted) await new Promise<void>(resolve => stop.signal.addEventListener('abort', () => resolve(), { once: true }))
    return 0
  } finally {
    await handle.close()
    await rm(door, { force: true })
  }
}

/**
 * The arguments of a program are for everybody on the machine to see, and the address holds the key: so the browser is given a file of ours
 * that leads there.
 */
async function openBrowser(context: CommandScope['context'], url: string, door: string): Promise<void> {
  if (process.platform === 'linux' && context.env['DISPLAY'] === undefined && context.env['WAYLAND_DISPLAY'] === undefined) return
  const html = `<!doctype html><meta charset="utf-8"><meta http-equiv="refresh" content="0; url=${url}"><title>cpmft</title><a href="${url}">cpmft</a>\n`
  await rm(door, { force: true })
  await writeFile(door, html, { mode: 0o600, flag: 'wx' })
  await context.openPath(pathToFileURL(door).href).catch(() => {})
}
