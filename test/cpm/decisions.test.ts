import { describe, expect, it } from 'vitest'
import { verifyFile } from '../../src/cpm/index.js'
import { decodeLatin1 } from '../../src/wire/index.js'
import { HELLO, header, NOTES, pairOf, sip, wire } from '../kit/flow-pair.js'
import { fileLine, HELLO_HASH, ICSI, LoneSession, NOTES_HASH, sdp } from '../kit/lone-session.js'
import { attribute, ports } from '../kit/session-pair.js'

const mLines = (text: string) =>
  text
    .split('\r\nm=')
    .slice(1)
    .map(part => part.split('\r\n').filter(line => line !== ''))

describe('the decisions of section 2', () => {
  it('D-2: both reports are asked for, and fewer only where something else ends the file @req D-2', () => {
    const reports = (settings: Parameters<typeof pairOf>[0]) => {
      const pair = pairOf(settings)
      pair.send(pair.alice, [pair.alice.file('a.txt', HELLO)])
      expect(pair.alice.states('alice-a.txt').at(-1)).toBe('completed')
      const [send] = pair.alice.msrp.filter(entry => header(entry, 'Content-Type') !== undefined)
      return send === undefined ? [] : [header(send, 'Success-Report') ?? 'no', header(send, 'Failure-Report') ?? 'yes']
    }
    expect(reports({})).toEqual(['yes', 'yes'])
    expect(reports({ alice: { successReport: false } })).toEqual(['no', 'yes'])
    expect(reports({ alice: { failureReport: 'no' } })).toEqual(['yes', 'no'])
    // without the 200s a success REPORT is the only trigger left, whatever was configured
    expect(reports({ alice: { successReport: false, failureReport: 'no' } })).toEqual(['yes', 'no'])
    expect(reports({ alice: { successReport: false, failureReport: 'partial' } })).toEqual(['yes', 'partial'])
  })

  it('D-4: port 0 changes the port and nothing that names the transfer, and the line keeps its place @req D-4 CR-10', () => {
    const pair = pairOf()
    pair.bob.judge = fileId => (fileId === 'bob/in-2' ? 'saved' : undefined)
    pair.send(pair.alice, [pair.alice.file('a.txt', HELLO), pair.alice.file('b.txt', NOTES), pair.alice.file('c.txt', HELLO)])
    const [first, closing] = [pair.sip[0], pair.sip.find(({ name }) => name === 'offer')].map(step => mLines(step?.sdp ?? ''))
    expect(closing?.map(([line]) => line)).toEqual(['message 20001 TCP/MSRP *', 'message 0 TCP/MSRP *', 'message 20001 TCP/MSRP *'])
    const named = (lines: readonly string[] = []) => lines.filter(line => /^a=(file-selector|file-transfer-id|path):/.test(line))
    expect(named(closing?.[1])).toHaveLength(3)
    expect(named(closing?.[1])).toEqual(named(first?.[1]))
    expect([closing?.[0], closing?.[2]]).toEqual([first?.[0], first?.[2]])
  })

  it('D-9: each file has its own m-line, in a group service too @req D-9 CR-7', () => {
    const session = new LoneSession()
    session.incoming(sdp(fileLine({ id: 'one' }), fileLine({ id: 'two', path: 'msrp://192.0.2.10:2855/second;tcp' })), [
      ['P-Asserted-Service', `${ICSI}.group`],
    ])
    session.answer()
    expect(ports(session.sdp)).toEqual([2855, 2855])
    expect(new Set(attribute(session.sdp, 'path')).size).toBe(2)
    expect(session.msrp.filter(({ type }) => type === 'add-session')).toHaveLength(2)
    // two files on one line are none at all
    const crowded = new LoneSession()
    crowded.incoming(sdp(fileLine({ more: ['a=file-selector:name:"b" size:1'] })), [['P-Asserted-Service', `${ICSI}.group`]])
    expect(crowded.offer).toBeUndefined()
    expect(crowded.refusal).toMatch(/^488/)
  })

  it('D-10: we name the base service; its group, the older identifier and none at all are understood @req D-10', () => {
    const session = new LoneSession({ id: 'alice' })
    const file = { fileId: 'f', selector: { name: 'a', size: 1, hashes: [] }, disposition: 'attachment' } as const
    session.step({ type: 'command', command: { name: 'send', files: [file] } })
    const invite = session.sip.find(({ name }) => name === 'invite')
    const headers = invite?.name === 'invite' ? (invite.headers ?? []) : []
    expect(headers.filter(([name]) => name === 'P-Preferred-Service')).toEqual([['P-Preferred-Service', ICSI]])
    for (const identifier of [
      [['P-Asserted-Service', ICSI]],
      [['P-Asserted-Service', `${ICSI}.group`]],
      [['Accept-Contact', '*;+g.3gpp.iari-ref="urn%3Aurn-7%3A3gpp-application.ims.iari.rcse.ft"']],
      [],
    ] as const) {
      const asked = new LoneSession()
      asked.incoming(sdp(fileLine()), identifier)
      expect(asked.offer?.files, identifier.join()).toHaveLength(1)
    }
  })

  it('D-22: unknown hashes are skipped, SHA-1 is compared @req D-22 SDP-15', () => {
    const session = new LoneSession()
    session.incoming(sdp(fileLine({ selector: `size:12 hash:md9:AA:BB ${HELLO_HASH}` })))
    const selector = session.offer?.files[0]?.selector
    const sha1 = selector?.hashes.find(({ algorithm }) => algorithm === 'sha-1')?.octets
    const check = (octets: Uint8Array | undefined) =>
      verifyFile(selector ?? { hashes: [] }, { size: 12, sha1: octets, contentType: 'a/b' })?.code
    expect(check(sha1)).toBeUndefined()
    expect(check(new Uint8Array(20))).toBe('hash-mismatch')
    const unknown = { hashes: [{ algorithm: 'md9', octets: new Uint8Array(2) }] }
    expect(verifyFile(unknown, { size: 12, sha1: undefined, contentType: 'a/b' })).toBeUndefined()
    // what we offer has SHA-1 and nothing else
    const pair = pairOf()
    pair.send(pair.alice, [pair.alice.file('notes.txt', NOTES)])
    expect(attribute(pair.sip[0]?.sdp ?? '', 'file-selector')[0]?.match(/hash:\S+/g)).toEqual([NOTES_HASH])
  })

  it('D-24: responses carry the two paths and nothing else, and such responses complete a file @req D-24', () => {
    const pair = pairOf()
    pair.send(pair.alice, [pair.alice.file('notes.txt', NOTES)])
    const responses = pair.bob.msrp.filter(({ head, direction }) => direction === 'out' && /^MSRP \S+ 200/.test(decodeLatin1(head)))
    expect(responses).toHaveLength(1)
    const names = decodeLatin1(responses[0]?.head ?? new Uint8Array(0))
      .split('\r\n')
      .slice(1)
      .flatMap(line => (line.includes(': ') ? [line.split(':')[0]] : []))
    expect(names).toEqual(['To-Path', 'From-Path'])
    expect(pair.alice.states('alice-notes.txt').at(-1)).toBe('completed')
  })
})

