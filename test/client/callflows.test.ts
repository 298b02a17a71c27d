import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { ClientOptions, IncomingOffer, Transfer } from '../../src/client/index.js'
import { decodeUtf8, encodeUtf8 } from '../../src/wire/index.js'
import { fileLine, HandPeer, ownPath, sdp } from '../kit/hand-peer.js'
import { header, sdpOf, WireLog } from '../kit/wire-log.js'
import { responseText, sendText, type SendText } from '../kit/msrp-hand.js'
import { VirtualPair } from '../kit/virtual-pair.js'

const NOTES = encodeUtf8('The quick brown fox jumps over the lazy dog\n'.repeat(100))
const NOTES_HASH = 'sha-1:1F:0C:8F:FB:EE:81:5B:F5:49:F0:83:1E:9C:0B:9E:5E:3D:AD:B8:BD'
const HELLO = encodeUtf8('Hello, CPM!\n')
const HELLO_HASH = 'sha-1:98:FD:44:A3:31:BA:72:2D:28:CB:C5:DF:70:87:54:14:1C:D5:A8:D7'
const BIG = Uint8Array.from({ length: 100_000 }, (_, i) => (7 * i + 3) % 256)
const BIG_HASH = 'sha-1:38:6D:00:14:63:41:AA:3D:C6:77:8B:70:1E:7E:B1:65:91:15:87:F5'
const TAG = '+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.filetransfer"'

let pair: VirtualPair
let alice: WireLog
let bob: WireLog

async function start(options: { alice?: Partial<ClientOptions>; bob?: Partial<ClientOptions>; latency?: number } = {}): Promise<void> {
  pair = await new VirtualPair(1, { latency: options.latency ?? 1 }).start({ ...options, transport: 'tcp' })
  alice = new WireLog(pair.alice)
  bob = new WireLog(pair.bob)
}

afterEach(async () => {
  await pair.close()
  await pair.network.run(100)
  expect(pair.network.openResources()).toEqual([])
})

/** Sends files and waits for the outcome. */
const deliver = (...files: string[]) => pair.network.until(pair.alice.send(pair.bobUri, files).done)
const states = (transfer: Pick<Transfer, 'files'> | undefined) => transfer?.files.map(({ state }) => state)
/** What one end wrote and the other end read, in order. */
const mirrored = (labels: readonly string[]) =>
  labels.map(text => (text.startsWith('->') ? text.replace('->', '<-') : text.replace('<-', '->')))
const refuse = (offer: IncomingOffer) => {
  void offer.decline()
  return undefined
}
const ports = (log: WireLog, what: string) => log.sdps(what).map(({ media }) => media.map(({ port }) => port !== 0))
const versions = (log: WireLog, what: string) => {
  const all = log.sdps(what).map(({ version }) => version)
  return all.map(version => version - (all[0] ?? 0))
}

