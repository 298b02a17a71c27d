import type { CommandScope } from './run-command.js'
import { terminalName } from './terminal-text.js'

/** `cpmft describe FILE...`: the file selectors as they go into SDP (RFC 5547 §6), one a line. */
export async function describeCommand({ context, view, stop }: CommandScope, files: readonly string[]): Promise<number> {
  for (const file of files) {
    // Hashing reads the whole file; people should know why it takes its time.
    if (context.isTerminal.stderr) view.note(`Hashing      ${terminalName(file)}`)
    view.description(await stop.race(context.describeFile(file)))
  }
  return 0
}
