#!/usr/bin/env node
import { buildProgram } from '../dist/cli/index.js'
import { cell, publish } from './generated.mjs'

/** Writes docs/reference/cli.md from the commands themselves; `--check` compares only. Needs `npm run build`. */

const program = buildProgram({ version: '' })

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

const page = `${[
  '# Command line',
  'Made by `node tools/cli-reference.mjs` from the commands themselves.',
  program.description(),
  'Words for people go to stderr and results to stdout: the path of each saved file, a file selector, a ladder. Nothing is asked when there is no terminal. `NO_COLOR`, `FORCE_COLOR` and `TERM=dumb` are respected. Ctrl-C once ends a transfer in good order, twice leaves at once.',
  ...program.commands.map(commandSection),
  '## Options of every command',
  optionTable(program.options),
  '## Environment',
  '| Variable | Stands for |\n|---|---|\n| `CPMFT_AS` | `--as` |\n| `CPMFT_PROXY` | `--proxy` |\n| `CPMFT_LISTEN` | `--listen` |\n| `CPMFT_PASSWORD` | the password of the account |',
  '## Exit codes',
  'They are listed with the [errors](../errors.md). When no file got through and all failed alike, the code is that of the failure; when they failed in different ways, or some got through, it is 3. A receiver who declines some files himself still ends with 0 when the others are saved.',
  'Next: [events for machines](events.md).',
].join('\n\n')}\n`

publish('node tools/cli-reference.mjs', new Map([['docs/reference/cli.md', page]]))
