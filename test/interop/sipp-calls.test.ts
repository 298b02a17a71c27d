import { mkdirSync, readdirSync } from 'node:fs'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createClient } from '../../src/node/index.js'
import { CommandLine, freePort } from '../kit/command-line.js'
import { installed } from '../kit/installed.js'
import { eventOf, offersOf } from '../kit/json-events.js'
import { Sipp, type SippRun } from '../kit/sipp.js'
import { AUDIO, bodyOf, mediaOf, offer, selectorOf, session } from '../kit/sipp-sdp.js'
import { TempFolder } from '../kit/temp-folder.js'

interface Receiver {
  readonly command: CommandLine
  readonly inbox: string
  readonly call: string
}

const FEATURE = 'Accept-Contact: *;+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.filetransfer"'
const IDENTIFIER = `${FEATURE}\nContent-Type: application/sdp`

describe.skipIf(!installed('sipp', '-v'))('SIPp calls `cpmft receive`', () => {
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

  it('declines over UDP as well, and answers a repeated INVITE from its transaction @req CR-22 SIP-39', async () => {
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
