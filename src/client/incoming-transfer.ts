import type { OfferedFileDescription } from '../cpm/index.js'
import { type KnownPart, ReceivedFileView, type ReceivingOptions, ReceivingTransfer } from './receiving-transfer.js'
import { asError } from './sending-transfer.js'
import type { SessionRunner } from './session-runner.js'

export interface IncomingTransferOptions extends ReceivingOptions {
  readonly runner: SessionRunner
  readonly chosen: readonly { readonly description: OfferedFileDescription; readonly part?: KnownPart | undefined }[]
  /** Place of a file in the record of the transfer. */
  readonly index: (order: number, part: KnownPart | undefined) => number
  /** Keeps room in the quota (SEC-4); undefined where there is none to be kept. Rejects with `CpmftError` `quota`. */
  readonly reserve: (file: ReceivedFileView) => Promise<void> | undefined
  /** Tells the session what was accepted; once, when there is a place for each. */
  readonly answer: (accepted: readonly string[]) => Promise<void>
}

/** Files the user accepted: prepared, received, verified, saved (RCV-10 to RCV-14). */
export class IncomingTransfer extends ReceivingTransfer {
  readonly #options: IncomingTransferOptions

  constructor(options: IncomingTransferOptions) {
    super(
      options,
      options.chosen.map(({ description, part }, index) => {
        const view = new ReceivedFileView(description.fileId, description.selector, options.host, options.index(index, part))
        view.id = description.transferId
        if (part !== undefined) view.goOn(part)
        return view
      }),
    )
    this.#options = options
    for (const file of this.files) options.runner.listen(file.fileId, this)
    // A turn later, so that the caller can ask for a stream first
    queueMicrotask(() => options.looseEnds.add(this.#start()))
  }

  async #start(): Promise<void> {
    for (const file of this.files) {
      try {
        if (file.over) continue
        const reserved = this.#options.reserve(file)
        if (reserved !== undefined) await reserved
        await this.prepare(file)
      } catch (error) {
        this.end(file, 'failed', asError(error))
      }
    }
    const left = this.files.filter(({ over }) => !over)
    for (const file of left) file.runner = this.#options.runner
    // What could not be prepared is declined: the sender sees port 0 (RCV-10)
    await this.#options.answer(left.map(({ fileId }) => fileId))
    // Nothing was chosen: there is nothing to wait for
    this.settle()
  }
}
