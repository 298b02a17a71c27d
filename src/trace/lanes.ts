import type { MessageEntry } from './entry.js'
import { headerOf, type MessageHead } from './message-head.js'

/** How sure it is that two names are one end: a message that both recorded, one's own address, what a message says of itself. */
const RANKS = ['paired', 'own', 'said'] as const
type Rank = (typeof RANKS)[number]
type Fact = readonly [a: string, b: string]

/**
 * Which addresses belong to the same end. A party that recorded is one end with all its own addresses; of the others we learn from what
 * they say: the topmost Via, the Contact beside an SDP path, the path of an MSRP message. Two recorded parties are never joined.
 *
 * What is learnt counts at once. When something surer comes later and an address is already spoken for, `refresh` begins again from all
 * that was ever learnt, the surest first.
 */
export class Lanes {
  #parent = new Map<string, string>()
  /** Every fact once, in order. */
  readonly #facts: Readonly<Record<Rank, Map<string, Fact>>> = { paired: new Map(), own: new Map(), said: new Map() }
  /** Addresses that facts of the two lower ranks mention. */
  readonly #owned = new Set<string>()
  readonly #said = new Set<string>()
  #surerCame = false
  /** Names that rows have, in order of their first use. */
  readonly #used = new Set<string>()
  /** Roots that were found to differ from one another when it mattered. */
  #toldApart = new Set<string>()
  #order: ReadonlyMap<string, number> | undefined
  #unsettled = false

  /** Two ends that were told apart, or taken for one, turned out otherwise: what was decided by that has to be decided anew. */
  get unsettled(): boolean {
    return this.#unsettled
  }

