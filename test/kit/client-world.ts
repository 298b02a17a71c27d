import { expect } from 'vitest'
import type { ClientOptions, IncomingOffer, Transfer } from '../../src/client/index.js'
import { encodeUtf8 } from '../../src/wire/index.js'
import { fileLine, HandPeer, ownPath, sdp } from './hand-peer.js'
import { responseText, sendText, type SendText } from './msrp-hand.js'
import { VirtualPair } from './virtual-pair.js'
import { WireLog } from './wire-log.js'

export const NOTES = encodeUtf8('The quick brown fox jumps over the lazy dog\n'.repeat(100))
export const NOTES_HASH = 'sha-1:1F:0C:8F:FB:EE:81:5B:F5:49:F0:83:1E:9C:0B:9E:5E:3D:AD:B8:BD'
export const HELLO = encodeUtf8('Hello, CPM!\n')
export const HELLO_HASH = 'sha-1:98:FD:44:A3:31:BA:72:2D:28:CB:C5:DF:70:87:54:14:1C:D5:A8:D7'
export const BIG = Uint8Array.from({ length: 100_000 }, (_, i) => (7 * i + 3) % 256)
export const BIG_HASH = 'sha-1:38:6D:00:14:63:41:AA:3D:C6:77:8B:70:1E:7E:B1:65:91:15:87:F5'
export const TAG = '+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.filetransfer"'

export let pair: VirtualPair
export let alice: WireLog
export let bob: WireLog

/** Alice and Bob on a new network, each with a log of the wire. Nobody asks for notifications unless told to: the call flows have none. */
export async function start(
  options: { alice?: Partial<ClientOptions>; bob?: Partial<ClientOptions>; latency?: number; remember?: boolean } = {},
): Promise<void> {
  pair = await new VirtualPair(1, { latency: options.latency ?? 1 }, { remember: options.remember ?? false }).start({
    alice: { notifications: false, ...options.alice },
    bob: { notifications: false, ...options.bob },
    transport: 'tcp',
  })
  alice = new WireLog(pair.alice)
  bob = new WireLog(pair.bob)
}

/** Ends both; nothing may stay open. */
export async function finish(): Promise<void> {
  await pair.close()
  await pair.network.run(100)
  expect(pair.network.openResources()).toEqual([])
}

/** Sends files and waits for the outcome. */
export const deliver = (...files: string[]) => pair.network.until(pair.alice.send(pair.bobUri, files).done)
export const states = (transfer: Pick<Transfer, 'files'> | undefined) => transfer?.files.map(({ state }) => state)
/** What one end wrote and the other end read, in order. */
export const mirrored = (labels: readonly string[]) =>
  labels.map(text => (text.startsWith('->') ? text.replace('->', '<-') : text.replace('<-', '->')))
export const refuse = (offer: IncomingOffer) => {
  void offer.decline()
  return undefined
}
export const ports = (log: WireLog, what: string) => log.sdps(what).map(({ media }) => media.map(({ port }) => port !== 0))
export const versions = (log: WireLog, what: string) => {
  const all = log.sdps(what).map(({ version }) => version)
  return all.map(version => version - (all[0] ?? 0))
}

const NO_SEND: { readonly tid: string; readonly headers: Readonly<Record<string, string>> } = { tid: '', headers: {} }

/** Alice sends to a peer that the test plays by hand. */
export async function sendByHand(
  alice: Partial<ClientOptions> = {},
  bytes: Uint8Array = NOTES,
  onMsrp: HandPeer['onMsrp'] = () => undefined,
) {
  await start({ alice: { chunkSize: 2048, ...alice } })
  const peer = await new HandPeer(pair.network).start()
  peer.onMsrp = onMsrp
  const transfer = pair.alice.send(peer.uri, pair.file('notes.txt', bytes))
  const offers = () => peer.requests('INVITE').map(text => /^m=message (\d+)/m.exec(text)?.[1] !== '0')
  /** Whole SENDs that came. */
  const sends = () => {
    const text = peer.lines[0]?.heard ?? ''
    const cut = text.lastIndexOf('\r\n-------')
    return cut < 0 ? [] : peer.said({ heard: text, connection: undefined as never, closed: false })
  }
  const reply = (index: number, status = '200 OK') => {
    const { tid, headers } = sends()[index] ?? NO_SEND
    peer.write(line(), responseText(tid, status, headers['From-Path'], headers['To-Path']))
  }
  const report = (range: string, status = '000 200 OK', id = sends()[0]?.headers['Message-ID'] ?? '') => {
    const { headers } = sends()[0] ?? NO_SEND
    const lines = [
      `MSRP rep0${range.length}${status.length} REPORT`,
      `To-Path: ${headers['From-Path']}`,
      `From-Path: ${headers['To-Path']}`,
    ]
    lines.push(`Message-ID: ${id}`, `Byte-Range: ${range}`, `Status: ${status}`, `-------rep0${range.length}${status.length}$`, '')
    peer.write(line(), lines.join('\r\n'))
  }
  const line = () => peer.lines[0] as NonNullable<(typeof peer.lines)[0]>
  await pair.network.run(200)
  return { peer, transfer, offers, sends, reply, report, line }
}

/** A peer by hand that sends to Bob; Bob took the offer and waits for octets. */
export async function receiveByHand(offered: Parameters<typeof fileLine>[0] = {}, options: Partial<ClientOptions> = {}) {
  await start({ bob: options })
  pair.serve()
  const peer = await new HandPeer(pair.network).start()
  const dialled = await peer.invite(sdp(peer.address, fileLine(offered)))
  await pair.network.run(200)
  await dialled.ack()
  await pair.network.run(10)
  const send = (text: SendText) => sendText({ to: dialled.path(), from: ownPath(), ...text })
  return { peer, dialled, send }
}
