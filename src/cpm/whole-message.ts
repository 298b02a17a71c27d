import { acceptsType, type FileMedia } from '../sdp/index.js'
import type { ReceivingLine, SendingLine } from './file-line.js'
import { type FileContext, fireReceiving, fireSending, wantsReport } from './file-machine.js'
import { CPIM_TYPE } from './focus-session.js'
import { CLOSE_AFTER_REFUSAL } from './limits.js'
import type { Outcome } from './outcome.js'
import type { SessionCommand } from './session-types.js'

/** A message of a focus as it came to it. */
export type ForwardedMessage = Pick<SessionCommand & { readonly name: 'forward' }, 'total' | 'contentType' | 'headers' | 'prefix'>

/** The message of a line of a focus begins: as it is, without a wrapper of ours (GRP-27). */
export function forwardMessage(context: FileContext, line: SendingLine, forwarded: ForwardedMessage): void {
  const { contentType = CPIM_TYPE, headers, prefix: head = new Uint8Array(0) } = forwarded
  const total = head.length + forwarded.total
  if (context.settings.focus === undefined || line.state !== 'connecting' || line.wrapping !== undefined) return
  const { maxSize, acceptTypes } = line.remote as FileMedia
  if (contentType !== CPIM_TYPE && !acceptsType(acceptTypes, contentType)) {
    fireSending(context, line, 'fail', { code: 'unsupported-media', detail: `The receiver does not take ${contentType}.` })
    return
  }
  if (maxSize !== undefined && total > maxSize) {
    fireSending(context, line, 'fail', { code: 'too-large', detail: `The receiver takes at most ${maxSize} octets.` })
    return
  }
  const reports = { successReport: wantsReport(context, line), failureReport: context.settings.failureReport }
  line.wrapping = { head, message: { total, contentType, ...(headers === undefined ? {} : { headers }), ...reports } }
  context.msrp({ type: 'send', sessionId: line.sessionId, message: line.wrapping.message })
}

/** Stops a file of ours. Of a message that was never begun nothing has to be stopped, and its line closes at once. */
export function stopSending(context: FileContext, line: SendingLine, outcome: Outcome): void {
  const begun = line.state !== 'connecting' || line.wrapping !== undefined
  fireSending(context, line, begun ? 'abort' : 'fail', outcome)
}

/** Ends a file that comes to us for a reason of ours; its sender hears `status`, or 413 (B.2). */
export function refuseMessage(context: FileContext, line: ReceivingLine, outcome: Outcome, status?: number): void {
  const { sessionId, messageId } = line
  const receiving = line.state === 'receiving'
  if (status !== undefined && messageId !== undefined && receiving)
    context.msrp({ type: 'verdict', sessionId, messageId, status, comment: outcome.detail ?? outcome.code })
  fireReceiving(context, line, 'fail', outcome)
  if (context.settings.focus === undefined || !receiving) return
  // The refusal is an answer to a chunk; the port 0 that follows would be quicker and say less (callflow 8b)
  line.wantsClose = false
  context.timers.start(`close/${line.fileId}`, context.now + CLOSE_AFTER_REFUSAL)
}
