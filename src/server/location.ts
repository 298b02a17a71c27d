import { preferredBindings, type ProxyTarget, type RegisteredContact, type SipRequest } from '../sip/index.js'
import { type Parameters, parseParameters } from '../wire/index.js'

/**
 * Where the devices of an address are tried: those the caller's preferences leave (RFC 3841 §7.2, SIP-31), the better ones first
 * (RFC 3261 §16.6). Of several flows of one device only the latest counts (RFC 5626 §7).
 * @param node name of this server: connections of others are not ours to use
 */
export function targetsOf(request: SipRequest, bindings: readonly RegisteredContact[], node: string): ProxyTarget[] {
  const candidates = latestOfEach(bindings).map(binding => ({ binding, parameters: parametersOf(binding) }))
  return preferredBindings(request, candidates).map(({ binding: { binding }, q }) => targetOf({ ...binding, q }, node))
}

function parametersOf({ parameters, q }: RegisteredContact): Parameters {
  return parseParameters(`${parameters};q=${q}`) ?? new Map()
}

function targetOf({ contact, path, flow, node: owner, q }: RegisteredContact, node: string): ProxyTarget {
  const route = path.map(value => `<${bareUri(value)}>`)
  // With a Path the first of it is the edge that keeps the connection (RFC 5626 §5.3)
  const own = flow !== undefined && owner === node
  return { uri: contact, q, ...(own ? { flow } : {}), ...(route.length > 0 && !own ? { route } : {}) }
}

/** One contact for each device; those without an instance are devices of their own. */
function latestOfEach(bindings: readonly RegisteredContact[]): RegisteredContact[] {
  const latest = new Map<string, RegisteredContact>()
  for (const [index, binding] of bindings.entries()) {
    const key = binding.instance ?? `${index}`
    const known = latest.get(key)
    if (known === undefined || known.expires < binding.expires) latest.set(key, binding)
  }
  return [...latest.values()]
}

/** `<sip:edge.example.org;lr;ob>;x=y` -> the URI alone: parameters behind it are not for a Route. */
function bareUri(value: string): string {
  const open = value.indexOf('<')
  const close = value.indexOf('>', open)
  return open < 0 || close < 0 ? value : value.slice(open + 1, close)
}
