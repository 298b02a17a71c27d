import { afterEach, describe, expect, it } from 'vitest'
import type { IncomingOffer } from '../../src/client/index.js'
import {
  alice,
  bob,
  deliver,
  finish,
  HELLO,
  mirrored,
  NOTES,
  pair,
  ports,
  sendByHand,
  start,
  states,
  versions,
} from '../kit/client-world.js'
import { fileLine, HandPeer } from '../kit/hand-peer.js'
import { header, sdpOf, type WireLog } from '../kit/wire-log.js'

afterEach(finish)

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

  it('a file for a session that the peer forgot goes out in a new one @req CR-16', async () => {
    const { peer, transfer, sends, reply, report } = await sendByHand()
    const total = Number(sends()[0]?.headers['Byte-Range']?.split('/')[1])
    for (const index of [0, 1, 2]) reply(index)
    report(`1-${total}/${total}`)
    await pair.network.until(transfer.done)
    await pair.network.run(1000)
    const isInDialog = (request: string) => /;tag=/.test(header(request, 'To') ?? '')
    peer.onRequest = request => peer.respond(request, isInDialog(request) ? '481 Call/Transaction Does Not Exist' : '486 Busy Here')
    const next = pair.alice.send(peer.uri, '/outbox/notes.txt')
    const { files } = await pair.network.until(next.done)
    expect(files.map(({ error }) => error?.status)).toEqual([486])
    expect(new Set(peer.requests('INVITE').map(text => header(text, 'Call-ID'))).size).toBe(2)
    await peer.stop()
  })

  it('releases at once when the timer is 0, after the port-0 offer @req CR-17 D-3', async () => {
    await start({ alice: { releaseTimer: 0, notifications: false } })
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
    // every chunk is answered 200, the one with # too, before the offer goes out
    const offered = alice.labels.indexOf('-> INVITE 0')
    const answers = (labels: readonly string[]) => labels.filter(text => /^<- \d{3}$/.test(text))
    expect(answers(alice.labels.slice(0, offered))).toHaveLength(flags(alice, 'out').length)
    expect(new Set(answers(alice.labels))).toEqual(new Set(['<- 200']))
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
