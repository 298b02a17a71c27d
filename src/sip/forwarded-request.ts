import type { OpenFlow, Source } from './flows.js'
import { SipHeaders } from './headers.js'
import { FORK_TARGETS, MAX_BREADTH, MAX_FORWARDS } from './limits.js'
import { formatHost } from './host.js'
import { markedBranch } from './loop-detection.js'
import type { SipRequest } from './message.js'
import { parseNameAddress, tagIn } from './name-address.js'
import type { ProxyCore } from './proxy-core.js'
import { ownRoute, type Routed } from './proxy-route.js'
import type { ProxyTarget } from './proxy-types.js'
import { isSips } from './sips.js'
import { formatSipUri, parseSipUri } from './uri.js'
import type { ExtraHeaders, FlowId, Transport } from './user-agent-types.js'
import { formatVia, parseVias } from './via.js'

/** What is forwarded, and where to. */
export interface ForwardPlan {
  /** With the header fields that all copies have alike. */
  readonly request: SipRequest
  /** Route values of others that are left. */
  readonly routes: readonly string[]
  readonly source: Source
  /**
   * The flow that later requests of the dialog take to who sent this one; '' when that is another proxy: then its Record-Route or the Contact leads
   * there, while a user agent may be behind a NAT.
   */
  readonly back: FlowId
  /** Targets in order; those of one list are tried together. */
  readonly groups: readonly (readonly ProxyTarget[])[]
  readonly recordRoute: boolean
  readonly breadth: number
  readonly mark: string
  /** It came by Path: another proxy knows the other flows of its recipient. */
  readonly byPath: boolean
  /** Where a flow of the targets is gone, where its URI or Route leads will do too. */
  readonly otherwise: boolean
}

/** The way of one copy. */
export interface Way {
  readonly uri: string
  readonly routes: readonly string[]
  readonly nextHop: string
  readonly flow?: FlowId | undefined
  readonly otherwise: boolean
}

export interface ForwardOptions {
  readonly targets: readonly ProxyTarget[]
  readonly recordRoute?: boolean | undefined
  readonly remove?: readonly string[] | undefined
  readonly add?: ExtraHeaders | undefined
  readonly otherwise?: boolean
}

export function forwardPlan(routed: Routed, source: Source, mark: string, options: ForwardOptions): ForwardPlan {
  const { request, routes, passed } = routed
  const { targets, recordRoute, remove = [], add = [], otherwise = false } = options
  const headers = new SipHeaders(request.headers)
  for (const name of remove) headers.delete(name)
  for (const [name, value] of add) headers.append(name, value)
  // RFC 3261 §16.6 step 3
  const left = headers.get('Max-Forwards')
  headers.set('Max-Forwards', `${left === undefined ? MAX_FORWARDS : Number(left) - 1}`)
  return {
    request: { ...request, headers },
    routes: remove.some(name => name.toLowerCase() === 'route') ? [] : routes,
    source,
    back: parseVias(request.headers)?.length === 1 ? source.flow : '',
    groups: groupsOf(targets),
    recordRoute: recordRoute ?? staysInPath(request),
    breadth: breadthOf(request),
    mark,
    byPath: passed === 'path',
    otherwise,
  }
}

/** RFC 3261 §16.6 steps 2, 6 and 7. */
export function wayOf(core: ProxyCore, plan: ForwardPlan, target: ProxyTarget): Way {
  const routes = [...(target.route ?? []), ...plan.routes]
  const uri = requestUri(target.uri)
  const { flow: given } = target
  // a Path of our own leads over the flow it names
  const own = target.route === undefined ? undefined : ownRoute(core, routes[0])
  if (own !== undefined) routes.shift()
  const token = core.tokens.read(own?.user, plan.request.headers.get('call-id') as string)
  const flow = given ?? token?.flow
  const [first] = routes
  const address = first === undefined ? undefined : parseNameAddress(first)
  if (address === undefined) return { uri, routes: [], nextHop: uri, flow, otherwise: plan.otherwise && !needsFlow(uri) }
  const { otherwise } = plan
  if (parseSipUri(address.uri)?.parameters.has('lr')) return { uri, routes, nextHop: address.uri, flow, otherwise }
  // a strict router: it becomes the Request-URI and the Request-URI the last Route value
  return { uri: address.uri, routes: [...routes.slice(1), `<${uri}>`], nextHop: address.uri, flow, otherwise }
}

