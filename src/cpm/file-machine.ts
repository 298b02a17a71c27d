import { type CpimHead, CpimUnwrapper, mimeHeader } from '../cpim/index.js'
import { type EndpointEvent, type EndpointInput, type IncomingMessage } from '../msrp/index.js'
import type { Direction } from '../sdp/index.js'
import { formatMediaType, follow, RemoteProtocolError, type Timers } from '../wire/index.js'
import { ACCEPT_TYPES, messageLimit } from './answer-media.js'
import type { FileLine, ReceivingLine, SendingLine } from './file-line.js'
import { type FileAction, RECEIVING_FILE_TABLE, type ReceivingEvent, SENDING_FILE_TABLE, type SendingEvent } from './file-tables.js'
import { ABORT_WAIT, CLOSE_AFTER_413, CLOSE_AFTER_ABORT, MAX_UNKNOWN_SIZE, PROGRESS_INTERVAL } from './limits.js'
import { connectTarget, roles } from './media-path.js'
import { type Outcome, outcomeOfMsrpStatus } from './outcome.js'
import type { SessionEvent, SessionSettings } from './session-types.js'
import { wrapFile } from './wrapper.js'

/** Names of the timers of one file: waiting for the peer's close, and for our own `#`. */
export type FileTimer = `close/${string}` | `abort/${string}`

/** What a file needs from its session. */
export interface FileContext {
  readonly settings: SessionSettings
  readonly timers: Timers<string>
  readonly now: number
  emit(event: SessionEvent): void
  msrp(input: EndpointInput): void
}

/** Moves one outgoing file along its table; an event the table refuses changes nothing. */
export function fireSending(context: FileContext, line: SendingLine, event: SendingEvent, outcome?: Outcome): boolean {
  const arrow = follow(SENDING_FILE_TABLE, line.state, event)
  if (arrow === undefined) return false
  if (outcome !== undefined && event !== 'confirm') line.outcome ??= outcome
  line.state = arrow.to
  for (const action of arrow.do) act(context, line, action)
  return true
}

/** Moves one incoming file along its table. */
export function fireReceiving(context: FileContext, line: ReceivingLine, event: ReceivingEvent, outcome?: Outcome): boolean {
  const arrow = follow(RECEIVING_FILE_TABLE, line.state, event)
  if (arrow === undefined) return false
  if (outcome !== undefined) line.outcome ??= outcome
  line.state = arrow.to
  for (const action of arrow.do) act(context, line, action)
  return true
}

/** An event that both directions know. */
export function fireFile(context: FileContext, line: FileLine, event: SendingEvent & ReceivingEvent, outcome?: Outcome): boolean {
  return line.kind === 'send' ? fireSending(context, line, event, outcome) : fireReceiving(context, line, event, outcome)
}

/**
 * Makes an answered file ready to send: which side connects, and how the octets are wrapped.
 * @returns why it cannot be sent, or undefined
 */
export function prepareSending(context: FileContext, line: SendingLine): Outcome | undefined {
  const { settings } = context
  const { own, remote, file } = line
  if (own === undefined || remote === undefined) return { code: 'protocol-error' }
  if (roles(own.setup, remote.setup) === undefined) return { code: 'protocol-error', detail: 'Both sides want the same a=setup role.' }
  const size = file.selector.size ?? 0
  const { start, stop = size } = remote.range ?? { start: 1, stop: size }
  // D-17: the answerer's range is served; one outside of the file was refused before
  line.skipped = start - 1
  line.wrapping = wrapFile({
    selector: file.selector,
    length: stop - line.skipped,
    disposition: file.disposition,
    ownUri: settings.ownUri,
    ownDisplayName: settings.ownDisplayName,
    peerUri: settings.peerUri,
    dateTime: settings.dateTime(),
    acceptTypes: remote.acceptTypes,
    acceptWrappedTypes: remote.acceptWrappedTypes,
    // A relay in the path answers 200 for itself: only a REPORT proves anything (RLY-8)
    successReport: settings.successReport || remote.path.length > 1,
    failureReport: settings.failureReport,
  })
  if (line.wrapping === undefined) return { code: 'unsupported-media' }
  if (remote.maxSize !== undefined && line.wrapping.message.total > remote.maxSize)
    return { code: 'too-large', detail: `The receiver takes at most ${remote.maxSize} octets.` }
  return undefined
}

/** Takes the direction the peer gave a running line: `inactive` pauses it, the file's own direction continues it (OA-38). */
export function takeDirection(context: FileContext, line: FileLine, direction: Direction | undefined): void {
  if (line.remote === undefined) return
  const [before, after] = [line.remote.direction === 'inactive', direction === 'inactive']
  line.remote = { ...line.remote, direction }
  if (before !== after && line.sessionId !== '') context.msrp({ type: after ? 'pause' : 'continue', sessionId: line.sessionId })
}

