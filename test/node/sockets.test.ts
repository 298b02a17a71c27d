import { once } from 'node:events'
import { connect as netConnect, createServer, type Socket } from 'node:net'
import { readFileSync } from 'node:fs'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Connection, HostError, Listener } from '../../src/client/index.js'
import { type NodeHost, nodeHost } from '../../src/node/node-host.js'
import { tempFolder } from './temp-folder.js'

let host: NodeHost

beforeEach(() => {
  host = nodeHost()
})

afterEach(async () => {
  await host.close()
  expect(host.openResources()).toEqual([])
})

class Peer {
  readonly pieces: Uint8Array[] = []
  received = 0
  written = 0
  readonly closed: Promise<HostError | undefined>
  closings = 0
  onBytes: (bytes: Uint8Array) => void = bytes => this.pieces.push(new Uint8Array(bytes))

  constructor(readonly connection: Connection) {
    this.closed = new Promise(resolve => {
      connection.start({
        onBytes: bytes => {
          expect(this.closings).toBe(0)
          this.received += bytes.length
          this.onBytes(bytes)
        },
        onWritten: length => {
          this.written += length
        },
        onClosed: error => {
          this.closings++
          resolve(error)
        },
      })
    })
  }

  get text(): string {
    return Buffer.concat(this.pieces).toString()
  }
}

/** A listener whose connections are taken one by one. */
async function listen(on = '127.0.0.1', from = host): Promise<{ listener: Listener; next: () => Promise<Connection> }> {
  const waiting: ((connection: Connection) => void)[] = []
  const arrived: Connection[] = []
  const listener = await from.listen({
    transport: 'tcp',
    host: on,
    port: 0,
    onConnection: connection => {
      const take = waiting.shift()
      if (take === undefined) arrived.push(connection)
      else take(connection)
    },
  })
  const next = (): Promise<Connection> => {
    const connection = arrived.shift()
    return connection === undefined ? new Promise(resolve => waiting.push(resolve)) : Promise.resolve(connection)
  }
  return { listener, next }
}

async function pair(): Promise<{ near: Connection; far: Connection }> {
  const { listener, next } = await listen()
  const [near, far] = await Promise.all([host.connect({ transport: 'tcp', host: '127.0.0.1', port: listener.address.port }), next()])
  return { near, far }
}

async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 2000 && !condition(); turn++) await new Promise(resolve => setTimeout(resolve, 2))
  expect(condition()).toBe(true)
}

