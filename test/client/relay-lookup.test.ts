import { expect, it } from 'vitest'
import type { ConnectOptions, DnsRecords } from '../../src/client/index.js'
import { HostError } from '../../src/client/index.js'
import { MsrpDriver } from '../../src/client/msrp-driver.js'
import { VirtualNetwork, virtualHost } from '../../src/testkit/index.js'

/** Where the driver connects to reach this relay when DNS has these records. */
async function placeOf(uri: string, records: DnsRecords): Promise<{ asked: string[]; places: string[] }> {
  const network = new VirtualNetwork()
  const asked: string[] = []
  const places: string[] = []
  const host = {
    ...virtualHost(network, '192.0.2.10', { hash: () => new Uint8Array(16) }),
    lookup: async (name: string) => {
      asked.push(name)
      return records
    },
    connect: async ({ transport, host: name, port }: ConnectOptions) => {
      places.push(`${transport} ${name}:${port}`)
      throw new HostError('connection-refused', 'Nobody is there.')
    },
  }
  const driver = await MsrpDriver.open({
    host,
    listen: '192.0.2.10',
    endpoint: {},
    onEvent: () => undefined,
    onNeedData: () => undefined,
    onTrace: () => undefined,
  })
  const relays = [{ uri, username: 'alice', password: 'x' }]
  driver.push({ type: 'authorize', authorization: { localUri: 'msrps://192.0.2.10:2855/own7mZ2kLx9RtVb4Ns1;tcp', relays } })
  await network.run(100)
  await network.until(driver.close())
  return { asked, places }
}

it('finds a relay without port by its SRV records, the best first, else at 2855; one with a port needs none @req RLY-4', async () => {
  const record = (name: string, priority: number, weight: number) => ({ name, priority, weight, port: 9000 + priority })
  const records = [record('c.example', 20, 9), record('a.example', 10, 1), record('b.example', 10, 5)]
  expect(await placeOf('msrps://relay.example;tcp', records)).toEqual({
    asked: ['_msrps._tcp.relay.example'],
    places: ['tls b.example:9010'],
  })
  expect(await placeOf('msrps://relay.example;tcp', [])).toEqual({
    asked: ['_msrps._tcp.relay.example'],
    places: ['tls relay.example:2855'],
  })
  expect(await placeOf('msrps://relay.example:2900;tcp', records)).toEqual({ asked: [], places: ['tls relay.example:2900'] })
})
