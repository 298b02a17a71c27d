import { afterEach, expect, it } from 'vitest'
import { finish, pair, start } from '../kit/client-world.js'
import { HandPeer } from '../kit/hand-peer.js'

afterEach(finish)

it.each([
  ['486 Busy Here', 'sip:mallory@192.0.2.66:5060;transport=tcp is busy; it is asked again in 30 s.'],
  ['503 Service Unavailable', 'The service is overloaded (503); it is asked again in 30 s.'],
])('a %s that names a time is waited for once, and the user hears why it takes so long @req SIP-34 CPM-14', async (refusal, words) => {
  await start()
  const peer = await new HandPeer(pair.network).start()
  peer.onRequest = request =>
    request.startsWith('INVITE') ? peer.respond(request, refusal, '', ['Retry-After: 30']) : peer.answer(request)
  const transfer = pair.alice.send(peer.uri, pair.file('a.txt', new Uint8Array(9)))
  const told: string[] = []
  void (async () => {
    for await (const event of transfer) if (event.type === 'warning') told.push(`${event.code}: ${event.text}`)
  })()
  await pair.network.run(29_000)
  expect([peer.requests('INVITE').length, told]).toEqual([1, [`waiting: ${words}`]])
  const report = await pair.network.until(transfer.done)
  expect([peer.requests('INVITE').length, told.length, report.files[0]?.error?.status]).toEqual([2, 1, Number(refusal.slice(0, 3))])
  await peer.stop()
})

it('and who gives up meanwhile asks nobody again @req SIP-34', async () => {
  await start()
  const peer = await new HandPeer(pair.network).start()
  peer.onRequest = request => peer.respond(request, '486 Busy Here', '', ['Retry-After: 30'])
  const transfer = pair.alice.send(peer.uri, pair.file('a.txt', new Uint8Array(9)))
  await pair.network.run(5000)
  transfer.abort()
  expect((await pair.network.until(transfer.done)).files[0]?.state).toBe('cancelled')
  await pair.network.run(60_000)
  expect(peer.requests('INVITE').length).toBe(1)
  await peer.stop()
})
