import { describe, expect, it } from 'vitest'
import { decodeLatin1 } from '../../src/wire/index.js'
import { BIG, HELLO, header, NOTES, NOTES_SELECTOR, pairOf, sip, TOTAL, wire } from '../kit/flow-pair.js'
import { attribute, ports, version } from '../kit/session-pair.js'

describe('flow 1: push of one file', () => {
  it('runs from INVITE to BYE as printed @req CR-1 CR-2 CR-6 CR-9 CR-10 CR-14 CR-15 CPM-2 CPM-5 OA-62 MSRP-23 MSRP-24 MSRP-51 SND-2', () => {
    const pair = pairOf({ chunkSize: 2048 })
    const file = { ...pair.alice.file('notes.txt', NOTES), description: 'Meeting notes', modified: new Date('2024-05-04T12:10:00Z') }
    pair.send(pair.alice, [file])
    expect(sip(pair)).toEqual(['alice invite 20001', 'bob ring', 'bob accept 20002', 'alice offer 0', 'bob accept 0'])

    const [invite, , accept, closing, closed] = pair.sip
    expect(invite?.headers.map(([name]) => name)).toEqual([
      'Accept-Contact',
      'P-Preferred-Service',
      'P-Preferred-Identity',
      'Conversation-ID',
      'Contribution-ID',
    ])
    const [ownId] = attribute(invite?.sdp ?? '', 'file-transfer-id')
    const [alicePath] = attribute(invite?.sdp ?? '', 'path')
    const [bobPath] = attribute(accept?.sdp ?? '', 'path')
    expect(invite?.sdp.split('\r\n').slice(2)).toEqual([
      's=-',
      'c=IN IP4 192.0.2.1',
      't=0 0',
      'm=message 20001 TCP/MSRP *',
      'i=Meeting notes',
      'a=sendonly',
      'a=setup:actpass',
      'a=msrp-cema',
      'a=accept-types:message/cpim *',
      `a=path:${alicePath}`,
      `a=file-selector:${NOTES_SELECTOR}`,
      `a=file-transfer-id:${ownId}`,
      'a=file-disposition:attachment',
      'a=file-date:modification:"Sat, 04 May 2024 12:10:00 +0000"',
      '',
    ])
    expect(accept?.sdp.split('\r\n').slice(2)).toEqual([
      's=-',
      'c=IN IP4 192.0.2.1',
      't=0 0',
      'm=message 20002 TCP/MSRP *',
      'a=recvonly',
      'a=setup:passive',
      'a=msrp-cema',
      'a=accept-types:message/cpim *',
      `a=path:${bobPath}`,
      `a=file-selector:${NOTES_SELECTOR}`,
      `a=file-transfer-id:${ownId}`,
      '',
    ])

    expect(wire(pair.alice).filter(line => line.startsWith('> SEND'))).toEqual([
      `> SEND 1-2048/${TOTAL} +`,
      `> SEND 2049-4096/${TOTAL} +`,
      `> SEND 4097-${TOTAL}/${TOTAL} $`,
    ])
    expect(wire(pair.alice).filter(line => line.startsWith('<'))).toEqual([
      '< 200',
      '< 200',
      '< 200',
      `< REPORT 1-${TOTAL}/${TOTAL} 000 200 OK`,
    ])
    const sends = pair.alice.msrp.filter(entry => header(entry, 'Content-Type') !== undefined)
    expect(new Set(sends.map(entry => header(entry, 'Message-ID'))).size).toBe(1)
    for (const entry of sends) {
      expect(header(entry, 'Content-Type')).toBe('message/cpim')
      expect(header(entry, 'Success-Report')).toBe('yes')
      expect([header(entry, 'To-Path'), header(entry, 'From-Path')]).toEqual([bobPath, alicePath])
    }

    expect(closing?.sdp.split('\r\n').slice(2)).toEqual([
      's=-',
      'c=IN IP4 192.0.2.1',
      't=0 0',
      'm=message 0 TCP/MSRP *',
      'a=sendonly',
      'a=accept-types:message/cpim *',
      `a=path:${alicePath}`,
      `a=file-selector:${NOTES_SELECTOR}`,
      `a=file-transfer-id:${ownId}`,
      '',
    ])
    expect([version(closing?.sdp ?? ''), version(closed?.sdp ?? '')]).toEqual([2, 2])
    expect(attribute(closed?.sdp ?? '', 'file-transfer-id')).toEqual([ownId])

    pair.run(29_999)
    expect(sip(pair, 5)).toEqual([])
    pair.run(1)
    expect(sip(pair, 5)).toEqual(['alice bye'])
    expect([...pair.bob.received.values()]).toEqual([NOTES])
    expect(pair.bob.states('bob/in-1')).toEqual(['connecting', 'receiving', 'verifying', 'completed'])
  })

  it('takes one SEND in the large chunk variant @req MSRP-21 MSRP-22', () => {
    const pair = pairOf()
    pair.send(pair.alice, [pair.alice.file('notes.txt', NOTES)])
    expect(wire(pair.alice)).toEqual([`> SEND 1-*/${TOTAL} $`, '< 200', `< REPORT 1-${TOTAL}/${TOTAL} 000 200 OK`])
  })
})