  /** A row has this name. */
  use(node: string): void {
    if (this.#used.has(node)) return
    this.#used.add(node)
    this.#order = undefined
  }

  /** Index of the lane of a name in use. */
  indexOf(node: string): number {
    return this.#lanes().get(this.#root(node)) as number
  }

  /** Names in lane order: of the party, or the first address known of the end. */
  names(): readonly string[] {
    return [...this.#lanes().keys()].map(nameOf)
  }

  /** Whether both are the same end, as far as is known; that it mattered is kept in mind. */
  same(a: string, b: string): boolean {
    const rootA = this.#root(a)
    const rootB = this.#root(b)
    if (rootA === rootB) return true
    this.#toldApart.add(rootA)
    this.#toldApart.add(rootB)
    return false
  }

  /** Both recorded the same message: each is at the address that the other one spoke to. */
  pair(one: MessageEntry, other: MessageEntry): void {
    this.#learnt('paired', partyNode(other.party), addressNode(one.remote))
    this.#learnt('paired', partyNode(one.party), addressNode(other.remote))
  }

  /** The end of the party that recorded `entry` has its local address. */
  own(entry: MessageEntry): void {
    if (!isWildcard(entry.local)) this.#learnt('own', partyNode(entry.party), addressNode(entry.local))
  }

  /** Takes from one message what it tells about its two ends. */
  learn(entry: MessageEntry, head: MessageHead | undefined): void {
    const remote = addressNode(entry.remote)
    if (head === undefined) return
    if (entry.protocol === 'msrp') {
      // RFC 4975 §7.1, RFC 4976 §5.1: leftmost From-Path is the hop before, leftmost To-Path the next hop.
      const hop = uriAuthority(headerOf(head, entry.direction === 'in' ? 'from-path' : 'to-path'), 2855)
      if (hop !== undefined) this.#learnt('said', remote, addressNode(hop))
      return
    }
    if (entry.direction !== 'in') return
    // RFC 3261 §18.2.2: the sent-by of the topmost Via is where the neighbour listens.
    const sentBy = head.method === undefined ? undefined : viaAuthority(headerOf(head, 'via'))
    if (sentBy !== undefined) this.#learnt('said', remote, addressNode(sentBy))
    // RFC 3261 §8.1.1.8: the Contact is the end itself, and so is the path in its SDP, whichever proxies lie between.
    const contact = uriAuthority(headerOf(head, 'contact'), 5060)
    const path = head.body.split('\n').find(line => line.startsWith('a=path:'))
    const media = uriAuthority(path?.slice('a=path:'.length), 2855)
    if (contact !== undefined && media !== undefined) this.#learnt('said', addressNode(contact), addressNode(media))
  }

  /** Puts surer knowledge before what was merely said, where the one came after the other. */
  refresh(): void {
    if (!this.#surerCame) return
    this.#surerCame = false
    const before = this.#parent
    this.#parent = new Map()
    for (const rank of RANKS) for (const [a, b] of this.#facts[rank].values()) this.#join(a, b)
    this.#order = undefined
    // Names in use that were one end and are no longer, or the other way round
    const [rootNow, rootBefore] = [new Map<string, string>(), new Map<string, string>()]
    for (const node of this.#used) {
      const [was, now] = [rootIn(before, node), this.#root(node)]
      if ((rootNow.get(was) ?? now) !== now || (rootBefore.get(now) ?? was) !== was) this.#unsettled = true
      rootNow.set(was, now)
      rootBefore.set(now, was)
    }
    this.#toldApart = new Set([...this.#toldApart].map(node => this.#root(node)))
  }

  #learnt(rank: Rank, a: string, b: string): void {
    const facts = this.#facts[rank]
    const key = `${a.length} ${a}${b}`
    if (facts.has(key)) return
    facts.set(key, [a, b])
    // In a fact of one of the two upper ranks `b` is the address
    if (this.#root(a) !== this.#root(b) && rank !== 'said' && (this.#said.has(b) || this.#owned.has(b))) this.#surerCame = true
    if (rank === 'own') this.#owned.add(b)
    if (rank === 'said') this.#said.add(a).add(b)
    this.#join(a, b)
  }

  /** Says that `a` and `b` are the same end; ignored when they are two different parties. */
  #join(a: string, b: string): void {
    const rootA = this.#root(a)
    const rootB = this.#root(b)
    if (rootA === rootB || (isParty(rootA) && isParty(rootB))) return
    if (this.#toldApart.has(rootA) && this.#toldApart.has(rootB)) this.#unsettled = true
    const [root, child] = isParty(rootB) ? [rootB, rootA] : [rootA, rootB]
    this.#parent.set(child, root)
    if (this.#toldApart.delete(child)) this.#toldApart.add(root)
    this.#order = undefined
  }

  #lanes(): ReadonlyMap<string, number> {
    if (this.#order !== undefined) return this.#order
    const roots = new Set<string>()
    for (const node of this.#used) roots.add(this.#root(node))
    const order = new Map(arrange([...roots]).map((root, lane) => [root, lane]))
    this.#order = order
    return order
  }

  #root(node: string): string {
    return rootIn(this.#parent, node)
  }
}

export function partyNode(party: string): string {
  return `party ${party}`
}

export function addressNode(address: string): string {
  return `address ${address.toLowerCase()}`
}

/** Chains are made shorter on the way, so that long ones cost only once. */
function rootIn(parents: Map<string, string>, node: string): string {
  let root = node
  for (let parent = parents.get(root); parent !== undefined; parent = parents.get(root)) root = parent
  for (let at = node; at !== root; ) {
    const next = parents.get(at) as string
    parents.set(at, root)
    at = next
  }
  return root
}

/** Services that recorded stand between the one who spoke first and the others. */
function arrange(roots: readonly string[]): readonly string[] {
  const services = roots.filter(root => isParty(root) && SERVICES.has(nameOf(root).toLowerCase()))
  const [first = [], ...others] = roots.filter(root => !services.includes(root)).map(root => [root])
  return [...first, ...services, ...others.flat()]
}

const SERVICES = new Set(['server', 'proxy', 'focus', 'relay'])

function nameOf(node: string): string {
  return node.slice(node.indexOf(' ') + 1)
}

function isParty(node: string): boolean {
  return node.startsWith('party ')
}

function isWildcard(address: string): boolean {
  return address.startsWith('0.0.0.0:') || address.startsWith('[::]:') || address.startsWith(':::') || address === ''
}

/** `SIP/2.0/UDP host:port;branch=…` -> `host:port` */
function viaAuthority(via: string | undefined): string | undefined {
  const sentBy = via?.split(',', 1)[0]?.split(';', 1)[0]?.trim().split(' ').pop()
  return sentBy === undefined || sentBy === '' ? undefined : withPort(sentBy, 5060)
}

/** `"A" <sip:u@host:port;p>`, `sip:host`, `msrp://host:port/id;tcp …` -> `host:port` of the first URI */
function uriAuthority(text: string | undefined, port: number): string | undefined {
  if (text === undefined) return undefined
  const bracket = text.indexOf('<')
  const uri = text.slice(bracket + 1).trim()
  const colon = uri.indexOf(':')
  if (colon < 0) return undefined
  let authority = uri.slice(colon + 1)
  if (authority.startsWith('//')) authority = authority.slice(2)
  let end = 0
  while (end < authority.length && !'/;?> ,\r'.includes(authority[end] as string)) end++
  authority = authority.slice(0, end)
  authority = authority.slice(authority.lastIndexOf('@') + 1)
  return authority === '' ? undefined : withPort(authority, port)
}

function withPort(authority: string, port: number): string {
  const afterAddress = authority.lastIndexOf(']') + 1
  return authority.indexOf(':', afterAddress) >= 0 ? authority : `${authority}:${port}`
}
