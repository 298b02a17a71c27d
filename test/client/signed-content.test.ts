import { afterEach, expect, it } from 'vitest'
import { finish, pair, start } from '../kit/client-world.js'

afterEach(finish)

const SIGNED = [
  '--b1',
  'Content-Type: text/plain',
  '',
  'From: <sip:mallory@x>\r\nBcc: nobody',
  '--b1',
  'Content-Type: application/pkcs7-signature',
  'Content-Transfer-Encoding: base64',
  '',
  'MIIB\r\n\r\n-------abcd$',
  '--b1--',
  '',
].join('\r\n')

it.each([
  ['signed.eml', 'multipart/signed;protocol="application/pkcs7-signature";boundary=b1', SIGNED],
  ['sealed.p7m', 'application/pkcs7-mime;smime-type=enveloped-data', '\u0030\u0082\u0000\u00ff\r\n\r\nContent-Type: text/plain\r\n'],
])('%s arrives octet by octet as it was signed or sealed @req SEC-16', async (name, type, text) => {
  await start({ alice: { chunkSize: 2048 } })
  pair.serve()
  const bytes = new Uint8Array(Buffer.from(text, 'latin1'))
  pair.hosts.alice.files.set(`/outbox/${name}`, { bytes, type })
  const report = await pair.network.until(pair.alice.send(pair.bobUri, `/outbox/${name}`).done)
  expect(report.ok).toBe(true)
  expect(pair.hosts.bob.saved.get(`/inbox/${name}`)?.bytes).toEqual(bytes)
  expect(type.startsWith(pair.offers[0]?.files[0]?.type ?? 'none')).toBe(true)
})
