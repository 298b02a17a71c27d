import { describe, expect, it } from 'vitest'
import { ConferenceWorld } from '../kit/conference-world.js'
import { BIG, HELLO, NOTES } from '../kit/flow-pair.js'
import { encodeUtf8, decodeLatin1, concatBytes } from '../../src/wire/index.js'
import { CONFERENCE } from '../kit/conference-world.js'

const ALICE = 'sip:alice@home.example'

/** A CPIM message as somebody might write it. */
function message(from: string, to: readonly string[], content: Uint8Array, more = ''): Uint8Array {
  const head = [`From: <${from}>`, ...to.map(uri => `To: <${uri}>`), 'DateTime: 2024-05-04T12:16:49Z', more]
    .filter(line => line !== '')
    .join('\r\n')
  return concatBytes(encodeUtf8(`${head}\r\n\r\nContent-Type: text/plain\r\n\r\n`), content)
}

interface Written {
  readonly bytes: Uint8Array
  readonly contentType?: string
  /** Octets that are announced; the real number by default. */
  readonly total?: number
  readonly offer?: Uint8Array
}

/** Alice's device is not ours: it writes whatever message it likes on the line that was accepted. */
function write({ bytes, contentType = 'message/cpim', total = bytes.length, offer = NOTES }: Written): ConferenceWorld {
  const world = new ConferenceWorld({ members: ['bob', 'carol'], chunkSize: 2048 })
  const file = world.alice.file('notes.txt', offer)
  world.alice.rawMessage = { bytes, contentType, total }
  world.start([file])
  return world
}

/** Statuses Alice got for her requests, and in REPORTs. */
function statuses(world: ConferenceWorld): string[] {
  return world.alice.msrp
    .filter(({ direction }) => direction === 'in')
    .map(({ head }) => {
      const text = decodeLatin1(head)
      const [, , what = ''] = text.split('\r\n')[0]?.split(' ') ?? []
      return what === 'REPORT' ? `REPORT ${/^Status: 000 (\d+)/m.exec(text)?.[1]}` : what
    })
    .filter(status => status !== '200')
}

