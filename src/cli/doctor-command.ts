import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { type Client, readAddress } from '../client/index.js'
import { formatSize, type TraceEntry } from '../trace/index.js'
import { type AccountOptions, type CommandClientOptions, clientOptions, loadSettings, type Settings } from './account-options.js'
import type { Finding } from './finding.js'
import { inspectCertificate, inspectFolder, inspectStore } from './inspect-machine.js'
import { authoritiesOf, destinationOf, inspectDns, inspectHop, inspectListener, type NextHop, ownAddress } from './inspect-network.js'
import type { CommandScope } from './run-command.js'
import { StopError } from './stop-switch.js'
import { terminalText } from './terminal-text.js'
import { TraceRecorder } from './trace-recorder.js'
import { explain } from './view.js'

export interface DoctorCommandOptions extends AccountOptions {
  readonly to?: string
  readonly into?: string
}

/** How long registering may take, milliseconds. */
const REGISTER_WAIT = 15_000

/** Clocks that differ more than this are worth a word, milliseconds. */
const SKEW = 60_000

/** `cpmft doctor [--to URI]`: 0 when nothing failed, else 3; 2 for a configuration that cannot be read. */
export async function doctorCommand(scope: CommandScope, options: DoctorCommandOptions): Promise<number> {
  const { context, stop } = scope
  const report = new Report(scope)
  const to = options.to === undefined ? undefined : readAddress(options.to)
  const settings = await loadSettings(scope, options)
  const account = settings.values.proxy === undefined ? 'no account, so addresses are called directly' : `account ${settings.aor}`
  report.add({ check: 'config', status: 'ok', text: `${settings.file}${existsSync(settings.file) ? '' : ' (not there)'}: ${account}.` })
  report.add(await inspectFolder(context, resolve(settings.values.into ?? '.')))
  report.add(await stop.race(inspectStore(context, settings.store)))
  report.add(await inspectCertificate(settings, context.date()))
  const { askPassword, ...known } = await clientOptions(scope, settings)
  // The server is asked several times: the person at the terminal once
  const password = await askPassword?.()
  const client = { ...known, ...(password !== undefined && { password }) }
  const { profileOf } = await import('../node/index.js')
  const { store: _store, ...plain } = client
  const isSecure = profileOf({ ...plain, ...(to !== undefined && { reach: to }) }) === 'secure'
  const hop = await stop.race(inspectWay(report, settings, client, { to, isSecure, now: context.date() }))
  report.add(await stop.race(inspectListener(await ownAddress(hop))))
  if (settings.values.proxy !== undefined || to !== undefined) await inspectServers(scope, report, client, to)
  return report.exit()
}

/** Findings as they come. */
class Report {
  #failed = 0
  #warned = 0

  constructor(private readonly scope: CommandScope) {}

  add(finding: Finding | undefined): void {
    if (finding === undefined) return
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

interface Way {
  readonly to: string | undefined
  readonly isSecure: boolean
  readonly now: number
}

/** DNS of where messages go, and the connection to it. */
async function inspectWay(
  report: Report,
  settings: Settings,
  client: CommandClientOptions,
  { to, isSecure, now }: Way,
): Promise<NextHop | undefined> {
  const destination = destinationOf(settings, to)
  if (destination === undefined) return undefined
  const { finding, hop } = await inspectDns(destination, isSecure)
  report.add(finding)
  if (hop !== undefined && !/;transport=udp\b/i.test(destination)) report.add(await inspectHop(hop, authoritiesOf(client.tls), now))
  return hop
}

/** Registers, asks the peer, and compares clocks; one client for all. */
async function inspectServers(scope: CommandScope, report: Report, options: CommandClientOptions, to: string | undefined): Promise<void> {
  const { context, globals, view, stop } = scope
  const clock = new Clock(() => context.date())
  const recorder = new TraceRecorder(globals.trace, entry => {
    if (globals.verbose) view.traced(entry)
    clock.see(entry)
  })
  const { store: _path, ...plain } = options
  try {
    const client = await stop.race(context.createClient({ ...plain, ...(to !== undefined && { reach: to }) }))
    try {
      recorder.follow(client.trace())
      if (await register(scope, report, client, options)) await inspectPeer(scope, report, client, to)
    } finally {
      await client.close()
    }
  } catch (error) {
    if (error instanceof StopError) throw error
    const { message, hint } = explain(error)
    report.add({ check: 'client', status: 'fail', text: message, fix: hint })
  } finally {
    await recorder.close()
  }
  report.add(clock.finding())
}

async function register({ stop }: CommandScope, report: Report, client: Client, { proxy }: CommandClientOptions): Promise<boolean> {
  if (proxy === undefined) return true
  const check = 'register'
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<'late'>(done => (timer = setTimeout(done, REGISTER_WAIT, 'late')))
  try {
    if ((await stop.race(Promise.race([client.ready, late]))) !== 'late') {
      report.add({ check, status: 'ok', text: `${client.aor} is registered.` })
      return true
    }
    report.add({ check, status: 'fail', text: 'The registrar does not answer.', fix: 'Check --proxy, and the firewall.' })
  } catch (error) {
    if (error instanceof StopError) throw error
    const { message, hint } = explain(error)
    report.add({ check, status: 'fail', text: message, fix: hint })
  } finally {
    clearTimeout(timer)
  }
  return false
}

async function inspectPeer({ stop }: CommandScope, report: Report, client: Client, to: string | undefined): Promise<void> {
  if (to === undefined) return
  const check = 'peer'
  try {
    const { fileTransfer, maxSize } = await client.capabilities(to, { refresh: true, signal: stop.signal })
    const limit = maxSize === undefined ? 'It names no size limit.' : `Its limit is ${formatSize(maxSize)}.`
    if (fileTransfer) report.add({ check, status: 'ok', text: `${to} takes files. ${limit}` })
    else
      report.add({
        check,
        status: 'warn',
        text: `${to} answers, but does not say that it takes files.`,
        fix: 'Send all the same, or ask which program they use.',
      })
  } catch (error) {
    if (stop.signal.aborted) throw error
    const { message, hint } = explain(error)
    report.add({ check, status: 'fail', text: `${to}: ${message}`, fix: hint })
  }
}

/** What Date headers of others say about our clock (RFC 3261 §20.17). */
class Clock {
  #skew: number | undefined

  constructor(private readonly date: () => number) {}

  see(entry: TraceEntry): void {
    if (entry.kind !== 'message' || entry.protocol !== 'sip' || entry.direction !== 'in') return
    const found = /^Date[ \t]*:[ \t]*([^\r\n]{10,40})/im.exec(entry.text)?.[1]
    const theirs = found === undefined ? Number.NaN : Date.parse(found)
    if (!Number.isNaN(theirs)) this.#skew = this.date() - theirs
  }

  finding(): Finding | undefined {
    if (this.#skew === undefined) return undefined
    const seconds = Math.round(Math.abs(this.#skew) / 1000)
    if (Math.abs(this.#skew) < SKEW) return { check: 'clock', status: 'ok', text: `It agrees with the server to ${seconds} s.` }
    const text = `It is ${seconds} s ${this.#skew > 0 ? 'ahead of' : 'behind'} the clock of the server.`
    return { check: 'clock', status: 'warn', text, fix: 'Set the clock: certificates and digest answers depend on it.' }
  }
}
