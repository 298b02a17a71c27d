import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdirSync, readdirSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createClient } from '../../src/node/index.js'
import { CommandLine, freePort } from '../kit/command-line.js'
import { installed } from '../kit/installed.js'
import { MsrpSink } from '../kit/msrp-sink.js'
import { Sipp, type SippRun } from '../kit/sipp.js'
import { TempFolder } from '../kit/temp-folder.js'

const here = installed('sipp', '-v')

describe.skipIf(!here)('SIPp takes the call of `cpmft send`', () => {
  const folder = new TempFolder()
  const file = folder.file('note.txt', 'hello\n')
  const secret = folder.file('secret', 's3cret')
  const running: { stop(): Promise<void> }[] = []
  let sink: MsrpSink

  beforeAll(async () => {
    sink = await MsrpSink.open()
  })
  afterEach(async () => {
    await Promise.all(running.splice(0).map(one => one.stop()))
  })
  afterAll(() => {
    sink.close()
    folder.remove()
  })

  const answer = async (scenario: string, values: SippRun['values'] = {}) => {
    const sipp = await Sipp.start({ folder, scenario, values: { HEADER: 'Server: SIPp', CSEQ: 1, MSRP: sink.port, ...values } })
    running.push(sipp)
    return sipp
  }
  const send = (sipp: Sipp, ...args: string[]) => {
    const command = new CommandLine(['send', file, '--to', sipp.uri, '--json', ...args])
    running.push(command)
    return command
  }

  const FINALS: [status: string, header: string | undefined, code: string, exit: number][] = [
    ['488 Not Acceptable Here', undefined, 'declined', 4],
    ['488 Not Acceptable Here', 'Warning: 304 example.test "Media type not available"', 'unsupported-media', 7],
    ['488 Not Acceptable Here', 'Warning: 305 example.test "Incompatible media format"', 'unsupported-media', 7],
    ['488 Not Acceptable Here', 'Warning: 399 example.test "No file accepted"', 'declined', 4],
    ['606 Not Acceptable', undefined, 'declined', 4],
    ['603 Decline', undefined, 'declined', 4],
    ['480 Temporarily Unavailable', undefined, 'unreachable', 5],
    ['408 Request Timeout', undefined, 'unreachable', 5],
    ['404 Not Found', undefined, 'unknown-recipient', 5],
    ['410 Gone', undefined, 'unknown-recipient', 5],
    ['484 Address Incomplete', undefined, 'unknown-recipient', 5],
    ['604 Does Not Exist Anywhere', undefined, 'unknown-recipient', 5],
    ['486 Busy Here', undefined, 'busy', 5],
    ['600 Busy Everywhere', undefined, 'busy', 5],
    ['487 Request Terminated', undefined, 'declined', 4],
    ['403 Forbidden', undefined, 'not-allowed', 6],
    ['403 Forbidden', 'Warning: 133 example.test "Size exceeded"', 'too-large', 7],
    ['413 Request Entity Too Large', undefined, 'not-supported', 7],
    ['415 Unsupported Media Type', 'Accept: text/plain', 'not-supported', 7],
    ['416 Unsupported URI Scheme', undefined, 'not-supported', 7],
    ['421 Extension Required', 'Require: foo', 'not-supported', 7],
    ['420 Bad Extension', 'Unsupported: foo', 'not-supported', 7],
    ['513 Message Too Large', undefined, 'not-supported', 7],
    ['305 Use Proxy', undefined, 'not-supported', 7],
    ['380 Alternative Service', undefined, 'not-supported', 7],
    ['500 Server Internal Error', undefined, 'network-error', 5],
    ['502 Bad Gateway', undefined, 'network-error', 5],
    ['503 Service Unavailable', undefined, 'network-error', 5],
    ['504 Server Time-out', undefined, 'network-error', 5],
    ['599 Something Else', undefined, 'network-error', 5],
    ['699 Something Else', undefined, 'busy', 5],
  ]
  for (const [status, header, code, exit] of FINALS) {
    it(`${status}${header === undefined ? '' : ` with ${header.slice(0, 12)}`} is "${code}", exit ${exit} @req SIP-34`, async () => {
      const sipp = await answer('uas-final', { STATUS: status, ...(header !== undefined && { HEADER: header }) })
      const alice = send(sipp)
      expect(await alice.exit, alice.stdout).toBe(exit)
      expect(await sipp.exit, sipp.complaints).toBe(0)
      const { files, error } = eventOf(alice, 'done')
      expect((files?.[0]?.error ?? error)?.code).toBe(code)
      expect((files?.[0]?.error ?? error)?.status).toBe(Number(status.slice(0, 3)))
      expect(eventOf(alice, 'exit').exit).toBe(exit)
    })
  }

  it('sends the file, acknowledges a repeated 200 again, closes the line and ends the session @req SIP-10 SIP-15 CR-9 CR-10 CR-17 OA-8 OA-9', async () => {
    const sipp = await answer('uas-transfer')
    const alice = send(sipp)
    expect(await alice.exit, alice.stdout + sipp.complaints).toBe(0)
    expect(await sipp.exit, sipp.complaints).toBe(0)
    expect(sink.bodies.at(-1)).toContain('hello\n')
    expect(methods(sipp)).toEqual(['INVITE', 'ACK', 'ACK', 'INVITE', 'ACK', 'BYE'])
  })

  it('takes port 0 on its only line as a declined file and leaves with BYE @req CR-10 SIP-19', async () => {
    const sipp = await answer('uas-port-zero', { MSRP: 0 })
    const alice = send(sipp)
    expect(await alice.exit, alice.stdout).toBe(4)
    expect(await sipp.exit, sipp.complaints).toBe(0)
    expect(eventOf(alice, 'done').files?.[0]?.state).toBe('declined')
  })

  it('acknowledges a reliable 180 with PRACK @req SIP-11', async () => {
    const sipp = await answer('uas-reliable', { STATUS: '603 Decline' })
    expect(await send(sipp).exit).toBe(4)
    expect(await sipp.exit, sipp.complaints).toBe(0)
    expect(methods(sipp)).toEqual(['INVITE', 'PRACK', 'ACK'])
  })

  it('repeats a re-INVITE that met 491 after the wait of the caller @req SIP-22 SIP-23', async () => {
    const sipp = await answer('uas-glare')
    const begin = Date.now()
    const alice = send(sipp, '--release-timer', '3')
    expect(await alice.exit, alice.stdout + sipp.complaints).toBe(0)
    expect(await sipp.exit, sipp.complaints).toBe(0)
    expect(methods(sipp)).toEqual(['INVITE', 'ACK', 'INVITE', 'ACK', 'INVITE', 'ACK', 'BYE'])
    expect(Date.now() - begin).toBeGreaterThan(2100)
  })

  it('asks for a longer session after 422 @req SIP-25', async () => {
    const sipp = await answer('uas-session-timer', { STATUS: '603 Decline', CSEQ: 2 })
    const alice = send(sipp)
    expect(await alice.exit, sipp.complaints).toBe(4)
    expect(await sipp.exit, sipp.complaints).toBe(0)
  })

  for (const [challenge, field] of [
    ['401 Unauthorized', 'WWW-Authenticate'],
    ['407 Proxy Authentication Required', 'Proxy-Authenticate'],
  ] as const) {
    const account = ['--as', 'sip:alice@127.0.0.1', '--password-file', secret]
    const scenario = challenge.startsWith('401') ? 'uas-challenge' : 'uas-proxy-challenge'

    it(`answers ${challenge.slice(0, 3)} with the right credentials, once @req SIP-2 SIP-34`, async () => {
      const sipp = await answer(scenario, { STATUS: '603 Decline', CSEQ: 2, CHALLENGE: challenge, FIELD: field, NONCE: 1 })
      const alice = send(sipp, ...account)
      expect(await alice.exit, sipp.complaints).toBe(4)
      expect(await sipp.exit, sipp.complaints).toBe(0)
      expect(eventOf(alice, 'done').files?.[0]?.error?.status).toBe(603)
      const given = credentials(sipp.messagesReceived[2] as string)
      const [a1, a2] = [md5(`alice:home2.example:s3cret`), md5(`INVITE:${sipp.uri}`)]
      expect(given).toMatchObject({ username: 'alice', realm: 'home2.example', nonce: 'n1', uri: sipp.uri, nc: '00000001' })
      expect(given['response']).toBe(md5(`${a1}:n1:00000001:${given['cnonce']}:auth:${a2}`))
    })

    it(`gives up after a second ${challenge.slice(0, 3)} @req SIP-2 SIP-34`, async () => {
      const sipp = await answer('uas-challenge-twice', { CHALLENGE: challenge, FIELD: field, NONCE: 1 })
      const alice = send(sipp, ...account)
      expect(await alice.exit, alice.stdout).toBe(6)
      expect(await sipp.exit, sipp.complaints).toBe(0)
      expect(methods(sipp)).toEqual(['INVITE', 'ACK', 'INVITE', 'ACK'])
      expect(eventOf(alice, 'done').files?.[0]?.error?.code).toBe('auth-failed')
    })
  }

  it('leaves the dialog of a second callee at once @req SIP-14', async () => {
    const sipp = await answer('uas-forked')
    const alice = send(sipp)
    expect(await alice.exit, alice.stdout + sipp.complaints).toBe(0)
    expect(await sipp.exit, sipp.complaints).toBe(0)
  })

  it('fails the file when the callee hangs up before it is through @req SIP-19 CR-13', async () => {
    // Takes the connection and never answers
    const silent = createServer(socket => socket.on('error', () => {}).resume())
    silent.listen(0, '127.0.0.1')
    await once(silent, 'listening')
    const sipp = await answer('uas-hangs-up', { MSRP: (silent.address() as AddressInfo).port })
    const alice = send(sipp)
    expect(await alice.exit, alice.stdout + sipp.complaints).toBe(3)
    expect(await sipp.exit, sipp.complaints).toBe(0)
    expect(eventOf(alice, 'done').files?.[0]?.error?.code).toBe('aborted-by-peer')
    silent.close()
  })

  const BAD_ANSWERS: [what: string, header: string, body: string][] = [
    ['has no m-line', 'Content-Type: application/sdp', session('a=recvonly')],
    ['has one m-line too many', 'Content-Type: application/sdp', offer(2, { direction: 'recvonly' })],
    ['is no SDP', 'Content-Type: application/sdp', 'hello'],
    ['is missing', 'Server: SIPp', ''],
  ]
  for (const [what, header, body] of BAD_ANSWERS)
    it(`acknowledges and ends a call whose answer ${what} @req CR-7 OA-20`, async () => {
      const sipp = await answer('uas-bad-answer', { HEADER: header, BODY: body })
      const alice = send(sipp)
      expect(await alice.exit, alice.stdout + sipp.complaints).toBe(3)
      expect(await sipp.exit, sipp.complaints).toBe(0)
      expect(eventOf(alice, 'done').files?.[0]?.error?.code).toBe('protocol-error')
      expect(methods(sipp)).toEqual(['INVITE', 'ACK', 'BYE'])
    })

  it('waits for the first provisional response before it sends CANCEL @req SIP-18 SND-10', async () => {
    const sipp = await answer('uas-cancel-late', { STATUS: '487 Request Terminated' })
    const alice = send(sipp)
    await alice.says('"offered"')
    await received(sipp, 'INVITE')
    alice.process.kill('SIGINT')
    expect(await alice.exit, alice.stdout).toBe(130)
    expect(await sipp.exit, sipp.complaints).toBe(0)
    expect(methods(sipp)).toEqual(['INVITE', 'CANCEL', 'ACK'])
  })

  it('sends CANCEL while it rings and takes 487 @req SIP-18 SND-10', async () => {
    const sipp = await answer('uas-cancel', { STATUS: '487 Request Terminated' })
    const alice = send(sipp)
    await alice.says('"ringing"')
    alice.process.kill('SIGINT')
    expect(await alice.exit, alice.stdout).toBe(130)
    expect(await sipp.exit, sipp.complaints).toBe(0)
    expect(methods(sipp)).toEqual(['INVITE', 'CANCEL', 'ACK'])
  })

  it('answers a 200 that crosses its CANCEL with ACK and BYE @req SIP-18 SND-10', async () => {
    const sipp = await answer('uas-cancel-crossed')
    const alice = send(sipp)
    await alice.says('"ringing"')
    alice.process.kill('SIGINT')
    expect(await alice.exit, alice.stdout).toBe(130)
    expect(await sipp.exit, sipp.complaints).toBe(0)
    expect(methods(sipp)).toEqual(['INVITE', 'CANCEL', 'ACK', 'BYE'])
  })
})

