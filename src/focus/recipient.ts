import { AddressIndex } from './address-index.js'
import { isSamePerson } from './same-person.js'

/** Of the elements of RFC 4826 §3.1. */
export const LISTS_NAMESPACE = 'urn:ietf:params:xml:ns:resource-lists'

/** Of the attributes of RFC 5364 §5. */
export const COPY_CONTROL_NAMESPACE = 'urn:ietf:params:xml:ns:copycontrol'

/** The media type of the list (RFC 4826 §3.4.2). */
export const LISTS_TYPE = 'application/resource-lists+xml'

/** Who can see a recipient, highest precedence first (RFC 5364 §4): everybody, everybody, nobody. */
export const COPY_CONTROLS = ['to', 'cc', 'bcc'] as const

export type CopyControl = (typeof COPY_CONTROLS)[number]

/** `<entry uri="sip:bob@home2.example" cp:copyControl="to" cp:anonymize="true"><display-name>Bob</display-name></entry>` */
export interface Recipient {
  readonly uri: string
  readonly copyControl: CopyControl
  /** The others learn that there is one more, not who; means nothing beside `bcc`, which wins (GRP-25). */
  readonly anonymize: boolean
  readonly displayName?: string
}

/** Whether the others may see the address. */
export function isVisible(recipient: Recipient): boolean {
  return recipient.copyControl !== 'bcc' && !recipient.anonymize
}

/**
 * One entry for each address (SIP URI equality), at the place of its first: with the highest copy control of its doubles, and anonymised
 * when any of them asks for it (GRP-15, RFC 5364 §4). Entries that are one of `without`, such as the creator, are left out (GRP-5).
 */
export function distinctRecipients(entries: readonly Recipient[], without: readonly string[] = []): Recipient[] {
  const distinct: Recipient[] = []
  const index = new AddressIndex()
  for (const entry of entries) {
    if (without.some(uri => isSamePerson(uri, entry.uri))) continue
    const first = index.firstOrAdd(entry.uri, distinct.length)
    if (first === undefined) distinct.push(entry)
    else distinct[first] = merge(distinct[first] as Recipient, entry)
  }
  return distinct
}

function merge(first: Recipient, second: Recipient): Recipient {
  const copyControl = COPY_CONTROLS.find(value => value === first.copyControl || value === second.copyControl) as CopyControl
  return { ...second, ...first, copyControl, anonymize: first.anonymize || second.anonymize }
}
