import { afterEach, expect, it } from 'vitest'
import type { RegistrationNews } from '../../src/client/index.js'
import { CpmClient } from '../../src/client/index.js'
import { virtualHost, VirtualNetwork } from '../../src/testkit/index.js'
import { HandPeer } from '../kit/hand-peer.js'

const network = new VirtualNetwork(1)
afterEach(() => expect(network.openResources()).toEqual([]))

it('tells of a registration that is lost after it was there, and when it comes back @req SIP-3', async () => {
  const registrar = await new HandPeer(network).start()
  let status = '200 OK'
  registrar.onRequest = request => registrar.respond(request, status, '', ['Expires: 60'])
  const host = virtualHost(network, '192.0.2.10')
  const options = { aor: 'sip:alice@192.0.2.66', proxy: `sip:192.0.2.66:5060;transport=tcp`, profile: 'open' } as const
  const client = await network.until(CpmClient.open(host, options))
  const news: RegistrationNews[] = []
  void (async () => {
    for await (const each of client.registration()) news.push(each)
  })()
  await network.until(client.ready)
  await network.run(100_000)
  expect(news).toEqual([])
  status = '503 Service Unavailable'
  await network.run(35_000)
  expect(news).toMatchObject([{ state: 'failed', error: { code: 'network-error', status: 503 }, retryIn: expect.any(Number) }])
  status = '200 OK'
  await network.run(60_000)
  expect(news.map(({ state }) => state)).toEqual(['failed', 'registered'])
  // leaving is no news
  await network.until(client.close())
  expect(news).toHaveLength(2)
  await registrar.stop()
  await network.run(1000)
})

it('never has any without a registrar', async () => {
  const client = await network.until(CpmClient.open(virtualHost(network, '192.0.2.11'), { aor: 'sip:bob@192.0.2.11', profile: 'open' }))
  const all: RegistrationNews[] = []
  for await (const each of client.registration()) all.push(each)
  expect(all).toEqual([])
  await network.until(client.close())
})
