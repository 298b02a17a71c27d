import { describe, expect, it } from 'vitest'
import { parseFileSelector } from '../../src/sdp/index.js'
import { HELLO, NOTES, pairOf, sip } from '../kit/flow-pair.js'
import { fileLine, HELLO_HASH, LoneSession, sdp } from '../kit/lone-session.js'
import { attribute, ports, response } from '../kit/session-pair.js'

const FILE = { fileId: 'f', selector: { name: 'a.txt', size: 4400, hashes: [] }, disposition: 'attachment' } as const
const OTHER = 'msrp://192.0.2.10:2900/bQ7mZ2kLx9RtVb4Ns1Yc;tcp'

/** A push of ours that runs: the peer is passive, so that we connect to it. */
function sending(settings = {}) {
  const session = new LoneSession({ id: 'alice', ...settings })
  session.step({ type: 'command', command: { name: 'send', files: [FILE] } })
  const line = {
    setup: 'passive',
    direction: 'recvonly',
    cema: false,
    id: attribute(session.sdp, 'file-transfer-id')[0] ?? '',
    selector: 'size:4400',
  }
  session.answered(sdp(fileLine(line)))
  const adds = session.msrp.filter(input => input.type === 'add-session')
  const sessionId = /:2855\/([^;]+)/.exec(adds[0]?.type === 'add-session' ? adds[0].session.localUri : '')?.[1] ?? ''
  return { session, line, sessionId }
}

const inputs = (session: LoneSession, from = 0) => session.msrp.slice(from).map(({ type }) => type)
const paths = (session: LoneSession) =>
  session.msrp.flatMap(input => (input.type === 'add-session' ? [input.session.remotePath.join(' ')] : []))

