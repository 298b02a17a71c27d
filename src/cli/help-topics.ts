import { ERRORS } from '../client/index.js'
import type { ConfigKey } from '../node/index.js'
import { EXIT_CODES } from './exit-code.js'

/** Texts of `cpmft help TOPIC`, a line each; made from the tables that the commands themselves use. */
export const HELP_TOPICS = {
  errors: async () => [
    'Exit codes',
    '',
    ...table(Object.entries(EXIT_CODES).map(([exit, meaning]) => [exit, meaning])),
    '',
    'Errors, the exit code of each, and what to do',
    '',
    ...Object.entries(ERRORS).flatMap(([code, { exit, text, hint }]) => [
      `  ${code} (${exit})`,
      `      ${text}${hint === '' ? '' : ` ${hint}`}`,
    ]),
  ],
  settings: async () => {
    const { CONFIG_KEYS } = await import('../node/index.js')
    const rows = Object.entries(CONFIG_KEYS).map(([name, key]: [string, ConfigKey]) => [
      name,
      key.variable ?? `CPMFT_${name.toUpperCase().replaceAll('-', '_')}`,
      key.about,
    ])
    return [
      'Settings count in this order: options of the command, variables of the environment, the file, defaults.',
      'cpmft config --path prints where the file is, cpmft config --explain every value and where it comes from.',
      '',
      ...table(rows),
    ]
  },
} as const

/** Columns under one another. */
function table(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => row[column]?.length ?? 0)))
  return rows.map(row => `  ${row.map((text, column) => text.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd())
}
