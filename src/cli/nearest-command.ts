/** Of `names` the one most like `word`, if it is like enough: at most two typing errors, and fewer than half of its letters. */
export function nearestCommand(word: string, names: readonly string[]): string | undefined {
  if (word.length > 20) return undefined
  const [best] = names
    .map(name => ({ name, errors: typingErrors(word.toLowerCase(), name) }))
    .filter(({ name, errors }) => errors <= 2 && errors * 2 <= name.length)
    .sort((a, b) => a.errors - b.errors)
  return best?.name
}

/** Insertions, deletions, replacements and swaps of neighbours that turn `a` into `b`. */
function typingErrors(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, column) => column)]
  const at = (row: number, column: number): number => rows[row]?.[column] ?? 0
  for (let row = 1; row <= a.length; row++) {
    rows.push([row])
    for (let column = 1; column <= b.length; column++) {
      const same = a[row - 1] === b[column - 1] ? 0 : 1
      let errors = Math.min(at(row - 1, column) + 1, at(row, column - 1) + 1, at(row - 1, column - 1) + same)
      if (row > 1 && column > 1 && a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1])
        errors = Math.min(errors, at(row - 2, column - 2) + 1)
      ;(rows[row] as number[]).push(errors)
    }
  }
  return at(a.length, b.length)
}