describe('a path that changes', () => {
  it.each(['connecting', 'sending'] as const)('in an offer while %s: the file starts anew towards it @req OA-10', state => {
    const { session, line, sessionId } = sending()
    if (state === 'sending') session.step({ type: 'need-data', sessionId, offset: 0, length: 100 })
    const before = session.msrp.length
    session.offered(sdp(fileLine({ ...line, port: 2900, path: OTHER })))
    expect(session.last?.name).toBe('accept')
    expect(inputs(session, before)).toEqual(['abort', 'remove-session', 'add-session', 'send'])
    expect(paths(session).at(-1)).toBe(OTHER)
    const add = session.msrp.findLast(input => input.type === 'add-session')
    expect(add?.type === 'add-session' ? add.session.target : undefined).toEqual({ host: '192.0.2.10', port: 2900, secure: false })
    expect(session.states('f').at(-1)).toBe('connecting')
    session.step({ type: 'need-data', sessionId, offset: 0, length: 100 })
    expect(session.states('f').at(-1)).toBe('sending')
    // the same path again changes nothing
    const after = session.msrp.length
    session.offered(sdp(fileLine({ ...line, port: 2900, path: OTHER })))
    expect(session.msrp.length).toBe(after)
  })

  it('in an answer to an offer about another file counts the same @req OA-10', () => {
    const { session, line } = sending()
    session.step({ type: 'command', command: { name: 'send', files: [{ ...FILE, fileId: 'g' }] } })
    const [, id = ''] = attribute(session.sdp, 'file-transfer-id')
    session.answered(
      sdp(fileLine({ ...line, port: 2900, path: OTHER }), fileLine({ ...line, id, port: 2900, path: `${OTHER.slice(0, -5)}x;tcp` })),
    )
    expect(paths(session)).toEqual([expect.stringContaining('192.0.2.10:2855'), OTHER, `${OTHER.slice(0, -5)}x;tcp`])
  })

  it('of the sender makes the receiver wait for the message from its start @req OA-10', () => {
    const session = new LoneSession()
    session.incoming(sdp(fileLine({ setup: 'active' })))
    session.answer()
    const sessionId = /:2855\/([^;]+)/.exec(attribute(session.sdp, 'path')[0] ?? '')?.[1] ?? ''
    const begin = (messageId: string) => {
      const message = { messageId, total: 4400, contentType: 'text/plain', headers: [], successReport: true, failureReport: 'yes' as const }
      session.step({ type: 'msrp', event: { type: 'message', sessionId, message } })
      session.step({ type: 'msrp', event: { type: 'body', sessionId, messageId, offset: 0, bytes: NOTES.subarray(0, 100) } })
    }
    begin('one')
    const before = session.msrp.length
    session.offered(sdp(fileLine({ setup: 'active', port: 2900, path: OTHER })))
    expect(inputs(session, before)).toEqual(['remove-session', 'add-session'])
    begin('two')
    expect(session.states('bob/in-1')).toEqual(['connecting', 'receiving', 'connecting', 'receiving'])
    expect(session.events.flatMap(event => (event.type === 'octets' ? [event.position] : []))).toEqual([0, 0])
  })

  it('that cannot be used ends the file, and only it @req OA-10 SDP-4', () => {
    const offered = sending()
    offered.session.offered(sdp(fileLine({ ...offered.line, path: 'http://x' })))
    expect(ports(offered.session.sdp)).toEqual([0])
    expect(offered.session.states('f').at(-1)).toBe('aborted')
    const answered = sending()
    answered.session.step({ type: 'command', command: { name: 'send', files: [{ ...FILE, fileId: 'g' }] } })
    const [, id = ''] = attribute(answered.session.sdp, 'file-transfer-id')
    answered.session.answered(sdp(fileLine({ ...answered.line, path: 'http://x' }), fileLine({ ...answered.line, id })))
    expect(answered.session.states('f').at(-1)).toBe('failed')
    expect(answered.session.states('g').at(-1)).toBe('connecting')
    expect(ports(answered.session.sdp)).toEqual([0, 2855])
  })

  it('of a file that is over, or only waits for its REPORT, changes nothing @req OA-10', () => {
    const { session, line, sessionId } = sending()
    session.step({ type: 'msrp', event: { type: 'answered', sessionId } })
    expect(session.states('f').at(-1)).toBe('awaiting-confirmation')
    const before = session.msrp.length
    session.offered(sdp(fileLine({ ...line, port: 2900, path: OTHER })))
    expect(session.msrp.length).toBe(before)
    session.step({ type: 'msrp', event: { type: 'reported', sessionId } })
    expect(session.states('f').at(-1)).toBe('completed')
  })
})

describe('where we connect', () => {
  it('is never where policy forbids it @req SEC-10', () => {
    const asked: string[] = []
    const settings = { mayConnect: (host: string, port: number) => asked.push(`${host}:${port}`) < 0 }
    const { session } = sending(settings)
    expect(asked).toEqual(['192.0.2.10:2855'])
    expect(session.msrp).toEqual([])
    expect(session.events.findLast(event => event.type === 'file' && event.state === 'failed')).toMatchObject({
      outcome: { code: 'forbidden-address' },
    })
    expect(ports(session.sdp)).toEqual([0])
  })

  it('is not asked about when the peer connects to us @req SEC-10', () => {
    const session = new LoneSession({ mayConnect: () => false })
    session.incoming(sdp(fileLine({ setup: 'active' }), fileLine({ id: 'two', setup: 'passive' })))
    session.answer()
    expect(ports(session.sdp)).toEqual([2855, 0])
    expect(session.events.findLast(event => event.type === 'file' && event.state === 'declined')).toMatchObject({
      outcome: { code: 'forbidden-address' },
    })
  })

  it('changes at most twice, three connects in all @req SEC-10', () => {
    const { session, line } = sending()
    for (const at of [1, 2, 3])
      session.offered(sdp(fileLine({ ...line, path: `msrp://192.0.2.3${at}:2855/path${at}path${at}path${at};tcp` })))
    expect(paths(session)).toHaveLength(3)
    expect(ports(session.sdp)).toEqual([0])
    expect(session.states('f').at(-1)).toBe('aborted')
  })
})

