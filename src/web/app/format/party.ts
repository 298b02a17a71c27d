import { strings } from '../strings.js'

/** Somebody as the server tells of them: a party, a recipient, a contact. */
export interface Named {
  readonly uri: string
  readonly displayName?: string | undefined
  readonly identity?: string
}

/** `sip:bob@home2.example;user=phone` -> `bob@home2.example`: what people read of an address. */
export function shortAddress(uri: string): string {
  const scheme = /^sips?:/i.exec(uri)?.[0].length ?? 0
  return uri.slice(scheme).split(/[;?]/, 1)[0] as string
}

/** `sip:bob@home2.example` -> `bob`; the whole address where it has no user. */
export function userOf(uri: string): string {
  const address = shortAddress(uri)
  const at = address.indexOf('@')
  return at <= 0 ? address : address.slice(0, at)
}

/** What somebody is called: their name, else the part of the address before the @. */
export function nameOf({ uri, displayName, identity }: Named): string {
  if (identity === 'anonymous' || uri.endsWith('@anonymous.invalid')) return strings.common.anonymous
  const name = displayName?.trim()
  return name === undefined || name === '' ? userOf(uri) : name
}

/** Up to two letters that stand for somebody: `Alice Reed` -> `AR`, `bob` -> `B`. */
export function initialsOf(name: string): string {
  const words = name.split(/[^\p{L}\p{N}]+/u).filter(word => word !== '')
  const letters = [words[0], words.length > 1 ? words[words.length - 1] : undefined].flatMap(word =>
    word === undefined ? [] : [[...word][0] as string],
  )
  return letters.join('').toUpperCase()
}

/** A number that is always the same for an address: it chooses a colour. */
export function hueOf(uri: string, hues: number): number {
  let sum = 0
  for (let index = 0; index < uri.length; index++) sum = (sum * 31 + uri.charCodeAt(index)) >>> 0
  return sum % hues
}
