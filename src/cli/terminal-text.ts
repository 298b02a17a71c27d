import { visibleText } from '../trace/index.js'

/** Characters of a file name, a display name or a subject that are shown. */
const LONGEST = 80

/** Text from the wire as it may be printed at a terminal: one line, nothing that acts, not too long; a cut is marked with `…`. */
export function terminalText(text: string, longest = LONGEST): string {
  const characters = [...visibleText(text)]
  return characters.length <= longest ? characters.join('') : `${characters.slice(0, longest - 1).join('')}…`
}

/** The same for a file name: the middle is cut, so that the ending stays in sight. */
export function terminalName(name: string, longest = 40): string {
  const characters = [...visibleText(name)]
  if (characters.length <= longest) return characters.join('')
  const back = Math.floor(longest / 3)
  return `${characters.slice(0, longest - back - 1).join('')}…${characters.slice(-back).join('')}`
}
