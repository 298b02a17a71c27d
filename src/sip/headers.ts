/**
 * Header fields of one message in wire order. Names compare without case and compact forms count as their long form
 * (RFC 3261 §7.3.3); values are text (UTF-8 decoded), unfolded and trimmed.
 */
export class SipHeaders {
  readonly #fields: [name: string, value: string][] = []

  constructor(fields: Iterable<readonly [name: string, value: string]> = []) {
    for (const [name, value] of fields) this.append(name, value)
  }

  /** First value of `name`, as it stands on its line. */
  get(name: string): string | undefined {
    const wanted = canonical(name)
    return this.#fields.find(([field]) => canonical(field) === wanted)?.[1]
  }

  /** Values of all lines of `name`, in order; comma lists are not split here. */
  getAll(name: string): string[] {
    const wanted = canonical(name)
    return this.#fields.filter(([field]) => canonical(field) === wanted).map(([, value]) => value)
  }

  has(name: string): boolean {
    return this.get(name) !== undefined
  }

  append(name: string, value: string): this {
    this.#fields.push([name, value])
    return this
  }

  prepend(name: string, value: string): this {
    this.#fields.unshift([name, value])
    return this
  }

  /** Replaces all lines of `name` by one. */
  set(name: string, value: string): this {
    const wanted = canonical(name)
    const at = this.#fields.findIndex(([field]) => canonical(field) === wanted)
    this.delete(name)
    if (at < 0) this.#fields.push([name, value])
    else this.#fields.splice(at, 0, [name, value])
    return this
  }

  delete(name: string): this {
    const wanted = canonical(name)
    for (let index = this.#fields.length - 1; index >= 0; index--)
      if (canonical((this.#fields[index] as [string, string])[0]) === wanted) this.#fields.splice(index, 1)
    return this
  }

  [Symbol.iterator](): IterableIterator<readonly [name: string, value: string]> {
    return this.#fields[Symbol.iterator]()
  }

  get size(): number {
    return this.#fields.length
  }
}

/** Lower-case long name of a header field; expands the compact forms. */
export function canonical(name: string): string {
  const lower = name.toLowerCase()
  return lower.length === 1 ? (COMPACT.get(lower) ?? lower) : lower
}

/** RFC 3261 §20, RFC 3841 §10, RFC 4028 §13, RFC 3265 §7, RFC 3515 §2, RFC 3892 §2 */
const COMPACT: ReadonlyMap<string, string> = new Map([
  ['a', 'accept-contact'],
  ['b', 'referred-by'],
  ['c', 'content-type'],
  ['d', 'request-disposition'],
  ['e', 'content-encoding'],
  ['f', 'from'],
  ['i', 'call-id'],
  ['j', 'reject-contact'],
  ['k', 'supported'],
  ['l', 'content-length'],
  ['m', 'contact'],
  ['o', 'event'],
  ['r', 'refer-to'],
  ['s', 'subject'],
  ['t', 'to'],
  ['u', 'allow-events'],
  ['v', 'via'],
  ['x', 'session-expires'],
])