describe('callflow 1: push of one file', () => {
  const CHUNKED = [
    '-> INVITE m',
    '<- 180 INVITE',
    '<- 200 INVITE m',
    '-> ACK',
    '-> SEND 1-2048/4662 +',
    '-> SEND 2049-4096/4662 +',
    '-> SEND 4097-4662/4662 $',
    '<- 200',
    '<- 200',
    '<- 200',
    '<- REPORT 1-4662/4662 000 200 OK',
    '-> INVITE 0',
    '<- 200 INVITE 0',
    '-> ACK',
    '-> BYE',
    '<- 200 BYE',
  ]
  beforeEach(async () => {
    await start({ alice: { chunkSize: 2048 } })
    pair.serve()
  })

  it('goes step by step, the same at both ends @req CR-1 CR-2 CR-9 CR-10 CR-14 CR-15 SND-2 MSRP-22 MSRP-23 MSRP-51 OA-64', async () => {
    const report = await deliver(pair.file('notes.txt', NOTES))
    await pair.network.run(29_900)
    expect(alice.labels).not.toContain('-> BYE')
    await pair.network.run(200)
    expect(report.ok).toBe(true)
    const total = Number(/\/(\d+)/.exec(alice.labels[4] ?? '')?.[1])
    const expected = CHUNKED.map(text => text.replaceAll('4662', String(total)))
    expect(alice.labels).toEqual(expected)
    expect([...mirrored(bob.labels)].sort()).toEqual([...expected].sort())
    expect(pair.hosts.bob.saved.get('/inbox/notes.txt')?.bytes).toEqual(NOTES)
  })

  it('names the service, the conversation and the file in the INVITE @req CR-6 CPM-2 CPM-4 CPM-5 CPM-6 CPM-7 SIP-10 SIP-25 SIP-30 CON-20', async () => {
    await deliver(pair.file('notes.txt', NOTES))
    const [invite = ''] = alice.texts('-> INVITE m')
    expect(invite.split('\r\n')[0]).toBe('INVITE sip:bob@192.0.2.20:5060;transport=tcp SIP/2.0')
    expect(header(invite, 'Accept-Contact')).toBe(`*;${TAG}`)
    expect(header(invite, 'P-Preferred-Service')).toBe('urn:urn-7:3gpp-service.ims.icsi.oma.cpm.filetransfer')
    for (const name of ['Conversation-ID', 'Contribution-ID']) expect(header(invite, name), name).toMatch(/^[0-9a-f-]{36}$/)
    expect(header(invite, 'Contact')).toContain(TAG)
    expect(header(invite, 'Contact')).toMatch(/\+sip\.instance="<urn:uuid:[0-9a-f-]{36}>"/)
    expect(header(invite, 'Session-Expires')).toMatch(/^1800/)
    expect(header(invite, 'Min-SE')).toBe('90')
    expect(header(invite, 'Supported')).toBe('timer, 100rel')
    expect(header(invite, 'Max-Forwards')).toBe('70')
    expect(header(invite, 'Allow')).toBe('INVITE, ACK, CANCEL, BYE, UPDATE, PRACK, OPTIONS, NOTIFY, MESSAGE')
    expect(header(invite, 'Content-Type')).toBe('application/sdp')
    const [offer] = alice.sdps('-> INVITE m')
    expect(offer?.media).toHaveLength(1)
    expect(offer?.media[0]).toMatchObject({
      direction: 'sendonly',
      setup: 'actpass',
      selector: `name:"notes.txt" type:application/octet-stream size:4400 hash:${NOTES_HASH}`,
      transferId: expect.stringMatching(/^[A-Za-z0-9]{32}$/) as unknown,
      path: expect.stringMatching(/^msrp:\/\/192\.0\.2\.10:\d+\/[A-Za-z0-9]{20};tcp$/) as unknown,
    })
    expect(offer?.media[0]?.lines).toContain('a=accept-types:message/cpim *')
    expect(offer?.media[0]?.lines).toContain('a=msrp-cema')
  })

  it('names the refresher and mirrors the file in the 200 @req CR-21 OA-21 SIP-25 CON-20 CPM-9', async () => {
    await deliver(pair.file('notes.txt', NOTES))
    const [ok = ''] = bob.texts('-> 200 INVITE m')
    expect(header(ok, 'Contact')).toContain(TAG)
    expect(header(ok, 'Session-Expires')).toBe('1800;refresher=uac')
    expect(header(ok, 'Require')).toBe('timer')
    const [offer] = alice.sdps('-> INVITE m')
    const [answer] = bob.sdps('-> 200 INVITE m')
    expect(answer?.media).toHaveLength(1)
    expect(answer?.media[0]).toMatchObject({
      direction: 'recvonly',
      setup: 'passive',
      selector: offer?.media[0]?.selector,
      transferId: offer?.media[0]?.transferId,
      path: expect.stringMatching(/^msrp:\/\/192\.0\.2\.20:\d+\/[A-Za-z0-9]{20};tcp$/) as unknown,
    })
  })

  it('closes exactly this line with the next version and the same identity @req CR-10 CR-11 OA-1 OA-65 RCV-16', async () => {
    await deliver(pair.file('notes.txt', NOTES))
    await pair.network.run(100)
    const [first, second] = alice.sdps('-> INVITE')
    expect((second?.version ?? 0) - (first?.version ?? 0)).toBe(1)
    expect(second?.media[0]).toMatchObject({ port: 0, selector: first?.media[0]?.selector, transferId: first?.media[0]?.transferId })
    expect(second?.media[0]?.lines[0]).toBe('m=message 0 TCP/MSRP *')
    const [invite = '', close = ''] = alice.texts('-> INVITE')
    expect(header(close, 'Call-ID')).toBe(header(invite, 'Call-ID'))
    expect(bob.sdps('-> 200 INVITE 0')[0]?.media[0]).toMatchObject({ port: 0, transferId: first?.media[0]?.transferId })
  })

  it('carries paths, Message-ID and report headers in every chunk and the same in the REPORT @req MSRP-24 MSRP-40 MSRP-42 MSRP-50 CPM-8', async () => {
    await deliver(pair.file('notes.txt', NOTES))
    const sends = alice.msrp.filter(({ text }) => text.includes(' SEND\r\n')).map(({ text }) => text)
    const path = (log: WireLog, what: string) => log.sdps(what)[0]?.media[0]?.path
    for (const send of sends) {
      expect(header(send, 'To-Path')).toBe(path(bob, '-> 200 INVITE m'))
      expect(header(send, 'From-Path')).toBe(path(alice, '-> INVITE m'))
      expect(header(send, 'Message-ID')).toBe(header(sends[0] ?? '', 'Message-ID'))
      expect(header(send, 'Success-Report')).toBe('yes')
      expect(header(send, 'Content-Type')).toBe('message/cpim')
    }
    expect(new Set(sends.map(send => send.split(' ')[1])).size).toBe(3)
    const [report] = bob.msrp.filter(({ text }) => text.includes(' REPORT\r\n')).map(({ text }) => text)
    expect(header(report ?? '', 'Message-ID')).toBe(header(sends[0] ?? '', 'Message-ID'))
    expect(header(report ?? '', 'To-Path')).toBe(path(alice, '-> INVITE m'))
  })

  it('says BYE with its reason @req CR-15 SIP-19', async () => {
    await deliver(pair.file('notes.txt', NOTES))
    await pair.network.run(31_000)
    expect(header(alice.texts('-> BYE')[0] ?? '', 'Reason')).toBe('SIP;cause=200;text="transfer complete"')
  })
})

