import { type EndpointEvent, type EndpointInput, parseMsrpUri } from '../msrp/index.js'
import type { FileMedia } from '../sdp/index.js'
import { follow, type Timers } from '../wire/index.js'
import { connectingSide, type FileLine, type ReceivingLine, type SendingLine } from './file-line.js'
import { type FileAction, RECEIVING_FILE_TABLE, type ReceivingEvent, SENDING_FILE_TABLE, type SendingEvent } from './file-tables.js'
import { takesCpim } from './focus-session.js'
import { isAnonymous } from './identity.js'
import { onReceivingEvent } from './incoming-file.js'
import {
  ABORT_WAIT,
  CLOSE_AFTER_413,
  CLOSE_AFTER_ABORT,
  CONNECT_ATTEMPTS,
  FIRST_OCTET_WAIT,
  PROGRESS_INTERVAL,
  WRAPPER_ALLOWANCE,
} from './limits.js'
import { isRerouted, pathFault } from './media-path.js'
import { connectTarget, mediaRoute } from './media-route.js'
import { contentLimit, extentOf } from './file-extent.js'
import { type Outcome, outcomeOfMsrpStatus } from './outcome.js'
import { answerTransportFault, withPath } from './own-transport.js'
import type { SessionEvent, SessionSettings } from './session-types.js'
import { wrapFile } from './wrapper.js'

/** Names of the timers of one file: waiting for its first octet, for the peer's close, and for our own `#`. */
export type FileTimer = `begin/${string}` | `close/${string}` | `abort/${string}`

