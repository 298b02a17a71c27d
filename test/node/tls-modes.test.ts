import { createHash, randomBytes, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer as createNetServer, connect as netConnect, type Server } from 'node:net'
import { connect as tlsConnect, createServer as createTlsServer, type TLSSocket } from 'node:tls'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Connection, ConnectOptions, ListenOptions } from '../../src/client/index.js'
import { type CertificatePair, makeCertificates, selfSigned } from '../../src/node/dev-certificates.js'
import { type NodeHost, nodeHost } from '../../src/node/node-host.js'
import { fingerprintOf, hasFingerprint, isFor, serverNameIndication, sipDomains } from '../../src/node/peer-certificate.js'
import { tempFolder } from './temp-folder.js'

vi.mock('../../src/node/limits.js', async importOriginal => ({ ...(await importOriginal<object>()), HANDSHAKE_TIMEOUT: 1500 }))

let serverPair: CertificatePair
let clientPair: CertificatePair
let server: NodeHost
let client: NodeHost
const accepted: Connection[] = []
const bare: Server[] = []

beforeEach(async () => {
  serverPair ??= await selfSigned({ names: ['server.example', 'sip:sip.example', '127.0.0.1'] })
  clientPair ??= await selfSigned()
  server = nodeHost({ tls: serverPair })
  client = nodeHost({ tls: clientPair })
  accepted.length = 0
})

afterEach(async () => {
  await Promise.all([server.close(), client.close()])
  for (const one of bare.splice(0)) one.close()
  expect([...server.openResources(), ...client.openResources()]).toEqual([])
})

async function listen(options: Partial<ListenOptions> = {}): Promise<number> {
  const { address } = await server.listen({
    transport: 'tls',
    host: '127.0.0.1',
    port: 0,
    onConnection: connection => accepted.push(connection),
    ...options,
  })
  return address.port
}

/** A server without this library, to see what reaches the wire. */
async function listenBare(one: Server): Promise<number> {
  bare.push(one)
  await new Promise<void>(resolve => void one.listen(0, '127.0.0.1', resolve))
  return (one.address() as { port: number }).port
}

function connect(port: number, options: Partial<ConnectOptions> = {}): Promise<Connection> {
  return client.connect({ transport: 'tls', host: '127.0.0.1', port, ...options })
}

function hashOf(pair: CertificatePair, algorithm: string): Uint8Array {
  return new Uint8Array(createHash(algorithm).update(new X509Certificate(pair.cert).raw).digest())
}

async function until(condition: () => boolean): Promise<void> {
  for (let turn = 0; turn < 5000 && !condition(); turn++) await new Promise(resolve => setTimeout(resolve, 2))
  expect(condition()).toBe(true)
}

it('takes a self-signed certificate whose hash was announced; both sides see the hash of the other @req CON-43', async () => {
  const port = await listen({ requestCertificate: true })
  const connection = await connect(port, { fingerprints: [{ algorithm: 'SHA-256', octets: hashOf(serverPair, 'sha256') }] })
  await until(() => accepted.length === 1)
  expect(connection.peerFingerprint?.('sha-256')).toEqual(hashOf(serverPair, 'sha256'))
  expect(connection.peerFingerprint?.('SHA-512')).toEqual(hashOf(serverPair, 'sha512'))
  expect(accepted[0]?.peerFingerprint?.('sha-256')).toEqual(hashOf(clientPair, 'sha256'))
  expect(accepted[0]?.peerFingerprint?.('sha-256')).toEqual(client.certificate?.sha256)
  expect(connection.peerFingerprint?.('md5')).toBeUndefined()
  const text = new Promise<string>(resolve =>
    accepted[0]?.start({ onBytes: bytes => resolve(Buffer.from(bytes).toString()), onWritten: () => {}, onClosed: () => {} }),
  )
  connection.write([Buffer.from('hello')])
  expect(await text).toBe('hello')
})

it('lets no octet leave when the hash is another one @req CON-43', async () => {
  const octets: Buffer[] = []
  const sockets: TLSSocket[] = []
  const port = await listenBare(
    createTlsServer({ cert: serverPair.cert, key: serverPair.key }, socket => {
      sockets.push(socket)
      socket.on('error', () => {})
      socket.on('data', data => octets.push(data))
    }),
  )
  const wrong = { algorithm: 'sha-256', octets: new Uint8Array(randomBytes(32)) }
  await expect(connect(port, { fingerprints: [wrong] })).rejects.toMatchObject({ code: 'tls' })
  await until(() => sockets.every(socket => socket.destroyed || socket.readableEnded))
  expect(Buffer.concat(octets)).toHaveLength(0)
})