describe('flow 2: three files, one declined', () => {
  it('closes each file on its own @req CR-20 CR-21 CR-10 OA-21 OA-22 OA-25 CON-11 D-5 SND-3', () => {
    const pair = pairOf()
    pair.bob.choose = event => [event.files[0]?.fileId ?? '', event.files[2]?.fileId ?? '']
    let held: string | undefined
    pair.bob.judge = fileId => {
      if (fileId !== 'bob/in-1') return 'saved'
      held = fileId
      return undefined
    }
    const files = [
      pair.alice.file('notes.txt', NOTES),
      pair.alice.file('big.bin', BIG, 'application/octet-stream'),
      pair.alice.file('hello.txt', HELLO),
    ]
    pair.send(pair.alice, files)
    expect(pair.bob.offers()[0]?.files.map(({ selector }) => selector.name)).toEqual(['notes.txt', 'big.bin', 'hello.txt'])
    expect(sip(pair)).toEqual([
      'alice invite 20001 20001 20001',
      'bob ring',
      'bob accept 20002 0 20002',
      'alice offer 20001 0 0',
      'bob accept 20002 0 0',
    ])
    expect(new Set(pair.alice.msrp.map(({ connection }) => connection)).size).toBe(1)
    expect(pair.alice.states(files[1]?.fileId ?? '')).toEqual(['offered', 'declined'])
    expect(pair.bob.states('bob/in-1').at(-1)).toBe('verifying')
    pair.run(60_000)
    expect(sip(pair, 5)).toEqual([])
    pair.step(pair.bob, { type: 'command', command: { name: 'saved', fileId: held ?? '' } })
    expect(sip(pair, 5)).toEqual(['alice offer 0 0 0', 'bob accept 0 0 0'])
    pair.run(30_000)
    expect(sip(pair, 7)).toEqual(['alice bye'])
    expect(pair.bob.received.get('bob/in-1')).toEqual(NOTES)
    expect(pair.bob.received.get('bob/in-3')).toEqual(HELLO)
    expect(pair.bob.offers()).toHaveLength(1)
  })
})

