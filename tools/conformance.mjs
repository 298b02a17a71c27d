#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { conformanceDocument } from './conformance-document.mjs'
import { publish, readOrUndefined } from './generated.mjs'
import { filesBelow, ROOT, TEST_REPORT } from './places.mjs'

/**
 * Writes docs/conformance.md from the last whole test run; with `--check` says whether the committed one is still true.
 * Refuses unknown ids, failed tests and partial runs; on CI also skipped tests, since everything is installed there.
 */

const DOCUMENT = 'docs/conformance.md'

let report
try {
  report = JSON.parse(readFileSync(TEST_REPORT, 'utf8'))
} catch {
  console.error('there is no report of a test run: run `npm test` first')
  process.exit(1)
}
const { text, problems, notes } = conformanceDocument({
  requirements: JSON.parse(readFileSync(join(ROOT, 'tools/requirements.json'), 'utf8')),
  report,
  committed: readOrUndefined(DOCUMENT),
  testFiles: filesBelow('test', path => path.endsWith('.test.ts')),
  strict: process.env.CI !== undefined && process.env.CI !== 'false',
})
for (const note of notes) console.error(`note: ${note}; its rows keep their committed lines`)
for (const problem of problems) console.error(problem)
if (problems.length > 0) process.exit(1)
publish('npm test && npm run docs', new Map([[DOCUMENT, text]]))