describe.each([false, true])('stream connections (fresh memory: %s)', freshMemory => {
  beforeEach(() => {
    host = nodeHost({ limits: { freshMemory } })
  })

  it('carry octets both ways in order and count what was written', async () => {
    const { near, far } = await pair()
    expect(near.remote).toEqual(far.local)
    expect(near.local).toEqual(far.remote)
    // before either end starts: nothing may be lost
    near.write([Buffer.from('one '), Buffer.from('two '), Buffer.from('three')])
    far.write([Buffer.from('answer')])
    await new Promise(resolve => setTimeout(resolve, 20))
    const [left, right] = [new Peer(near), new Peer(far)]
    await until(() => right.text === 'one two three' && left.text === 'answer')
    near.write([Buffer.from('!')])
    await until(() => right.text === 'one two three!')
    expect(left.written).toBeGreaterThan(0)
    near.end()
    expect([await left.closed, await right.closed, left.closings, right.closings]).toEqual([undefined, undefined, 1, 1])
  })

  it('end only after everything queued was sent', async () => {
    const { near, far } = await pair()
    const left = new Peer(near)
    const right = new Peer(far)
    const block = new Uint8Array(1_000_000).fill(97)
    near.write([block, block, block])
    near.end()
    near.write([block])
    await right.closed
    await left.closed
    expect([right.received, left.written]).toEqual([3_000_000, 3_000_000])
  })

  it.each(['near', 'far'] as const)('stop reading while paused, at the %s end', async reader => {
    const ends = await pair()
    const writer = new Peer(ends[reader === 'near' ? 'far' : 'near'])
    const other = ends[reader]
    const receiver = new Peer(other)
    other.pause()
    const block = new Uint8Array(8_000_000)
    for (let index = 0; index < 5; index++) writer.connection.write([block])
    await new Promise(resolve => setTimeout(resolve, 100))
    expect(receiver.received).toBeLessThanOrEqual(128 * 1024)
    expect(writer.written).toBeLessThan(40_000_000)
    other.resume()
    await until(() => receiver.received === 40_000_000)
    await until(() => writer.written === 40_000_000)
  })

  it('pause and resume within onBytes lose nothing', async () => {
    for (const swap of [false, true]) {
      const { near, far } = await pair()
      const [reader, writer] = swap ? [far, near] : [near, far]
      const receiver = new Peer(reader)
      const sent = new Uint8Array(3_000_000)
      for (let index = 0; index < sent.length; index++) sent[index] = (index * 13) % 255
      receiver.onBytes = bytes => {
        receiver.pieces.push(new Uint8Array(bytes))
        reader.pause()
        setImmediate(() => reader.resume())
      }
      new Peer(writer).connection.write([sent])
      writer.end()
      await receiver.closed
      expect(Buffer.concat(receiver.pieces).equals(sent)).toBe(true)
    }
  })

  it('deliver nothing after destroy and close once without an error', async () => {
    const { near, far } = await pair()
    const left = new Peer(near)
    const right = new Peer(far)
    left.onBytes = () => near.destroy()
    far.write([new Uint8Array(5_000_000)])
    expect(await left.closed).toBeUndefined()
    const seen = left.received
    await right.closed
    expect([left.received, left.closings, right.closings]).toEqual([seen, 1, 1])
    near.write([new Uint8Array(1)])
    near.end()
    near.destroy()
  })

  it('say connection-lost when the peer resets', async () => {
    const { listener, next } = await listen()
    const socket = netConnect(listener.address.port, '127.0.0.1')
    const peer = new Peer(await next())
    socket.write('x')
    await until(() => peer.received === 1)
    socket.resetAndDestroy()
    expect((await peer.closed)?.code).toBe('connection-lost')
  })

  it('tell a late starter that the connection is over', async () => {
    const { near, far } = await pair()
    near.destroy()
    const right = new Peer(far)
    await right.closed
    const left = new Peer(near)
    expect(await left.closed).toBeUndefined()
    expect([left.closings, right.closings]).toEqual([1, 1])
  })

  it.each(['near', 'far'] as const)('write a received file while the sink holds the blocks, at the %s end', async reader => {
    const folder = tempFolder()
    const ends = await pair()
    const whole = new Uint8Array(30_000_000)
    for (let index = 0; index < whole.length; index++) whole[index] = (index * 17 + (index >> 10)) % 251
    const sink = await host.create({ into: folder, name: 'a.bin', size: whole.length, onConflict: 'rename', hash: true })
    const receiver = new Peer(ends[reader])
    let mostPending = 0
    receiver.onBytes = bytes => {
      sink.write(receiver.received - bytes.length, bytes)
      mostPending = Math.max(mostPending, sink.pending)
    }
    const sender = new Peer(ends[reader === 'near' ? 'far' : 'near'])
    for (let at = 0; at < whole.length; at += 1_000_000) sender.connection.write([whole.subarray(at, at + 1_000_000)])
    sender.connection.end()
    await receiver.closed
    expect(sender.written).toBe(whole.length)
    const finished = await sink.finish()
    expect(finished.size).toBe(whole.length)
    expect(readFileSync(await sink.commit()).equals(whole)).toBe(true)
    // reused blocks bound the memory by themselves: five blocks and the small one before them
    if (reader === 'near' || !freshMemory) expect(mostPending).toBeLessThanOrEqual(6 * 1_048_576)
  })
})

