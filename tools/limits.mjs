#!/usr/bin/env node
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { cell, publish } from './generated.mjs'
import { filesBelow, ROOT } from './places.mjs'

/**
 * Collects the constants of src/<room>/limits.ts with the comments above them into docs/limits.md; `--check` compares only.
 * A constant without a comment shares the one above it; the members of an object are rows of their own and need none.
 */

const lines = [
  '# Limits',
  '',
  'Every buffer, count and wait that a peer could stretch has a named limit. Collected from `src/*/limits.ts` by `npm run docs`.',
  'Sizes are octets and times milliseconds unless the name or the text says otherwise. "House" marks a choice of this project;',
  'ids like SDP-25 are rows of [conformance](conformance.md).',
]
for (const path of filesBelow('src', path => path.endsWith('/limits.ts'))) {
  const rows = read(path)
  if (rows.length > 0)
    lines.push('', `## ${path.split('/').slice(1, -1).join('/')}`, '', '| Name | Value | Meaning and origin |', '|---|---|---|')
  for (const { name, value, comment } of rows) {
    if (comment === '') offend(path, `${name} has no comment`)
    lines.push(`| \`${name}\` | \`${value}\` | ${cell(comment)} |`)
  }
}
publish('npm run docs', new Map([['docs/limits.md', `${lines.join('\n')}\n`]]))

function read(path) {
  const rows = []
  const comments = { constant: '', member: '' }
  let object
  for (const line of splitComments(readFileSync(join(ROOT, path), 'utf8'))) {
    const level = object === undefined ? 'constant' : 'member'
    if (line.comment !== undefined) {
      comments[level] = line.comment
      continue
    }
    const constant = /^export const (\w+)(?::[^=]+)? = (.+?)(?: as const)?$/.exec(line.code)
    const member = /^ {2}(\w+): (.+?),?$/.exec(line.code)
    if (constant?.[2] === '{') {
      object = constant[1]
      comments.member = ''
      rows.push({ name: object, value: '{ … }', comment: comments.constant })
    } else if (constant) rows.push({ name: constant[1], value: constant[2], comment: comments.constant })
    else if (object !== undefined && line.code.startsWith('}')) object = undefined
    else if (object !== undefined && member) {
      rows.push({ name: `${object}.${member[1]}`, value: member[2], comment: comments.member || ' ' })
      comments.member = ''
    } else if (line.code.startsWith('export const')) offend(path, `cannot read "${line.code}"`)
  }
  return rows
}

/** Lines of code and whole comments, in order; a comment behind code counts as one above it. */
function* splitComments(text) {
  let block
  for (const line of text.split('\n')) {
    if (block !== undefined || /^\s*\/\*\*?/.test(line)) {
      block = [...(block ?? []), line.replace(/^\s*(\/\*\*?|\*(?!\/))/, '').replace(/\*\/\s*$/, '')]
      if (!line.includes('*/')) continue
      yield { comment: block.join(' ').trim() }
      block = undefined
    } else if (/^\s*\/\//.test(line)) yield { comment: line.replace(/^\s*\/\/\s*/, '') }
    else if (line.trim() !== '') {
      const [, code, behind] = /^(.*?)(?:\s+\/\/\s*(.*))?$/.exec(line)
      if (behind) yield { comment: behind }
      yield { code }
    }
  }
}

function offend(path, what) {
  console.error(`${path}: ${what}`)
  process.exitCode = 1
}
