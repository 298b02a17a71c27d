/** PEM text of the host's certificate and key, and of the authorities it trusts instead of the system's. */
export interface TlsOptions {
  /** Needed to listen; also shown to servers that ask for it. */
  readonly cert?: string | Uint8Array
  readonly key?: string | Uint8Array
  readonly ca?: string | Uint8Array
}
