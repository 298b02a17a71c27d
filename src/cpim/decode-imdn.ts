import { decodeXml, RemoteProtocolError, type XmlElement, xmlChildren } from '../wire/index.js'
import { IMDN_STATUSES, IMDN_XML_NAMESPACE, type Imdn, type ImdnKind, type ImdnReport } from './imdn.js'
import { MAX_IMDN_DATE, MAX_IMDN_ID, MAX_IMDN_TEXT, MAX_IMDN_URI } from './limits.js'

/**
 * Reads a document of the type message/imdn+xml (IMDN-4). Elements of other namespaces are extensions and skipped (RFC 5438 §11.1);
 * the order of elements does not matter.
 * @throws RemoteProtocolError 400 when it is no XML, has a document type, lacks what every notification has, says something twice, or holds
 * an id, a date or an address beyond its limit; 413 for a document beyond the limits of XML (SEC-11)
 */
export function decodeImdn(bytes: Uint8Array): Imdn {
  const root = decodeXml(bytes)
  if (root.name !== 'imdn' || root.namespace !== IMDN_XML_NAMESPACE) throw malformed('The document is no notification.')
  const recipientUri = optionalText(root, 'recipient-uri', MAX_IMDN_URI)
  const originalRecipientUri = optionalText(root, 'original-recipient-uri', MAX_IMDN_URI)
  const subject = onlyChild(root, 'subject')
  const note = onlyChild(root, 'note')
  return {
    ...readReport(root),
    messageId: text(root, 'message-id', MAX_IMDN_ID),
    dateTime: text(root, 'datetime', MAX_IMDN_DATE),
    ...(recipientUri !== undefined && { recipientUri }),
    ...(originalRecipientUri !== undefined && { originalRecipientUri }),
    ...(subject !== undefined && { subject: cut(subject.text) }),
    ...(note !== undefined && { note: cut(note.text) }),
  }
}

const KINDS = Object.keys(IMDN_STATUSES) as ImdnKind[]

/** Exactly one `<…-notification><status><…/></status></…-notification>` (IMDN-4). */
function readReport(root: XmlElement): ImdnReport {
  const reports = KINDS.flatMap(kind => xmlChildren(root, IMDN_XML_NAMESPACE, `${kind}-notification`).map(element => ({ kind, element })))
  const [report] = reports
  if (report === undefined || reports.length > 1) throw malformed('A notification says exactly one thing.')
  const status = onlyChild(report.element, 'status')
  const said = status?.children.filter(({ namespace }) => namespace === IMDN_XML_NAMESPACE) ?? []
  const known = (IMDN_STATUSES[report.kind] as readonly string[]).includes(said[0]?.name ?? '')
  if (!known || said.length > 1) throw malformed(`A ${report.kind} notification has no status that it can have.`)
  return { kind: report.kind, status: said[0]?.name } as ImdnReport
}

function text(parent: XmlElement, name: string, limit: number): string {
  const found = optionalText(parent, name, limit)
  if (found === undefined) throw malformed(`The notification lacks <${name}>.`)
  return found
}

/** White space around the text is layout, not content. */
function optionalText(parent: XmlElement, name: string, limit: number): string | undefined {
  const found = onlyChild(parent, name)?.text.trim()
  if (found === '' || (found !== undefined && found.length > limit)) throw malformed(`<${name}> holds 1 to ${limit} characters.`)
  return found
}

function onlyChild(parent: XmlElement, name: string): XmlElement | undefined {
  const [first, second] = xmlChildren(parent, IMDN_XML_NAMESPACE, name)
  if (second !== undefined) throw malformed(`<${name}> repeats.`)
  return first
}

/** Never leaves half of a surrogate pair or a space at the end: what is written again reads the same. */
function cut(text: string): string {
  const kept = text.trim().slice(0, MAX_IMDN_TEXT)
  const last = kept.charCodeAt(kept.length - 1)
  const half = kept.length === MAX_IMDN_TEXT && last >= 0xd800 && last < 0xdc00
  return (half ? kept.slice(0, -1) : kept).trimEnd()
}

function malformed(message: string): RemoteProtocolError {
  return new RemoteProtocolError('bad-imdn', message, 400)
}
