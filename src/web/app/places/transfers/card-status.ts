import type { FileView, RecipientView, TransferView } from '../../../protocol/index.js'
import type { Sign, Status, Tone } from '../../shell/status-pill.js'
import { strings } from '../../strings.js'

const words = strings.transfers.card

const OVER: ReadonlySet<string> = new Set(['done', 'failed', 'declined', 'cancelled'])
const MOVING: ReadonlySet<string> = new Set(['sending', 'receiving', 'verifying', 'hashing'])
const RECIPIENTS_OVER: ReadonlySet<string> = new Set([
  'delivered',
  'displayed',
  'stored',
  'declined',
  'unreachable',
  'left',
  'failed',
  'unknown',
])
const RECIPIENT_PROBLEMS: ReadonlySet<string> = new Set(['declined', 'unreachable', 'left', 'failed'])

/** Nothing more will happen to it. */
export function isOver({ state }: Pick<FileView, 'state'>): boolean {
  return OVER.has(state)
}

/** It ended otherwise than it should. */
export function hasProblem({ state }: Pick<FileView, 'state'>): boolean {
  return OVER.has(state) && state !== 'done'
}

/** Its bar says something. */
export function isMoving({ state }: Pick<FileView, 'state'>): boolean {
  return MOVING.has(state) || state === 'paused'
}

export function isRecipientOver({ state }: Pick<RecipientView, 'state'>): boolean {
  return RECIPIENTS_OVER.has(state)
}

export function isRecipientProblem({ state }: Pick<RecipientView, 'state'>): boolean {
  return RECIPIENT_PROBLEMS.has(state)
}

const FILE_TONES: Readonly<Record<string, readonly [Tone, Sign?]>> = {
  done: ['good', 'check'],
  failed: ['bad', 'alert'],
  declined: ['warn', 'ban'],
  cancelled: ['quiet', 'ban'],
  paused: ['warn', 'pause'],
  offered: ['quiet', 'clock'],
  accepted: ['quiet', 'clock'],
}

/** The word of a file. What a notification told of it says more than that it is done. */
export function fileStatus(file: FileView, direction: TransferView['direction']): Status {
  if (file.state !== 'done') {
    const [tone, sign] = FILE_TONES[file.state] ?? ['info']
    return { text: strings.common.fileStates[file.state] ?? file.state, tone, sign }
  }
  if (file.notice === 'failed') return { text: words.notices.failed, tone: 'bad', sign: 'alert' }
  if (file.notice === 'displayed') return { text: words.notices.displayed, tone: 'good', sign: 'eye' }
  if ((file.stored || file.notice === 'stored') && file.notice !== 'delivered')
    return { text: words.notices.stored, tone: 'info', sign: 'inbox' }
  return { text: words.ended.ok[direction], tone: 'good', sign: 'check' }
}

const RECIPIENT_TONES: Readonly<Record<string, readonly [Tone, Sign?]>> = {
  invited: ['quiet', 'clock'],
  ringing: ['quiet', 'clock'],
  sending: ['info'],
  delivered: ['good', 'check'],
  displayed: ['good', 'eye'],
  stored: ['info', 'inbox'],
  declined: ['warn', 'ban'],
  unreachable: ['bad', 'alert'],
  left: ['warn', 'ban'],
  failed: ['bad', 'alert'],
  unknown: ['quiet'],
}

/** The word of a recipient, or of one file with them. */
export function recipientStatus(state: string): Status {
  const [tone, sign] = RECIPIENT_TONES[state] ?? ['quiet']
  return { text: strings.common.recipientStates[state] ?? state, tone, sign }
}

/** The word of a whole transfer. */
export function transferStatus(transfer: TransferView): Status {
  const { phase, files, direction } = transfer
  if (phase === 'ended') return endStatus(transfer)
  if (phase === 'preparing') return { text: words.phases.preparing, tone: 'info' }
  if (phase === 'ringing') return { text: words.phases.ringing, tone: 'info', sign: 'clock' }
  const going = files.filter(file => !isOver(file))
  if (going.length > 0 && going.every(({ state }) => state === 'paused')) return { text: words.phases.paused, tone: 'warn', sign: 'pause' }
  return { text: strings.common.fileStates[direction === 'sent' ? 'sending' : 'receiving'] as string, tone: 'info' }
}

