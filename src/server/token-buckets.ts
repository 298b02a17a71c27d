import { isIpv6 } from '../sip/index.js'

/** What one address may do: `burst` at once, `rate` a second in the long run. */
export interface Allowance {
  readonly rate: number
  readonly burst: number
}

interface Bucket {
  tokens: number
  at: number
}

/** Counts what addresses do, with a memory that does not grow: whoever was quiet longest is forgotten first. */
export class TokenBuckets {
  readonly #buckets = new Map<string, Bucket>()

  /** @param most addresses remembered */
  constructor(
    private readonly allowance: Allowance,
    private readonly most: number,
  ) {}

  /** Takes one token. @returns 0, or the milliseconds until there is one; @param now milliseconds of a clock that never runs backwards */
  take(address: string, now: number): number {
    const key = networkOf(address)
    const bucket = this.#filled(key, now)
    this.#buckets.delete(key)
    this.#buckets.set(key, bucket)
    if (bucket.tokens < 1) return this.#wait(bucket)
    bucket.tokens--
    for (const oldest of this.#buckets.keys()) {
      if (this.#buckets.size <= this.most) break
      this.#buckets.delete(oldest)
    }
    return 0
  }

  /** As `take`, but takes nothing. */
  wait(address: string, now: number): number {
    const bucket = this.#filled(networkOf(address), now)
    return bucket.tokens < 1 ? this.#wait(bucket) : 0
  }

  #filled(key: string, now: number): Bucket {
    const { rate, burst } = this.allowance
    const bucket = this.#buckets.get(key)
    if (bucket === undefined) return { tokens: burst, at: now }
    bucket.tokens = Math.min(burst, bucket.tokens + ((now - bucket.at) * rate) / 1000)
    bucket.at = now
    return bucket
  }

  #wait({ tokens }: Bucket): number {
    return ((1 - tokens) * 1000) / this.allowance.rate
  }
}

/** Who has one IPv6 address has all that share its first 64 bits (RFC 4291 §2.5.4): `2001:db8::1` -> `2001:db8:0:0`. */
export function networkOf(address: string): string {
  if (!isIpv6(address)) return address
  const [head = '', tail] = address.toLowerCase().split('::')
  const before = head === '' ? [] : head.split(':')
  const after = tail === undefined || tail === '' ? [] : tail.split(':')
  // an IPv4 address at the end stands for two groups
  const missing = tail === undefined ? 0 : 8 - before.length - after.length - (address.includes('.') ? 1 : 0)
  const groups = [...before, ...Array.from({ length: Math.max(0, missing) }, () => '0'), ...after]
  // ::ffff:192.0.2.1 is an IPv4 address
  if (address.includes('.')) return groups.at(-1) as string
  return groups
    .slice(0, 4)
    .map(group => Number.parseInt(group, 16).toString(16))
    .join(':')
}
