/**
 * Header fields of one message in wire order. Names compare without case and compact forms count as their long form
 * (RFC 3261 §7.3.3); values are text (UTF-8 decoded), unfolded and trimmed.
 */
export class SipHeaders {
  /** Three columns of one table: the name as written, its canonical form, the value. */
  readonly #names: string[] = []
  readonly #keys: string[] = []
  readonly #values: string[] = []

  constructor(fields: Iterable<readonly [name: string, value: string]> = []) {
    for (const [name, value] of fields) this.append(name, value)
  }

  /** First value of `name`, as it stands on its line. */
  get(name: string): string | undefined {
    const at = this.#keys.indexOf(canonical(name))
    return at < 0 ? undefined : this.#values[at]
  }

  /** Values of all lines of `name`, in order; comma lists are not split here. */
  getAll(name: string): string[] {
    const wanted = canonical(name)
    const values: string[] = []
    for (let at = this.#keys.indexOf(wanted); at >= 0; at = this.#keys.indexOf(wanted, at + 1)) values.push(this.#values[at] as string)
    return values
  }

  has(name: string): boolean {
    return this.#keys.includes(canonical(name))
  }

  /** Whether `name` stands on more than one line. */
  repeats(name: string): boolean {
    const wanted = canonical(name)
    const first = this.#keys.indexOf(wanted)
    return first >= 0 && this.#keys.indexOf(wanted, first + 1) >= 0
  }

  append(name: string, value: string): this {
    this.#names.push(name)
    this.#keys.push(canonical(name))
    this.#values.push(value)
    return this
  }

  prepend(name: string, value: string): this {
    this.#names.unshift(name)
    this.#keys.unshift(canonical(name))
    this.#values.unshift(value)
    return this
  }

  /** Replaces all lines of `name` by one. */
  set(name: string, value: string): this {
    const at = this.#keys.indexOf(canonical(name))
    if (at < 0) return this.append(name, value)
    this.#removeFrom(at + 1, canonical(name))
    this.#names[at] = name
    this.#values[at] = value
    return this
  }

  /** Replaces the first line of `name` and leaves the others; appends when there is none. */
  setFirst(name: string, value: string): this {
    const at = this.#keys.indexOf(canonical(name))
    if (at < 0) return this.append(name, value)
    this.#names[at] = name
    this.#values[at] = value
    return this
  }

  delete(name: string): this {
    this.#removeFrom(0, canonical(name))
    return this
  }

  *[Symbol.iterator](): IterableIterator<readonly [name: string, value: string]> {
    for (let index = 0; index < this.#names.length; index++) yield [this.#names[index] as string, this.#values[index] as string]
  }

  get size(): number {
    return this.#names.length
  }

  #removeFrom(from: number, key: string): void {
    let kept = from
    for (let index = from; index < this.#keys.length; index++) {
      if (this.#keys[index] === key) continue
      this.#names[kept] = this.#names[index] as string
      this.#keys[kept] = this.#keys[index] as string
      this.#values[kept] = this.#values[index] as string
      kept++
    }
    this.#names.length = this.#keys.length = this.#values.length = kept
  }
}

/** Whether a name is one of the usual spellings, and so is surely a token. */
export function isUsual(name: string): boolean {
  return KNOWN.has(name)
}

/** Lower-case long name of a header field; expands the compact forms. */
export function canonical(name: string): string {
  const known = KNOWN.get(name)
  if (known !== undefined) return known
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

/** Usual spellings, so that most look-ups need no lower-casing. */
const KNOWN: ReadonlyMap<string, string> = new Map(
  [
    ...['Via', 'From', 'To', 'Call-ID', 'CSeq', 'Contact', 'Max-Forwards', 'Route', 'Record-Route', 'Content-Type', 'Content-Length'],
    ...['Allow', 'Supported', 'Require', 'Accept', 'Expires', 'User-Agent', 'Server', 'Session-Expires', 'Min-SE', 'Authorization'],
    ...['Accept-Contact', 'P-Preferred-Service', 'P-Asserted-Identity', 'Conversation-ID', 'Contribution-ID', 'Content-Disposition'],
    ...['Subject', 'Date', 'Event', 'Subscription-State', 'Allow-Events', 'Expires', 'Reason', 'Warning', 'Retry-After', 'MIME-Version'],
    ...['WWW-Authenticate', 'Proxy-Authenticate', 'Proxy-Authorization', 'RSeq', 'RAck', 'Timestamp', 'Path', 'Service-Route'],
    ...['P-Asserted-Service', 'Content-Encoding', 'Require', 'Proxy-Require', 'Unsupported', 'Min-Expires', 'Privacy'],
  ].flatMap(name => [
    [name, name.toLowerCase()],
    [name.toLowerCase(), name.toLowerCase()],
  ]),
)
