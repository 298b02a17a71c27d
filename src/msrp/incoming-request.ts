import { ALPHA, consistsOf, DIGIT, VISIBLE } from '../wire/index.js'
import type { Connection } from './connection.js'
import type { Context } from './context.js'
import { formatResponse } from './encode.js'
import type { Flag, Head } from './head.js'
import type { Incoming } from './incoming-message.js'
import { MAX_OTHER_BODY } from './limits.js'
import { firstOfPath } from './path.js'
import { ResponseTemplate } from './response-template.js'
import type { Session } from './session.js'

/** From-Path of a response when nobody knows who was meant: the request had no To-Path. */
const NOBODY = 'msrp://anonymous.invalid:2855/0;tcp'

/** One request of the peer, from its head to its end-line and its response (RFC 4975 §7.3). */
export class IncomingRequest {
  readonly #context: Context
  readonly #connection: Connection
  readonly #head: Head
  #session: Session | undefined
  #incoming: Incoming | undefined
  /** 0-based position of the next body octet in the message. */
  #offset: number
  #isAnswered = false

  constructor(context: Context, connection: Connection, head: Head) {
    this.#context = context
    this.#connection = connection
    this.#head = head
    this.#offset = (head.byteRange?.start ?? 1) - 1
  }

  /** Checks the head. What is refused is answered at once, so that the sender can stop (MSRP-41). */
  begin(): void {
    if (this.#head.method === 'REPORT') return
    const status = this.#head.fault?.status ?? this.#admit()
    if (status !== 200) this.#reject(status)
  }

  body(bytes: Uint8Array): void {
    const incoming = this.#incoming
    const offset = this.#offset
    this.#offset += bytes.length
    const isOther = this.#head.method !== 'SEND' && this.#head.method !== 'REPORT'
    if (isOther && this.#offset > MAX_OTHER_BODY && !this.#isAnswered) return this.#reject(400) // MSRP-10
    if (incoming === undefined || this.#isAnswered || this.#session?.state === 'failed') return
    if (!Number.isSafeInteger(this.#offset)) return this.#reject(400) // MSRP-30
    const status = incoming.body(offset, bytes)
    if (status !== 200) this.#reject(status)
  }

  end(flag: Flag): void {
    if (this.#head.method === 'REPORT') return this.#report()
    if (this.#isAnswered) return
    if (this.#head.method !== 'SEND') return this.#reject(501) // AUTH and NICKNAME too (MSRP-8)
    if (this.#session?.state === 'failed') return this.#respond(481)
    if (this.#incoming !== undefined) return this.#respond(this.#incoming.end(flag, this.#offset))
    if (flag === '#') this.#session?.incoming?.giveUp(this.#head.messageId)
    this.#respond(200)
  }

  /** The message was refused while this chunk of it is coming in (OA-41). */
  refuse(incoming: Incoming, status: number): void {
    if (incoming === this.#incoming && !this.#isAnswered) this.#respond(status)
  }

  #admit(): number {
    const head = this.#head
    if (head.method !== 'SEND') return 200 // answered at its end
    // a head without fault has both paths
    const session = this.#context.findSession(head.toPath as string)
    if (session === 'malformed') return 400
    if (session === undefined || session.state === 'failed') return 481
    this.#session = session
    if (session.connection !== undefined && session.connection !== this.#connection) return 506 // RFC 4975 §5.4
    const comesFromPeer = session.comesFromPeer(head.fromPath as string)
    if (comesFromPeer === 'malformed') return 400
    if (!comesFromPeer) return 481
    if (head.messageId === undefined) return 400
    this.#connection.bind(session)
    if (head.contentType === undefined) return 200 // binding or keep-alive (MSRP-25)
    if (session.incoming === undefined) return 403 // against the negotiated direction (OA-37)
    const status = session.incoming.admit(head)
    if (status === 200) this.#incoming = session.incoming
    return status
  }

  #reject(status: number): void {
    this.#respond(status)
    this.#connection.countRejected()
  }

  /** At most one response, and only those that Failure-Report asks for (RFC 4975 §7.2, MSRP-41, MSRP-42). */
  #respond(status: number): void {
    this.#isAnswered = true
    const { tid, method, toPath, fromPath, failureReport } = this.#head
    if (failureReport === 'no' || (failureReport === 'partial' && status === 200)) return
    const target = method === 'SEND' ? firstOfPath(fromPath ?? '') : (fromPath ?? '')
    const session = this.#session
    if (status === 200 && session?.response?.toPath === target) return this.#connection.sendOk(tid, session.response)
    // whoever cannot be answered is cut off (MSRP-3)
    if (!isPathText(target)) return this.#connection.giveUp()
    const own = session?.localUri ?? toPath ?? NOBODY
    if (session !== undefined) session.response = new ResponseTemplate(target, own)
    this.#connection.sendNow(formatResponse(tid, status, target, session !== undefined || isPathText(own) ? own : NOBODY), tid)
  }

  /** Takes a REPORT; anything wrong with it is ignored, it is never answered (MSRP-50, MSRP-54). */
  #report(): void {
    const { fault, toPath, messageId, reportStatus, byteRange } = this.#head
    if (fault !== undefined || reportStatus?.namespace !== '000') return
    const session = this.#context.findSession(toPath as string)
    if (session === undefined || session === 'malformed') return this.#connection.countRejected()
    const outgoing = session.outgoing
    if (session.connection !== this.#connection || outgoing === undefined || outgoing.messageId !== messageId) return
    const { code, comment } = reportStatus
    if (code === 200) outgoing.report(byteRange)
    else this.#context.fail(session, code === 408 ? 'timeout' : 'refused', code, comment)
  }
}

/** Characters that may be echoed: URIs with single spaces between them. */
function isPathText(text: string): boolean {
  return text.split(' ').every(uri => consistsOf(uri, VISIBLE | ALPHA | DIGIT))
}
