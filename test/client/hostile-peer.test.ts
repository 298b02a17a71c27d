import { createHash } from 'node:crypto'
import { afterEach, describe, expect, it } from 'vitest'
import { decodeLatin1, encodeUtf8 } from '../../src/wire/index.js'
import { finish, HELLO, pair, receiveByHand, start } from '../kit/client-world.js'
import { type Dialled, fileLine, HandPeer, type Line, ownPath, sdp } from '../kit/hand-peer.js'
import { header } from '../kit/wire-log.js'

const hash = (text: string) => (createHash('sha1').update(text).digest('hex').toUpperCase().match(/../g) ?? []).join(':')
const ABCD = hash('abcd')

afterEach(finish)

/** What Bob's user sees of the one file he accepted. */
const outcome = () => {
  const [file] = pair.received[0]?.files ?? []
  return [file?.state, file?.error?.code, file?.error?.status]
}
/** Statuses Bob answered on one connection. */
const statuses = (peer: HandPeer, line: Line) => peer.said(line).map(({ start }) => start.split(' ')[2])

/** Bob still works: nothing was saved under a final name, and an honest file gets through. */
async function stillWorks(peer: HandPeer): Promise<void> {
  expect([...pair.hosts.bob.saved.keys()]).toEqual([])
  await peer.stop()
  const report = await pair.network.until(pair.alice.send(pair.bobUri, pair.file('honest.txt', HELLO)).done)
  expect(report.ok).toBe(true)
  expect([...pair.hosts.bob.saved.keys()]).toEqual(['/inbox/honest.txt'])
}

