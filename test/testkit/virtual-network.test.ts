import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import type { Connection, HostError } from '../../src/client/index.js'
import { virtualHost, VirtualNetwork } from '../../src/testkit/index.js'

const sha1 = () => createHash('sha1')

interface Seen {
  readonly pieces: Uint8Array[]
  written: number
  closed: (HostError | undefined)[]
}

function watch(connection: Connection, onBytes?: (bytes: Uint8Array) => void): Seen {
  const seen: Seen = { pieces: [], written: 0, closed: [] }
  connection.start({
    onBytes: bytes => {
      seen.pieces.push(bytes.slice())
      onBytes?.(bytes)
    },
    onWritten: length => {
      seen.written += length
    },
    onClosed: error => seen.closed.push(error),
  })
  return seen
}

async function pair(network: VirtualNetwork): Promise<{ near: Connection; far: Connection }> {
  const alice = virtualHost(network, '10.0.0.1')
  const bob = virtualHost(network, '10.0.0.2')
  let far: Connection | undefined
  await bob.listen({
    transport: 'tcp',
    host: '0.0.0.0',
    port: 2855,
    onConnection: connection => {
      far = connection
    },
  })
  const near = await network.until(alice.connect({ transport: 'tcp', host: '10.0.0.2', port: 2855 }))
  await network.run(10)
  return { near, far: far as Connection }
}

function text(seen: Seen): string {
  return Buffer.concat(seen.pieces).toString()
}

