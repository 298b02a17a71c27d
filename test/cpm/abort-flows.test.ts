import { describe, expect, it } from 'vitest'
import { encodeUtf8 } from '../../src/wire/index.js'
import { BIG, NOTES, pairOf, sip, wire } from '../kit/flow-pair.js'
import { attribute, ports } from '../kit/session-pair.js'

describe('flow 11: cancel', () => {
  it('crosses the 200: BYE, and no connection @req SIP-18 SND-10', () => {
    const pair = pairOf()
    let taken: string[] | undefined
    pair.bob.choose = event => {
      taken = event.files.map(({ fileId }) => fileId)
      return undefined
    }
    const file = pair.alice.file('one', NOTES)
    pair.send(pair.alice, [file])
    pair.intercept = (_, command) => command.name === 'cancel'
    pair.step(pair.alice, { type: 'command', command: { name: 'abort', fileId: file.fileId } })
    pair.step(pair.bob, { type: 'command', command: { name: 'answer', accepted: taken ?? [] } })
    expect(sip(pair, 2)).toEqual(['alice cancel', 'bob accept 20002', 'alice bye'])
    expect(pair.alice.msrp).toEqual([])
    expect(pair.alice.outcomes(file.fileId)).toEqual(['cancelled'])
    expect([pair.alice.session.state, pair.bob.session.state]).toEqual(['terminated', 'terminated'])
  })
})

