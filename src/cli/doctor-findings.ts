import { existsSync } from 'node:fs'
import { type Client, readAddress } from '../client/index.js'
import { formatSize, type TraceEntry } from '../trace/index.js'
import type { CommandClientOptions, Settings } from './account-options.js'
import type { Finding } from './finding.js'
import { inspectCertificate, inspectFolder, inspectStore } from './inspect-machine.js'
import { authoritiesOf, destinationOf, inspectDns, inspectHop, inspectListener, type NextHop, ownAddress } from './inspect-network.js'
import type { CommandScope } from './run-command.js'
import { StopError } from './stop-switch.js'
import { TraceRecorder } from './trace-recorder.js'
import { explain } from './view.js'

/** How long registering may take, milliseconds. */
const REGISTER_WAIT = 15_000

/** Clocks that differ more than this are worth a word, milliseconds. */
const SKEW = 60_000

export interface Examination {
  readonly settings: Settings
  /** Options of a client that is made for the questions, unless one is `running`. */
  readonly client: CommandClientOptions
  /** A client of this account that runs already: it is asked instead. */
  readonly running?: Client
  /** Folder for received files, full path. */
  readonly into: string
  /** A peer to ask what it can do. */
  readonly to: string | undefined
}

/** What `cpmft doctor` and the page look at, finding by finding. Throws `CpmftError('bad-address')` and what stops the command. */
export async function* doctorFindings(scope: CommandScope, examination: Examination): AsyncGenerator<Finding, void, undefined> {
  const { context, stop } = scope
  const { settings, client, into } = examination
  const to = examination.to === undefined ? undefined : readAddress(examination.to)
  const account = settings.values.proxy === undefined ? 'no account, so addresses are called directly' : `account ${settings.aor}`
  yield { check: 'config', status: 'ok', text: `${settings.file}${existsSync(settings.file) ? '' : ' (not there)'}: ${account}.` }
  yield await inspectFolder(context, into)
  yield await stop.race(inspectStore(context, settings.store))
  const certificate = await inspectCertificate(settings, context.date())
  if (certificate !== undefined) yield certificate
  const hop = yield* inspectWay(scope, settings, client, to)
  yield await stop.race(inspectListener(await ownAddress(hop)))
  if (settings.values.proxy === undefined && to === undefined) return
  if (examination.running === undefined) yield* askServers(scope, client, to)
  else yield* askRunning(scope, examination.running, client, to)
}

/** DNS of where messages go, and the connection to it. */
async function* inspectWay(
  { context, stop }: CommandScope,
  settings: Settings,
  client: CommandClientOptions,
  to: string | undefined,
): AsyncGenerator<Finding, NextHop | undefined, undefined> {
  const destination = destinationOf(settings, to)
  if (destination === undefined) return undefined
  const { profileOf } = await import('../node/index.js')
  const { store: _store, askPassword: _ask, ...plain } = client
  const isSecure = profileOf({ ...plain, ...(to !== undefined && { reach: to }) }) === 'secure'
  const { finding, hop } = await stop.race(inspectDns(destination, isSecure))
  yield finding
  if (hop !== undefined && !/;transport=udp\b/i.test(destination))
    yield await stop.race(inspectHop(hop, authoritiesOf(client.tls), context.date()))
  return hop
}

/** Registers, asks the peer, and compares clocks; one client for all. */
async function* askServers(
  { context, globals, view, stop }: CommandScope,
  options: CommandClientOptions,
  to: string | undefined,
): AsyncGenerator<Finding, void, undefined> {
  const clock = new Clock(() => context.date())
  const recorder = new TraceRecorder(globals.trace, entry => {
    if (globals.verbose) view.traced(entry)
    clock.see(entry)
  })
  const { store: _path, askPassword: _ask, ...plain } = options
  try {
    const client = await stop.race(context.createClient({ ...plain, ...(to !== undefined && { reach: to }) }))
    try {
      recorder.follow(client.trace())
      const registered = await register(stop, client, options)
      if (registered !== undefined) yield registered
      if (to !== undefined && registered?.status !== 'fail') yield await inspectPeer(stop, client, to)
    } finally {
      await client.close()
    }
  } catch (error) {
    if (error instanceof StopError) throw error
    const { message, hint } = explain(error)
    yield { check: 'client', status: 'fail', text: message, fix: hint }
  } finally {
    await recorder.close()
  }
  const skew = clock.finding()
  if (skew !== undefined) yield skew
}

/** The same with a client that runs, which goes on. */
async function* askRunning(
  { context, stop }: CommandScope,
  client: Client,
  options: CommandClientOptions,
  to: string | undefined,
): AsyncGenerator<Finding, void, undefined> {
  const clock = new Clock(() => context.date())
  const entries = client.trace()[Symbol.asyncIterator]()
  void (async () => {
    for (let next = await entries.next(); next.done !== true; next = await entries.next()) clock.see(next.value)
  })()
  try {
    const registered = await register(stop, client, options)
    if (registered !== undefined) yield registered
    if (to !== undefined) yield await inspectPeer(stop, client, to)
  } finally {
    await entries.return?.()
  }
  const skew = clock.finding()
  if (skew !== undefined) yield skew
}

async function register(stop: CommandScope['stop'], client: Client, { proxy }: CommandClientOptions): Promise<Finding | undefined> {
  if (proxy === undefined) return undefined
  const check = 'register'
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<'late'>(done => (timer = setTimeout(done, REGISTER_WAIT, 'late')))
  try {
    if ((await stop.race(Promise.race([client.ready, late]))) !== 'late')
      return { check, status: 'ok', text: `${client.aor} is registered.` }
    return { check, status: 'fail', text: 'The registrar does not answer.', fix: 'Check --proxy, and the firewall.' }
  } catch (error) {
    if (error instanceof StopError) throw error
    const { message, hint } = explain(error)
    return { check, status: 'fail', text: message, fix: hint }
  } finally {
    clearTimeout(timer)
  }
}

async function inspectPeer(stop: CommandScope['stop'], client: Client, to: string): Promise<Finding> {
  const check = 'peer'
  try {
    const { fileTransfer, maxSize } = await client.capabilities(to, { refresh: true, signal: stop.signal })
    const limit = maxSize === undefined ? 'It names no size limit.' : `Its limit is ${formatSize(maxSize)}.`
    if (fileTransfer) return { check, status: 'ok', text: `${to} takes files. ${limit}` }
    const fix = 'Send all the same, or ask which program they use.'
    return { check, status: 'warn', text: `${to} answers, but does not say that it takes files.`, fix }
  } catch (error) {
    if (stop.signal.aborted) throw error
    const { message, hint } = explain(error)
    return { check, status: 'fail', text: `${to}: ${message}`, fix: hint }
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
