import { createHash, X509Certificate } from 'node:crypto'
import type { SecureContextOptions } from 'node:tls'

/** PEM text of the host's certificate and key, and of the authorities it trusts instead of the system's. */
export interface TlsOptions {
  /** Needed to listen; also shown to servers that ask for it. */
  readonly cert?: string | Uint8Array
  readonly key?: string | Uint8Array
  readonly ca?: string | Uint8Array
}

/** For both roles; TLS 1.2 at least (CON-41, RFC 8996). */
export function secureContext(tls: TlsOptions): SecureContextOptions {
  return {
    minVersion: 'TLSv1.2',
    ...(tls.ca === undefined ? {} : { ca: Buffer.from(tls.ca) }),
    ...(tls.cert === undefined || tls.key === undefined ? {} : { cert: Buffer.from(tls.cert), key: Buffer.from(tls.key) }),
  }
}

/** Hash of our own certificate, the first one of the PEM text; undefined without one or when it cannot be read. */
export function ownCertificate(tls: TlsOptions): { readonly sha256: Uint8Array } | undefined {
  if (tls.cert === undefined || tls.key === undefined) return undefined
  try {
    const { raw } = new X509Certificate(Buffer.from(tls.cert))
    return { sha256: new Uint8Array(createHash('sha256').update(raw).digest()) }
  } catch {
    return undefined
  }
}