describe('callflow 2: three files, one declined', () => {
  it('answers port 0 for the declined one and carries the others @req CR-7 CR-20 CR-21 OA-22 SND-3 CON-11 OA-25 D-5', async () => {
    await start({ latency: 5 })
    pair.serve(offer => offer.accept(offer.files.filter(({ name }) => name !== 'big.bin')))
    const events: string[] = []
    const transfer = pair.alice.send(pair.bobUri, [pair.file('notes.txt', NOTES), pair.file('big.bin', BIG), pair.file('hello.txt', HELLO)])
    void (async () => {
      for await (const event of transfer) if (event.type === 'state') events.push(`${event.file.name} ${event.state}`)
    })()
    const report = await pair.network.until(transfer.done)
    await pair.network.run(1000)
    expect(report.files.map(({ name, state }) => `${name} ${state}`)).toEqual(['notes.txt done', 'big.bin declined', 'hello.txt done'])
    expect(events.indexOf('big.bin declined')).toBeLessThan(events.indexOf('hello.txt done'))
    const [offer] = alice.sdps('-> INVITE m')
    expect(new Set(offer?.media.map(({ path }) => path)).size).toBe(3)
    expect(new Set(offer?.media.map(({ transferId }) => transferId)).size).toBe(3)
    expect(offer?.media.map(({ selector }) => selector)).toEqual([
      `name:"notes.txt" type:application/octet-stream size:4400 hash:${NOTES_HASH}`,
      `name:"big.bin" type:application/octet-stream size:100000 hash:${BIG_HASH}`,
      `name:"hello.txt" type:application/octet-stream size:12 hash:${HELLO_HASH}`,
    ])
    const [answer] = bob.sdps('-> 200 INVITE')
    expect(answer?.media.map(({ port }) => port !== 0)).toEqual([true, false, true])
    expect(answer?.media.map(({ transferId }) => transferId)).toEqual(offer?.media.map(({ transferId }) => transferId))
    expect(answer?.media.map(({ selector }) => selector)).toEqual(offer?.media.map(({ selector }) => selector))
    // closed one by one or together, never a line that still runs
    expect(ports(alice, '-> INVITE').at(-1)).toEqual([false, false, false])
    expect(versions(alice, '-> INVITE')).toEqual(ports(alice, '-> INVITE').map((_, index) => index))
    expect(new Set(alice.msrp.map(({ local }) => local)).size).toBe(1)
    const declined = offer?.media[1]?.path ?? 'none'
    expect(alice.msrp.some(({ text }) => text.includes(declined))).toBe(false)
    expect([...pair.hosts.bob.saved.keys()].sort()).toEqual(['/inbox/hello.txt', '/inbox/notes.txt'])
  })

  it('closes the short file while the long one goes on @req CR-10 OA-25 SIP-24 CON-18', async () => {
    await start({ latency: 20 })
    pair.serve()
    const transfer = pair.alice.send(pair.bobUri, [pair.file('large.bin', new Uint8Array(8_000_000)), pair.file('hello.txt', HELLO)])
    await pair.network.until(transfer.done)
    await pair.network.run(1000)
    expect(states(transfer)).toEqual(['done', 'done'])
    expect(ports(alice, '-> INVITE')).toEqual([
      [true, true],
      [true, false],
      [false, false],
    ])
    expect(versions(alice, '-> INVITE')).toEqual([0, 1, 2])
    const { messages } = alice
    const closed = messages.findIndex(({ text }) => text.startsWith('INVITE') && text.includes('m=message 0'))
    expect(messages.slice(closed).some(({ text, protocol }) => protocol === 'msrp' && text.includes(' SEND\r\n'))).toBe(true)
    const paths = alice.sdps('-> INVITE').map(({ media }) => media[0]?.path)
    expect(new Set(paths).size).toBe(1)
  })
})