function endStatus({ ok, files, recipients, direction, error }: TransferView): Status {
  const ended = words.ended
  if (ok === true) {
    const statuses = files.map(file => fileStatus(file, direction))
    const [first] = statuses
    return first !== undefined && statuses.every(({ text }) => text === first.text)
      ? first
      : { text: ended.ok[direction], tone: 'good', sign: 'check' }
  }
  if (error?.code === 'withdrawn') return { text: ended.withdrawn, tone: 'quiet', sign: 'ban' }
  if (recipients !== undefined && recipients.length > 0 && !recipients.some(isRecipientProblem) && !files.some(hasProblem)) {
    return { text: recipients.some(({ state }) => state === 'stored') ? ended.storedForSome : ended.mostly, tone: 'info', sign: 'inbox' }
  }
  const somebodyHas = recipients?.some(({ state }) => state === 'delivered' || state === 'displayed' || state === 'stored') ?? false
  if (somebodyHas || files.some(({ state }) => state === 'done')) return { text: ended.partly, tone: 'warn', sign: 'alert' }
  const all = (state: string): boolean => files.length > 0 && files.every(file => file.state === state)
  if (all('declined')) return { text: ended.declined, tone: 'warn', sign: 'ban' }
  if (all('cancelled') || error?.code === 'cancelled') return { text: ended.cancelled, tone: 'quiet', sign: 'ban' }
  return { text: ended.failed, tone: 'bad', sign: 'alert' }
}

export interface Progress {
  readonly bytes: number
  /** Undefined while a size is not known. */
  readonly total: number | undefined
  /** Octets a second; undefined until it is steady. */
  readonly rate: number | undefined
  /** Seconds. */
  readonly eta: number | undefined
}

/** How far a transfer is, without the files that will not come. */
export function progressOf(files: readonly FileView[]): Progress {
  const counted = files.filter(file => !hasProblem(file))
  const isKnown = counted.every(({ size }) => size !== undefined)
  const bytes = counted.reduce((sum, file) => sum + (file.state === 'hashing' ? 0 : file.bytes), 0)
  const total = isKnown ? counted.reduce((sum, { size }) => sum + (size ?? 0), 0) : undefined
  const rates = counted.flatMap(file => (isOver(file) || file.rate === undefined ? [] : [file.rate]))
  const rate = rates.length === 0 ? undefined : rates.reduce((sum, each) => sum + each, 0)
  const eta = total === undefined || rate === undefined || rate <= 0 ? undefined : Math.max(0, total - bytes) / rate
  return { bytes, total, rate, eta }
}

/** `2 delivered · 1 declined`, the most frequent first. */
export function recipientTally(recipients: readonly Pick<RecipientView, 'state'>[]): string {
  const counts = new Map<string, number>()
  for (const { state } of recipients) counts.set(state, (counts.get(state) ?? 0) + 1)
  return [...counts]
    .sort(([, one], [, other]) => other - one)
    .map(([state, count]) => `${count} ${(strings.common.recipientStates[state] ?? state).toLowerCase()}`)
    .join(' · ')
}

/** A failure as text to paste somewhere. */
export function errorText(transfer: TransferView): string {
  const lines: string[] = []
  const add = (what: string, error: TransferView['error']): void => {
    if (error !== undefined)
      lines.push(
        [`${what}: ${error.text}`, error.detail, error.status, error.hint].filter(part => part !== undefined && part !== '').join(' · '),
      )
  }
  add(`${transfer.id} ${transfer.peer.uri}`, transfer.error)
  for (const file of transfer.files) add(file.name, file.error)
  for (const recipient of transfer.recipients ?? []) add(recipient.uri, recipient.error)
  return lines.join('\n')
}
