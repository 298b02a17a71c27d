/** What a notification told of a sent file (IMDN-3). */
export interface NoticeView {
  readonly transferId: string
  readonly index: number
  readonly name: string
  readonly peer: string
  readonly state: 'delivered' | 'displayed' | 'failed' | 'stored'
  readonly recipient: string | undefined
}

/** One line of a recording (`encodeEntry` of `cpmft/trace`), with its place in the order of arrival, from 1. */
export interface TraceRecord {
  readonly seq: number
  /** One JSON object, as in a file of `--trace`; `decodeEntry` reads it. */
  readonly line: string
}