describe.skipIf(!here)('SIPp calls `cpmft receive`', () => {
  const folder = new TempFolder()
  const running: { stop(): Promise<void> }[] = []
  let none: Receiver
  let all: Receiver
  /** Transfers that `all` has ended. */
  let finished = 0

  beforeAll(async () => {
    none = await receiver('none', '--max-size', '1MB')
    all = await receiver('all')
  })
  afterEach(async () => {
    await Promise.all(running.splice(0).map(one => one.stop()))
  })
  afterAll(async () => {
    await Promise.all([none?.command.stop(), all?.command.stop()])
    folder.remove()
  })

  const receiver = async (accept: 'none' | 'all', ...more: string[]): Promise<Receiver> => {
    const port = await freePort()
    const inbox = folder.join(accept)
    mkdirSync(inbox)
    const listen = ['--listen', `sip:bob@127.0.0.1:${port}`]
    const command = new CommandLine(['receive', ...listen, '--accept', accept, '--into', inbox, '--json', ...more])
    await command.says('"listening"')
    return { command, inbox, call: `127.0.0.1:${port}` }
  }
  const call = async (
    to: { readonly call: string },
    scenario: string,
    values: SippRun['values'] = {},
    transport: 'tcp' | 'udp' = 'tcp',
  ) => {
    const defaults = { HEADER: IDENTIFIER, BODY: offer(1), HOPS: 70, TAG: '', USER: 'bob', STATUS: 488 }
    const sipp = await Sipp.start({ folder, scenario, transport, call: to.call, values: { ...defaults, ...values } })
    running.push(sipp)
    expect(await sipp.exit, sipp.complaints).toBe(0)
    return sipp
  }
  /** Calls with an INVITE that is refused; gives the final response. */
  const refused = async (status: number, values: SippRun['values'], transport?: 'tcp' | 'udp') => {
    const sipp = await call(none, 'uac-refused', { STATUS: status, ...values }, transport)
    return sipp.messagesReceived.at(-1) as string
  }

  for (const count of [1, 3, 30])
    it(`declines ${count} of ${count} files with 488 and a Warning @req CR-22 SIP-35 SDP-1`, async () => {
      expect(await refused(488, { BODY: offer(count) })).toMatch(/^Warning: 399 \S+ "No file accepted"/m)
      const asked = eventOf(none.command, 'offer')
      expect(asked.files).toHaveLength(count)
    })

  it('declines over UDP as well, and answers a repeated INVITE from its transaction @req CR-22 SIP-5 SIP-39', async () => {
    const offers = offersOf(none.command)
    const sipp = await call(none, 'uac-repeated', {}, 'udp')
    const finals = sipp.messagesReceived.filter(message => message.startsWith('SIP/2.0 488'))
    expect(finals.length).toBeGreaterThan(1)
    expect(finals[1]).toBe(finals[0])
    expect(offersOf(none.command)).toBe(offers + 1)
  })

  it('refuses a copy that took another path with 482 @req SIP-16', async () => {
    await call(none, 'uac-merged', {}, 'udp')
  })

  const REFUSED: [what: string, status: number, values: Record<string, string | number>, field: RegExp, rows: string][] = [
    ['an INVITE without SDP', 488, { BODY: '', HEADER: FEATURE }, /^Warning: 399 \S+ "File description required"/m, 'RCV-5 CR-18 SIP-35'],
    ['the identifier without a file selector', 488, { BODY: offer(1, { selector: false }) }, /^Warning: 399 /m, 'RCV-6 CR-18'],
    ['a session of sound only', 488, { BODY: session(AUDIO) }, /^Warning: 304 \S+ "Media type not available"/m, 'SIP-35 RCV-4'],
    ['messages over another transport', 488, { BODY: offer(1, { protocol: 'UDP/FOO' }) }, /^Warning: 302 /m, 'SIP-35'],
    ['a file over the limit, without asking', 488, { BODY: offer(1, { size: 5_000_000 }) }, /^Warning: 399 /m, 'RCV-4 D-19'],
    ['a pull of a file that is not shared', 488, { BODY: offer(1, { direction: 'recvonly' }) }, /^Warning: /m, 'OA-31 OA-35'],
    ['broken SDP', 400, { BODY: 'v=0\nm=message none' }, /^Content-Length: 0/m, 'SDP-1 SIP-17'],
    ['a body we do not understand', 415, { HEADER: `${FEATURE}\nContent-Type: application/foo` }, /^Accept: .*application\/sdp/m, 'SIP-17'],
    ['a compressed body', 415, { HEADER: `${IDENTIFIER}\nContent-Encoding: gzip` }, /^Accept-Encoding: identity/m, 'SIP-17'],
    ['an unknown extension', 420, { HEADER: `${IDENTIFIER}\nRequire: foo, timer` }, /^Unsupported: foo\r$/m, 'SIP-12'],
    ['a session that is too short', 422, { HEADER: `${IDENTIFIER}\nSupported: timer\nSession-Expires: 60` }, /^Min-SE: 90\r$/m, 'SIP-25'],
    ['a request out of hops', 483, { HOPS: 0 }, /^Content-Length: 0/m, 'RCV-1'],
    ['a re-INVITE to no dialog', 481, { TAG: ';tag=nobody' }, /^Content-Length: 0/m, 'SIP-16'],
    ['a call for somebody else', 404, { USER: 'carol' }, /^Content-Length: 0/m, 'SIP-27'],
    [
      'a call for another device',
      486,
      { HEADER: `${IDENTIFIER}\nAccept-Contact: *;+sip.instance="<urn:uuid:00000000-0000-4000-8000-000000000000>"` },
      /^Content-Length: 0/m,
      'SIP-32',
    ],
    [
      'a call for a feature we lack',
      480,
      { HEADER: `${IDENTIFIER}\nAccept-Contact: *;video;require;explicit` },
      /^Content-Length: 0/m,
      'SIP-32',
    ],
  ]
  for (const [what, status, values, field, rows] of REFUSED)
    it(`refuses ${what} with ${status} @req ${rows}`, async () => {
      const offers = offersOf(none.command)
      expect(await refused(status, values)).toMatch(field)
      expect(offersOf(none.command)).toBe(offers)
    })

  const REQUESTS: [what: string, status: number, values: Record<string, string | number>, field: RegExp, rows: string][] = [
    ['BYE to no dialog', 481, { METHOD: 'BYE', TAG: ';tag=nobody' }, /^To: .*;tag=nobody/m, 'SIP-16 SIP-19'],
    ['UPDATE to no dialog', 481, { METHOD: 'UPDATE', TAG: ';tag=nobody' }, /^To: .*;tag=nobody/m, 'SIP-16'],
    ['a method nobody knows', 501, { METHOD: 'FROBNICATE' }, /^Allow: .*INVITE/m, 'RCV-1'],
    ['a method we do not serve', 405, { METHOD: 'SUBSCRIBE' }, /^Allow: .*INVITE/m, 'RCV-1'],
    ['OPTIONS out of hops', 483, { METHOD: 'OPTIONS', HOPS: 0 }, /^Content-Length: 0/m, 'RCV-1'],
    ['OPTIONS for somebody else', 404, { METHOD: 'OPTIONS', USER: 'carol' }, /^Content-Length: 0/m, 'SIP-27'],
  ]
  for (const [what, status, values, field, rows] of REQUESTS)
    it(`answers ${what} with ${status} @req ${rows}`, async () => {
      const sipp = await call(none, 'uac-request', { STATUS: status, HEADER: 'User-Agent: SIPp', ...values }, 'udp')
      expect(sipp.messagesReceived.at(-1)).toMatch(field)
    })

  for (const transport of ['udp', 'tcp'] as const)
    it(`tells what it can do over ${transport} @req SIP-27 OA-50 OA-52`, async () => {
      const offers = offersOf(none.command)
      const sipp = await call(none, 'uac-request', { STATUS: 200, METHOD: 'OPTIONS', HEADER: 'Accept: application/sdp' }, transport)
      const response = sipp.messagesReceived.at(-1) as string
      for (const name of ['Allow', 'Accept', 'Supported']) expect(response).toMatch(new RegExp(`^${name}: \\S`, 'm'))
      expect(response).toMatch(/^Contact: .*\+g\.3gpp\.icsi-ref=/m)
      expect(bodyOf(response).split('\r\n').slice(4)).toEqual([
        't=0 0',
        'm=message 0 TCP/MSRP *',
        expect.stringMatching(/^a=accept-types:/),
        expect.stringMatching(/^a=accept-wrapped-types:/),
        expect.stringMatching(/^a=max-size:\d+/),
        'a=file-selector',
      ])
      expect(offersOf(none.command)).toBe(offers)
    })

  for (const [count, transport] of [
    [1, 'udp'],
    [3, 'tcp'],
    [30, 'tcp'],
  ] as const)
    it(`accepts ${count} files over ${transport}, and they fail with the BYE @req CR-7 CR-20 CR-21 OA-20 OA-22 SIP-13 SIP-19 CR-13`, async () => {
      const sipp = await call(all, 'uac-accepted', { BODY: offer(count) }, transport)
      const lines = mediaOf(sipp.messagesReceived.find(message => message.startsWith('SIP/2.0 200')) as string)
      expect(lines).toHaveLength(count)
      for (const [index, line] of lines.entries()) {
        expect(line[0]).toMatch(/^m=message [1-9]\d* TCP\/MSRP \*$/)
        expect(line).toEqual(expect.arrayContaining(['a=recvonly', selectorOf(index), `a=file-transfer-id:id${index}`]))
        expect(line.join('\n')).not.toMatch(/a=file-(icon|disposition|date)/)
      }
      const paths = lines.map(line => line.find(text => text.startsWith('a=path:')))
      expect(new Set(paths).size).toBe(count)
      await all.command.says(new RegExp(`("event":"done".*){${++finished}}`, 's'))
      const { files } = eventOf(all.command, 'done')
      expect(files?.map(({ error }) => error?.code)).toEqual(Array.from({ length: count }, () => 'aborted-by-peer'))
      // The partial files go right after the report
      await expect.poll(() => readdirSync(all.inbox)).toEqual([])
    })
  it('gives port 0 to sound beside a file @req OA-20 OA-21 SDP-2', async () => {
    const sipp = await call(all, 'uac-accepted', { BODY: `${offer(1)}\n${AUDIO}` })
    const lines = mediaOf(sipp.messagesReceived.find(message => message.startsWith('SIP/2.0 200')) as string)
    expect(lines.map(line => line[0])).toEqual([expect.stringMatching(/^m=message [1-9]/), 'm=audio 0 RTP/AVP 0'])
    finished++
  })

  for (const transport of ['udp', 'tcp'] as const)
    it(`repeats its 200 over ${transport} until the ACK comes @req SIP-15`, async () => {
      const sipp = await call(all, 'uac-late-ack', {}, transport)
      // At 0, 0.5 and 1.5 s; the ACK comes after 1.8 s, and the next copy would be due at 3.5 s
      const copies = sipp.messagesReceived.filter(message => /^SIP\/2\.0 200[\s\S]*CSeq: 1 INVITE/.test(message))
      expect(copies).toHaveLength(3)
      expect([copies[1], copies[2]]).toEqual([copies[0], copies[0]])
      finished++
    })

  it('sends 180 reliably to a caller that requires it @req SIP-11', async () => {
    const sipp = await call(all, 'uac-reliable', { HEADER: `${IDENTIFIER}\nRequire: 100rel` })
    expect(sipp.messagesReceived.find(message => message.startsWith('SIP/2.0 180'))).toMatch(/^Require: 100rel\r$/m)
    finished++
  })

  it('answers the same offer the same way, a closed line with port 0 and a missing line with 488 @req OA-1 OA-9 OA-24 OA-25 SIP-16 SIP-20 SIP-23 RCV-16', async () => {
    const offers = offersOf(all.command)
    const [both, one] = [offer(2), offer(1)]
    const closing = both.replace('m=message 7000', 'm=message 0')
    const sipp = await call(all, 'uac-reoffers', { BODY: both, CLOSING: closing, SHORTER: one })
    const answers = sipp.messagesReceived.filter(message => /^SIP\/2\.0 200[\s\S]*\d INVITE\r$/m.test(message)).map(bodyOf)
    expect(answers).toHaveLength(3)
    expect(answers[1]).toBe(answers[0])
    expect(answers[2]).toMatch(/^m=message 0 TCP\/MSRP \*\r$/m)
    expect(answers[2]?.split('m=')[1]).toContain(selectorOf(0))
    expect(answers[2]?.split('m=')[2]).toBe(answers[0]?.split('m=')[2])
    expect(offersOf(all.command)).toBe(offers + 1)
    finished++
  })

  it('agrees on a session timer and keeps the route of the caller @req SIP-25 SIP-33', async () => {
    const header = `${IDENTIFIER}\nSupported: timer\nSession-Expires: 300;refresher=uac\nRecord-Route: <sip:127.0.0.1:9;lr;id=2>, <sip:127.0.0.1:9;lr;id=1>`
    const sipp = await call(all, 'uac-accepted', { HEADER: header })
    const ok = sipp.messagesReceived.find(message => message.startsWith('SIP/2.0 200'))
    expect(ok).toMatch(/^Session-Expires: 300;refresher=uac\r$/m)
    expect(ok).toMatch(/^Require: timer\r$/m)
    const routes = [...(ok ?? '').matchAll(/^Record-Route: (.*)\r$/gm)].map(([, value]) => value).join(', ')
    expect(routes).toBe('<sip:127.0.0.1:9;lr;id=2>, <sip:127.0.0.1:9;lr;id=1>')
    finished++
  })

  it('takes back the question when the caller withdraws @req SIP-13 SIP-18 RCV-8', async () => {
    const port = await freePort()
    await using bob = await createClient({ aor: 'sip:bob@127.0.0.1', listen: `sip:bob@127.0.0.1:${port}` })
    const asked = bob.offers()[Symbol.asyncIterator]().next()
    const sipp = await call({ call: `127.0.0.1:${port}` }, 'uac-cancel', {}, 'udp')
    const { value: question } = await asked
    expect(question?.signal.aborted).toBe(true)
    expect(sipp.messagesReceived.map(message => message.slice(8, 11))).toEqual(['100', '180', '200', '487'])
  })
})