describe('a sender that lies about the file', () => {
  const play = async (offered: Parameters<typeof fileLine>[0], body: string, options: Record<string, unknown> = {}) => {
    const { peer, dialled, send } = await receiveByHand(offered)
    const line = await peer.open(dialled.path())
    peer.write(line, send({ body, headers: ['Success-Report: yes'], ...options }))
    await pair.network.run(200)
    return { peer, line, dialled, send }
  }

  it('sends more than it announced in one piece: the 200 is followed by a failure REPORT 413 @req RCV-14 MSRP-52', async () => {
    const { peer, line } = await play({ size: 4, sha1: ABCD }, 'abcdefgh')
    expect(statuses(peer, line)).toEqual(['200', 'REPORT'])
    expect(peer.said(line)[1]?.headers['Status']).toMatch(/^000 413/)
    expect(outcome().slice(0, 2)).toEqual(['failed', 'size-mismatch'])
    expect(pair.received[0]?.files[0]?.error?.message).toContain('nothing was kept')
    await stillWorks(peer)
  })

  it('sends more than it announced in a later chunk: 413 @req RCV-12 RCV-14 OA-41', async () => {
    const { peer, line, send } = await play({ size: 4, sha1: ABCD }, 'abcd', { range: '1-*/*', flag: '+' })
    peer.write(line, send({ tid: 'more0001', body: 'efgh'.repeat(10_000), range: '5-*/*', flag: '+' }))
    await pair.network.run(100)
    peer.write(line, send({ tid: 'more0002', body: 'x', range: '40005-*/*' }))
    await pair.network.run(100)
    expect(statuses(peer, line)).toEqual(['200', '413', '481'])
    expect(outcome().slice(0, 2)).toEqual(['failed', 'size-mismatch'])
    await stillWorks(peer)
  })

  it('announces a total far beyond the file: 413 before any octet counts @req MSRP-29', async () => {
    const { peer, line } = await play({ size: 4 }, 'abcd', { range: '1-*/9999999999999', flag: '+' })
    expect(statuses(peer, line)).toEqual(['413'])
    await pair.network.run(61_000)
    expect(outcome()[0]).toBe('failed')
    await stillWorks(peer)
  })

  it('sends less than it announced: the 200 is followed by a failure REPORT 403 @req RCV-13 RCV-14 MSRP-52 MSRP-28', async () => {
    const { peer, line } = await play({ size: 8, sha1: ABCD }, 'abcd')
    expect(statuses(peer, line)).toEqual(['200', 'REPORT'])
    expect(peer.said(line)[1]?.headers['Status']).toMatch(/^000 403/)
    expect(outcome().slice(0, 2)).toEqual(['failed', 'size-mismatch'])
    await stillWorks(peer)
  })

  it('sends other octets than it announced: failure REPORT 403, hash-mismatch @req RCV-13 RCV-14 MSRP-52', async () => {
    const { peer, line } = await play({ size: 4, sha1: ABCD }, 'abcX')
    expect(statuses(peer, line)).toEqual(['200', 'REPORT'])
    expect(peer.said(line)[1]?.headers['Status']).toMatch(/^000 403/)
    expect(outcome().slice(0, 2)).toEqual(['failed', 'hash-mismatch'])
    await stillWorks(peer)
  })

  it('sends another type than it announced: type-mismatch @req MSRP-61 RCV-13', async () => {
    const { peer, line } = await play({ size: 4, sha1: ABCD, type: 'image/png' }, 'abcd', { type: 'application/x-sh' })
    expect(statuses(peer, line)).toEqual(['200', 'REPORT'])
    expect(outcome().slice(0, 2)).toEqual(['failed', 'type-mismatch'])
    await stillWorks(peer)
  })

  it('promises CPIM and sends none: refused, nothing is kept @req MSRP-63 RCV-14', async () => {
    const { peer, line } = await play({ size: 4 }, 'abcd', { type: 'message/cpim' })
    expect(statuses(peer, line)).toEqual(['200', 'REPORT'])
    expect(peer.said(line)[1]?.headers['Status']).toMatch(/^000 413/)
    expect(outcome()[0]).toBe('failed')
    await stillWorks(peer)
  })

  it('sends CPIM headers that never end: refused @req MSRP-63 SEC-11', async () => {
    const { peer, line } = await play({ size: 4 }, `From: <sip:a@b>\r\n${'X: y\r\n'.repeat(12_000)}`, { type: 'message/cpim' })
    expect(statuses(peer, line)[0]).toMatch(/^(400|413)$/)
    expect(outcome()[0]).toBe('failed')
    await stillWorks(peer)
  })

  it('sends a second file in the same session: 403, the first is saved once @req MSRP-60 OA-60', async () => {
    const { peer, line, send } = await play({ size: 4, sha1: ABCD }, 'abcd')
    peer.write(line, send({ tid: 'second01', id: 'anothermessage', body: 'efgh' }))
    await pair.network.run(100)
    expect(statuses(peer, line)).toEqual(['200', 'REPORT', '403'])
    expect(outcome()[0]).toBe('done')
    expect(decodeLatin1(pair.hosts.bob.saved.get('/inbox/a.txt')?.bytes ?? new Uint8Array(0))).toBe('abcd')
    pair.hosts.bob.saved.clear()
    await stillWorks(peer)
  })

  it('repeats a whole message: answered, not delivered twice @req MSRP-27', async () => {
    const { peer, line, send } = await play({ size: 4, sha1: ABCD }, 'abcd')
    peer.write(line, send({ tid: 'again001', body: 'abcd', headers: ['Success-Report: yes'] }))
    await pair.network.run(100)
    expect(statuses(peer, line).filter(word => word !== 'REPORT')).toEqual(['200', '200'])
    expect([...pair.hosts.bob.saved.keys()]).toEqual(['/inbox/a.txt'])
    expect(pair.offers).toHaveLength(1)
    pair.hosts.bob.saved.clear()
    await stillWorks(peer)
  })
})