describe('a message into a conference', () => {
  it('is passed on octet by octet, strange headers and all @req GRP-27', () => {
    const bytes = message(ALICE, [CONFERENCE], NOTES, 'Subject: Ahoi\r\nNS: x <urn:x>\r\nx.y: z')
    const world = write({ bytes })
    expect(statuses(world)).toEqual(['REPORT 200'])
    for (const name of ['bob', 'carol']) expect(world.member(name).files()).toEqual([NOTES])
    const written = world.focus.passages.commands.filter(({ name }) => name === 'write')
    expect(written.length).toBeGreaterThan(0)
  })

  it.each([
    ['no CPIM', { bytes: NOTES, contentType: 'text/plain' }, '415'],
    ['a container without CPIM', { bytes: NOTES, contentType: 'multipart/mixed;boundary=x' }, '415'],
    ['a forged author', { bytes: message('sip:bob@home.example', [CONFERENCE], NOTES) }, '403'],
    ['several recipients', { bytes: message(ALICE, [CONFERENCE, 'sip:bob@home.example'], NOTES) }, '403'],
    ['another recipient', { bytes: message(ALICE, ['sip:bob@home.example'], NOTES) }, '404'],
    ['a length that does not fit the offer', { bytes: message(ALICE, [CONFERENCE], NOTES), total: 9000 }, '413'],
    ['more octets than the offer', { bytes: message(ALICE, [CONFERENCE], concatBytes(NOTES, HELLO)) }, '413'],
    ['headers without end', { bytes: encodeUtf8('From: <sip:alice@home.example>\r\n'.repeat(3000)), offer: BIG }, '400'],
    ['headers that are none', { bytes: concatBytes(encodeUtf8('no header\r\n\r\n'), NOTES) }, '400'],
  ] as const)('is refused for %s @req GRP-26 SEC-15', (_what, written, status) => {
    const world = write(written)
    expect(statuses(world)[0]).toBe(status)
    for (const name of ['bob', 'carol']) {
      expect(world.member(name).files()).toEqual([])
      expect(world.focus.told('delivery')).toContain(name === 'bob' ? 'p1 f1 cancelled' : 'p2 f1 cancelled')
    }
    // What is no CPIM never got past the MSRP endpoint, so that Alice closes the line
    world.run(2000)
    expect(world.sip().some(step => step.endsWith('offer 0') && step.includes('alice'))).toBe(true)
    expect(world.focus.passages.open).toEqual([])
  })

  it('that ends inside its headers is of no use @req GRP-26', () => {
    const world = write({ bytes: encodeUtf8('From: <sip:alice@home.example>\r\n') })
    expect(statuses(world)).toEqual(['REPORT 413'])
    expect(world.focus.told('delivery').slice(-2)).toEqual(['p1 f1 cancelled', 'p2 f1 cancelled'])
  })

  it('that is another file than was offered gets a failure report, and the members hear that it stopped @req GRP-30', () => {
    const other = Uint8Array.from(NOTES, octet => octet ^ 1)
    const world = write({ bytes: message(ALICE, [CONFERENCE], other) })
    expect(statuses(world)).toEqual(['REPORT 403'])
    expect(world.focus.told('file')).toContain('f1 ended')
    expect(world.alice.states().at(-1)).toBe('failed')
  })

  it('may have an unknown length as long as the file says its size @req GRP-27', () => {
    const bytes = message(ALICE, [CONFERENCE], NOTES)
    const world = new ConferenceWorld({ members: ['bob'], chunkSize: 2048 })
    world.alice.rawMessage = { bytes, contentType: 'message/cpim', total: bytes.length }
    world.mangle = (from, text) => (from === 'alice' ? text.replace(/(Byte-Range: \d+-[\d*]+)\/\d+/g, '$1/*') : text)
    world.start([world.alice.file('notes.txt', NOTES)])
    expect(world.focus.passages.commands[0]).toMatchObject({ name: 'open', total: undefined })
    expect(world.member('bob').files()).toEqual([NOTES])
  })

  it('may have an unknown length altogether: it goes on when it is whole @req GRP-27', () => {
    const world = new ConferenceWorld({ members: ['bob'], chunkSize: 2048 })
    world.mangle = (from, text) => (from === 'alice' ? text.replace(/(Byte-Range: \d+-[\d*]+)\/\d+/g, '$1/*') : text)
    const file = world.alice.file('notes.txt', NOTES)
    const { size, ...selector } = file.selector
    expect(size).toBe(NOTES.length)
    world.alice.rawMessage = {
      bytes: message(ALICE, [CONFERENCE], NOTES),
      contentType: 'message/cpim',
      total: message(ALICE, [CONFERENCE], NOTES).length,
    }
    world.start([{ ...file, selector }])
    expect(world.member('bob').files()).toEqual([NOTES])
    expect(statuses(world)).toEqual(['REPORT 200'])
  })

  it.each([
    ['says less than comes', /\/\d+/, '/1000', 'REPORT 413'],
    ['says more than comes', /\/\d+/, '/9000', 'REPORT 403'],
  ] as const)('that %s is found out @req GRP-26 GRP-30', (_what, total, written, status) => {
    const world = new ConferenceWorld({ members: ['bob'], chunkSize: 8192 })
    world.mangle = (from, text) => (from === 'alice' ? text.replace(/Byte-Range: .*/g, range => range.replace(total, written)) : text)
    const { size: _size, ...selector } = world.alice.file('notes.txt', NOTES).selector
    const bytes = message(ALICE, [CONFERENCE], NOTES)
    world.alice.rawMessage = { bytes, contentType: 'message/cpim', total: bytes.length }
    world.start([{ ...world.alice.file('notes.txt', NOTES), selector }])
    expect(statuses(world)[0]).toBe(status)
    expect(world.member('bob').events.some(({ type }) => type === 'complete')).toBe(false)
    expect(world.focus.told('delivery').at(-1)).toBe('p1 f1 cancelled')
  })

  it.each([
    ['leaves octets out', '2149'],
    ['repeats octets and then leaves some out', '1'],
  ] as const)('that %s is refused @req GRP-26', (_what, begin) => {
    const world = new ConferenceWorld({ members: ['bob'], chunkSize: 2048 })
    world.mangle = (from, text) => (from === 'alice' ? text.replace(/(Byte-Range: )2049-/g, `$1${begin}-`) : text)
    world.start([world.alice.file('notes.txt', NOTES)])
    expect(world.focus.told('delivery').at(-1)).toBe('p1 f1 cancelled')
    world.run(1000)
    expect(world.sip()).toContain('focus>alice offer 0')
  })

  it('that does not say its type is plain text @req GRP-30', () => {
    const bytes = concatBytes(encodeUtf8(`From: <${ALICE}>\r\nTo: <${CONFERENCE}>\r\n\r\n\r\n`), NOTES)
    expect(statuses(write({ bytes }))).toEqual(['REPORT 200'])
  })

  it('of a part of a file passes too @req GRP-22 GRP-30 OA-61', () => {
    const world = new ConferenceWorld({ members: ['bob'] })
    world.start([world.alice.file('notes.txt', NOTES, { range: { start: 1001, stop: undefined } })])
    expect(world.alice.states().at(-1)).toBe('completed')
    expect(world.member('bob').offer?.files[0]?.range).toEqual({ start: 1001, stop: undefined })
    expect(world.member('bob').files()[0]?.subarray(1000)).toEqual(NOTES.subarray(1000))
  })

  it('of no octets passes as well @req GRP-27 D-16', () => {
    const world = new ConferenceWorld({ members: ['bob'] })
    const empty = new Uint8Array(0)
    world.start([world.alice.file('empty.txt', empty)])
    expect(world.alice.states().at(-1)).toBe('completed')
    expect(world.focus.told('delivery').at(-1)).toBe('p1 f1 finished')
  })
})

