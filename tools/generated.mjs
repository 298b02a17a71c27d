import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { filesBelow, ROOT } from './places.mjs'

/**
 * Writes generated documents, or with `--check` on the command line compares them with what is committed.
 * @param command what brings them up to date, for the message
 * @param documents path relative to the checkout -> text
 * @param folder a folder of which every Markdown file is generated; files in it that are not in `documents` are left over
 */
export function publish(command, documents, folder) {
  const leftOver = folder === undefined ? [] : filesBelow(folder, path => path.endsWith('.md') && !documents.has(path))
  if (process.argv.includes('--check')) {
    const stale = [...documents].filter(([path, text]) => text !== readOrUndefined(path)).map(([path]) => path)
    for (const path of [...stale, ...leftOver]) console.error(`${path} is not up to date: run \`${command}\` and commit the result`)
    if (stale.length + leftOver.length > 0) process.exitCode = 1
    return
  }
  for (const [path, text] of documents) {
    mkdirSync(dirname(join(ROOT, path)), { recursive: true })
    writeFileSync(join(ROOT, path), text)
  }
  for (const path of leftOver) rmSync(join(ROOT, path))
  console.log(`${documents.size} written: ${[...documents.keys()].join(' ')}`)
}

/** Text of a file of the checkout, undefined when there is none. */
export function readOrUndefined(path) {
  try {
    return readFileSync(join(ROOT, path), 'utf8')
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}

/** Text for one cell of a Markdown table. */
export function cell(text) {
  return String(text).replaceAll('\\', '\\\\').replaceAll('|', '\\|').replace(/\s+/g, ' ').trim()
}
