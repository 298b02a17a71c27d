import { formatHost } from './host.js'
import type { Flows, OpenFlow } from './flows.js'
import { asSips } from './sips.js'
import type { Turn } from './turn.js'
import { parseSipUri } from './uri.js'
import type { OwnContact, Transport, UserAgentOptions } from './user-agent-types.js'

type Where = Pick<OpenFlow, 'transport' | 'local'>

/** What we write into Contact: where we are reached, with all feature tags (SIP-1, CPM-4). */
export class LocalContact {
  /** The registrar's address for this device, usable from everywhere while the registration lasts (RFC 5627 §4.4). */
  gruu: { readonly uri: string; readonly until: number } | undefined
  readonly #user: string
  readonly #features: string

  constructor(
    options: UserAgentOptions,
    private readonly flows: Flows,
    private readonly turn: Turn,
  ) {
    const user = parseSipUri(options.aor)?.user
    this.#user = user === undefined ? '' : `${user}@`
    this.#features = (options.contactParameters ?? []).map(parameter => `;${parameter}`).join('')
  }

  /** Of a request that makes or refreshes a dialog; `ob`: later requests come over the same flow (RFC 5626 §4.3). */
  ofRequest(flow: Where, secure: boolean, own?: OwnContact): string {
    // Who answers for that URI finds us, whatever flow this goes over
    if (own !== undefined) return this.#format(secure ? asSips(own) : own, '')
    return this.#format(this.#uri(flow, secure), this.flows.needsOutbound(flow.transport) ? ';ob' : '')
  }

  ofResponse(flow: Where, secure: boolean, own?: OwnContact): string {
    return this.#format(own === undefined ? this.#uri(flow, secure) : secure ? asSips(own) : own, '')
  }

  /**
   * `<sip:alice@df7jal23ls0d.invalid;transport=ws>;+sip.instance="<urn:uuid:…>";reg-id=1`
   * @param outbound false after a first hop said that it cannot keep flows (439)
   */
  ofRegistration(flow: Where, secure: boolean, outbound: boolean): string {
    const contact = this.#format(this.#place(flow, secure), '')
    const named = this.#features.toLowerCase()
    // RFC 5626 §4.2.1: reg-id means something beside the instance only
    const wanted = outbound && this.flows.needsOutbound(flow.transport) && named.includes(';+sip.instance=') && !named.includes(';reg-id=')
    return wanted ? `${contact};reg-id=1` : contact
  }

  #uri(flow: Where, secure: boolean): string {
    if (this.gruu === undefined || this.turn.now >= this.gruu.until) return this.#place(flow, secure)
    // RFC 5630 §5.1.1.4: of the GRUU only the scheme may change
    return secure ? asSips(this.gruu.uri) : this.gruu.uri
  }

  #place({ transport, local }: Where, secure: boolean): string {
    const port = local.port === undefined ? '' : `:${local.port}`
    return `${secure ? 'sips' : 'sip'}:${this.#user}${formatHost(local.host)}${port}${transportParameter(transport, secure)}`
  }

  #format(uri: string, ob: string): string {
    return `<${uri}${ob}>${this.#features}`
  }
}

/** RFC 7118 §5.2: `ws` for both kinds; RFC 5630 §3.1.4: sips needs no `tls`, which without sips is the only hint that peers understand. */
function transportParameter(transport: Transport, secure: boolean): string {
  if (transport === 'ws' || transport === 'wss') return ';transport=ws'
  return transport === 'tls' && secure ? '' : `;transport=${transport}`
}