describe('connect', () => {
  const outcome = (options: { host: string; port: number; timeout?: number; signal?: AbortSignal }): Promise<string> =>
    host.connect({ transport: 'tcp', ...options }).then(
      connection => `connected ${connection.remote.host}`,
      (error: HostError) => error.code,
    )

  it('is refused where nobody listens', async () => {
    const { listener } = await listen()
    await listener.close()
    expect(await outcome({ host: '127.0.0.1', port: listener.address.port })).toBe('connection-refused')
  })

  it('fails for a name that has no address', async () => {
    expect(await outcome({ host: 'no-such-host.invalid', port: 9 })).toBe('unknown-host')
  })

  it('connects to a name that has several addresses', async () => {
    // whichever address localhost has first, the one that listens is found
    for (const address of ['127.0.0.1', '::1']) {
      const found = await listen(address).catch(() => undefined)
      if (found === undefined) continue
      const answer = await outcome({ host: 'localhost', port: found.listener.address.port })
      expect(['connected 127.0.0.1', 'connected ::1', 'connection-refused']).toContain(answer)
      if (address === '127.0.0.1') expect(answer).toBe('connected 127.0.0.1')
    }
  })

  it('gives up after the timeout and when aborted', async () => {
    // a listener whose backlog is full answers nobody
    const server = createServer()
    server.listen({ host: '127.0.0.1', port: 0, backlog: 1 })
    await once(server, 'listening')
    const { port } = server.address() as { port: number }
    expect(await outcome({ host: '127.0.0.1', port, signal: AbortSignal.abort() })).toBe('aborted')
    // TEST-NET-1 is routed nowhere
    const abort = new AbortController()
    const pending = outcome({ host: '192.0.2.1', port: 9, signal: abort.signal, timeout: 5000 })
    abort.abort()
    expect(['aborted', 'network']).toContain(await pending)
    await new Promise(resolve => server.close(resolve))
    expect(host.openResources()).toEqual([])
  })
})

describe('listen', () => {
  it('says that a port is taken', async () => {
    const { listener } = await listen()
    await expect(host.listen({ transport: 'tcp', ...listener.address, onConnection: () => {} })).rejects.toMatchObject({
      code: 'address-in-use',
    })
  })

  it('limits connections in all and from one address, loopback only when asked to @req SEC-12', async () => {
    const strict = nodeHost({ limits: { maxConnections: 5, maxConnectionsPerAddress: 3, limitLoopback: true } })
    const lenient = nodeHost({ limits: { maxConnections: 5, maxConnectionsPerAddress: 3 } })
    const accepted = async (limited: NodeHost): Promise<number> => {
      let count = 0
      const listener = await limited.listen({
        transport: 'tcp',
        host: '127.0.0.1',
        port: 0,
        onConnection: () => {
          count++
        },
      })
      const sockets: Socket[] = []
      for (let index = 0; index < 8; index++) {
        const socket = netConnect(listener.address.port, '127.0.0.1')
        socket.on('error', () => {})
        await once(socket, 'connect')
        sockets.push(socket)
      }
      await new Promise(resolve => setTimeout(resolve, 50))
      for (const socket of sockets) socket.destroy()
      return count
    }
    expect(await accepted(strict)).toBe(3)
    expect(await accepted(lenient)).toBe(5)
    await strict.close()
    await lenient.close()
  })

  it.each([false, true])('lets others in when connections have closed (fresh memory: %s) @req SEC-12', async freshMemory => {
    const strict = nodeHost({ limits: { maxConnectionsPerAddress: 2, limitLoopback: true, freshMemory } })
    const { listener, next } = await listen('127.0.0.1', strict)
    for (let round = 0; round < 4; round++) {
      const sockets = [netConnect(listener.address.port, '127.0.0.1'), netConnect(listener.address.port, '127.0.0.1')]
      const peers = [new Peer(await next()), new Peer(await next())]
      for (const socket of sockets) socket.destroy()
      await Promise.all(peers.map(peer => peer.closed))
    }
    await strict.close()
  })

  it('needs a certificate for TLS', async () => {
    const options = { transport: 'tls', host: '127.0.0.1', port: 0, onConnection: () => {} } as const
    await expect(host.listen(options)).rejects.toMatchObject({ code: 'tls' })
  })
})