interface Receiver {
  readonly command: CommandLine
  readonly inbox: string
  readonly call: string
}

const FEATURE = 'Accept-Contact: *;+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.filetransfer"'
const IDENTIFIER = `${FEATURE}\nContent-Type: application/sdp`
const AUDIO = 'm=audio 49170 RTP/AVP 0'

function session(media: string): string {
  return ['v=0', 'o=sipp 1 1 IN IP4 127.0.0.1', 's=-', 'c=IN IP4 127.0.0.1', 't=0 0', media].join('\n')
}

interface OfferForm {
  readonly selector?: boolean
  readonly size?: number
  readonly protocol?: string
  readonly direction?: string
}

/** SDP with one m-line for each of `count` files (RFC 5547 §8.2). */
function offer(count: number, { selector = true, size = 12, protocol = 'TCP/MSRP', direction = 'sendonly' }: OfferForm = {}): string {
  const lines = Array.from({ length: count }, (_, index) => [
    `m=message ${7000 + index} ${protocol} *`,
    `a=${direction}`,
    'a=setup:actpass',
    'a=accept-types:*',
    `a=path:msrp://127.0.0.1:${7000 + index}/s${index};tcp`,
    ...(selector ? [selectorOf(index, size)] : []),
    `a=file-transfer-id:id${index}`,
  ])
  return session(lines.flat().join('\n'))
}