describe('VirtualNetwork', () => {
  it('passes time event by event and runs long promise chains between events', async () => {
    const network = new VirtualNetwork(1)
    const host = virtualHost(network, '10.0.0.1')
    const order: string[] = []
    host.after(20, () => order.push(`b ${host.now()}`))
    host.after(10, () => {
      order.push(`a ${host.now()}`)
      void (async () => {
        for (let turn = 0; turn < 1000; turn++) await Promise.resolve()
        order.push(`chain ${host.now()}`)
        host.after(5, () => order.push(`c ${host.now()}`))
      })()
    })
    const stop = host.after(12, () => order.push('stopped'))
    stop()
    await network.run(30)
    expect(order).toEqual(['a 10', 'chain 10', 'c 15', 'b 20'])
    expect(host.now()).toBe(30)
    expect(network.openResources()).toEqual([])
  })

  it('gives every port of the system in turn, none above 65,535 and none that is in use', async () => {
    const network = new VirtualNetwork(1)
    const host = virtualHost(network, '10.0.0.1')
    const all = 65_536 - 49_152
    const given = new Set<number>()
    const open = () => host.bind({ host: '10.0.0.1', port: 0, onDatagram: () => undefined, onError: () => undefined })
    const held = await open()
    const tcp = await host.listen({ transport: 'tcp', host: '10.0.0.1', port: 0, onConnection: () => undefined })
    for (let count = 0; count < 2 * all; count++) {
      const socket = await open()
      given.add(socket.address.port)
      await socket.close()
    }
    expect([given.size, Math.min(...given), Math.max(...given)]).toEqual([all - 2, 49_154, 65_535])
    for (let count = 0; count < all - 2; count++) await open()
    await expect(open()).rejects.toMatchObject({ code: 'address-in-use' })
    // another address has ports of its own, and a port that is given back is given again
    await virtualHost(network, '10.0.0.2').bind({ host: '10.0.0.2', port: 0, onDatagram: () => undefined, onError: () => undefined })
    await held.close()
    expect((await open()).address.port).toBe(49_152)
    await tcp.close()
  })

  it('delivers a stream in order, split by seed, and the same seed splits alike', async () => {
    const lengths = async (seed: number): Promise<number[]> => {
      const network = new VirtualNetwork(seed, { split: 7, latency: 5 })
      const { near, far } = await pair(network)
      const seen = watch(far)
      watch(near)
      near.write([Buffer.from('hello '), Buffer.from('virtual '), Buffer.from('world')])
      await network.run(4)
      expect(seen.pieces).toEqual([])
      await network.run(1)
      expect(text(seen)).toBe('hello virtual world')
      return seen.pieces.map(piece => piece.length)
    }
    const first = await lengths(3)
    expect(first.length).toBeGreaterThan(3)
    expect(await lengths(3)).toEqual(first)
    expect(await lengths(4)).not.toEqual(first)
  })

  it('spoils a view that the receiver keeps, and never the view of the sender', async () => {
    const network = new VirtualNetwork(1)
    const { near, far } = await pair(network)
    let kept: Uint8Array | undefined
    watch(far, bytes => {
      kept = bytes
    })
    const sent = Buffer.from('abc')
    near.write([sent])
    await network.run(10)
    expect([...(kept as Uint8Array)]).toEqual([0xdd, 0xdd, 0xdd])
    expect(sent.toString()).toBe('abc')
  })

  it('holds octets back while the reader pauses and reports as written only what the system took', async () => {
    const network = new VirtualNetwork(1)
    const { near, far } = await pair(network)
    const sender = watch(near)
    const receiver = watch(far)
    await network.run(1)
    far.pause()
    near.write([new Uint8Array(1_000_000)])
    await network.run(1000)
    expect(receiver.pieces).toEqual([])
    expect(sender.written).toBe(256 * 1024)
    far.resume()
    await network.run(1000)
    expect(sender.written).toBe(1_000_000)
    expect(receiver.pieces.reduce((sum, piece) => sum + piece.length, 0)).toBe(1_000_000)
  })

  it('sends what is queued before it ends, closes both ends once and leaks nothing', async () => {
    const network = new VirtualNetwork(1)
    const { near, far } = await pair(network)
    const nearSeen = watch(near)
    const farSeen = watch(far, () => far.write([Buffer.from('bye')]))
    near.write([Buffer.from('last words')])
    near.end()
    near.write([Buffer.from('too late')])
    await network.run(100)
    expect(text(farSeen)).toBe('last words')
    expect(text(nearSeen)).toBe('bye')
    expect(nearSeen.closed).toEqual([undefined])
    expect(farSeen.closed).toEqual([undefined])
    expect(network.openResources()).toEqual(['listener tcp 0.0.0.0:2855'])
  })

  it('cuts a connection at both ends and forgets what was on its way', async () => {
    const network = new VirtualNetwork(1, { latency: 50 })
    const { near, far } = await pair(network)
    await network.run(100)
    const nearSeen = watch(near)
    const farSeen = watch(network.connections.find(end => end !== near) ?? far)
    near.write([Buffer.from('lost')])
    await network.run(10)
    network.cut(near)
    await network.run(200)
    expect(farSeen.pieces).toEqual([])
    expect(nearSeen.closed.map(error => error?.code)).toEqual(['connection-lost'])
    expect(farSeen.closed.map(error => error?.code)).toEqual(['connection-lost'])
  })

  it('refuses, times out, aborts, and tries every address of a name in order', async () => {
    const network = new VirtualNetwork(1)
    const { near } = await pair(network)
    near.destroy()
    const alice = virtualHost(network, '10.0.0.1')
    const outcome = (host: string, port: number, signal?: AbortSignal): Promise<string> =>
      network.until(
        alice.connect({ transport: 'tcp', host, port, ...(signal === undefined ? {} : { signal }) }).then(
          connection => `connected ${connection.remote.host}`,
          error => (error as HostError).code,
        ),
      )
    expect(await outcome('10.0.0.2', 9)).toBe('connection-refused')
    expect(await outcome('10.9.9.9', 2855)).toBe('connection-timeout')
    expect(await outcome('10.0.0.2', 2855, AbortSignal.abort())).toBe('aborted')
    expect(await outcome('nowhere.test', 2855)).toBe('unknown-host')
    network.name('bob.test', ['10.0.0.1', '10.9.9.9', '10.0.0.2'])
    expect(await outcome('bob.test', 2855)).toBe('connected 10.0.0.2')
  })

  it('loses, doubles and reorders datagrams by seed', async () => {
    const received = async (seed: number, loss: number, duplication: number, jitter: number): Promise<number[]> => {
      const network = new VirtualNetwork(seed, { loss, duplication, jitter })
      const numbers: number[] = []
      const bob = virtualHost(network, '10.0.0.2')
      const ignore = (): void => {}
      const options = { host: '0.0.0.0', port: 5060, onError: ignore }
      await bob.bind({ ...options, onDatagram: bytes => numbers.push(bytes[0] as number) })
      const alice = await virtualHost(network, '10.0.0.1').bind({ ...options, onDatagram: ignore })
      for (let number = 0; number < 100; number++) alice.send(Uint8Array.of(number), { host: '10.0.0.2', port: 5060 })
      await network.run(1000)
      return numbers
    }
    const all = Array.from({ length: 100 }, (_, number) => number)
    expect(await received(1, 0, 0, 0)).toEqual(all)
    expect(await received(1, 1, 0, 0)).toEqual([])
    expect((await received(1, 0, 1, 0)).length).toBe(200)
    const some = await received(1, 0.5, 0, 0)
    expect(some.length).toBeGreaterThan(20)
    expect(some.length).toBeLessThan(80)
    const shuffled = await received(1, 0, 0, 50)
    expect(shuffled).not.toEqual(all)
    expect([...shuffled].sort((a, b) => a - b)).toEqual(all)
    expect(await received(1, 0.3, 0.3, 50)).toEqual(await received(1, 0.3, 0.3, 50))
  })

  it('says that a port is taken', async () => {
    const network = new VirtualNetwork(1)
    const host = virtualHost(network, '10.0.0.1')
    const listen = { transport: 'tcp', host: '10.0.0.1', port: 5060, onConnection: () => {} } as const
    const listener = await host.listen(listen)
    await expect(host.listen(listen)).rejects.toMatchObject({ code: 'address-in-use' })
    await listener.close()
    await host.listen(listen)
  })
})