it('looks at the strongest hash only, and at SHA-1 only when nothing else is given @req CON-43 CON-44', async () => {
  const port = await listen()
  const right = { algorithm: 'sha-256', octets: hashOf(serverPair, 'sha256') }
  const weak = { algorithm: 'sha-1', octets: hashOf(serverPair, 'sha1') }
  const wrong = { algorithm: 'sha-512', octets: new Uint8Array(64) }
  await expect(connect(port, { fingerprints: [right, wrong] })).rejects.toMatchObject({ code: 'tls' })
  await expect(connect(port, { fingerprints: [weak, { ...right, octets: new Uint8Array(32) }] })).rejects.toMatchObject({ code: 'tls' })
  // several certificates may be announced: one of them is enough
  ;(await connect(port, { fingerprints: [{ ...right, octets: new Uint8Array(32) }, right] })).destroy()
  ;(await connect(port, { fingerprints: [{ algorithm: 'Sha-1', octets: weak.octets }] })).destroy()
  const md5 = { algorithm: 'md5', octets: hashOf(serverPair, 'md5') }
  await expect(connect(port, { fingerprints: [md5] })).rejects.toMatchObject({ code: 'tls' })
  await expect(connect(port, { fingerprints: [] })).rejects.toMatchObject({ code: 'tls' })
})

it('tells of no hash where the peer shows no certificate', async () => {
  const port = await listen({ requestCertificate: true })
  await client.close()
  client = nodeHost()
  expect(client.certificate).toBeUndefined()
  await connect(port, { fingerprints: [{ algorithm: 'sha-256', octets: hashOf(serverPair, 'sha256') }] })
  await until(() => accepted.length === 1)
  expect(accepted[0]?.peerFingerprint?.('sha-256')).toBeUndefined()
  const plain = await server.listen({ transport: 'tcp', host: '127.0.0.1', port: 0, onConnection: () => {} })
  const connection = await client.connect({ transport: 'tcp', host: '127.0.0.1', port: plain.address.port })
  expect(connection.peerFingerprint?.('sha-256')).toBeUndefined()
})

it('speaks TLS 1.2 and 1.3 and nothing older, in both roles @req CON-41 D-21', async () => {
  const port = await listen()
  const attempt = (maxVersion: 'TLSv1.1' | 'TLSv1.2' | 'TLSv1.3') =>
    new Promise<string>(resolve => {
      const socket = tlsConnect({
        host: '127.0.0.1',
        port,
        rejectUnauthorized: false,
        minVersion: 'TLSv1',
        maxVersion,
        ciphers: 'DEFAULT@SECLEVEL=0',
      })
      socket.once('secureConnect', () => resolve(socket.getProtocol() ?? ''))
      socket.once('error', () => resolve('refused'))
      socket.once('close', () => resolve('refused'))
    })
  expect([await attempt('TLSv1.1'), await attempt('TLSv1.2'), await attempt('TLSv1.3')]).toEqual(['refused', 'TLSv1.2', 'TLSv1.3'])
  for (const [maxVersion, outcome] of [
    ['TLSv1.1', 'refused'],
    ['TLSv1.2', 'taken'],
  ] as const) {
    const old = createTlsServer({ ...serverPair, minVersion: 'TLSv1', maxVersion, ciphers: 'DEFAULT@SECLEVEL=0' }, socket =>
      socket.on('error', () => {}),
    )
    const fingerprints = [{ algorithm: 'sha-256', octets: hashOf(serverPair, 'sha256') }]
    const result = await connect(await listenBare(old), { fingerprints }).then(
      connection => {
        connection.destroy()
        return 'taken'
      },
      () => 'refused',
    )
    expect([maxVersion, result]).toEqual([maxVersion, outcome])
  }
})

it('names the server in the handshake when it has a name, and not when it is an address @req CON-41', async () => {
  const names: (string | false | null)[] = []
  const port = await listenBare(
    createTlsServer({ ...serverPair }, socket => {
      names.push((socket as TLSSocket & { readonly servername: string | false }).servername)
      socket.on('error', () => {})
    }),
  )
  const fingerprints = [{ algorithm: 'sha-256', octets: hashOf(serverPair, 'sha256') }]
  for (const options of [{ serverName: 'server.example.' }, {}, { host: 'localhost' }, { serverName: '127.0.0.1' }]) {
    const before = names.length
    const connection = await connect(port, { fingerprints, ...options })
    // the server's half of the handshake ends later than ours
    await until(() => names.length > before)
    connection.destroy()
  }
  expect(names).toEqual(['server.example', false, 'localhost', false])
  expect(serverNameIndication('::1')).toBe('')
})

