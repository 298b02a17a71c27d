import { SILENT_QUESTION, SILENT_TRANSFER } from './limits.js'
import type { StoredFile, StoredTransfer } from './store.js'

/** States in which octets flow, so that the record moves on several times a second. */
const FLOWING: ReadonlySet<string> = new Set(['sending', 'receiving'])
/** States in which nothing more happens, and those in which somebody may take his time. */
const OVER: ReadonlySet<string> = new Set(['done', 'failed', 'declined', 'cancelled'])

/**
 * The record as people should see it: a file that was under way when its process died says so for ever; after a silence it is `interrupted`.
 * @param now wall clock, milliseconds
 */
export function withInterrupted(transfer: StoredTransfer, now: number): StoredTransfer {
  if (transfer.ended !== undefined) return transfer
  return { ...transfer, files: transfer.files.map(file => (isSilent(file, now) ? { ...file, state: 'interrupted' } : file)) }
}

function isSilent({ state, updated }: StoredFile, now: number): boolean {
  return !OVER.has(state) && now - updated > (FLOWING.has(state) ? SILENT_TRANSFER : SILENT_QUESTION)
}
