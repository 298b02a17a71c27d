import { readFile } from 'node:fs/promises'
import { buildLadder, decodeEntries, redactEntry, renderText } from 'cpmft/trace'

/** The trace file (`--trace FILE`) as a ladder of arrows, fit to be shown to others. */
export async function ladder(path: string, width = 100): Promise<string> {
  const { entries, bad } = decodeEntries(await readFile(path, 'utf8'))
  for (const { line, reason } of bad) console.error(`line ${line} is left out: ${reason}`)
  return renderText(buildLadder(entries.map(redactEntry)), { width })
}
