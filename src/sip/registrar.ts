import { addressOfRecord } from './address-of-record.js'
import { contactExpires, contactsOf, parseDeltaSeconds } from './contact.js'
import { parseCSeq } from './cseq.js'
import { listValues } from './header-list.js'
import { type NameAddress, parseNameAddresses } from './name-address.js'
import { hasOptionTag, unknownRequirements } from './option-tags.js'
import { instanceOf, outdates, registeredContact, regIdOf, type RegisterScope, replaces } from './registered-contact.js'
import { registerAnswer } from './registrar-answer.js'
import type { RegisteredContact, RegisterInput, RegisterResult, RegistrarOptions } from './registrar-types.js'
import type { ExtraHeaders } from './user-agent-types.js'
import { looksLikeGruu } from './gruu.js'
import { parseSipUri } from './uri.js'

/** A REGISTER that cannot be done as it is. */
type Refusal = { readonly status: number; readonly reason?: string; readonly headers?: ExtraHeaders }

/** Extensions a REGISTER may require (RFC 3327, RFC 5627, RFC 5626). */
const UNDERSTOOD = ['path', 'gruu', 'outbound']

/** RFC 3261 §10.3: a refreshment must be possible at least this often, whatever the least of the configuration is; seconds. */
const ONE_HOUR = 3600

/**
 * What a REGISTER does to the bindings of its address, and its answer (RFC 3261 §10.3 from step 5 on). Nothing changes unless all of it can be done.
 * The caller has looked at Request-URI, credentials and rights before.
 */
export function register(input: RegisterInput, options: RegistrarOptions): RegisterResult {
  const { request, bindings } = input
  const contacts = contactsOf(request.headers)
  const path = parseNameAddresses(request.headers, 'path')
  const scope = contacts === undefined || path === undefined ? undefined : scopeOf(input, path)
  if (contacts === undefined || scope === undefined) return refuse(input, { status: 400 })
  const refusal = checkExtensions(input, contacts) ?? (contacts === '*' ? undefined : checkContacts(input, contacts, options))
  if (refusal !== undefined) return refuse(input, refusal)
  const next = contacts === '*' ? withoutAll(input, scope) : withContacts(input, contacts, scope, options)
  if (!Array.isArray(next)) return refuse(input, next)
  const changed = contacts === '*' || contacts.length > 0
  return { bindings: changed ? next : bindings, changed, ...registerAnswer({ ...input, bindings: next }, scope, contacts, options) }
}

function refuse({ bindings }: RegisterInput, { status, reason, headers }: Refusal): RegisterResult {
  return { bindings, changed: false, status, ...(reason !== undefined && { reason }), headers: headers ?? [] }
}

function scopeOf({ request }: RegisterInput, path: readonly NameAddress[]): RegisterScope | undefined {
  const { headers } = request
  const callId = headers.get('call-id')
  const cseq = headers.read('cseq', parseCSeq)?.number
  if (callId === undefined || cseq === undefined) return undefined
  const direct = listValues(headers, 'via').length === 1
  // RFC 5626 §6: the first hop must keep the flow: us, or the one whose Path says so
  const kept = direct || (path[0] !== undefined && parseSipUri(path[0].uri)?.parameters.has('ob') === true)
  return {
    callId,
    cseq,
    path: listValues(headers, 'path'),
    direct,
    outbound: kept && hasOptionTag(headers, 'supported', 'outbound'),
    userAgent: headers.get('user-agent')?.slice(0, USER_AGENT),
  }
}

function checkExtensions({ request }: RegisterInput, contacts: readonly NameAddress[] | '*'): Refusal | undefined {
  const { headers } = request
  const unknown = unknownRequirements(headers, UNDERSTOOD)
  if (unknown.length > 0) return { status: 420, headers: [['Unsupported', unknown.join(', ')]] }
  // RFC 3327 §5.3: who does not know of Path could not see what a proxy did to its registration
  if (headers.has('path') && !hasOptionTag(headers, 'supported', 'path')) return { status: 420, headers: [['Unsupported', 'path']] }
  // RFC 3261 §10.3 step 6
  if (contacts === '*' && parseDeltaSeconds(headers.get('expires')) !== 0) return { status: 400, reason: 'Contact * Needs Expires 0' }
  return undefined
}

function checkContacts(input: RegisterInput, contacts: readonly NameAddress[], options: RegistrarOptions): Refusal | undefined {
  const { request, aor } = input
  const { least, usual } = options.expires
  for (const contact of contacts) {
    const uri = parseSipUri(contact.uri)
    // RFC 5627 §5.1: a contact that is the address itself would go round for ever
    if (uri === undefined || uri.scheme === 'tel') return { status: 403, reason: 'Contact Must Be A SIP Address' }
    const expires = contactExpires(contact, request.headers, usual)
    const isAddress = addressOfRecord(uri) === aor && (uri.port === undefined || looksLikeGruu(contact.uri))
    // RFC 5393 §3: contacts that lead back to us, each to all of another user, make thousands of requests of one
    if (isAddress || (expires > 0 && options.isOwn?.(uri) === true)) return { status: 403, reason: 'Contact Leads To Itself' }
    if (expires > 0 && expires < Math.min(least, ONE_HOUR)) return { status: 423, headers: [['Min-Expires', `${least}`]] }
  }
  return undefined
}

/** RFC 3261 §10.3 step 6: `Contact: *` with `Expires: 0`. */
function withoutAll({ bindings }: RegisterInput, scope: RegisterScope): RegisteredContact[] | Refusal {
  return bindings.some(binding => isLate(scope, binding)) ? LATE : []
}

function withContacts(
  input: RegisterInput,
  contacts: readonly NameAddress[],
  scope: RegisterScope,
  options: RegistrarOptions,
): RegisteredContact[] | Refusal {
  const { request, now } = input
  const living = contacts.filter(contact => contactExpires(contact, request.headers, options.expires.usual) > 0)
  const withFlow = contacts.some(contact => instanceOf(contact) !== undefined && regIdOf(contact) !== undefined)
  if (withFlow && hasOptionTag(request.headers, 'supported', 'outbound')) {
    if (!scope.outbound) return { status: 439 }
    // RFC 5626 §6: one REGISTER, one flow
    if (living.length > 1) return { status: 400, reason: 'One Contact For One Flow' }
  }
  let next = [...input.bindings]
  for (const contact of contacts) {
    const asked = contactExpires(contact, request.headers, options.expires.usual)
    const made = registeredContact(contact, scope, now + Math.min(asked, options.expires.most) * 1000, input)
    const known = next.filter(binding => replaces(made, binding))
    if (known.some(binding => isLate(scope, binding))) return LATE
    next = next.filter(binding => !known.includes(binding) && (asked === 0 || !outdates(made, binding)))
    if (asked > 0) next.push(made)
  }
  return next.length > options.maxBindings ? { status: 403, reason: 'Too Many Contacts' } : next
}

/** RFC 3261 §10.3 step 7: an earlier request of the same client that came late must change nothing. */
function isLate({ callId, cseq }: RegisterScope, binding: RegisteredContact): boolean {
  return binding.callId === callId && cseq <= binding.cseq
}

const LATE: Refusal = { status: 500, reason: 'Request Out Of Order' }
/** Characters of a User-Agent that are remembered. */
const USER_AGENT = 128
