import { type Parameters, quote } from '../wire/index.js'
import { featuresOf } from './feature-set.js'
import type { NameAddress } from './name-address.js'
import { formatParameters } from './parameter-tail.js'
import type { RegisterInput, RegisteredContact } from './registrar-types.js'
import { isIpv4, isIpv6 } from './host.js'
import { equalSipUris, parseSipUri } from './uri.js'

/** What the request as a whole says about every Contact of it. */
export interface RegisterScope {
  readonly callId: string
  readonly cseq: number
  readonly path: readonly string[]
  /** No other proxy between the device and us. */
  readonly direct: boolean
  /** The device and the first hop both keep to RFC 5626. */
  readonly outbound: boolean
  readonly userAgent: string | undefined
}

/** Parameters that are no property of the device: the registrar's own, and those of this one registration. */
const PASSING: ReadonlySet<string> = new Set(['expires', 'q', 'pub-gruu', 'temp-gruu'])

/** A Contact as it will be remembered. @param expires milliseconds since 1970 */
export function registeredContact(
  contact: NameAddress,
  scope: RegisterScope,
  expires: number,
  { source }: RegisterInput,
): RegisteredContact {
  const { parameters, uri } = contact
  const instance = instanceOf(contact)
  const regId = scope.outbound && instance !== undefined ? regIdOf(contact) : undefined
  const kept = new Map([...parameters].filter(([name]) => !PASSING.has(name)))
  return {
    contact: uri,
    parameters: formatContactParameters(kept),
    ...(instance !== undefined && { instance }),
    ...(regId !== undefined && { regId }),
    callId: scope.callId,
    cseq: scope.cseq,
    q: qOf(parameters.get('q')),
    expires,
    path: scope.path,
    ...(scope.direct && (regId !== undefined || needsFlow(uri, source)) && { node: source.node, flow: source.flow }),
    ...(scope.userAgent !== undefined && { userAgent: scope.userAgent }),
  }
}

/** RFC 3840 §9: the values of feature tags stand in quotes, whatever they are. */
function formatContactParameters(parameters: Parameters): string {
  const features = featuresOf(parameters)
  let text = ''
  for (const one of parameters) {
    const [name, value] = one
    text += value !== '' && features.has(name) ? `;${name}=${quote(value)}` : formatParameters(new Map([one]))
  }
  return text
}

/** Which of `known` a new one takes the place of: the same flow of the same instance (RFC 5626 §6), or the same URI (RFC 3261 §10.3). */
export function replaces(next: RegisteredContact, known: RegisteredContact): boolean {
  if (next.regId !== undefined || known.regId !== undefined) return next.regId === known.regId && next.instance === known.instance
  return equalSipUris(next.contact, known.contact)
}

/** Left over from an earlier start of the same device: it would only ring into nothing. */
export function outdates(next: RegisteredContact, known: RegisteredContact): boolean {
  return next.instance !== undefined && next.instance === known.instance && known.regId === undefined && next.callId !== known.callId
}

/** `"<urn:uuid:…>"` -> `urn:uuid:…` */
export function instanceOf({ parameters }: NameAddress): string | undefined {
  const text = parameters.get('+sip.instance') ?? ''
  return text.length > 2 && text.startsWith('<') && text.endsWith('>') ? text.slice(1, -1) : undefined
}

/** RFC 5626 §10: 1*DIGIT from 1 to 2^31-1. */
export function regIdOf({ parameters }: NameAddress): number | undefined {
  const text = parameters.get('reg-id') ?? ''
  return /^[0-9]{1,10}$/.test(text) && Number(text) >= 1 && Number(text) < 2 ** 31 ? Number(text) : undefined
}

/** qvalue (RFC 3261 §25.1): `0.7`, `1.000`; anything else counts as 1. */
function qOf(text = ''): number {
  return /^(?:0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)$/.test(text) ? Number(text) : 1
}

/** Whether the Contact cannot be reached by its address: a WebSocket, another address than the packets come from (NAT), the connection's own end. */
function needsFlow(contact: string, { transport, remote }: RegisterInput['source']): boolean {
  if (transport === 'ws' || transport === 'wss') return true
  const uri = parseSipUri(contact)
  // a name is taken to be right: whoever has one is no client behind a router
  const named = uri !== undefined && !isIpv4(uri.host) && !isIpv6(uri.host)
  if (uri === undefined || named) return uri === undefined || uri.host.endsWith('.invalid')
  if (uri.host !== remote.host) return true
  return transport === 'udp' ? uri.port !== remote.port && (uri.port ?? 5060) !== remote.port : uri.port === remote.port
}
