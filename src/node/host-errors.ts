import { HostError, type HostErrorCode } from '../client/index.js'

/** System error codes and what they mean to a user. */
const NETWORK_CODES: Readonly<Record<string, HostErrorCode>> = {
  ECONNREFUSED: 'connection-refused',
  ECONNRESET: 'connection-lost',
  ECONNABORTED: 'connection-lost',
  EPIPE: 'connection-lost',
  ETIMEDOUT: 'connection-timeout',
  ENOTFOUND: 'unknown-host',
  EAI_AGAIN: 'unknown-host',
  ENODATA: 'unknown-host',
  EADDRINUSE: 'address-in-use',
}

const FILE_CODES: Readonly<Record<string, HostErrorCode>> = {
  ENOENT: 'file-missing',
  ENOTDIR: 'file-missing',
  ELOOP: 'file-missing',
  ENAMETOOLONG: 'file-missing',
  EISDIR: 'not-a-file',
  ENXIO: 'not-a-file',
}

const WRITE_CODES: Readonly<Record<string, HostErrorCode>> = {
  ENOSPC: 'disk-full',
  EDQUOT: 'disk-full',
}

const FOLDER_CODES: Readonly<Record<string, HostErrorCode>> = {
  ...WRITE_CODES,
  ENOENT: 'folder-missing',
  ENOTDIR: 'folder-missing',
  EACCES: 'folder-unwritable',
  EPERM: 'folder-unwritable',
  EROFS: 'folder-unwritable',
}

/** `what` is a phrase for people; only the system's code is added, never its text, which has full paths (SEC-9). */
export function networkError(error: unknown, what: string): HostError {
  if (error instanceof HostError) return error
  const code = systemCode(error)
  if (isTlsCode(code)) return new HostError('tls', `${what} (${code}).`)
  return new HostError(NETWORK_CODES[code] ?? 'network', `${what} (${code}).`)
}

export function fileError(error: unknown, name: string): HostError {
  if (error instanceof HostError) return error
  const code = systemCode(error)
  return new HostError(FILE_CODES[code] ?? 'file-unreadable', `${name} cannot be opened (${code}).`)
}

export function folderError(error: unknown): HostError {
  if (error instanceof HostError) return error
  const code = systemCode(error)
  return new HostError(FOLDER_CODES[code] ?? 'folder-unwritable', `The target folder refused (${code}).`)
}

export function writeError(error: unknown, name: string): HostError {
  if (error instanceof HostError) return error
  const code = systemCode(error)
  return new HostError(WRITE_CODES[code] ?? 'write-failed', `Writing ${name} failed (${code}).`)
}

/** `ENOENT`, `ECONNRESET`, `ERR_SSL_WRONG_VERSION_NUMBER`; `unknown` for anything else. */
export function systemCode(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string') return error.code
  return 'unknown'
}

/** OpenSSL and certificate codes, as Node reports them. */
function isTlsCode(code: string): boolean {
  return (
    code.startsWith('ERR_SSL') || code.startsWith('ERR_TLS') || code === 'EPROTO' || code.includes('CERT') || code.includes('SIGNATURE')
  )
}