describe('a sender that stops', () => {
  it('never connects: connection-timeout after 30 s @req CON-13', async () => {
    const { peer } = await receiveByHand({ size: 4 })
    await pair.network.run(29_000)
    expect(outcome()[0]).toBe('accepted')
    await pair.network.run(2000)
    expect(outcome().slice(0, 2)).toEqual(['failed', 'connection-timeout'])
    await stillWorks(peer)
  })

  it('connects and never speaks: the connection is closed after 30 s @req CON-17', async () => {
    const { peer, dialled } = await receiveByHand({ size: 4 })
    const line = await peer.open(dialled.path())
    await pair.network.run(29_000)
    expect(line.closed).toBe(false)
    await pair.network.run(2000)
    expect(line.closed).toBe(true)
    expect(outcome()[0]).toBe('failed')
    await stillWorks(peer)
  })

  it('stops between two chunks: timeout after 60 s, later chunks get 413 @req MSRP-31', async () => {
    const { peer, dialled, send } = await receiveByHand({ size: 8 })
    const line = await peer.open(dialled.path())
    peer.write(line, send({ body: 'abcd', range: '1-4/8', flag: '+' }))
    await pair.network.run(59_000)
    expect(outcome()[0]).toBe('receiving')
    await pair.network.run(2000)
    expect(outcome().slice(0, 2)).toEqual(['failed', 'timeout'])
    peer.write(line, send({ tid: 'late0001', body: 'efgh', range: '5-8/8' }))
    await pair.network.run(100)
    expect(statuses(peer, line)).toEqual(['200', '413'])
    await stillWorks(peer)
  })

  it('stops in the middle of a chunk: timeout, and nothing is kept @req MSRP-31 CR-13', async () => {
    const { peer, dialled, send } = await receiveByHand({ size: 8 })
    const line = await peer.open(dialled.path())
    peer.write(line, send({ body: 'abcdefgh', range: '1-*/8' }).slice(0, -24))
    await pair.network.run(62_000)
    expect(outcome().slice(0, 2)).toEqual(['failed', 'timeout'])
    await stillWorks(peer)
  })

  it('stops in the middle of a header: the connection is closed after 30 s @req SEC-12', async () => {
    const { peer, dialled, send } = await receiveByHand({ size: 8 })
    const line = await peer.open(dialled.path())
    peer.write(line, send({ body: 'abcdefgh', range: '1-*/8' }).slice(0, 60))
    await pair.network.run(31_000)
    expect(line.closed).toBe(true)
    await stillWorks(peer)
  })

  it('hangs up in the middle: connection-lost @req CON-16 CR-13', async () => {
    const { peer, dialled, send } = await receiveByHand({ size: 8 })
    const line = await peer.open(dialled.path())
    peer.write(line, send({ body: 'abcd', range: '1-4/8', flag: '+' }))
    await pair.network.run(50)
    pair.network.cut(line.connection)
    await pair.network.run(50)
    expect(outcome().slice(0, 2)).toEqual(['failed', 'connection-lost'])
    await stillWorks(peer)
  })

  it('says BYE in the middle: aborted-by-peer, later requests get 481 @req SIP-19', async () => {
    const { peer, dialled, send } = await receiveByHand({ size: 8 })
    const line = await peer.open(dialled.path())
    peer.write(line, send({ body: 'abcd', range: '1-4/8', flag: '+' }))
    await pair.network.run(50)
    await dialled.send('BYE')
    await pair.network.run(50)
    expect(outcome().slice(0, 2)).toEqual(['failed', 'aborted-by-peer'])
    await dialled.send('BYE')
    await pair.network.run(50)
    expect(peer.finals('BYE')).toEqual([200, 481])
    peer.write(line, send({ tid: 'late0001', body: 'efgh', range: '5-8/8' }))
    await pair.network.run(50)
    expect(statuses(peer, line)).toEqual(['200', '481'])
    await stillWorks(peer)
  })
})

