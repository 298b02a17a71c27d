#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { publish, readOrUndefined } from './generated.mjs'
import { filesBelow, ROOT } from './places.mjs'

/**
 * Copies examples into the documents that show them; `--check` compares only. A marker stands right above the block:
 *
 *     <!-- examples/NAME.ts -->
 *     ```ts
 *     …the text of the file…
 *     ```
 */

const MARKER = /^<!-- (examples\/[\w-]+\.ts) -->$/

const documents = new Map()
for (const path of ['README.md', ...filesBelow('docs/rooms', path => path.endsWith('.md'))]) {
  documents.set(path, withExamples(path, readFileSync(join(ROOT, path), 'utf8').split('\n')).join('\n'))
}
publish('npm run docs', documents)

function withExamples(path, lines) {
  const filled = []
  for (let at = 0; at < lines.length; at++) {
    filled.push(lines[at])
    const name = MARKER.exec(lines[at])?.[1]
    if (name === undefined) continue
    const example = readOrUndefined(name)
    const end = lines[at + 1] === '```ts' ? lines.indexOf('```', at + 2) : -1
    if (example === undefined) offend(path, `there is no ${name}`)
    else if (end < 0) offend(path, `no \`\`\`ts block stands right below the marker of ${name}`)
    else {
      filled.push('```ts', example.trimEnd(), '```')
      at = end
    }
  }
  return filled
}

function offend(path, what) {
  console.error(`${path}: ${what}`)
  process.exitCode = 1
}
