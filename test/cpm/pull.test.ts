import { describe, expect, it } from 'vitest'
import { matchShared, type SessionEvent, type WantedFile } from '../../src/cpm/index.js'
import { type FileProperties, type FileSelector, parseFileSelector } from '../../src/sdp/index.js'
import { BIG, HELLO, header, NOTES, pairOf, sip, wire } from '../kit/flow-pair.js'
import { EMPTY_HASH, fileLine, HELLO_HASH, LoneSession, NOTES_HASH, sdp } from '../kit/lone-session.js'
import { attribute, ports } from '../kit/session-pair.js'

const select = (text: string): FileSelector => parseFileSelector(text, { lenient: false }) as FileSelector

/** Bob shares these; Alice asks. */
function sharing(settings: Parameters<typeof pairOf>[0] = {}) {
  const pair = pairOf(settings)
  const { bob } = pair
  bob.shared.push(bob.file('hello.txt', HELLO), bob.file('notes.txt', NOTES), bob.file('big.bin', BIG, 'application/octet-stream'))
  const get = (...files: (Omit<WantedFile, 'selector'> & { selector: string })[]) =>
    pair.command(pair.alice, { name: 'get', files: files.map(file => ({ ...file, selector: select(file.selector) })) })
  const described = () => pair.alice.events.filter(event => event.type === 'described') as (SessionEvent & { type: 'described' })[]
  return { pair, get, described }
}

/** A pull of ours, and the peer's answer to it. */
const asking = (change: Parameters<typeof fileLine>[0], wanted: Partial<WantedFile> & { text?: string } = {}, settings = {}) => {
  const session = new LoneSession({ id: 'alice', ...settings })
  const { text = HELLO_HASH, ...rest } = wanted
  session.step({ type: 'command', command: { name: 'get', files: [{ fileId: 'f', selector: select(text), ...rest }] } })
  const [id = ''] = attribute(session.sdp, 'file-transfer-id')
  session.answered(sdp(fileLine({ id, direction: 'sendonly', setup: 'passive', selector: `type:text/plain ${HELLO_HASH}`, ...change })))
  return session
}