describe('a sender that floods', () => {
  it('cuts a file into 5,000 chunks of one octet: the file is whole @req MSRP-26 MSRP-29', async () => {
    const count = 5000
    const { peer, dialled, send } = await receiveByHand({ size: count })
    const line = await peer.open(dialled.path())
    let text = ''
    for (let at = 1; at <= count; at++)
      text += send({ tid: `tid${at + 100_000}`, body: 'x', range: `${at}-${at}/${count}`, flag: at === count ? '$' : '+' })
    peer.write(line, text)
    await pair.network.run(5000)
    expect(statuses(peer, line).filter(word => word === '200')).toHaveLength(count)
    expect(pair.hosts.bob.saved.get('/inbox/a.txt')?.size).toBe(count)
    pair.hosts.bob.saved.clear()
    await stillWorks(peer)
  })

  it('sends and never reads: is not read any more either, so that answers do not pile up @req SEC-12', async () => {
    const count = 6000
    // a long path makes long answers
    const session = `mallory${'x'.repeat(3000)}`
    const { peer, dialled, send } = await receiveByHand({ size: count, session })
    const line = await peer.open(dialled.path())
    line.connection.pause()
    for (let at = 1; at <= count; at++) {
      const last = at === count
      const from = ownPath(session)
      peer.write(line, send({ tid: `tid${at + 100_000}`, from, body: 'x', range: `${at}-${at}/${count}`, flag: last ? '$' : '+' }))
      if (at % 100 === 0) await pair.network.run(50)
    }
    const bytes = pair.received[0]?.files[0]?.bytes ?? 0
    expect(bytes).toBeGreaterThan(2000)
    expect(bytes).toBeLessThan(4000)
    line.connection.resume()
    await pair.network.run(10_000)
    expect(outcome()[0]).toBe('done')
    pair.hosts.bob.saved.clear()
    await stillWorks(peer)
  })

  it('leaves a hole after every octet: refused once the ranges are too many @req MSRP-29', async () => {
    const { peer, dialled, send } = await receiveByHand({ size: 100_000 })
    const line = await peer.open(dialled.path())
    let text = ''
    for (let at = 1; at <= 5000; at += 2) text += send({ tid: `tid${at + 100_000}`, body: 'x', range: `${at}-${at}/100000`, flag: '+' })
    peer.write(line, text)
    await pair.network.run(2000)
    expect(statuses(peer, line)).toContain('413')
    expect(outcome()[0]).toBe('failed')
    await stillWorks(peer)
  })

  it('tries session-ids: the connection is closed after five 481 @req CON-14 CON-17', async () => {
    const { peer, dialled, send } = await receiveByHand({ size: 4 })
    const line = await peer.open(dialled.path())
    for (let at = 0; at < 8; at++)
      peer.write(line, send({ tid: `guess00${at}`, to: dialled.path().replace(/\/[^/;]+;/, `/guessguessguess0000${at};`), body: 'x' }))
    await pair.network.run(100)
    expect(line.closed).toBe(true)
    expect(statuses(peer, line)).toEqual(['481', '481', '481', '481', '481'])
    await stillWorks(peer)
  })

  it('writes no MSRP at all: the connection is closed at once @req MSRP-1', async () => {
    const { peer, dialled } = await receiveByHand({ size: 4 })
    const line = await peer.open(dialled.path())
    peer.write(line, 'GET / HTTP/1.1\r\nHost: bob\r\n\r\n')
    await pair.network.run(100)
    expect(line.closed).toBe(true)
    await stillWorks(peer)
  })

  it('sends files where only receiving was agreed: 403 @req MSRP-60 OA-38', async () => {
    await start()
    const peer = await new HandPeer(pair.network).start()
    const transfer = pair.alice.send(peer.uri, pair.file('notes.txt', new Uint8Array(9000)))
    await pair.network.run(200)
    const [line] = peer.lines as [Line]
    const [, to = '', from = ''] = /To-Path: (\S+)\r\nFrom-Path: (\S+)/.exec(line.heard) ?? []
    const lines = ['MSRP against1 SEND', `To-Path: ${from}`, `From-Path: ${to}`, 'Message-ID: gift0001', 'Byte-Range: 1-4/4']
    peer.write(line, [...lines, 'Content-Type: text/plain', '', 'evil', '-------against1$', ''].join('\r\n'))
    await pair.network.run(100)
    expect(line.heard).toContain('MSRP against1 403')
    expect(transfer.files[0]?.state).toBe('sending')
    expect(pair.hosts.alice.saved.size).toBe(0)
    transfer.abort()
    await pair.network.until(transfer.done)
    pair.serve()
    await stillWorks(peer)
  })
})

