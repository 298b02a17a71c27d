import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Connection, ConnectOptions, FileSink, HostError, ListenOptions, SinkOptions } from '../../src/client/index.js'
import { type VirtualConnection, type VirtualHost, type VirtualHostOptions, virtualHost, VirtualNetwork } from '../../src/testkit/index.js'

const ALICE = { sha256: new Uint8Array(32).fill(1) }
const BOB = { sha256: new Uint8Array(32).fill(2), hashes: { 'sha-1': new Uint8Array(20).fill(3) }, names: ['bob.example'] }

interface Ends {
  readonly near: Connection
  readonly far: Connection
}

/** Two hosts that are joined when `connect` succeeds. */
class World {
  readonly network = new VirtualNetwork(1)
  readonly alice: VirtualHost
  readonly bob: VirtualHost
  far: Connection | undefined

  constructor(alice: VirtualHostOptions = { certificate: ALICE }, bob: VirtualHostOptions = { certificate: BOB }) {
    this.alice = virtualHost(this.network, '10.0.0.1', alice)
    this.bob = virtualHost(this.network, '10.0.0.2', bob)
  }

  async listen(options: Partial<ListenOptions> = {}): Promise<void> {
    const onConnection = (connection: Connection): void => {
      this.far = connection
    }
    await this.bob.listen({ transport: 'tls', host: '0.0.0.0', port: 2855, onConnection, ...options })
  }

  async connect(options: Partial<ConnectOptions> = {}): Promise<Ends> {
    const near = await this.network.until(this.alice.connect({ transport: 'tls', host: '10.0.0.2', port: 2855, ...options }))
    await this.network.run(10)
    return { near, far: this.far as Connection }
  }
}

function watch(connection: Connection): { messages: string[]; closed: (HostError | undefined)[]; written: number } {
  const seen = { messages: [] as string[], closed: [] as (HostError | undefined)[], written: 0 }
  connection.start({
    onBytes: bytes => seen.messages.push(Buffer.from(bytes).toString()),
    onWritten: length => {
      seen.written += length
    },
    onClosed: error => seen.closed.push(error),
  })
  return seen
}

describe('TLS of the virtual network', () => {
  it('checks names, or hashes when there are some, and tells both ends the hash of the other', async () => {
    const world = new World()
    await world.listen({ requestCertificate: true })
    const { near, far } = await world.connect({ serverName: 'Bob.Example' })
    expect([near.peerFingerprint?.('SHA-256'), near.peerFingerprint?.('sha-1')]).toEqual([BOB.sha256, BOB.hashes['sha-1']])
    expect(far.peerFingerprint?.('sha-256')).toEqual(world.alice.certificate?.sha256)
    expect(near.peerFingerprint?.('md5')).toBeUndefined()
    expect([(near as VirtualConnection).secure, (near as VirtualConnection).transport]).toEqual([true, 'tls'])
    const right = { algorithm: 'sha-256', octets: BOB.sha256 }
    const wrong = { algorithm: 'sha-256', octets: ALICE.sha256 }
    const weak = { algorithm: 'sha-1', octets: BOB.hashes['sha-1'] }
    for (const fingerprints of [[right], [wrong, right], [weak], [{ ...weak, octets: new Uint8Array(20) }, right]])
      expect(await world.connect({ fingerprints })).toBeDefined()
    for (const fingerprints of [[wrong], [weak, wrong], [{ ...right, algorithm: 'md5' }], [], [{ ...right, algorithm: 'sha-512' }]])
      await expect(world.connect({ fingerprints })).rejects.toMatchObject({ code: 'tls' })
    await expect(world.connect()).rejects.toMatchObject({ code: 'tls' })
  })

  it('takes servers without a certificate by name only, and self-signed ones by hash only', async () => {
    const world = new World({}, {})
    await world.listen()
    const { near, far } = await world.connect()
    expect([near.peerFingerprint?.('sha-256'), far.peerFingerprint?.('sha-256')]).toEqual([undefined, undefined])
    await expect(world.connect({ fingerprints: [{ algorithm: 'sha-256', octets: BOB.sha256 }] })).rejects.toMatchObject({ code: 'tls' })
    const other = new World({}, { certificate: { ...ALICE, selfSigned: true } })
    await other.listen()
    await expect(other.connect()).rejects.toMatchObject({ code: 'tls' })
    const ends = await other.connect({ fingerprints: [{ algorithm: 'sha-256', octets: ALICE.sha256 }] })
    expect(ends.far.peerFingerprint?.('sha-256')).toBeUndefined()
    expect(other.alice.certificate).toBeUndefined()
  })

  it('asks for permission before it connects', async () => {
    const world = new World({}, {})
    await world.listen({ transport: 'tcp' })
    const asked: string[] = []
    const permits = (address: string): boolean => asked.push(address) > 1
    await expect(world.connect({ transport: 'tcp', permits })).rejects.toMatchObject({ code: 'forbidden-address' })
    const { near } = await world.connect({ transport: 'tcp', permits })
    expect([asked, (near as VirtualConnection).secure]).toEqual([['10.0.0.2', '10.0.0.2'], false])
  })
})

