import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { type OutgoingFile, type SessionEvent, verifyFile } from '../../src/cpm/index.js'
import { parseMediaType } from '../../src/wire/index.js'
import { BIG, header, pairOf, sip, wire } from '../kit/flow-pair.js'
import { fileLine, LoneSession, sdp } from '../kit/lone-session.js'
import { attribute, ports, response } from '../kit/session-pair.js'

const HEAD = 8

type Ranged = ReturnType<typeof pairOf> & { file: OutgoingFile }

/** Alice offers octets 65206 to the end of the file "big" of callflow 6. */
function resumed(range: OutgoingFile['range'], settings: Parameters<typeof pairOf>[0] = {}): Ranged {
  const pair = pairOf({ chunkSize: 2048, ...settings })
  const file: OutgoingFile = { ...pair.alice.file('big.bin', BIG, 'application/octet-stream'), ...(range && { range }) }
  return Object.assign(pair, { file })
}

const positions = (events: readonly SessionEvent[], type: 'octets' | 'need-octets') =>
  events.flatMap(event => (event.type === type ? [(event as { position: number }).position] : []))

describe('a part of a file', () => {
  it('travels alone, in a message of its own that starts at 1 @req OA-61 OA-62 OA-34 RCS-2', () => {
    const pair = resumed({ start: 65_206, stop: 100_000 })
    pair.bob.received.set('bob/in-1', BIG.slice(0, 65_205))
    pair.send(pair.alice, [pair.file])
    const [invite, , accept] = pair.sip
    expect(attribute(invite?.sdp ?? '', 'file-range')).toEqual(['65206-100000'])
    expect(attribute(accept?.sdp ?? '', 'file-range')).toEqual(['65206-100000'])
    // size and hash still describe the whole file
    expect(attribute(invite?.sdp ?? '', 'file-selector')[0]).toContain(
      'size:100000 hash:sha-1:38:6D:00:14:63:41:AA:3D:C6:77:8B:70:1E:7E:B1:65:91:15:87:F5',
    )
    const sends = pair.alice.msrp.filter(entry => header(entry, 'Content-Type') !== undefined)
    const total = Number(header(sends[0] as never, 'Byte-Range')?.split('/')[1])
    expect(header(sends[0] as never, 'Byte-Range')).toBe(`1-2048/${total}`)
    // the wrapper comes once, around the part: all octets of the part, and its head
    const first = positions(pair.bob.events, 'octets')[0]
    expect(first).toBe(65_205)
    expect(total - 34_795).toBeGreaterThan(HEAD)
    expect(total - 34_795).toBeLessThan(600)
    expect(positions(pair.alice.events, 'need-octets')[0]).toBe(65_205)
    expect(Math.max(...positions(pair.alice.events, 'need-octets'))).toBeLessThan(100_000)
    expect([...(pair.bob.received.get('bob/in-1') ?? [])]).toEqual([...BIG])
    const progress = pair.alice.events.filter(event => event.type === 'progress')
    expect(progress.at(-1)).toMatchObject({ confirmed: 100_000, handed: 100_000 })
    expect(progress.every(event => event.confirmed >= 65_205)).toBe(true)
    expect(pair.alice.states(pair.file.fileId).at(-1)).toBe('completed')
    expect(pair.bob.offers()[0]?.files[0]?.range).toEqual({ start: 65_206, stop: 100_000 })
  })

  it('in the middle of the file is just those octets @req OA-61', () => {
    const pair = resumed({ start: 50_001, stop: 60_000 })
    pair.send(pair.alice, [pair.file])
    expect([...(pair.bob.received.get('bob/in-1')?.slice(50_000) ?? [])]).toEqual([...BIG.slice(50_000, 60_000)])
    expect(pair.bob.received.get('bob/in-1')).toHaveLength(60_000)
    expect(pair.alice.states(pair.file.fileId)).toContain('completed')
  })

  it('without an end goes to the end of the file @req OA-61 OA-34', () => {
    const pair = resumed({ start: 99_001, stop: undefined })
    pair.send(pair.alice, [pair.file])
    expect(attribute(pair.sip[2]?.sdp ?? '', 'file-range')).toEqual(['99001-*'])
    expect([...(pair.bob.received.get('bob/in-1')?.slice(99_000) ?? [])]).toEqual([...BIG.slice(99_000)])
  })

  it('follows a broken connection in the same dialog, with another id, beside the closed line: callflow 6 @req OA-6 RCS-2 OA-8 CON-16', () => {
    const pair = resumed(undefined, { alice: { successReport: false } })
    pair.alice.give = false
    pair.send(pair.alice, [pair.file])
    pair.cut()
    expect(pair.alice.outcomes(pair.file.fileId)).toContain('connection-lost')
    pair.alice.give = true
    pair.bob.received.set('bob/in-2', BIG.slice(0, 65_205))
    const again = { ...pair.file, fileId: 'again', range: { start: 65_206, stop: 100_000 } }
    pair.alice.contents.set('again', BIG)
    pair.send(pair.alice, [again])
    const offer = pair.sip.filter(step => step.name === 'offer' && step.from === 'alice').find(step => step.sdp.includes('file-range'))
    const [old, fresh] = attribute(offer?.sdp ?? '', 'file-transfer-id')
    expect(fresh).not.toBe(old)
    expect(ports(offer?.sdp ?? '')).toEqual([0, 20_001])
    const [path, other] = attribute(offer?.sdp ?? '', 'path')
    expect(other).not.toBe(path)
    expect([...(pair.bob.received.get('bob/in-2') ?? [])]).toEqual([...BIG])
    expect(pair.alice.states('again')).toContain('completed')
    expect(pair.alice.session.state).toBe('releasing')
  })

  it.each([
    ['one octet too many', 34_796, 'size-mismatch'],
    ['as many as announced', 34_795, undefined],
  ])('is limited by its own length: %s @req RCV-12 RCV-13', (_, count, code) => {
    const session = new LoneSession()
    session.incoming(sdp(fileLine({ selector: 'name:"b" type:a/b size:100000', more: ['a=file-range:65206-100000'] })))
    session.answer()
    const added = session.msrp.find(input => input.type === 'add-session')
    expect(added?.type === 'add-session' && added.session.maxLength).toBe(34_795 + 65_536)
    const sessionId = /:2855\/([^;]+)/.exec(attribute(session.sdp, 'path')[0] ?? '')?.[1] ?? ''
    const message = {
      messageId: 'm',
      total: undefined,
      contentType: 'a/b',
      headers: [],
      successReport: true,
      failureReport: 'yes' as const,
    }
    session.step({ type: 'msrp', event: { type: 'message', sessionId, message } })
    session.step({ type: 'msrp', event: { type: 'body', sessionId, messageId: 'm', offset: 0, bytes: new Uint8Array(count) } })
    const failed = session.events.find(event => event.type === 'file' && event.state === 'failed')
    expect(failed?.type === 'file' ? failed.outcome?.code : undefined).toBe(code)
    expect(session.events.filter(event => event.type === 'octets').length).toBe(code === undefined ? 1 : 0)
  })

  it('of a file is declined like any file, when the octets before it are not there @req RCS-4 OA-34', () => {
    const session = new LoneSession()
    session.incoming(sdp(fileLine({ more: ['a=file-range:65-4400'] }), fileLine({ id: 'other' })))
    expect(session.offer?.files.map(file => file.range)).toEqual([{ start: 65, stop: 4400 }, undefined])
    session.answer([1])
    expect(ports(session.sdp)).toEqual([0, 2855])
  })

  it.each(['0-3', '5-3', '4401-*', '1-4401', 'x', '1'])('that is none, file-range:%s, is never asked about @req SDP-21 OA-34', range => {
    const session = new LoneSession()
    session.incoming(sdp(fileLine({ more: [`a=file-range:${range}`] })))
    expect(session.offer).toBeUndefined()
    expect(session.refusal).toMatch(/^488 399 /)
  })
})