/** The copy that leaves over `flow` (RFC 3261 §16.6). @param breadth its share of Max-Breadth */
export function forwardedRequest(core: ProxyCore, plan: ForwardPlan, way: Way, flow: OpenFlow, breadth?: number): SipRequest {
  const headers = new SipHeaders(plan.request.headers)
  headers.delete('Route')
  if (way.routes.length > 0) headers.append('Route', way.routes.join(', '))
  if (breadth !== undefined) headers.set('Max-Breadth', `${breadth}`)
  if (plan.recordRoute) {
    const { source } = plan
    const secure = isSips(way.uri)
    const token = (flowOfSide: FlowId) => core.tokens.dialog(flowOfSide, headers.get('call-id') as string)
    // both sides are named, since they may differ in transport, address and flow (RFC 5658 §3, RFC 5626 §5.3.2)
    const back = recordRoute(core, source, token(plan.back), secure)
    const on = recordRoute(core, flow, token(way.flow ?? ''), secure)
    headers.prepend('Record-Route', back)
    if (on !== back) headers.prepend('Record-Route', on)
  }
  const { host, port } = flow.local
  const place = port === undefined ? { host } : { host, port }
  const via = { transport: flow.transport.toUpperCase(), ...place, branch: markedBranch(core, plan.mark), rport: true as const }
  headers.prepend('Via', formatVia({ ...via, parameters: NONE }))
  return { ...plan.request, uri: way.uri, headers }
}

/** `<sip:TOKEN@proxy.example.org:5060;transport=tcp;lr>` */
function recordRoute(core: ProxyCore, side: Pick<Source, 'transport' | 'local'> | OpenFlow, token: string, secure: boolean): string {
  const { listening } = core.options
  const { host, port } = side.local
  const usual = listening.find(place => place.transport === side.transport && place.address.host === host && place.address.port === port)
  const { transport, address } = usual ??
    listening.find(place => place.transport === side.transport) ??
    listening[0] ?? { transport: side.transport, address: { host, port } }
  const shown = `${formatHost(address.host)}${address.port === undefined ? '' : `:${address.port}`}`
  return `<${secure ? 'sips' : 'sip'}:${token}@${shown}${transportParameter(transport, secure)};lr>`
}

/** RFC 7118 §5.2.4 knows `ws` only; `tls` is left out where the scheme says it. */
function transportParameter(transport: Transport, secure: boolean): string {
  if (transport === 'udp' || (transport === 'tls' && secure)) return ''
  return `;transport=${transport === 'wss' ? 'ws' : transport}`
}

/** Highest q first; equal ones together (RFC 3261 §16.6). The same target counts once (§16.5). */
function groupsOf(targets: readonly ProxyTarget[]): ProxyTarget[][] {
  const groups = new Map<number, ProxyTarget[]>()
  const seen = new Set<string>()
  const ordered = [...targets].sort((a, b) => (b.q ?? 1) - (a.q ?? 1))
  for (const target of ordered) {
    const key = `${target.flow ?? ''} ${target.route?.join() ?? ''} ${target.uri}`
    if (seen.size >= FORK_TARGETS || seen.has(key)) continue
    seen.add(key)
    const q = target.q ?? 1
    const group = groups.get(q)
    if (group === undefined) groups.set(q, [target])
    else group.push(target)
  }
  return [...groups.values()]
}

/** RFC 3261 §19.1.1: `method` and header fields have no place in a Request-URI. */
function requestUri(text: string): string {
  const uri = parseSipUri(text)
  if (uri === undefined || (uri.headers.size === 0 && !uri.parameters.has('method'))) return text
  const parameters = new Map(uri.parameters)
  parameters.delete('method')
  return formatSipUri({ ...uri, parameters, headers: NONE })
}

/** RFC 5626 §4.3: `ob` says that only its flow leads to this user agent. */
function needsFlow(uri: string): boolean {
  return parseSipUri(uri)?.parameters.has('ob') === true
}

/** What makes a dialog, and NOTIFY, which may make it before its SUBSCRIBE is answered (RFC 6665 §4.3). */
function staysInPath({ method, headers }: SipRequest): boolean {
  if (method === 'NOTIFY') return true
  return DIALOG_METHODS.has(method) && tagIn(headers, 'to') === undefined
}

/** RFC 5393 §5.3.3; what is no number counts as absent. */
function breadthOf({ headers }: SipRequest): number {
  const text = headers.get('Max-Breadth')
  if (text === undefined || text.length > 9 || !/^[0-9]+$/.test(text)) return MAX_BREADTH
  return Math.min(Number(text), MAX_BREADTH)
}

const DIALOG_METHODS: ReadonlySet<string> = new Set(['INVITE', 'SUBSCRIBE', 'REFER'])
const NONE: ReadonlyMap<string, string> = new Map()
