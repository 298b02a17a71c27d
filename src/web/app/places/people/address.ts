/** Why something typed is no address that can be used. */
export type AddressProblem = 'empty' | 'too-long' | 'scheme' | 'no-user' | 'no-host' | 'character'

export type TypedAddress = { readonly uri: string; readonly problem?: never } | { readonly problem: AddressProblem; readonly uri?: never }

const LONGEST = 1024
const SCHEME = /^([a-z][a-z0-9+.-]*):/i
/** `example.com`, `192.0.2.1:5060`, `[2001:db8::1]:5061` */
const HOST = /^(?:[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\])\.?(?::\d{1,5})?$/i
/** What RFC 3261 §25.1 lets stand in a user part, `%` included; a password is nothing to type here. */
const USER = /^[\w\-.!~*'()&=+$,;?/%]+$/
const PARAMETERS = /^[\w\-.!~*'()[\]/:&+$%=;]*$/

/** Reads an address as people type it: `bob@example.com` and `SIP:bob@Example.com` both give `sip:bob@example.com`. */
export function readAddress(typed: string): TypedAddress {
  const text = typed.trim().replace(/^<(.*)>$/, '$1')
  if (text === '') return { problem: 'empty' }
  if (text.length > LONGEST) return { problem: 'too-long' }
  const scheme = text.includes('@') || !text.includes('.') ? SCHEME.exec(text)?.[1]?.toLowerCase() : undefined
  if (scheme !== undefined && scheme !== 'sip' && scheme !== 'sips') return { problem: 'scheme' }
  const rest = scheme === undefined ? text : text.slice(scheme.length + 1)
  const at = rest.lastIndexOf('@')
  if (at <= 0) return { problem: 'no-user' }
  const [host = '', ...parameters] = rest.slice(at + 1).split(';')
  if (host === '') return { problem: 'no-host' }
  const tail = parameters.map(parameter => `;${parameter}`).join('')
  if (!USER.test(rest.slice(0, at)) || !HOST.test(host) || !PARAMETERS.test(tail)) return { problem: 'character' }
  return { uri: `${scheme ?? 'sip'}:${rest.slice(0, at)}@${host.toLowerCase()}${tail}` }
}

/** Whether two addresses mean the same person: scheme and host in any letters, parameters aside. */
export function isSameAddress(one: string, other: string): boolean {
  return keyOf(one) === keyOf(other)
}

function keyOf(uri: string): string {
  const bare = uri.replace(/^sips?:/i, '')
  const at = bare.lastIndexOf('@')
  return at < 0
    ? bare.toLowerCase()
    : `${bare.slice(0, at)}@${bare
        .slice(at + 1)
        .split(/[;?]/, 1)[0]
        ?.toLowerCase()}`
}
