/** `o=alice 3923820001 2 IN IP4 192.0.2.10` (RFC 8866 §5.2) */
export interface Origin {
  readonly username: string
  readonly sessionId: string
  readonly sessionVersion: string
  readonly addressType: 'IP4' | 'IP6'
  readonly address: string
}

/** `c=IN IP4 192.0.2.10` (RFC 8866 §5.7) */
export interface ConnectionData {
  readonly addressType: 'IP4' | 'IP6'
  readonly address: string
}

/** `a=name` or `a=name:value`; the value is one character per byte. */
export interface Attribute {
  readonly name: string
  readonly value?: string
}

/** `v=0 o= s= [i= u= e= p= c= b=] t= [r= z= k=] a=* m=*` (RFC 8866 §9). Texts are one character per byte (Latin-1 view of the UTF-8). */
export interface SessionDescription {
  readonly origin: Origin
  readonly name: string
  readonly information?: string
  readonly connection?: ConnectionData
  /** `t=`, `r=`, `z=` lines as they came, without line ends: usually `['t=0 0']`. */
  readonly timing: readonly string[]
  /** `u= e= p= b= k=` lines as they came, kept for re-encoding. */
  readonly others?: readonly string[]
  readonly attributes: readonly Attribute[]
  readonly media: readonly MediaDescription[]
}

/** `m=message 2855 TCP/MSRP *` and the lines below it (RFC 8866 §5.14) */
export interface MediaDescription {
  readonly media: string
  readonly port: number
  /** `<port>/<count>` when a count was given */
  readonly portCount?: number
  readonly protocol: string
  readonly formats: readonly string[]
  readonly information?: string
  readonly connections?: readonly ConnectionData[]
  /** `b= k=` lines as they came, kept for re-encoding. */
  readonly others?: readonly string[]
  readonly attributes: readonly Attribute[]
}
