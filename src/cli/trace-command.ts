import { readFile } from 'node:fs/promises'
import { basename } from 'node:path'
import { CpmftError } from '../client/index.js'
import {
  buildLadder,
  decodeEntries,
  encodeEntry,
  encodePcapng,
  redactEntry,
  renderMermaid,
  renderSvg,
  renderText,
  type TraceEntry,
} from '../trace/index.js'
import type { CommandScope } from './run-command.js'
import { traceFilter } from './trace-filter.js'
import { UsageError } from './usage-error.js'

export const TRACE_FORMATS = ['text', 'svg', 'mermaid', 'jsonl', 'pcapng'] as const

export interface TraceCommandOptions {
  readonly format?: (typeof TRACE_FORMATS)[number]
  readonly redact?: boolean
  /** Words of `traceFilter`. */
  readonly filter?: readonly string[]
}

/** Bad lines that are named one by one. */
const NAMED_BAD_LINES = 5

/** `cpmft trace FILE` */
export async function traceCommand({ context, globals, view }: CommandScope, file: string, options: TraceCommandOptions): Promise<number> {
  const { entries: recorded, bad } = decodeEntries(await readTrace(file))
  if (recorded.length === 0) throw new UsageError('This is not a trace file.', 'Record one with --trace FILE.')
  for (const { line, reason } of bad.slice(0, NAMED_BAD_LINES)) view.note(`Line ${line} is left out: ${reason}.`)
  if (bad.length > NAMED_BAD_LINES) view.note(`${bad.length - NAMED_BAD_LINES} more lines are left out.`)
  const wanted = options.filter === undefined ? recorded : recorded.filter(traceFilter(options.filter, recorded))
  if (wanted.length === 0) view.note(`The filter leaves none of ${recorded.length} entries.`)
  const entries = options.redact ? wanted.map(redactEntry) : wanted
  if (globals.json) for (const entry of entries) view.traced(entry)
  else if (options.format === 'pcapng') writePcapng(context, entries)
  else if (options.format === 'jsonl') for (const entry of entries) context.stdout.write(encodeEntry(entry))
  else if (options.format === 'svg') context.stdout.write(`${renderSvg(entries, { title: basename(file) })}\n`)
  else if (options.format === 'mermaid') context.stdout.write(renderMermaid(entries))
  else context.stdout.write(renderText(buildLadder(entries), { width: context.columns ?? 100 }))
  return 0
}

function writePcapng({ stdout, isTerminal }: CommandScope['context'], entries: readonly TraceEntry[]): void {
  if (isTerminal.stdout) throw new UsageError('A pcapng file is not text.', 'Redirect it: cpmft trace FILE --format pcapng > trace.pcapng')
  stdout.write(encodePcapng(entries))
}

async function readTrace(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code
    throw new CpmftError(code === 'ENOENT' ? 'file-missing' : code === 'EISDIR' ? 'not-a-file' : 'file-unreadable')
  }
}