describe('WebSockets of the virtual network', () => {
  async function joined(options: Partial<ConnectOptions> = {}): Promise<{ world: World } & Ends> {
    const world = new World({}, {})
    await world.listen({ transport: 'ws', protocol: 'msrp' })
    return { world, ...(await world.connect({ transport: 'ws', protocol: 'msrp', ...options })) }
  }

  it('carries every write as one message', async () => {
    const { world, near, far } = await joined()
    const [one, two] = [watch(near), watch(far)]
    const large = 'x'.repeat(100_000)
    for (let count = 0; count < 5; count++) near.write([Buffer.from('a'), Buffer.from(large)])
    near.write([Buffer.from('')])
    near.write([])
    far.write([Buffer.from('b')])
    await world.network.run(100)
    expect(two.messages).toEqual(Array.from({ length: 5 }, () => `a${large}`))
    expect([one.messages, one.written]).toEqual([['b'], 500_005])
    near.end()
    await world.network.run(100)
    expect([one.closed, two.closed]).toEqual([[undefined], [undefined]])
    expect(world.network.openResources().filter(name => name.startsWith('websocket'))).toEqual([])
  })

  it('tells the other end when something was wrong', async () => {
    for (const end of ['closeWith', 'destroy'] as const) {
      const { world, near, far } = await joined()
      const [one, two] = [watch(near), watch(far)]
      if (end === 'closeWith') near.closeWith?.(1007)
      else near.destroy()
      await world.network.run(100)
      expect([one.closed.length, one.closed[0]]).toEqual([1, undefined])
      expect(two.closed).toMatchObject([{ code: 'connection-lost' }])
      near.closeWith?.(1002)
    }
    const { world, near, far } = await joined()
    const [one, two] = [watch(near), watch(far)]
    near.write([new Uint8Array(300_000)])
    await world.network.run(100)
    expect([one.closed, two.closed]).toMatchObject([[{ code: 'connection-lost' }], [{ code: 'connection-lost' }]])
  })

  it('wants the same sub-protocol on both sides, and TLS where it is secure', async () => {
    const world = new World({}, {})
    await world.listen({ transport: 'wss', protocol: 'msrp' })
    for (const options of [{ protocol: 'sip' }, {}])
      await expect(world.connect({ transport: 'wss', ...options })).rejects.toMatchObject({ code: 'network' })
    await expect(world.connect({ transport: 'ws', protocol: 'msrp' })).rejects.toMatchObject({ code: 'connection-refused' })
    const { near } = await world.connect({ transport: 'wss', protocol: 'msrp' })
    expect((near as VirtualConnection).secure).toBe(true)
    // streams have no status
    await world.bob.listen({ transport: 'tcp', host: '0.0.0.0', port: 1, onConnection: () => {} })
    const stream = await world.connect({ transport: 'tcp', port: 1 })
    stream.near.closeWith?.(1002)
    expect(world.network.connections).toContain(stream.near)
  })
})

