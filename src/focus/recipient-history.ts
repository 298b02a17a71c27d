import { ANONYMOUS_URI } from '../cpm/index.js'
import { equalSipUris, isUsableAddress } from '../sip/index.js'
import { decodeXml, type Part, parseInteger, type XmlElement, type XmlOutput, xmlAttribute, xmlChildren } from '../wire/index.js'
import { displayNameOf, listsOf } from './decode-recipient-list.js'
import { encodeEntries } from './encode-recipient-list.js'
import { MAX_ADDRESS, MAX_LIST_ENTRIES } from './limits.js'
import { COPY_CONTROL_NAMESPACE, type CopyControl, isVisible, LISTS_NAMESPACE, LISTS_TYPE, type Recipient } from './recipient.js'

/** One line of what a member learns of the others (RFC 5364 §4). */
export interface HistoryEntry {
  /** `sip:anonymous@anonymous.invalid` for those who shall not be named. */
  readonly uri: string
  readonly copyControl: CopyControl
  /** How many people this line stands for. */
  readonly count: number
  readonly displayName?: string
}

/**
 * What every member may know of the list (GRP-24): visible ones by address, anonymised ones counted per copy control at the place of the
 * first of them, `bcc` nowhere (GRP-25).
 */
export function recipientHistory(recipients: readonly Recipient[]): HistoryEntry[] {
  const history: HistoryEntry[] = []
  for (const recipient of recipients) {
    const { copyControl } = recipient
    if (isVisible(recipient)) history.push({ uri: recipient.uri, copyControl, count: 1 })
    else if (copyControl !== 'bcc') countOneMore(history, copyControl)
  }
  return history
}

/**
 * The part that goes into each INVITE to a member, undefined when there is nothing to show (RFC 5366 §5).
 * The same for everybody: a member in `bcc` does not find itself in it.
 */
export function recipientHistoryPart(recipients: readonly Recipient[]): Part | undefined {
  const history = recipientHistory(recipients)
  if (history.length === 0) return undefined
  return {
    headers: [
      ['Content-Type', LISTS_TYPE],
      ['Content-Disposition', 'recipient-list-history; handling=optional'],
    ],
    body: encodeEntries(history.map(historyElement)),
  }
}

/**
 * Reads the part at a member. What cannot be shown, `bcc` entries of the own address included, is kept as it says or passed over: the part
 * is optional, so nothing but broken XML is an error.
 * @throws RemoteProtocolError 400 when it is no resource list, 413 beyond the limits of XML
 */
export function decodeRecipientHistory(bytes: Uint8Array): HistoryEntry[] {
  return listsOf(decodeXml(bytes))
    .flatMap(list => xmlChildren(list, LISTS_NAMESPACE, 'entry'))
    .slice(0, MAX_LIST_ENTRIES)
    .flatMap(readHistoryEntry)
}

/**
 * Whether a member may answer all the others: only when it stands in the list itself and not as a hidden one, or the others would learn of
 * a hidden one (GRP-25, RFC 5364 §4). An anonymised member cannot find itself, so it may not either.
 * @param own every address of the member
 */
export function mayReplyToAll(history: readonly HistoryEntry[], own: readonly string[]): boolean {
  const entries = history.filter(({ uri }) => own.some(address => equalSipUris(address, uri)))
  return entries.length > 0 && entries.every(({ copyControl }) => copyControl !== 'bcc')
}

function countOneMore(history: HistoryEntry[], copyControl: CopyControl): void {
  const index = history.findIndex(entry => entry.uri === ANONYMOUS_URI && entry.copyControl === copyControl)
  const count = (history[index]?.count ?? 0) + 1
  history.splice(index < 0 ? history.length : index, 1, { uri: ANONYMOUS_URI, copyControl, count })
}

/** RFC 5364 §6 writes the count of an anonymous line even when it is 1. */
function historyElement({ uri, copyControl, count }: HistoryEntry): XmlOutput {
  return {
    name: 'entry',
    attributes: [['uri', uri], ['cp:copyControl', copyControl], ...(uri === ANONYMOUS_URI ? [['cp:count', `${count}`] as const] : [])],
  }
}

function readHistoryEntry(element: XmlElement): HistoryEntry[] {
  const uri = xmlAttribute(element, 'uri')?.trim() ?? ''
  if (uri.length > MAX_ADDRESS || !isUsableAddress(uri)) return []
  const written = xmlAttribute(element, 'copyControl', COPY_CONTROL_NAMESPACE)
  const copyControl = written === 'to' || written === 'cc' ? written : 'bcc'
  const count = parseInteger(xmlAttribute(element, 'count', COPY_CONTROL_NAMESPACE) ?? '1') ?? 1
  const displayName = displayNameOf(element)
  return [{ uri, copyControl, count: Math.min(count, MAX_LIST_ENTRIES), ...(displayName !== undefined && { displayName }) }]
}
