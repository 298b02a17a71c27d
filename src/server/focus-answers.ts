import { FILE_TRANSFER_FEATURE } from '../cpm/index.js'
import { ADDRESS_CAPABILITIES, type AddressKind, CONFERENCE_EVENT, RECIPIENT_LIST_INVITE } from '../focus/index.js'
import type { ExtraHeaders, SipRequest } from '../sip/index.js'

/** Methods a focus takes. */
export const FOCUS_ALLOW = ['INVITE', 'ACK', 'CANCEL', 'BYE', 'UPDATE', 'PRACK', 'OPTIONS', 'SUBSCRIBE', 'NOTIFY', 'MESSAGE']

/** Extensions; `recipient-list-invite` so that the user agent lets INVITEs that require it through to the factory (GRP-16). */
export const FOCUS_SUPPORTED = ['timer', '100rel', RECIPIENT_LIST_INVITE]

export const FOCUS_ACCEPT = ['application/sdp', 'multipart/related', 'multipart/mixed', 'message/cpim', 'application/resource-lists+xml']

/** The answer to a request outside any dialog that belongs to no conference: OPTIONS tells what the address can do (GRP-17). */
export function optionsAnswer(request: SipRequest, kind: AddressKind): { readonly status: number; readonly headers?: ExtraHeaders } {
  if (kind === 'foreign' || kind === 'no-conference') return { status: 404 }
  if (request.method !== 'OPTIONS') return { status: 405, headers: [['Allow', FOCUS_ALLOW.join(', ')]] }
  const { recipientList, isFocus } = ADDRESS_CAPABILITIES[kind]
  const supported = FOCUS_SUPPORTED.filter(tag => tag !== RECIPIENT_LIST_INVITE || recipientList)
  return {
    status: 200,
    headers: [
      ['Contact', `<${request.uri}>${isFocus ? ';isfocus' : ''};${FILE_TRANSFER_FEATURE}`],
      ['Allow', FOCUS_ALLOW.join(', ')],
      ['Supported', supported.join(', ')],
      ['Accept', FOCUS_ACCEPT.join(', ')],
      ['Allow-Events', CONFERENCE_EVENT],
    ],
  }
}
