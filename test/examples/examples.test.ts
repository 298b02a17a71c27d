import { randomBytes } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import { PassThrough } from 'node:stream'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { freePort } from '../kit/command-line.js'
import { TempFolder } from '../kit/temp-folder.js'

// The examples are compiled against the published entry points and run as a user would run them
const examples = (name: string) => import(new URL(`../../dist/examples/${name}.js`, import.meta.url).href)

let folder: TempFolder
beforeEach(() => {
  folder = new TempFolder()
})
afterEach(() => folder.remove())

const address = async (user: string) => `sip:${user}@127.0.0.1:${await freePort()}`

it('send and receive-some: images are saved, the rest is declined @req CR-19 CR-20 RCV-2', async () => {
  const { send } = await examples('send')
  const { receiveSome } = await examples('receive-some')
  const [alice, bob] = [await address('alice'), await address('bob')]
  const inbox = folder.join('inbox')
  mkdirSync(inbox)
  const picture = randomBytes(50_000)
  const files = [folder.file('picture.png', picture), folder.file('notes.txt', 'no image')]
  let states: Promise<string[]> = Promise.resolve([])
  const saved: string[] = await receiveSome(bob, inbox, () => {
    states = send(alice, bob, files, alice)
  })
  expect(await states).toEqual(['done', 'declined'])
  expect(saved).toHaveLength(1)
  expect(readFileSync(saved[0] as string).equals(picture)).toBe(true)
})

it('stream-and-cancel: a file goes through gzip without touching the disk', async () => {
  const { streamFirst } = await examples('stream-and-cancel')
  const { createClient } = await import(new URL('../../dist/node/index.js', import.meta.url).href)
  const [aor, peer] = [await address('bob'), await address('alice')]
  const content = randomBytes(6_000_000)
  await using bob = await createClient({ aor, listen: aor })
  await using alice = await createClient({ aor: peer, listen: peer })
  const sink = new PassThrough()
  const pieces: Buffer[] = []
  sink.on('data', (piece: Buffer) => pieces.push(piece))
  const streamed = streamFirst(bob, 15_000, sink)
  const report = await alice.send(aor, folder.file('data.bin', content)).done
  expect(await streamed).toBe('streamed')
  expect(report.ok).toBe(true)
  await new Promise(resolve => setTimeout(resolve, 50))
  expect(gunzipSync(Buffer.concat(pieces)).equals(content)).toBe(true)
})

it('stream-and-cancel: the deadline ends the wait', async () => {
  const { streamFirst } = await examples('stream-and-cancel')
  const { createClient } = await import(new URL('../../dist/node/index.js', import.meta.url).href)
  const aor = await address('bob')
  await using bob = await createClient({ aor, listen: aor })
  expect(await streamFirst(bob, 100, new PassThrough())).toMatch(/Timeout|timeout/)
})

it('share-and-get: Alice gets what Bob shares with her, and learns nothing of the rest @req OA-35', async () => {
  const { share, get } = await examples('share-and-get')
  const { createClient } = await import(new URL('../../dist/node/index.js', import.meta.url).href)
  const [alice, bob] = [await address('alice'), await address('bob')]
  await using owner = await createClient({ aor: bob, listen: bob })
  const inbox = folder.join('inbox')
  mkdirSync(inbox)
  const served: string[] = []
  const content = randomBytes(40_000)
  const end = await share(owner, [folder.file('plan.pdf', content)], alice, (name: string) => served.push(name))
  const path: string = await get(alice, bob, 'plan.pdf', inbox)
  expect(readFileSync(path).equals(content)).toBe(true)
  expect(served).toEqual(['plan.pdf'])
  expect(await get(await address('mallory'), bob, 'plan.pdf', inbox)).toMatch(/shares no such file/)
  await end()
})

it('resume: what another run of the program began is finished @req RCS-2', async () => {
  const { resumeAs } = await examples('resume')
  const { createClient } = await import(new URL('../../dist/node/index.js', import.meta.url).href)
  const [alice, bob] = [await address('alice'), await address('bob')]
  const inbox = folder.join('inbox')
  mkdirSync(inbox)
  const store = folder.join('alice.sqlite')
  const content = randomBytes(30_000_000)
  await using receiver = await createClient({ aor: bob, listen: bob, into: inbox, store: folder.join('bob.sqlite') })
  void (async () => {
    for await (const offer of receiver.offers()) offer.accept()
  })()
  const first = await createClient({ aor: alice, listen: alice, store })
  const transfer = first.send(bob, folder.file('large.bin', content))
  for await (const event of transfer) if (event.type === 'progress' && event.bytes > 8_000_000) transfer.abort()
  await first.close()
  expect([...(await resumeAs(alice, store)).values()]).toEqual([true])
  expect(readFileSync(folder.join('inbox/large.bin')).equals(content)).toBe(true)
})

it('send-to-group: what became of a file with each of three @req CR-3 GRP-9', async () => {
  const { sendToGroup } = await examples('send-to-group')
  const { createClient } = await import(new URL('../../dist/node/index.js', import.meta.url).href)
  const { startServer } = await import(new URL('../../dist/server/index.js', import.meta.url).href)
  await using server = await startServer({
    listen: [{ host: '127.0.0.1', port: 0, transports: ['tcp'] }],
    data: folder.join('server'),
    openRegistration: true,
  })
  const proxy: string = server.addresses[0].uri
  await using bob = await createClient({ aor: 'sip:bob@cpm.test', proxy, into: folder.join('.') })
  await using carol = await createClient({ aor: 'sip:carol@cpm.test', proxy })
  await Promise.all([bob.ready, carol.ready])
  void (async () => {
    for await (const offer of bob.offers()) offer.accept()
  })()
  void (async () => {
    for await (const offer of carol.offers()) await offer.decline()
  })()
  const people = ['bob', 'carol'].map(name => `sip:${name}@cpm.test`)
  expect(await sendToGroup('sip:alice@cpm.test', proxy, people, folder.file('build.zip', randomBytes(300_000)))).toEqual({
    'sip:bob@cpm.test': 'delivered',
    'sip:carol@cpm.test': 'declined',
  })
})

it('focus-roster: a file for two, one of whom is busy, and what a subscriber is told', async () => {
  const { oneFileForTwo } = await examples('focus-roster')
  const { tally, seen } = oneFileForTwo()
  expect(tally).toMatchObject({ of: 2, accepted: 1, failed: 1 })
  expect(seen).toEqual(['sip:alice@example.org dialing-in', 'sip:bob@example.org connected', 'sip:carol@example.org disconnected'])
})
