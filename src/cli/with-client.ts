import { type Client, CpmftError, type Store } from '../client/index.js'
import type { TraceEntry } from '../trace/index.js'
import type { CommandClientOptions } from './account-options.js'
import type { CommandContext, GlobalOptions } from './context.js'
import type { StopSwitch } from './stop-switch.js'
import { tellFetched } from './tell-fetched.js'
import { tellRegistration } from './tell-registration.js'
import { TraceRecorder } from './trace-recorder.js'
import { explain, type View } from './view.js'

/** What `work` gets. */
export interface ClientScope {
  readonly client: Client
  /** Settles when a session ended, by us or by the peer's BYE, when the command is stopped, or after `milliseconds`. */
  readonly sessionEnd: (milliseconds: number) => Promise<void>
}

interface Setup {
  readonly context: CommandContext
  readonly globals: GlobalOptions
  readonly view: View
  readonly stop: StopSwitch
  readonly client: CommandClientOptions
  /** The work wants to know when a session ends. */
  readonly watchSessions?: boolean
  /** Runs once the client is closed and everything is written down; not without a store. */
  readonly afterwards?: (store: Store) => Promise<void>
}

/** Creates a client, records it if asked to, does `work`, and closes the client whatever happens. */
export async function withClient<Result>(setup: Setup, work: (scope: ClientScope) => Promise<Result>): Promise<Result> {
  const { globals, view, stop } = setup
  const ended = new AbortController()
  const recorder = new TraceRecorder(globals.trace, entry => {
    if (globals.verbose) view.traced(entry)
    if (isSessionEnd(entry)) ended.abort()
  })
  const over = AbortSignal.any([ended.signal, stop.signal])
  const store = await openStore(setup)
  try {
    const client = await createReady(setup, store, client => {
      if (globals.verbose || globals.trace !== undefined || setup.watchSessions) recorder.follow(client.trace())
    })
    try {
      tellRegistration(client, view, stop.signal)
      tellFetched(client, view, stop.signal)
      return await work({ client, sessionEnd: milliseconds => waitFor(over, milliseconds) })
    } finally {
      await client.close()
    }
  } finally {
    // What the store has to say is no reason to fail
    if (store !== undefined) await setup.afterwards?.(store).catch(() => {})
    await store?.close()
    await recorder.close()
  }
}

/** Files go over without a store as well: then nothing is remembered, and the user hears why. */
async function openStore({ context, view, stop, client }: Setup): Promise<Store | undefined> {
  if (client.store === undefined) return undefined
  try {
    const store = await stop.race(context.openStore(client.store))
    if (store.notice !== undefined) view.note(store.notice)
    return store
  } catch (error) {
    stop.signal.throwIfAborted()
    view.tell('warning', { code: 'store', text: explain(error).message }, `Nothing is remembered of this run. ${explain(error).message}`)
    return undefined
  }
}

/** A client that is registered, if it has an account; the password is asked for when the server wants one and nobody gave it. */
async function createReady(setup: Setup, store: Store | undefined, onCreated: (client: Client) => void): Promise<Client> {
  const { stop } = setup
  const { askPassword, ...options } = setup.client
  const client = await createClient({ ...setup, client: options }, store)
  try {
    onCreated(client)
    await stop.race(client.ready)
    return client
  } catch (error) {
    await client.close()
    if (askPassword === undefined || !isChallenge(error)) throw error
  }
  const password = await askPassword()
  if (password === undefined) throw new CpmftError('auth-failed', 'Registration failed.', 401)
  return createReady({ ...setup, client: { ...options, password } }, store, onCreated)
}

/** Did the server ask who we are? */
function isChallenge(error: unknown): boolean {
  return error instanceof CpmftError && (error.code === 'auth-failed' || error.status === 401 || error.status === 407)
}

async function createClient(
  { context, stop, client: { store: _path, askPassword: _ask, ...client } }: Setup,
  store: Store | undefined,
): Promise<Client> {
  const created = context.createClient(store === undefined ? client : { ...client, store })
  try {
    return await stop.race(created)
  } catch (error) {
    // Stopped while it was being created: nobody else would close it.
    void created.then(late => late.close()).catch(() => {})
    throw error
  }
}

async function waitFor(signal: AbortSignal, milliseconds: number): Promise<void> {
  if (signal.aborted) return
  await new Promise<void>(resolve => {
    const timer = setTimeout(resolve, milliseconds)
    signal.addEventListener('abort', () => resolve(clearTimeout(timer)), { once: true })
  })
}

function isSessionEnd(entry: TraceEntry): boolean {
  if (entry.kind === 'state') return entry.machine === 'session' && entry.state === 'ended'
  return entry.protocol === 'sip' && entry.direction === 'in' && entry.text.startsWith('BYE ')
}
