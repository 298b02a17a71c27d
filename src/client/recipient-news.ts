import { equalSipUris } from '../sip/index.js'
import type { Notice } from './api.js'
import type { StoredRecipient, StoredTransfer } from './store.js'

/** The better the later; what is told of a recipient never goes back (IMDN-3). */
const ORDER: readonly string[] = ['failed', 'stored', 'delivered', 'displayed']

/**
 * The recipients of a transfer that is over, after one of them said what became of the file at this place.
 * @returns undefined when nothing changes, or nobody knows whose news it is
 */
export function withNews(
  { files, recipients = [] }: StoredTransfer,
  place: number,
  state: Notice['state'],
  uri: string | undefined,
): readonly StoredRecipient[] | undefined {
  const at = recipients.findIndex(recipient => uri !== undefined && equalSipUris(recipient.uri, uri))
  const recipient = recipients[at]
  if (recipient === undefined || ORDER.indexOf(state) <= ORDER.indexOf(recipient.state)) return undefined
  const has =
    state === 'delivered' || state === 'displayed' ? [...new Set([...recipient.files, place])].sort((a, b) => a - b) : recipient.files
  // With several files the recipient is where its last one is
  const hasAll = files.every(({ index }) => has.includes(index))
  const next = state === 'failed' || state === 'stored' || hasAll ? state : recipient.state
  if (next === recipient.state && has.length === recipient.files.length) return undefined
  const told = { ...recipient, state: next, files: has, ...(hasAll ? { error: undefined } : {}) }
  return recipients.map((other, index) => (index === at ? told : other))
}
