import { describe, expect, it } from 'vitest'
import { SipHeaders } from '../../src/sip/index.js'
import { encodeUtf8 } from '../../src/wire/index.js'
import { attribute, ports, SessionPair, version } from '../kit/session-pair.js'

const NOTES = encodeUtf8('The quick brown fox jumps over the lazy dog\n'.repeat(100))
const HELLO = encodeUtf8('Hello, CPM!\n')
const BIG = Uint8Array.from({ length: 100_000 }, (_, index) => (7 * index + 3) % 256)

const names = (pair: SessionPair) => pair.sip.map(step => `${step.from} ${step.name}`)

describe('a 1-1 push', () => {
  it('offers, sends, reports, closes the line with port 0, waits 30 s and says BYE @req CR-1 CR-2 CR-9 CR-10 CR-11 CR-14 CR-15 D-1', () => {
    const pair = new SessionPair()
    const file = pair.alice.file('notes.txt', NOTES)
    pair.send(pair.alice, [file])
    expect(names(pair)).toEqual(['alice invite', 'bob ring', 'bob accept', 'alice offer', 'bob accept'])
    expect(pair.alice.states(file.fileId)).toEqual(['offered', 'connecting', 'sending', 'awaiting-confirmation', 'completed'])
    const [saved] = [...pair.bob.received.values()]
    expect(saved).toEqual(NOTES)
    const closing = pair.sip[3]?.sdp ?? ''
    expect(ports(closing)).toEqual([0])
    expect(closing).toContain('m=message 0 TCP/MSRP *')
    expect(version(closing)).toBe(version(pair.sip[0]?.sdp ?? '') + 1)
    expect(attribute(closing, 'file-transfer-id')).toEqual(attribute(pair.sip[0]?.sdp ?? '', 'file-transfer-id'))
    pair.run(29_900)
    expect(names(pair)).toHaveLength(5)
    pair.run(200)
    expect(names(pair).slice(5)).toEqual(['alice bye'])
    expect(pair.alice.session.state).toBe('terminated')
    expect(pair.bob.session.state).toBe('terminated')
  })

  it('gives every file its own m-line, id and path, and one Message-ID @req CR-6 CR-7 OA-1 OA-2 OA-3 OA-5 OA-60', () => {
    const pair = new SessionPair()
    pair.send(pair.alice, [
      pair.alice.file('a.txt', NOTES),
      pair.alice.file('b.bin', BIG, 'application/octet-stream'),
      pair.alice.file('c.txt', HELLO),
    ])
    const offer = pair.sip[0]?.sdp ?? ''
    expect(ports(offer)).toEqual([20_001, 20_001, 20_001])
    expect(new Set(attribute(offer, 'path')).size).toBe(3)
    expect(new Set(attribute(offer, 'file-transfer-id')).size).toBe(3)
    expect(attribute(offer, 'file-selector')).toHaveLength(3)
    expect(offer.match(/a=sendonly/g)).toHaveLength(3)
    const ids = pair.alice.msrp.filter(e => e.direction === 'out').map(e => /Message-ID: (\S+)/.exec(new TextDecoder().decode(e.head))?.[1])
    expect(new Set(ids.filter(Boolean)).size).toBe(3)
  })

  it('sends only what was accepted, and mirrors the declined line with port 0 @req CR-20 CR-21 SND-3 OA-21 OA-22', () => {
    const pair = new SessionPair()
    pair.bob.choose = event => [event.files[0]?.fileId ?? '', event.files[2]?.fileId ?? '']
    const files = [pair.alice.file('a.txt', NOTES), pair.alice.file('b.bin', BIG), pair.alice.file('c.txt', HELLO)]
    pair.send(pair.alice, files)
    const answer = pair.sip.find(step => step.from === 'bob' && step.name === 'accept')?.sdp ?? ''
    expect(ports(answer)).toEqual([20_002, 0, 20_002])
    expect(attribute(answer, 'file-selector')).toEqual(attribute(pair.sip[0]?.sdp ?? '', 'file-selector'))
    expect(attribute(answer, 'file-transfer-id')).toEqual(attribute(pair.sip[0]?.sdp ?? '', 'file-transfer-id'))
    expect(answer).not.toMatch(/a=file-(date|icon|disposition)/)
    expect(files.map(file => pair.alice.states(file.fileId).at(-1))).toEqual(['completed', 'declined', 'completed'])
    expect(pair.bob.received.size).toBe(2)
  })

  it('gets 488 with a Warning when everything is declined, and opens nothing @req CR-22 SIP-35 RCV-3', () => {
    const pair = new SessionPair()
    pair.bob.choose = () => []
    const file = pair.alice.file('a.txt', NOTES)
    pair.send(pair.alice, [file])
    const reject = pair.sip.at(-1)
    expect(reject).toMatchObject({ from: 'bob', name: 'reject', status: 488 })
    expect(reject?.headers.find(([name]) => name === 'Warning')?.[1]).toContain('"No file accepted"')
    expect(pair.alice.states(file.fileId)).toEqual(['offered', 'declined'])
    expect(pair.alice.msrp).toEqual([])
    expect([pair.alice.session.state, pair.bob.session.state]).toEqual(['terminated', 'terminated'])
  })

  it('closes after the last 200 when no report was asked for @req CR-8 D-1', () => {
    const pair = new SessionPair({ alice: { successReport: false } })
    const file = pair.alice.file('notes.txt', NOTES)
    pair.bob.judge = () => undefined
    pair.send(pair.alice, [file])
    expect(pair.alice.states(file.fileId)).toEqual(['offered', 'connecting', 'sending', 'completed'])
    expect(pair.alice.msrp.some(e => e.direction === 'in' && new TextDecoder().decode(e.head).includes(' REPORT'))).toBe(false)
    expect(names(pair).slice(3)).toEqual(['alice offer', 'bob accept'])
  })

  it('does not close on the 200s alone while the asked-for REPORT is missing @req CR-9 SND-8', () => {
    const pair = new SessionPair()
    const file = pair.alice.file('notes.txt', NOTES)
    pair.bob.judge = () => undefined
    pair.send(pair.alice, [file])
    expect(pair.alice.states(file.fileId).at(-1)).toBe('awaiting-confirmation')
    pair.run(119_000)
    expect(names(pair)).toHaveLength(3)
    pair.run(2000)
    const last = pair.alice.events.filter(event => event.type === 'file').at(-2)
    expect(pair.alice.events.find(event => event.type === 'file' && event.state === 'completed')).toMatchObject({ confirmed: false })
    expect(last).toBeDefined()
    expect(names(pair).slice(3)).toEqual(['alice offer', 'bob accept'])
  })

  it('tells the user once when the receiver finds another hash, and the other file completes @req CR-12 RCV-14 MSRP-52', () => {
    const pair = new SessionPair()
    const [bad, good] = [pair.alice.file('bad.txt', NOTES), pair.alice.file('good.txt', HELLO)]
    pair.bob.judge = fileId => (fileId === 'bob/in-1' ? 'hash-mismatch' : 'saved')
    pair.send(pair.alice, [bad, good])
    expect(pair.alice.states(bad.fileId).at(-1)).toBe('failed')
    expect(pair.alice.outcomes(bad.fileId)).toEqual(['peer-failed'])
    expect(pair.alice.events.find(e => e.type === 'file' && e.fileId === bad.fileId && e.state === 'failed')).toMatchObject({
      outcome: { status: 403 },
    })
    expect(pair.alice.states(good.fileId).at(-1)).toBe('completed')
    expect(ports(pair.sip.at(-1)?.sdp ?? '')).toEqual([0, 0])
  })

  it('tells progress at most every 100 ms, and always the end @req SND-11', () => {
    const pair = new SessionPair({ chunkSize: 2048 })
    const file = pair.alice.file('big.bin', BIG)
    pair.send(pair.alice, [file])
    // 49 chunks were answered and the clock did not move: the first step and the last one, nothing between
    const progress = pair.alice.events.filter(event => event.type === 'progress')
    expect(progress.filter(event => event.confirmed < BIG.length)).toHaveLength(1)
    expect(progress.at(-1)).toMatchObject({ fileId: file.fileId, confirmed: BIG.length, handed: BIG.length })
  })

  it('fails the files of a lost connection with one event each @req CR-13 CON-16', () => {
    const pair = new SessionPair({ chunkSize: 2048 })
    const file = pair.alice.file('big.bin', BIG)
    let octets = 0
    pair.carry = (from, view) => {
      if (from === pair.alice) octets += view.length
      return octets < 20_000
    }
    pair.send(pair.alice, [file])
    pair.cut()
    expect(pair.alice.states(file.fileId).filter(state => state === 'failed')).toHaveLength(1)
    expect(pair.alice.outcomes(file.fileId)).toEqual(['connection-lost'])
    expect(pair.sip.slice(3).some(step => step.name === 'offer' && ports(step.sdp)[0] === 0)).toBe(true)
  })

  it('fails with 408 of its own when nothing answers for 30 s @req CR-13 MSRP-43', () => {
    const pair = new SessionPair()
    const file = pair.alice.file('notes.txt', NOTES)
    pair.carry = from => from === pair.alice
    pair.bob.judge = () => undefined
    pair.send(pair.alice, [file])
    pair.run(29_000)
    expect(pair.alice.states(file.fileId).at(-1)).not.toBe('failed')
    pair.run(2000)
    expect(pair.alice.outcomes(file.fileId)).toEqual(['timeout'])
  })
})

