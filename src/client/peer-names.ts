import { parseMsrpUri } from '../msrp/index.js'
import { decodeLatin1 } from '../wire/index.js'
import type { Host } from './host.js'
import { NAME_WAIT, NAMES_KNOWN, NAMES_PER_BODY } from './limits.js'

/**
 * Addresses of the host names in the session descriptions of one peer, found out before the session reads them: whether c=/m= and a path
 * of names are the same place only DNS can tell (CON-32, CON-33, RFC 6714 §4.4).
 */
export class PeerNames {
  readonly #host: Host
  readonly #known = new Map<string, readonly string[]>()
  /** What waits for names, in its order; those of the first are being looked up. */
  readonly #waiting: { readonly names: readonly string[]; readonly proceed: () => void }[] = []

  constructor(host: Host) {
    this.#host = host
  }

  readonly addressesOf = (name: string): readonly string[] => this.#known.get(name.toLowerCase()) ?? []

  /** Calls `proceed` once the names in `body` are known, in the order of the calls; at once when there is nothing to find out. */
  before(body: Uint8Array | undefined, proceed: () => void): void {
    const names = body === undefined || this.#host.addresses === undefined ? [] : namesToCompare(body)
    const missing = names.filter(name => !this.#known.has(name)).slice(0, NAMES_PER_BODY)
    if (missing.length === 0 && this.#waiting.length === 0) return proceed()
    this.#waiting.push({ names: missing, proceed })
    if (this.#waiting.length === 1) void this.#drain()
  }

  async #drain(): Promise<void> {
    for (let first = this.#waiting[0]; first !== undefined; first = this.#waiting[0]) {
      await Promise.all(first.names.map(name => this.#find(name)))
      this.#waiting.shift()
      first.proceed()
    }
  }

  async #find(name: string): Promise<void> {
    const host = this.#host
    const addresses = await new Promise<readonly string[]>(resolve => {
      const stop = host.after(NAME_WAIT, () => resolve([]))
      void host.addresses?.(name).then(found => {
        stop()
        resolve(found)
      })
    })
    if (this.#known.size < NAMES_KNOWN) this.#known.set(name, addresses)
  }
}

/** Names in c= lines and paths, in lower case, where there are different places to compare; usually none. */
function namesToCompare(body: Uint8Array): string[] {
  const hosts = new Set<string>()
  for (const line of decodeLatin1(body).split('\n')) {
    if (line.startsWith('c=IN IP')) hosts.add(line.slice(9).trim().toLowerCase())
    else if (line.startsWith('a=path:'))
      for (const uri of line.slice(7).trim().split(' ')) hosts.add(parseMsrpUri(uri)?.host.toLowerCase() ?? '')
  }
  return hosts.size < 2 ? [] : [...hosts].filter(isResolvable)
}

/** A name that DNS may know; `.invalid` never leads anywhere (RFC 2606 §2). */
function isResolvable(host: string): boolean {
  return host !== '' && !/^[\d.]+$/.test(host) && !host.includes(':') && !host.endsWith('.invalid')
}
