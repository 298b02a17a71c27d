#!/usr/bin/env node
import { EXIT_CODES } from '../dist/cli/index.js'
import { ERRORS } from '../dist/client/errors.js'
import { cell, publish } from './generated.mjs'

/** Writes docs/errors.md from the one table of failures; `--check` compares only. Needs `npm run build`. */

const rows = Object.entries(ERRORS)
for (const [code, { exit }] of rows) if (!Object.hasOwn(EXIT_CODES, exit)) throw new Error(`${code}: exit code ${exit} has no meaning`)
const text = [
  '# Errors and exit codes',
  '',
  'Made by `npm run docs` from the table that library and command line use. An error says what happened, why, and what to do next;',
  'in programs it is a `CpmftError` with `code`, `message`, `hint` and, where the peer gave one, `status`.',
  '',
  '## Exit codes of the command line',
  '',
  '| Exit | Meaning |',
  '|---|---|',
  ...Object.entries(EXIT_CODES).map(([exit, meaning]) => `| ${exit} | ${cell(meaning)} |`),
  '',
  '## Error codes',
  '',
  '| Code | What happened | What to do | Exit |',
  '|---|---|---|---|',
  ...rows.map(([code, { exit, text, hint }]) => `| \`${code}\` | ${cell(text)} | ${cell(hint)} | ${exit} |`),
  '',
  'Next: [the command line](reference/cli.md).',
]
publish('npm run docs', new Map([['docs/errors.md', `${text.join('\n')}\n`]]))