describe('the session between batches', () => {
  it('takes a second batch before the release timer fires, in the same dialog @req CR-16 D-6 OA-8 OA-27', () => {
    const pair = new SessionPair()
    pair.send(pair.alice, [pair.alice.file('a.txt', NOTES)])
    pair.run(29_000)
    const second = pair.alice.file('b.txt', HELLO)
    pair.send(pair.alice, [second])
    expect(names(pair).filter(name => name === 'alice invite')).toHaveLength(1)
    const offers = pair.sip.filter(step => step.from === 'alice' && step.sdp !== '')
    expect(offers.map(step => ports(step.sdp))).toEqual([[20_001], [0], [0, 20_001], [0, 0]])
    expect(offers.map(step => version(step.sdp))).toEqual([1, 2, 3, 4].map(n => n - 1 + version(offers[0]?.sdp ?? '')))
    expect(pair.alice.states(second.fileId).at(-1)).toBe('completed')
    expect(pair.bob.offers().map(offer => [offer.first, offer.files.length])).toEqual([
      [true, 1],
      [false, 1],
    ])
    pair.run(29_900)
    expect(names(pair)).not.toContain('alice bye')
    pair.run(200)
    expect(names(pair).at(-1)).toBe('alice bye')
  })

  it('starts the timer when the last file ends, not the first @req CR-14 D-5', () => {
    const pair = new SessionPair()
    pair.bob.judge = fileId => (fileId === 'bob/in-1' ? 'saved' : undefined)
    pair.send(pair.alice, [pair.alice.file('a.txt', NOTES), pair.alice.file('b.txt', HELLO)])
    pair.run(60_000)
    expect(names(pair)).not.toContain('alice bye')
    expect(pair.alice.session.state).toBe('established')
  })

  it('says BYE at once after the last close when the timer is 0 @req CR-17', () => {
    const pair = new SessionPair({ alice: { releaseTimer: 0 } })
    pair.send(pair.alice, [pair.alice.file('a.txt', NOTES)])
    expect(names(pair).slice(3)).toEqual(['alice offer', 'bob accept', 'alice bye'])
  })

  it('gives a mute sender five minutes, then the receiver ends the session @req SND-12', () => {
    const pair = new SessionPair()
    pair.intercept = (from, command) => from === pair.alice && (command.name === 'offer' || command.name === 'bye')
    pair.send(pair.alice, [pair.alice.file('a.txt', NOTES)])
    pair.run(299_000)
    expect(names(pair)).not.toContain('bob bye')
    pair.run(2000)
    expect(names(pair).filter(name => name === 'bob bye')).toHaveLength(1)
  })

  it('merges the closes of five files that ended during one re-INVITE into one more @req SND-6', () => {
    const pair = new SessionPair()
    let held = 0
    pair.intercept = (from, command) => from === pair.alice && command.name === 'offer' && ++held === 1
    pair.send(
      pair.alice,
      [1, 2, 3, 4, 5, 6].map(n => pair.alice.file(`${n}.txt`, HELLO)),
    )
    expect(held).toBe(1)
    const first = pair.sip.find(step => step.name === 'offer')
    // the 491 of the held offer lets the merged one out
    pair.event(pair.alice, { name: 'refused', id: 'alice', status: 491, retryAfter: 2500 })
    pair.run(2600)
    const offers = pair.sip.filter(step => step.name === 'offer')
    expect(offers).toHaveLength(2)
    expect(ports(first?.sdp ?? '').filter(port => port === 0).length).toBeGreaterThan(0)
    expect(ports(offers[1]?.sdp ?? '')).toEqual([0, 0, 0, 0, 0, 0])
  })

  it.each([
    [503, 7000, 2],
    [503, 32_000, 2],
    [503, 32_001, 1],
    [500, 40_000_000, 1],
  ])('repeats a close that was refused with %i for %i ms: %i offers in all @req SND-6 SIP-34', (status, retryAfter, count) => {
    const pair = new SessionPair()
    let held = 0
    pair.intercept = (from, command) => from === pair.alice && command.name === 'offer' && ++held === 1
    pair.send(pair.alice, [pair.alice.file('a.txt', HELLO)])
    const response = { kind: 'response', status, reason: 'Later', headers: new SipHeaders(), body: new Uint8Array() } as const
    pair.event(pair.alice, { name: 'refused', id: 'alice', status, retryAfter, response })
    const offers = () => pair.sip.filter(step => step.name === 'offer')
    pair.run(Math.min(retryAfter, 32_000) - 1)
    expect(offers()).toHaveLength(1)
    pair.run(2)
    expect(offers()).toHaveLength(count)
    // whether the close went through or was given up: the session is released in time
    pair.run(31_000)
    expect(names(pair)).toContain('alice bye')
  })

  it('says that it waits for a peer that asked for patience @req SIP-34', () => {
    const pair = new SessionPair()
    pair.intercept = () => true
    pair.send(pair.alice, [pair.alice.file('a.txt', HELLO)])
    pair.event(pair.alice, { name: 'waiting', id: 'alice', status: 486, after: 30_000 })
    expect(pair.alice.events).toContainEqual({ type: 'waiting', status: 486, after: 30_000 })
    expect(pair.alice.session.state).toBe('inviting')
  })

  it('tells the sender why its files were declined, in one line whatever the user said @req CR-22 SIP-34 SEC-14', () => {
    const reasons = ['In a meeting, "call" me', 'a\r\nX: y\u0007', ' \n ', 'x'.repeat(300)]
    const heard = reasons.map(reason => {
      const pair = new SessionPair()
      pair.bob.choose = () => undefined
      const file = pair.alice.file('a.txt', HELLO)
      pair.send(pair.alice, [file])
      pair.command(pair.bob, { name: 'answer', accepted: [], reason })
      const end = pair.alice.events.findLast(event => event.type === 'file')
      return end?.type === 'file' ? end.outcome?.detail?.replace(/^488 [^:]*: /, '') : undefined
    })
    expect(heard).toEqual([
      'No file accepted: In a meeting, "call" me',
      'No file accepted: a  X: y',
      'No file accepted',
      `No file accepted: ${'x'.repeat(200)}`,
    ])
  })

  it('keeps the session and the running files when a second batch is declined @req D-11 SIP-23', () => {
    const pair = new SessionPair()
    pair.send(pair.alice, [pair.alice.file('a.txt', NOTES)])
    pair.bob.choose = () => []
    const second = pair.alice.file('b.txt', HELLO)
    pair.send(pair.alice, [second])
    expect(pair.sip.at(-1)).toMatchObject({ from: 'bob', name: 'reject', status: 488 })
    expect(pair.alice.states(second.fileId)).toEqual(['offered', 'declined'])
    pair.bob.choose = event => event.files.map(file => file.fileId)
    const third = pair.alice.file('c.txt', HELLO)
    pair.send(pair.alice, [third])
    const offer = pair.sip.filter(step => step.name === 'offer').at(-2)
    expect(ports(offer?.sdp ?? '')).toEqual([0, 20_001])
    expect(pair.alice.states(third.fileId).at(-1)).toBe('completed')
  })
})

