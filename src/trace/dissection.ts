import type { Clause } from './clause.js'

/** What a piece of a message is, for its colour. */
export type GrammarKind =
  | 'method'
  | 'status'
  | 'uri'
  | 'version'
  | 'name'
  | 'punctuation'
  | 'parameter'
  | 'number'
  | 'string'
  | 'tag'
  | 'text'
  | 'boundary'
  | 'bad'

/** `text.slice(from, to)` is of that kind. */
export interface Span {
  readonly from: number
  readonly to: number
  readonly kind: GrammarKind
}

/** A part of a message and its own parts. */
export interface DissectedNode {
  /** What it is: `Via`, `branch`, `a=file-selector`, `<imdn>`. One character for each octet, like the message. */
  readonly label: string
  /** What it says, without its name; '' when only its parts say something. */
  readonly value: string
  /** Where it stands in the text. */
  readonly from: number
  readonly to: number
  /** The rule that applies. */
  readonly clause: Clause | undefined
  readonly children: readonly DissectedNode[]
}

/** A message taken apart. */
export interface Dissection {
  /** As recorded: one character for each octet. */
  readonly text: string
  /** In order, none over another; what lies between them has no kind. */
  readonly spans: readonly Span[]
  /** Start line, headers, body. */
  readonly nodes: readonly DissectedNode[]
  /** Its start line is neither SIP nor MSRP. */
  readonly undecodable: boolean
}