describe('Files of the virtual host', () => {
  const sha1 = () => createHash('sha1')
  const hex = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString('hex')

  function disk(options: VirtualHostOptions = {}): {
    network: VirtualNetwork
    host: VirtualHost
    create: (options?: Partial<SinkOptions>) => Promise<FileSink>
  } {
    const network = new VirtualNetwork(1)
    const host = virtualHost(network, '10.0.0.1', { sha1, writeLatency: 5, ...options })
    const create = (more: Partial<SinkOptions> = {}): Promise<FileSink> =>
      host.create({ into: '/d', name: 'a.bin', size: 10, onConflict: 'rename', hash: true, ...more })
    return { network, host, create }
  }

  for (const countOnly of [false, true]) {
    it(`keeps the octets from the start and goes on with them, countOnly ${countOnly}`, async () => {
      const { network, host, create } = disk({ countOnly })
      const sink = await create()
      sink.write(0, Buffer.from('hello'))
      expect(sink.prefix).toBe(0)
      await network.until(sink.drained())
      expect(sink.prefix).toBe(5)
      const part = await network.until(sink.keep?.() ?? Promise.reject(new Error('no keep')))
      expect(part).toEqual({ path: sink.part, length: 5 })
      expect([host.parts.get(part.path)?.size, network.openResources()]).toEqual([5, []])
      const next = await create({ part })
      expect([next.part, next.prefix, host.parts.size]).toEqual([part.path, 5, 0])
      next.write(5, Buffer.from('world'))
      const done = await network.until(next.finish())
      expect([done.size, hex(done.sha1)]).toEqual([10, createHash('sha1').update('helloworld').digest('hex')])
      expect(host.saved.get(await next.commit())?.size).toBe(10)
      await expect(next.keep?.()).rejects.toMatchObject({ code: 'write-failed' })
    })
  }

  it('keeps nothing behind a hole, and less when asked to', async () => {
    const { network, host, create } = disk()
    const sink = await create()
    sink.write(6, Buffer.from('orld'))
    sink.write(0, Buffer.from('hel'))
    sink.write(8, Buffer.from('ld'))
    const part = await network.until(sink.keep?.() ?? Promise.reject(new Error('no keep')))
    expect([part.length, Buffer.from(host.parts.get(part.path)?.bytes ?? []).toString()]).toEqual([3, 'hel'])
    const next = await create({ part: { ...part, length: 2 } })
    next.write(6, Buffer.from('orld'))
    next.write(2, Buffer.from('llow'))
    await network.until(next.drained())
    expect(next.prefix).toBe(10)
    const path = await next.commit()
    expect(Buffer.from(host.saved.get(path)?.bytes ?? []).toString()).toBe('helloworld'.replace('ow', 'owo').slice(0, 6) + 'orld')
  })

  it('refuses parts that are gone, shorter or in use', async () => {
    const { network, create } = disk()
    const sink = await create()
    sink.write(0, Buffer.from('hello'))
    const part = await network.until(sink.keep?.() ?? Promise.reject(new Error('no keep')))
    await expect(create({ part: { ...part, length: 6 } })).rejects.toMatchObject({ code: 'file-missing' })
    const next = await create({ part })
    await expect(create({ part })).rejects.toMatchObject({ code: 'file-missing' })
    await next.discard()
    await expect(create({ part })).rejects.toMatchObject({ code: 'file-missing' })
  })

  it('leaves what is written when the process dies, and sweeps what is old', async () => {
    const { network, host, create } = disk()
    const [one, two] = [await create(), await create({ name: 'dir/b.bin' })]
    one.write(0, Buffer.from('hello'))
    await network.until(one.drained())
    one.write(5, Buffer.from('lost'))
    two.write(0, Buffer.from('x'))
    host.crash()
    expect([...host.parts].map(([path, part]) => [path, part.size])).toEqual([
      ['/d/.a.bin.000000000001.cpmft-part', 5],
      ['/d/.b.bin.000000000002.cpmft-part', 0],
    ])
    expect(network.openResources()).toEqual([])
    await network.run(1000)
    expect(await host.sweepParts?.('/d', host.date() - 2000, new Set())).toBe(0)
    expect(await host.sweepParts?.('/e', host.date(), new Set())).toBe(0)
    expect(await host.sweepParts?.('/d', host.date(), new Set([one.part ?? '']))).toBe(1)
    expect([...host.parts.keys()]).toEqual([one.part])
  })

  it('fails to keep when told to, and makes icons when given a way', async () => {
    const { network, host, create } = disk({ icon: async (_, octets) => ({ type: 'image/jpeg', bytes: new Uint8Array(octets) }) })
    const sink = await create()
    sink.write(0, Buffer.from('hello'))
    host.faults.keepFails = 'disk-full'
    await expect(network.until(sink.keep?.() ?? Promise.resolve(undefined))).rejects.toMatchObject({ code: 'disk-full' })
    expect(host.parts.size).toBe(0)
    host.files.set('/p.jpg', { bytes: new Uint8Array(1) })
    const source = await host.open('/p.jpg')
    expect((await host.icon?.(source, 7))?.bytes).toHaveLength(7)
    expect('icon' in disk().host).toBe(false)
  })
})