describe('callflow 3: everything declined', () => {
  it('3a: 488 with a warning, no dialog, no MSRP @req CR-22 SIP-35 SND-3', async () => {
    await start()
    pair.serve(refuse)
    const report = await deliver(pair.file('a.txt', NOTES), pair.file('b.txt', HELLO))
    await pair.network.run(1000)
    expect(alice.labels).toEqual(['-> INVITE m m', '<- 180 INVITE', '<- 488 INVITE', '-> ACK'])
    expect(mirrored(bob.labels)).toEqual(alice.labels)
    expect(header(bob.texts('-> 488')[0] ?? '', 'Warning')).toBe('399 192.0.2.20 "No file accepted"')
    expect(report.files.map(({ state, error }) => [state, error?.code, error?.status])).toEqual([
      ['declined', 'declined', 488],
      ['declined', 'declined', 488],
    ])
    expect(alice.msrp).toEqual([])
    expect(pair.network.connections.every(({ local, remote }) => local.port === 5060 || remote.port === 5060)).toBe(true)
  })

  it('3b: a declined second batch leaves the running file and the session alone @req D-11 SIP-23 CR-22', async () => {
    await start({ latency: 20 })
    pair.serve(offer => (offer.files[0]?.name === 'more.txt' ? refuse(offer) : offer.accept()))
    const first = pair.alice.send(pair.bobUri, pair.file('large.bin', new Uint8Array(8_000_000)))
    await pair.network.run(200)
    const second = pair.alice.send(pair.bobUri, pair.file('more.txt', HELLO))
    await pair.network.until(second.done)
    expect(states(second)).toEqual(['declined'])
    expect(states(first)).toEqual(['sending'])
    await pair.network.until(first.done)
    await pair.network.run(1000)
    expect(states(first)).toEqual(['done'])
    expect(alice.sip.filter(text => text.includes('INVITE') && !text.includes(' 18'))).toEqual([
      '-> INVITE m',
      '<- 200 INVITE m',
      '-> INVITE m m',
      '<- 488 INVITE',
      // the offer with two lines never took effect
      '-> INVITE 0',
      '<- 200 INVITE 0',
    ])
  })

  it('3c: nobody answers, 480 at the end of the ring time @req D-7 SIP-13 RCV-3', async () => {
    await start({ bob: { ringTimeout: 20 } })
    pair.serve(() => undefined)
    const { offers } = pair
    const transfer = pair.alice.send(pair.bobUri, pair.file('a.txt', HELLO))
    await pair.network.run(19_000)
    expect(alice.labels).toEqual(['-> INVITE m', '<- 180 INVITE'])
    await pair.network.run(2000)
    expect(alice.labels.slice(2)).toEqual(['<- 480 INVITE', '-> ACK'])
    const report = await pair.network.until(transfer.done)
    expect(report.files[0]?.error).toMatchObject({ code: 'unreachable', status: 480 })
    expect(offers[0]?.signal.aborted).toBe(true)
    expect(() => offers[0]?.accept()).toThrow(expect.objectContaining({ code: 'timeout' }) as Error)
  })
})

describe('callflow 4: closing per file', () => {
  it('4a: after the last 200 when no report was asked for @req CR-8 D-1 MSRP-51', async () => {
    await start({ alice: { successReport: false, releaseTimer: 0 } })
    pair.serve()
    const report = await deliver(pair.file('notes.txt', NOTES))
    await pair.network.run(1000)
    expect(report.ok).toBe(true)
    expect(alice.labels.filter(text => text.includes('REPORT'))).toEqual([])
    const last = alice.labels.lastIndexOf('<- 200')
    expect(alice.labels.slice(last)).toEqual(['<- 200', '-> INVITE 0', '<- 200 INVITE 0', '-> ACK', '-> BYE', '<- 200 BYE'])
    expect(header(alice.msrp[0]?.text ?? '', 'Success-Report')).not.toBe('yes')
  })
})