describe('hostile offers', () => {
  const offer = async (body: string, headers: readonly string[] = []) => {
    await start()
    pair.serve()
    const peer = await new HandPeer(pair.network).start()
    const dialled = await peer.invite(body, headers)
    await pair.network.run(200)
    return { peer, dialled }
  }
  const refused = async (peer: HandPeer, dialled: Dialled, status: number, warning?: RegExp) => {
    expect(peer.finals()).toEqual([status])
    if (warning !== undefined) expect(header(peer.response(status) ?? '', 'Warning')).toMatch(warning)
    await dialled.ack()
    expect(pair.offers).toEqual([])
    await stillWorks(peer)
  }

  it('without SDP: 488 "File description required" @req RCV-5', async () => {
    const { peer, dialled } = await offer('')
    await refused(peer, dialled, 488, /^399 .*"File description required"$/)
  })

  it.each([
    ['no version', 'o=- 1 1 IN IP4 1.2.3.4\r\n'],
    ['no media port', `${sdp('192.0.2.66', ['m=message x TCP/MSRP *'])}`],
    ['garbage', '\u0000\u0001\u0002=='],
  ])('with broken SDP (%s): 400 @req SDP-1 RCV-1', async (_, body) => {
    const { peer, dialled } = await offer(body)
    await refused(peer, dialled, 400)
  })

  it('with audio only: 488 @req RCV-6 SIP-35', async () => {
    const { peer, dialled } = await offer(sdp('192.0.2.66', ['m=audio 4000 RTP/AVP 0']))
    await refused(peer, dialled, 488, /^30\d |^399 /)
  })

  it('with 65 m-lines: refused without asking @req SDP-25 SEC-11', async () => {
    const lines = Array.from({ length: 65 }, (_, at) => fileLine({ id: `id${at}aaaaaaaaaaaaaaaaaaaaaa`, session: `mallorysession${at}` }))
    const { peer, dialled } = await offer(sdp('192.0.2.66', lines.flat()))
    expect(peer.finals()[0]).toBeGreaterThanOrEqual(400)
    await refused(peer, dialled, peer.finals()[0] ?? 0)
  })

  it.each(['9007199254740993', '18446744073709551616', '-1', 'abc', '1e9'])(
    'with size %s: 488 without asking @req SDP-12 RCV-4',
    async size => {
      const { peer, dialled } = await offer(sdp('192.0.2.66', fileLine({ size })))
      await refused(peer, dialled, 488)
    },
  )

  it('with a size of 2^53-1: asked, and declined for want of room @req SDP-12 RCV-10', async () => {
    await start()
    pair.hosts.bob.faults.freeSpace = 1_000_000
    pair.serve()
    const peer = await new HandPeer(pair.network).start()
    const dialled = await peer.invite(sdp('192.0.2.66', fileLine({ size: '9007199254740991' })))
    await pair.network.run(200)
    expect(peer.finals()).toEqual([488])
    await dialled.ack()
    expect(outcome().slice(0, 2)).toEqual(['failed', 'disk-full'])
    await stillWorks(peer)
  })

  it.each([
    ['../../etc/passwd', '..%2F..%2Fetc%2Fpasswd'],
    ['..\\evil.bat', '..%5Cevil.bat'],
    ['a NUL', 'a%00.txt'],
    ['RLO', 'innocent\u00e2\u0080\u00aegpj.exe'],
    ['5000 characters', 'n'.repeat(5000)],
    ['invalid UTF-8', 'a\u00ff\u00fe.txt'],
  ])('with the name %s: shown as a name, never used as a path @req SEC-1 SDP-11', async (_, name) => {
    const { peer, dialled } = await offer(sdp('192.0.2.66', fileLine({ name, size: 4, sha1: ABCD })))
    await dialled.ack()
    const [shown] = pair.offers[0]?.files ?? []
    expect(shown?.name.length).toBeGreaterThan(0)
    expect(peer.finals()).toEqual([200])
    await dialled.send('BYE')
    await pair.network.run(100)
    await stillWorks(peer)
  })

  it('with one good line and one without a path: the bad one gets port 0 @req SDP-4 RCV-4', async () => {
    const bad = fileLine({ name: 'bad.txt', size: 4, id: 'id2bbbbbbbbbbbbbbbbbbbbbbb' }).filter(line => !line.startsWith('a=path'))
    const { peer, dialled } = await offer(sdp('192.0.2.66', [...bad, ...fileLine({ size: 4 })]))
    await dialled.ack()
    expect(dialled.answer?.media.map(({ port }) => port !== 0)).toEqual([false, true])
    expect(pair.offers[0]?.files.map(({ unavailable }) => unavailable !== undefined)).toEqual([true, false])
    await dialled.send('BYE')
    await pair.network.run(100)
    await stillWorks(peer)
  })

  it('more than eight at once: 486 for the rest @req CPM-14', async () => {
    await start()
    pair.serve(() => undefined)
    const peer = await new HandPeer(pair.network).start()
    const dialled: Dialled[] = []
    for (let at = 0; at < 10; at++) dialled.push(await peer.invite(sdp('192.0.2.66', fileLine({ size: 4 }))))
    await pair.network.run(200)
    expect(peer.finals()).toEqual([486, 486])
    expect(header(peer.response(486) ?? '', 'Retry-After')).toBe('30')
    expect(pair.offers).toHaveLength(8)
    for (const { callId } of dialled) expect(callId).toMatch(/^hand-/)
    await peer.stop()
  })
})

