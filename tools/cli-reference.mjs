// Writes docs/reference/cli.md from the commands themselves; with --check only compares. Needs a build.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { buildProgram, EXIT_CODES } from '../dist/cli/index.js'
import { ERRORS } from '../dist/client/errors.js'

const target = new URL('../docs/reference/cli.md', import.meta.url)
const program = buildProgram({ version: '' })

const cell = text => text.replaceAll('|', '\\|').replaceAll('<', '&lt;')
const code = text => `\`${text.replaceAll('|', '\\|')}\``

function optionTable(options) {
  const rows = options.map(option => {
    const choices = option.argChoices === undefined ? '' : ` One of ${option.argChoices.map(code).join(', ')}.`
    const value = option.defaultValue
    const standard = value === undefined || typeof value === 'boolean' ? '' : ` Default ${code(String(value))}.`
    return `| ${code(option.flags)} | ${cell(option.description)}.${choices}${standard} |`
  })
  return ['| Option | Meaning |', '|---|---|', ...rows].join('\n')
}

function commandSection(command) {
  const names = [command.name(), ...command.aliases()].join('|')
  const parts = [`## ${command.name()}`, `\`cpmft ${names} ${command.usage()}\``, command.description()]
  const options = command.options.filter(option => !option.hidden)
  if (options.length > 0) parts.push(optionTable(options))
  return parts.join('\n\n')
}

const exitTable = ['| Code | Meaning |', '|---|---|', ...Object.entries(EXIT_CODES).map(([exit, text]) => `| ${exit} | ${cell(text)} |`)]
const errorTable = [
  '| Code | Exit | What | Next |',
  '|---|---|---|---|',
  ...Object.entries(ERRORS).map(([name, { exit, text, hint }]) => `| ${code(name)} | ${exit} | ${cell(text)} | ${cell(hint)} |`),
]

const page = `${[
  '# Command line',
  '<!-- Written by tools/cli-reference.mjs; do not edit. -->',
  program.description(),
  'Words for people go to stderr and results to stdout: the path of each saved file, a file selector, a ladder. Nothing is asked when there is no terminal. `NO_COLOR`, `FORCE_COLOR` and `TERM=dumb` are respected. Ctrl-C once ends a transfer in good order, twice leaves at once.',
  ...program.commands.map(commandSection),
  '## Options of every command',
  optionTable(program.options),
  '## Environment',
  '| Variable | Stands for |\n|---|---|\n| `CPMFT_AS` | `--as` |\n| `CPMFT_PROXY` | `--proxy` |\n| `CPMFT_LISTEN` | `--listen` |\n| `CPMFT_PASSWORD` | the password of the account |',
  '## Exit codes',
  exitTable.join('\n'),
  'When no file got through and all failed alike, the code is that of the failure; when they failed in different ways, or some got through, it is 3.',
  '## Errors',
  errorTable.join('\n'),
  'Next: [events for machines](events.md).',
].join('\n\n')}\n`

const current = existsSync(target) ? readFileSync(target, 'utf8') : ''
if (!process.argv.includes('--check')) writeFileSync(target, page)
else if (current !== page) {
  console.error('docs/reference/cli.md is out of date: node tools/cli-reference.mjs')
  process.exitCode = 1
}
