import { acceptContacts, matchContact } from './accept-contact.js'
import { checkForward, checkRequest } from './check-request.js'
import type { ResponseExtras, UserAgentCore } from './core.js'
import { featuresOf } from './feature-set.js'
import type { Source } from './flows.js'
import { listValues } from './header-list.js'
import type { SipRequest } from './message.js'
import { isSecure } from './hop.js'
import { formatHost } from './host.js'
import { parseNameAddress, parseNameAddresses } from './name-address.js'
import { unknownRequirements } from './option-tags.js'
import { isSips } from './sips.js'
import type { ServerRequest } from './transaction-layer.js'
import { normalizeEscapes, parseSipUri } from './uri.js'
import { formatWarning, SIPS_WARNINGS } from './warning.js'

/** A status that keeps a request out, and what its response says besides. */
export interface Refusal extends ResponseExtras {
  readonly status: number
}

/** Methods some RFC defines: one we do not serve is `405`, any other `501` (RFC 3261 §8.2.1, §21.5.2). */
const KNOWN_METHODS = new Set('INVITE ACK CANCEL BYE OPTIONS REGISTER UPDATE PRACK INFO MESSAGE SUBSCRIBE NOTIFY REFER PUBLISH'.split(' '))

/** The SIP checks of RCV-1 in their order; the first that fails decides. Authentication of the peer is the proxy's task. */
export function refusalOf(core: UserAgentCore, { request, merged, source }: ServerRequest, inDialog: boolean): Refusal | undefined {
  const fault = checkRequest(request)
  if (fault !== undefined)
    return { status: fault.status as number, reason: fault.status === 400 ? `Bad Request (${fault.code})` : undefined }
  if (checkForward(request) !== undefined) return { status: 483 }
  // RFC 3261 §8.2.2.2
  if (merged) return { status: 482 }
  return (
    protectionRefusal(core, request, source) ??
    methodRefusal(core, request) ??
    (inDialog ? undefined : recipientRefusal(core, request)) ??
    requirementRefusal(core, request)
  )
}

/** TLS where the address or our own policy demands it (RFC 5630 §5.1.2). */
function protectionRefusal({ options }: UserAgentCore, request: SipRequest, { transport, local }: Source): Refusal | undefined {
  const safe = isSecure(transport)
  const refusal = (warning: { code: number; text: string }): Refusal => ({
    status: 480,
    headers: [['Warning', formatWarning({ ...warning, agent: formatHost(local.host) })]],
  })
  if (options.secure && !safe) return refusal(SIPS_WARNINGS.required)
  if (!isSips(request.uri)) return undefined
  // RFC 5630 §5.1.3: the last hop is no exception
  if (!safe) return refusal(SIPS_WARNINGS.notAllowed)
  const contacts = parseNameAddresses(request.headers, 'contact') ?? []
  return contacts.every(({ uri }) => isSips(uri)) ? undefined : { status: 400, reason: 'Bad Request (sips-contact)' }
}

function methodRefusal(core: UserAgentCore, { method }: SipRequest): Refusal | undefined {
  const { allow } = core.options
  if (allow.includes(method)) return undefined
  return { status: KNOWN_METHODS.has(method) ? 405 : 501, headers: [['Allow', allow.join(', ')]] }
}

/** 404 for a user who is not us (SIP-27). Contact has the user part of the address of record; the registrar may have named more identities. */
function recipientRefusal(core: UserAgentCore, request: SipRequest): Refusal | undefined {
  const uri = parseSipUri(request.uri)
  if (core.options.anyRecipient || uri === undefined || uri.scheme === 'tel' || uri.user === undefined || core.user === '') return undefined
  const users = [core.user, ...core.associatedUris.flatMap(known => parseSipUri(known)?.user ?? [])]
  const wanted = normalizeEscapes(uri.user)
  return users.some(user => normalizeEscapes(user) === wanted) ? undefined : { status: 404 }
}

function requirementRefusal(core: UserAgentCore, request: SipRequest): Refusal | undefined {
  const unknown = unknownRequirements(request.headers, core.options.supported)
  // SIP-12
  if (unknown.length > 0) return { status: 420, headers: [['Unsupported', unknown.join(', ')]] }
  // RFC 3261 §8.2.3
  if (request.body.length > 0 && listValues(request.headers, 'content-encoding').some(coding => coding.toLowerCase() !== 'identity'))
    return { status: 415, headers: [['Accept-Encoding', 'identity']] }
  return request.method === 'INVITE' ? callerPreference(core, request) : undefined
}

/** SIP-32: another device is meant, or a feature we lack. */
function callerPreference(core: UserAgentCore, request: SipRequest): Refusal | undefined {
  if (!request.headers.has('accept-contact')) return undefined
  const contact = parseNameAddress(core.contact({ transport: 'tcp', local: { host: 'host.invalid', port: 1 } }))
  const ours = featuresOf(contact?.parameters ?? new Map())
  const instance = contact?.parameters.get('+sip.instance')
  for (const wanted of acceptContacts(request.headers)) {
    const meant = wanted.parameters.get('+sip.instance')
    if (meant !== undefined && instance !== undefined && meant !== instance) return { status: 486 }
    if (wanted.require && wanted.explicit && matchContact(wanted, ours).excluded) return { status: 480 }
  }
  return undefined
}
