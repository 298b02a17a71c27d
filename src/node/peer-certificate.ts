import { createHash, X509Certificate } from 'node:crypto'
import { isIP, type Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { ConnectOptions } from '../client/index.js'

/** Hash names of `a=fingerprint`, strongest first. MD5 and MD2 are never taken (CON-43), nor anything else below SHA-256 but SHA-1 (CON-44). */
const HASHES: readonly (readonly [name: string, digest: string])[] = [
  ['sha-512', 'sha512'],
  ['sha-384', 'sha384'],
  ['sha-256', 'sha256'],
  ['sha-1', 'sha1'],
]

/** What the peer showed in the handshake; undefined for plain connections and for peers without a certificate. */
export function certificateOf(socket: Socket): X509Certificate | undefined {
  // not getPeerX509Certificate: for clients it gives the certificate once and then no more
  const shown = isTls(socket) ? (socket.getPeerCertificate() as { readonly raw?: Buffer } | null) : undefined
  return shown?.raw === undefined ? undefined : new X509Certificate(shown.raw)
}

/** Not `instanceof`: it would load TLS for connections that have none. */
function isTls(socket: Socket | TLSSocket): socket is TLSSocket {
  return 'encrypted' in socket
}

/** Hash of the certificate in DER (RFC 8122 §5). Undefined for hashes that are not computed. */
export function fingerprintOf(certificate: X509Certificate | undefined, algorithm: string): Uint8Array | undefined {
  const hash = HASHES.find(([name]) => name === algorithm.toLowerCase())
  if (certificate === undefined || hash === undefined) return undefined
  return new Uint8Array(createHash(hash[1]).update(certificate.raw).digest())
}

/** Whether the certificate has one of the hashes that use the strongest algorithm among them (CON-43); weaker ones prove nothing then. */
export function hasFingerprint(certificate: X509Certificate | undefined, allowed: NonNullable<ConnectOptions['fingerprints']>): boolean {
  const isNamed = (name: string) => (one: { readonly algorithm: string }) => one.algorithm.toLowerCase() === name
  const strongest = HASHES.find(([name]) => allowed.some(isNamed(name)))?.[0]
  if (strongest === undefined) return false
  const own = fingerprintOf(certificate, strongest)
  return own !== undefined && allowed.filter(isNamed(strongest)).some(({ octets }) => Buffer.from(own).equals(octets))
}

/**
 * Whether subjectAltName has `name`, a DNS name or an IP address, directly or as the domain of a SIP URI (RFC 4975 §14.2, RFC 5922 §7.1).
 * The subject's common name is never looked at.
 * @param wildcards `*.example.com` counts: for WebSocket (RFC 2818 §3.1), never for SIP and MSRP (RFC 5922 §7.2)
 */
export function isFor(certificate: X509Certificate, name: string, wildcards: boolean): boolean {
  const domain = withoutFinalDot(name)
  if (sipDomains(certificate.subjectAltName ?? '').includes(domain.toLowerCase())) return true
  try {
    if (isIP(domain) !== 0) return certificate.checkIP(domain) !== undefined
    return certificate.checkHost(domain, { subject: 'never', wildcards, partialWildcards: false }) !== undefined
  } catch {
    // a name that cannot be one
    return false
  }
}

/** Name indication is for names only (CON-41, RFC 6066 §3). */
export function serverNameIndication(name: string): string {
  return isIP(name) === 0 ? withoutFinalDot(name) : ''
}

function withoutFinalDot(name: string): string {
  return name.endsWith('.') ? name.slice(0, -1) : name
}

/** Domains of `URI:sip:example.com` in Node's text form of the extension; those with a user part name a user, no domain (RFC 5922 §7.1). */
export function sipDomains(subjectAltName: string): string[] {
  const domains: string[] = []
  for (const entry of entriesOf(subjectAltName)) {
    if (!entry.toLowerCase().startsWith('uri:sip:') || entry.includes('@')) continue
    const rest = entry.slice('uri:sip:'.length)
    let end = 0
    while (end < rest.length && !':;?/'.includes(rest[end] as string)) end++
    if (end > 0) domains.push(withoutFinalDot(rest.slice(0, end)).toLowerCase())
  }
  return domains
}

/** `DNS:a, URI:"sip:b, DNS:c"` has two entries; quoted ones could pretend to be several and are left out. */
function entriesOf(text: string): string[] {
  const entries: string[] = []
  let from = 0
  let quoted = false
  let anyQuote = false
  for (let at = 0; at <= text.length; at++) {
    if (text[at] === '\\' && quoted) at++
    else if (text[at] === '"') {
      quoted = !quoted
      anyQuote = true
    } else if (at >= text.length || (text[at] === ',' && !quoted)) {
      if (!anyQuote && !quoted) entries.push(text.slice(from, at).trim())
      from = at + 1
      anyQuote = false
    }
  }
  return entries
}