it('wants a valid chain and the name in subjectAltName: DNS name, address or SIP URI @req CON-42', async () => {
  const into = tempFolder()
  const paths = await makeCertificates({ into, names: ['server.example', 'sip:sip.example', 'sip:user@other.example', '*.wild.example'] })
  const ca = readFileSync(paths.ca)
  await Promise.all([server.close(), client.close()])
  server = nodeHost({ tls: { cert: readFileSync(paths.cert), key: readFileSync(paths.key) } })
  client = nodeHost({ tls: { ca } })
  const port = await listen()
  for (const serverName of ['server.example', 'SERVER.example', 'server.example.', 'sip.example']) {
    ;(await connect(port, { serverName })).destroy()
  }
  for (const serverName of ['other.example', 'a.server.example', 'www.wild.example', undefined, 'bad name', '::1']) {
    await expect(connect(port, serverName === undefined ? {} : { serverName })).rejects.toMatchObject({ code: 'tls' })
  }
  // a name with a wildcard is good for WebSocket, as on the web, for one label
  const web = await listen({ transport: 'wss' })
  ;(await connect(web, { transport: 'wss', serverName: 'www.wild.example' })).destroy()
  for (const serverName of ['wild.example', 'a.b.wild.example', 'other.example'])
    await expect(connect(web, { transport: 'wss', serverName })).rejects.toMatchObject({ code: 'tls' })
  const stranger = nodeHost()
  await expect(stranger.connect({ transport: 'tls', host: '127.0.0.1', serverName: 'server.example', port })).rejects.toMatchObject({
    code: 'tls',
  })
  await stranger.close()
})

it('reads SIP domains out of names that try to look like others @req CON-42', () => {
  expect(sipDomains('DNS:a.example, URI:sip:b.example, URI:SIP:C.example:5061;x=y, URI:sips:d.example, URI:sip:u@e.example')).toEqual([
    'b.example',
    'c.example',
  ])
  expect(sipDomains('URI:"sip:a.example, URI:sip:evil.example", URI:sip:b.example')).toEqual(['b.example'])
  expect(sipDomains('URI:"sip:a\\", URI:sip:evil.example", DNS:x')).toEqual([])
  expect(sipDomains('URI:"sip:a, URI:sip:evil.example')).toEqual([])
  expect(sipDomains('URI:sip:, URI:sip:.')).toEqual([''])
  expect(sipDomains('')).toEqual([])
  const certificate = new X509Certificate(serverPair.cert)
  expect([isFor(certificate, '127.0.0.1', false), isFor(certificate, '127.0.0.2', false)]).toEqual([true, false])
  expect(isFor(certificate, '', false)).toBe(false)
  expect(isFor(certificate, 'cpmft', false)).toBe(false)
  expect(hasFingerprint(undefined, [{ algorithm: 'sha-256', octets: new Uint8Array(32) }])).toBe(false)
  expect(fingerprintOf(certificate, 'sha-224')).toBeUndefined()
})

it('gives up a handshake that does not come to an end, and on cancelling @req SEC-12', async () => {
  const port = await listenBare(createNetServer(socket => socket.on('error', () => {})))
  const started = performance.now()
  await expect(connect(port, { timeout: 60_000 })).rejects.toMatchObject({ code: 'connection-timeout' })
  expect(performance.now() - started).toBeLessThan(5_000)
  const stop = new AbortController()
  setTimeout(() => stop.abort(), 50)
  await expect(connect(port, { signal: stop.signal })).rejects.toMatchObject({ code: 'aborted' })
})

it('does not wait for the handshake of a peer when the host closes', async () => {
  for (const transport of ['tls', 'wss'] as const) {
    const port = await listen({ transport })
    const silent = netConnect(port, '127.0.0.1')
    silent.on('error', () => {})
    await until(() => server.openResources().some(name => name.startsWith('handshake')))
    const closed = new Promise(resolve => silent.once('close', resolve))
    await server.close()
    await closed
    expect(server.openResources()).toEqual([])
    server = nodeHost({ tls: serverPair })
  }
})

it('asks for permission before it connects anywhere @req SEC-10', async () => {
  let connections = 0
  const port = await listenBare(createNetServer(() => connections++))
  const asked: string[] = []
  const permits = (address: string): boolean => {
    asked.push(address)
    return false
  }
  for (const host of ['127.0.0.1', 'localhost']) {
    await expect(client.connect({ transport: 'tcp', host, port, permits })).rejects.toMatchObject({ code: 'forbidden-address' })
  }
  expect(asked).toContain('127.0.0.1')
  expect(connections).toBe(0)
  ;(await client.connect({ transport: 'tcp', host: '127.0.0.1', port, permits: address => address === '127.0.0.1' })).destroy()
})

it('has no certificate when its text cannot be read', async () => {
  const broken = nodeHost({ tls: { cert: 'rubbish', key: 'rubbish' } })
  expect(broken.certificate).toBeUndefined()
  await expect(broken.listen({ transport: 'tls', host: '127.0.0.1', port: 0, onConnection: () => {} })).rejects.toMatchObject({
    code: 'tls',
  })
  await broken.close()
})
