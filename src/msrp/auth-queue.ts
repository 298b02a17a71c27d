import type { Head } from './head.js'

/** One AUTH request and who waits for its response. */
export interface AuthRequest {
  readonly tid: string
  /** The whole request, one character per octet. */
  readonly text: string
  /** It goes out now: the wait for the response begins. */
  onSent(): void
  onResponse(head: Head): void
}

/** The AUTH requests of one connection, one at a time because they cannot be pipelined (RFC 4976 §9.1). */
export class AuthQueue {
  readonly #send: (request: AuthRequest) => void
  readonly #requests: AuthRequest[] = []

  constructor(send: (request: AuthRequest) => void) {
    this.#send = send
  }

  add(request: AuthRequest): void {
    this.#requests.push(request)
    if (this.#requests.length === 1) this.#next()
  }

  /** @returns whether the response belongs to the open AUTH request */
  answer(head: Head): boolean {
    const open = this.#requests[0]
    if (open === undefined || open.tid !== head.tid) return false
    this.forget(open)
    open.onResponse(head)
    return true
  }

  /** Nobody waits for this request any more; if it was sent, its late response is ignored. */
  forget(request: AuthRequest): void {
    const index = this.#requests.indexOf(request)
    if (index < 0) return
    this.#requests.splice(index, 1)
    if (index === 0) this.#next()
  }

  /** The connection is over. */
  clear(): void {
    this.#requests.length = 0
  }

  #next(): void {
    const next = this.#requests[0]
    if (next === undefined) return
    this.#send(next)
    next.onSent()
  }
}