/** The endpoint wants octets of the message: the wrapper's own, or the file's. */
export function needData(context: FileContext, line: SendingLine, offset: number, length: number): void {
  const head = line.wrapping?.head ?? new Uint8Array(0)
  fireSending(context, line, 'start')
  if (offset < head.length) {
    const part = head.subarray(offset, Math.min(head.length, offset + length))
    context.msrp({ type: 'data', sessionId: line.sessionId, offset, bytes: part })
    const rest = offset + length - head.length
    if (rest > 0) context.emit({ type: 'need-octets', fileId: line.fileId, position: line.skipped, length: rest })
  } else context.emit({ type: 'need-octets', fileId: line.fileId, position: offset - head.length + line.skipped, length })
}

/** Takes an event of the line's MSRP session. */
export function onMsrp(context: FileContext, line: FileLine, event: EndpointEvent): void {
  if (event.type === 'failed') onFailed(context, line, event)
  else if (line.kind === 'send') onSendingEvent(context, line, event)
  else onReceivingEvent(context, line, event)
}

function onSendingEvent(context: FileContext, line: SendingLine, event: EndpointEvent): void {
  const reports = line.wrapping?.message.successReport === true
  switch (event.type) {
    case 'progress':
      line.confirmed = Math.max(event.answered, event.reported)
      reportProgress(context, line, event.handed)
      break
    case 'answered':
      // Without a REPORT to wait for, the last 200 is the trigger (CR-8, D-1)
      fireSending(context, line, 'start')
      fireSending(context, line, reports ? 'answered' : 'confirm')
      break
    case 'reported':
      fireSending(context, line, 'start')
      if (reports) fireSending(context, line, 'confirm')
      break
    case 'unconfirmed':
      line.certain = false
      fireSending(context, line, 'confirm')
      break
    case 'aborted':
      fireSending(context, line, endOfAbort(line))
      break
    default:
  }
}

/** What the end of an abort means: the user cancelled, or the file could not be read. */
export function endOfAbort(line: SendingLine): 'stopped' | 'broken' {
  return line.outcome === undefined || line.outcome.code === 'cancelled' ? 'stopped' : 'broken'
}

function onReceivingEvent(context: FileContext, line: ReceivingLine, event: EndpointEvent): void {
  switch (event.type) {
    case 'message':
      fireReceiving(context, line, 'start')
      guard(context, line, () => beginMessage(line, event.message))
      break
    case 'body':
      if (line.state === 'receiving') guard(context, line, () => takeBody(context, line, event.offset, event.bytes))
      break
    case 'complete':
      guard(context, line, () => {
        if (line.unwrapper !== undefined && line.unwrapper.head === undefined)
          throw new RemoteProtocolError('cpim-head-missing', 'The message ended inside its CPIM headers.', 413)
      })
      if (fireReceiving(context, line, 'complete')) context.emit({ type: 'complete', fileId: line.fileId, contentType: line.contentType })
      break
    case 'abandoned':
      fireReceiving(context, line, 'abandoned', event.cause === 'idle' ? { code: 'timeout' } : { code: 'aborted-by-peer' })
      break
    default:
  }
}

function onFailed(context: FileContext, line: FileLine, event: EndpointEvent & { type: 'failed' }): void {
  const outcome: Outcome =
    event.cause === 'refused'
      ? outcomeOfMsrpStatus(event.status ?? 0, event.comment)
      : { code: event.cause, ...(event.status === undefined ? {} : { status: event.status }) }
  if (line.kind === 'send' && line.state === 'aborting') fireSending(context, line, endOfAbort(line))
  else if (line.kind === 'send' && outcome.status === 413) fireSending(context, line, 'stopped-by-peer', outcome)
  else fireFile(context, line, 'fail', outcome)
}

function beginMessage(line: ReceivingLine, message: IncomingMessage): void {
  line.messageId = message.messageId
  line.contentType = message.contentType
  if (message.contentType.split(';')[0]?.trim().toLowerCase() !== 'message/cpim') return
  line.unwrapper = new CpimUnwrapper(message.total, line.description.selector.size)
}

function takeBody(context: FileContext, line: ReceivingLine, offset: number, bytes: Uint8Array): void {
  const { unwrapper } = line
  let content: { offset: number; bytes: Uint8Array } | undefined = { offset, bytes }
  if (unwrapper !== undefined) {
    const before = unwrapper.head
    content = unwrapper.push(offset, bytes)
    if (before === undefined && unwrapper.head !== undefined) readHead(line, unwrapper.head)
  }
  if (content === undefined || content.bytes.length === 0) return
  const reached = content.offset + content.bytes.length
  // RCV-12: not one octet more than announced is written
  if (reached > (line.description.selector.size ?? MAX_UNKNOWN_SIZE))
    throw new RemoteProtocolError('size-mismatch', 'More octets came than were announced.', 413)
  line.reached = Math.max(line.reached, reached)
  context.emit({ type: 'octets', fileId: line.fileId, position: content.offset, bytes: content.bytes })
}