describe('slots of finished files', () => {
  it('are taken by new ones with reuseSlots: one m-line, new selector, new id, new path @req OA-30 D-6 OA-8', () => {
    const pair = pairOf({ alice: { reuseSlots: true } })
    pair.send(pair.alice, [pair.alice.file('one.txt', NOTES)])
    pair.send(pair.alice, [pair.alice.file('two.txt', HELLO), pair.alice.file('three.txt', HELLO)])
    const offers = pair.sip.filter(({ name, from }) => from === 'alice' && (name === 'invite' || name === 'offer'))
    expect(offers.map(step => ports(step.sdp))).toEqual([[20_001], [0], [20_001, 20_001], [0, 20_001], [0, 0]])
    const [first, , second] = offers
    expect(attribute(second?.sdp ?? '', 'file-selector')[0]).toContain('two.txt')
    for (const name of ['file-transfer-id', 'path'])
      expect(attribute(second?.sdp ?? '', name)[0]).not.toBe(attribute(first?.sdp ?? '', name)[0])
    expect(pair.bob.offers().map(({ files }) => files.map(({ selector }) => selector.name))).toEqual([
      ['one.txt'],
      ['two.txt', 'three.txt'],
    ])
    for (const name of ['one', 'two', 'three']) expect(pair.alice.states(`alice-${name}.txt`)).toContain('completed')
    expect(pair.alice.session.room).toBe(64)
  })

  it('are left alone without it @req D-6 OA-1', () => {
    const pair = pairOf()
    pair.send(pair.alice, [pair.alice.file('one.txt', NOTES)])
    pair.send(pair.alice, [pair.alice.file('two.txt', HELLO)])
    expect(ports(pair.sip.at(-1)?.sdp ?? '')).toEqual([0, 0])
    expect(pair.alice.session.room).toBe(62)
  })

  it('never of a line that still runs, nor of one that was no file @req OA-30', () => {
    const session = new LoneSession({ reuseSlots: true })
    session.incoming(sdp(fileLine(), 'm=audio 4000 RTP/AVP 0'))
    session.answer()
    session.step({ type: 'command', command: { name: 'send', files: [FILE] } })
    expect(ports(session.sdp)).toEqual([2855, 2855])
    expect(session.sdp.match(/^m=\w+/gm)).toEqual(['m=message', 'm=audio', 'm=message'])
  })

  it('are as before when the offer is refused, and the file goes back to the queue @req OA-30 SIP-22 SIP-23', () => {
    const { session, line } = sending({ reuseSlots: true })
    const old = attribute(session.sdp, 'file-transfer-id')
    session.offered(sdp(fileLine({ ...line, port: 0 })))
    session.step({ type: 'command', command: { name: 'send', files: [{ ...FILE, fileId: 'g' }] } })
    expect(ports(session.sdp)).toEqual([2855])
    session.event({ name: 'refused', id: 'bob', status: 491, response: response(491), retryAfter: 1000 })
    session.offered(sdp(fileLine({ ...line, port: 0 })))
    expect([ports(session.sdp), attribute(session.sdp, 'file-transfer-id')]).toEqual([[0], old])
    session.run(1000)
    expect(ports(session.sdp)).toEqual([2855])
    session.event({ name: 'refused', id: 'bob', status: 488, response: response(488) })
    expect(session.states('g').at(-1)).toBe('declined')
    session.offered(sdp(fileLine({ ...line, port: 0 })))
    expect(attribute(session.sdp, 'file-transfer-id')).toEqual(old)
  })

  it('forget no id: that of the file before starts nothing @req OA-26 OA-30', () => {
    const { session, line } = sending({ reuseSlots: true })
    session.offered(sdp(fileLine({ ...line, port: 0 })))
    session.step({ type: 'command', command: { name: 'send', files: [{ ...FILE, fileId: 'g' }] } })
    session.answered(sdp(fileLine({ ...line, port: 0 })))
    session.offered(sdp(fileLine({ ...line, direction: 'sendonly' })))
    expect(session.events.some(event => event.type === 'offer')).toBe(false)
    expect(ports(session.sdp)).toEqual([0])
  })

  it('are given to another file while the one before is still being verified, which is saved all the same @req OA-30 OA-47', () => {
    const pair = pairOf({ alice: { reuseSlots: true, successReport: false } })
    pair.bob.judge = fileId => (fileId === 'bob/in-1' ? undefined : 'saved')
    pair.send(pair.alice, [pair.alice.file('one.txt', NOTES)])
    pair.send(pair.alice, [pair.alice.file('two.txt', HELLO)])
    expect(ports(pair.sip.at(-1)?.sdp ?? '')).toEqual([0])
    expect(pair.bob.states('bob/in-1').at(-1)).toBe('verifying')
    pair.command(pair.bob, { name: 'saved', fileId: 'bob/in-1' })
    expect(pair.bob.states('bob/in-1').at(-1)).toBe('completed')
    pair.run(31_000)
    expect(sip(pair).at(-1)).toBe('alice bye')
  })

  it('taken by the peer while its file runs: the old one stops, and a new one begins @req OA-29 OA-30', () => {
    const { session, line, sessionId } = sending()
    const before = session.msrp.length
    session.offered(sdp(fileLine({ ...line, id: 'pulled', selector: HELLO_HASH })))
    expect(inputs(session, before)).toEqual(['abort', 'remove-session'])
    expect(session.msrp.at(-1)).toMatchObject({ sessionId })
    expect(session.states('f').at(-1)).toBe('aborted')
    expect(session.offer?.files).toMatchObject([{ kind: 'pull', transferId: 'pulled' }])
    const selector = parseFileSelector(`type:text/plain size:12 ${HELLO_HASH}`, { lenient: false }) ?? { hashes: [] }
    const served = [{ fileId: session.offer?.files[0]?.fileId ?? '', file: { selector, disposition: 'attachment' } as const }]
    session.step({ type: 'command', command: { name: 'answer', accepted: [], served } })
    expect(attribute(session.sdp, 'file-transfer-id')).toEqual(['pulled'])
    expect(inputs(session).slice(-2)).toEqual(['add-session', 'send'])
  })
})