describe('the receiver without an answer', () => {
  it('answers 480 when the user says nothing for the ringing time @req D-7', () => {
    const pair = new SessionPair()
    pair.bob.choose = () => undefined
    const file = pair.alice.file('a.txt', NOTES)
    pair.send(pair.alice, [file])
    pair.run(119_000)
    expect(pair.sip.at(-1)?.name).toBe('ring')
    pair.run(2000)
    expect(pair.sip.at(-1)).toMatchObject({ from: 'bob', name: 'reject', status: 480 })
    expect(pair.alice.outcomes(file.fileId)).toEqual(['unreachable'])
    expect(pair.bob.events.some(event => event.type === 'offer-withdrawn')).toBe(true)
  })

  it('takes the prompt back when the caller cancels @req RCV-8 SND-10', () => {
    const pair = new SessionPair()
    pair.bob.choose = () => undefined
    const file = pair.alice.file('a.txt', NOTES)
    pair.send(pair.alice, [file])
    pair.step(pair.alice, { type: 'command', command: { name: 'abort', fileId: file.fileId } })
    expect(pair.sip.at(-1)).toMatchObject({ from: 'alice', name: 'cancel' })
    expect(pair.bob.events.some(event => event.type === 'offer-withdrawn')).toBe(true)
    expect(pair.alice.outcomes(file.fileId)).toEqual(['cancelled'])
    expect(pair.alice.session.state).toBe('terminated')
  })
})

