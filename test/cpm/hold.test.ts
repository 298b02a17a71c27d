import { describe, expect, it } from 'vitest'
import type { SessionEvent } from '../../src/cpm/index.js'
import { parseFileSelector } from '../../src/sdp/index.js'
import { BIG, header, pairOf, sip, wire } from '../kit/flow-pair.js'
import { fileLine, LoneSession, sdp } from '../kit/lone-session.js'
import { attribute, type End, response, type SessionPair } from '../kit/session-pair.js'

const holds = (events: readonly SessionEvent[]) =>
  events.flatMap(event => (event.type === 'held' ? [`${event.held ? 'held' : 'on'} by ${event.by}`] : []))
const directions = (text: string) => [...text.matchAll(/^a=(sendonly|recvonly|inactive)\r$/gm)].map(match => match[1])

/** Gives the octets of a file in portions, so that a test can act between them. */
class Feeder {
  #given = 0

  constructor(
    readonly pair: SessionPair,
    readonly end: End,
    readonly fileId: string,
    readonly content: Uint8Array,
  ) {
    end.give = false
  }

  /** As many octets as were asked for, at most `count`. */
  give(count = Number.POSITIVE_INFINITY): void {
    const until = this.#given + count
    for (;;) {
      const need = this.end.events.find(
        event => event.type === 'need-octets' && event.fileId === this.fileId && event.position + event.length > this.#given,
      )
      if (need?.type !== 'need-octets' || this.#given >= until) return
      const bytes = this.content.subarray(this.#given, Math.min(need.position + need.length, until))
      this.pair.command(this.end, { name: 'octets', fileId: this.fileId, position: this.#given, bytes })
      this.#given += bytes.length
    }
  }
}

/** A transfer of 100000 octets in chunks of 2048, of which Alice has given the first 5000. */
function half(settings: Parameters<typeof pairOf>[0] = {}) {
  const pair = pairOf({ chunkSize: 2048, ...settings })
  const file = pair.alice.file('big.bin', BIG)
  const feeder = new Feeder(pair, pair.alice, file.fileId, BIG)
  const start = () => {
    pair.send(pair.alice, [file])
    feeder.give(5000)
  }
  return { pair, file, feeder, start }
}

describe('a pause', () => {
  it.each(['alice', 'bob'] as const)(
    'of %s ends the chunk, keeps the session, and goes on at the next octet of the same message @req OA-38',
    who => {
      const { pair, file, feeder, start } = half()
      const end: End = pair[who]
      const fileId = who === 'alice' ? file.fileId : 'bob/in-1'
      start()
      pair.command(end, { name: 'pause', fileId })
      feeder.give()
      expect(pair.alice.states(file.fileId).at(-1)).toBe('sending')
      expect(pair.bob.states('bob/in-1').at(-1)).toBe('receiving')
      expect(sip(pair).slice(3)).toEqual([`${who} offer ${who === 'alice' ? 20_001 : 20_002}`, expect.stringMatching(/accept/)])
      expect(pair.sip.slice(3).map(step => directions(step.sdp))).toEqual([['inactive'], ['inactive']])
      expect(attribute(pair.sip[3]?.sdp ?? '', 'file-transfer-id')).toEqual(attribute(pair.sip[0]?.sdp ?? '', 'file-transfer-id'))
      const [us, them] = who === 'alice' ? [pair.alice, pair.bob] : [pair.bob, pair.alice]
      expect([holds(us.events), holds(them.events)]).toEqual([['held by us'], ['held by peer']])
      const sent = wire(pair.alice).filter(line => line.startsWith('> SEND'))
      expect(sent.at(-1)).toMatch(/\+$/)
      // a pause has no end of its own: neither side gives up
      pair.run(200_000)
      expect(wire(pair.alice).filter(line => line.startsWith('> SEND')).length).toBe(sent.length)
      expect(pair.bob.states('bob/in-1').at(-1)).toBe('receiving')

      pair.command(end, { name: 'continue', fileId })
      feeder.give()
      expect(pair.alice.states(file.fileId)).toContain('completed')
      expect([...(pair.bob.received.get('bob/in-1') ?? [])]).toEqual([...BIG])
      expect(holds(us.events)).toEqual(['held by us', 'on by us'])
      expect(holds(them.events)).toEqual(['held by peer', 'on by peer'])
      const sends = pair.alice.msrp.filter(entry => header(entry, 'Content-Type') !== undefined)
      expect(new Set(sends.map(entry => header(entry, 'Message-ID'))).size).toBe(1)
      const ends = sends.map(entry => /^(\d+)-(\d+|\*)/.exec(header(entry, 'Byte-Range') ?? ''))
      const lengths = sends.map(entry => entry.bodyLength)
      ends.forEach((match, index) => expect(Number(match?.[1])).toBe(1 + lengths.slice(0, index).reduce((sum, length) => sum + length, 0)))
    },
  )

  it('of one file leaves the others alone @req OA-38 OA-46', () => {
    const { pair, file, feeder } = half()
    const other = pair.alice.file('other.bin', BIG)
    pair.send(pair.alice, [file, other])
    feeder.give(5000)
    pair.command(pair.alice, { name: 'pause', fileId: file.fileId })
    new Feeder(pair, pair.alice, other.fileId, BIG).give()
    expect(pair.alice.states(other.fileId)).toContain('completed')
    expect(pair.alice.states(file.fileId).at(-1)).toBe('sending')
    pair.run(100_000)
    expect(pair.alice.session.state).toBe('established')
    pair.command(pair.alice, { name: 'continue', fileId: file.fileId })
    feeder.give()
    expect(pair.alice.states(file.fileId)).toContain('completed')
    expect([...(pair.bob.received.get('bob/in-1') ?? [])]).toEqual([...BIG])
  })

  it('by both ends needs both to go on @req OA-38', () => {
    const { pair, file, feeder, start } = half()
    start()
    pair.command(pair.alice, { name: 'pause', fileId: file.fileId })
    feeder.give()
    pair.command(pair.bob, { name: 'pause', fileId: 'bob/in-1' })
    expect(directions(pair.sip.at(-1)?.sdp ?? '')).toEqual(['inactive'])
    pair.command(pair.alice, { name: 'continue', fileId: file.fileId })
    expect(pair.alice.states(file.fileId).at(-1)).toBe('sending')
    expect(holds(pair.alice.events)).toEqual(['held by us', 'held by peer', 'on by us'])
    pair.command(pair.bob, { name: 'continue', fileId: 'bob/in-1' })
    feeder.give()
    expect(pair.alice.states(file.fileId)).toContain('completed')
    expect([...(pair.bob.received.get('bob/in-1') ?? [])]).toEqual([...BIG])
  })

  it('before the peer answered is told after its answer, and no octet goes out before @req OA-38 SND-2', () => {
    const { pair, file, feeder } = half()
    pair.bob.choose = () => undefined
    pair.send(pair.alice, [file])
    pair.command(pair.alice, { name: 'pause', fileId: file.fileId })
    expect(directions(pair.sip[0]?.sdp ?? '')).toEqual(['sendonly'])
    pair.command(pair.bob, { name: 'answer', accepted: ['bob/in-1'] })
    expect(wire(pair.alice)).toEqual([expect.stringMatching(/^> SEND 1-0\/0 \$$/), '< 200'])
    expect(directions(pair.sip.at(-1)?.sdp ?? '')).toEqual(['inactive'])
    pair.command(pair.alice, { name: 'continue', fileId: file.fileId })
    feeder.give()
    expect(pair.alice.states(file.fileId)).toContain('completed')
    expect([...(pair.bob.received.get('bob/in-1') ?? [])]).toEqual([...BIG])
  })

  it('that ends before anyone was told leaves nothing to tell @req OA-38 OA-9', () => {
    const { pair, file, feeder } = half()
    pair.bob.choose = () => undefined
    pair.send(pair.alice, [file])
    pair.command(pair.alice, { name: 'pause', fileId: file.fileId })
    pair.command(pair.alice, { name: 'pause', fileId: file.fileId })
    pair.command(pair.alice, { name: 'continue', fileId: file.fileId })
    pair.command(pair.bob, { name: 'answer', accepted: ['bob/in-1'] })
    feeder.give()
    expect(sip(pair).slice(3)).toEqual(['alice offer 0', 'bob accept 0'])
    expect(holds(pair.alice.events)).toEqual(['held by us', 'on by us'])
  })

  it('holds a pull of ours, and one of the peer @req OA-38 OA-4', () => {
    for (const who of ['alice', 'bob'] as const) {
      const { pair, file } = half()
      pair.alice.shared.push(file)
      const feeder = new Feeder(pair, pair.alice, 'alice/in-1', BIG)
      const selector = parseFileSelector('size:100000', { lenient: false }) ?? { hashes: [] }
      pair.command(pair.bob, { name: 'get', files: [{ fileId: 'down', selector }] })
      feeder.give(5000)
      const fileId = who === 'bob' ? 'down' : 'alice/in-1'
      pair.command(pair[who], { name: 'pause', fileId })
      feeder.give()
      expect(pair.bob.states('down').at(-1)).toBe('receiving')
      pair.run(150_000)
      expect(pair.bob.states('down').at(-1)).toBe('receiving')
      pair.command(pair[who], { name: 'continue', fileId })
      feeder.give()
      expect(pair.bob.states('down')).toContain('completed')
      expect([...(pair.bob.received.get('down') ?? [])]).toEqual([...BIG])
    }
  })

  it('of a file that is over, or of none, does nothing @req OA-38', () => {
    const { pair, file, feeder } = half()
    pair.send(pair.alice, [file])
    feeder.give()
    const steps = pair.sip.length
    pair.command(pair.alice, { name: 'pause', fileId: file.fileId })
    pair.command(pair.alice, { name: 'pause', fileId: 'none' })
    pair.command(pair.alice, { name: 'continue', fileId: file.fileId })
    expect(pair.sip.length).toBe(steps)
    expect(holds(pair.alice.events)).toEqual([])
  })

  it('can be aborted like a running file @req OA-40', () => {
    const { pair, file, start } = half()
    start()
    pair.command(pair.alice, { name: 'pause', fileId: file.fileId })
    pair.command(pair.alice, { name: 'abort', fileId: file.fileId })
    expect(pair.alice.states(file.fileId)).toContain('aborted')
    expect(
      wire(pair.alice)
        .filter(line => line.startsWith('> SEND'))
        .at(-1),
    ).toMatch(/#$/)
    expect(pair.bob.states('bob/in-1')).toContain('aborted')
  })
})

describe('a pause seen from one end', () => {
  const FILE = { fileId: 'f', selector: { name: 'a.txt', size: 4400, hashes: [] }, disposition: 'attachment' } as const
  const started = () => {
    const session = new LoneSession({ id: 'bob' })
    session.step({ type: 'command', command: { name: 'send', files: [FILE] } })
    const line = { setup: 'passive', direction: 'recvonly', id: attribute(session.sdp, 'file-transfer-id')[0] ?? '', selector: 'size:4400' }
    session.answered(sdp(fileLine(line)))
    const moves = () => session.msrp.flatMap(({ type }) => (type === 'pause' || type === 'continue' ? [type] : []))
    const command = (name: 'pause' | 'continue') => session.step({ type: 'command', command: { name, fileId: 'f' } })
    return { session, line, moves, command }
  }

  it('is on the wire at once, and tells the peer by one offer @req OA-38 SND-6', () => {
    const { session, moves, command } = started()
    command('pause')
    expect(moves()).toEqual(['pause'])
    expect(session.last?.name).toBe('offer')
    expect(directions(session.sdp)).toEqual(['inactive'])
    // the change of mind waits for the answer to the offer before
    command('continue')
    const offers = session.sip.filter(({ name }) => name === 'offer').length
    expect(moves()).toEqual(['pause', 'continue'])
    session.answered(sdp(fileLine({ direction: 'inactive', setup: 'passive' })))
    expect(session.sip.filter(({ name }) => name === 'offer').length).toBe(offers + 1)
    expect(directions(session.sdp)).toEqual(['sendonly'])
    expect(holds(session.events)).toEqual(['held by us', 'on by us'])
  })

  it('of which the offer met another one is offered again @req SIP-22 OA-38', () => {
    const { session, command } = started()
    command('pause')
    session.event({ name: 'refused', id: 'bob', status: 491, response: response(491), retryAfter: 500 })
    session.run(499)
    const offers = session.sip.filter(({ name }) => name === 'offer').length
    session.run(1)
    expect(session.sip.filter(({ name }) => name === 'offer').length).toBe(offers + 1)
    expect(directions(session.sdp)).toEqual(['inactive'])
    // the user went on while the offer waited for its second try: there is nothing left to offer
    session.event({ name: 'refused', id: 'bob', status: 491, response: response(491), retryAfter: 500 })
    command('continue')
    session.run(500)
    expect(session.sip.filter(({ name }) => name === 'offer').length).toBe(offers + 1)
  })

  it('of which the offer was refused is undone, and the user learns it @req SIP-23 OA-38', () => {
    const { session, moves, command } = started()
    command('pause')
    session.event({ name: 'refused', id: 'bob', status: 488, response: response(488) })
    expect(holds(session.events)).toEqual(['held by us', 'on by us'])
    expect(moves()).toEqual(['pause', 'continue'])
    expect(session.states('f')).toEqual(['offered', 'connecting'])
    // unless the user changed his mind already
    command('pause')
    command('continue')
    session.event({ name: 'refused', id: 'bob', status: 488, response: response(488) })
    expect(moves()).toEqual(['pause', 'continue', 'pause', 'continue'])
    expect(session.sip.filter(({ name }) => name === 'offer').length).toBe(2)
  })

  it('reaches a peer that offers first with our answer @req OA-38 SND-6', () => {
    const { session, line, command } = started()
    command('pause')
    session.event({ name: 'refused', id: 'bob', status: 491, response: response(491), retryAfter: 500 })
    session.offered(sdp(fileLine(line)))
    expect(session.last?.name).toBe('accept')
    expect(directions(session.sdp)).toEqual(['inactive'])
    const offers = session.sip.length
    session.run(5000)
    expect(session.sip.length).toBe(offers)
  })

  it('of the peer is not undone by its echo of ours @req OA-38', () => {
    const { session, line, moves, command } = started()
    session.offered(sdp(fileLine({ ...line, direction: 'inactive' })))
    expect(holds(session.events)).toEqual(['held by peer'])
    command('pause')
    command('continue')
    // our `inactive` is answered with `inactive`, which says nothing; our `sendonly` too, which says that the peer still holds
    session.answered(sdp(fileLine({ ...line, direction: 'inactive' })))
    session.answered(sdp(fileLine({ ...line, direction: 'inactive' })))
    expect(moves()).toEqual(['pause'])
    session.offered(sdp(fileLine(line)))
    expect(moves()).toEqual(['pause', 'continue'])
    expect(holds(session.events).at(-1)).toBe('on by peer')
  })

  it('may come with the first answer @req OA-38', () => {
    const session = new LoneSession({ id: 'bob' })
    session.step({ type: 'command', command: { name: 'send', files: [FILE] } })
    session.answered(sdp(fileLine({ setup: 'passive', direction: 'inactive', selector: 'size:4400' })))
    expect(session.msrp.map(({ type }) => type)).toEqual(['add-session', 'pause', 'send'])
    expect(holds(session.events)).toEqual(['held by peer'])
  })

  it('never turns a line around: a direction that contradicts the file ends it @req OA-39 OA-37', () => {
    const { session, line } = started()
    session.offered(sdp(fileLine({ ...line, direction: 'sendonly' })))
    expect(session.last?.name).toBe('accept')
    expect(session.sdp).toContain('m=message 0 ')
    expect(session.states('f').at(-1)).toBe('aborted')
    const other = started()
    other.command('pause')
    other.session.answered(sdp(fileLine({ ...other.line, direction: 'sendonly' })))
    expect(other.session.events.find(event => event.type === 'file' && event.state === 'failed')).toMatchObject({
      outcome: { code: 'protocol-error' },
    })
    expect(other.session.sdp).toContain('m=message 0 ')
  })
})
