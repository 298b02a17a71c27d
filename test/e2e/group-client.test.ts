import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { group, type TransferEvent } from '../../src/client/index.js'
import { memoryStore } from '../../src/testkit/index.js'
import { CpmClient, nodeHost } from '../../src/node/index.js'
import { TempFolder } from '../kit/temp-folder.js'
import { accept, decline, GroupWorld, sha1 } from './group-world.js'

// The client against the server of this package, over sockets of loopback
let folder: TempFolder
let world: GroupWorld
beforeEach(async () => {
  folder = new TempFolder()
  world = await GroupWorld.open(folder.join('world'))
})
afterEach(async () => {
  await world.close()
  folder.remove()
})

const uri = (name: string) => `sip:${name}@cpm.test`

it('tells the sender what becomes of a file with each recipient, hears when it is opened, and tries again with who lacks it @req CR-3 GRP-9 GRP-43 IMDN-7', async () => {
  const bob = await world.member('bob')
  let carolWants = false
  const carol = await world.member('carol', (offer, into) => (carolWants ? accept : decline)(offer, into))
  const own = nodeHost()
  const host = { ...own, store: memoryStore() }
  const proxy = world.server.addresses[0]?.uri ?? ''
  const alice = await CpmClient.open(host, { aor: uri('alice'), proxy, releaseTimer: 0 }, () => own.close())
  try {
    await alice.ready
    const content = randomBytes(700_000)
    const file = folder.file('build.zip', content)
    const transfer = alice.send(group([uri('bob'), uri('carol')], { subject: 'Sprint 12' }), file)
    const heard: string[] = []
    for await (const event of transfer as AsyncIterable<TransferEvent>)
      if (event.type === 'recipient') heard.push(`${event.uri} ${event.state}`)
    const report = await transfer.done
    expect(report.recipients?.map(({ uri, state }) => [uri, state])).toEqual([
      [uri('bob'), 'delivered'],
      [uri('carol'), 'declined'],
    ])
    expect(heard).toContain(`${uri('bob')} sending`)
    expect(bob.files()).toEqual([sha1(content)])
    carolWants = true
    const again = await alice.retry(transfer.id)
    expect((await again.done).ok).toBe(true)
    expect(carol.files()).toEqual([sha1(content)])
    const [record, ...others] = await alice.history()
    expect(others).toEqual([])
    expect(record?.recipients?.map(({ state, files }) => [state, files])).toEqual([
      ['delivered', [0]],
      ['delivered', [0]],
    ])
  } finally {
    await alice.close()
  }
}, 30_000)

it('shows a member who sent into the group, and who else is in it @req GRP-43 GRP-25', async () => {
  const offers: unknown[] = []
  await world.member('bob', (offer, into) => {
    offers.push([
      offer.from.uri,
      offer.from.identity,
      offer.subject,
      offer.group?.recipients.map(({ uri }) => uri),
      offer.group?.mayReplyToAll,
    ])
    return accept(offer, into)
  })
  await world.member('carol', (offer, into) => {
    offers.push([offer.from.uri, offer.group?.recipients.map(({ uri }) => uri), offer.group?.mayReplyToAll])
    return accept(offer, into)
  })
  const alice = await world.member('alice')
  const people = [{ uri: uri('bob') }, { uri: uri('carol'), copyControl: 'bcc' as const }]
  const report = await alice.client.send(people, folder.file('notes.txt', 'Hello'), { subject: 'For you' }).done
  expect(report.recipients?.map(({ uri, state }) => [uri, state])).toEqual([
    [uri('bob'), 'delivered'],
    [uri('carol'), 'delivered'],
  ])
  expect(offers).toHaveLength(2)
  expect(offers).toContainEqual([uri('alice'), 'asserted', 'For you', [uri('bob')], true])
  expect(offers).toContainEqual([uri('alice'), [uri('bob')], false])
}, 30_000)
