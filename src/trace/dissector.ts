import type { Clause } from './clause.js'
import type { DissectedNode, GrammarKind, Span } from './dissection.js'
import { MAX_NODES, MAX_SPANS } from './limits.js'

interface OpenNode extends DissectedNode {
  value: string
  to: number
  readonly children: OpenNode[]
}

/** Collects the spans and nodes of a text while it is read from left to right. */
export class Dissector {
  readonly spans: Span[] = []
  readonly nodes: OpenNode[] = []
  readonly #open: OpenNode[] = []
  #count = 0

  constructor(readonly text: string) {}

  /** Marks `[from, to)`; an empty piece is none. */
  mark(from: number, to: number, kind: GrammarKind): void {
    if (to > from && this.spans.length < MAX_SPANS) this.spans.push({ from, to, kind })
  }

  /** Adds a node below the one that is open. */
  leaf(label: string, value: string, from: number, to: number, clause?: Clause): void {
    this.enter(label, value, from, to, clause)
    this.leave(to)
  }

  /** Opens a node; what comes until `leave` are its parts. */
  enter(label: string, value: string, from: number, to: number, clause?: Clause): void {
    const node: OpenNode = { label, value, from, to, clause, children: [] }
    const siblings = this.#open.at(-1)?.children ?? this.nodes
    if (this.#count++ < MAX_NODES) siblings.push(node)
    this.#open.push(node)
  }

  /** Closes the open node at `to`. */
  leave(to: number): void {
    const node = this.#open.pop() as OpenNode
    node.to = Math.max(node.to, to)
  }

  /** Begins of the lines of `[from, to)` with their ends, without CR LF. */
  *lines(from: number, to: number): Generator<{ readonly from: number; readonly to: number; readonly next: number }> {
    for (let at = from; at < to; ) {
      const feed = this.text.indexOf('\n', at)
      const end = feed < 0 || feed >= to ? to : feed
      const next = Math.min(to, end + 1)
      yield { from: at, to: end > at && end < to && this.text[end - 1] === '\r' ? end - 1 : end, next }
      at = next
    }
  }
}