describe('flow 7: a pull', () => {
  it('runs as printed: asked, served, bound, sent, closed by the sender of the octets @req OA-4 OA-11 OA-23 OA-36 OA-65 CON-12 CON-13 CR-10 MSRP-25', () => {
    const { pair, get, described } = sharing({ alice: { releaseTimer: 30_000 } })
    get({ fileId: 'wanted', selector: HELLO_HASH })
    expect(sip(pair)).toEqual(['alice invite 20001', 'bob ring', 'bob accept 20002', 'bob offer 0', 'alice accept 0'])
    const [invite, , accept] = pair.sip
    const [path] = attribute(invite?.sdp ?? '', 'path')
    const [id] = attribute(invite?.sdp ?? '', 'file-transfer-id')
    expect(invite?.sdp.split('\r\n').slice(5)).toEqual([
      'm=message 20001 TCP/MSRP *',
      'a=recvonly',
      'a=setup:actpass',
      'a=msrp-cema',
      'a=accept-types:message/cpim *',
      `a=path:${path}`,
      `a=file-selector:${HELLO_HASH}`,
      `a=file-transfer-id:${id}`,
      '',
    ])
    expect(accept?.sdp.split('\r\n').slice(5)).toEqual([
      'm=message 20002 TCP/MSRP *',
      'a=sendonly',
      'a=setup:passive',
      'a=msrp-cema',
      'a=accept-types:message/cpim *',
      `a=path:${attribute(accept?.sdp ?? '', 'path')[0]}`,
      `a=file-selector:type:text/plain ${HELLO_HASH}`,
      `a=file-transfer-id:${id}`,
      'a=file-disposition:attachment',
      '',
    ])
    // the receiver connects and binds with an empty SEND; the file comes after that
    expect(wire(pair.alice)).toEqual([
      '> SEND 1-0/0 $',
      '< 200',
      expect.stringMatching(/^< SEND 1-/),
      '> 200',
      expect.stringMatching(/^> REPORT .* 000 200 OK$/),
    ])
    expect(pair.bob.offers()[0]?.files).toMatchObject([{ kind: 'pull', selector: select(HELLO_HASH) }])
    expect(described()).toEqual([
      { type: 'described', fileId: 'wanted', selector: select(`type:text/plain ${HELLO_HASH}`), range: undefined },
    ])
    expect(pair.alice.states('wanted')).toEqual(['offered', 'connecting', 'receiving', 'verifying', 'completed'])
    expect(pair.bob.states('bob/in-1')).toEqual(['connecting', 'sending', 'awaiting-confirmation', 'completed'])
    expect(pair.alice.received.get('wanted')).toEqual(HELLO)
    // name and size came with the file
    expect(pair.alice.events.find(event => event.type === 'complete')).toMatchObject({ contentType: 'text/plain', fileName: 'hello.txt' })
    pair.run(30_000)
    expect(sip(pair).at(-1)).toBe('alice bye')
  })

  it('may ask for a part, which alone comes @req OA-4 OA-34 OA-61 RCS-2', () => {
    const { pair, get, described } = sharing()
    pair.alice.received.set('wanted', BIG.slice(0, 65_205))
    get({ fileId: 'wanted', selector: 'size:100000', range: { start: 65_206, stop: undefined } })
    expect(attribute(pair.sip[2]?.sdp ?? '', 'file-range')).toEqual(['65206-*'])
    expect(described()[0]?.range).toEqual({ start: 65_206, stop: undefined })
    expect([...(pair.alice.received.get('wanted') ?? [])]).toEqual([...BIG])
    expect(pair.alice.states('wanted')).toContain('completed')
    const sends = pair.bob.msrp.filter(entry => header(entry, 'Content-Type') !== undefined)
    expect(header(sends[0] as never, 'Byte-Range')).toMatch(/^1-\*\/3[45]\d\d\d$/)
  })

  it('of several files gets those that are shared; the others look alike, absent or not @req OA-31 OA-35 SEC-13', () => {
    const { pair, get } = sharing()
    get(
      { fileId: 'a', selector: 'name:"notes.txt"' },
      { fileId: 'b', selector: 'name:"secret.txt"' },
      { fileId: 'c', selector: `name:"hello.txt" ${NOTES_HASH}` },
    )
    expect(ports(pair.sip[2]?.sdp ?? '')).toEqual([20_002, 0, 0])
    expect(pair.alice.outcomes('b')).toEqual(['declined'])
    expect(pair.alice.outcomes('c')).toEqual(['declined'])
    expect(pair.alice.received.get('a')).toEqual(NOTES)
    expect(pair.bob.outcomes('bob/in-2')).toEqual(['not-shared'])
  })

  it('of nothing that is shared gets 488 @req OA-31 OA-35', () => {
    const { pair, get } = sharing()
    get({ fileId: 'a', selector: 'name:"secret.txt"' })
    expect(sip(pair)).toEqual(['alice invite 20001', 'bob ring', 'bob reject 488'])
    expect(pair.alice.outcomes('a')).toEqual(['declined'])
    expect(pair.alice.session.state).toBe('terminated')
  })

  it('joins a running session, from either end, beside a push @req OA-1 OA-65 CR-16', () => {
    const { pair, get } = sharing()
    pair.send(pair.alice, [pair.alice.file('up.txt', NOTES)])
    get({ fileId: 'down', selector: HELLO_HASH })
    expect(pair.alice.received.get('down')).toEqual(HELLO)
    expect(ports(pair.sip.at(-1)?.sdp ?? '')).toEqual([0, 0])
    pair.alice.shared.push(pair.alice.file('big.bin', BIG))
    pair.command(pair.bob, { name: 'get', files: [{ fileId: 'back', selector: select('name:"big.bin"') }] })
    expect(pair.bob.received.get('back')).toEqual(BIG)
    expect(pair.bob.states('back')).toContain('completed')
    expect(pair.alice.session.state).toBe('releasing')
  })

  it('and a push in one offer both work @req OA-4 OA-3', () => {
    const session = new LoneSession()
    session.incoming(sdp(fileLine({ id: 'push' }), fileLine({ id: 'pull', direction: 'recvonly', selector: HELLO_HASH })))
    const [push, pull] = session.offer?.files ?? []
    expect([push?.kind, pull?.kind]).toEqual([undefined, 'pull'])
    session.step({
      type: 'command',
      command: { name: 'answer', accepted: [push?.fileId ?? ''], served: [{ fileId: pull?.fileId ?? '', file: HELLO_FILE }] },
    })
    expect(ports(session.sdp)).toEqual([2855, 2855])
    expect(session.sdp.match(/a=(sendonly|recvonly)/g)).toEqual(['a=recvonly', 'a=sendonly'])
    const directions = session.msrp.flatMap(input => (input.type === 'add-session' ? [input.session.direction, input.session.role] : []))
    expect(directions).toEqual(['receive', 'passive', 'send', 'passive'])
  })

  it('that the sender never closes is closed by who asked for it, and the session ends @req SND-1 SND-12', () => {
    const session = asking({})
    const add = session.msrp.find(input => input.type === 'add-session')
    const sessionId = /:2855\/([^;]+)/.exec(add?.type === 'add-session' ? add.session.localUri : '')?.[1] ?? ''
    const message = {
      messageId: 'm',
      total: 12,
      contentType: 'text/plain',
      headers: [],
      successReport: true,
      failureReport: 'yes' as const,
    }
    session.step({ type: 'msrp', event: { type: 'message', sessionId, message } })
    session.step({ type: 'msrp', event: { type: 'body', sessionId, messageId: 'm', offset: 0, bytes: HELLO } })
    session.step({ type: 'msrp', event: { type: 'complete', sessionId, messageId: 'm', length: 12 } })
    session.step({ type: 'command', command: { name: 'saved', fileId: 'f' } })
    expect(session.msrp.at(-1)).toMatchObject({ type: 'verdict', status: 200 })
    const sent = session.sip.length
    session.run(299_999)
    expect(session.sip.length).toBe(sent)
    session.run(1)
    expect(ports(session.sdp)).toEqual([0])
    session.answered(sdp(fileLine({ port: 0 })))
    session.run(30_000)
    expect(session.last?.name).toBe('bye')
  })

  it('is failed by its own verdict, and the sender learns it @req OA-11 RCV-14', () => {
    const { pair, get } = sharing()
    pair.alice.judge = () => 'hash-mismatch'
    get({ fileId: 'a', selector: HELLO_HASH })
    expect(pair.alice.outcomes('a')).toContain('hash-mismatch')
    expect(pair.bob.states('bob/in-1')).toContain('failed')
    pair.run(400_000)
    expect(pair.alice.session.state).toBe('terminated')
  })

  it('is cancelled while it is queued, offered or running @req SND-10 OA-41', () => {
    const { pair, get } = sharing()
    pair.bob.give = false
    get({ fileId: 'a', selector: HELLO_HASH })
    pair.command(pair.alice, { name: 'abort', fileId: 'a' })
    expect(pair.alice.outcomes('a')).toContain('cancelled')
    expect(pair.bob.outcomes('bob/in-1')).toEqual(['aborted-by-peer'])
    const ringing = sharing()
    ringing.pair.bob.choose = () => undefined
    ringing.get({ fileId: 'a', selector: HELLO_HASH })
    ringing.pair.command(ringing.pair.alice, { name: 'abort', fileId: 'a' })
    expect(ringing.pair.alice.states('a')).toEqual(['offered', 'aborted'])
    expect(sip(ringing.pair).at(-1)).toBe('alice cancel')
    expect(ringing.pair.bob.states('bob/in-1')).toEqual(['aborted'])
  })

  it('that nobody answers, or that comes too late, fails @req CR-13', () => {
    const { pair, get } = sharing()
    pair.bob.choose = () => undefined
    get({ fileId: 'a', selector: HELLO_HASH })
    pair.run(130_000)
    expect(pair.alice.outcomes('a')).toEqual(['unreachable'])
    get({ fileId: 'b', selector: HELLO_HASH })
    expect(pair.alice.outcomes('b')).toEqual(['session-ended'])
  })
})

