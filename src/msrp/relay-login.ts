import { follow, parseInteger, type Table } from '../wire/index.js'
import type { AuthRequest } from './auth-queue.js'
import type { Context } from './context.js'
import { formatAuth } from './encode.js'
import type { AuthorizationFailure, RelayOptions } from './endpoint-types.js'
import type { Head } from './head.js'
import { MAX_AUTH_ATTEMPTS, MAX_RENEWAL, MIN_RENEWAL, RENEWAL_SHARE } from './limits.js'
import { parsePath } from './path.js'
import type { RelayDigest } from './relay-digest.js'
import { octets } from './writer.js'

/** `waiting`: the way to the relay is not open. `asking`: AUTH without credentials is out. `proving`: AUTH with credentials is out. */
export type RelayLoginState = 'waiting' | 'asking' | 'proving' | 'authorized' | 'failed'
/**
 * `open`: the connection, or the relay before this one, is ready, or is reached by other URIs now. `challenge`: a 401 that we can answer.
 * `interval`: a 423 whose bounds we can keep. `accept`: 200. `due`: the time to renew. `refuse`: nothing can be done.
 */
export type RelayLoginEvent = 'open' | 'challenge' | 'interval' | 'accept' | 'due' | 'refuse'
export type RelayLoginAction =
  | 'send'
  /** a new round: all tries are free again */
  | 'begin-round'
  | 'await-renewal'
  | 'tell-accepted'
  | 'tell-refused'

/** What happens with one relay that shall act for us (RFC 4976 §5.1). */
export const RELAY_LOGIN_TABLE: Table<RelayLoginState, RelayLoginEvent, RelayLoginAction> = {
  waiting: {
    open: { to: 'asking', do: ['begin-round', 'send'] },
    refuse: { to: 'failed', do: ['tell-refused'] },
  },
  asking: {
    challenge: { to: 'proving', do: ['send'] },
    interval: { to: 'asking', do: ['send'] },
    accept: { to: 'authorized', do: ['await-renewal', 'tell-accepted'] },
    refuse: { to: 'failed', do: ['tell-refused'] },
  },
  proving: {
    challenge: { to: 'proving', do: ['send'] },
    interval: { to: 'proving', do: ['send'] },
    accept: { to: 'authorized', do: ['await-renewal', 'tell-accepted'] },
    refuse: { to: 'failed', do: ['tell-refused'] },
  },
  authorized: {
    open: { to: 'proving', do: ['begin-round', 'send'] },
    due: { to: 'proving', do: ['begin-round', 'send'] },
    refuse: { to: 'failed', do: ['tell-refused'] },
  },
  failed: {},
}

/** What one relay's login needs of the authorization it is part of. */
export interface RelayLoginPort {
  readonly context: Context
  /** Own URI. */
  readonly fromPath: string
  /** URIs to be passed before this relay, with a space after each. */
  pathTo(login: RelayLogin): string
  request(login: RelayLogin, request: AuthRequest): void
  accepted(login: RelayLogin): void
  refused(cause: AuthorizationFailure, status: number | undefined, comment: string): void
  forget(request: AuthRequest): void
}

/** AUTH at one relay: challenge, answer, renewal (RFC 4976 §5.1, §6.3; RLY-2, RLY-3, RLY-5). */
export class RelayLogin {
  state: RelayLoginState = 'waiting'
  /** Of the latest 200. */
  usePath: readonly string[] = []
  /** Seconds, of the latest 200. */
  expires: number | undefined
  readonly #port: RelayLoginPort
  readonly #digest: RelayDigest
  readonly #uri: string
  #wanted: number | undefined
  #attempts = 0
  #isIntervalTried = false
  #request: AuthRequest | undefined
  #failure: { cause: AuthorizationFailure; status?: number; comment: string } = { cause: 'refused', comment: '' }

  /** @param timer owner part of its timers' names */
  constructor(
    port: RelayLoginPort,
    readonly options: RelayOptions,
    digest: RelayDigest,
    readonly timer: string,
  ) {
    this.#port = port
    this.#digest = digest
    this.#uri = options.uri
    this.#wanted = options.expires
  }

  on(event: RelayLoginEvent): void {
    const arrow = follow(RELAY_LOGIN_TABLE, this.state, event)
    if (arrow === undefined) return
    this.state = arrow.to
    for (const action of arrow.do) this.#do(action)
  }