describe('datagrams', () => {
  it.each(['127.0.0.1', '::1'])('go both ways over %s', async address => {
    const got: [string, number][] = []
    const ignore = (): void => {}
    const bind = (onDatagram: (bytes: Uint8Array, remote: { host: string; port: number }) => void) =>
      host.bind({ host: address, port: 0, onDatagram, onError: ignore }).catch(() => undefined)
    const bob = await bind((bytes, remote) => {
      got.push([Buffer.from(bytes).toString(), remote.port])
      bob?.send(Buffer.from('pong'), remote)
    })
    const alice = await bind((bytes, remote) => got.push([Buffer.from(bytes).toString(), remote.port]))
    // a machine without IPv6 has nothing to prove
    if (alice === undefined || bob === undefined) return expect(address).toBe('::1')
    alice.send(Buffer.from('ping'), bob.address)
    await until(() => got.length === 2)
    expect(got).toEqual([
      ['ping', alice.address.port],
      ['pong', bob.address.port],
    ])
    await alice.close()
    await alice.close()
    alice.send(Buffer.from('after close'), bob.address)
    await bob.close()
    expect(host.openResources()).toEqual([])
  })

  it('reports a datagram that is too long, and a taken port', async () => {
    const errors: [string, number | undefined][] = []
    const options = {
      host: '127.0.0.1',
      port: 0,
      onDatagram: () => {},
      onError: (error: HostError, remote?: { port: number }) => errors.push([error.code, remote?.port]),
    }
    const socket = await host.bind(options)
    socket.send(new Uint8Array(70_000), { host: '127.0.0.1', port: 9 })
    await until(() => errors.length === 1)
    expect(errors).toEqual([['network', 9]])
    await expect(host.bind({ ...options, port: socket.address.port })).rejects.toMatchObject({ code: 'address-in-use' })
  })
})

describe('the rest of the host', () => {
  it('knows the own address towards a peer', async () => {
    expect(await host.localAddress('127.0.0.1')).toBe('127.0.0.1')
  })

  it('has clocks, random octets and the hashes of Digest @req SEC-8', () => {
    const hex = (algorithm: 'md5' | 'sha-256' | 'sha-512-256'): string =>
      Buffer.from(host.hash(algorithm, Buffer.from('abc'))).toString('hex')
    expect(hex('md5')).toBe('900150983cd24fb0d6963f7d28e17f72')
    expect(hex('sha-256')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad')
    expect(hex('sha-512-256')).toBe('53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2f13107e7af23')
    expect(host.random(32)).toHaveLength(32)
    expect(host.random(32)).not.toEqual(host.random(32))
    expect(Math.abs(host.date() - Date.now())).toBeLessThan(1000)
    expect(host.now()).toBeLessThanOrEqual(host.now())
  })

  it('runs timers, also very long ones, and stops them', async () => {
    let ran = 0
    host.after(1, () => ran++)
    const stop = host.after(1, () => ran++)
    stop()
    host.after(2 ** 33, () => ran++)
    await until(() => ran === 1)
    await new Promise(resolve => setTimeout(resolve, 10))
    expect(ran).toBe(1)
    expect(host.openResources()).toEqual([`timer ${2 ** 33} ms`])
  })

  it('closes everything with itself and opens nothing afterwards', async () => {
    const { near, far } = await pair()
    const left = new Peer(near)
    await host.bind({ host: '127.0.0.1', port: 0, onDatagram: () => {}, onError: () => {} })
    host.after(60_000, () => {})
    expect(host.openResources().length).toBe(5)
    await host.close()
    expect((await left.closed)?.code).toBe('aborted')
    expect((await new Peer(far).closed)?.code).toBe('aborted')
    expect(host.openResources()).toEqual([])
    await expect(host.connect({ transport: 'tcp', host: '127.0.0.1', port: 1 })).rejects.toMatchObject({ code: 'aborted' })
  })
})
