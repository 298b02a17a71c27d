import { isUsableAddress } from '../sip/index.js'
import { encodeXml, LocalProtocolError, type XmlOutput } from '../wire/index.js'
import { MAX_ADDRESS, MAX_ADHOC_GROUP_SIZE } from './limits.js'
import { COPY_CONTROL_NAMESPACE, type CopyControl, distinctRecipients, LISTS_NAMESPACE, type Recipient } from './recipient.js'

/** A recipient as the user names one; visible to everybody unless said otherwise (GRP-4). */
export interface WantedRecipient {
  readonly uri: string
  /** Default `to`. */
  readonly copyControl?: CopyControl
  /** Default false. */
  readonly anonymize?: boolean
}

/**
 * The list in our INVITE to the conference factory, doubles and the creator removed (GRP-4, GRP-5):
 *
 *     <resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists" xmlns:cp="urn:ietf:params:xml:ns:copycontrol">
 *       <list>
 *         <entry uri="sip:bob@home2.example" cp:copyControl="to"/>
 *       </list>
 *     </resource-lists>
 *
 * @param creator every address of our own
 * @param maxGroupSize people of the group, the creator included
 * @throws LocalProtocolError for an address that cannot be invited, for nobody and for too many
 */
export function encodeRecipientList(
  recipients: readonly WantedRecipient[],
  creator: readonly string[],
  maxGroupSize: number = MAX_ADHOC_GROUP_SIZE,
): Uint8Array {
  for (const { uri } of recipients)
    if (uri.length > MAX_ADDRESS || !isUsableAddress(uri)) throw new LocalProtocolError('bad-recipient', `"${uri}" cannot be invited.`)
  const wanted = distinctRecipients(
    recipients.map(({ uri, copyControl = 'to', anonymize = false }) => ({ uri, copyControl, anonymize })),
    creator,
  )
  if (wanted.length === 0) throw new LocalProtocolError('no-recipients', 'The group has nobody beside its creator.')
  if (wanted.length > maxGroupSize - 1)
    throw new LocalProtocolError('too-many-recipients', `The group has more than ${maxGroupSize} people, its creator included.`)
  return encodeEntries(wanted.map(sentEntry))
}

/** A flat list of these entries. */
export function encodeEntries(entries: readonly XmlOutput[]): Uint8Array {
  return encodeXml({
    name: 'resource-lists',
    attributes: [
      ['xmlns', LISTS_NAMESPACE],
      ['xmlns:cp', COPY_CONTROL_NAMESPACE],
    ],
    content: [{ name: 'list', content: entries }],
  })
}

function sentEntry({ uri, copyControl, anonymize }: Recipient): XmlOutput {
  return {
    name: 'entry',
    attributes: [['uri', uri], ['cp:copyControl', copyControl], ...(anonymize ? [['cp:anonymize', 'true'] as const] : [])],
  }
}
