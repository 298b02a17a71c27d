import type { WantedFile as WantedLine } from '../cpm/index.js'
import { CpmftError } from './errors.js'
import { type KnownPart, ReceivedFileView, type ReceivingOptions, ReceivingTransfer } from './receiving-transfer.js'
import { asError, outcomeOfHost } from './sending-transfer.js'
import type { FileEvent, SessionRunner } from './session-runner.js'

export interface PulledTransferOptions extends ReceivingOptions {
  readonly wanted: readonly { readonly selector: WantedLine['selector']; readonly part?: KnownPart; readonly index: number }[]
  /** Asks for the files in a session of the peer. */
  readonly join: (files: readonly WantedLine[], transfer: PulledTransfer) => Promise<void>
}

/** Octets that came before there was a place for them. */
type Early = { readonly position: number; readonly bytes: Uint8Array }[]

/** Files we asked for (OA-4, OA-11): what they are is known only from the answer. */
export class PulledTransfer extends ReceivingTransfer {
  readonly #options: PulledTransferOptions
  readonly #preparing = new Map<ReceivedFileView, { readonly early: Early; readonly done: Promise<void> }>()

  constructor(options: PulledTransferOptions) {
    super(
      options,
      options.wanted.map(({ selector, part, index }) => {
        const view = new ReceivedFileView(`${options.label}/in-${index + 1}`, selector, options.host, index)
        if (part !== undefined) view.goOn(part)
        return view
      }),
    )
    this.#options = options
    queueMicrotask(() => options.looseEnds.add(this.#start()))
  }

  wants(fileId: string): boolean {
    return this.fileOf(fileId)?.over === false
  }

  attachAll(runner: SessionRunner, lines: readonly WantedLine[]): void {
    for (const { fileId } of lines) {
      const view = this.fileOf(fileId)
      if (view !== undefined) view.runner = runner
      runner.listen(fileId, this)
    }
  }

  ringing(): void {
    this.emit({ type: 'ringing' })
  }

  override onFileEvent(event: FileEvent): void {
    if (event.type === 'described') this.#describe(event)
    else {
      if (event.type === 'octets' || event.type === 'complete') this.#takeName(event.fileId, event.fileName)
      super.onFileEvent(event)
    }
  }

  protected override octets(file: ReceivedFileView, position: number, bytes: Uint8Array): void {
    if (file.sink !== undefined) return super.octets(file, position, bytes)
    if (file.over) return
    // The connection is held meanwhile: no more than what it had read comes here
    const { early, done } = this.#place(file)
    early.push({ position, bytes: bytes.slice() })
    this.#options.msrp.hold(done)
  }

  /** Whoever asked has been told nothing but no (OA-35). */
  protected override end(file: ReceivedFileView, state: ReceivedFileView['state'], error: CpmftError | undefined): void {
    super.end(file, state, error?.code === 'declined' ? new CpmftError('not-shared', undefined, error.status) : error)
  }

  protected override async save(file: ReceivedFileView, contentType: string): Promise<void> {
    await this.#place(file).done
    await super.save(file, contentType)
  }

  async #start(): Promise<void> {
    const lines = this.files
      .filter(({ over }) => !over)
      .map(({ fileId, selector, from, size }) => ({
        fileId,
        selector,
        ...(from === undefined || from.length === 0 ? {} : { range: { start: from.length + 1, stop: size } }),
      }))
    if (lines.length === 0) return
    try {
      await this.#options.join(lines, this)
    } catch (error) {
      for (const file of this.files) this.end(file, 'failed', asError(error))
    }
  }

  /** What the answer says counts from here on (OA-11), as far as we did not ask for something definite. */
  #describe({ fileId, selector, range }: FileEvent & { type: 'described' }): void {
    const file = this.fileOf(fileId)
    if (file === undefined) return
    const { name, type, size, hashes } = file.selector
    const hash = hashes.length > 0 ? hashes : selector.hashes
    const known = { name: name ?? selector.name, type: type ?? selector.type, size: size ?? selector.size }
    file.selector = { ...Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined)), hashes: hash }
    const shown = new ReceivedFileView(fileId, file.selector, file.host, file.index)
    file.name = shown.name
    file.type = shown.type
    file.size = shown.size
    file.sha1 = shown.sha1
    // The whole file comes although a part was asked for
    if (file.from !== undefined && (range === undefined || range.start === 1)) {
      file.from = undefined
      file.resumedAt = 0
      file.bytes = 0
    }
    this.entry.file(file)
  }

  /** The answer may leave the name to the message itself (OA-23). */
  #takeName(fileId: string, name: string | undefined): void {
    const file = this.fileOf(fileId)
    if (name === undefined || file === undefined || file.selector.name !== undefined) return
    file.selector = { ...file.selector, name }
    file.name = name
  }

  /** The sink of a file, made when its first octets come. */
  #place(file: ReceivedFileView): { readonly early: Early; readonly done: Promise<void> } {
    const known = this.#preparing.get(file)
    if (known !== undefined) return known
    const early: Early = []
    const place = { early, done: this.#makePlace(file, early) }
    this.#preparing.set(file, place)
    return place
  }

  async #makePlace(file: ReceivedFileView, early: Early): Promise<void> {
    try {
      if (file.sink === undefined) await this.prepare(file)
      for (const { position, bytes } of early.splice(0)) super.octets(file, position, bytes)
    } catch (error) {
      early.splice(0)
      const { runner, fileId } = file
      if (runner === undefined) this.end(file, 'failed', new CpmftError('internal'))
      else runner.command({ name: 'abort', fileId, outcome: outcomeOfHost(error) })
    }
  }
}
