import { buildRequest } from './build-request.js'
import { sequenceOf } from './cseq.js'
import type { Source } from './flows.js'
import { listValues } from './header-list.js'
import type { SipHeaders } from './headers.js'
import { routeRequest } from './hop.js'
import type { SipMessage, SipRequest, SipResponse } from './message.js'
import { firstAddress, parseNameAddress, tagIn } from './name-address.js'
import { asksForSips, asSips, isSips } from './sips.js'
import type { Body, ExtraHeaders, FlowId } from './user-agent-types.js'

interface DialogState {
  readonly callId: string
  /** From and To of our requests with their tags. */
  readonly local: string
  readonly remote: string
  readonly localTag: string
  readonly remoteTag: string | undefined
  readonly routeSet: readonly string[]
  readonly remoteTarget: string
  readonly localSequence: number
  readonly remoteSequence: number | undefined
  /** Where the message came from that made the dialog: behind a NAT the only way back. */
  readonly flow: FlowId
}

/** State of one dialog (RFC 3261 §12). */
export class Dialog {
  readonly callId: string
  readonly local: string
  readonly remote: string
  readonly localTag: string
  readonly remoteTag: string
  readonly routeSet: readonly string[]
  remoteTarget: string
  localSequence: number
  remoteSequence: number | undefined
  flow: FlowId

  constructor(state: DialogState) {
    this.callId = state.callId
    this.local = state.local
    this.remote = state.remote
    this.localTag = state.localTag
    // RFC 2543 knew no tags
    this.remoteTag = state.remoteTag ?? ''
    this.routeSet = state.routeSet
    this.remoteTarget = state.remoteTarget
    this.localSequence = state.localSequence
    this.remoteSequence = state.remoteSequence
    this.flow = state.flow
  }

  /** UAC side (RFC 3261 §12.1.2): the route set is Record-Route of the response in reverse order. */
  static ofResponse(request: SipRequest, response: SipResponse, source: Source): Dialog {
    return new Dialog({
      callId: request.headers.get('call-id') as string,
      local: request.headers.get('from') as string,
      remote: response.headers.get('to') as string,
      localTag: tagIn(request.headers, 'from') as string,
      remoteTag: tagIn(response.headers, 'to'),
      routeSet: routesOf(response.headers, 'record-route').reverse(),
      remoteTarget: noLessSecure(request.uri, contactUri(response) ?? request.uri),
      localSequence: sequenceOf(request),
      remoteSequence: undefined,
      flow: source.flow,
    })
  }

  /** UAS side (RFC 3261 §12.1.1). */
  static ofRequest(request: SipRequest, localTag: string, source: Source): Dialog {
    const remote = request.headers.get('from') as string
    return new Dialog({
      callId: request.headers.get('call-id') as string,
      local: `${request.headers.get('to')};tag=${localTag}`,
      remote,
      localTag,
      remoteTag: tagIn(request.headers, 'from'),
      routeSet: routesOf(request.headers, 'record-route'),
      remoteTarget: contactUri(request) ?? (request.headers.read('from', parseNameAddress)?.uri as string),
      localSequence: 0,
      remoteSequence: sequenceOf(request),
      flow: source.flow,
    })
  }

  /** Subscriber side: the first NOTIFY makes the dialog, and its Record-Route is the route set (RFC 6665 §4.4.1). */
  static ofNotify(request: SipRequest, localSequence: number, source: Source): Dialog {
    const remote = request.headers.get('from') as string
    return new Dialog({
      callId: request.headers.get('call-id') as string,
      local: request.headers.get('to') as string,
      remote,
      localTag: tagIn(request.headers, 'to') as string,
      remoteTag: tagIn(request.headers, 'from'),
      routeSet: routesOf(request.headers, 'record-route'),
      remoteTarget: contactUri(request) ?? (request.headers.read('from', parseNameAddress)?.uri as string),
      localSequence,
      remoteSequence: sequenceOf(request),
      flow: source.flow,
    })
  }

  get key(): string {
    return dialogKey(this.callId, this.localTag, this.remoteTag)
  }

  nextSequence(): number {
    return ++this.localSequence
  }

  /** Accepts the CSeq of a request; false when it is not above all before it (RFC 3261 §12.2.2). */
  inOrder(request: SipRequest): boolean {
    const number = sequenceOf(request)
    if (this.remoteSequence !== undefined && number <= this.remoteSequence) return false
    this.remoteSequence = number
    return true
  }

  /** Contact of a target refresh request or its 2xx (RFC 3261 §12.2.1.2). */
  refreshTarget(message: SipMessage, source: Source): void {
    this.remoteTarget = noLessSecure(this.remoteTarget, contactUri(message) ?? this.remoteTarget)
    this.flow = source.flow
  }

  /** Our Contact must be sips, as the peer's is (RFC 3261 §8.1.1.8, RFC 5630 §5.1.1.2). */
  get secure(): boolean {
    return asksForSips(this.remoteTarget, this.routeSet)
  }

  /** URI that decides where our requests go. */
  get nextHop(): string {
    return routeRequest(this.remoteTarget, this.routeSet).nextHop
  }

  request(method: string, sequence: number, fields: ExtraHeaders, body?: Body): SipRequest {
    const { requestUri: uri, routes } = routeRequest(this.remoteTarget, this.routeSet)
    return buildRequest({ method, uri, routes, from: this.local, to: this.remote, callId: this.callId, sequence, fields, body })
  }
}

export function dialogKey(callId: string, localTag: string, remoteTag: string): string {
  return `${callId} ${localTag} ${remoteTag}`
}

/** URI of the first Contact. */
export function contactUri(message: SipMessage): string | undefined {
  return firstAddress(message.headers, 'contact')?.uri
}

/** Record-Route or Service-Route values that can stand in a request of ours. */
export function routesOf(headers: SipHeaders, name: string): string[] {
  return listValues(headers, name).filter(value => uriOf(value) !== undefined)
}

/** URI of a peer's address; one with spaces or control characters is none. */
function uriOf(value: string): string | undefined {
  return parseNameAddress(value)?.uri
}

/** RFC 5630 §5.1.1.3: what began with sips goes on with sips. */
function noLessSecure(before: string, target: string): string {
  return isSips(before) ? asSips(target) : target
}
