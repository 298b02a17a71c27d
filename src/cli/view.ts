import type { Client, IncomingOffer, OfferedFile, Transfer, TransferEvent, TransferReport } from '../client/index.js'
import type { TraceEntry } from '../trace/index.js'
import type { FileDescription } from './context.js'
import type { Direction, ExitCode } from './exit-code.js'

/** How a command speaks: to people (`PlainView`, `ProgressView`) or to machines (`JsonView`). */
export interface View {
  /** The configuration wants no colours. */
  withoutColour(): void
  /** A line for people that has no event of its own. */
  note(text: string): void
  /** An event of its own, with its words for people and its results, one a line on stdout. */
  tell(event: string, fields: object, words?: string, results?: readonly string[]): void
  /** The client can be reached. */
  listening(client: Client): void
  offer(offer: IncomingOffer): void
  answered(offer: IncomingOffer, accepted: readonly OfferedFile[], answer: 'accepted' | 'declined' | 'ignored' | 'withdrawn'): void
  transferEvent(transfer: Transfer, event: TransferEvent, direction: Direction): void
  /** The transfer ended. */
  report(transfer: Transfer, report: TransferReport, direction: Direction): void
  description(file: FileDescription): void
  preview(invite: string): void
  /** `-v`: something went over the wire or a machine changed its state. */
  traced(entry: TraceEntry): void
  failure(error: unknown, exit: ExitCode): void
  /** A question is on the screen: bars must not draw until `resume`. */
  pause(): void
  resume(): void
  /** Last call. */
  end(exit: number): void
}

/** What, why and next of anything thrown. */
export function explain(error: unknown): { code: string; message: string; hint: string; status: number | undefined } {
  if (!(error instanceof Error)) return { code: 'internal', message: String(error), hint: '', status: undefined }
  const { code, hint, status } = error as Error & { code?: unknown; hint?: unknown; status?: unknown }
  return {
    code: typeof code === 'string' ? code : 'internal',
    message: error.message,
    hint: typeof hint === 'string' ? hint : '',
    status: typeof status === 'number' ? status : undefined,
  }
}
