import type { MessageEntry } from './entry.js'
import type { Arrow, LadderMessage } from './ladder.js'
import { addressNode, type Lanes, partyNode } from './lanes.js'

/** A message whose other record may still come. */
export interface GrowingMessage extends LadderMessage {
  twin: MessageEntry | undefined
  method: string | undefined
}

/** The two ends of a message, as names of `Lanes`. */
export interface Ends {
  readonly source: string
  readonly target: string
}

export function endsOf({ entry, twin }: LadderMessage): Ends {
  const near = partyNode(entry.party)
  const far = twin === undefined ? addressNode(entry.remote) : partyNode(twin.party)
  return entry.direction === 'out' ? { source: near, target: far } : { source: far, target: near }
}

/** An arrow that more messages may join, and whose ends may become better known. */
export class LadderArrow implements Arrow {
  readonly kind = 'arrow'
  readonly messages: LadderMessage[]
  readonly #lanes: Lanes
  #ends: { readonly twin: MessageEntry | undefined; readonly ends: Ends } | undefined

  constructor(
    message: LadderMessage,
    lanes: Lanes,
    public label: string,
    readonly dialog: number | undefined,
    readonly undecodable: boolean,
  ) {
    this.messages = [message]
    this.#lanes = lanes
  }

  get id(): number {
    return this.#first.id
  }

  get time(): number {
    return this.#first.entry.time
  }

  get protocol(): 'sip' | 'msrp' {
    return this.#first.entry.protocol
  }

  get ends(): Ends {
    const first = this.#first
    if (this.#ends === undefined || this.#ends.twin !== first.twin) this.#ends = { twin: first.twin, ends: endsOf(first) }
    return this.#ends.ends
  }

  get from(): number {
    return this.#lanes.indexOf(this.ends.source)
  }

  get to(): number {
    return this.#lanes.indexOf(this.ends.target)
  }

  get entries(): readonly MessageEntry[] {
    return this.messages.flatMap(({ entry, twin }) => (twin === undefined ? [entry] : [entry, twin]))
  }

  get #first(): LadderMessage {
    return this.messages[0] as LadderMessage
  }
}
