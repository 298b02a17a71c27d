/** One thing that happened, as `--trace FILE` records it: one JSON object a line, binary text as Latin-1. */
export type TraceEntry = MessageEntry | StateEntry

/** A SIP or MSRP message that was sent or received. */
export interface MessageEntry {
  readonly v: 1
  readonly kind: 'message'
  /** Wall clock, milliseconds since 1970. */
  readonly time: number
  readonly protocol: 'sip' | 'msrp'
  readonly direction: 'in' | 'out'
  readonly transport: 'udp' | 'tcp' | 'tls' | 'ws' | 'wss'
  /** Name of the lane that recorded it: 'alice'. */
  readonly party: string
  /** `host:port` of our end and of the peer's end. */
  readonly local: string
  readonly remote: string
  /** SIP: the whole message. MSRP: start line and headers only; file bytes are never recorded (SEC-9). One character per byte. */
  readonly text: string
  /** MSRP body octets that followed the head. */
  readonly bodyLength: number
  /** MSRP continuation flag of the end-line. */
  readonly flag?: string
}

/** A state change of one of our machines, shown on its lane. */
export interface StateEntry {
  readonly v: 1
  readonly kind: 'state'
  readonly time: number
  readonly party: string
  readonly machine: 'session' | 'file' | 'registration'
  /** Name of the thing: file name, or peer. */
  readonly subject: string
  readonly state: string
}
