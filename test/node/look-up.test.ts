import { createSocket, type Socket } from 'node:dgram'
import { once } from 'node:events'
import { afterEach, describe, expect, it } from 'vitest'
import { nodeHost } from '../../src/node/index.js'
import { lookUp } from '../../src/node/look-up.js'
import { OpenResources } from '../../src/node/open-resources.js'

let server: Socket | undefined
afterEach(() => {
  server?.close()
  server = undefined
})

/** A name server on loopback; `answer` gets the question and gives the records of the reply. */
async function nameServer(answer: (question: Buffer) => Buffer[] | undefined): Promise<string> {
  const socket = createSocket('udp4')
  server = socket
  socket.on('message', (query, from) => {
    // RFC 1035 §4.1: header, then the question up to its type and class
    const question = query.subarray(12, query.indexOf(0, 12) + 5)
    const records = answer(question)
    if (records === undefined) return
    const header = Buffer.from(query.subarray(0, 12))
    header.writeUInt16BE(0x8180, 2)
    header.writeUInt16BE(records.length, 6)
    header.fill(0, 8)
    socket.send(Buffer.concat([header, question, ...records]), from.port, from.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return `127.0.0.1:${socket.address().port}`
}

/** One SRV record of the name in the question: pointer, type 33, class IN, TTL, length, data. */
function srvRecord(priority: number, weight: number, port: number, name: string): Buffer {
  const labels = name.split('.').map(label => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]))
  const target = Buffer.concat([...labels, Buffer.from([0])])
  const data = Buffer.alloc(18)
  for (const [index, value] of [0xc00c, 33, 1, 0, 60, 6 + target.length, priority, weight, port].entries())
    data.writeUInt16BE(value, index * 2)
  return Buffer.concat([data, target])
}

describe('NAPTR and SRV look-ups', () => {
  it('give the records of DNS, 32 at most @req SIP-37', async () => {
    const resources = new OpenResources()
    const address = await nameServer(() => [srvRecord(1, 2, 5080, 'edge.example.org')])
    expect(await lookUp('_sip._tcp.example.org', 'SRV', resources, [address])).toMatchObject([
      { priority: 1, weight: 2, port: 5080, name: 'edge.example.org' },
    ])
    server?.close()
    const many = await nameServer(() => Array.from({ length: 40 }, (_, index) => srvRecord(index, 1, 5060, 'e')))
    expect((await lookUp('_sip._tcp.example.org', 'SRV', resources, [many])).length).toBe(32)
    expect(resources.names()).toEqual([])
  })

  it('give nothing for no records, and when they are called off in the middle @req SIP-37', async () => {
    const resources = new OpenResources()
    expect(await lookUp('example.org', 'NAPTR', resources, [await nameServer(() => [])])).toEqual([])
    server?.close()
    const asked = lookUp('example.org', 'NAPTR', resources, [await nameServer(() => undefined)])
    expect(resources.names()).toEqual(['NAPTR example.org'])
    await resources.closeAll()
    expect(await asked).toEqual([])
    expect(resources.names()).toEqual([])
  })

  it('give nothing once the host is closed', async () => {
    const host = nodeHost()
    await host.close()
    expect(await host.lookup?.('example.org', 'SRV')).toEqual([])
  })
})
