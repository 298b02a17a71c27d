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
  take(key: string, now: number): number {
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
  wait(key: string, now: number): number {
    const bucket = this.#filled(key, now)
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
