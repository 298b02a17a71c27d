import { connect as netConnect } from 'node:net'
import { afterEach, beforeEach, expect, it } from 'vitest'
import type { Connection, HostError } from '../../src/client/index.js'
import { type NodeHost, nodeHost } from '../../src/node/node-host.js'
import { CERT, KEY } from './tls-identity.js'

let server: NodeHost
let trusting: NodeHost

beforeEach(() => {
  server = nodeHost({ tls: { cert: CERT, key: KEY } })
  trusting = nodeHost({ tls: { ca: CERT } })
})

afterEach(async () => {
  await Promise.all([server.close(), trusting.close()])
  expect([...server.openResources(), ...trusting.openResources()]).toEqual([])
})

async function listen(onConnection: (connection: Connection) => void): Promise<number> {
  const listener = await server.listen({ transport: 'tls', host: '127.0.0.1', port: 0, onConnection })
  return listener.address.port
}

/** Sends back what comes. */
function echo(connection: Connection): void {
  connection.start({ onBytes: bytes => connection.write([new Uint8Array(bytes)]), onWritten: () => {}, onClosed: () => {} })
}

it('carries octets both ways to a server with a trusted certificate', async () => {
  const port = await listen(echo)
  for (const host of ['127.0.0.1', 'localhost']) {
    const connection = await trusting.connect({ transport: 'tls', host, port })
    const sent = new Uint8Array(2_000_000)
    for (let index = 0; index < sent.length; index++) sent[index] = (index * 11) % 253
    const pieces: Uint8Array[] = []
    let length = 0
    let written = 0
    const closed = new Promise<HostError | undefined>(resolve => {
      connection.start({
        onBytes: bytes => {
          pieces.push(new Uint8Array(bytes))
          length += bytes.length
          if (length === sent.length) connection.end()
          else if (pieces.length % 7 === 0) {
            connection.pause()
            setImmediate(() => connection.resume())
          }
        },
        onWritten: octets => {
          written += octets
        },
        onClosed: resolve,
      })
    })
    connection.write([sent.subarray(0, 1000), sent.subarray(1000)])
    expect(await closed).toBeUndefined()
    expect(Buffer.concat(pieces).equals(sent)).toBe(true)
    expect(written).toBe(sent.length)
  }
})

it('refuses a certificate nobody vouches for, and a peer that does not speak TLS', async () => {
  const port = await listen(echo)
  const stranger = nodeHost()
  await expect(stranger.connect({ transport: 'tls', host: '127.0.0.1', port })).rejects.toMatchObject({ code: 'tls' })
  const plain = await stranger.listen({ transport: 'tcp', host: '127.0.0.1', port: 0, onConnection: echo })
  await expect(trusting.connect({ transport: 'tls', host: '127.0.0.1', port: plain.address.port })).rejects.toMatchObject({ code: 'tls' })
  await stranger.close()
})

it('survives a peer that sends no handshake but rubbish, and one that resets', async () => {
  let connections = 0
  const port = await listen(connection => {
    connections++
    echo(connection)
  })
  const rubbish = netConnect(port, '127.0.0.1')
  rubbish.on('error', () => {})
  rubbish.write('GET / HTTP/1.1\r\n\r\n')
  await new Promise(resolve => rubbish.once('close', resolve))
  const rude = netConnect(port, '127.0.0.1')
  await new Promise(resolve => rude.once('connect', resolve))
  rude.resetAndDestroy()
  const connection = await trusting.connect({ transport: 'tls', host: '127.0.0.1', port })
  // the server's half of the handshake ends later than ours
  const answer = new Promise<string>(resolve => {
    connection.start({ onBytes: bytes => resolve(Buffer.from(bytes).toString()), onWritten: () => {}, onClosed: () => {} })
  })
  connection.write([Buffer.from('hello')])
  expect(await answer).toBe('hello')
  expect(connections).toBe(1)
})

it('counts connections of one address until they close @req SEC-12', async () => {
  await server.close()
  server = nodeHost({ tls: { cert: CERT, key: KEY }, limits: { maxConnectionsPerAddress: 2, limitLoopback: true } })
  const port = await listen(echo)
  const connect = (): Promise<Connection> => trusting.connect({ transport: 'tls', host: '127.0.0.1', port })
  for (let round = 0; round < 3; round++) {
    const [one, two] = [await connect(), await connect()]
    await expect(connect()).rejects.toMatchObject({ code: expect.stringMatching(/connection-lost|tls|network/) })
    one.destroy()
    two.destroy()
    await new Promise(resolve => setTimeout(resolve, 50))
  }
})

it('reads into blocks of its own on the side that accepted, unless octets came before it was started', async () => {
  const sent = Uint8Array.from({ length: 300_000 }, (_, index) => (index * 7) % 251)
  for (const late of [false, true]) {
    const pieces: Uint8Array[] = []
    const all = new Promise<void>(resolve => {
      const start = (connection: Connection): void => {
        let length = 0
        connection.start({
          onBytes: bytes => {
            // what the block pool gives
            expect(bytes.buffer).toBeInstanceOf(SharedArrayBuffer)
            pieces.push(new Uint8Array(bytes))
            length += bytes.length
            if (length === sent.length) resolve()
          },
          onWritten: () => {},
          onClosed: () => {},
        })
      }
      void listen(connection => (late ? setTimeout(() => start(connection), 200) : start(connection))).then(async port => {
        const connection = await trusting.connect({ transport: 'tls', host: '127.0.0.1', port })
        connection.start({ onBytes: () => {}, onWritten: () => {}, onClosed: () => {} })
        connection.write([sent])
      })
    })
    await all
    expect(Buffer.concat(pieces).equals(sent)).toBe(true)
    // one record has 16 KiB
    if (!late) expect(Math.max(...pieces.map(({ length }) => length))).toBeGreaterThan(16_384)
  }
})
