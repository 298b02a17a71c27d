import { X509Certificate } from 'node:crypto'
import { readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { type Connection, HostError } from '../../src/client/index.js'
import { makeCertificates, selfSigned } from '../../src/node/dev-certificates.js'
import { nodeHost } from '../../src/node/node-host.js'
import { tempFolder } from './temp-folder.js'

it('makes an authority and a leaf with names of every kind, keys for their owner only', async () => {
  const into = join(tempFolder(), 'new', 'folder')
  const names = ['example.com', '192.0.2.1', '2001:db8::1', 'sip:example.com', 'sip:other.example']
  const paths = await makeCertificates({ into, names, days: 7 })
  expect(paths.cert).toBe(join(into, 'example.com.pem'))
  for (const key of [paths.key, paths.caKey]) expect(statSync(key).mode & 0o777).toBe(0o600)
  const leaf = new X509Certificate(readFileSync(paths.cert))
  const authority = new X509Certificate(readFileSync(paths.ca))
  expect(leaf.verify(authority.publicKey)).toBe(true)
  expect([authority.ca, leaf.ca]).toEqual([true, false])
  expect(leaf.subjectAltName).toBe(
    'DNS:example.com, IP Address:192.0.2.1, IP Address:2001:DB8:0:0:0:0:0:1, URI:sip:example.com, URI:sip:other.example',
  )
  const days = (Date.parse(leaf.validTo) - Date.now()) / 86_400_000
  expect(days).toBeGreaterThan(6.9)
  expect(days).toBeLessThan(7.1)
})

it('uses an authority again and overwrites nothing', async () => {
  const into = tempFolder()
  const first = await makeCertificates({ into, names: ['one.example'] })
  const before = readFileSync(first.ca, 'utf8')
  const second = await makeCertificates({ into, names: ['sip:two.example', 'two.example'] })
  expect(readFileSync(second.ca, 'utf8')).toBe(before)
  const authority = new X509Certificate(before)
  for (const { cert } of [first, second]) expect(new X509Certificate(readFileSync(cert)).verify(authority.publicKey)).toBe(true)
  const key = readFileSync(first.key, 'utf8')
  await expect(makeCertificates({ into, names: ['one.example'] })).rejects.toMatchObject({ code: 'exists' })
  expect(readFileSync(first.key, 'utf8')).toBe(key)
  writeFileSync(second.caKey, 'rubbish')
  await expect(makeCertificates({ into, names: ['three.example'] })).rejects.toMatchObject({ code: 'tls' })
})

it('refuses names and validities that cannot be, and folders it cannot use', async () => {
  const into = tempFolder()
  for (const names of [[], ['a b'], ['http://x'], ['sip:a b'], ['a\nb'], Array.from({ length: 100 }, (_, index) => `h${index}`)]) {
    await expect(makeCertificates({ into, names })).rejects.toBeInstanceOf(HostError)
  }
  for (const days of [0, -1, 1000, Number.NaN]) await expect(selfSigned({ days })).rejects.toMatchObject({ code: 'tls' })
  writeFileSync(join(into, 'file'), '')
  await expect(makeCertificates({ into: join(into, 'file'), names: ['a'] })).rejects.toBeInstanceOf(HostError)
  writeFileSync(join(into, 'a.pem'), 'mine')
  await expect(makeCertificates({ into, names: ['a'] })).rejects.toMatchObject({ code: 'exists' })
  expect(() => statSync(join(into, 'a-key.pem'))).toThrow()
})

it('makes certificates that TLS takes: by name with the authority @req CON-42', async () => {
  const into = tempFolder()
  const paths = await makeCertificates({ into, names: ['localhost', '127.0.0.1'] })
  const server = nodeHost({ tls: { cert: readFileSync(paths.cert), key: readFileSync(paths.key) } })
  const client = nodeHost({ tls: { ca: readFileSync(paths.ca) } })
  const accepted: Connection[] = []
  const { address } = await server.listen({ transport: 'tls', host: '127.0.0.1', port: 0, onConnection: one => accepted.push(one) })
  for (const host of ['localhost', '127.0.0.1']) {
    const connection = await client.connect({ transport: 'tls', host, port: address.port })
    connection.destroy()
  }
  await expect(
    client.connect({ transport: 'tls', host: '127.0.0.1', serverName: 'elsewhere.example', port: address.port }),
  ).rejects.toMatchObject({ code: 'tls' })
  await Promise.all([server.close(), client.close()])
})
