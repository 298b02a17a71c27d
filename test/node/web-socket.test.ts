import { createHash, X509Certificate } from 'node:crypto'
import { createServer as createHttpServer } from 'node:http'
import { connect as netConnect, createServer as createNetServer, type Server, type Socket } from 'node:net'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { WebSocket, WebSocketServer } from 'ws'
import type { Connection, ConnectOptions, HostError, ListenOptions } from '../../src/client/index.js'
import { type CertificatePair, selfSigned } from '../../src/node/dev-certificates.js'
import { MAX_WS_MESSAGE } from '../../src/node/limits.js'
import { type NodeHost, nodeHost } from '../../src/node/node-host.js'

vi.mock('../../src/node/limits.js', async importOriginal => ({
  ...(await importOriginal<object>()),
  HANDSHAKE_TIMEOUT: 1000,
  PING_INTERVAL: 300,
}))

let pair: CertificatePair
let server: NodeHost
let client: NodeHost
const accepted: End[] = []
const bare: { close(): unknown }[] = []

/** One end of a connection and what came to it. */
class End {
  readonly messages: string[] = []
  written = 0
  closings = 0
  readonly closed: Promise<HostError | undefined>
  onMessage: (message: Uint8Array) => void = message => this.messages.push(Buffer.from(message).toString())

