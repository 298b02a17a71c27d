import type { FileState, RecipientState, TransferFile } from './api.js'
import type { CpmftError } from './errors.js'
import type { OutgoingTransfer } from './outgoing-transfer.js'
import type { LiveRecipient } from './recipient-board.js'

export interface SingleSendsOptions {
  readonly recipients: readonly LiveRecipient[]
  /** Places of the files in the transfer that these sends are part of. */
  readonly places: readonly number[]
  readonly start: (uri: string) => OutgoingTransfer
  readonly onRecipient: (recipient: LiveRecipient, place: number, state: RecipientState, bytes: number, error?: CpmftError) => void
  /** The file came to its end with everybody. */
  readonly onFile: (place: number, state: FileState, error: CpmftError | undefined) => void
  readonly onRinging: () => void
}

/** One transfer to each recipient where there is no group service (GRP-2), told as one. */
export class SingleSends {
  readonly #options: SingleSendsOptions
  readonly #transfers: readonly OutgoingTransfer[]

  constructor(options: SingleSendsOptions) {
    this.#options = options
    const sends = options.recipients.map(recipient => [recipient, options.start(recipient.uri)] as const)
    this.#transfers = sends.map(([, transfer]) => transfer)
    void Promise.all(sends.map(([recipient, transfer]) => this.#follow(recipient, transfer))).then(() => this.#end())
  }

  abort(): void {
    for (const transfer of this.#transfers) transfer.abort()
  }

  async #follow(recipient: LiveRecipient, transfer: OutgoingTransfer): Promise<void> {
    const { places, onRecipient, onRinging } = this.#options
    for await (const event of transfer) {
      if (event.type === 'ringing') {
        onRinging()
        for (const place of places) onRecipient(recipient, place, 'ringing', 0)
      } else if (event.type === 'progress' || event.type === 'state') {
        const at = transfer.files.findIndex(file => file === event.file)
        const place = places[at]
        const state = stateOf(event.file)
        if (place !== undefined && state !== undefined) onRecipient(recipient, place, state, event.file.bytes, event.file.error)
      }
    }
  }

  /** A file that one recipient has at least is done; what the others have is told of themselves. */
  #end(): void {
    this.#options.places.forEach((place, at) => {
      const files = this.#transfers.flatMap(({ files }) => files[at] ?? [])
      const best = files.find(({ state }) => state === 'done') ?? files.find(({ state }) => state === 'declined') ?? files[0]
      if (best !== undefined) this.#options.onFile(place, best.state, best.error)
    })
  }
}

/** Errors of a session with one person that mean that it was not there. */
const NOT_THERE: ReadonlySet<string> = new Set(['unreachable', 'busy', 'unknown-recipient', 'connection-refused', 'connection-timeout'])

function stateOf({ state, error }: TransferFile): RecipientState | undefined {
  switch (state) {
    case 'done':
      return 'delivered'
    case 'declined':
      return 'declined'
    case 'failed':
    case 'cancelled':
      return NOT_THERE.has(error?.code ?? '') ? 'unreachable' : 'failed'
    case 'hashing':
    case 'offered':
      return undefined
    default:
      return 'sending'
  }
}