describe('an answer with another range than was offered', () => {
  const offering = (range: string | undefined, settings: Parameters<typeof pairOf>[0] = {}, own?: OutgoingFile['range']) => {
    const pair = resumed(own, settings)
    pair.intercept = (end, command) => {
      if (end !== pair.bob || command.name !== 'accept') return false
      pair.intercept = () => false
      const text = pair.sip.at(-1)?.sdp ?? ''
      const changed = text.replace(/a=file-range:.*\r\n/, '') + (range === undefined ? '' : `a=file-range:${range}\r\n`)
      pair.later(() =>
        pair.event(pair.alice, {
          name: 'established',
          id: 'alice',
          body: { contentType: 'application/sdp', bytes: new TextEncoder().encode(changed) },
          response: response(200),
          remote: { host: '192.0.2.1', port: 5060 },
        }),
      )
      return true
    }
    pair.send(pair.alice, [pair.file])
    const ranges = pair.alice.events.flatMap(event => (event.type === 'range' ? [event.range] : []))
    return { pair, ranges, first: positions(pair.alice.events, 'need-octets')[0] }
  }

  it('is served, and the user learns of it @req D-17', () => {
    expect(offering('65206-100000')).toMatchObject({ ranges: [{ start: 65_206, stop: 100_000 }], first: 65_205 })
    expect(offering('65206-*')).toMatchObject({ ranges: [{ start: 65_206, stop: 100_000 }], first: 65_205 })
    expect(offering('101-200', {}, { start: 50, stop: 300 })).toMatchObject({ ranges: [{ start: 101, stop: 200 }], first: 100 })
    // no range at all is the whole file (SDP-21)
    expect(offering(undefined, {}, { start: 50, stop: 300 })).toMatchObject({ ranges: [{ start: 1, stop: 100_000 }], first: 0 })
  })

  it('that names the same octets is no other range @req D-17 OA-34', () => {
    expect(offering('1-*').ranges).toEqual([])
    expect(offering('1-100000').ranges).toEqual([])
    expect(offering('50-*', {}, { start: 50, stop: 100_000 })).toMatchObject({ ranges: [], first: 49 })
  })

  it('ends the file with strictRange: nothing is sent, and the line gets port 0 in a new offer @req D-17', () => {
    const { pair, ranges } = offering('65206-100000', { alice: { strictRange: true } })
    expect(ranges).toEqual([])
    expect(pair.alice.outcomes(pair.file.fileId)).toContain('protocol-error')
    expect(wire(pair.alice)).toEqual([])
    expect(sip(pair).slice(3)).toEqual(['alice offer 0', 'bob accept 0'])
    const same = offering('1-*', { alice: { strictRange: true } })
    expect(same.pair.alice.states(same.pair.file.fileId)).toContain('completed')
  })

  it.each(['100001-*', '1-100001', '7-3', 'x'])('that no file has, %s, fails the file @req SDP-21 D-17', range => {
    const { pair, first } = offering(range)
    expect(pair.alice.outcomes(pair.file.fileId)).toContain('protocol-error')
    expect(first).toBeUndefined()
    expect(pair.alice.session.state).not.toBe('inviting')
  })
})

