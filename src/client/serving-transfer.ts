import type { ServedFile } from '../cpm/index.js'
import type { SharedSource } from './share-list.js'
import { asError, type SendingOptions, SendingTransfer, SentFileView } from './sending-transfer.js'
import type { SessionRunner } from './session-runner.js'

/** A file of a share that a peer asked for. */
export class ServedFileView extends SentFileView {
  constructor(
    readonly served: ServedFile,
    readonly shared: SharedSource,
    index: number,
  ) {
    super({ name: shared.name, size: shared.size, type: shared.type, state: 'offered', sha1: shared.sha1 })
    this.fileId = served.fileId
    this.index = index
    this.path = shared.path
  }
}

export interface ServingTransferOptions extends SendingOptions {
  readonly runner: SessionRunner
  readonly files: readonly ServedFileView[]
}

/** Files that a peer gets from a share (OA-23). */
export class ServingTransfer extends SendingTransfer<ServedFileView> {
  readonly #runner: SessionRunner

  constructor(options: ServingTransferOptions) {
    super(options, [...options.files])
    this.#runner = options.runner
    this.entry.save(this.files)
  }

  /** Opens what is to be served. Gives what can be; the rest has failed. */
  async open(): Promise<readonly ServedFile[]> {
    const ready: ServedFile[] = []
    for (const file of this.files) {
      try {
        file.source = await file.shared.open()
        if (file.over) continue
        this.attach(file, this.#runner)
        ready.push(file.served)
      } catch (error) {
        this.end(file, 'failed', asError(error))
      }
    }
    return ready
  }
}
