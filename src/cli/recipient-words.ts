import type { RecipientState, StoredRecipient, Transfer, TransferRecipient } from '../client/index.js'
import { terminalText } from './terminal-text.js'

/** What people read of one recipient; after the wait for it, states that are no ends are "still …". */
export const RECIPIENT_WORDS: Readonly<Record<RecipientState, string>> = {
  invited: 'invited',
  ringing: 'ringing',
  sending: 'receiving',
  delivered: 'delivered',
  displayed: 'opened',
  stored: 'stored: on its way, delivered when they are online',
  declined: 'declined',
  unreachable: 'not reachable',
  left: 'left before having everything',
  failed: 'failed',
  unknown: 'unknown: the group does not say',
}

/** In summaries, where a word must do. */
const SHORT_WORDS: Partial<Record<RecipientState, string>> = {
  invited: 'still invited',
  ringing: 'still ringing',
  sending: 'still on the way',
  stored: 'on the way (stored)',
  left: 'left',
  unknown: 'unknown',
}

/** States that need no more words of a reason than the state itself. */
const PLAIN: ReadonlySet<RecipientState> = new Set(['invited', 'ringing', 'sending', 'delivered', 'displayed', 'stored', 'unknown', 'left'])

/** `not reachable (480)` */
export function recipientWords({ state, error }: Pick<TransferRecipient, 'state' | 'error'>): string {
  const words = RECIPIENT_WORDS[state]
  if (error === undefined || PLAIN.has(state)) return words
  if (error.status !== undefined) return `${words} (${error.status})`
  return error.detail === undefined ? words : `${words}: ${terminalText(error.detail, 200)}`
}

/** `2 delivered · 1 declined` */
export function recipientTally(recipients: readonly Pick<TransferRecipient, 'state'>[]): string {
  const counts = new Map<string, number>()
  for (const { state } of recipients) {
    const word = SHORT_WORDS[state] ?? RECIPIENT_WORDS[state]
    counts.set(word, (counts.get(word) ?? 0) + 1)
  }
  return [...counts].map(([word, count]) => `${count} ${word}`).join(' · ')
}

/** The name, or the part of the address before the @ where nobody else has the same, else the whole address. */
export function recipientName(
  recipient: Pick<TransferRecipient, 'uri' | 'displayName'>,
  others: readonly { readonly uri: string }[],
): string {
  if (recipient.displayName !== undefined && recipient.displayName !== '') return terminalText(recipient.displayName, 40)
  if (recipient.uri.endsWith('@anonymous.invalid')) return 'somebody hidden'
  const user = userOf(recipient.uri)
  const isOnly = others.filter(({ uri }) => userOf(uri) === user).length <= 1
  return terminalText(isOnly && user !== '' ? user : recipient.uri, 60)
}

/** Who a transfer to several goes to: its name, its address, or how many people. */
export function groupName({ group, recipients = [], peer }: Pick<Transfer, 'group' | 'recipients' | 'peer'>): string {
  if (group?.name !== undefined) return terminalText(group.name, 60)
  if (group?.uri !== undefined) return terminalText(group.uri)
  const [only, second] = recipients
  if (only === undefined) return terminalText(peer.uri)
  return second === undefined ? terminalText(only.uri) : `${recipients.length} people`
}

/** `to bob, carol and 2 more`, of an earlier transfer */
export function storedRecipientNames(recipients: readonly StoredRecipient[], shown = 3): string {
  const names = recipients.slice(0, shown).map(({ uri, name }) => recipientName({ uri, displayName: name }, recipients))
  return `${names.join(', ')}${recipients.length > shown ? ` and ${recipients.length - shown} more` : ''}`
}

/** `sip:bob@home2.example;user=phone` -> `bob` */
function userOf(uri: string): string {
  const from = uri.indexOf(':') + 1
  const at = uri.indexOf('@', from)
  return at < 0 ? (uri.slice(from).split(/[;?]/, 1)[0] ?? '') : uri.slice(from, at)
}
