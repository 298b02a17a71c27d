import { ChunkRuns } from './chunk-runs.js'
import type { StateEntry } from './entry.js'
import type { LadderRow, StateMark } from './ladder.js'
import { endsOf, type GrowingMessage, LadderArrow } from './ladder-arrow.js'
import { addressNode, type Lanes, partyNode } from './lanes.js'
import { headerOf, type MessageHead } from './message-head.js'
import { mediaPorts, sipLabel } from './message-label.js'
import { visibleText } from './visible-text.js'

/** Makes the rows of a ladder from messages and states in their order. */
export class LadderRows {
  readonly rows: LadderRow[] = []
  readonly #runs = new ChunkRuns()
  /** Call-ID, or `host:port/session` of an SDP path -> number of the dialog. */
  readonly #dialogs = new Map<string, number>()
  readonly #former: ReadonlyMap<string, number>
  #lastDialog: number
  /** Call-ID and CSeq -> ports of the offer. */
  readonly #offers = new Map<string, readonly number[]>()
  /** MSRP transaction -> its method (RFC 4975 §7.2: an answer names only the transaction). */
  readonly #methods = new Map<string, string>()
  #unsettled = false

  /** @param before numbers of dialogs to go on with */
  constructor(before: { readonly dialogs: ReadonlyMap<string, number>; readonly last: number } = { dialogs: new Map(), last: 0 }) {
    this.#former = before.dialogs
    this.#lastDialog = before.last
  }

  /** An end turned out to be another one than what was decided with. */
  get unsettled(): boolean {
    return this.#unsettled
  }

  /** Without rows; dialogs that go on will keep their numbers. */
  heir(): LadderRows {
    return new LadderRows({ dialogs: this.#dialogs, last: this.#lastDialog })
  }

  state(id: number, entry: StateEntry, lanes: Lanes): void {
    const node = partyNode(entry.party)
    lanes.use(node)
    const subject = entry.machine === 'file' ? `${entry.subject} ` : ''
    const text = visibleText(`${subject}${entry.state}`)
    const mark: StateMark = {
      kind: 'state',
      id,
      time: entry.time,
      get lane() {
        return lanes.indexOf(node)
      },
      text,
      entry,
    }
    this.rows.push(mark)
  }

  message(message: GrowingMessage, head: MessageHead | undefined, lanes: Lanes): void {
    const { source, target } = endsOf(message)
    lanes.use(source)
    lanes.use(target)
    if (head === undefined) {
      this.rows.push(new LadderArrow(message, lanes, 'undecodable message', undefined, true))
    } else if (message.entry.protocol === 'msrp') {
      message.method = this.#msrpMethod(head)
      const arrow = this.#runs.add(message, head, this.#msrpDialog(head), lanes)
      if (arrow !== undefined) this.rows.push(arrow)
    } else {
      message.method = head.method ?? headerOf(head, 'cseq')?.split(' ').at(-1)
      this.#runs.interrupt(source, target, lanes)
      const dialog = this.#sipDialog(head)
      this.rows.push(new LadderArrow(message, lanes, this.#sipLabel(head), dialog, false))
    }
  }

  /** The other record of a message came: now it is known who is at the far end. */
  twinCame({ entry, twin }: GrowingMessage, lanes: Lanes): void {
    const far = partyNode(twin?.party as string)
    lanes.use(far)
    if (!lanes.same(far, addressNode(entry.remote))) this.#unsettled = true
  }

  #sipLabel(head: MessageHead): string {
    const key = `${headerOf(head, 'call-id')} ${headerOf(head, 'cseq')}`
    if (head.method === undefined) return sipLabel(head, this.#offers.get(key))
    const ports = mediaPorts(head)
    if (ports.length > 0) this.#offers.set(key, ports)
    return sipLabel(head)
  }

  #sipDialog(head: MessageHead): number | undefined {
    const id = headerOf(head, 'call-id')
    if (id === undefined) return undefined
    const number = this.#numberOf(id) ?? (head.method === 'INVITE' ? ++this.#lastDialog : undefined)
    if (number === undefined) return undefined
    this.#dialogs.set(id, number)
    // RFC 4975 §8.2: the last URI of the path is the end itself
    for (const line of head.body.split('\n'))
      if (line.startsWith('a=path:')) this.#dialogs.set(sessionKey(line.slice('a=path:'.length)), number)
    return number
  }

  #msrpDialog(head: MessageHead): number | undefined {
    for (const name of ['from-path', 'to-path']) {
      const path = headerOf(head, name)
      const key = path === undefined ? undefined : sessionKey(path)
      const number = key === undefined ? undefined : this.#numberOf(key)
      if (number === undefined) continue
      this.#dialogs.set(key as string, number)
      return number
    }
    return undefined
  }

  #numberOf(key: string): number | undefined {
    return this.#dialogs.get(key) ?? this.#former.get(key)
  }

  #msrpMethod(head: MessageHead): string | undefined {
    if (head.method === undefined) return this.#methods.get(head.transaction)
    this.#methods.set(head.transaction, head.method)
    return head.method
  }
}

/** `msrp://relay:1/a;tcp msrp://host:2855/session;tcp` -> `//host:2855/session`; no Call-ID looks like that in practice */
function sessionKey(path: string): string {
  const uri = path.trim().split(' ').at(-1) as string
  const colon = uri.indexOf(':')
  const semicolon = uri.indexOf(';')
  return uri.slice(colon + 1, semicolon < 0 ? uri.length : semicolon)
}