describe('flow 12: abort', () => {
  /** A transfer of which some octets are out and the rest does not come. */
  const halfway = (count = 1, settings: Parameters<typeof pairOf>[0] = {}) => {
    const pair = pairOf({ chunkSize: 4096, ...settings })
    const files = Array.from({ length: count }, (_, index) => pair.alice.file(`${index}.bin`, BIG, 'application/octet-stream'))
    pair.alice.give = false
    pair.send(pair.alice, files)
    return { pair, files }
  }

  it('12a: the sender ends the chunk with #, then offers port 0 @req OA-40 OA-45', () => {
    const { pair, files } = halfway()
    pair.step(pair.alice, { type: 'command', command: { name: 'abort', fileId: files[0]?.fileId ?? '' } })
    expect(wire(pair.alice).filter(line => line.endsWith('#'))).toHaveLength(1)
    expect(sip(pair, 3)).toEqual(['alice offer 0', 'bob accept 0'])
    expect(pair.alice.states(files[0]?.fileId ?? '').at(-1)).toBe('aborted')
    expect(pair.bob.outcomes('bob/in-1')).toEqual(['aborted-by-peer'])
  })

  it('12a: the receiver closes the line itself when the offer does not come within 30 s @req OA-45', () => {
    const { pair, files } = halfway()
    pair.intercept = (from, command) => from === pair.alice && command.name === 'offer'
    pair.step(pair.alice, { type: 'command', command: { name: 'abort', fileId: files[0]?.fileId ?? '' } })
    expect(pair.bob.states('bob/in-1').at(-1)).toBe('aborted')
    pair.run(29_900)
    expect(sip(pair, 4)).toEqual([])
    pair.run(200)
    expect(sip(pair, 4)[0]).toBe('bob offer 0')
  })

  it('12b: the receiver answers 413 and offers port 0; nothing more of the message is sent @req OA-41 OA-43', () => {
    const { pair, files } = halfway()
    pair.step(pair.bob, { type: 'command', command: { name: 'abort', fileId: 'bob/in-1' } })
    expect(sip(pair, 3)).toEqual(['bob offer 0', 'alice accept 0'])
    expect(pair.bob.states('bob/in-1').at(-1)).toBe('aborted')
    expect(pair.alice.outcomes(files[0]?.fileId ?? '')).toEqual(['aborted-by-peer'])
    const sent = pair.alice.msrp.length
    pair.run(10_000)
    expect(
      wire(pair.alice)
        .slice(sent)
        .filter(line => line.startsWith('> SEND')),
    ).toEqual([])
  })

  it('12b: the sender offers port 0 itself 5 s after a 413 @req OA-43', () => {
    const pair = pairOf({ chunkSize: 4096 })
    let octets = 0
    pair.carry = (from, view) => from !== pair.alice || (octets += view.length) < 30_000
    pair.intercept = (from, command) => from === pair.bob && command.name === 'offer'
    const file = pair.alice.file('big.bin', BIG)
    pair.send(pair.alice, [file])
    pair.step(pair.bob, { type: 'command', command: { name: 'abort', fileId: 'bob/in-1' } })
    expect(wire(pair.alice)).toContain('< 413')
    expect(pair.alice.outcomes(file.fileId)).toEqual(['aborted-by-peer'])
    pair.run(4900)
    expect(sip(pair, 4)).toEqual([])
    pair.run(200)
    expect(sip(pair, 4)[0]).toBe('alice offer 0')
  })

  it('12c: without failure reports the offer comes alone; first the #, then the answer @req OA-42 OA-44', () => {
    const { pair, files } = halfway(1, { alice: { failureReport: 'no' } })
    const marks: string[] = []
    const before = pair.alice.msrp.length
    pair.intercept = (from, command) => {
      if (from === pair.alice && command.name === 'accept') marks.push('answer')
      return false
    }
    pair.step(pair.bob, { type: 'command', command: { name: 'abort', fileId: 'bob/in-1' } })
    expect(wire(pair.alice)).not.toContain('< 413')
    expect(sip(pair, 3)).toEqual(['bob offer 0', 'alice accept 0'])
    expect(marks).toEqual(['answer'])
    expect(wire(pair.alice).slice(before)).toContainEqual(expect.stringMatching(/^> SEND .* #$/))
    expect(pair.alice.states(files[0]?.fileId ?? '').at(-1)).toBe('aborted')
  })

  it('12d: one of three; the others are not touched @req OA-46 CON-11', () => {
    const { pair, files } = halfway(3)
    pair.step(pair.alice, { type: 'command', command: { name: 'abort', fileId: files[1]?.fileId ?? '' } })
    expect(sip(pair, 3)).toEqual(['alice offer 20001 0 20001', 'bob accept 20002 0 20002'])
    expect(wire(pair.alice).filter(line => line.endsWith('#'))).toHaveLength(1)
    pair.alice.give = true
    for (const event of [...pair.alice.events]) {
      if (event.type !== 'need-octets' || event.fileId === files[1]?.fileId) continue
      const { fileId, position, length } = event
      pair.step(pair.alice, {
        type: 'command',
        command: { name: 'octets', fileId, position, bytes: BIG.subarray(position, position + length) },
      })
    }
    expect(files.map(({ fileId }) => pair.alice.states(fileId).at(-1))).toEqual(['completed', 'aborted', 'completed'])
    expect(pair.bob.received.get('bob/in-1')).toEqual(BIG)
    expect(pair.bob.received.get('bob/in-3')).toEqual(BIG)
    expect(pair.bob.states('bob/in-2').at(-1)).toBe('aborted')
    expect(new Set(pair.alice.msrp.map(({ connection }) => connection)).size).toBe(1)
  })

  it('a file whose octets are all acknowledged stays completed when port 0 crosses its REPORT @req OA-47', () => {
    const pair = pairOf()
    pair.bob.judge = () => undefined
    const file = pair.alice.file('notes.txt', NOTES)
    pair.send(pair.alice, [file])
    expect(pair.alice.states(file.fileId).at(-1)).toBe('awaiting-confirmation')
    const closing = (pair.sip[0]?.sdp ?? '').replace('m=message 20001', 'm=message 0')
    pair.event(pair.alice, {
      name: 'offered',
      id: 'alice',
      body: { contentType: 'application/sdp', bytes: encodeUtf8(closing) },
      method: 'INVITE',
      request: undefined as never,
    })
    expect(pair.alice.states(file.fileId).at(-1)).toBe('completed')
    // the receiver still verifies and saves what it has
    pair.step(pair.bob, { type: 'command', command: { name: 'saved', fileId: 'bob/in-1' } })
    expect(pair.bob.states('bob/in-1').at(-1)).toBe('completed')
  })
})

describe('flow 13b: glare', () => {
  it('both sides wait differently, and both get through @req SIP-21 SIP-22', () => {
    const pair = pairOf({ chunkSize: 4096 })
    const files = Array.from({ length: 2 }, (_, index) => pair.alice.file(`${index}.bin`, BIG))
    pair.alice.give = false
    pair.send(pair.alice, files)
    pair.later(() => pair.step(pair.bob, { type: 'command', command: { name: 'abort', fileId: 'bob/in-1' } }))
    pair.step(pair.alice, { type: 'command', command: { name: 'abort', fileId: files[1]?.fileId ?? '' } })
    pair.run(10_000)
    expect(files.map(({ fileId }) => pair.alice.states(fileId).at(-1))).not.toContain('sending')
    expect(ports(pair.sip.filter(step => step.sdp !== '').at(-1)?.sdp ?? '')).toEqual([0, 0])
  })
})

describe('flow 13e: the empty file', () => {
  it('travels as a head without content @req D-16 MSRP-25', () => {
    const pair = pairOf()
    const file = pair.alice.file('empty.txt', new Uint8Array(0))
    pair.send(pair.alice, [file])
    expect(attribute(pair.sip[0]?.sdp ?? '', 'file-selector')).toEqual([
      'name:"empty.txt" type:text/plain hash:sha-1:DA:39:A3:EE:5E:6B:4B:0D:32:55:BF:EF:95:60:18:90:AF:D8:07:09',
    ])
    expect(pair.alice.states(file.fileId).at(-1)).toBe('completed')
    expect(pair.bob.states('bob/in-1')).toEqual(['connecting', 'receiving', 'verifying', 'completed'])
    expect(pair.bob.events.some(event => event.type === 'octets')).toBe(false)
    expect(pair.bob.events.find(event => event.type === 'complete')).toMatchObject({ contentType: 'text/plain' })
    expect(wire(pair.alice)[0]).toMatch(/^> SEND 1-\S+\/(\d+) \$$/)
  })
})
