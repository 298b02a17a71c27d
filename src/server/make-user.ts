import { createHash } from 'node:crypto'
import { isUsableAddress, parseSipUri } from '../sip/index.js'
import { LocalProtocolError } from '../wire/index.js'
import type { DigestName, User } from './database.js'

export interface NewUser {
  /** `sip:alice@example.org` */
  readonly aor: string
  readonly password: string
  /** Default: the user part of the address, unescaped. */
  readonly username?: string
  /** Default: the domain of the address. */
  readonly realm?: string
  readonly displayName?: string
  /** Milliseconds since 1970. */
  readonly created: number
}

/**
 * The account of a person, with the hashes that authentication needs in place of the password.
 * @throws LocalProtocolError when the address is no `sip:` or `sips:` address with user part, or the user name has a colon or is empty
 */
export function makeUser({ aor, password, displayName, created, ...given }: NewUser): User {
  const uri = parseSipUri(aor)
  if (uri === undefined || uri.user === undefined || uri.scheme === 'tel' || !isUsableAddress(aor))
    throw new LocalProtocolError('bad-user', 'the address is no sip or sips address of a person')
  const username = given.username ?? unescaped(uri.user)
  const realm = given.realm ?? uri.host.toLowerCase()
  // RFC 7616 §3.4.2: the colon separates the parts of A1
  if (username === '' || username.includes(':')) throw new LocalProtocolError('bad-user', 'the user name is empty or has a colon')
  return { aor, username, realm, ...(displayName !== undefined && { displayName }), ha1: digestSecrets(username, realm, password), created }
}

/** `H(username:realm:password)` for every algorithm we offer, lower-case hex (RFC 7616 §3.4.2, RFC 8760 §2.1). */
export function digestSecrets(username: string, realm: string, password: string): Readonly<Record<DigestName, string>> {
  const secret = `${username}:${realm}:${password}`
  const hash = (algorithm: string): string => createHash(algorithm).update(secret, 'utf8').digest('hex')
  return { md5: hash('md5'), 'sha-256': hash('sha256'), 'sha-512-256': hash('sha512-256') }
}

function unescaped(user: string): string {
  try {
    return decodeURIComponent(user)
  } catch {
    return user
  }
}