describe('a dialog that has a chat line too', () => {
  const CHAT = [
    'm=message 2855 TCP/MSRP *',
    'a=sendrecv',
    'a=setup:actpass',
    'a=accept-types:message/cpim text/plain',
    'a=path:msrp://192.0.2.10:2855/chat7mZ2kLx9RtVb4Ns1;tcp',
  ].join('\r\n')

  it('takes the file and answers the chat line with port 0, in a first offer and in a later one @req CPM-13', () => {
    const session = new LoneSession()
    session.incoming(sdp(CHAT, fileLine()))
    expect(session.offer?.files).toHaveLength(1)
    session.answer()
    expect(ports(session.sdp)).toEqual([0, 2855])
    const asked = session.events.length
    session.offered(sdp(CHAT, fileLine(), fileLine({ id: 'two', path: 'msrp://192.0.2.10:2855/second;tcp' })))
    session.answer()
    expect(ports(session.sdp)).toEqual([0, 2855, 2855])
    expect(session.events.slice(asked).filter(({ type }) => type === 'offer')).toHaveLength(1)
    expect(session.states('bob/in-2')).toEqual(['connecting'])
  })

  it('of our own making is never: a new session has a dialog and lines of its own @req CPM-13', () => {
    const pair = pairOf()
    pair.send(pair.alice, [pair.alice.file('a.txt', HELLO)])
    expect(sip(pair)[0]).toBe('alice invite 20001')
    expect(mLines(pair.sip[0]?.sdp ?? '')).toHaveLength(1)
    expect(wire(pair.alice).length).toBeGreaterThan(0)
  })
})

describe('headers around the session', () => {
  it('Session-Replaces is shown and changes nothing @req CPM-12', () => {
    const session = new LoneSession()
    session.incoming(sdp(fileLine()), [
      ['P-Preferred-Service', ICSI],
      ['Session-Replaces', 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6'],
    ])
    expect(session.offer?.replaces).toBe('f81d4fae-7dec-11d0-a765-00a0c91e6bf6')
    session.answer()
    expect(ports(session.sdp)).toEqual([2855])
    const without = new LoneSession()
    without.incoming(sdp(fileLine()))
    expect(without.offer).not.toHaveProperty('replaces')
    // it is about the session: files that come later do not repeat it
    session.offered(sdp(fileLine(), fileLine({ id: 'two' })))
    expect(session.offer?.first).toBe(false)
    expect(session.offer).not.toHaveProperty('replaces')
  })

  it('P-Access-Network-Info passes through if it is configured @req CPM-11 SEC-14', () => {
    const value = (accessNetworkInfo?: string) => {
      const session = new LoneSession(accessNetworkInfo === undefined ? {} : { accessNetworkInfo })
      const file = { fileId: 'f', selector: { name: 'a', size: 1, hashes: [] }, disposition: 'attachment' } as const
      session.step({ type: 'command', command: { name: 'send', files: [file] } })
      const invite = session.sip.find(({ name }) => name === 'invite')
      return invite?.name === 'invite' ? invite.headers?.find(([name]) => name === 'P-Access-Network-Info')?.[1] : undefined
    }
    expect(value('3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=234151D0FCE11')).toBe('3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=234151D0FCE11')
    expect(value('a\r\nX: y')).toBe('a  X: y')
    expect(value()).toBeUndefined()
  })
})