  constructor(readonly connection: Connection) {
    this.closed = new Promise(resolve => {
      connection.start({
        onBytes: bytes => {
          expect(this.closings).toBe(0)
          this.onMessage(bytes)
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
}

beforeEach(async () => {
  pair ??= await selfSigned()
  server = nodeHost({ tls: pair })
  client = nodeHost({ tls: pair })
  accepted.length = 0
})

afterEach(async () => {
  await Promise.all([server.close(), client.close()])
  for (const one of bare.splice(0)) one.close()
  expect([...server.openResources(), ...client.openResources()]).toEqual([])
})

async function listen(options: Partial<ListenOptions> = {}): Promise<number> {
  const onConnection = (connection: Connection): number => accepted.push(new End(connection))
  const { address } = await server.listen({ transport: 'ws', protocol: 'msrp', host: '127.0.0.1', port: 0, onConnection, ...options })
  return address.port
}

function connect(port: number, options: Partial<ConnectOptions> = {}): Promise<Connection> {
  return client.connect({ transport: 'ws', protocol: 'msrp', host: '127.0.0.1', port, ...options })
}

async function join(port: number, options: Partial<ConnectOptions> = {}): Promise<{ near: End; far: End }> {
  const before = accepted.length
  const near = new End(await connect(port, options))
  await until(() => accepted.length > before)
  return { near, far: accepted[before] as End }
}

async function listenBare(one: Server): Promise<number> {
  bare.push(one)
  await new Promise<void>(resolve => void one.listen(0, '127.0.0.1', resolve))
  return (one.address() as { port: number }).port
}

async function until(condition: () => boolean): Promise<void> {
  const end = performance.now() + 15_000
  while (!condition() && performance.now() < end) await new Promise(resolve => setTimeout(resolve, 2))
  expect(condition()).toBe(true)
}

function text(...parts: string[]): Uint8Array[] {
  return parts.map(part => new Uint8Array(Buffer.from(part)))
}

it('carries one message in each write, both ways, empty ones not at all', async () => {
  const { near, far } = await join(await listen())
  near.connection.write(text('one'))
  near.connection.write(text('tw', 'o', '!'))
  near.connection.write(text('', ''))
  near.connection.write([])
  near.connection.write(text('three'))
  far.connection.write(text('fo', 'ur'))
  await until(() => far.messages.length === 3 && near.messages.length === 1)
  expect(far.messages).toEqual(['one', 'two!', 'three'])
  expect(near.messages).toEqual(['four'])
  await until(() => near.written === 12 && far.written === 4)
  expect(near.connection.remote.port).toBe(far.connection.local.port)
  near.connection.end()
  expect([await near.closed, await far.closed]).toEqual([undefined, undefined])
  near.connection.write(text('late'))
  near.connection.end()
  near.connection.destroy()
  await new Promise(resolve => setTimeout(resolve, 20))
  expect([near.closings, far.closings]).toEqual([1, 1])
})

it('sends binary in one frame and takes text and fragments as they come @req WS-2', async () => {
  const seen: { text: string; binary: boolean }[] = []
  const plain = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => 'msrp' })
  bare.push(plain)
  plain.on('connection', socket => {
    socket.on('message', (data, binary) => seen.push({ text: String(data), binary }))
    socket.send('text ä')
    socket.send(Buffer.from('in '), { fin: false, binary: true })
    socket.send(Buffer.from('parts'), { fin: true, binary: true })
  })
  await until(() => plain.address() !== null)
  const near = new End(await connect((plain.address() as { port: number }).port))
  near.connection.write(text('a', 'b'))
  await until(() => near.messages.length === 2 && seen.length === 1)
  expect(near.messages).toEqual(['text ä', 'in parts'])
  expect(seen).toEqual([{ text: 'ab', binary: true }])
})

it('wants its sub-protocol back from the server @req WS-1', async () => {
  const answers: (string | false)[] = []
  const plain = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => answers.shift() ?? false })
  bare.push(plain)
  await until(() => plain.address() !== null)
  const { port } = plain.address() as { port: number }
  answers.push(false, 'sip', 'msrp')
  await expect(connect(port)).rejects.toMatchObject({ code: 'network' })
  await expect(connect(port)).rejects.toMatchObject({ code: 'network' })
  ;(await connect(port)).destroy()
})

it('takes only clients that offer the sub-protocol of the listener @req WS-1', async () => {
  const port = await listen()
  await expect(connect(port, { protocol: 'sip' })).rejects.toMatchObject({ code: 'network', message: expect.stringContaining('400') })
  const none = new WebSocket(`ws://127.0.0.1:${port}`)
  await new Promise(resolve => none.once('error', resolve))
  const several = new WebSocket(`ws://127.0.0.1:${port}/any`, ['sip', 'msrp'], { origin: 'http://evil.example' })
  await new Promise(resolve => several.once('open', resolve))
  expect(several.protocol).toBe('msrp')
  several.close()
  const any = await server.listen({ transport: 'ws', host: '127.0.0.1', port: 0, onConnection: () => {} })
  const unnamed = await client.connect({ transport: 'ws', host: '127.0.0.1', port: any.address.port, path: '/ws' })
  unnamed.destroy()
})

it('goes over TLS, with names or hashes of certificates as everywhere @req CON-43', async () => {
  const port = await listen({ transport: 'wss', requestCertificate: true })
  const hash = new Uint8Array(createHash('sha256').update(new X509Certificate(pair.cert).raw).digest())
  await expect(connect(port, { transport: 'wss' })).rejects.toMatchObject({ code: 'tls' })
  const wrong = [{ algorithm: 'sha-256', octets: new Uint8Array(32) }]
  await expect(connect(port, { transport: 'wss', fingerprints: wrong })).rejects.toMatchObject({ code: 'tls' })
  const { near, far } = await join(port, { transport: 'wss', fingerprints: [{ algorithm: 'sha-256', octets: hash }] })
  expect(near.connection.peerFingerprint?.('sha-256')).toEqual(hash)
  expect(far.connection.peerFingerprint?.('sha-256')).toEqual(hash)
  near.connection.write(text('hello'))
  await until(() => far.messages[0] === 'hello')
  await client.close()
  client = nodeHost({ tls: { ca: pair.cert } })
  ;(await client.connect({ transport: 'wss', protocol: 'msrp', host: 'localhost', port })).destroy()
  await expect(nodeHost().listen({ transport: 'wss', host: '127.0.0.1', port: 0, onConnection: () => {} })).rejects.toMatchObject({
    code: 'tls',
  })
})

it('holds back the peer while it is paused, and loses nothing', async () => {
  const { near, far } = await join(await listen())
  let octets = 0
  const sizes = new Set<number>()
  far.onMessage = message => {
    octets += message.length
    sizes.add(message.length)
    if (octets === 65_536) far.connection.pause()
  }
  const message = new Uint8Array(65_536)
  for (let count = 0; count < 250; count++) near.connection.write([message])
  await new Promise(resolve => setTimeout(resolve, 300))
  expect(octets).toBe(65_536)
  // the system's buffers take some, by far not all
  expect(near.written).toBeLessThan(250 * 65_536)
  far.connection.resume()
  await until(() => octets === 250 * 65_536)
  expect([...sizes]).toEqual([65_536])
  await until(() => near.written === 250 * 65_536)
})

it('delivers what had come before the end only when asked, the end after it', async () => {
  const { near, far } = await join(await listen())
  far.connection.pause()
  for (const one of ['1', '2', '3']) near.connection.write(text(one))
  far.connection.resume()
  far.onMessage = message => {
    far.messages.push(Buffer.from(message).toString())
    far.connection.pause()
  }
  await until(() => far.messages.length === 1)
  near.connection.end()
  await new Promise(resolve => setTimeout(resolve, 30))
  expect([far.messages.length, far.closings]).toEqual([1, 0])
  far.connection.resume()
  expect(far.messages).toEqual(['1', '2'])
  far.connection.resume()
  far.connection.resume()
  await far.closed
  expect(far.messages).toEqual(['1', '2', '3'])
})

it('waits with reading until somebody listens', async () => {
  let late: Connection | undefined
  const port = await listen({ onConnection: connection => (late = connection) })
  const near = new End(await connect(port))
  near.connection.write(text('early'))
  near.connection.end()
  await new Promise(resolve => setTimeout(resolve, 50))
  const far = new End(late as Connection)
  await far.closed
  expect(far.messages).toEqual(['early'])
})

it('refuses messages that are too long and frames that are none', async () => {
  const port = await listen()
  const raw = new WebSocket(`ws://127.0.0.1:${port}`, 'msrp')
  await new Promise(resolve => raw.once('open', resolve))
  raw.send(Buffer.alloc(MAX_WS_MESSAGE))
  await until(() => accepted[0]?.messages.length === 1)
  raw.send(Buffer.alloc(MAX_WS_MESSAGE + 1))
  const status = await new Promise(resolve => raw.once('close', resolve))
  expect(status).toBe(1009)
  expect(await accepted[0]?.closed).toMatchObject({ code: 'connection-lost' })
  const socket = await upgradedByHand(port)
  socket.write(Buffer.from([0xff, 0x80, 0, 0, 0, 0]))
  await new Promise(resolve => socket.once('close', resolve))
  expect(await accepted[1]?.closed).toMatchObject({ code: 'connection-lost' })
})

it('tells the peer with a status why it ends', async () => {
  const port = await listen()
  for (const status of [1002, 1007]) {
    const before = accepted.length
    const raw = new WebSocket(`ws://127.0.0.1:${port}`, 'msrp')
    const closed = new Promise(resolve => raw.once('close', resolve))
    await until(() => accepted.length > before)
    accepted[before]?.connection.closeWith?.(status)
    expect(await closed).toBe(status)
    expect(await accepted[before]?.closed).toBeUndefined()
  }
  const { near, far } = await join(port)
  far.connection.closeWith?.(1002)
  expect(await near.closed).toMatchObject({ code: 'connection-lost' })
})

// Real time: a machine that stands still for a moment is a peer that does not answer
it('pings, and drops a peer that does not answer @req WS-4', { retry: 2 }, async () => {
  const port = await listen()
  const socket = await upgradedByHand(port)
  let pings = 0
  socket.on('data', data => {
    if (data[0] === 0x89) pings++
  })
  expect(await accepted[0]?.closed).toMatchObject({ code: 'connection-lost' })
  expect(pings).toBe(2)
  const { near, far } = await join(port)
  await new Promise(resolve => setTimeout(resolve, 900))
  expect([near.closings, far.closings]).toEqual([0, 0])
  // not reading is our own doing: no pong can be seen
  far.connection.pause()
  await new Promise(resolve => setTimeout(resolve, 900))
  expect([near.closings, far.closings]).toEqual([0, 0])
})

it('notices a connection that breaks, and can be destroyed', async () => {
  const port = await listen()
  const socket = await upgradedByHand(port)
  socket.resetAndDestroy()
  expect(await accepted[0]?.closed).toMatchObject({ code: 'connection-lost' })
  const { near, far } = await join(port)
  near.connection.destroy()
  expect(await near.closed).toBeUndefined()
  expect(await far.closed).toMatchObject({ code: 'connection-lost' })
})

it('does not wait for handshakes that never end, in either role @req SEC-12', async () => {
  const port = await listen()
  const slow = netConnect(port, '127.0.0.1')
  slow.on('error', () => {})
  slow.write('GET / HTTP/1.1\r\nHost: x\r\n')
  const started = performance.now()
  await new Promise(resolve => slow.once('close', resolve))
  expect(performance.now() - started).toBeLessThan(3_000)
  const silent = await listenBare(createNetServer(socket => socket.on('error', () => {})))
  await expect(connect(silent, { timeout: 200 })).rejects.toMatchObject({ code: 'connection-timeout' })
  const stop = new AbortController()
  setTimeout(() => stop.abort(), 30)
  await expect(connect(silent, { signal: stop.signal })).rejects.toMatchObject({ code: 'aborted' })
  const closing = connect(silent)
  setTimeout(() => void client.close(), 30)
  await expect(closing).rejects.toMatchObject({ code: 'aborted' })
})

it('answers what is no WebSocket, and survives rubbish', async () => {
  const port = await listen()
  const answer = await fetch(`http://127.0.0.1:${port}/`)
  expect(answer.status).toBe(426)
  for (const sent of [
    '\x16\x03\x01rubbish\r\n\r\n',
    'GET / HTTP/1.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nHost: x\r\nSec-WebSocket-Protocol: msrp\r\n\r\n',
    `GET / HTTP/1.1\r\nA: ${'a'.repeat(20_000)}\r\n\r\n`,
  ]) {
    const socket = netConnect(port, '127.0.0.1')
    socket.on('error', () => {})
    socket.write(sent)
    socket.resume()
    await new Promise(resolve => socket.once('close', resolve))
  }
  expect(accepted).toHaveLength(0)
  const secure = await listen({ transport: 'wss' })
  const socket = netConnect(secure, '127.0.0.1')
  socket.on('error', () => {})
  socket.write('rubbish\r\n\r\n')
  await new Promise(resolve => socket.once('close', resolve))
})

it('fails with what a server answers instead, and where there is none', async () => {
  const http = createHttpServer((_, response) => response.writeHead(404).end('no'))
  await expect(connect(await listenBare(http))).rejects.toMatchObject({ code: 'network', message: expect.stringContaining('404') })
  const closing = await listenBare(createNetServer(socket => socket.destroy()))
  await expect(connect(closing)).rejects.toMatchObject({ code: expect.stringMatching(/connection-lost|network/) })
  const port = await listenBare(createNetServer())
  for (const one of bare.splice(0)) one.close()
  await expect(connect(port)).rejects.toMatchObject({ code: 'connection-refused' })
  await expect(connect(await listen(), { path: '/#x' })).rejects.toMatchObject({ code: 'network' })
})

it('counts connections like those of TCP @req SEC-12', async () => {
  await server.close()
  server = nodeHost({ tls: pair, limits: { maxConnectionsPerAddress: 2, limitLoopback: true } })
  const port = await listen()
  const [one, two] = [await connect(port), await connect(port)]
  await expect(connect(port)).rejects.toMatchObject({ code: expect.stringMatching(/connection-lost|network/) })
  one.destroy()
  two.destroy()
  await until(() => accepted.every(end => end.closings === 1))
  ;(await connect(port)).destroy()
})

it('closes everything with the host', async () => {
  const { near, far } = await join(await listen())
  expect(server.openResources().join()).toMatch(/listener ws .*websocket 127\.0\.0\.1/)
  await server.close()
  expect(await far.closed).toMatchObject({ code: 'aborted' })
  await near.closed
  await expect(server.listen({ transport: 'ws', host: '127.0.0.1', port: 0, onConnection: () => {} })).rejects.toMatchObject({
    code: 'aborted',
  })
})

it('leaves nothing behind when the host closes in the middle of opening', async () => {
  const port = await listen()
  for (const transport of ['tcp', 'ws'] as const) {
    const host = nodeHost()
    const opening = [
      host.listen({ transport, host: '127.0.0.1', port: 0, onConnection: () => {} }),
      host.connect({ transport, protocol: 'msrp', host: 'localhost', port }),
      host.connect({ transport, protocol: 'msrp', host: '127.0.0.1', port }),
    ]
    const outcomes = Promise.allSettled(opening)
    await host.close()
    const [, named, direct] = await outcomes
    for (const one of [named, direct]) expect(one).toMatchObject({ status: 'rejected', reason: { code: 'aborted' } })
    await until(() => host.openResources().length === 0)
  }
})

/** A client of nobody's making: answers no ping. */
async function upgradedByHand(port: number): Promise<Socket> {
  const before = accepted.length
  const socket = netConnect(port, '127.0.0.1')
  socket.on('error', () => {})
  socket.write(
    'GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n' +
      'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: msrp\r\n\r\n',
  )
  await new Promise(resolve => socket.once('data', resolve))
  await until(() => accepted.length > before)
  return socket
}
