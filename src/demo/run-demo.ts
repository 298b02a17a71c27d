import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Client, createClient, type FileSource, type NodeHost, nodeHost, type Transfer } from '../node/index.js'
import { buildLadder, renderText, type TraceEntry } from '../trace/index.js'
import { DemoView, pad } from './demo-view.js'
import { DemoRegistrar } from './registrar.js'
import { type Samples, sha1OfFile, writeSamples } from './sample-files.js'

const DOMAIN = 'demo.invalid'
/** Seconds the session waits for more files, short so that the demo ends. */
const RELEASE_TIMER = 1
const LADDER_WIDTH = 100
/** Milliseconds each read of the slow file takes. */
const SLOW_READ = 20

export interface DemoOptions {
  /** Plain lines, no bars. */
  readonly headless: boolean
  readonly out: NodeJS.WritableStream
  readonly signal: AbortSignal
  /** Gets what Alice's client sends, receives and becomes, for a recording. */
  readonly follow?: (entries: AsyncIterable<TraceEntry>) => void
}

/**
 * A registrar and two clients on loopback in this process: Alice sends real files to Bob, who declines one of them;
 * a later file joins the session. Prints progress, verdicts and the ladder.
 * @returns exit code: 0 only if everything happened on the wire and the received octets equal the sent ones
 */
export async function runDemo(options: DemoOptions): Promise<number> {
  const view = new DemoView(options.out, options.headless)
  const folder = await mkdtemp(join(tmpdir(), 'cpmft-demo-'))
  const host = nodeHost()
  const registrar = new DemoRegistrar({
    host,
    domain: DOMAIN,
    users: new Map([
      ['alice', 'wonderland'],
      ['bob', 'builder'],
    ]),
  })
  try {
    await registrar.start()
    return await play(view, { registrar, host, folder }, options)
  } finally {
    await registrar.close()
    await host.close()
    await rm(folder, { recursive: true, force: true })
  }
}

/** What a run has. */
interface Stage {
  readonly registrar: DemoRegistrar
  readonly host: NodeHost
  readonly folder: string
}

async function play(view: DemoView, { registrar, host, folder }: Stage, { signal, follow }: DemoOptions): Promise<number> {
  const inbox = join(folder, 'inbox')
  await mkdir(inbox)
  const samples = await writeSamples(join(folder, 'outbox'))
  const account = (user: string, password: string) =>
    createClient({
      aor: `sip:${user}@${DOMAIN}`,
      password,
      proxy: registrar.uri,
      into: inbox,
      releaseTimer: RELEASE_TIMER,
      store: join(folder, `${user}.sqlite`),
      signal,
    })
  await using bob = await account('bob', 'builder')
  await using alice = await account('alice', 'wonderland')
  const entries = record(alice)
  follow?.(alice.trace())
  await Promise.all([alice.ready, bob.ready])
  view.line(`Registered   sip:alice@${DOMAIN} and sip:bob@${DOMAIN} at ${registrar.uri}`)
  const serving = serveBob(bob, view, samples)
  view.line(`\nAlice sends ${samples.paths.length} files to Bob`)
  const first = alice.send(`sip:bob@${DOMAIN}`, samples.paths, { subject: 'Files of the demo', signal })
  await view.follow(first)
  view.line('\nAlice sends one more: it joins the session that is still open')
  const second = alice.send(`sip:bob@${DOMAIN}`, samples.late, { signal })
  await view.follow(second)
  const third = await interrupt(alice, view, await slowFile(host, samples.interrupted), signal)
  await settled(entries.list)
  await alice.close()
  await bob.close()
  const received = await serving
  const good = await report(view, samples, [first, second, third], received)
  view.line('\nThe ladder: every SIP and MSRP message that Alice saw\n')
  view.line(renderText(buildLadder(entries.list), { width: LADDER_WIDTH }))
  const dialogs = new Set(entries.list.flatMap(callIdOfInvite))
  const ended = entries.list.some(entry => entry.kind === 'message' && entry.text.startsWith('BYE '))
  const resumed = (third.files[0]?.resumedAt ?? 0) > 0
  const whole = good && ended && resumed && dialogs.size === 1
  view.line(whole ? '\nAll files that Bob wanted arrived, octet for octet, in one session.' : '\nThe demo FAILED: see above.')
  return whole ? 0 : 1
}