describe('a receiver that answers badly', () => {
  const answerWith = async (change: (body: string) => string) => {
    await start()
    pair.serve()
    const peer = await new HandPeer(pair.network).start()
    peer.onRequest = request => peer.answer(request, change)
    const transfer = pair.alice.send(peer.uri, pair.file('notes.txt', encodeUtf8('abcd')))
    const report = await pair.network.until(transfer.done)
    await pair.network.run(200)
    return { peer, error: report.files[0]?.error, report }
  }

  it.each([
    ['fewer m-lines', (body: string) => body.slice(0, body.indexOf('m=')), 'protocol-error'],
    ['no SDP at all', () => '', 'protocol-error'],
    ['garbage', () => 'v=0\r\ngarbage', 'protocol-error'],
    ['no path', (body: string) => body.replace(/a=path:[^\r]*\r\n/, ''), 'protocol-error'],
    ['a path that is no URI', (body: string) => body.replace(/a=path:[^\r]*/, 'a=path:http://x/'), 'protocol-error'],
    ['no accepted types', (body: string) => body.replace(/a=accept-types:[^\r]*\r\n/, ''), 'protocol-error'],
    ['types that do not fit', (body: string) => body.replace(/a=accept-types:[^\r]*/, 'a=accept-types:image/png'), 'unsupported-media'],
    ['a max-size below the file', (body: string) => body.replace('a=setup', 'a=max-size:3\r\na=setup'), 'too-large'],
    ['both sides active', (body: string) => body.replace('a=setup:passive', 'a=setup:actpass'), undefined],
    ['a range outside of the file', (body: string) => body.replace('a=setup', 'a=file-range:10-20\r\na=setup'), 'protocol-error'],
  ])('%s: the file fails, clearly @req CR-7 OA-39 SDP-4 SDP-5 SDP-7', async (_, change, code) => {
    const { peer, error } = await answerWith(change)
    if (code === undefined) expect(error === undefined || error.code.length > 0).toBe(true)
    else expect(error?.code).toBe(code)
    expect(peer.lines.flatMap(line => (line.heard === '' ? [] : [line.heard]))).toEqual([])
    await stillWorks(peer)
  })

  it('a path where nobody listens: connection-refused @req CR-13 CON-16', async () => {
    const { peer, error } = await answerWith(body => body.replaceAll(':2855/', ':2856/').replaceAll('m=message 2855', 'm=message 2856'))
    expect(error?.code).toBe('connection-refused')
    await stillWorks(peer)
  })

  it('takes the connection and never answers: timeout, not for ever @req MSRP-43', async () => {
    const { peer, error } = await answerWith(body => body)
    expect(error).toMatchObject({ code: 'timeout', status: 408 })
    await stillWorks(peer)
  })

  it('names paths with our own session-ids: nothing is bound twice', async () => {
    const { peer, error } = await answerWith(body => body.replace(/a=path:[^\r]*/, `a=path:${ownPath('x')}`))
    expect(error?.code).toBe('timeout')
    await stillWorks(peer)
  })
})
