import type { Readable, Writable } from 'node:stream'
import type { IncomingOffer, OfferedFile } from '../client/index.js'
import { formatSize } from '../trace/index.js'
import { fileText } from './accept-card.js'

/** What to ask, and where. */
export interface Question {
  readonly offer: IncomingOffer
  /** The accept card, already written for this terminal. */
  readonly card: string
  /** The sender may become a trusted contact. */
  readonly canTrust?: boolean
  readonly input: NodeJS.ReadableStream
  readonly output: NodeJS.WritableStream
  /** Aborted when the question is moot: withdrawn, timed out, stopped. */
  readonly signal: AbortSignal
}

export type Answer =
  | { readonly kind: 'accept'; readonly files: readonly OfferedFile[]; readonly trust?: boolean }
  | { readonly kind: 'decline' | 'ignore' }
  /** Ctrl-C at the question. */
  | { readonly kind: 'interrupt' }

const CTRL_C = 3

/**
 * Asks a person at a terminal: Enter accepts, Esc asks whether to decline or to ignore. Raw mode turns Ctrl-C into an ordinary key,
 * so it is looked for here.
 */
export async function askOffer(question: Question): Promise<Answer> {
  const { select, multiselect, isCancel } = await import('@clack/prompts')
  const { offer, signal } = question
  const streams = { input: question.input as Readable, output: question.output as Writable, signal, withGuide: false }
  let interrupted = false
  const onData = (data: Buffer | string): void => {
    interrupted ||= typeof data === 'string' ? data.includes('\x03') : data.includes(CTRL_C)
  }
  const gone = (): boolean => interrupted || signal.aborted
  question.input.on('data', onData)
  question.output.write(`\n${question.card}\n`)
  const files = offer.files.filter(file => file.unavailable === undefined)
  try {
    const first =
      files.length === 0 ? 'refuse' : await select({ ...streams, message: 'Accept?', options: choices(files, question.canTrust === true) })
    if (gone()) return { kind: 'interrupt' }
    if (first === 'accept') return { kind: 'accept', files }
    if (first === 'trust') return { kind: 'accept', files, trust: true }
    if (first === 'choose') {
      const ids = await multiselect({
        ...streams,
        message: 'Which? Space ticks, Enter accepts',
        options: fileOptions(files),
        required: false,
      })
      if (gone()) return { kind: 'interrupt' }
      const chosen = isCancel(ids) ? [] : files.filter(file => ids.includes(file.id))
      if (chosen.length > 0) return { kind: 'accept', files: chosen }
    } else if (first === 'decline' || first === 'ignore') return { kind: first }
    const last = await select({ ...streams, message: 'Nothing accepted.', options: REFUSALS })
    if (gone()) return { kind: 'interrupt' }
    return { kind: last === 'ignore' ? 'ignore' : 'decline' }
  } finally {
    question.input.off('data', onData)
  }
}

const REFUSALS = [
  { value: 'decline', label: 'Decline', hint: 'the sender is told' },
  { value: 'ignore', label: 'Ignore', hint: 'the sender keeps waiting, your other devices ring on' },
]

function choices(files: readonly OfferedFile[], canTrust: boolean): { value: string; label: string; hint?: string }[] {
  const size = formatSize(files.reduce((sum, file) => sum + (file.size ?? 0), 0))
  const accept = { value: 'accept', label: files.length === 1 ? 'Accept' : `Accept all ${files.length}`, hint: size }
  const choose = { value: 'choose', label: 'Choose files' }
  const trust = { value: 'trust', label: 'Trust sender', hint: 'accepts, and makes them a trusted contact' }
  return [accept, ...(files.length === 1 ? [] : [choose]), ...(canTrust ? [trust] : []), ...REFUSALS]
}

function fileOptions(files: readonly OfferedFile[]): { value: string; label: string }[] {
  return files.map(file => ({ value: file.id, label: fileText(file, 12) }))
}