const HELLO_FILE = {
  fileId: 'shared',
  selector: select(`name:"hello.txt" type:text/plain size:12 ${HELLO_HASH}`),
  disposition: 'render',
} as const

describe('a pull line of the peer', () => {
  const serving = (
    line: Parameters<typeof fileLine>[0],
    file: Omit<typeof HELLO_FILE, 'fileId'> & { selector: FileSelector } = HELLO_FILE,
    settings = {},
  ) => {
    const session = new LoneSession(settings)
    session.incoming(sdp(fileLine({ direction: 'recvonly', selector: HELLO_HASH, ...line })))
    const fileId = session.offer?.files[0]?.fileId ?? ''
    session.step({ type: 'command', command: { name: 'answer', accepted: [], served: [{ fileId, file }] } })
    return session
  }
  const unserved = (...args: Parameters<typeof serving>) => {
    const session = serving(...args)
    const outcome = session.events.find(event => event.type === 'file' && event.state === 'declined')
    return `${session.refusal} ${outcome?.type === 'file' ? outcome.outcome?.code : ''}`
  }
  const REFUSED = '488 399 192.0.2.20 "No file accepted"'

  it('is answered with type and hash, not with name, size or date @req OA-23', () => {
    const session = serving({})
    expect(attribute(session.sdp, 'file-selector')).toEqual([`type:text/plain ${HELLO_HASH}`])
    expect(attribute(session.sdp, 'file-disposition')).toEqual(['render'])
    expect(session.sdp).not.toContain('file-date')
    // a file without type and hash still has to be named
    const bare = serving({ selector: 'name:"x"' }, { selector: select('name:"x" size:3'), disposition: 'render' })
    expect(attribute(bare.sdp, 'file-selector')).toEqual(['name:"x" size:3'])
  })

  it('that wants what cannot be sent gets the same 488 @req OA-34 SDP-7 MSRP-60 SEC-10', () => {
    expect(unserved({ more: ['a=file-range:13-*'] })).toBe(`${REFUSED} not-shared`)
    expect(unserved({ more: ['a=file-range:1-13'] })).toBe(`${REFUSED} not-shared`)
    expect(unserved({ acceptTypes: 'image/png' })).toBe(`${REFUSED} unsupported-media`)
    expect(unserved({ more: ['a=max-size:11'] })).toBe(`${REFUSED} too-large`)
    expect(unserved({ setup: 'passive' }, HELLO_FILE, { mayConnect: () => false })).toBe(`${REFUSED} forbidden-address`)
    expect(unserved({ more: ['a=file-range:12-12'] })).toBe('none ')
  })

  it('with its only range served sends just that @req OA-61 OA-34', () => {
    const session = serving({ more: ['a=file-range:3-5'], acceptTypes: '*' })
    expect(attribute(session.sdp, 'file-range')).toEqual(['3-5'])
    const send = session.msrp.find(input => input.type === 'send')
    expect(send?.type === 'send' && send.message.total).toBe(3)
    const sessionId = send?.type === 'send' ? send.sessionId : ''
    session.step({ type: 'need-data', sessionId, offset: 0, length: 3 })
    expect(session.events.at(-1)).toEqual({ type: 'need-octets', fileId: 'bob/in-1', position: 2, length: 3 })
    session.step({ type: 'command', command: { name: 'octets', fileId: 'bob/in-1', position: 2, bytes: HELLO.subarray(2, 5) } })
    expect(session.msrp.at(-1)).toMatchObject({ type: 'data', offset: 0 })
  })

  it('that is active is waited for, one that is passive is connected to @req CON-10 CON-20', () => {
    const roles = (setup: string) => {
      const add = serving({ setup }).msrp.find(input => input.type === 'add-session')
      return add?.type === 'add-session' ? [add.session.role, add.session.target?.host] : []
    }
    expect(roles('active')).toEqual(['passive', undefined])
    expect(roles('passive')).toEqual(['active', '192.0.2.10'])
  })

  it('is repeated without a second transfer, and closed by us @req OA-25 OA-65', () => {
    const session = serving({})
    const [inputs, answer] = [session.msrp.length, session.sdp]
    session.offered(sdp(fileLine({ direction: 'recvonly', selector: HELLO_HASH })))
    expect(session.sdp).toBe(answer)
    expect(session.msrp.length).toBe(inputs)
    session.offered(sdp(fileLine({ direction: 'recvonly', selector: NOTES_HASH })))
    expect(ports(session.sdp)).toEqual([0])
    expect(session.states('bob/in-1').at(-1)).toBe('aborted')
  })

  it('that is withdrawn is told as aborted @req RCV-8', () => {
    const session = new LoneSession()
    session.incoming(sdp(fileLine({ direction: 'recvonly', selector: HELLO_HASH })))
    session.event({ name: 'cancelled', id: 'bob' })
    expect(session.states('bob/in-1')).toEqual(['aborted'])
    expect(session.session.state).toBe('terminated')
  })
})

