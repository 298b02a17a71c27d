/** Ways to mark text; colour never alone carries a meaning. */
export interface Palette {
  bold(text: string): string
  dim(text: string): string
  green(text: string): string
  yellow(text: string): string
  red(text: string): string
}

/** `--no-color`, NO_COLOR, FORCE_COLOR and TERM=dumb, in this order, then whether it is a terminal at all. */
export function wantsColour(flag: boolean, env: Readonly<Record<string, string | undefined>>, isTerminal: boolean): boolean {
  if (!flag || (env['NO_COLOR'] ?? '') !== '') return false
  const force = env['FORCE_COLOR']
  if (force !== undefined) return force !== '0' && force !== 'false'
  return isTerminal && env['TERM'] !== 'dumb'
}

export function createPalette(colour: boolean): Palette {
  const mark =
    (on: number, off: number) =>
    (text: string): string =>
      colour ? `\x1b[${on}m${text}\x1b[${off}m` : text
  return { bold: mark(1, 22), dim: mark(2, 22), green: mark(32, 39), yellow: mark(33, 39), red: mark(31, 39) }
}
