import type { Direction } from '../sdp/index.js'
import type { FileLine } from './file-line.js'
import type { FileContext } from './file-machine.js'
import type { FilePhase } from './session-types.js'

/** States in which octets flow or will flow. */
const HOLDABLE: ReadonlySet<FilePhase> = new Set(['queued', 'offered', 'connecting', 'sending', 'receiving'])
/** States in which the MSRP endpoint knows the session. */
const RUNNING: ReadonlySet<FilePhase> = new Set(['connecting', 'sending', 'receiving'])

/** The user pauses the file, or goes on with it: at once on the wire, and by our next offer (OA-38). */
export function hold(context: FileContext, line: FileLine, held: boolean): void {
  if (line.heldByUs === held || !HOLDABLE.has(line.state)) return
  line.heldByUs = held
  // Twice in a row before the peer heard of it leaves nothing to tell
  line.wantsOffer = !line.wantsOffer
  context.emit({ type: 'held', fileId: line.fileId, held, by: 'us' })
  apply(context, line)
}

/**
 * Takes the direction the peer gave a running line: `inactive` pauses it, the file's own direction continues it (OA-38).
 * @param echo it answers an `inactive` of ours, and must be `inactive` whatever the peer wants (RFC 3264 §6.1)
 */
export function takeDirection(context: FileContext, line: FileLine, direction: Direction | undefined, echo = false): void {
  /* v8 ignore next -- a running line has the peer's description */
  if (line.remote === undefined) return
  line.remote = { ...line.remote, direction }
  const held = direction === 'inactive'
  if (echo || held === line.heldByPeer || !RUNNING.has(line.state)) return
  line.heldByPeer = held
  context.emit({ type: 'held', fileId: line.fileId, held, by: 'peer' })
  apply(context, line)
}

/** Why a direction cannot be that of the file's other end (OA-39); `sendrecv` and none are read as the right one (D-18). */
export function directionFault(line: FileLine, direction: Direction | undefined): string | undefined {
  const wrong = line.kind === 'send' ? 'sendonly' : 'recvonly'
  return direction === wrong ? `Both sides say ${wrong}.` : undefined
}

/** Whether the peer does not know yet that the file is held, goes on, or has another path. */
export function mustTell(line: FileLine): boolean {
  return (line.wantsOffer || line.ownPath === 'changed') && line.remote !== undefined && HOLDABLE.has(line.state)
}

/** The offer that told the peer was refused: when it is made again it says what is wanted then, else the file is as before. */
export function untold(context: FileContext, line: FileLine, again: boolean): void {
  if (line.ownPath === 'telling') line.ownPath = again ? 'changed' : 'known'
  if (!line.telling) return
  line.telling = false
  if (line.wantsOffer || again) line.wantsOffer = !line.wantsOffer
  else if (HOLDABLE.has(line.state)) {
    line.wantsOffer = true
    hold(context, line, !line.heldByUs)
  }
}

/** Our answer told the peer, unless its own hold covered what we say. */
export function toldByAnswer(line: FileLine): void {
  if (line.heldByUs || line.remote?.direction !== 'inactive') line.wantsOffer = false
  line.ownPath = 'known'
}

function apply(context: FileContext, line: FileLine): void {
  const paused = line.heldByUs || line.heldByPeer
  if (paused === line.paused || !RUNNING.has(line.state)) return
  line.paused = paused
  context.msrp({ type: paused ? 'pause' : 'continue', sessionId: line.sessionId })
}
