#!/usr/bin/env node
import { buildProgram } from '../dist/cli/index.js'
import { cell, publish } from './generated.mjs'

/** Writes docs/reference/cli.md from the commands themselves; `--check` compares only. Needs `npm run build`. */

const program = buildProgram({ version: '' })

const code = text => `\`${text.replaceAll('|', '\\|')}\``

/** Commands that only scripts run are not for people. */
const isShown = command => program.createHelp().visibleCommands(command.parent).includes(command)

function optionTable(options) {
  const rows = options.map(option => {
    const choices = option.argChoices === undefined ? '' : ` One of ${option.argChoices.map(code).join(', ')}.`
    const value = option.defaultValue
    const standard = value === undefined || typeof value === 'boolean' ? '' : ` Default ${code(String(value))}.`
    return `| ${code(option.flags)} | ${cell(option.description)}.${choices}${standard} |`
  })
  return ['| Option | Meaning |', '|---|---|', ...rows].join('\n')
}

function commandSection(command, parents = []) {
  const path = [...parents, command.name()].join(' ')
  const names = [...parents, [command.name(), ...command.aliases()].join('|')].join(' ')
  const parts = [`${'#'.repeat(parents.length + 2)} ${path}`, `\`cpmft ${names} ${command.usage()}\``, command.description()]
  const options = command.options.filter(option => !option.hidden)
  const own = options.filter(option => option.helpGroupHeading === undefined)
  if (own.length > 0) parts.push(optionTable(own))
  if (own.length < options.length) parts.push('It has the options of [account and protection](#account-and-protection) as well.')
  for (const nested of command.commands.filter(isShown)) parts.push(commandSection(nested, [...parents, command.name()]))
  return parts.join('\n\n')
}

const page = `${[
  '# Command line',
  'Made by `node tools/cli-reference.mjs` from the commands themselves.',
  program.description(),
  'Words for people go to stderr and results to stdout: the path of each saved file, a file selector, a ladder. Nothing is asked when there is no terminal. `NO_COLOR`, `FORCE_COLOR` and `TERM=dumb` are respected. Ctrl-C once ends a transfer in good order, twice leaves at once.',
  ...program.commands.filter(isShown).map(command => commandSection(command)),
  '## Account and protection',
  optionTable(program.commands[0].options.filter(option => option.helpGroupHeading !== undefined)),
  '## Options of every command',
  optionTable(program.options),
  '## Environment',
  'Every option that is a [setting](../how-to/configuration.md) may also come from the environment, as `CPMFT_` and its name in capitals: `CPMFT_TLS_CA` stands for `--tls-ca`. `CPMFT_PASSWORD` is the password of the account.',
  '## Exit codes',
  'They are listed with the [errors](../errors.md). When no file got through and all failed alike, the code is that of the failure; when they failed in different ways, or some got through, it is 3. A receiver who declines some files himself still ends with 0 when the others are saved.',
  'Next: [events for machines](events.md).',
].join('\n\n')}\n`

publish('node tools/cli-reference.mjs', new Map([['docs/reference/cli.md', page]]))
