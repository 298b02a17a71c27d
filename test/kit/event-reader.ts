import type { PageChange, PageState, TraceRecord, TransferView } from '../../src/web/protocol/index.js'

type Mutable = { -readonly [Name in keyof PageState]: PageState[Name] }

/** Reads `GET /api/events` as the page does, and keeps the state. */
export class EventReader {
  state!: Mutable
  readonly changes: PageChange[] = []
  readonly trace: TraceRecord[] = []
  readonly snapshots: string[] = []
  /** When each event with an id came. */
  readonly times: number[] = []
  lastId: string | undefined
  closing = false
  ended = false
  readonly #abort = new AbortController()
  #onChange = (): void => {}

  /** @param lastId what a page says that comes back */
  static async open(
    origin: string,
    token: string,
    options: { readonly lastId?: string; readonly trace?: number; readonly state?: PageState } = {},
  ) {
    const reader = new EventReader()
    if (options.state !== undefined) reader.state = { ...options.state }
    const response = await fetch(`${origin}/api/events${options.trace === undefined ? '' : `?trace=${options.trace}`}`, {
      headers: { authorization: `Bearer ${token}`, ...(options.lastId !== undefined && { 'last-event-id': options.lastId }) },
      signal: reader.#abort.signal,
    })
    if (response.status !== 200 || response.body === null) throw new Error(`events: ${response.status}`)
    void reader
      .#read(response.body)
      .catch(() => {})
      .finally(() => {
        reader.ended = true
        reader.#onChange()
      })
    if (options.lastId === undefined) await reader.until(() => reader.state !== undefined)
    return reader
  }

  /** Settles once `wanted` holds. */
  async until(wanted: (state: Mutable) => boolean, patience = 8000): Promise<void> {
    const end = performance.now() + patience
    while (!wanted(this.state)) {
      const left = end - performance.now()
      if (left <= 0) throw new Error(`it did not come: ${String(JSON.stringify(this.state)).slice(0, 2000)}`)
      await new Promise<void>(resolve => {
        const timer = setTimeout(resolve, left)
        this.#onChange = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }

  transfer(id: string): TransferView | undefined {
    return this.state.transfers.find(transfer => transfer.id === id)
  }

  close(): void {
    this.#abort.abort()
  }

  async #read(body: ReadableStream<Uint8Array>): Promise<void> {
    let text = ''
    for await (const piece of body.pipeThrough(new TextDecoderStream() as never) as unknown as AsyncIterable<string>) {
      text += piece
      for (let end = text.indexOf('\n\n'); end >= 0; end = text.indexOf('\n\n')) {
        this.#block(text.slice(0, end))
        text = text.slice(end + 2)
      }
      this.#onChange()
    }
  }

  #block(block: string): void {
    const field = (name: string) =>
      block
        .split('\n')
        .find(line => line.startsWith(`${name}: `))
        ?.slice(name.length + 2)
    const [event, id, data] = [field('event'), field('id'), field('data')]
    if (event === undefined || data === undefined) return
    const value = JSON.parse(data)
    if (id !== undefined) {
      this.lastId = id
      this.times.push(performance.now())
    }
    if (event === 'snapshot') {
      this.state = value
      this.snapshots.push(id ?? '')
    } else if (event === 'changes') for (const change of value as PageChange[]) this.#apply(change)
    else if (event === 'trace') this.trace.push(...value.entries)
    else if (event === 'closing') this.closing = true
  }

  #apply(change: PageChange): void {
    this.changes.push(change)
    const { state } = this
    if (change.type === 'transfer') state.transfers = [change.transfer, ...state.transfers.filter(({ id }) => id !== change.transfer.id)]
    else if (change.type === 'transfer-gone') state.transfers = state.transfers.filter(({ id }) => id !== change.id)
    else if (change.type === 'progress')
      state.transfers = state.transfers.map(transfer =>
        transfer.id !== change.id
          ? transfer
          : { ...transfer, files: transfer.files.map(file => ({ ...file, ...change.files.find(({ index }) => index === file.index) })) },
      )
    else if (change.type === 'offer') state.offers = [...state.offers, change.offer]
    else if (change.type === 'offer-gone') state.offers = state.offers.filter(({ id }) => id !== change.id)
    else if (change.type === 'registration') state.registration = change.registration
    else if (change.type === 'folder') state.folder = change.folder
    else if (change.type === 'tour') state.tour = change.tour
  }
}