/** What the wrapper says of the file; an encoding we do not undo would spoil it (MSRP-62). */
function readHead(line: ReceivingLine, head: CpimHead): void {
  line.contentType = mimeHeader(head, 'content-type') ?? 'text/plain'
  const encoding = mimeHeader(head, 'content-transfer-encoding')?.trim().toLowerCase() ?? 'binary'
  if (!PLAIN_ENCODINGS.has(encoding)) throw new RemoteProtocolError('encoded-content', `The content is encoded as ${encoding}.`, 415)
}

const PLAIN_ENCODINGS: ReadonlySet<string> = new Set(['binary', '8bit', '7bit'])

/** Runs a step over the peer's octets; what it may not send ends the file, never the session. */
function guard(context: FileContext, line: ReceivingLine, step: () => void): void {
  try {
    step()
  } catch (error) {
    if (!(error instanceof RemoteProtocolError)) throw error
    const code = error.code === 'size-mismatch' ? 'size-mismatch' : 'protocol-error'
    // What is wrong with the wrapper gets its own status, and the abort that follows finds the message refused (B.2)
    const { status } = error
    const { sessionId, messageId } = line
    if ((status === 400 || status === 415) && messageId !== undefined && line.state === 'receiving')
      context.msrp({ type: 'verdict', sessionId, messageId, status, comment: error.message })
    fireReceiving(context, line, 'fail', { code, detail: error.message })
  }
}

function reportProgress(context: FileContext, line: SendingLine, handed: number): void {
  const head = line.wrapping?.head.length ?? 0
  const whole = line.wrapping?.message.total ?? 0
  if (context.now - line.progressAt < PROGRESS_INTERVAL && line.confirmed < whole) return
  line.progressAt = context.now
  const octets = (count: number) => Math.max(0, count - head) + line.skipped
  context.emit({ type: 'progress', fileId: line.fileId, confirmed: octets(line.confirmed), handed: octets(handed) })
}

function act(context: FileContext, line: FileLine, action: FileAction): void {
  const { sessionId, fileId } = line
  switch (action) {
    case 'tell':
      context.emit(stateEvent(line))
      break
    case 'open':
      open(context, line)
      break
    case 'stop':
      context.msrp({ type: 'abort', sessionId })
      if (line.state === 'aborting') context.timers.start(`abort/${fileId}`, context.now + ABORT_WAIT)
      break
    case 'verdict':
      sendVerdict(context, line)
      break
    case 'release':
      context.timers.stop(`abort/${fileId}`)
      context.timers.stop(`close/${fileId}`)
      if (line.sessionId !== '') context.msrp({ type: 'remove-session', sessionId })
      line.sessionId = ''
      break
    case 'close-line':
      line.wantsClose = true
      break
    case 'await-close':
      context.timers.start(`close/${fileId}`, context.now + (line.kind === 'send' ? CLOSE_AFTER_413 : CLOSE_AFTER_ABORT))
      break
  }
}

function stateEvent(line: FileLine): SessionEvent {
  return {
    type: 'file',
    fileId: line.fileId,
    state: line.state,
    transferId: line.transferId,
    ...(line.outcome === undefined ? {} : { outcome: line.outcome }),
    ...(line.kind === 'send' && line.state === 'completed' ? { confirmed: line.certain } : {}),
  }
}

function open(context: FileContext, line: FileLine): void {
  const { own, remote } = line
  if (own === undefined || remote === undefined) return
  const sending = line.kind === 'send'
  const offerer = roles(sending ? own.setup : remote.setup, sending ? remote.setup : own.setup)?.offerer
  const role = (offerer === 'active') === sending ? 'active' : 'passive'
  const target = role === 'active' ? connectTarget(own, remote) : undefined
  context.msrp({
    type: 'add-session',
    session: {
      localUri: own.path[0] ?? '',
      remotePath: remote.path,
      role,
      direction: sending ? 'send' : 'receive',
      acceptTypes: ACCEPT_TYPES,
      ...(target === undefined ? {} : { target }),
      ...(line.kind === 'receive' ? { maxLength: messageLimit(line) } : {}),
    },
  })
  if (remote.direction === 'inactive') context.msrp({ type: 'pause', sessionId: line.sessionId })
  if (line.kind === 'send' && line.wrapping !== undefined)
    context.msrp({ type: 'send', sessionId: line.sessionId, message: line.wrapping.message })
}

/** Success REPORT for a saved file; 403 when its content is not what was announced, 413 when it could not be stored (B.2). */
function sendVerdict(context: FileContext, line: FileLine): void {
  if (line.kind !== 'receive' || line.messageId === undefined || line.sessionId === '') return
  const { sessionId, messageId } = line
  const code = line.outcome?.code
  const mismatch = code === 'hash-mismatch' || code === 'size-mismatch' || code === 'type-mismatch'
  const verdict =
    code === undefined
      ? { status: 200 }
      : mismatch
        ? { status: 403, comment: 'content does not match' }
        : { status: 413, comment: 'could not be stored' }
  context.msrp({ type: 'verdict', sessionId, messageId, ...verdict })
}

/** Content-Type text of what was announced; for lines whose message names none. */
export function announcedType(line: ReceivingLine): string {
  const { type } = line.description.selector
  return type === undefined ? 'application/octet-stream' : formatMediaType(type)
}
