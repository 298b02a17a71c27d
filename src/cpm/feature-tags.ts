import type { SipRequest } from '../sip/index.js'
import { percentDecoded, splitOutsideQuotes } from '../wire/index.js'

/** Service identifier of CPM File Transfer (D-10); sent as it is in P-Preferred-Service (CPM-2). */
export const FILE_TRANSFER_ICSI = 'urn:urn-7:3gpp-service.ims.icsi.oma.cpm.filetransfer'

/** The same identifier as feature tag, percent-encoded: `+g.3gpp.icsi-ref="urn%3Aurn-7%3A…"` (RFC 3840 §9, SIP-1). */
export const FILE_TRANSFER_FEATURE = `+g.3gpp.icsi-ref="${FILE_TRANSFER_ICSI.replaceAll(':', '%3A')}"`

/** Application reference of programs that show the small pictures of files (RCS-5). */
export const THUMBNAIL_IARI = 'urn:urn-7:3gpp-application.ims.iari.rcs.ftthumb'
export const THUMBNAIL_FEATURE = `+g.3gpp.iari-ref="${THUMBNAIL_IARI.replaceAll(':', '%3A')}"`

/** Application references of peers that can be given a link instead of a file (RCS-13). */
export const FALLBACK_IARIS = {
  http: 'urn:urn-7:3gpp-application.ims.iari.rcs.fthttp',
  'sms-link': 'urn:urn-7:3gpp-application.ims.iari.rcs.ftsms',
} as const

/** `Accept-Contact` value of our INVITEs (SIP-30). */
export const FILE_TRANSFER_ACCEPT_CONTACT = `*;${FILE_TRANSFER_FEATURE}`

/** Whether the INVITE names CPM File Transfer as its service (CPM-3, vectors D.7). */
export function namesFileTransfer(request: SipRequest): boolean {
  const asserted = request.headers.getAll('P-Asserted-Service')
  if (asserted.some(isFileTransfer)) return true
  if (request.headers.getAll('Accept-Contact').some(hasFileTransferFeature)) return true
  // What the caller merely prefers counts only where no proxy asserted anything
  return asserted.length === 0 && request.headers.getAll('P-Preferred-Service').some(isFileTransfer)
}

/** The identifier itself or a sub-service of it, after percent-decoding, case ignored (RFC 6050 §4.4). */
function isFileTransfer(service: string): boolean {
  const name = percentDecoded(service.trim()).toLowerCase()
  return name === FILE_TRANSFER_ICSI || name.startsWith(`${FILE_TRANSFER_ICSI}.`)
}

/** `*;+g.3gpp.icsi-ref="urn%3A…session,urn%3A…filetransfer";require` */
function hasFileTransferFeature(value: string): boolean {
  return splitOutsideQuotes(value, ',').some(contact =>
    splitOutsideQuotes(contact, ';').some(parameter => {
      const equals = parameter.indexOf('=')
      if (equals < 0 || parameter.slice(0, equals).trim().toLowerCase() !== '+g.3gpp.icsi-ref') return false
      const list = parameter
        .slice(equals + 1)
        .trim()
        .replaceAll('"', '')
      return list.split(',').some(isFileTransfer)
    }),
  )
}
