import { basename } from 'node:path'
import { type Client, group, type Transfer } from '../node/index.js'
import type { DemoView } from './demo-view.js'
import type { Stage } from './stage.js'

/** Seconds of patience with somebody who was away and now fetches what was kept. */
const PATIENCE = 20

/**
 * Alice sends one file to three people by one transfer: Bob takes it, Carol does not want it, Dan is not there.
 * The server keeps it for Dan, who gets it as soon as he comes.
 * @returns whether each of them ended as he should, and the octets are the same
 */
export async function groupAct(alice: Client, view: DemoView, stage: Stage, path: string): Promise<boolean> {
  await using carol = await stage.client('carol')
  await carol.ready
  void declineAll(carol)
  view.line('\nAlice sends one file to Bob, Carol and Dan together; Dan is not online')
  const people = ['bob', 'carol', 'dan']
  const transfer = alice.send(
    group(
      people.map(user => stage.aor(user)),
      { subject: 'For all of you' },
    ),
    path,
  )
  await view.follow(transfer)
  const [bob, refusing, away] = people.map(user => transfer.recipients?.find(({ uri }) => uri === stage.aor(user))?.state)
  view.line('\nDan comes online')
  await using dan = await stage.client('dan')
  await dan.ready
  const late = await nextOffer(dan)
  const file = late?.files[0]
  view.line(`  Dan gets ${file?.name ?? 'nothing'} from ${late?.peer.uri ?? 'nobody'}`)
  const equal = await view.compare(path, file?.path, basename(path))
  return ['delivered', 'displayed'].includes(bob ?? '') && refusing === 'declined' && away === 'stored' && equal
}

async function declineAll(client: Client): Promise<void> {
  for await (const offer of client.offers()) await offer.decline()
}

async function nextOffer(client: Client): Promise<Transfer | undefined> {
  const patience = AbortSignal.timeout(PATIENCE * 1000)
  try {
    for await (const offer of client.offers({ signal: patience })) {
      const transfer = offer.accept()
      await transfer.done
      return transfer
    }
  } catch {
    // the patience is over
  }
  return undefined
}
