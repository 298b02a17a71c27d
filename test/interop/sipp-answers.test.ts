import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { CommandLine } from '../kit/command-line.js'
import { installed } from '../kit/installed.js'
import { eventOf } from '../kit/json-events.js'
import { MsrpSink } from '../kit/msrp-sink.js'
import { Sipp, type SippRun } from '../kit/sipp.js'
import { offer, session } from '../kit/sipp-sdp.js'
import { TempFolder } from '../kit/temp-folder.js'

describe.skipIf(!installed('sipp', '-v'))('SIPp takes the call of `cpmft send`', () => {
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
    ['302 Moved Temporarily', 'Contact: <sip:bob@127.0.0.1:9>', 'not-supported', 7],
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

  it('sends the file, acknowledges a repeated 200 again, closes the line and ends the session @req SIP-15 CR-9 CR-10 CR-17 OA-8 OA-9', async () => {
    const sipp = await answer('uas-transfer')
    const alice = send(sipp)
    expect(await alice.exit, alice.stdout + sipp.complaints).toBe(0)
    expect(await sipp.exit, sipp.complaints).toBe(0)
    expect(sink.bodies.at(-1)).toContain('hello\n')
    expect(methods(sipp)).toEqual(['INVITE', 'ACK', 'ACK', 'INVITE', 'ACK', 'BYE'])
  })

  it('takes port 0 on its only line as a declined file and leaves with BYE @req SND-3 SIP-19', async () => {
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

  it('repeats a re-INVITE that met 491 after the wait of the caller @req SIP-22 SIP-23 SND-7', async () => {
    const sipp = await answer('uas-glare')
    const begin = Date.now()
    const alice = send(sipp, '--release-timer', '3')
    expect(await alice.exit, alice.stdout + sipp.complaints).toBe(0)
    expect(await sipp.exit, sipp.complaints).toBe(0)
    expect(methods(sipp)).toEqual(['INVITE', 'ACK', 'INVITE', 'ACK', 'INVITE', 'ACK', 'BYE'])
    expect(Date.now() - begin).toBeGreaterThan(2100)
  })

  const AGAIN: [first: string, field: string, second: RegExp, rows: string][] = [
    ['422 Session Interval Too Small', 'Min-SE: 3600', /^Session-Expires: 3600\r\nMin-SE: 3600\r$/m, 'SIP-25 SIP-34'],
    ['420 Bad Extension', 'Unsupported: timer', /^Supported: 100rel\r$/m, 'SIP-34'],
    ['503 Service Unavailable', 'Retry-After: 1', /^Supported: timer, 100rel\r$/m, 'SIP-34'],
  ]
  for (const [first, field, second, rows] of AGAIN)
    it(`tries again after ${first.slice(0, 3)} with ${field} @req ${rows}`, async () => {
      const sipp = await answer('uas-again', { FIRST: first, FIELD: field, STATUS: '603 Decline', CSEQ: 2 })
      const alice = send(sipp)
      expect(await alice.exit, alice.stdout + sipp.complaints).toBe(4)
      expect(await sipp.exit, sipp.complaints).toBe(0)
      expect(methods(sipp)).toEqual(['INVITE', 'ACK', 'INVITE', 'ACK'])
      expect(sipp.messagesReceived[2]).toMatch(second)
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
