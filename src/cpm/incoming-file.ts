import { type CpimHead, CpimUnwrapper, mimeHeader } from '../cpim/index.js'
import type { EndpointEvent, IncomingMessage } from '../msrp/index.js'
import { parseParameters, RemoteProtocolError } from '../wire/index.js'
import { contentLimit, extentOf } from './file-extent.js'
import type { ReceivingLine } from './file-line.js'
import type { FileContext } from './file-machine.js'
import type { ReceivingEvent } from './file-tables.js'
import { notifyOrderOf } from './notify-order.js'
import type { Outcome } from './outcome.js'
import type { SessionEvent } from './session-types.js'

type Fire = (context: FileContext, line: ReceivingLine, event: ReceivingEvent, outcome?: Outcome) => boolean

/** Takes an event of the MSRP session of a file that comes to us; `fire` moves the file along its table. */
export function onReceivingEvent(context: FileContext, line: ReceivingLine, event: EndpointEvent, fire: Fire): void {
  if (context.settings.focus !== undefined && onWholeMessage(context, line, event, fire)) return
  switch (event.type) {
    case 'message':
      fire(context, line, 'start')
      guard(context, line, fire, () => beginMessage(context, line, event.message))
      break
    case 'body':
      if (line.state === 'receiving') guard(context, line, fire, () => takeBody(context, line, event.offset, event.bytes))
      break
    case 'complete':
      guard(context, line, fire, () => {
        if (line.unwrapper !== undefined && line.unwrapper.head === undefined)
          throw new RemoteProtocolError('cpim-head-missing', 'The message ended inside its CPIM headers.', 413)
      })
      if (fire(context, line, 'complete')) context.emit(completeEvent(line))
      break
    case 'abandoned':
      fire(context, line, 'abandoned', event.cause === 'idle' ? { code: 'timeout' } : { code: 'aborted-by-peer' })
      break
    default:
  }
}

/** At a focus the message is the file, wrapper and all (GRP-27). @returns whether that was all there is to do */
function onWholeMessage(context: FileContext, line: ReceivingLine, event: EndpointEvent, fire: Fire): boolean {
  const { fileId } = line
  if (event.type === 'message') {
    const { messageId, contentType, total, headers } = event.message
    line.messageId = messageId
    line.contentType = contentType
    /* v8 ignore next -- a line that is over takes no message: its endpoint refuses it */
    if (!fire(context, line, 'start')) return true
    context.emit({ type: 'message', fileId, total, contentType, headers })
  } else if (event.type === 'body') {
    /* v8 ignore next -- nor does it take octets */
    if (line.state !== 'receiving') return true
    context.emit({ type: 'octets', fileId, position: event.offset, bytes: event.bytes })
  } else if (event.type === 'complete') {
    /* v8 ignore next -- nor an end */
    if (!fire(context, line, 'complete')) return true
    context.emit({ type: 'complete', fileId, contentType: line.contentType, length: event.length })
  } else return false
  return true
}

function completeEvent(line: ReceivingLine): SessionEvent {
  const { fileId, contentType, fileName, notify, sender } = line
  const said = {
    ...(fileName === undefined ? {} : { fileName }),
    ...(notify === undefined ? {} : { notify }),
    ...(sender === undefined ? {} : { sender }),
  }
  return { type: 'complete', fileId, contentType, ...said }
}

function beginMessage(context: FileContext, line: ReceivingLine, message: IncomingMessage): void {
  line.messageId = message.messageId
  line.contentType = message.contentType
  line.unwrapper = undefined
  line.reached = 0
  if (message.contentType.split(';')[0]?.trim().toLowerCase() === 'message/cpim') {
    const { length } = extentOf(line.description.range, line.description.selector.size)
    line.unwrapper = new CpimUnwrapper(message.total, length, { strict: context.settings.strict === true })
  } else takeFileName(line, message.headers.find(([name]) => name.toLowerCase() === 'content-disposition')?.[1])
}

function takeBody(context: FileContext, line: ReceivingLine, offset: number, bytes: Uint8Array): void {
  const { unwrapper } = line
  let content: { offset: number; bytes: Uint8Array } | undefined = { offset, bytes }
  if (unwrapper !== undefined) {
    const before = unwrapper.head
    content = unwrapper.push(offset, bytes)
    if (before === undefined && unwrapper.head !== undefined) {
      readHead(line, unwrapper.head)
      if (context.settings.group !== undefined) line.sender = { uri: unwrapper.head.from.uri, displayName: unwrapper.head.from.displayName }
    }
  }
  if (content === undefined || content.bytes.length === 0) return
  const reached = content.offset + content.bytes.length
  // RCV-12: not one octet more than announced is written; of a range only its own octets count (RCV-13)
  if (reached > contentLimit(line, context.settings.maxFileSize))
    throw new RemoteProtocolError('size-mismatch', 'More octets came than were announced.', 413)
  line.reached = Math.max(line.reached, reached)
  const position = content.offset + (line.description.range?.start ?? 1) - 1
  const name = line.fileName === undefined ? {} : { fileName: line.fileName }
  context.emit({ type: 'octets', fileId: line.fileId, position, bytes: content.bytes, ...name })
}

/** What the wrapper says of the file; an encoding we do not undo would spoil it (MSRP-62). */
function readHead(line: ReceivingLine, head: CpimHead): void {
  line.contentType = mimeHeader(head, 'content-type') ?? 'text/plain'
  line.notify = notifyOrderOf(head) ?? line.notify
  takeFileName(line, mimeHeader(head, 'content-disposition'))
  const encoding = mimeHeader(head, 'content-transfer-encoding')?.trim().toLowerCase() ?? 'binary'
  if (!PLAIN_ENCODINGS.has(encoding)) throw new RemoteProtocolError('encoded-content', `The content is encoded as ${encoding}.`, 415)
}

/** `attachment; filename="notes.txt"; size=4400` (RFC 2183); a hint like every name of the wire (SEC-3). */
function takeFileName(line: ReceivingLine, disposition = ''): void {
  const semicolon = disposition.indexOf(';')
  const name = semicolon < 0 ? undefined : parseParameters(disposition, semicolon)?.get('filename')
  line.fileName = name === '' ? undefined : name
}

const PLAIN_ENCODINGS: ReadonlySet<string> = new Set(['binary', '8bit', '7bit'])

/** Runs a step over the peer's octets; what it may not send ends the file, never the session. */
function guard(context: FileContext, line: ReceivingLine, fire: Fire, step: () => void): void {
  try {
    step()
  } catch (error) {
    /* v8 ignore next -- what peers send throws nothing else */
    if (!(error instanceof RemoteProtocolError)) throw error
    const code = error.code === 'size-mismatch' ? 'size-mismatch' : 'protocol-error'
    // What is wrong with the wrapper gets its own status, and the abort that follows finds the message refused (B.2)
    const { status } = error
    const { sessionId, messageId } = line
    if ((status === 400 || status === 415) && messageId !== undefined && line.state === 'receiving')
      context.msrp({ type: 'verdict', sessionId, messageId, status, comment: error.message })
    fire(context, line, 'fail', { code, detail: error.message })
  }
}
