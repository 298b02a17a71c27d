import type { MsrpTrace } from '../../src/msrp/index.js'
import { decodeLatin1, encodeUtf8 } from '../../src/wire/index.js'
import { type End, ports, SessionPair } from './session-pair.js'

export const NOTES = encodeUtf8('The quick brown fox jumps over the lazy dog\n'.repeat(100))
export const HELLO = encodeUtf8('Hello, CPM!\n')
export const BIG = Uint8Array.from({ length: 100_000 }, (_, index) => (7 * index + 3) % 256)
export const NOTES_SELECTOR =
  'name:"notes.txt" type:text/plain size:4400 hash:sha-1:1F:0C:8F:FB:EE:81:5B:F5:49:F0:83:1E:9C:0B:9E:5E:3D:AD:B8:BD'

/** CPIM head of flow 1 is 317 octets; ours lacks its IMDN lines. */
const HEAD =
  317 -
  'NS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: Vb2k9QwLx73TfRe1\r\nimdn.Disposition-Notification: positive-delivery, display\r\n'
    .length
export const TOTAL = 4400 + HEAD

const FLOW_URIS = {
  alice: { ownUri: 'sip:alice@home1.example', peerUri: 'sip:bob@home2.example' },
  bob: { ownUri: 'sip:bob@home2.example', peerUri: 'sip:alice@home1.example' },
}

export function pairOf(settings: ConstructorParameters<typeof SessionPair>[0] = {}): SessionPair {
  return new SessionPair({ ...settings, alice: { ...FLOW_URIS.alice, ...settings.alice }, bob: { ...FLOW_URIS.bob, ...settings.bob } })
}

export const sip = (pair: SessionPair, from = 0) =>
  pair.sip
    .slice(from)
    .map(step => [step.from, step.name, step.status, step.sdp === '' ? undefined : ports(step.sdp).join(' ')].filter(Boolean).join(' '))

export function header(entry: MsrpTrace, name: string): string | undefined {
  return decodeLatin1(entry.head)
    .split('\r\n')
    .find(line => line.startsWith(`${name}: `))
    ?.slice(name.length + 2)
}

/** `> SEND 1-2048/4595 +`, `< 200`, `< REPORT 1-4595/4595 000 200 OK`, as one end sees its wire. */
export function wire(end: End): string[] {
  return end.msrp.map(entry => {
    const what = decodeLatin1(entry.head).split('\r\n')[0]?.split(' ')[2] ?? ''
    const parts = [entry.direction === 'out' ? '>' : '<', what, header(entry, 'Byte-Range'), header(entry, 'Status')]
    if (what === 'SEND') parts.push(entry.flag)
    return parts.filter(Boolean).join(' ')
  })
}
