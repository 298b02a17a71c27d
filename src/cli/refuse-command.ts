import { existsSync } from 'node:fs'
import type { Command } from 'commander'
import { nearestCommand } from './nearest-command.js'
import { terminalText } from './terminal-text.js'

/** Ends with words about a command that does not exist, and the nearest one that does. */
export function refuseCommand(program: Command, word: string): never {
  return program.error(unknownCommand(word, program), { code: 'cpmft.unknownCommand', exitCode: 2 })
}

function unknownCommand(word: string, program: Command): string {
  const shown = terminalText(word)
  if (existsSync(word)) return `error: '${shown}' is a file, not a command. Did you mean \`cpmft send ${shown} --to sip:…\`?`
  const names = program.commands.flatMap(command => [command.name(), ...command.aliases()])
  const nearest = nearestCommand(word, names)
  return `error: there is no command '${shown}'.${nearest === undefined ? '' : ` Did you mean \`cpmft ${nearest}\`?`}`
}
