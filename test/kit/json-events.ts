import type { CommandLine } from './command-line.js'

/** One line of `--json`, as far as tests look at it. */
export interface Told {
  readonly event: string
  readonly exit?: number
  readonly error?: { readonly code: string; readonly status?: number }
  readonly files?: { readonly state: string; readonly error?: { readonly code: string; readonly status?: number } }[]
}

/** The last event of this kind that the command printed with `--json`. */
export function eventOf(command: CommandLine, name: string): Told {
  const events = command.stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Told)
  const found = events.filter(({ event }) => event === name).at(-1)
  if (found === undefined) throw new Error(`no "${name}" in ${command.stdout}`)
  return found
}

/** Offers that a receiver told of. */
export function offersOf(command: CommandLine): number {
  return command.stdout.split('"event":"offer"').length - 1
}
