import type { Argument, Command, Option } from 'commander'
import { HELP_TOPICS } from './help-topics.js'

/** What may stand at a place of the command line. The shell itself completes files and folders. */
export type Completion =
  | { readonly kind: 'words'; readonly words: readonly Candidate[] }
  | { readonly kind: 'file' | 'folder' | 'contact' | 'transfer' | 'account' | 'nothing' }

export interface Candidate {
  readonly word: string
  readonly about: string
}

const NOTHING: Completion = { kind: 'nothing' }

/** What may stand where the last of `words` is being typed; `words` are without the program's name. The answer may hold words that do not fit yet. */
export function completionOf(program: Command, words: readonly string[]): Completion {
  const current = words.at(-1) ?? ''
  let command = program
  let place = 0
  let onlyArguments = false
  for (let index = 0; index < words.length - 1; index++) {
    const word = words[index] as string
    if (word === '--') onlyArguments = true
    else if (word.startsWith('-') && word !== '-' && !onlyArguments) {
      const option = optionOf(command, program, word)
      if (option === undefined || !(option.required || option.optional)) continue
      if (index === words.length - 2 && !(option.optional && current.startsWith('-'))) return valueOf(option)
      index++
    } else {
      const found = place === 0 ? subcommandOf(command, word) : undefined
      if (found === undefined) place++
      else command = found
    }
  }
  if (!onlyArguments && current.startsWith('-')) return flagsOf(command, program, current)
  if (place === 0 && command.commands.length > 0) return { kind: 'words', words: namesOf(command) }
  const argument = command.registeredArguments[place] ?? command.registeredArguments.find(({ variadic }) => variadic)
  if (argument?.name() === 'topic')
    return { kind: 'words', words: [...namesOf(program), ...Object.keys(HELP_TOPICS).map(word => ({ word, about: '' }))] }
  return argument === undefined ? NOTHING : argumentOf(argument, command)
}

function flagsOf(command: Command, program: Command, current: string): Completion {
  const [, flag] = /^(--[^=]+)=/.exec(current) ?? []
  if (flag !== undefined) {
    const option = optionOf(command, program, flag)
    const value = option === undefined ? NOTHING : valueOf(option)
    if (value.kind !== 'words') return NOTHING
    return { kind: 'words', words: value.words.map(({ word, about }) => ({ word: `${flag}=${word}`, about })) }
  }
  const options = [...command.options, ...(command === program ? [] : program.options)].filter(({ hidden }) => !hidden)
  const words = options.map(({ long, short, description }) => ({ word: long ?? short ?? '', about: description }))
  return { kind: 'words', words: [...words, { word: '--help', about: 'print help' }] }
}

function namesOf(command: Command): Candidate[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map(found => ({ word: found.name(), about: found.summary() || found.description() }))
}

function subcommandOf(command: Command, word: string): Command | undefined {
  return command.commands.find(found => found.name() === word || found.aliases().includes(word))
}

function optionOf(command: Command, program: Command, word: string): Option | undefined {
  if (word.includes('=')) return undefined
  return [...command.options, ...program.options].find(({ long, short }) => long === word || short === word)
}

/** Addresses that are a peer's; the others are our own. */
const PEER_FLAGS = ['--to', '--cc', '--bcc', '--group', '--from', '--with', '--peer']

function valueOf(option: Option): Completion {
  if (option.argChoices !== undefined) return choices(option.argChoices)
  if (option.long === '--account') return { kind: 'account' }
  const placeholder = /[<[]([^>\].]+)/.exec(option.flags)?.[1]
  if (placeholder === 'file') return { kind: 'file' }
  if (placeholder === 'folder') return { kind: 'folder' }
  if (placeholder?.startsWith('id')) return { kind: 'transfer' }
  return PEER_FLAGS.includes(option.long ?? '') ? { kind: 'contact' } : NOTHING
}

function argumentOf(argument: Argument, command: Command): Completion {
  if (argument.argChoices !== undefined) return choices(argument.argChoices)
  const name = argument.name()
  if (name === 'file' || name === 'recording') return { kind: 'file' }
  if (name === 'id') return { kind: 'transfer' }
  if (name === 'uri') return { kind: 'contact' }
  return name === 'name' && command.parent?.name() === 'account' && command.name() !== 'add' ? { kind: 'account' } : NOTHING
}

function choices(words: readonly string[]): Completion {
  return { kind: 'words', words: words.map(word => ({ word, about: '' })) }
}
