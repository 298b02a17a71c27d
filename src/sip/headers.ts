/**
 * Header fields of one message in wire order. Names compare without case and compact forms count as their long form
 * (RFC 3261 §7.3.3); values are text (UTF-8 decoded), unfolded and trimmed.
 */
export class SipHeaders {
  /** Three columns of one table: the name as written, its canonical form, the value. */
  readonly #names: string[] = []
  readonly #keys: string[] = []
  readonly #values: string[] = []
  /** What lines were read as, by their index; filled only where somebody asked. */
  readonly #readings: (Reading | undefined)[] = []
  /** Bits of the usual names that are there, and of those that are there twice: most questions are about absent fields. */
  #present = 0
  #repeated = 0

  constructor(fields: Iterable<readonly [name: string, value: string]> = []) {
    for (const [name, value] of fields) this.append(name, value)
  }

  /** First value of `name`, as it stands on its line. */
  get(name: string): string | undefined {
    const at = this.#find(name)
    return at < 0 ? undefined : this.#values[at]
  }

  /** First value of `name` as `parse` understands it; kept with the line, so that a message is read once however many look at it. */
  read<T>(name: string, parse: (value: string) => T): T | undefined {
    const at = this.#find(name)
    if (at < 0) return undefined
    const known = this.#readings[at]
    if (known?.parse === parse) return known.result as T
    const result = parse(this.#values[at] as string)
    this.#readings[at] = { parse, result }
    return result
  }

  /** Values of all lines of `name`, in order; comma lists are not split here. */
  getAll(name: string): string[] {
    const values: string[] = []
    const first = this.#find(name)
    if (first < 0) return values
    const wanted = this.#keys[first] as string
    for (let at = first; at >= 0; at = this.#keys.indexOf(wanted, at + 1)) values.push(this.#values[at] as string)
    return values
  }

  has(name: string): boolean {
    return this.#find(name) >= 0
  }

  /** Whether all names of `bits` are there. */
  hasAll(bits: number): boolean {
    return (this.#present & bits) === bits
  }

  /** Whether one of the names of `bits` stands on more than one line. */
  repeatsOneOf(bits: number): boolean {
    return (this.#repeated & bits) !== 0
  }

  /** Whether `name` stands on more than one line. */
  repeats(name: string): boolean {
    const { key, bit } = named(name)
    if (bit !== 0) return (this.#repeated & bit) !== 0
    const first = this.#keys.indexOf(key)
    return first >= 0 && this.#keys.indexOf(key, first + 1) >= 0
  }

  append(name: string, value: string): this {
    return this.appendNamed(name, named(name), value)
  }

  /** As `append`, where it is known already what `name` means. */
  appendNamed(name: string, { key, bit }: Named, value: string): this {
    this.#repeated |= this.#present & bit
    this.#present |= bit
    this.#names.push(name)
    this.#keys.push(key)
    this.#values.push(value)
    return this
  }

  prepend(name: string, value: string): this {
    const { key, bit } = named(name)
    this.#repeated |= this.#present & bit
    this.#present |= bit
    this.#names.unshift(name)
    this.#keys.unshift(key)
    this.#values.unshift(value)
    this.#readings.length = 0
    return this
  }

  /** Replaces all lines of `name` by one. */
  set(name: string, value: string): this {
    const at = this.#find(name)
    if (at < 0) return this.append(name, value)
    const { key, bit } = named(name)
    this.#removeFrom(at + 1, key)
    this.#repeated &= ~bit
    return this.#replace(at, name, value)
  }

  /** Replaces the first line of `name` and leaves the others; appends when there is none. */
  setFirst(name: string, value: string): this {
    const at = this.#find(name)
    return at < 0 ? this.append(name, value) : this.#replace(at, name, value)
  }

  /** Takes the first line of `name` away and leaves the others. */
  deleteFirst(name: string): this {
    const at = this.#find(name)
    if (at < 0) return this
    const { key, bit } = named(name)
    this.#names.splice(at, 1)
    this.#keys.splice(at, 1)
    this.#values.splice(at, 1)
    this.#readings.length = 0
    const next = this.#keys.indexOf(key)
    if (next < 0) this.#present &= ~bit
    if (next < 0 || this.#keys.indexOf(key, next + 1) < 0) this.#repeated &= ~bit
    return this
  }

  delete(name: string): this {
    const { key, bit } = named(name)
    this.#removeFrom(0, key)
    this.#present &= ~bit
    this.#repeated &= ~bit
    return this
  }

  *[Symbol.iterator](): IterableIterator<readonly [name: string, value: string]> {
    for (let index = 0; index < this.#names.length; index++) yield [this.#names[index] as string, this.#values[index] as string]
  }

  /** Calls `visit` for each line in order: what iterating does, without an object for each line. */
  forEach(visit: (name: string, value: string) => void): void {
    for (let index = 0; index < this.#names.length; index++) visit(this.#names[index] as string, this.#values[index] as string)
  }

  get size(): number {
    return this.#names.length
  }

  /** Index of the first line of `name`, or -1. */
  #find(name: string): number {
    const { key, bit } = named(name)
    return bit !== 0 && (this.#present & bit) === 0 ? -1 : this.#keys.indexOf(key)
  }

  #replace(at: number, name: string, value: string): this {
    this.#names[at] = name
    this.#values[at] = value
    this.#readings[at] = undefined
    return this
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
    this.#readings.length = 0
  }
}

/** What the value of a line was read as, and by whom. */
interface Reading {
  readonly parse: (value: string) => unknown
  readonly result: unknown
}

/** A canonical name; the first usual ones have a bit of their own, all others none. */
export interface Named {
  readonly key: string
  readonly bit: number
}

function named(name: string): Named {
  const known = KNOWN.get(name)
  if (known !== undefined) return known
  const key = canonical(name)
  return KNOWN.get(key) ?? { key, bit: 0 }
}

/** Bits of usual names, for `hasAll` and `repeatsOneOf`. */
export function bitsOf(names: readonly string[]): number {
  return names.reduce((bits, name) => bits | named(name).bit, 0)
}

/** A usual spelling with what it means. */
export interface Spelling extends Named {
  readonly name: string
}

/** The usual spelling that is `text[from, to)`, found without cutting it out; undefined for all others. */
export function usualSpelling(text: string, from: number, to: number): Spelling | undefined {
  const candidates = SPELLINGS[slotOf(to - from, text.charCodeAt(from))]
  if (candidates === undefined) return undefined
  for (const spelling of candidates) if (stands(spelling.name, text, from, to)) return spelling
  return undefined
}

function stands(name: string, text: string, from: number, to: number): boolean {
  if (name.length !== to - from) return false
  for (let index = 0; index < name.length; index++) if (name.charCodeAt(index) !== text.charCodeAt(from + index)) return false
  return true
}

/** Length and first letter without its case tell nearly all usual names apart. */
function slotOf(length: number, first: number): number {
  return ((length & 31) << 5) | (first & 31)
}

/** A usual name, and how its line begins: `CRLF name ": "`. */
interface Usual extends Named {
  readonly prefix: string
}

export function usualName(name: string): Usual | undefined {
  return KNOWN.get(name)
}

/** Whether a name is one of the usual spellings, and so is surely a token. */
export function isUsual(name: string): boolean {
  return KNOWN.has(name)
}

/** Lower-case long name of a header field; expands the compact forms. Usual names are found faster by `usualName`. */
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

/** Header fields that are asked for in every message or stand in many. */
const USUAL = [
  ...['Via', 'From', 'To', 'Call-ID', 'CSeq', 'Contact', 'Max-Forwards', 'Route', 'Record-Route', 'Content-Type', 'Content-Length'],
  ...['Allow', 'Supported', 'Require', 'Accept-Contact', 'Session-Expires', 'Min-SE', 'Expires', 'Content-Disposition'],
  ...['Content-Encoding', 'Path', 'Reason', 'Timestamp', 'Retry-After', 'Event', 'Subscription-State', 'RAck', 'RSeq'],
  ...['Accept', 'User-Agent', 'Server', 'Authorization', 'P-Preferred-Service', 'P-Asserted-Identity', 'Conversation-ID'],
  ...['Contribution-ID', 'Subject', 'Date', 'Allow-Events', 'Warning', 'MIME-Version', 'WWW-Authenticate', 'Proxy-Authenticate'],
  ...['Proxy-Authorization', 'Service-Route', 'P-Asserted-Service', 'Proxy-Require', 'Unsupported', 'Min-Expires', 'Privacy'],
]

/** Bits of an integer that the engine keeps without an object. */
const BITS = 30

/** Usual spellings, so that most look-ups need no lower-casing. */
const KNOWN: ReadonlyMap<string, Usual> = new Map(
  USUAL.flatMap((name, index) => {
    const key = name.toLowerCase()
    const bit = index < BITS ? 1 << index : 0
    return [name, key].map(spelling => [spelling, { key, bit, prefix: `\r\n${spelling}: ` }] as const)
  }),
)

/** Usual spellings and compact forms by `slotOf`. */
const SPELLINGS = new Array<Spelling[] | undefined>(1024).fill(undefined)
for (const name of [...KNOWN.keys(), ...COMPACT.keys()]) {
  const slot = slotOf(name.length, name.charCodeAt(0))
  SPELLINGS[slot] = [...(SPELLINGS[slot] ?? []), { name, ...named(name) }]
}