  /** The connection did not open, or no response came, in time. */
  onTimeout(): void {
    if (this.state === 'waiting') this.refuse('connection-timeout')
    else this.refuse('timeout', 408)
  }

  refuse(cause: AuthorizationFailure, status?: number, comment = ''): void {
    this.#failure = { cause, comment, ...(status !== undefined && { status }) }
    this.on('refuse')
  }

  /** Forgets its request and its timers. */
  stop(): void {
    if (this.#request !== undefined) this.#port.forget(this.#request)
    this.#request = undefined
    for (const kind of ['auth', 'renew'] as const) this.#port.context.timers.stop(`${kind}/${this.timer}`)
  }

  #do(action: RelayLoginAction): void {
    const { context } = this.#port
    switch (action) {
      case 'begin-round':
        this.#attempts = 0
        this.#isIntervalTried = false
        for (const kind of ['auth', 'renew'] as const) context.timers.stop(`${kind}/${this.timer}`)
        return
      case 'send':
        return this.#send()
      case 'await-renewal':
        if (this.expires === undefined) return
        return context.timers.start(`renew/${this.timer}`, context.now + renewalWait(this.expires))
      case 'tell-accepted':
        return this.#port.accepted(this)
      case 'tell-refused':
        return this.#port.refused(this.#failure.cause, this.#failure.status, this.#failure.comment)
    }
  }

  #send(): void {
    const { context, fromPath } = this.#port
    const tid = context.tokens.next()
    const authorization = this.#digest.authorization(this.#uri)
    if (authorization !== undefined) this.#attempts++
    const text = formatAuth({
      tid,
      toPath: this.#port.pathTo(this) + this.#uri,
      fromPath,
      ...(this.#wanted !== undefined && { expires: this.#wanted }),
      ...(authorization !== undefined && { authorization: octets(authorization) }),
    })
    this.#request = {
      tid,
      text,
      onSent: () => context.timers.start(`auth/${this.timer}`, context.now + context.settings.limits.transaction),
      onResponse: head => this.#onResponse(head),
    }
    this.#port.request(this, this.#request)
  }

  #onResponse(head: Head): void {
    this.#request = undefined
    this.#port.context.timers.stop(`auth/${this.timer}`)
    switch (head.status) {
      case 200:
        return this.#onAccepted(head)
      case 401: {
        const kind = this.#digest.challenge(head.values('www-authenticate'))
        if (kind === 'new' && this.#attempts < MAX_AUTH_ATTEMPTS) return this.on('challenge')
        return this.refuse('relay-auth-failed', 401, head.comment)
      }
      case 423:
        if (this.#adjustInterval(head)) return this.on('interval')
        return this.refuse('refused', 423, head.comment)
      default:
        return this.refuse(head.status === 408 ? 'timeout' : 'refused', head.status, head.comment) // 403 is final (RLY-5)
    }
  }

  #onAccepted(head: Head): void {
    const uri = this.#uri
    if (!this.#digest.confirm(head.values('authentication-info')[0])) {
      return this.refuse('relay-auth-failed', undefined, `${uri} does not know the password`)
    }
    const text = head.values('use-path')[0] ?? ''
    const path = parsePath(text)
    // RFC 4976 §4.2, §9.4: full URIs of the session, between relays always TLS
    if (path === undefined || !path.every(entry => entry.secure && entry.sessionId !== undefined)) {
      return this.refuse('refused', undefined, `${uri} gave no Use-Path that can be used`)
    }
    this.usePath = text.split(' ')
    this.expires = parseInteger(head.values('expires')[0] ?? '')
    this.on('accept')
  }

  /** RLY-5: one more try, with an Expires that the relay allows. */
  #adjustInterval(head: Head): boolean {
    const least = parseInteger(head.values('min-expires')[0] ?? '')
    const most = parseInteger(head.values('max-expires')[0] ?? '')
    const bound = this.#wanted === undefined || (most !== undefined && this.#wanted > most) ? (most ?? least) : least
    if (this.#isIntervalTried || bound === undefined || bound === this.#wanted) return false
    this.#isIntervalTried = true
    this.#wanted = bound
    return true
  }
}

function renewalWait(expires: number): number {
  return Math.min(MAX_RENEWAL, Math.max(MIN_RENEWAL, Math.floor(expires * 1000 * RENEWAL_SHARE)))
}
