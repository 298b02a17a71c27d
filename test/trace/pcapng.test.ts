import { describe, expect, it } from 'vitest'
import { encodePcapng } from '../../src/trace/pcapng.js'
import { sampleTransfer } from './sample-trace.js'

/** Blocks of a little-endian pcapng file; checks that both lengths of each agree. */
function readBlocks(file: Uint8Array): { type: number; body: DataView }[] {
  const view = new DataView(file.buffer, file.byteOffset, file.length)
  const blocks: { type: number; body: DataView }[] = []
  for (let at = 0; at < file.length; ) {
    const length = view.getUint32(at + 4, true)
    expect(length % 4).toBe(0)
    expect(view.getUint32(at + length - 4, true)).toBe(length)
    blocks.push({ type: view.getUint32(at, true), body: new DataView(file.buffer, file.byteOffset + at + 8, length - 12) })
    at += length
  }
  return blocks
}

/** Tags of the upper PDU head and what follows it. */
function readPacket(body: DataView): { tags: Map<number, Uint8Array>; data: string; time: number } {
  const length = body.getUint32(12, true)
  const tags = new Map<number, Uint8Array>()
  let at = 20
  for (let type = body.getUint16(at); ; type = body.getUint16(at)) {
    const size = body.getUint16(at + 2)
    tags.set(type, new Uint8Array(body.buffer, body.byteOffset + at + 4, size))
    at += 4 + size
    if (type === 0) break
  }
  const data = String.fromCharCode(...new Uint8Array(body.buffer, body.byteOffset + at, 20 + length - at))
  return { tags, data, time: body.getUint32(4, true) * 2 ** 32 + body.getUint32(8, true) }
}

describe('pcapng', () => {
  const { entries } = sampleTransfer()
  const messages = entries.filter(entry => entry.kind === 'message')
  const [section, link, ...packets] = readBlocks(encodePcapng(entries))

  it('has a section, one interface for upper PDUs, and a packet for each message', () => {
    expect(section?.type).toBe(0x0a0d0d0a)
    expect(section?.body.getUint32(0, true)).toBe(0x1a2b3c4d)
    expect([link?.type, link?.body.getUint16(0, true)]).toEqual([1, 252])
    expect(packets.map(({ type }) => type)).toEqual(messages.map(() => 6))
  })

  it('gives dissector, addresses, ports, time and text of a SIP message', () => {
    const { tags, data, time } = readPacket((packets[0] as { body: DataView }).body)
    expect(String.fromCharCode(...(tags.get(12) as Uint8Array))).toBe('sip\0')
    expect([...(tags.get(20) as Uint8Array)]).toEqual([127, 0, 0, 1])
    expect([...(tags.get(25) as Uint8Array)]).toEqual([0, 0, 40001 >> 8, 40001 & 255])
    expect([...(tags.get(26) as Uint8Array)]).toEqual([0, 0, 5070 >> 8, 5070 & 255])
    expect(time).toBe((messages[0]?.time ?? 0) * 1000)
    expect(data).toBe(messages[0]?.text)
  })

  it('makes an MSRP head whole with its end-line', () => {
    const index = messages.findIndex(entry => entry.protocol === 'msrp')
    const { tags, data } = readPacket((packets[index] as { body: DataView }).body)
    expect(String.fromCharCode(...(tags.get(12) as Uint8Array))).toBe('msrp')
    expect(data).toMatch(/^MSRP t1 SEND\r\n(.+\r\n)+\r\n\r\n-------t1\+\r\n$/)
  })

  it('writes IPv6 addresses', () => {
    const [entry] = messages
    if (entry === undefined) throw new Error('no message')
    const blocks = readBlocks(encodePcapng([{ ...entry, local: '[2001:db8::1]:5060', remote: '[::1]:5061' }]))
    const { tags } = readPacket((blocks[2] as { body: DataView }).body)
    expect([...(tags.get(22) as Uint8Array)]).toEqual([0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
    expect([...(tags.get(23) as Uint8Array)]).toEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])
  })

  it('writes whole IPv6 addresses, zones dropped, IPv4 beside them as mapped, and names as nothing', () => {
    const [entry] = messages
    if (entry === undefined) throw new Error('no message')
    const addresses = (local: string, remote: string) => {
      const blocks = readBlocks(encodePcapng([{ ...entry, direction: 'out', local, remote }]))
      const { tags } = readPacket((blocks[2] as { body: DataView }).body)
      return [20, 21, 22, 23].map(type => tags.get(type)?.join('.'))
    }
    const full = '32.1.13.184.0.1.0.2.0.3.0.4.0.5.0.6'
    expect(addresses('[2001:db8:1:2:3:4:5:6]:1', '[2001:db8:1:2:3:4:5:6%eth0]:2')).toEqual([undefined, undefined, full, full])
    expect(addresses('192.0.2.1:1', '[2001:db8:1:2:3:4:5:6]:2')).toEqual([
      undefined,
      undefined,
      '0.0.0.0.0.0.0.0.0.0.255.255.192.0.2.1',
      full,
    ])
    expect(addresses('alice.example:1', '1.2.3.256:2')).toEqual(['0.0.0.0', '0.0.0.0', undefined, undefined])
  })

  it('tells UDP from TCP, and ends an MSRP head without id or flag too', () => {
    const [entry] = messages
    if (entry === undefined) throw new Error('no message')
    const packet = (fields: object) => readPacket((readBlocks(encodePcapng([{ ...entry, ...fields }]))[2] as { body: DataView }).body)
    expect([packet({ transport: 'udp' }), packet({ transport: 'tls' })].map(({ tags }) => tags.get(24)?.[3])).toEqual([3, 2])
    expect(packet({ protocol: 'msrp', text: 'MSRP', bodyLength: 0, flag: undefined }).data).toBe('MSRP\r\n-------$\r\n')
  })
})
