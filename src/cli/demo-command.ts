import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { CommandScope } from './run-command.js'
import { TraceRecorder } from './trace-recorder.js'
import { pageOptions, servePage } from './web-command.js'

export interface DemoCommandOptions {
  readonly headless?: boolean
  /** False for `--no-open`. */
  readonly open?: boolean
}

/** `cpmft demo`: the page on the demo world where somebody looks; else, and to record a trace, a play without questions. */
export async function demoCommand(scope: CommandScope, options: DemoCommandOptions): Promise<number> {
  const { context, globals } = scope
  const { stdout, stderr } = context.isTerminal
  const isWatched = stdout && stderr && !globals.json && globals.trace === undefined
  return options.headless === true || !isWatched ? play(scope, options) : showPage(scope, options)
}

async function play({ context, globals, stop }: CommandScope, options: DemoCommandOptions): Promise<number> {
  const recorder = globals.trace === undefined ? undefined : new TraceRecorder(globals.trace, () => {})
  try {
    const follow = recorder === undefined ? {} : { follow: recorder.follow.bind(recorder) }
    return await context.runDemo({ headless: options.headless === true, out: context.stdout, signal: stop.signal, ...follow })
  } finally {
    await recorder?.close()
  }
}

/** Nothing of it stays: the people, their files and what the page keeps are in folders that go away. */
async function showPage(scope: CommandScope, options: DemoCommandOptions): Promise<number> {
  const { demoWorld } = await import('../web/index.js')
  const folder = await mkdtemp(join(tmpdir(), 'cpmft-demo-page-'))
  try {
    const world = await demoWorld(scope.stop.signal)
    scope.view.note('Alice, Bob, Carol and Dan live in this process; nothing leaves this machine.')
    return await servePage(scope, { ...pageOptions(scope, folder), world }, options.open !== false)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}
