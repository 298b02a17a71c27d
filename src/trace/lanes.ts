import type { MessageEntry } from './entry.js'
import { headerOf, type MessageHead } from './message-head.js'

/**
 * Which addresses belong to the same end. A party that recorded is one end with all its own addresses; of the others we learn from what
 * they say: the topmost Via, the Contact beside an SDP path, the path of an MSRP message. Two recorded parties are never joined.
 */
export class Lanes {
  readonly #parent = new Map<string, string>()
  readonly #order = new Map<string, number>()

  /** Index of the lane of `node`, in order of the first question. */
  indexOf(node: string): number {
    const root = this.#root(node)
    const known = this.#order.get(root)
    if (known !== undefined) return known
    this.#order.set(root, this.#order.size)
    return this.#order.size - 1
  }

  /** Names in lane order: of the party, or the first address known of the end. */
  names(): readonly string[] {
    return [...this.#order.keys()].map(root => root.slice(root.indexOf(' ') + 1))
  }

  /** Says that `a` and `b` are the same end; ignored when they are two different parties. */
  join(a: string, b: string): void {
    const rootA = this.#root(a)
    const rootB = this.#root(b)
    if (rootA === rootB || (isParty(rootA) && isParty(rootB))) return
    if (isParty(rootB)) this.#parent.set(rootA, rootB)
    else this.#parent.set(rootB, rootA)
  }

  /** The end of the party that recorded `entry` has its local address. */
  own(entry: MessageEntry): void {
    if (!isWildcard(entry.local)) this.join(partyNode(entry.party), addressNode(entry.local))
  }

  /** Takes from one message what it tells about its two ends. */
  learn(entry: MessageEntry, head: MessageHead | undefined): void {
    const remote = addressNode(entry.remote)
    if (head === undefined) return
    if (entry.protocol === 'msrp') {
      // RFC 4975 §7.1, RFC 4976 §5.1: leftmost From-Path is the hop before, leftmost To-Path the next hop.
      const hop = uriAuthority(headerOf(head, entry.direction === 'in' ? 'from-path' : 'to-path'), 2855)
      if (hop !== undefined) this.join(remote, addressNode(hop))
      return
    }
    if (entry.direction !== 'in') return
    // RFC 3261 §18.2.2: the sent-by of the topmost Via is where the neighbour listens.
    const sentBy = head.method === undefined ? undefined : viaAuthority(headerOf(head, 'via'))
    if (sentBy !== undefined) this.join(remote, addressNode(sentBy))
    // RFC 3261 §8.1.1.8: the Contact is the end itself, and so is the path in its SDP, whichever proxies lie between.
    const contact = uriAuthority(headerOf(head, 'contact'), 5060)
    const path = head.body.split('\n').find(line => line.startsWith('a=path:'))
    const media = uriAuthority(path?.slice('a=path:'.length), 2855)
    if (contact !== undefined && media !== undefined) this.join(addressNode(contact), addressNode(media))
  }

  #root(node: string): string {
    let root = node
    for (let parent = this.#parent.get(root); parent !== undefined; parent = this.#parent.get(root)) root = parent
    return root
  }
}

export function partyNode(party: string): string {
  return `party ${party}`
}

export function addressNode(address: string): string {
  return `address ${address.toLowerCase()}`
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
