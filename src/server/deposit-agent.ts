import { type Connection, type Host, SipDriver } from '../client/index.js'
import type { UserAgentEvent } from '../sip/index.js'
import { DepositHost } from './deposit-host.js'
import type { DepositFigures, DepositHostOptions } from './deposit-options.js'
import { namedPipe, PIPE_PROXY } from './focus-pipe.js'
import type { MsrpGuest, SharedMsrp } from './focus-options.js'

export interface DepositAgentOptions extends Omit<DepositHostOptions, 'sip' | 'msrp' | 'media' | 'hashes'> {
  readonly host: Host
  /** The MSRP listener of the focus. */
  readonly share: (guest: MsrpGuest) => SharedMsrp
}

const ALLOW = ['INVITE', 'ACK', 'CANCEL', 'BYE', 'UPDATE', 'PRACK', 'OPTIONS']
const ACCEPT = ['application/sdp', 'multipart/related', 'multipart/mixed', 'message/cpim']

/** The store as a user agent of its own behind the proxy of this process, which it alone believes. */
export class DepositAgent {
  readonly #sip: SipDriver
  readonly #store: DepositHost

  /** Rejects with `HostError('store')`. */
  static async open(options: DepositAgentOptions): Promise<DepositAgent> {
    const { host, share, domain } = options
    const box: { store?: DepositHost } = {}
    const sip = await SipDriver.open({
      host,
      // nothing listens: the proxy is at the other end of a pipe
      address: { host: '127.0.0.1', port: 0 },
      transports: [],
      agent: {
        aor: `sip:${domain}`,
        proxy: PIPE_PROXY,
        anyRecipient: true,
        // RFC 3840 §10: a machine that takes messages for somebody else
        contactParameters: ['automata', 'actor="msg-taker"'],
        allow: ALLOW,
        supported: ['timer', '100rel'],
        accept: ACCEPT,
      },
      onEvent: event => onSip(event, sip, box.store),
      onTrace: () => {},
    })
    try {
      const shared = share({
        onMsrp: event => box.store?.onMsrp(event),
        onNeedData: need => box.store?.onNeedData(need),
        members: {
          want: wanted => void (box.store === undefined ? wanted.settled(false) : box.store.members.want(wanted)),
          octets: event => box.store?.members.octets(event),
          over: passage => box.store?.members.over(passage),
        },
      })
      const { msrp, media, hashes } = shared
      const store = await DepositHost.open({ ...options, sip, msrp, media: () => media, hashes })
      box.store = store
      return new DepositAgent(sip, store)
    } catch (error) {
      await sip.close()
      throw error
    }
  }

  private constructor(sip: SipDriver, store: DepositHost) {
    this.#sip = sip
    this.#store = store
  }

  get figures(): DepositFigures {
    return this.#store.figures
  }

  /** A connection in memory to the proxy: the only way in and out. Deliveries that are due begin now. */
  attach(connection: Connection): void {
    this.#sip.adopt('proxy', namedPipe(connection), 'tcp')
    this.#store.start()
  }

  /** Takes and delivers nothing new; settles when what runs has ended, or after `wait` milliseconds. */
  drain(wait: number): Promise<void> {
    return this.#store.drain(wait)
  }

  /** What was not delivered waits for the next start. */
  async close(): Promise<void> {
    await this.#store.close()
    await this.#sip.close()
  }
}

function onSip(event: UserAgentEvent, sip: SipDriver, store: DepositHost | undefined): void {
  if (event.name === 'incoming') {
    if (store === undefined) sip.command({ name: 'reject', id: event.id, status: 480 })
    else store.incoming(event)
  } else if (event.name === 'request') sip.command({ name: 'respond', id: event.id, status: 405, headers: [['Allow', ALLOW.join(', ')]] })
  else if (event.name === 'subscription-requested') sip.command({ name: 'reject-subscription', id: event.id, status: 489 })
  else if (store?.owns(event.id)) store.onSip(event)
  // a session that failed may still be answered
  else if (event.name === 'established') sip.command({ name: 'bye', id: event.id })
}