describe('the check of what arrived', () => {
  const type = parseMediaType('a/b')
  const hash = { algorithm: 'sha-1', octets: new Uint8Array(createHash('sha1').update(BIG).digest()) }
  const announced = { name: 'b', size: 100_000, ...(type && { type }), hashes: [hash] }
  const range = { start: 65_206, stop: 100_000 }

  it('takes the length of the range for a part, and the hash for the whole only @req RCV-13', () => {
    const part = (size: number, of = range as { start: number; stop: number | undefined }) =>
      verifyFile(announced, { size, sha1: new Uint8Array(20), contentType: 'a/b' }, of)?.code
    expect(part(34_795)).toBeUndefined()
    expect(part(34_794)).toBe('size-mismatch')
    expect(part(100_000)).toBe('size-mismatch')
    expect(part(34_795, { start: 65_206, stop: undefined })).toBeUndefined()
    const whole = (sha1: Uint8Array) => verifyFile(announced, { size: 100_000, sha1, contentType: 'a/b' })?.code
    expect(whole(hash.octets)).toBeUndefined()
    expect(whole(new Uint8Array(20))).toBe('hash-mismatch')
    expect(verifyFile(announced, { size: 34_795, sha1: undefined, contentType: 'x/y' }, range)?.code).toBe('type-mismatch')
  })
})
