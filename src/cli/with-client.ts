import type { Client, ClientOptions } from '../client/index.js'
import type { TraceEntry } from '../trace/index.js'
import type { CommandContext, GlobalOptions } from './context.js'
import type { StopSwitch } from './stop-switch.js'
import { TraceRecorder } from './trace-recorder.js'
import type { View } from './view.js'

/** What `work` gets. */
export interface ClientScope {
  readonly client: Client
  /** Settles when the peer ends a session with BYE, at the latest after `milliseconds`. */
  sessionEnd(milliseconds: number): Promise<void>
}

/** Creates a client, records it if asked to, does `work`, and closes the client whatever happens. */
export async function withClient<Result>(
  setup: { context: CommandContext; globals: GlobalOptions; view: View; stop: StopSwitch; client: ClientOptions; watchSessions?: boolean },
  work: (scope: ClientScope) => Promise<Result>,
): Promise<Result> {
  const { context, globals, view, stop } = setup
  const ends = new Set<() => void>()
  let ended = false
  const recorder = new TraceRecorder(globals.trace, entry => {
    if (globals.verbose) view.traced(entry)
    if (!isSessionEnd(entry)) return
    ended = true
    for (const resolve of ends) resolve()
  })
  const sessionEnd = (milliseconds: number): Promise<void> =>
    new Promise(resolve => {
      const timer = setTimeout(resolve, ended ? 0 : milliseconds)
      ends.add(() => {
        clearTimeout(timer)
        // Leaves the answer to the BYE a moment to go out.
        setTimeout(resolve, 20)
      })
    })
  try {
    const client = await stop.race(context.createClient(setup.client))
    try {
      if (globals.verbose || globals.trace !== undefined || setup.watchSessions) recorder.follow(client.trace())
      await stop.race(client.ready)
      return await work({ client, sessionEnd })
    } finally {
      await client.close()
    }
  } finally {
    await recorder.close()
  }
}

function isSessionEnd(entry: TraceEntry): boolean {
  return entry.kind === 'message' && entry.protocol === 'sip' && entry.direction === 'in' && entry.text.startsWith('BYE ')
}
