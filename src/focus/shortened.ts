import { MAX_TEXT } from './limits.js'

/** White space around the text dropped and the rest cut to MAX_TEXT characters, no pair of surrogates torn; undefined when nothing is left. */
export function shortened(text: string | undefined): string | undefined {
  const trimmed = text?.trim() ?? ''
  if (trimmed === '') return undefined
  const kept = trimmed.slice(0, MAX_TEXT)
  const last = kept.charCodeAt(kept.length - 1)
  return trimmed.length > MAX_TEXT && last >= 0xd800 && last < 0xdc00 ? kept.slice(0, -1) : kept
}

/** Text of a SIP header as XML can hold it, shortened: control characters and broken pairs become blanks. */
export function plainText(text: string | undefined): string | undefined {
  let plain = ''
  for (const character of text ?? '') plain += isPlain(character.codePointAt(0) as number) ? character : ' '
  return shortened(plain)
}

function isPlain(code: number): boolean {
  return code >= 0x20 && code !== 0x7f && !(code >= 0xd800 && code <= 0xdfff) && code !== 0xfffe && code !== 0xffff
}
