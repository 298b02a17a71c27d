import type { Readable, Writable } from 'node:stream'
import type { ConflictPolicy } from '../client/index.js'
import { terminalName } from './terminal-text.js'

/** Asks what to do with files whose names are taken. Giving up keeps both. */
export async function askConflict(
  streams: { input: NodeJS.ReadableStream; output: NodeJS.WritableStream },
  names: readonly string[],
  signal: AbortSignal,
): Promise<ConflictPolicy> {
  const { isCancel, select } = await import('@clack/prompts')
  const [first = ''] = names
  const what = names.length === 1 ? `${terminalName(first)} exists already.` : `${names.length} of these files exist already.`
  const answer = await select<ConflictPolicy>({
    input: streams.input as Readable,
    output: streams.output as Writable,
    signal,
    withGuide: false,
    message: what,
    options: [
      { value: 'rename', label: 'Keep both', hint: 'the new one gets a number' },
      { value: 'overwrite', label: 'Overwrite' },
      { value: 'skip', label: 'Skip', hint: 'what is here stays, the sender is told' },
    ],
  })
  return isCancel(answer) ? 'rename' : answer
}
