import { resolve } from 'node:path'
import { readAddress } from '../client/index.js'
import { type AccountOptions, clientOptions, loadSettings } from './account-options.js'
import { doctorFindings } from './doctor-findings.js'
import type { Finding } from './finding.js'
import type { CommandScope } from './run-command.js'
import { terminalText } from './terminal-text.js'

export interface DoctorCommandOptions extends AccountOptions {
  readonly to?: string
  readonly into?: string
}

/** `cpmft doctor [--to URI]`: 0 when nothing failed, else 3; 2 for a configuration that cannot be read. */
export async function doctorCommand(scope: CommandScope, options: DoctorCommandOptions): Promise<number> {
  const report = new Report(scope)
  const to = options.to === undefined ? undefined : readAddress(options.to)
  const settings = await loadSettings(scope, options)
  const { askPassword, ...known } = await clientOptions(scope, settings)
  // The server is asked several times: the person at the terminal once
  const password = await askPassword?.()
  const client = { ...known, ...(password !== undefined && { password }) }
  const into = resolve(settings.values.into ?? '.')
  for await (const finding of doctorFindings(scope, { settings, client, to, into })) report.add(finding)
  return report.exit()
}

/** Findings as they come. */
class Report {
  #failed = 0
  #warned = 0

  constructor(private readonly scope: CommandScope) {}

  add(finding: Finding): void {
    const { check, status, text, fix } = finding
    if (status === 'fail') this.#failed++
    if (status === 'warn') this.#warned++
    const lines = [`${status.padEnd(5)} ${check.padEnd(12)} ${terminalText(text, 400)}`]
    if (fix !== undefined) lines.push(`${''.padEnd(18)} -> ${terminalText(fix, 400)}`)
    this.scope.view.tell('finding', finding, undefined, lines)
  }

  exit(): number {
    const count = (number: number, word: string) => `${number} ${word}${number === 1 ? '' : 's'}`
    if (this.#failed > 0) this.scope.view.note(`${count(this.#failed, 'thing')} must be mended, ${count(this.#warned, 'warning')}.`)
    else this.scope.view.note(this.#warned === 0 ? 'All is well.' : `Nothing failed, ${count(this.#warned, 'warning')}.`)
    return this.#failed > 0 ? 3 : 0
  }
}
