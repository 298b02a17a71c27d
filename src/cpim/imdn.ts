/** Of the elements of RFC 5438 §11. */
export const IMDN_XML_NAMESPACE = 'urn:ietf:params:xml:ns:imdn'

/** The media type of the document. */
export const IMDN_TYPE = 'message/imdn+xml'

/** What a notification can say, by its kind (RFC 5438 §5). */
export const IMDN_STATUSES = {
  delivery: ['delivered', 'failed', 'forbidden', 'error'],
  processing: ['processed', 'stored', 'forbidden', 'error'],
  display: ['displayed', 'forbidden', 'error'],
} as const

export type ImdnKind = keyof typeof IMDN_STATUSES

/** What happened to the message: `{ kind: 'delivery', status: 'delivered' }`. */
export type ImdnReport = {
  readonly [Kind in ImdnKind]: { readonly kind: Kind; readonly status: (typeof IMDN_STATUSES)[Kind][number] }
}[ImdnKind]

/**
 * A disposition notification (RFC 5438 §11):
 *
 *     <imdn xmlns="urn:ietf:params:xml:ns:imdn">
 *       <message-id>Vb2k9QwLx73TfRe1</message-id>
 *       <datetime>2024-05-04T12:16:49Z</datetime>
 *       <recipient-uri>sip:bob@home2.example</recipient-uri>
 *       <delivery-notification><status><delivered/></status></delivery-notification>
 *     </imdn>
 */
export type Imdn = ImdnReport & {
  /** `imdn.Message-ID` of the message this is about. */
  readonly messageId: string
  /** `DateTime` of the message this is about, as it was written. */
  readonly dateTime: string
  readonly recipientUri?: string
  /** Present when the message had an `imdn.Original-To`. */
  readonly originalRecipientUri?: string
  readonly subject?: string
  /** Text that RFC 5438 does not know but drafts of it did; read, never written. */
  readonly note?: string
}
