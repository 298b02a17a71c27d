import type { CommandContext, GlobalOptions } from './context.js'
import { createView } from './create-view.js'
import { exitCodeOfError, exitCodeOfStop } from './exit-code.js'
import { StopError, StopSwitch } from './stop-switch.js'
import type { View } from './view.js'

/** What every command gets. */
export interface CommandScope {
  readonly context: CommandContext
  readonly globals: GlobalOptions
  readonly view: View
  readonly stop: StopSwitch
}

/** Runs one command to its exit code: makes the view, listens to signals, reports what is thrown. Never rejects. */
export async function runCommand(
  context: CommandContext,
  globals: GlobalOptions,
  command: (scope: CommandScope) => Promise<number>,
): Promise<number> {
  const view = await createView(context, globals)
  const stop = new StopSwitch(context, globals.timeout)
  let exit: number
  try {
    exit = await command({ context, globals, view, stop })
    // Finished in time is finished, even when the signal came a moment before.
    if (stop.reason !== undefined && exit !== 0) exit = exitCodeOfStop(stop.reason)
  } catch (error) {
    if (stop.reason !== undefined) exit = exitCodeOfStop(stop.reason)
    else exit = exitCodeOfError(error)
    if (!(error instanceof StopError)) view.failure(error, exit as Parameters<View['failure']>[1])
  } finally {
    stop[Symbol.dispose]()
  }
  if (stop.reason !== undefined && exit !== 0)
    view.note(stop.reason === 'timeout' ? 'Stopped: the time given by --timeout is over.' : 'Cancelled.')
  view.end(exit)
  return exit
}