describe('the answer to a pull', () => {
  const fate = (...args: Parameters<typeof asking>) => {
    const session = asking(...args)
    const file = [...session.events].reverse().find(event => event.type === 'file')
    return file?.type === 'file' ? `${file.state} ${file.outcome?.code ?? ''}`.trim() : 'none'
  }

  it('must go the other way @req OA-39 D-18', () => {
    for (const direction of ['sendonly', 'sendrecv', undefined, 'inactive']) expect(fate({ direction }), `${direction}`).toBe('connecting')
    expect(fate({ direction: 'recvonly' })).toBe('failed protocol-error')
  })

  it('must name the file that was asked for @req OA-11 OA-33 SDP-8', () => {
    expect(fate({ selector: NOTES_HASH })).toBe('failed protocol-error')
    expect(fate({ selector: undefined })).toBe('failed protocol-error')
    expect(fate({ selector: 'size:13' }, { text: 'size:12' })).toBe('failed protocol-error')
    expect(fate({ selector: 'name:"other"' }, { text: 'name:"x"' })).toBe('failed protocol-error')
    expect(fate({ selector: 'type:TEXT/plain' }, { text: 'type:text/PLAIN' })).toBe('connecting')
    expect(fate({ path: 'http://x' })).toBe('failed protocol-error')
    expect(fate({ setup: 'actpass' })).toBe('failed protocol-error')
  })

  it('says more than was asked, and both count for the check @req OA-11 OA-23', () => {
    const session = asking({ selector: `size:12 hash:sha-256:${'AA:'.repeat(31)}AA` }, { text: `name:"hello.txt" ${HELLO_HASH}` })
    const described = session.events.find(event => event.type === 'described')
    expect(described).toMatchObject({ selector: { name: 'hello.txt', size: 12 } })
    expect(described?.type === 'described' && described.selector.hashes.map(({ algorithm }) => algorithm)).toEqual(['sha-1', 'sha-256'])
  })

  it('that is too large fails before an octet comes @req RCS-6 D-19', () => {
    const limits = { maxFileSize: 100 }
    expect(fate({ selector: `size:101 ${HELLO_HASH}` }, {}, limits)).toBe('failed too-large')
    expect(fate({ selector: `size:100 ${HELLO_HASH}` }, {}, limits)).toBe('connecting')
    const limit = (settings: object) => {
      const add = asking({}, {}, settings).msrp.find(input => input.type === 'add-session')
      return add?.type === 'add-session' ? (add.session.maxLength ?? 0) - 65_536 : 0
    }
    // nobody said the size: what the user allows for every file, else the limit of RCS-12
    expect(limit(limits)).toBe(100)
    expect(limit({ maxFileSize: 50_000_000 })).toBe(50_000_000)
    expect(limit({})).toBe(10 * 1024 * 1024)
    expect(asking({}, {}, limits).sdp).toContain('a=max-size:65636')
  })

  it('with another range is taken as it comes, unless strictRange @req D-17 SDP-21', () => {
    const wanted = { text: 'size:12', range: { start: 3, stop: 12 } }
    const described = (change: Parameters<typeof fileLine>[0]) => {
      const event = asking({ selector: 'size:12', ...change }, wanted).events.find(found => found.type === 'described')
      return event?.type === 'described' ? event.range : 'failed'
    }
    expect(described({ more: ['a=file-range:3-12'] })).toEqual({ start: 3, stop: 12 })
    expect(described({ more: ['a=file-range:1-*'] })).toEqual({ start: 1, stop: undefined })
    expect(described({})).toBeUndefined()
    expect(described({ more: ['a=file-range:3-13'] })).toBe('failed')
    expect(described({ more: ['a=file-range:0-13'] })).toBe('failed')
    const strict = (range: string) => fate({ selector: 'size:12', more: [`a=file-range:${range}`] }, wanted, { strictRange: true })
    expect(strict('3-*')).toBe('connecting')
    expect(strict('4-12')).toBe('failed protocol-error')
    // a range that only the answer's size shows to be wrong
    expect(fate({ selector: `size:2 ${HELLO_HASH}`, more: ['a=file-range:3-*'] })).toBe('failed protocol-error')
    expect(fate({ selector: 'type:text/plain', more: ['a=file-range:3-13'] }, { text: 'size:12' })).toBe('failed protocol-error')
  })

  it('with an address that must not be connected to fails the file @req SEC-10', () => {
    expect(fate({}, {}, { mayConnect: (host: string, port: number) => host !== '192.0.2.10' || port !== 2855 })).toBe(
      'failed forbidden-address',
    )
    expect(fate({}, {}, { mayConnect: () => true })).toBe('connecting')
  })
})

