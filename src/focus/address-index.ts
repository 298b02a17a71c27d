import { equalSipUris, normalizeEscapes, parseSipUri, type SipUri } from '../sip/index.js'

/** Finds equal addresses (RFC 3261 §19.1.4) among many without comparing each with each. */
export class AddressIndex {
  /** Equal addresses have the same key; not all addresses with one key are equal. */
  readonly #buckets = new Map<string, { readonly uri: SipUri | string; readonly index: number }[]>()

  /** The index of the first equal address, after remembering `text` under `index` when there is none. */
  firstOrAdd(text: string, index: number): number | undefined {
    const uri = parseSipUri(text) ?? text
    const key = keyOf(uri)
    const bucket = this.#buckets.get(key) ?? []
    const first = bucket.find(entry => equalSipUris(entry.uri, uri))
    if (first !== undefined) return first.index
    bucket.push({ uri, index })
    this.#buckets.set(key, bucket)
    return undefined
  }
}

/** What must be the same letter by letter: the user part, or the digits of a number. */
function keyOf(uri: SipUri | string): string {
  if (typeof uri === 'string') return uri
  const user = normalizeEscapes(uri.user ?? '')
  return uri.scheme === 'tel' ? `tel:${user.toLowerCase().replaceAll(/[^0-9a-f*#+]/g, '')}` : `${uri.scheme}:${user}`
}