/** The same file from a disk that takes its time, so that there is something to interrupt. */
async function slowFile(host: NodeHost, path: string): Promise<FileSource> {
  const file = await host.open(path)
  let turn: Promise<void> = Promise.resolve()
  const read = async (position: number, length: number) => {
    turn = turn.then(() => new Promise(resolve => setTimeout(resolve, SLOW_READ)))
    await turn
    return file.read(position, length)
  }
  const { name, type, size } = file
  return {
    name,
    type,
    size,
    path,
    read,
    release: block => file.release?.(block),
    hash: options => file.hash(options),
    close: () => file.close(),
    ...(file.modified === undefined ? {} : { modified: file.modified }),
  }
}

/** Stops a large file on its way and goes on with it: only the rest travels a second time. */
async function interrupt(alice: Client, view: DemoView, slow: FileSource, signal: AbortSignal): Promise<Transfer> {
  view.line('\nAlice sends a large file, and is interrupted')
  const transfer = alice.send(`sip:bob@${DOMAIN}`, slow, { signal })
  for await (const event of transfer) if (event.type === 'progress' && event.bytes > (event.total ?? 0) / 3) transfer.abort()
  const [file] = transfer.files
  view.line(`  ${pad(file?.name ?? '')} ${file?.state}`)
  view.line(`\nShe goes on where it stopped: cpmft resume ${transfer.id}`)
  const rest = await alice.resume(transfer.id, { signal })
  await view.follow(rest)
  const from = rest.files[0]?.resumedAt ?? 0
  view.line(`  ${pad(file?.name ?? '')} the first ${from} of ${file?.size} octets did not travel again`)
  return rest
}

/** Call-ID of every INVITE that went out: both batches must share one dialog. */
function callIdOfInvite(entry: TraceEntry): string[] {
  if (entry.kind !== 'message' || entry.direction !== 'out' || !entry.text.startsWith('INVITE ')) return []
  const line = entry.text.split('\r\n').find(field => field.toLowerCase().startsWith('call-id:'))
  return [line?.slice('call-id:'.length).trim() ?? '']
}

/** Bob takes everything but the file he does not want. */
async function serveBob(bob: Client, view: DemoView, samples: Samples): Promise<Transfer[]> {
  const transfers: Transfer[] = []
  for await (const offer of bob.offers()) {
    const wanted = offer.files.filter(({ name }) => name !== samples.unwanted)
    view.line(`  Bob is asked: ${offer.from.uri} (${offer.from.identity}) offers ${offer.files.length}, he takes ${wanted.length}`)
    transfers.push(offer.accept(wanted, { onConflict: 'rename' }))
  }
  return transfers
}

/** Each file with its SHA-1, read back from disk on both sides. */
async function report(view: DemoView, samples: Samples, sent: readonly Transfer[], received: readonly Transfer[]): Promise<boolean> {
  view.line('\nResult')
  let good = true
  const saved = new Map(received.flatMap(({ files }) => files).map(file => [file.name, file.path]))
  for (const file of sent.flatMap(transfer => transfer.files)) {
    if (file.name === samples.unwanted) {
      good &&= file.state === 'declined'
      view.line(`  ${pad(file.name)} ${file.state} by Bob`)
      continue
    }
    const target = saved.get(file.name)
    const before = await sha1OfFile(join(samples.folder, file.name))
    const after = target === undefined ? 'nothing arrived' : await sha1OfFile(target)
    const equal = before === after && file.state === 'done'
    good &&= equal
    view.line(
      `  ${pad(file.name)} ${equal ? 'delivered' : `NOT delivered (${file.state})`}  sha-1 ${after}${equal ? ' = sent' : ` ≠ ${before}`}`,
    )
  }
  return good
}

function record(client: Client): { list: TraceEntry[] } {
  const list: TraceEntry[] = []
  void (async () => {
    for await (const entry of client.trace()) list.push(entry)
  })()
  return { list }
}

/** Waits for the BYE of the release timer, at most a few seconds. */
async function settled(list: readonly TraceEntry[]): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (list.some(entry => entry.kind === 'message' && entry.text.startsWith('BYE '))) return
    await new Promise(resolve => setTimeout(resolve, 50))
  }
}