describe('which shared file is meant', () => {
  const file = (text: string): FileProperties => select(text) as FileProperties
  const shared = [
    file(`name:"hello.txt" type:text/plain size:12 ${HELLO_HASH}`),
    file(`name:"notes.txt" type:text/plain size:4400 ${NOTES_HASH}`),
    { ...file('name:"empty" type:a/b'), size: 0, hashes: select(EMPTY_HASH).hashes },
  ]
  const names = (text: string) => matchShared(select(text), shared).map(({ name }) => name)

  it('is told by exact name, size, type and hash @req OA-32 OA-33', () => {
    expect(names('name:"hello.txt"')).toEqual(['hello.txt'])
    expect(names('name:"Hello.txt"')).toEqual([])
    expect(names('name:"hello.tx"')).toEqual([])
    expect(names('size:12')).toEqual(['hello.txt'])
    expect(names('size:13')).toEqual([])
    expect(names('type:TEXT/Plain')).toEqual(['hello.txt', 'notes.txt'])
    expect(names('type:text/html')).toEqual([])
    expect(names(HELLO_HASH)).toEqual(['hello.txt'])
    expect(names(`name:"hello.txt" ${NOTES_HASH}`)).toEqual([])
    expect(names(EMPTY_HASH)).toEqual(['empty'])
    expect(matchShared(select('size:12'), [])).toEqual([])
  })
})