describe('files of a virtual host', () => {
  it('reads a generated file of any size and hashes what it gives', async () => {
    const network = new VirtualNetwork(1)
    const host = virtualHost(network, '10.0.0.1', { sha1 })
    const fill = (position: number, block: Uint8Array): void => {
      for (let index = 0; index < block.length; index++) block[index] = (position + index) % 251
    }
    host.files.set('/a/big.bin', { size: 3_000_000, fill })
    const source = await host.open('/a/big.bin')
    expect([source.name, source.size]).toEqual(['big.bin', 3_000_000])
    const whole = new Uint8Array(3_000_000)
    fill(0, whole)
    expect(Buffer.from(await source.hash()).equals(createHash('sha1').update(whole).digest())).toBe(true)
    expect(Buffer.from(await source.read(2_999_990, 100)).equals(Buffer.from(whole.subarray(2_999_990)))).toBe(true)
    expect(network.openResources()).toEqual(['source big.bin'])
    await source.close()
    expect(network.openResources()).toEqual([])
    await expect(host.open('/a/none')).rejects.toMatchObject({ code: 'file-missing' })
  })

  it('fails a read where it is told to', async () => {
    const host = virtualHost(new VirtualNetwork(1), '10.0.0.1')
    host.files.set('f', { bytes: new Uint8Array(100), changedAt: 50, unreadableAt: 80 })
    const source = await host.open('f')
    await expect(source.read(0, 50)).resolves.toHaveLength(50)
    await expect(source.read(40, 11)).rejects.toMatchObject({ code: 'file-changed' })
    await expect(source.read(60, 40)).rejects.toMatchObject({ code: 'file-unreadable' })
  })

  it.each([false, true])('keeps or counts received octets and gives their SHA-1 (count only: %s)', async countOnly => {
    const network = new VirtualNetwork(1)
    const host = virtualHost(network, '10.0.0.1', { sha1, countOnly, writeLatency: 3 })
    const sink = await host.create({ into: '/in', name: 'a.txt', size: 6, onConflict: 'rename', hash: true })
    sink.write(0, Buffer.from('abc'))
    sink.write(3, Buffer.from('def'))
    expect(sink.pending).toBe(6)
    const finished = await network.until(sink.finish())
    expect(finished.size).toBe(6)
    expect(Buffer.from(finished.sha1 as Uint8Array)).toEqual(createHash('sha1').update('abcdef').digest())
    expect(await sink.commit()).toBe('/in/a.txt')
    expect(host.saved.get('/in/a.txt')).toEqual({ size: 6, bytes: countOnly ? undefined : new Uint8Array(Buffer.from('abcdef')) })
    expect(network.openResources()).toEqual([])
  })

  it('reports a full disk once, through onError and drained', async () => {
    const network = new VirtualNetwork(1)
    const host = virtualHost(network, '10.0.0.1', { sha1 })
    host.faults.diskFullAt = 4
    const sink = await host.create({ into: '/in', name: 'a', size: 10, onConflict: 'rename', hash: false })
    const errors: string[] = []
    sink.onError = error => errors.push(error.code)
    sink.write(0, new Uint8Array(4))
    sink.write(4, new Uint8Array(4))
    sink.write(8, new Uint8Array(2))
    await expect(network.until(sink.drained())).rejects.toMatchObject({ code: 'disk-full' })
    expect(errors).toEqual(['disk-full'])
    host.faults.freeSpace = 5
    await expect(host.create({ into: '/in', name: 'a', size: 10, onConflict: 'rename', hash: false })).rejects.toMatchObject({
      code: 'disk-full',
    })
  })
})
