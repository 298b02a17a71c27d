import { join } from 'node:path'
import type { Client, NodeHost, Transfer } from '../node/index.js'
import { type DemoView, pad } from './demo-view.js'
import type { Samples } from './sample-files.js'
import { slowSource } from './slow-source.js'

/** Milliseconds each read of the slow file takes. */
const SLOW_READ = 20

/** Bob takes everything but the file he does not want. */
export async function serveBob(bob: Client, view: DemoView, samples: Samples): Promise<Transfer[]> {
  const transfers: Transfer[] = []
  for await (const offer of bob.offers()) {
    const wanted = offer.files.filter(({ name }) => name !== samples.unwanted)
    view.line(`  Bob is asked: ${offer.from.uri} (${offer.from.identity}) offers ${offer.files.length}, he takes ${wanted.length}`)
    transfers.push(offer.accept(wanted, { onConflict: 'rename' }))
  }
  return transfers
}

/** Alice sends files to Bob, then one more into the same session, then a large one that is interrupted and gone on with. */
export async function oneToOne(
  alice: Client,
  to: string,
  scene: { view: DemoView; samples: Samples; host: NodeHost; signal: AbortSignal },
): Promise<Transfer[]> {
  const { view, samples, host, signal } = scene
  view.line(`\nAlice sends ${samples.paths.length} files to Bob`)
  const first = alice.send(to, samples.paths, { subject: 'Files of the demo', signal })
  await view.follow(first)
  view.line('\nAlice sends one more: it joins the session that is still open')
  const second = alice.send(to, samples.late, { signal })
  await view.follow(second)
  view.line('\nAlice sends a large file, and is interrupted')
  const broken = alice.send(
    to,
    slowSource(await host.open(samples.interrupted), () => SLOW_READ),
    { signal },
  )
  for await (const event of broken) if (event.type === 'progress' && event.bytes > (event.total ?? 0) / 3) broken.abort()
  const [file] = broken.files
  view.line(`  ${pad(file?.name ?? '')} ${file?.state}`)
  view.line(`\nShe goes on where it stopped: cpmft resume ${broken.id}`)
  const rest = await alice.resume(broken.id, { signal })
  await view.follow(rest)
  view.line(`  ${pad(file?.name ?? '')} the first ${resumedAt(rest)} of ${file?.size} octets did not travel again`)
  return [first, second, rest]
}

/** Octets of its first file that did not travel again. */
export function resumedAt(transfer: Transfer | undefined): number {
  return transfer?.files[0]?.resumedAt ?? 0
}

/** Each file with its SHA-1, read back from disk on both sides; true when all that were wanted are equal. */
export async function compareFiles(
  view: DemoView,
  samples: Samples,
  sent: readonly Transfer[],
  received: readonly Transfer[],
): Promise<boolean> {
  view.line('\nWhat Bob has')
  let good = true
  const saved = new Map(received.flatMap(({ files }) => files).map(file => [file.name, file.path]))
  for (const file of sent.flatMap(transfer => transfer.files)) {
    if (file.name === samples.unwanted) {
      good &&= file.state === 'declined'
      view.line(`  ${pad(file.name)} ${file.state} by Bob`)
      continue
    }
    const equal = (await view.compare(join(samples.folder, file.name), saved.get(file.name), file.name)) && file.state === 'done'
    good &&= equal
  }
  return good
}