describe('flow 3: everything declined', () => {
  it('3a: 488 to the INVITE, no dialog, no MSRP @req CR-22 SIP-35', () => {
    const pair = pairOf()
    pair.bob.choose = () => []
    pair.send(pair.alice, [pair.alice.file('a', NOTES), pair.alice.file('b', HELLO)])
    expect(sip(pair)).toEqual(['alice invite 20001 20001', 'bob ring', 'bob reject 488'])
    expect(pair.sip[2]?.headers).toEqual([['Warning', '399 192.0.2.1 "No file accepted"']])
    expect([...pair.alice.msrp, ...pair.bob.msrp]).toEqual([])
    expect(pair.alice.events.at(-1)).toMatchObject({ type: 'ended', outcome: { code: 'declined' } })
    pair.run(600_000)
    expect(pair.sip).toHaveLength(3)
  })

  it('3b: 488 to the second batch, the first goes on and the offer with it never was @req D-11 SIP-23 SIP-24', () => {
    const pair = pairOf({ chunkSize: 4096 })
    pair.alice.give = false
    const first = pair.alice.file('big.bin', BIG)
    pair.send(pair.alice, [first])
    pair.bob.choose = () => []
    const second = pair.alice.file('b', HELLO)
    pair.send(pair.alice, [second])
    expect(sip(pair, 3)).toEqual(['alice offer 20001 20001', 'bob reject 488'])
    expect(pair.alice.states(second.fileId)).toEqual(['offered', 'declined'])
    expect(pair.alice.states(first.fileId)).toEqual(['offered', 'connecting', 'sending'])
    pair.step(pair.alice, { type: 'command', command: { name: 'abort', fileId: first.fileId } })
    expect(sip(pair, 5)).toEqual(['alice offer 0', 'bob accept 0'])
  })

  it('3c: 480 after the ringing time @req D-7', () => {
    const pair = pairOf({ bob: { ringTimeout: 5000 } })
    pair.bob.choose = () => undefined
    pair.send(pair.alice, [pair.alice.file('a', HELLO)])
    pair.run(4999)
    expect(sip(pair)).toEqual(['alice invite 20001', 'bob ring'])
    pair.run(1)
    expect(sip(pair, 2)).toEqual(['bob reject 480'])
  })
})

describe('flow 4: closing per file', () => {
  it('4a: after the last 200 when no report is due, not before all are there @req CR-8 D-1', () => {
    const pair = pairOf({ chunkSize: 2048, alice: { successReport: false } })
    const held: string[] = []
    pair.carry = (from, view) => {
      const text = decodeLatin1(view)
      if (from !== pair.bob || !text.includes(' 200 OK')) return true
      held.push(text)
      return held.length !== 2
    }
    pair.send(pair.alice, [pair.alice.file('notes.txt', NOTES)])
    expect(wire(pair.alice).filter(line => line === '< 200').length).toBeLessThan(3)
    expect(sip(pair)).toEqual(['alice invite 20001', 'bob ring', 'bob accept 20002'])
    expect(pair.alice.msrp.some(entry => header(entry, 'Success-Report') === 'yes')).toBe(false)
    const complete = pairOf({ chunkSize: 2048, alice: { successReport: false } })
    complete.send(complete.alice, [complete.alice.file('notes.txt', NOTES)])
    expect(sip(complete, 3)).toEqual(['alice offer 0', 'bob accept 0'])
    expect(wire(complete.alice).filter(line => line.startsWith('<'))).toEqual(['< 200', '< 200', '< 200'])
  })

  it('4b: after the success REPORT when one is due @req CR-9 MSRP-54', () => {
    const pair = pairOf()
    pair.bob.judge = () => undefined
    pair.send(pair.alice, [pair.alice.file('notes.txt', NOTES)])
    expect(wire(pair.alice)).toEqual([`> SEND 1-*/${TOTAL} $`, '< 200'])
    expect(sip(pair, 3)).toEqual([])
    pair.step(pair.bob, { type: 'command', command: { name: 'saved', fileId: 'bob/in-1' } })
    expect(sip(pair, 3)).toEqual(['alice offer 0', 'bob accept 0'])
  })
})

