import { existsSync } from 'node:fs'
import { loadSettings } from './account-options.js'
import type { CommandScope } from './run-command.js'
import { terminalText } from './terminal-text.js'

export interface ConfigCommandOptions {
  readonly explain?: boolean
  readonly path?: boolean
}

/** Columns of a value before its source. */
const VALUE_WIDTH = 44

/** `cpmft config` */
export async function configCommand(scope: CommandScope, options: ConfigCommandOptions): Promise<number> {
  const { view } = scope
  const node = await import('../node/index.js')
  const settings = await loadSettings(scope, {})
  if (options.path) {
    view.tell('config', { path: settings.file }, undefined, [settings.file])
    return 0
  }
  view.note(
    existsSync(settings.file)
      ? `From ${settings.file}:`
      : `There is no ${settings.file} yet; docs/how-to/configuration.md tells what goes in.`,
  )
  const rows = node.explainConfig(settings)
  const shown = options.explain ? rows : rows.filter(({ value, source }) => value !== '' && source !== 'default')
  const width = Math.max(...rows.map(({ name }) => name.length))
  for (const { name, value, source } of shown) {
    const words = `${name.padEnd(width)}  ${terminalText(value, 400).padEnd(VALUE_WIDTH)}  ${source}`
    view.tell('setting', { name, value, source }, undefined, [words.trimEnd()])
  }
  if (!options.explain) view.note(`${shown.length === 0 ? 'Nothing is set. ' : ''}cpmft config --explain prints the defaults as well.`)
  return 0
}