type Nonsense = readonly [what: string, change: (sdp: string) => string]

describe('a member that answers nonsense', () => {
  it.each<Nonsense>([
    ['no SDP at all', (_sdp: string) => 'nonsense'],
    ['fewer lines', (sdp: string) => sdp.slice(0, sdp.indexOf('m='))],
    ['no path', (sdp: string) => sdp.replace(/a=path:.*\r\n/, '')],
    ['a path that is none', (sdp: string) => sdp.replace(/a=path:.*\r\n/, 'a=path:http://x\r\n')],
    ['the wrong direction', (sdp: string) => sdp.replace('a=recvonly', 'a=sendonly')],
    ['another range', (sdp: string) => `${sdp}a=file-range:2-10\r\n`],
    ['no message/cpim', (sdp: string) => sdp.replace('a=accept-types:message/cpim', 'a=accept-types:text/plain')],
    ['too small a limit', (sdp: string) => `${sdp.replace(/a=max-size:.*\r\n/, '')}a=max-size:100\r\n`],
  ])('such as %s loses its own file alone @req GRP-31 GRP-33', (_what, change) => {
    const world = new ConferenceWorld({ members: ['bob', 'carol'] })
    world.rewrite = (from, name, sdp) => (from === 'bob' && name === 'accept' ? change(sdp) : sdp)
    world.start([world.alice.file('notes.txt', NOTES)])
    world.run(5000)
    expect(
      world.focus
        .told('delivery')
        .filter(line => line.startsWith('p1'))
        .at(-1),
    ).toBe('p1 f1 failed')
    expect(world.member('carol').files()).toEqual([NOTES])
    world.alice.command({ name: 'close' })
    world.run(40_000)
    expect(world.focus.told().at(-1)).toBe('ended')
  })

  it('that moves in the middle is cut off @req GRP-33', () => {
    const world = new ConferenceWorld({ members: ['bob', 'carol'], chunkSize: 2048 })
    world.alice.gives = false
    world.start([world.alice.file('big.bin', BIG)])
    world.alice.feed(40_000)
    // Bob offers the same line with another path, as after a change of its network
    const offer = world
      .step('bob', 'focus', 'accept')
      .sdp.replace(/(a=path:msrp:\/\/192\.0\.2\.1:\d+\/)[^;]*/, '$1elsewhere42')
      .replace(/^(o=\S+ \d+) (\d+)/m, (_all, begin, version) => `${begin} ${Number(version) + 1}`)
    world.offerAs(world.member('bob'), offer)
    world.alice.feed()
    expect(
      world.focus
        .told('delivery')
        .filter(line => line.startsWith('p1'))
        .at(-1),
    ).toBe('p1 f1 failed')
    expect(world.member('carol').files()).toEqual([BIG])
  })
})

describe('a creator that offers nonsense', () => {
  it.each<readonly [...Nonsense, status: number]>([
    ['lines that take no CPIM', (sdp: string) => sdp.replace('a=accept-types:message/cpim', 'a=accept-types:text/plain'), 488],
    ['no SDP', (_sdp: string) => 'nonsense', 400],
    ['a pull', (sdp: string) => sdp.replace('a=sendonly', 'a=recvonly'), 488],
  ])('such as %s is refused before anybody is invited @req GRP-23 GRP-14', (_what, change, status) => {
    const world = new ConferenceWorld()
    world.rewrite = (from, name, sdp) => (from === 'alice' && name === 'invite' ? change(sdp) : sdp)
    world.start([world.alice.file('notes.txt', NOTES)])
    expect(world.sip()).toEqual(['alice>focus invite' + (status === 400 ? '' : ' 20001'), `focus>alice reject ${status}`])
    expect(world.focus.told().at(-1)).toBe('ended')
  })
})
