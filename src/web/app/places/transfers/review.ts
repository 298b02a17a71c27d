import { formatSize } from '../../../../trace/index.js'
import type { CapabilitiesView, PageState } from '../../../protocol/index.js'
import { FILES_PER_TRANSFER } from '../../../protocol/limits.js'
import { nameOf } from '../../format/party.js'
import type { Draft, DraftFile } from '../../model/draft.js'
import { strings } from '../../strings.js'

const words = strings.transfers.composer.review

export interface Note {
  readonly tone: 'warn' | 'bad'
  readonly text: string
}

/** What is said before anything is sent. */
export interface Review {
  /** Files that will be sent. */
  readonly files: readonly DraftFile[]
  /** Octets of them. */
  readonly total: number
  /** By key of a file: why it will be refused, or may be. */
  readonly fileNotes: ReadonlyMap<number, Note>
  readonly notes: readonly Note[]
  readonly canSend: boolean
}

/** Holds a draft against the limits of this side and of the recipients, as far as they told theirs. */
export function reviewOf(draft: Draft, limits: PageState['limits'], capabilities: readonly CapabilitiesView[]): Review {
  const { recipients } = draft
  const fileNotes = new Map<number, Note>()
  const who = (uri: string): string => nameOf({ uri, displayName: recipients.find(recipient => recipient.uri === uri)?.name })
  const files = draft.files.filter(({ key, file }) => {
    const { maxFileSize } = limits
    if (maxFileSize === undefined || file.size <= maxFileSize) return true
    fileNotes.set(key, { tone: 'bad', text: words.tooLarge(formatSize(maxFileSize)) })
    return false
  })
  for (const { uri, maxSize } of capabilities) {
    for (const { key, file } of files) {
      if (maxSize !== undefined && file.size > maxSize)
        fileNotes.set(key, { tone: 'warn', text: words.peerTooLarge(who(uri), formatSize(maxSize)) })
    }
  }
  const total = files.reduce((sum, { file }) => sum + file.size, 0)
  const problems = problemsOf(draft, limits)
  const notes: Note[] = [...problems.map(text => ({ tone: 'bad' as const, text }))]
  for (const { uri, reachable, fileTransfer } of capabilities) {
    if (!reachable) notes.push({ tone: 'warn', text: words.unreachable(who(uri)) })
    else if (!fileTransfer) notes.push({ tone: 'warn', text: words.noFileTransfer(who(uri)) })
  }
  if (draft.tooMany) notes.push({ tone: 'warn', text: words.tooMany(FILES_PER_TRANSFER) })
  if (files.length < draft.files.length) notes.push({ tone: 'warn', text: words.refused(draft.files.length - files.length) })
  if (limits.warnSize !== undefined && total > limits.warnSize) notes.push({ tone: 'warn', text: words.large(formatSize(total)) })
  return { files, total, fileNotes, notes, canSend: files.length > 0 && recipients.length > 0 && problems.length === 0 }
}

/** Why it cannot be sent as it is. */
function problemsOf({ recipients, oneByOne }: Draft, { maxGroupSize }: PageState['limits']): readonly string[] {
  const problems: string[] = []
  const group = recipients.find(recipient => recipient.group !== undefined)
  if (group !== undefined && recipients.length > 1) problems.push(words.aloneGroup(group.name ?? group.uri))
  else if (recipients.length > 1 && recipients.length + 1 > maxGroupSize && !oneByOne) problems.push(words.group(maxGroupSize))
  return problems
}
