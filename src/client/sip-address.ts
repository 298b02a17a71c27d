import { isUsableAddress, parseSipUri, type SipUri } from '../sip/index.js'
import { CpmftError } from './errors.js'

/** Port of SIP over UDP and TCP (RFC 3261 §19.1.2). */
const SIP_PORT = 5060

/** A SIP address the user typed; `bob@host` gets its scheme. @throws CpmftError `bad-address` */
export function readAddress(text: string): string {
  const address = /^(sips?|tel):/i.test(text) ? text : `sip:${text}`
  if (!isUsableAddress(address)) throw new CpmftError('bad-address', `It was "${text}".`)
  return address
}

/** The address of a proxy or listener, which needs no user part. @throws CpmftError `bad-address` */
export function readHop(text: string): string {
  const address = /^sips?:/i.test(text) ? text : `sip:${text}`
  if (parseSipUri(address) === undefined) throw new CpmftError('bad-address', `It was "${text}".`)
  return address
}

/** Host and port a SIP URI leads to without DNS service records. */
export function hopOf(text: string): { host: string; port: number; transport: string | undefined; uri: SipUri } | undefined {
  const uri = parseSipUri(text)
  if (uri === undefined || uri.scheme === 'tel') return undefined
  return {
    host: uri.host.replace(/^\[|\]$/g, ''),
    port: uri.port ?? SIP_PORT,
    transport: uri.parameters.get('transport')?.toLowerCase(),
    uri,
  }
}

/** Whether a listener at this host takes connections on every interface. */
export function isWildcard(host: string): boolean {
  return host === '0.0.0.0' || host === '::' || host === ''
}
