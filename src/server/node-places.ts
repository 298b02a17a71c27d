import { ConfigError } from '../node/index.js'
import {
  equalSecret,
  formatSipUri,
  keyedHash,
  listValues,
  type SipHeaders,
  type SipRequest,
  type SipUri,
  parseSipUri,
} from '../sip/index.js'
import type { DigestHash } from '../wire/index.js'
import type { RequestEvent } from './desk-options.js'
import type { HeaderChanges } from './identity-headers.js'

/** Where requests go that another server of the database has to carry out. */
export interface NodePlacesOptions {
  readonly id: string
  /** SIP URI at which the others reach us. */
  readonly address: string
  readonly directory: { find(id: string): Promise<string | undefined> }
  /** Known to the servers of the database and to nobody else. */
  readonly secret: Uint8Array
  readonly hash: DigestHash
}

/** `ft-<node>-<random>`: a conference of the node (GRP-18). */
const CONFERENCE = 'ft-'
/** User part of a Route that says "this comes from a server of your database": `n-5b1f…` */
const SEAL = 'n-'
/** Hex digits of it: half of the digest, as RFC 2104 §5 allows. */
const SEAL_DIGITS = 32
/** User part of a Path of ours begins so (see FlowTokens). */
const FLOW = 'p-'

/** Letters, digits, `.`, `_` and `-`: stands in addresses of conferences. */
export function readNodeName(text: string): string {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/.test(text))
    throw new ConfigError(`"${text.slice(0, 80)}" is no name for a server.`, 'Use letters, digits, - and . for --node.')
  return text
}

/** @throws ConfigError */
export function readNodeAddress(text: string): string {
  const uri = parseSipUri(text)
  const transport = uri?.parameters.get('transport')?.toLowerCase() ?? 'udp'
  if (
    uri === undefined ||
    uri.scheme === 'tel' ||
    uri.user !== undefined ||
    (transport !== 'udp' && transport !== 'tcp' && transport !== 'tls')
  )
    throw new ConfigError(`"${text.slice(0, 80)}" is no address of a server.`, "Write it like 'sip:10.0.0.5:5060;transport=tcp'.")
  return text
}

/** What servers of one database say to each other, all of it in SIP: Path, Route, and a seal instead of trust in addresses. */
export class NodePlaces {
  readonly #options: NodePlacesOptions
  readonly #address: SipUri

  constructor(options: NodePlacesOptions) {
    this.#options = options
    this.#address = parseSipUri(options.address) as SipUri
  }

  /** Path of a registration over a connection of ours: leads the other servers to it (RFC 3327 §5.2, RFC 5626 §5.2). */
  pathOf(flowToken: string): string {
    return routeTo(this.#address, flowToken, 'ob')
  }

  /** Those that can be reached: not over the connection of a server that is dead. */
  async reachable<Binding extends { readonly node?: string }>(bindings: readonly Binding[]): Promise<Binding[]> {
    const { id, directory } = this.#options
    const living = await Promise.all(
      bindings.map(async ({ node }) => node === undefined || node === id || (await directory.find(node)) !== undefined),
    )
    return bindings.filter((_, index) => living[index])
  }

  /** Which other server has the conference of this address: where that is, or `gone`; undefined when it is ours. */
  async hostOf(uri: string): Promise<{ readonly address: string } | 'gone' | undefined> {
    const node = conferenceNode(uri)
    if (node === undefined || node === this.#options.id) return undefined
    const address = await this.#options.directory.find(node)
    return address === undefined ? 'gone' : { address }
  }

  /** Route to another server, with a seal that says who the request is from as we proved it. @param changes those it leaves with */
  route(address: string, request: SipRequest, changes: HeaderChanges): string {
    const kept = changes.remove.some(name => name.toLowerCase() === IDENTITY.toLowerCase()) ? [] : listValues(request.headers, IDENTITY)
    const added = changes.add.flatMap(([name, value]) => (name.toLowerCase() === IDENTITY.toLowerCase() ? [value] : []))
    return routeTo(parseSipUri(address) as SipUri, this.#seal(request, [...kept, ...added]))
  }

  /** Whether another server of the database sent it, and vouches for what it asserts. */
  isSealed({ request, routeUser }: Pick<RequestEvent, 'request' | 'routeUser'>): boolean {
    if (routeUser === undefined || !routeUser.startsWith(SEAL)) return false
    return equalSecret(routeUser, this.#seal(request, listValues(request.headers, IDENTITY)))
  }

  #seal({ method, uri, headers }: SipRequest, identities: readonly string[]): string {
    const { secret, hash } = this.#options
    const parts = [method, uri, ...SEALED.map(name => valueOf(headers, name)), ...identities]
    const digest = keyedHash(hash, secret, parts.join('\n'))
    return SEAL + Buffer.from(digest).toString('hex').slice(0, SEAL_DIGITS)
  }
}

/** A request by the Path of a registration over a connection that is no more (RFC 5626 §5.3.1). */
export function isLostFlow({ routeUser }: Pick<RequestEvent, 'routeUser'>): boolean {
  return routeUser?.startsWith(FLOW) === true
}

/** The node in the address of a conference; undefined where there is none. */
export function conferenceNode(uri: string): string | undefined {
  const user = parseSipUri(uri)?.user
  const end = user?.lastIndexOf('-') ?? -1
  return user?.startsWith(CONFERENCE) && end > CONFERENCE.length ? user.slice(CONFERENCE.length, end) : undefined
}

const IDENTITY = 'P-Asserted-Identity'

/** What a seal is good for: this request and no other one. */
const SEALED = ['Call-ID', 'CSeq', 'From', 'To', 'Privacy']

function valueOf(headers: SipHeaders, name: string): string {
  return headers.getAll(name).join(', ')
}

/** `<sip:USER@10.0.0.1:5060;transport=tcp;lr>` */
function routeTo(address: SipUri, user: string, flag?: string): string {
  const parameters = new Map(address.parameters).set('lr', '')
  if (flag !== undefined) parameters.set(flag, '')
  return `<${formatSipUri({ ...address, user, parameters })}>`
}