/** What a file needs from its session. */
export interface FileContext {
  readonly settings: SessionSettings
  /** Who messages are addressed to. */
  readonly peerUri: string
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
 * Makes an answered file ready to send: which side connects, which octets travel (OA-61), and how they are wrapped.
 * @returns why it cannot be sent, or undefined
 */
export function prepareSending(context: FileContext, line: SendingLine): Outcome | undefined {
  const { settings } = context
  const { remote, file } = line
  if (remote === undefined || connectingSide(line) === undefined) return NO_ROLE
  if (settings.focus !== undefined)
    return settings.focus.mailbox === true || takesCpim(remote) ? connectFault(context, line) : { code: 'unsupported-media' }
  // D-17: the answerer's range is served, and for a pull the one that was asked for
  const { skipped, length = 0 } = extentOf(remote.range, file.selector.size ?? 0)
  line.skipped = skipped
  line.wrapping = wrapFile({
    selector: file.selector,
    length,
    disposition: file.disposition,
    ownUri: settings.ownUri,
    ownDisplayName: settings.ownDisplayName,
    peerUri: context.peerUri,
    dateTime: settings.dateTime(),
    wrapAlways: settings.group !== undefined,
    acceptTypes: remote.acceptTypes,
    acceptWrappedTypes: remote.acceptWrappedTypes,
    successReport: wantsReport(context, line),
    failureReport: settings.failureReport,
    // Nobody could notify an anonymous sender (IMDN-1)
    notify: isAnonymous(settings.ownUri) ? undefined : file.notify,
  })
  if (line.wrapping === undefined) return { code: 'unsupported-media' }
  if (remote.maxSize !== undefined && line.wrapping.message.total > remote.maxSize)
    return { code: 'too-large', detail: `The receiver takes at most ${remote.maxSize} octets.` }
  return connectFault(context, line)
}

/** Whether the end of the file is known by a success REPORT only (D-1). */
export function wantsReport({ settings }: FileContext, line: SendingLine): boolean {
  // D-2: where 200s are not asked for, nothing else would ever complete the file
  if (settings.successReport || settings.failureReport !== 'yes') return true
  return hasRelay(line)
}

/** A relay in the path answers 200 for itself: only a REPORT proves anything (RLY-8). */
function hasRelay({ own, remote }: FileLine): boolean {
  return [own, remote].some(media => media !== undefined && media.path.length > 1)
}

/** Whether a relay of ours stands in our path. */
function isRelayed({ own }: FileLine): boolean {
  return own !== undefined && own.path.length > 1
}

/** The same for a file that comes to us. */
export function prepareReceiving(context: FileContext, line: ReceivingLine): Outcome | undefined {
  return connectingSide(line) === undefined ? NO_ROLE : connectFault(context, line)
}

const NO_ROLE: Outcome = { code: 'protocol-error', detail: 'Both sides want the same a=setup role.' }

/** Why we must not connect for this file (SEC-10): the address is not allowed, or the peer moved too often. */
function connectFault(context: FileContext, line: FileLine): Outcome | undefined {
  const target = targetOf(context, line)
  if (target === undefined) return undefined
  if (line.attempts >= CONNECT_ATTEMPTS) return { code: 'forbidden-address', detail: 'The peer changed its address too often.' }
  if (context.settings.mayConnect?.(target.host, target.port) !== false) return undefined
  return { code: 'forbidden-address', detail: `${target.host}:${target.port} may not be connected to.` }
}

function targetOf(context: FileContext, line: FileLine): ReturnType<typeof connectTarget> {
  const { own, remote } = line
  if (own === undefined || remote === undefined || connectingSide(line) !== 'us') return undefined
  return connectTarget(own, remote, context.settings)
}

/**
 * Takes the path of a later offer or answer. When it changed while octets may still flow, the MSRP session starts anew towards it, with
 * the message from its first octet: the new path is a new session (RFC 4975 §8.4, §5.4), and chunks of a message are of one session
 * only. A file whose octets are all here or there keeps what it has.
 * @returns why the new path cannot be used, or undefined
 */
export function takePath(context: FileContext, line: FileLine, remote: FileMedia): Outcome | undefined {
  const before = line.remote
  if (before === undefined || before.path.join(' ') === remote.path.join(' ')) return undefined
  if (line.state !== 'connecting' && line.state !== 'sending' && line.state !== 'receiving') return undefined
  const fault = pathFault(remote)
  if (fault !== undefined) return { code: 'protocol-error', detail: fault }
  const insecure = answerTransportFault(context.settings, line.own, remote)
  if (insecure !== undefined) return insecure
  if (isRerouted(before.path, remote.path)) {
    line.remote = { ...before, path: remote.path, address: remote.address, port: remote.port }
    context.msrp({ type: 'reroute', sessionId: line.sessionId, remotePath: remote.path })
    return undefined
  }
  // What a focus passed on may be gone already, and what it got is with the members
  if (context.settings.focus !== undefined && line.state !== 'connecting')
    return { code: 'protocol-error', detail: 'The peer moved while its file was on the way.' }
  // What our relay authorised ends with the session it was for (RLY-3)
  if (isRelayed(line)) return { code: 'relay-failed', detail: 'The peer moved, and our relay path was for its old place.' }
  const { path, address, port, secure, cema, fingerprints } = remote
  line.remote = { ...before, path, address, port, secure, cema, fingerprints }
  const outcome = connectFault(context, line)
  if (outcome !== undefined) return outcome
  if (line.kind === 'send') line.confirmed = 0
  fireFile(context, line, 'move')
  return undefined
}

/** The endpoint wants octets of the message: the wrapper's own, or the file's. */
export function needData(context: FileContext, line: SendingLine, offset: number, length: number): void {
  /* v8 ignore next -- octets are asked for once the file is wrapped */
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
  else if (event.type === 'authorized') takeOwnPath(line, event.path)
  else if (line.kind === 'send') onSendingEvent(context, line, event)
  else onReceivingEvent(context, line, event, fireReceiving)
}

/** A renewal at our relays may give other URIs; the old ones end soon, so the peer hears of it (RLY-3, RFC 4976 §6.3). */
function takeOwnPath(line: FileLine, path: readonly string[]): void {
  const { own } = line
  if (own === undefined || own.path.join(' ') === path.join(' ')) return
  line.own = withPath(own, path)
  line.ownPath = 'changed'
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
      if (hasRelay(line)) fireSending(context, line, 'fail', { code: 'timeout', detail: 'No report came from behind the relay.' })
      else fireSending(context, line, 'confirm')
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

function onFailed(context: FileContext, line: FileLine, event: EndpointEvent & { type: 'failed' }): void {
  const outcome: Outcome =
    event.cause === 'refused'
      ? outcomeOfMsrpStatus(event.status ?? 0, event.comment)
      : { code: event.cause, ...(event.status === undefined ? {} : { status: event.status }) }
  if (line.kind === 'send' && line.state === 'aborting') fireSending(context, line, endOfAbort(line))
  else if (line.kind === 'send' && outcome.status === 413) fireSending(context, line, 'stopped-by-peer', outcome)
  else fireFile(context, line, 'fail', outcome)
}

function reportProgress(context: FileContext, line: SendingLine, handed: number): void {
  /* v8 ignore start -- there is no progress before the file is wrapped */
  const head = line.wrapping?.head.length ?? 0
  const whole = line.wrapping?.message.total ?? 0
  /* v8 ignore stop */
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
      context.timers.stop(`begin/${fileId}`)
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
    ...(line.kind === 'receive' && line.state === 'failed' && line.notify !== undefined ? { notify: line.notify } : {}),
  }
}

function open(context: FileContext, line: FileLine): void {
  const { own, remote } = line
  /* v8 ignore next -- only an accepted line is opened */
  if (own === undefined || remote === undefined) return
  const route = mediaRoute(own, remote, connectingSide(line) === 'us' ? 'active' : 'passive', context.settings)
  /* v8 ignore start -- our own path always ends with our own URI */
  const localUri = own.path.at(-1) ?? ''
  line.sessionId = parseMsrpUri(localUri)?.sessionId ?? ''
  /* v8 ignore stop */
  if (route.target !== undefined) line.attempts++
  // A focus has limits of its own (GRP-36)
  if (line.kind === 'receive' && context.settings.focus === undefined) awaitFirstOctet(context, line)
  context.msrp({
    type: 'add-session',
    session: {
      localUri,
      ...route,
      direction: line.kind,
      acceptTypes: own.acceptTypes,
      ...(line.kind === 'receive' ? { maxLength: contentLimit(line, context.settings.maxFileSize) + WRAPPER_ALLOWANCE } : {}),
    },
  })
  if (remote.direction === 'inactive' && !line.heldByPeer) {
    line.heldByPeer = true
    context.emit({ type: 'held', fileId: line.fileId, held: true, by: 'peer' })
  }
  line.paused = line.heldByUs || line.heldByPeer
  if (line.paused) context.msrp({ type: 'pause', sessionId: line.sessionId })
  if (line.kind === 'send' && line.wrapping !== undefined)
    context.msrp({ type: 'send', sessionId: line.sessionId, message: line.wrapping.message })
}

/** The file must begin in time, unless somebody holds it or other files of the session come first. */
export function awaitFirstOctet(context: FileContext, line: ReceivingLine): void {
  context.timers.start(`begin/${line.fileId}`, context.now + FIRST_OCTET_WAIT)
}

/** Success REPORT for a saved file; 403 when its content is not what was announced, 413 when it could not be stored (B.2). */
function sendVerdict(context: FileContext, line: FileLine): void {
  /* v8 ignore next -- a file that is verified came as a message of a session */
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
