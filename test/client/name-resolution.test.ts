import { randomBytes } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { VirtualPair } from '../kit/virtual-pair.js'

let pair: VirtualPair
afterEach(async () => {
  await pair.close()
  await pair.network.run(100)
  expect(pair.network.openResources()).toEqual([])
})

describe('a client on a network with DNS', () => {
  it('finds the recipient by SRV when the first server is down @req SIP-37', async () => {
    pair = await new VirtualPair(1, {}, { dns: true }).start({ transport: 'tcp' })
    const { network } = pair
    network.records('example.org', 'NAPTR', [
      { order: 1, preference: 1, flags: 's', service: 'SIP+D2T', replacement: '_sip._tcp.example.org' },
    ])
    network.records('_sip._tcp.example.org', 'SRV', [
      { priority: 2, weight: 1, port: 5060, name: 'second.example.org' },
      { priority: 1, weight: 1, port: 5060, name: 'first.example.org' },
    ])
    // nobody listens at this port of the first, the second is Bob
    network.join('192.0.2.77')
    network.name('first.example.org', ['192.0.2.77'])
    network.name('second.example.org', ['192.0.2.20'])
    pair.serve()
    const bytes = randomBytes(5000)
    const report = await network.until(pair.alice.send('sip:bob@example.org', pair.file('a.bin', bytes)).done, 60_000)
    expect(report.files.map(file => file.state)).toEqual(['done'])
    expect([...pair.hosts.bob.saved.values()].length).toBe(1)
  })

  it('takes the name itself where there are no records @req SIP-37', async () => {
    pair = await new VirtualPair(1, {}, { dns: true }).start({ transport: 'tcp' })
    pair.network.name('example.org', ['192.0.2.20'])
    pair.serve()
    const transfer = pair.alice.send('sip:bob@example.org;transport=tcp', pair.file('a.bin', randomBytes(5000)))
    expect((await pair.network.until(transfer.done, 60_000)).files[0]?.state).toBe('done')
  })
})
