import { encodeXml, type XmlOutput } from '../wire/index.js'
import { IMDN_XML_NAMESPACE, type Imdn } from './imdn.js'

/**
 * The document of a notification, elements in the order of the schema (RFC 5438 §11.1.9). A `note` is not written: the schema has none.
 * @throws LocalProtocolError for a text with characters that XML cannot hold
 */
export function encodeImdn(imdn: Imdn): Uint8Array {
  return encodeXml({
    name: 'imdn',
    attributes: [['xmlns', IMDN_XML_NAMESPACE]],
    content: [
      element('message-id', imdn.messageId),
      element('datetime', imdn.dateTime),
      ...optional('recipient-uri', imdn.recipientUri),
      ...optional('original-recipient-uri', imdn.originalRecipientUri),
      ...optional('subject', imdn.subject),
      element(`${imdn.kind}-notification`, element('status', { name: imdn.status })),
    ],
  })
}

function element(name: string, ...content: readonly (XmlOutput | string)[]): XmlOutput {
  return { name, content }
}

function optional(name: string, text: string | undefined): XmlOutput[] {
  return text === undefined ? [] : [element(name, text)]
}
