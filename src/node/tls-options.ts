import { createHash, X509Certificate } from 'node:crypto'
import type { SecureContextOptions, TlsOptions as ServerOptions } from 'node:tls'
import { HostError } from '../client/index.js'
import { HANDSHAKE_TIMEOUT } from './limits.js'

/** PEM text of the host's certificate and key, and of the authorities it trusts instead of the system's. */
export interface TlsOptions {
  /** Needed to listen; also shown to servers that ask for it. */
  readonly cert?: string | Uint8Array
  readonly key?: string | Uint8Array
  readonly ca?: string | Uint8Array
  /** The certificate was made for this process: good for fingerprints (CON-43), but nobody finds a listener by it. */
  readonly selfSigned?: boolean
}

/** For both roles; TLS 1.2 at least (CON-41, RFC 8996). */
export function secureContext(tls: TlsOptions): SecureContextOptions {
  return {
    minVersion: 'TLSv1.2',
    ...(tls.ca === undefined ? {} : { ca: Buffer.from(tls.ca) }),
    ...(tls.cert === undefined || tls.key === undefined ? {} : { cert: Buffer.from(tls.cert), key: Buffer.from(tls.key) }),
  }
}

/** For a listener. @throws HostError without a certificate and its key */
export function tlsServerSettings(tls: TlsOptions, requestCertificate: boolean): ServerOptions {
  if (tls.cert === undefined || tls.key === undefined) throw new HostError('tls', 'Listening with TLS needs a certificate and its key.')
  return {
    ...secureContext(tls),
    // shown, not judged: a self-signed one is known by its hash (CON-43)
    requestCert: requestCertificate,
    rejectUnauthorized: false,
    handshakeTimeout: HANDSHAKE_TIMEOUT,
  }
}

/** Hash of our own certificate, the first one of the PEM text; undefined without one or when it cannot be read. */
export function ownCertificate(tls: TlsOptions): { readonly sha256: Uint8Array; readonly selfSigned: boolean } | undefined {
  if (tls.cert === undefined || tls.key === undefined) return undefined
  try {
    const { raw } = new X509Certificate(Buffer.from(tls.cert))
    return { sha256: new Uint8Array(createHash('sha256').update(raw).digest()), selfSigned: tls.selfSigned ?? false }
  } catch {
    return undefined
  }
}
