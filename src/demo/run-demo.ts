import { join } from 'node:path'
import type { Client } from '../node/index.js'
import { buildLadder, renderText, type TraceEntry } from '../trace/index.js'
import { DemoView } from './demo-view.js'
import { groupAct } from './group-act.js'
import { compareFiles, oneToOne, resumedAt, serveBob } from './one-to-one.js'
import { writeSamples } from './sample-files.js'
import { Stage } from './stage.js'

const LADDER_WIDTH = 100

export interface DemoOptions {
  /** Plain lines, no bars. */
  readonly headless: boolean
  readonly out: NodeJS.WritableStream
  readonly signal: AbortSignal
  /** Gets what Alice's client sends, receives and becomes, for a recording. */
  readonly follow?: (entries: AsyncIterable<TraceEntry>) => void
}

/**
 * A server and its users on loopback, in this process. Alice sends real files to Bob, who declines one of them; a later file joins the
 * session; a large one is interrupted and gone on with. Then one file goes to three people, one of whom is away and gets it later.
 * Prints progress, verdicts and the ladder.
 * @returns exit code: 0 only if everything happened on the wire and the received octets equal the sent ones
 */
export async function runDemo(options: DemoOptions): Promise<number> {
  const view = new DemoView(options.out, options.headless)
  await using stage = await Stage.set(options.signal)
  return await play(view, stage, options)
}

async function play(view: DemoView, stage: Stage, { signal, follow }: DemoOptions): Promise<number> {
  const samples = await writeSamples(join(stage.folder, 'outbox'))
  await using bob = await stage.client('bob')
  await using alice = await stage.client('alice')
  const entries = record(alice)
  follow?.(alice.trace())
  await Promise.all([alice.ready, bob.ready])
  view.line(`Registered   ${alice.aor} and ${bob.aor} at ${stage.proxy}`)
  const serving = serveBob(bob, view, samples)
  const sent = await oneToOne(alice, bob.aor, { view, samples, host: stage.host, signal })
  await settled(entries)
  // the ladder shows the first session alone
  const ladder = renderText(buildLadder([...entries]), { width: LADDER_WIDTH })
  const dialogs = new Set(entries.flatMap(callIdOfInvite))
  const grouped = await groupAct(alice, view, stage, samples.late)
  await alice.close()
  await bob.close()
  const whole = await compareFiles(view, samples, sent, await serving)
  view.line('\nThe ladder: every SIP and MSRP message between Alice and the server or Bob, until she turned to the group\n')
  view.line(ladder)
  const inOne = dialogs.size === 1 && entries.some(isBye) && resumedAt(sent.at(-1)) > 0
  const good = whole && grouped && inOne
  view.line(
    good
      ? '\nAll files that were wanted arrived, octet for octet: those for Bob in one session, the one for Dan when he came.'
      : '\nThe demo FAILED: see above.',
  )
  return good ? 0 : 1
}

/** Call-ID of every INVITE that went out: the batches for Bob must share one dialog. */
function callIdOfInvite(entry: TraceEntry): string[] {
  if (entry.kind !== 'message' || entry.direction !== 'out' || !entry.text.startsWith('INVITE ')) return []
  const line = entry.text.split('\r\n').find(field => field.toLowerCase().startsWith('call-id:'))
  return [line?.slice('call-id:'.length).trim() ?? '']
}

function isBye(entry: TraceEntry): boolean {
  return entry.kind === 'message' && entry.text.startsWith('BYE ')
}

function record(client: Client): TraceEntry[] {
  const list: TraceEntry[] = []
  void (async () => {
    for await (const entry of client.trace()) list.push(entry)
  })()
  return list
}

/** Waits for the BYE of the release timer, at most a few seconds. */
async function settled(list: readonly TraceEntry[]): Promise<void> {
  for (let tries = 0; tries < 100 && !list.some(isBye); tries++) await new Promise(resolve => setTimeout(resolve, 50))
}
