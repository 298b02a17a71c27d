import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  alice,
  BIG,
  BIG_HASH,
  bob,
  deliver,
  finish,
  HELLO,
  HELLO_HASH,
  mirrored,
  NOTES,
  NOTES_HASH,
  pair,
  ports,
  refuse,
  start,
  states,
  TAG,
  versions,
} from '../kit/client-world.js'
import { header, type WireLog } from '../kit/wire-log.js'

afterEach(finish)

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
    await start({ alice: { chunkSize: 2048, notifications: true } })
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
    // Step 18, the notification, comes any time after the file is saved
    const steps = (labels: readonly string[]) => labels.filter(label => !label.endsWith('MESSAGE'))
    expect(steps(alice.labels)).toEqual(expected)
    expect([...steps(mirrored(bob.labels))].sort()).toEqual([...expected].sort())
    expect(alice.labels.filter(label => label.endsWith('MESSAGE'))).toEqual(['<- MESSAGE', '-> 200 MESSAGE'])
    expect(alice.labels.indexOf('<- MESSAGE')).toBeGreaterThan(alice.labels.findIndex(label => label.startsWith('<- REPORT')))
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
    await start({ alice: { successReport: false, releaseTimer: 0, notifications: false } })
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