describe('a line that the peer turns into another one', () => {
  it('closed under another id stays closed under that one in our next offer @req OA-8 OA-24', () => {
    const { session, line } = sending()
    session.offered(sdp(fileLine({ ...line, id: 'anotherIdThatWasNeverOffered0001', port: 0 })))
    expect(session.states('f').at(-1)).toBe('aborted')
    session.step({ type: 'command', command: { name: 'send', files: [{ ...FILE, fileId: 'g' }] } })
    expect(ports(session.sdp)).toEqual([0, 2855])
    expect(attribute(session.sdp, 'file-transfer-id')[0]).toBe('anotherIdThatWasNeverOffered0001')
  })

  it('over another protocol ends its file, and the line is refused as it was offered @req OA-21 CON-40', () => {
    const { session, line } = sending()
    session.offered(sdp(fileLine(line)).replace('TCP/MSRP', 'TCP/TLS/MSRP').replaceAll('msrp://', 'msrps://'))
    expect(session.last?.name).toBe('accept')
    expect(session.sdp).toContain('m=message 0 TCP/TLS/MSRP *')
    expect(['failed', 'aborted', 'closed']).toContain(session.states('f').at(-1))
    session.step({ type: 'command', command: { name: 'send', files: [{ ...FILE, fileId: 'g' }] } })
    expect(ports(session.sdp)).toEqual([0, 2855])
  })
})

it.each(['m=message 2855 tcp/msrp *', 'm=audio 2855 TCP/MSRP *', 'm=message 2855 RTP/AVP 0'])(
  'a running line that becomes "%s" is refused as it was offered @req OA-21',
  start => {
    const { session, line } = sending()
    session.offered(sdp(fileLine(line)).replace(/m=message 2855 TCP\/MSRP \*/, start))
    expect(session.last?.name).toBe('accept')
    expect(session.sdp).toContain(start.replace('2855', '0'))
    expect(session.states('f').at(-1)).toBe('aborted')
  },
)
