#!/usr/bin/env node
import { ERRORS } from '../dist/client/errors.js'
import { cell, publish } from './generated.mjs'

/** Writes docs/errors.md from the one table of failures; `--check` compares only. Needs `npm run build`. */

/** Exit codes that no single failure stands for. */
const OUTCOMES = new Map([
  [0, 'every file was delivered or saved, and verified'],
  [1, 'an error inside cpmft'],
  [2, 'wrong usage or configuration'],
  [3, 'some files failed or were declined, or the transfer broke'],
  [4, 'the peer declined'],
  [5, 'the peer cannot be reached'],
  [6, 'not allowed: account, password or permission'],
  [7, 'not acceptable: unsupported, too large, policy'],
  [8, 'size, hash or type is not what was announced'],
  [9, 'a local file or folder'],
  [10, 'the time given by `--timeout` is over'],
  [130, 'cancelled with Ctrl-C'],
  [143, 'cancelled by SIGTERM'],
])

const rows = Object.entries(ERRORS)
for (const [code, { exit }] of rows) if (!OUTCOMES.has(exit)) throw new Error(`${code}: exit code ${exit} has no meaning`)
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
  ...[...OUTCOMES].map(([exit, meaning]) => `| ${exit} | ${meaning} |`),
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