describe('aborting', () => {
  const startBig = (pair: SessionPair, count = 1) => {
    const files = Array.from({ length: count }, (_, index) => pair.alice.file(`${index}.bin`, BIG))
    return files
  }

  it('ends the chunk with # and offers port 0 when the sender aborts @req OA-40 OA-45 OA-46', () => {
    const pair = new SessionPair({ chunkSize: 4096 })
    const [first, second] = startBig(pair, 2) as [ReturnType<typeof pair.alice.file>, ReturnType<typeof pair.alice.file>]
    pair.alice.give = false
    pair.send(pair.alice, [first, second])
    pair.step(pair.alice, { type: 'command', command: { name: 'abort', fileId: first.fileId } })
    expect(pair.alice.outcomes(first.fileId)).toEqual(['cancelled'])
    const flags = pair.alice.msrp.filter(entry => entry.direction === 'out').map(entry => entry.flag)
    expect(flags).toContain('#')
    const offer = pair.sip.filter(step => step.name === 'offer' && step.from === 'alice').at(-1)
    expect(ports(offer?.sdp ?? '')).toEqual([0, 20_001])
    expect(pair.bob.states('bob/in-1').at(-1)).toMatch(/aborted|closed/)
    expect(pair.bob.states('bob/in-2').at(-1)).not.toBe('failed')
  })

  it('answers 413 and offers port 0 itself when the receiver aborts @req OA-41 OA-43', () => {
    const pair = new SessionPair({ chunkSize: 4096 })
    const [file] = startBig(pair) as [ReturnType<typeof pair.alice.file>]
    let octets = 0
    // The rest of the chunk is still under way when the receiver stops it
    pair.carry = (from, view) => from !== pair.alice || (octets += view.length) < 30_000
    pair.bob.choose = event => event.files.map(({ fileId }) => fileId)
    pair.send(pair.alice, [file])
    expect(pair.bob.states('bob/in-1').at(-1)).toBe('receiving')
    pair.step(pair.bob, { type: 'command', command: { name: 'abort', fileId: 'bob/in-1' } })
    expect(pair.alice.states(file.fileId).at(-1)).toMatch(/failed|aborted/)
    expect(pair.alice.outcomes(file.fileId)).toEqual(['aborted-by-peer'])
    const offer = pair.sip.find(step => step.name === 'offer')
    expect(offer?.from).toBe('bob')
    expect(ports(offer?.sdp ?? '')).toEqual([0])
  })

  it('fails every unfinished file when the peer hangs up @req SIP-19 SND-9', () => {
    const pair = new SessionPair()
    pair.alice.give = false
    const file = pair.alice.file('a.bin', BIG)
    pair.send(pair.alice, [file])
    pair.event(pair.alice, { name: 'ended', id: 'alice', by: 'remote' })
    expect(pair.alice.outcomes(file.fileId)).toEqual(['aborted-by-peer'])
    expect(pair.alice.session.state).toBe('terminated')
  })
})