/** Alice sends to a peer that the test plays by hand. */
async function sendByHand(alice: Partial<ClientOptions> = {}, bytes: Uint8Array = NOTES, onMsrp: HandPeer['onMsrp'] = () => undefined) {
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
    const { tid, headers } = sends()[index] ?? { tid: '', headers: {} as Record<string, string> }
    peer.write(line(), responseText(tid, status, headers['From-Path'], headers['To-Path']))
  }
  const report = (range: string, status = '000 200 OK', id = sends()[0]?.headers['Message-ID'] ?? '') => {
    const { headers } = sends()[0] ?? { headers: {} as Record<string, string> }
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

describe('callflow 4 and 5 with a peer by hand', () => {
  it('4a: no trigger while an earlier chunk waits for its 200 @req CR-8 D-1', async () => {
    const { peer, transfer, offers, sends, reply } = await sendByHand({ successReport: false })
    expect(sends().map(({ flag }) => flag)).toEqual(['+', '+', '$'])
    reply(0)
    reply(2)
    await pair.network.run(2000)
    expect(offers()).toEqual([true])
    expect(states(transfer)).toEqual(['sending'])
    reply(1)
    await pair.network.run(100)
    expect(offers()).toEqual([true, false])
    expect(states(transfer)).toEqual(['done'])
    await peer.stop()
  })

  it('4b: closes when two REPORTs cover the message, not before @req CR-9 MSRP-54 D-1', async () => {
    const { peer, transfer, offers, sends, reply, report } = await sendByHand()
    const total = Number(sends()[0]?.headers['Byte-Range']?.split('/')[1])
    for (const index of [0, 1, 2]) reply(index)
    await pair.network.run(2000)
    expect(offers()).toEqual([true])
    expect(states(transfer)).toEqual(['verifying'])
    report(`1-3000/${total}`)
    report(`1-${total}/${total}`, '000 200 OK', 'anotherMessage01')
    await pair.network.run(2000)
    expect(offers()).toEqual([true])
    report(`2000-${total}/${total}`)
    await pair.network.run(100)
    expect(offers()).toEqual([true, false])
    expect(states(transfer)).toEqual(['done'])
    expect(transfer.files[0]?.confirmed).toBe(true)
    await peer.stop()
  })

  it('says "not confirmed" when the report never comes, and closes the line @req SND-8', async () => {
    const { peer, transfer, offers, reply } = await sendByHand()
    for (const index of [0, 1, 2]) reply(index)
    await pair.network.run(119_000)
    expect(offers()).toEqual([true])
    const report = await pair.network.until(transfer.done)
    expect(report.files[0]).toMatchObject({ state: 'done', confirmed: false })
    await pair.network.run(100)
    expect(offers()).toEqual([true, false])
    await peer.stop()
  })

  it.each([400, 403, 408, 415, 423, 481, 501, 506, 599])(
    '5a: %i fails this file and closes its line @req CR-12 MSRP-45 MSRP-46',
    async status => {
      const { peer, transfer, offers, reply } = await sendByHand()
      reply(0, `${status} Refused`)
      const report = await pair.network.until(transfer.done)
      expect(report.files[0]).toMatchObject({ state: 'failed' })
      expect(report.files[0]?.error).toMatchObject({ status })
      await pair.network.run(100)
      expect(offers()).toEqual([true, false])
      await peer.stop()
    },
  )

  it('5a: ends the chunk that is being sent with # @req MSRP-46 OA-40', async () => {
    const slow: HandPeer['onMsrp'] = ({ connection }) => connection.pause()
    const { peer, transfer, line } = await sendByHand({ chunkSize: 16 * 1024 * 1024 }, new Uint8Array(9_000_000), slow)
    const tid = /^MSRP (\S+) SEND/.exec(line().heard)?.[1] ?? ''
    const [, to = '', from = ''] = /To-Path: (\S+)\r\nFrom-Path: (\S+)/.exec(line().heard) ?? []
    peer.write(line(), responseText(tid, '415 Type', from, to))
    await pair.network.run(50)
    peer.onMsrp = () => undefined
    line().connection.resume()
    const report = await pair.network.until(transfer.done)
    expect(report.files[0]?.error).toMatchObject({ status: 415 })
    await pair.network.run(2000)
    expect(line().heard.match(/\r\n-------[A-Za-z0-9]+[+#$]\r\n/g)).toEqual([`\r\n-------${tid}#\r\n`])
    await peer.stop()
  })

  it('5b: a failure REPORT after the 200 fails the file with its code @req CR-12 MSRP-54 MSRP-47', async () => {
    const { peer, transfer, offers, sends, reply, report } = await sendByHand()
    const total = Number(sends()[0]?.headers['Byte-Range']?.split('/')[1])
    for (const index of [0, 1, 2]) reply(index)
    await pair.network.run(100)
    report(`1-${total}/${total}`, '000 403 content does not match')
    const outcome = await pair.network.until(transfer.done)
    expect(outcome.files[0]?.error).toMatchObject({ code: 'peer-failed', status: 403 })
    await pair.network.run(100)
    expect(offers()).toEqual([true, false])
    await peer.stop()
  })

  it('5c: 30 s of silence after the last octet fail the file @req MSRP-43 CR-13', async () => {
    const { peer, transfer, offers } = await sendByHand()
    await pair.network.run(29_700)
    expect(states(transfer)).toEqual(['sending'])
    const report = await pair.network.until(transfer.done)
    expect(report.files[0]?.error).toMatchObject({ code: 'timeout', status: 408 })
    await pair.network.run(100)
    expect(offers()).toEqual([true, false])
    await peer.stop()
  })
})

/** A peer by hand that sends to Bob; Bob took the offer and waits for octets. */
async function receiveByHand(offered: Parameters<typeof fileLine>[0] = {}, options: Partial<ClientOptions> = {}) {
  await start({ bob: options })
  pair.serve()
  const peer = await new HandPeer(pair.network).start()
  const dialled = await peer.invite(sdp(peer.address, fileLine(offered)))
  await pair.network.run(200)
  await dialled.ack()
  await pair.network.run(10)
  const send = (text: Omit<SendText, 'to' | 'from'> & { to?: string }) => sendText({ to: dialled.path(), from: ownPath(), ...text })
  return { peer, dialled, send }
}

describe('callflow 5d: wrong and stolen sessions', () => {
  it('answers 481 for an unknown session and 506 from a second connection; the first goes on @req CON-14', async () => {
    const { peer, dialled, send } = await receiveByHand({ size: 8 })
    const line = await peer.open(dialled.path())
    const unknown = dialled.path().replace(/\/[^/;]+;/, '/unknownunknownunknow;')
    peer.write(line, send({ to: unknown, tid: 'unknown1', body: 'abcd' }))
    peer.write(line, send({ tid: 'first001', body: 'abcd', range: '1-4/8', flag: '+' }))
    await pair.network.run(50)
    const second = await peer.open(dialled.path())
    peer.write(second, send({ tid: 'stolen01', body: 'efgh', range: '5-8/8' }))
    await pair.network.run(50)
    peer.write(line, send({ tid: 'first002', body: 'efgh', range: '5-8/8' }))
    await pair.network.run(50)
    expect(peer.said(line).map(({ start }) => start)).toEqual(
      ['MSRP unknown1 481 Session Does Not Exist', 'MSRP first001 200 OK', 'MSRP first002 200 OK'].map(
        text => expect.stringMatching(text.slice(0, 17)) as string,
      ),
    )
    expect(peer.said(second).map(({ start }) => start.slice(0, 17))).toEqual(['MSRP stolen01 506'])
    expect(decodeUtf8(pair.hosts.bob.saved.get('/inbox/a.txt')?.bytes ?? new Uint8Array(0))).toBe('abcdefgh')
    await peer.stop()
  })
})

describe('callflow 10: the release timer', () => {
  it('10a: a second batch joins, the timer starts again from 30 s @req CR-14 CR-16 D-5 D-6 OA-1 OA-8 OA-27', async () => {
    await start()
    pair.serve()
    await deliver(pair.file('notes.txt', NOTES))
    await pair.network.run(12_000)
    await deliver(pair.file('hello.txt', HELLO))
    expect(pair.offers.map(({ files }) => files.map(({ name }) => name))).toEqual([['notes.txt'], ['hello.txt']])
    await pair.network.run(29_500)
    expect(alice.labels).not.toContain('-> BYE')
    await pair.network.run(600)
    expect(alice.labels.filter(text => text.includes('INVITE ') || text.endsWith('BYE'))).toEqual([
      '-> INVITE m',
      '<- 200 INVITE m',
      '-> INVITE 0',
      '<- 200 INVITE 0',
      '-> INVITE 0 m',
      '<- 200 INVITE 0 m',
      '-> INVITE 0 0',
      '<- 200 INVITE 0 0',
      '-> BYE',
      '<- 200 BYE',
    ])
    expect(versions(alice, '-> INVITE')).toEqual([0, 1, 2, 3])
    expect(versions(bob, '-> 200 INVITE')).toEqual([0, 1, 2, 3])
    const ids = alice
      .sdps('-> INVITE')
      .at(-1)
      ?.media.map(({ transferId }) => transferId)
    expect(ids?.[0]).toBe(alice.sdps('-> INVITE')[0]?.media[0]?.transferId)
    expect(new Set(ids).size).toBe(2)
    // the connection of the first file is used again
    expect(new Set(alice.msrp.map(({ local }) => local)).size).toBe(1)
  })

  it('10b: one BYE at expiry; a peer that does not know the dialog any more changes nothing @req CR-15 SND-7', async () => {
    const { peer, transfer, offers, sends, reply, report } = await sendByHand()
    const total = Number(sends()[0]?.headers['Byte-Range']?.split('/')[1])
    for (const index of [0, 1, 2]) reply(index)
    report(`1-${total}/${total}`)
    await pair.network.until(transfer.done)
    await pair.network.run(200)
    peer.onRequest = request => peer.respond(request, '481 Call/Transaction Does Not Exist')
    await pair.network.run(31_000)
    expect(offers()).toEqual([true, false])
    expect(peer.requests('BYE')).toHaveLength(1)
    // the next file opens a dialog of its own
    peer.onRequest = request => peer.respond(request, '488 No')
    const next = pair.alice.send(peer.uri, '/outbox/notes.txt')
    await pair.network.until(next.done)
    expect(new Set(peer.requests('INVITE').map(text => header(text, 'Call-ID'))).size).toBe(2)
    await peer.stop()
  })

  it('releases at once when the timer is 0, after the port-0 offer @req CR-17 D-3', async () => {
    await start({ alice: { releaseTimer: 0 } })
    pair.serve()
    await deliver(pair.file('notes.txt', NOTES))
    await pair.network.run(1000)
    expect(alice.labels.slice(-5)).toEqual(['-> INVITE 0', '<- 200 INVITE 0', '-> ACK', '-> BYE', '<- 200 BYE'])
  })

  it('10c: no BYE while an offer of the peer waits; the timer starts again when it is over @req D-5', async () => {
    const { peer, transfer, sends, reply, report } = await sendByHand()
    const total = Number(sends()[0]?.headers['Byte-Range']?.split('/')[1])
    for (const index of [0, 1, 2]) reply(index)
    report(`1-${total}/${total}`)
    await pair.network.until(transfer.done)
    await pair.network.run(29_000)
    // Bob offers a file of his own in the same dialog: Alice's user is being asked
    const invite = peer.requests('INVITE')[0] ?? ''
    const answered = sdpOf(peer.requests('INVITE').at(-1) ?? '')
    const closed = peer
      .answerBody(answered as NonNullable<typeof answered>)
      .trimEnd()
      .replace('\r\na=recvonly', '\r\na=sendonly')
      .split('\r\n')
    const body = [...closed, ...fileLine({ size: 3 }), ''].join('\r\n')
    const from = `${header(invite, 'To')};tag=hand`
    const offer = (cseq: number, method: string, text = '') =>
      [
        `${method} sip:alice@192.0.2.10:5060;transport=tcp SIP/2.0`,
        `Via: SIP/2.0/TCP 192.0.2.66:5060;branch=z9hG4bKback${cseq};rport`,
        'Max-Forwards: 70',
        `From: ${from}`,
        `To: ${header(invite, 'From')}`,
        `Call-ID: ${header(invite, 'Call-ID')}`,
        `CSeq: ${cseq} ${method}`,
        `Contact: <${peer.uri}>`,
        ...(text === '' ? [] : ['Content-Type: application/sdp']),
        `Content-Length: ${text.length}`,
        '',
        text,
      ].join('\r\n')
    await peer.say(offer(1, 'INVITE', body))
    await pair.network.run(10_000)
    expect(peer.responses().filter(status => status >= 400)).toEqual([])
    expect(peer.requests('BYE')).toEqual([])
    const reader = pair.alice.offers()[Symbol.asyncIterator]()
    const { value } = await pair.network.until(reader.next())
    await pair.network.until((value as IncomingOffer).decline())
    await pair.network.run(100)
    expect(peer.finals()).toContain(488)
    await peer.say(offer(1, 'ACK'))
    await pair.network.run(29_000)
    expect(peer.requests('BYE')).toEqual([])
    await pair.network.run(2000)
    expect(peer.requests('BYE')).toHaveLength(1)
    await peer.stop()
  })
})

describe('callflow 11: cancel while it rings', () => {
  it('goes CANCEL, 200, 487, ACK, and the prompt goes away @req SIP-18 SND-10 RCV-8', async () => {
    await start()
    pair.serve(() => undefined)
    const transfer = pair.alice.send(pair.bobUri, pair.file('a.txt', HELLO))
    await pair.network.run(500)
    transfer.abort()
    await pair.network.until(transfer.done)
    await pair.network.run(500)
    expect(alice.labels).toEqual(['-> INVITE m', '<- 180 INVITE', '-> CANCEL', '<- 200 CANCEL', '<- 487 INVITE', '-> ACK'])
    expect(mirrored(bob.labels)).toEqual(alice.labels)
    expect(pair.offers[0]?.signal.aborted).toBe(true)
    expect(() => pair.offers[0]?.accept()).toThrow(expect.objectContaining({ code: 'withdrawn' }) as Error)
    expect(transfer.files[0]?.error?.code).toBe('cancelled')
  })

  it('never shows an offer that was withdrawn before anybody read it @req RCV-8', async () => {
    await start()
    const transfer = pair.alice.send(pair.bobUri, pair.file('a.txt', HELLO))
    await pair.network.run(500)
    transfer.abort()
    await pair.network.run(500)
    pair.serve()
    await deliver(pair.file('b.txt', HELLO))
    expect(pair.offers.map(({ files }) => files[0]?.name)).toEqual(['b.txt'])
  })

  it('waits with CANCEL for the first provisional response @req SIP-18', async () => {
    await start()
    const peer = await new HandPeer(pair.network).start()
    let invite = ''
    peer.onRequest = request => {
      if (request.startsWith('CANCEL')) return peer.respond(request, '200 OK')
      invite = request
      return undefined
    }
    const transfer = pair.alice.send(peer.uri, pair.file('a.txt', HELLO))
    await pair.network.run(1000)
    transfer.abort()
    await pair.network.run(5000)
    expect(peer.requests('CANCEL')).toEqual([])
    await peer.say(peer.respond(invite, '180 Ringing'))
    await pair.network.run(100)
    expect(peer.requests('CANCEL')).toHaveLength(1)
    await peer.say(peer.respond(invite, '487 Request Terminated'))
    await pair.network.run(100)
    expect(peer.requests('ACK')).toHaveLength(1)
    expect(states(transfer)).toEqual(['cancelled'])
    await peer.stop()
  })

  it('answers a 200 that crossed the CANCEL with ACK and BYE and opens no connection @req SIP-18 SND-10', async () => {
    await start()
    const peer = await new HandPeer(pair.network).start()
    let invite = ''
    peer.onRequest = request => {
      if (request.startsWith('INVITE')) invite = request
      if (request.startsWith('INVITE')) return peer.respond(request, '180 Ringing')
      // the 200 of the INVITE was already on its way
      if (request.startsWith('CANCEL')) return peer.answer(invite) + peer.respond(request, '200 OK')
      return peer.answer(request)
    }
    const transfer = pair.alice.send(peer.uri, pair.file('a.txt', HELLO))
    await pair.network.run(500)
    transfer.abort()
    await pair.network.run(1000)
    expect(alice.labels).toEqual([
      '-> INVITE m',
      '<- 180 INVITE',
      '-> CANCEL',
      '<- 200 INVITE m',
      '-> ACK',
      '-> BYE',
      '<- 200 CANCEL',
      '<- 200 BYE',
    ])
    expect(peer.lines).toEqual([])
    expect(states(transfer)).toEqual(['cancelled'])
    await peer.stop()
  })
})

describe('callflow 12: abort in the middle', () => {
  const halfway = async (options: Parameters<typeof start>[0] = {}, count = 1) => {
    await start({ latency: 20, ...options })
    pair.serve()
    const files = Array.from({ length: count }, (_, index) => pair.file(`${index}.bin`, new Uint8Array(8_000_000)))
    const transfer = pair.alice.send(pair.bobUri, files)
    await pair.network.run(250)
    expect(states(transfer)).toEqual(files.map(() => 'sending'))
    return transfer
  }
  const flags = (log: WireLog, direction: 'in' | 'out') =>
    log.msrp.filter(entry => entry.text.includes(' SEND\r\n') && entry.direction === direction).map(({ flag }) => flag)

  it('12a: the sender writes # and offers port 0; nothing is kept @req OA-40 OA-45 SND-10', async () => {
    const transfer = await halfway()
    transfer.abort()
    await pair.network.until(transfer.done)
    await pair.network.run(2000)
    expect(states(transfer)).toEqual(['cancelled'])
    expect(flags(alice, 'out').at(-1)).toBe('#')
    expect(flags(alice, 'out').filter(flag => flag === '#')).toHaveLength(1)
    expect(alice.sip.slice(-3)).toEqual(['-> INVITE 0', '<- 200 INVITE 0', '-> ACK'])
    expect(pair.received[0]?.files[0]).toMatchObject({ state: 'failed' })
    expect(pair.received[0]?.files[0]?.error?.code).toBe('aborted-by-peer')
    expect(pair.hosts.bob.saved.size).toBe(0)
  })

  it('12b: the receiver answers 413, the sender writes # and nothing more, the receiver offers port 0 @req OA-41 OA-43 RCV-8', async () => {
    const transfer = await halfway()
    pair.received[0]?.abort()
    await pair.network.until(transfer.done)
    await pair.network.run(2000)
    expect(transfer.files[0]?.error).toMatchObject({ code: 'aborted-by-peer', status: 413 })
    expect(alice.msrp.map(({ text }) => text.split('\r')[0]?.split(' ')[2])).toContain('413')
    expect(flags(alice, 'out').at(-1)).toBe('#')
    expect(bob.sip.slice(-3)).toEqual(['-> INVITE 0', '<- 200 INVITE 0', '-> ACK'])
    const at413 = alice.messages.findIndex(({ text }) => / 413/.test(text.split('\r')[0] ?? ''))
    expect(alice.messages.slice(at413).filter(({ text }) => text.includes(' SEND\r\n')).length).toBeLessThanOrEqual(1)
    expect(states(pair.received[0])).toEqual(['cancelled'])
    expect(pair.hosts.bob.saved.size).toBe(0)
  })

  it('12c: without failure reports the receiver offers port 0 and answers nothing; # comes before the 200 @req OA-42 OA-44', async () => {
    const transfer = await halfway({ alice: { failureReport: 'no' } })
    pair.received[0]?.abort()
    await pair.network.until(transfer.done)
    await pair.network.run(2000)
    expect(bob.msrp.filter(({ direction, text }) => direction === 'out' && !text.includes(' REPORT\r\n'))).toEqual([])
    const { messages } = alice
    const hash = messages.findIndex(entry => entry.protocol === 'msrp' && entry.flag === '#')
    const ok = messages.findIndex(entry => entry.direction === 'out' && entry.text.startsWith('SIP/2.0 200'))
    expect(hash).toBeGreaterThan(0)
    expect(ok).toBeGreaterThan(hash)
    expect(ports(bob, '-> INVITE')).toEqual([[false]])
    expect(transfer.files[0]?.error?.code).toBe('aborted-by-peer')
  })

  it('12d: one of three; the others go on over the same connection @req OA-46 CON-11', async () => {
    const transfer = await halfway({}, 3)
    transfer.abortFile(transfer.files[1] as (typeof transfer.files)[0])
    const report = await pair.network.until(transfer.done)
    await pair.network.run(2000)
    expect(report.files.map(({ state }) => state)).toEqual(['done', 'cancelled', 'done'])
    const session = alice.sdps('-> INVITE')[0]?.media[1]?.path
    const ended = alice.msrp.filter(({ flag }) => flag === '#')
    expect(ended.map(({ text }) => header(text, 'From-Path'))).toEqual([session])
    expect(ports(alice, '-> INVITE')[1]).toEqual([true, false, true])
    expect(new Set(alice.msrp.map(({ local }) => local)).size).toBe(1)
    expect([...pair.hosts.bob.saved.keys()].sort()).toEqual(['/inbox/0.bin', '/inbox/2.bin'])
  })
})
