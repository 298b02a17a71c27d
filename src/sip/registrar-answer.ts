import { quote } from '../wire/index.js'
import { formatSipDate } from './date.js'
import type { NameAddress } from './name-address.js'
import { hasOptionTag } from './option-tags.js'
import type { RegisterScope } from './registered-contact.js'
import type { RegisteredContact, RegisterInput, RegistrarOptions } from './registrar-types.js'
import type { ExtraHeaders } from './user-agent-types.js'

/** The 200 with all bindings (RFC 3261 §10.3 step 8). `input.bindings` are the new ones. */
export function registerAnswer(
  input: RegisterInput,
  scope: RegisterScope,
  contacts: readonly NameAddress[] | '*',
  options: RegistrarOptions,
): { readonly status: 200; readonly headers: ExtraHeaders } {
  const { bindings, now, associatedUris = [] } = input
  const { serviceRoute = [], flowTimer } = options
  const flows =
    contacts !== '*' && bindings.some(({ regId, callId, cseq }) => regId !== undefined && callId === scope.callId && cseq === scope.cseq)
  return {
    status: 200,
    headers: [
      ...bindings.map(binding => ['Contact', contactLine(binding, input, options)] as const),
      // RFC 3327 §5.3: so that the client sees what proxies did
      ...scope.path.map(uri => ['Path', uri] as const),
      ...serviceRoute.map(uri => ['Service-Route', uri] as const),
      ...(associatedUris.length === 0 ? [] : [['P-Associated-URI', associatedUris.map(uri => `<${uri}>`).join(', ')] as const]),
      // RFC 5626 §6
      ...(flows ? [['Require', 'outbound'] as const] : []),
      ...(flows && scope.direct && flowTimer !== undefined ? [['Flow-Timer', `${flowTimer}`] as const] : []),
      ['Supported', 'path, outbound, gruu'],
      ['Date', formatSipDate(now)],
    ],
  }
}

/** `<sip:alice@192.0.2.4>;+sip.instance="<urn:uuid:…>";pub-gruu="sip:…";temp-gruu="sip:…";expires=3600` */
function contactLine(binding: RegisteredContact, { request, aor, now }: RegisterInput, { gruus }: RegistrarOptions): string {
  const { contact, parameters, instance, callId, q, flow } = binding
  let line = `<${contact}>${parameters}`
  if (q !== 1) line += `;q=${q}`
  // RFC 5627 §5.2. Who is reached by the address in Contact needs no other one; inside a dialog a proxy would have to look it up, even for an ACK
  if (gruus !== undefined && flow !== undefined && instance !== undefined && hasOptionTag(request.headers, 'supported', 'gruu'))
    line += `;pub-gruu=${quote(gruus.publicOf(aor, instance))};temp-gruu=${quote(gruus.temporaryOf(aor, instance, callId))}`
  return `${line};expires=${Math.max(1, Math.round((binding.expires - now) / 1000))}`
}