describe('flow 5: failures', () => {
  it('5a: an error response ends this file, the line closes, the other goes on @req CR-12', () => {
    for (const status of [400, 403, 404, 415, 423, 428, 481, 501, 506, 999]) {
      const pair = pairOf()
      const [bad, good] = [pair.alice.file('bad', NOTES), pair.alice.file('good', HELLO)]
      pair.bob.judge = fileId => (fileId === 'bob/in-2' ? 'saved' : undefined)
      pair.send(pair.alice, [bad, good])
      const sessionId = /:20001\/([^;]+);/.exec(attribute(pair.sip[0]?.sdp ?? '', 'path')[0] ?? '')?.[1] ?? ''
      pair.step(pair.alice, { type: 'msrp', event: { type: 'failed', sessionId, cause: 'refused', status } })
      const failures = pair.alice.events.filter(event => event.type === 'file' && event.state === 'failed')
      expect(failures).toMatchObject([{ fileId: bad.fileId, outcome: { code: 'peer-failed', status } }])
      expect(pair.alice.states(good.fileId).at(-1)).toBe('completed')
      expect(ports(pair.sip.at(-1)?.sdp ?? '')).toEqual([0, 0])
    }
  })

  it('5b: a failure REPORT after the 200 @req CR-12 RCV-14 MSRP-52', () => {
    const pair = pairOf()
    pair.bob.judge = () => 'hash-mismatch'
    const file = pair.alice.file('notes.txt', NOTES)
    pair.send(pair.alice, [file])
    expect(wire(pair.alice)).toEqual([`> SEND 1-*/${TOTAL} $`, '< 200', `< REPORT 1-${TOTAL}/${TOTAL} 000 403 content does not match`])
    expect(pair.alice.events.filter(event => event.type === 'file' && event.state === 'failed')).toMatchObject([
      { outcome: { code: 'peer-failed', status: 403 } },
    ])
    expect(sip(pair, 3)).toEqual(['alice offer 0', 'bob accept 0'])
    expect(pair.bob.states('bob/in-1').at(-1)).toBe('failed')
  })

  it('5c: 30 s of silence after the last octet @req CR-13 MSRP-43', () => {
    const pair = pairOf()
    pair.carry = from => from === pair.alice
    const file = pair.alice.file('notes.txt', NOTES)
    pair.send(pair.alice, [file])
    pair.run(29_900)
    expect(sip(pair, 3)).toEqual([])
    pair.run(200)
    expect(pair.alice.outcomes(file.fileId)).toEqual(['timeout'])
    expect(sip(pair, 3).slice(0, 1)).toEqual(['alice offer 0'])
  })
})

describe('flow 10: the release timer', () => {
  it('10a: a second batch in time @req CR-16 D-5 D-6 OA-1 OA-8 OA-27', () => {
    const pair = pairOf()
    pair.send(pair.alice, [pair.alice.file('one', NOTES)])
    pair.run(12_000)
    pair.send(pair.alice, [pair.alice.file('two', HELLO)])
    expect(sip(pair, 3)).toEqual([
      'alice offer 0',
      'bob accept 0',
      'alice offer 0 20001',
      'bob accept 0 20002',
      'alice offer 0 0',
      'bob accept 0 0',
    ])
    const offers = pair.sip.filter(step => step.from === 'alice' && step.sdp !== '')
    expect(offers.map(({ sdp }) => version(sdp))).toEqual([1, 2, 3, 4])
    expect(attribute(offers[3]?.sdp ?? '', 'file-transfer-id')[0]).toBe(attribute(offers[0]?.sdp ?? '', 'file-transfer-id')[0])
    expect(pair.bob.offers()[1]?.files.map(({ selector }) => selector.name)).toEqual(['two'])
    pair.run(29_999)
    expect(sip(pair, 9)).toEqual([])
    pair.run(1)
    expect(sip(pair, 9)).toEqual(['alice bye'])
  })

  it('10c: does not fire while an offer is open @req D-5 CR-15', () => {
    const pair = pairOf()
    pair.send(pair.alice, [pair.alice.file('one', NOTES)])
    pair.run(29_000)
    // Bob thinks about the second batch for a minute
    pair.bob.choose = () => undefined
    const two = pair.alice.file('two', HELLO)
    pair.send(pair.alice, [two])
    pair.run(60_000)
    expect(sip(pair, 5)).toEqual(['alice offer 0 20001'])
    const fileId = pair.bob.offers()[1]?.files[0]?.fileId ?? ''
    pair.step(pair.bob, { type: 'command', command: { name: 'answer', accepted: [fileId] } })
    expect(pair.alice.states(two.fileId).at(-1)).toBe('completed')
    pair.run(30_000)
    expect(sip(pair).at(-1)).toBe('alice bye')
  })
})
