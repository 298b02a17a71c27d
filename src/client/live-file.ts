import type { FilePhase, Outcome } from '../cpm/index.js'
import type { FileState, TransferFile } from './api.js'
import { CpmftError } from './errors.js'
import type { SessionRunner } from './session-runner.js'
import type { StoredFile } from './store.js'

/** One file of a transfer: the live view behind `TransferFile`. */
export class LiveFile implements TransferFile {
  id = ''
  name: string
  size: number | undefined
  type: string
  sha1: string | undefined
  state: FileState
  bytes = 0
  confirmed = true
  declare stored?: boolean
  path: string | undefined
  error: CpmftError | undefined
  resumedAt = 0
  /** Place in the record of the transfer. */
  index = 0
  /** Octets of it that the record says are here. */
  recorded = 0
  /** The session's name for it. */
  fileId = ''
  runner: SessionRunner | undefined
  /** The state it had before it was paused. */
  running: FileState | undefined
  /** Who wants it paused; it goes on when nobody does. */
  readonly heldBy = new Set<'us' | 'peer'>()
  part: string | undefined
  modified: number | undefined
  imdn: string | undefined
  declare sender?: { readonly uri: string; readonly displayName: string | undefined }
  notice: StoredFile['notice']
  /** Settles once it is over, and what is left of it is on disk and in the record. */
  readonly ended: Promise<void>
  onEnded: () => void = () => undefined

  constructor(init: { name: string; size: number | undefined; type: string; state: FileState; sha1?: string | undefined; id?: string }) {
    this.name = init.name
    this.size = init.size
    this.type = init.type
    this.state = init.state
    this.sha1 = init.sha1
    this.id = init.id ?? ''
    this.ended = new Promise(resolve => {
      this.onEnded = resolve
    })
  }

  get over(): boolean {
    return this.state === 'done' || this.state === 'failed' || this.state === 'declined' || this.state === 'cancelled'
  }
}

/** The word for people of a session's file state; undefined for steps that people do not see. */
export function stateOf(phase: FilePhase, outcome: Outcome | undefined): FileState | undefined {
  switch (phase) {
    case 'failed':
    case 'aborted':
      return outcome?.code === 'cancelled' ? 'cancelled' : 'failed'
    case 'connecting':
      return 'accepted'
    case 'awaiting-confirmation':
      return 'verifying'
    case 'completed':
      return 'done'
    case 'queued':
    case 'aborting':
    case 'closed':
      return undefined
    default:
      return phase
  }
}

export function errorOf(outcome: Outcome): CpmftError {
  return new CpmftError(outcome.code, outcome.detail, outcome.status)
}
