import type {
  Client,
  CpmftError,
  IncomingOffer,
  OfferedFile,
  Transfer,
  TransferEvent,
  TransferFile,
  TransferRecipient,
  TransferReport,
} from '../client/index.js'
import type { TraceEntry } from '../trace/index.js'
import type { CommandContext, FileDescription } from './context.js'
import type { Direction, ExitCode } from './exit-code.js'
import { explain, type View } from './view.js'

/** One JSON object a line on stdout: `{"v":1,"time":…,"event":"…",…}`. The schema is docs/reference/events.md. */
export class JsonView implements View {
  constructor(private readonly context: Pick<CommandContext, 'stdout' | 'date'>) {}

  note(): void {}

  tell(event: string, fields: object): void {
    this.#emit(event, fields)
  }

  listening(client: Client): void {
    this.#emit('listening', { aor: client.aor, contact: client.contact })
  }

  offer(offer: IncomingOffer): void {
    const { uri, displayName, identity, known, trusted } = offer.from
    this.#emit('offer', {
      offer: offer.id,
      from: { uri, displayName, identity, known, trusted },
      subject: offer.subject,
      group: offer.group,
      totalSize: offer.totalSize,
      files: offer.files.map(offeredFields),
    })
  }

  answered(offer: IncomingOffer, accepted: readonly OfferedFile[], answer: string): void {
    const ids = new Set(accepted.map(file => file.id))
    const declined = answer === 'accepted' || answer === 'declined' ? offer.files.filter(file => !ids.has(file.id)) : []
    this.#emit('answer', { offer: offer.id, answer, accepted: [...ids], declined: declined.map(file => file.id) })
  }

  transferEvent(transfer: Transfer, event: TransferEvent, direction: Direction): void {
    const common = { transfer: transfer.id, direction }
    if (event.type === 'ringing') this.#emit('ringing', { ...common, peer: transfer.peer.uri, group: transfer.group })
    else if (event.type === 'recipient') this.#emit('recipient', { ...common, ...recipientFields(event.recipient) })
    else if (event.type === 'hashing')
      this.#emit('hashing', { ...common, ...nameFields(event.file), bytes: event.bytes, total: event.total })
    else if (event.type === 'progress')
      this.#emit('progress', { ...common, ...nameFields(event.file), bytes: event.bytes, sent: event.sent, total: event.total })
    else if (event.type === 'warning')
      this.#emit('warning', { ...common, ...(event.file && nameFields(event.file)), code: event.code, text: event.text })
    else if (event.type === 'state') this.#emit('state', { ...common, ...nameFields(event.file), state: event.state })
  }

  report(transfer: Transfer, report: TransferReport, direction: Direction): void {
    this.#emit('done', {
      transfer: transfer.id,
      direction,
      peer: transfer.peer.uri,
      ok: report.ok,
      files: report.files.map(fileFields),
      group: transfer.group,
      recipients: report.recipients?.map(recipient => ({
        ...recipientFields(recipient),
        files: recipient.files.map(({ file, state, bytes }) => ({ ...nameFields(file), state, bytes })),
      })),
      error: errorFields(report.error),
    })
  }

  description(file: FileDescription): void {
    this.#emit('description', { name: file.name, size: file.size, type: file.type, sha1: file.sha1, selector: file.selector })
  }

  preview(invite: string): void {
    this.#emit('preview', { invite })
  }

  traced(entry: TraceEntry): void {
    this.#emit('trace', { entry })
  }

  failure(error: unknown, exit: ExitCode): void {
    this.#emit('error', { error: explain(error), exit })
  }

  withoutColour(): void {}

  pause(): void {}

  resume(): void {}

  end(exit: number): void {
    this.#emit('exit', { exit })
  }

  #emit(event: string, fields: object): void {
    this.context.stdout.write(`${JSON.stringify({ v: 1, time: this.context.date(), event, ...fields })}\n`)
  }
}

function nameFields(file: TransferFile): object {
  return { file: file.id, name: file.name }
}

function recipientFields({ uri, displayName, copyControl, state, bytes, total, error }: TransferRecipient): object {
  return { uri, displayName, copyControl, state, bytes, total, error: errorFields(error) }
}

function fileFields(file: TransferFile): object {
  const { id, name, size, type, sha1, state, bytes, confirmed, stored, path, resumedAt, sender } = file
  const resumed = resumedAt === undefined || resumedAt === 0 ? undefined : resumedAt
  return {
    file: id,
    name,
    size,
    type,
    sha1,
    state,
    bytes,
    confirmed,
    stored,
    path,
    resumedAt: resumed,
    sender,
    error: errorFields(file.error),
  }
}

function offeredFields(file: OfferedFile): object {
  const { id, name, size, type, sha1, disposition, description, modified, icon, unavailable, resumesAt, alreadyAt } = file
  return {
    file: id,
    name,
    size,
    type,
    sha1,
    disposition,
    description,
    modified: modified?.toISOString(),
    icon: icon?.type,
    unavailable,
    resumesAt,
    alreadyAt,
  }
}

function errorFields(error: CpmftError | undefined): object | undefined {
  return error === undefined ? undefined : explain(error)
}
