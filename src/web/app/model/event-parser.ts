/** One event of a stream: its name, its data, and the id that counts from then on. */
export interface ServerEvent {
  readonly event: string
  readonly data: string
  /** Undefined: the last one still counts. */
  readonly id: string | undefined
}

/** Characters of one event; a snapshot of many transfers is the largest. More is not from our server. */
export const LONGEST_EVENT = 64 * 1024 * 1024

/**
 * Reads a stream of events as the HTML standard defines it ("Server-sent events"), piece by piece.
 * ```
 * id: 4f2a-17
 * event: changes
 * data: [{"type":"people"}]
 *
 * ```
 */
export class EventParser {
  #rest = ''
  #length = 0
  #event = ''
  #data: string[] = []
  #id: string | undefined

  /** Takes the next piece of text; returns the events that it completes. Throws `RangeError` when one has no end. */
  push(text: string): readonly ServerEvent[] {
    const events: ServerEvent[] = []
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop() as string
    for (const line of lines) {
      const event = this.#line(line.endsWith('\r') ? line.slice(0, -1) : line)
      if (event !== undefined) events.push(event)
    }
    if (this.#length + this.#rest.length > LONGEST_EVENT) throw new RangeError('an event without end')
    return events
  }

  #line(line: string): ServerEvent | undefined {
    if (line === '') return this.#dispatch()
    const colon = line.indexOf(':')
    if (colon === 0) return undefined
    const field = colon < 0 ? line : line.slice(0, colon)
    const rest = colon < 0 ? '' : line.slice(colon + 1)
    const value = rest.startsWith(' ') ? rest.slice(1) : rest
    this.#length += line.length
    if (field === 'data') this.#data.push(value)
    else if (field === 'event') this.#event = value
    else if (field === 'id' && !value.includes('\0')) this.#id = value
    return undefined
  }

  #dispatch(): ServerEvent | undefined {
    const event = { event: this.#event === '' ? 'message' : this.#event, data: this.#data.join('\n'), id: this.#id }
    const isEmpty = this.#data.length === 0
    this.#event = ''
    this.#data = []
    this.#id = undefined
    this.#length = 0
    return isEmpty ? undefined : event
  }
}