function selectorOf(index: number, size = 12): string {
  return `a=file-selector:name:"file ${index}.txt" type:text/plain size:${size} hash:sha-1:98:FD:44:A3:31:BA:72:2D:28:CB:C5:DF:70:87:54:14:1C:D5:A8:D7`
}

/** The m-lines of a message, each with its attributes. */
function mediaOf(message: string): string[][] {
  return bodyOf(message)
    .split(/\r\n(?=m=)/)
    .slice(1)
    .map(part => part.split('\r\n'))
}

function bodyOf(message: string): string {
  return message.slice(message.indexOf('\r\n\r\n') + 4).trim()
}

function offersOf(command: CommandLine): number {
  return command.stdout.split('"event":"offer"').length - 1
}

interface Told {
  readonly event: string
  readonly exit?: number
  readonly error?: { readonly code: string; readonly status?: number }
  readonly files?: { readonly state: string; readonly error?: { readonly code: string; readonly status?: number } }[]
}

/** The last event of this kind that the command printed with `--json`. */
function eventOf(command: CommandLine, name: string): Told {
  const events = command.stdout
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as Told)
  const found = events.filter(({ event }) => event === name).at(-1)
  if (found === undefined) throw new Error(`no "${name}" in ${command.stdout}`)
  return found
}

/** Parameters of the Authorization or Proxy-Authorization of a message. */
function credentials(message: string): Record<string, string> {
  const line = /^(?:Proxy-)?Authorization: Digest (.*?)\r?$/m.exec(message)?.[1] ?? ''
  return Object.fromEntries([...line.matchAll(/(\w+)="?([^",]*)"?/g)].map(([, name, value]) => [name, value]))
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('hex')
}

function methods(sipp: Sipp): string[] {
  return sipp.received.map(line => line.split(' ', 1)[0] as string)
}

async function received(sipp: Sipp, method: string): Promise<void> {
  for (let tries = 0; tries < 250 && !sipp.messages.includes(`\n${method} `); tries++) await new Promise(resolve => setTimeout(resolve, 20))
}
