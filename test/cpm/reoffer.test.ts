import { describe, expect, it } from 'vitest'
import { fileLine, LoneSession, NOTES_HASH, NOTES_SELECTOR, sdp, sdpBody } from '../kit/lone-session.js'
import { attribute, ports, request, version } from '../kit/session-pair.js'

const CPIM = new TextEncoder().encode('From: <sip:a@x>\r\nTo: <sip:b@x>\r\n\r\nContent-Type: text/plain\r\n\r\n')

/** A session that runs with these lines, all accepted. */
function running(...lines: string[]): LoneSession {
  const session = new LoneSession()
  session.incoming(sdp(...lines))
  session.answer()
  return session
}

const sessionId = (session: LoneSession, place: number): string =>
  /:(?:2855|9)\/([^;]+);/.exec(attribute(session.sdp, 'path')[place] ?? '')?.[1] ?? ''

/** The message of a line starts: `receiving`. */
function start(session: LoneSession, id: string, size = 4400): void {
  const message = {
    messageId: `m-${id}`,
    total: CPIM.length + size,
    contentType: 'message/cpim',
    headers: [],
    successReport: true,
    failureReport: 'yes',
  }
  session.step({ type: 'msrp', event: { type: 'message', sessionId: id, message: message as never } })
  session.step({ type: 'msrp', event: { type: 'body', sessionId: id, messageId: `m-${id}`, offset: 0, bytes: CPIM } })
}

const stops = (session: LoneSession) => session.msrp.flatMap(input => (input.type === 'abort' ? [input.sessionId] : []))
const adds = (session: LoneSession) => session.msrp.filter(input => input.type === 'add-session').length
const offers = (session: LoneSession) => session.events.filter(event => event.type === 'offer').length

describe('the id and selector table for a running line', () => {
  it('same id, same file: a repetition, nothing starts and nobody is asked @req OA-25 OA-7 OA-9', () => {
    const session = running(fileLine())
    const id = sessionId(session, 0)
    start(session, id)
    const [inputs, events, answer] = [session.msrp.length, session.events.length, session.sdp]
    session.offered(sdp(fileLine()))
    expect(session.last?.name).toBe('accept')
    expect(session.sdp).toBe(answer)
    expect([session.msrp.length, session.events.length]).toEqual([inputs, events])
    // more or fewer selectors do not make it another file (OA-28)
    session.offered(sdp(fileLine({ selector: `${NOTES_HASH} x-more:1` })))
    expect(session.sdp).toBe(answer)
    expect([session.msrp.length, session.events.length]).toEqual([inputs, events])
  })

  it('same id, other file: an error, port 0 and 413 @req OA-28', () => {
    for (const selector of [
      NOTES_SELECTOR.replace('4400', '4401'),
      NOTES_SELECTOR.replace('notes', 'other'),
      NOTES_SELECTOR.replace('text/plain', 'text/html'),
      NOTES_SELECTOR.replace('1F:0C', '1F:0D'),
    ]) {
      const session = running(fileLine())
      const id = sessionId(session, 0)
      start(session, id)
      session.offered(sdp(fileLine({ selector })))
      expect(session.last?.name).toBe('accept')
      expect(ports(session.sdp)).toEqual([0])
      expect(attribute(session.sdp, 'file-selector')).toEqual([selector])
      expect(stops(session)).toEqual([id])
      expect(session.states('bob/in-1')).toEqual(['connecting', 'receiving', 'failed'])
      expect(session.events.find(event => event.type === 'file' && event.state === 'failed')).toMatchObject({
        outcome: { code: 'protocol-error' },
      })
    }
  })

  it('other id: the old transfer stops, and the user is asked about the new one @req OA-29', () => {
    for (const selector of [NOTES_SELECTOR, 'type:text/plain size:12']) {
      const session = running(fileLine())
      const id = sessionId(session, 0)
      start(session, id)
      session.offered(sdp(fileLine({ id: 'second', selector })))
      expect(stops(session)).toEqual([id])
      expect(session.states('bob/in-1').at(-1)).toBe('failed')
      expect(offers(session)).toBe(2)
      session.answer()
      expect(ports(session.sdp)).toEqual([2855])
      expect(attribute(session.sdp, 'file-transfer-id')).toEqual(['second'])
      expect(adds(session)).toBe(2)
      expect(sessionId(session, 0)).not.toBe(id)
    }
  })

  it('other id, declined: the line that was live gets port 0 in a 200 @req OA-29 D-11', () => {
    const session = running(fileLine())
    session.offered(sdp(fileLine({ id: 'second' })))
    session.answer([])
    expect(session.last?.name).toBe('accept')
    expect(ports(session.sdp)).toEqual([0])
  })

  it('an id that was used anywhere in the dialog starts nothing, however long ago @req OA-25 OA-26', () => {
    const session = running(fileLine({ id: 'one' }), fileLine({ id: 'two' }))
    session.offered(sdp(fileLine({ id: 'one', port: 0 }), fileLine({ id: 'two' })))
    // the slot of file one is taken over by file three (OA-30), so its id is in no line any more
    session.offered(sdp(fileLine({ id: 'three' }), fileLine({ id: 'two' })))
    session.answer()
    expect(ports(session.sdp)).toEqual([2855, 2855])
    session.offered(sdp(fileLine({ id: 'three', port: 0 }), fileLine({ id: 'two', port: 0 })))
    session.run(200_000)
    const before = [offers(session), adds(session)]
    for (const [first, second] of [
      ['one', 'two'],
      ['two', 'one'],
      ['three', 'three'],
    ] as const) {
      session.offered(sdp(fileLine({ id: first }), fileLine({ id: second })))
      expect(session.last?.name).toBe('accept')
      expect(ports(session.sdp)).toEqual([0, 0])
      expect(attribute(session.sdp, 'file-transfer-id')).toEqual([first, second])
    }
    expect([offers(session), adds(session)]).toEqual(before)
  })

  it('port 0 goes before the id, and ends the file @req OA-24', () => {
    const session = running(fileLine({ id: 'one' }), fileLine({ id: 'two' }))
    start(session, sessionId(session, 0))
    session.offered(sdp(fileLine({ id: 'new', port: 0 }), fileLine({ id: 'two' })))
    expect(ports(session.sdp)).toEqual([0, 2855])
    expect(session.states('bob/in-1').at(-1)).toBe('aborted')
    expect(session.msrp.filter(input => input.type === 'remove-session')).toHaveLength(1)
    expect(session.states('bob/in-2')).toEqual(['connecting'])
  })
})

describe('a pause', () => {
  const moves = (session: LoneSession) => session.msrp.flatMap(({ type }) => (type === 'pause' || type === 'continue' ? [type] : []))

  it('of the sender is answered as inactive and ends with its next offer, the message goes on @req OA-38', () => {
    const session = running(fileLine())
    start(session, sessionId(session, 0))
    session.offered(sdp(fileLine({ direction: 'inactive' })))
    expect(session.sdp).toContain('a=inactive')
    session.offered(sdp(fileLine({ direction: 'inactive' })))
    session.offered(sdp(fileLine()))
    expect(session.sdp).toContain('a=recvonly')
    expect(moves(session)).toEqual(['pause', 'continue'])
    expect(session.states('bob/in-1')).toEqual(['connecting', 'receiving'])
    expect([stops(session), adds(session), offers(session)]).toEqual([[], 1, 1])
  })

  it('from the first answer on is kept until the peer ends it @req OA-38 OA-39', () => {
    const session = new LoneSession({ id: 'alice' })
    const file = { fileId: 'f', selector: { name: 'a.txt', size: 4400, hashes: [] }, disposition: 'attachment' } as const
    session.step({ type: 'command', command: { name: 'send', files: [file] } })
    const line = { setup: 'passive', id: attribute(session.sdp, 'file-transfer-id')[0] ?? '', selector: 'name:"a.txt"' }
    session.answered(sdp(fileLine({ ...line, direction: 'inactive' })))
    expect(session.msrp.map(({ type }) => type)).toEqual(['add-session', 'pause', 'send'])
    session.offered(sdp(fileLine({ ...line, direction: 'recvonly' })))
    expect(session.sdp).toContain('a=sendonly')
    expect(moves(session)).toEqual(['pause', 'continue'])
  })
})

describe('a re-offer', () => {
  it('with fewer m-lines gets 488, and the session stays @req OA-1 SIP-23', () => {
    const session = running(fileLine({ id: 'one' }), fileLine({ id: 'two' }))
    session.offered(sdp(fileLine({ id: 'one' })))
    expect(session.refusal).toBe('488 399 192.0.2.20 "An m-line is missing"')
    expect(session.session.state).toBe('established')
    session.offered(sdp(fileLine({ id: 'one' }), fileLine({ id: 'two' })))
    expect(session.last?.name).toBe('accept')
  })

  it('with only new files, all declined, gets 488; with a close beside them 200 @req D-11 SIP-23', () => {
    const session = running(fileLine({ id: 'one' }))
    session.offered(sdp(fileLine({ id: 'one' }), fileLine({ id: 'two' })))
    session.answer([])
    expect(session.refusal).toMatch(/^488 399/)
    expect(session.states('bob/in-1')).toEqual(['connecting'])
    session.offered(sdp(fileLine({ id: 'one', port: 0 }), fileLine({ id: 'three' })))
    session.answer([])
    expect(session.last?.name).toBe('accept')
    expect(ports(session.sdp)).toEqual([0, 0])
  })

  it('with a new file that can never be accepted gets 488 without a question @req RCV-4 D-11', () => {
    const session = running(fileLine({ id: 'one' }))
    const asked = offers(session)
    session.offered(sdp(fileLine({ id: 'one' }), fileLine({ id: 'two', path: undefined })))
    expect(session.refusal).toMatch(/^488/)
    expect(offers(session)).toBe(asked)
  })

  it('refreshes a session that has audio in it without a question @req OA-7 SDP-2', () => {
    const audio = 'm=audio 4000 RTP/AVP 0'
    const session = running(audio, fileLine())
    const answer = session.sdp
    session.offered(sdp(audio, fileLine()))
    expect(session.last?.name).toBe('accept')
    expect(session.sdp).toBe(answer)
  })

  it('before the one before is answered gets 500 and may come back, and the first question stays @req SIP-21', () => {
    const session = running(fileLine({ id: 'one' }))
    session.offered(sdp(fileLine({ id: 'one' }), fileLine({ id: 'two' })))
    session.offered(sdp(fileLine({ id: 'one' }), fileLine({ id: 'two' }), fileLine({ id: 'three' })))
    expect(session.last).toMatchObject({ name: 'reject', status: 500, headers: [['Retry-After', '10']] })
    session.answer()
    expect(session.last?.name).toBe('accept')
    expect(ports(session.sdp)).toEqual([2855, 2855])
  })

  it('that is withdrawn takes the question back and leaves running files alone @req RCV-8 SIP-23 SIP-24', () => {
    const session = running(fileLine({ id: 'one' }))
    start(session, sessionId(session, 0))
    session.offered(sdp(fileLine({ id: 'one' }), fileLine({ id: 'two' })))
    session.event({ name: 'offer-withdrawn', id: 'bob' })
    expect(session.events.at(-2)).toMatchObject({ type: 'offer-withdrawn', outcome: { code: 'withdrawn' } })
    expect(session.states('bob/in-1')).toEqual(['connecting', 'receiving'])
    expect(session.session.state).toBe('established')
    session.offered(sdp(fileLine({ id: 'one' }), fileLine({ id: 'three' })))
    session.answer()
    expect(ports(session.sdp)).toEqual([2855, 2855])
  })

  it('of a session without identification or with bad SDP gets its own status and changes nothing @req RCV-1 SIP-23', () => {
    const session = running(fileLine({ id: 'one' }))
    session.offered('v=garbage')
    expect(session.refusal).toBe('400')
    session.offered(sdp(fileLine({ id: 'one' })))
    expect(session.last?.name).toBe('accept')
  })
})

describe('our own offers', () => {
  const FILE = { fileId: 'f', selector: { name: 'a.txt', size: 4400, hashes: [] }, disposition: 'attachment' } as const
  const answer = (session: LoneSession, change: Parameters<typeof fileLine>[0] = {}) =>
    sdp(
      ...attribute(session.sdp, 'file-transfer-id').map(id =>
        fileLine({ direction: 'recvonly', setup: 'passive', id, selector: 'name:"a.txt" size:4400', ...change }),
      ),
    )
  const inviting = (...fileIds: string[]) => {
    const session = new LoneSession({ id: 'alice' })
    session.step({ type: 'command', command: { name: 'send', files: fileIds.map(fileId => ({ ...FILE, fileId })) } })
    return session
  }
  const result = (change: Parameters<typeof fileLine>[0]) => {
    const session = inviting('f')
    session.answered(answer(session, change))
    const file = [...session.events].reverse().find(event => event.type === 'file' && event.state !== 'closed')
    return file?.type === 'file' ? `${file.state} ${file.outcome?.code ?? ''}`.trim() : 'none'
  }

  it('take recvonly, inactive, sendrecv or nothing for an answer, and never sendonly @req OA-39 D-18', () => {
    for (const direction of ['recvonly', 'sendrecv', undefined]) expect(result({ direction }), `${direction}`).toBe('connecting')
    expect(result({ direction: 'sendonly' })).toBe('failed protocol-error')
  })

  it('fail a file whose answer is unusable, send nothing, and close the line @req CON-1 CON-21 CON-40 SDP-4 SDP-5 SDP-7 OA-39', () => {
    for (const [change, outcome] of [
      [{ path: undefined }, 'protocol-error'],
      [{ path: 'msrps://192.0.2.10:2855/abc;tcp' }, 'protocol-error'],
      [{ path: 'msrp://192.0.2.10:2855/abc;sctp' }, 'protocol-error'],
      [{ acceptTypes: undefined }, 'protocol-error'],
      [{ acceptTypes: 'image/png' }, 'unsupported-media'],
      [{ setup: 'actpass' }, 'protocol-error'],
      [{ more: ['a=max-size:1000'] }, 'too-large'],
    ] as const) {
      const session = inviting('f')
      session.answered(answer(session, change))
      expect(session.msrp, JSON.stringify(change)).toEqual([])
      expect([...session.events].reverse().find(event => event.type === 'file')).toMatchObject({
        state: 'failed',
        outcome: { code: outcome },
      })
      expect(session.last?.name).toBe('offer')
      expect(ports(session.sdp)).toEqual([0])
    }
  })

  it('fit max-size to the octet, wrapper included @req SDP-7', () => {
    const total = 4400 + 'From: <sip:bob@home2.example>\r\nTo: <sip:alice@home1.example>\r\nDateTime: 2024-05-04T12:16:49Z\r\n\r\n'.length
    const mime = 'Content-Type: application/octet-stream\r\nContent-Disposition: attachment; filename="a.txt"; size=4400\r\n\r\n'.length
    expect(result({ more: [`a=max-size:${total + mime}`] })).toBe('connecting')
    expect(result({ more: [`a=max-size:${total + mime - 1}`] })).toBe('failed too-large')
    expect(result({ more: ['a=max-size:12x'] })).toBe('connecting')
  })

  it('serve the range the answer asks for, as a message of its own @req D-17 OA-61 OA-62', () => {
    for (const [range, first, length] of [
      ['1001-*', 1000, 3400],
      ['1001-1500', 1000, 500],
      ['1-*', 0, 4400],
    ] as const) {
      const session = inviting('f')
      session.answered(answer(session, { acceptTypes: '*', more: [`a=file-range:${range}`] }))
      const sent = session.msrp.find(input => input.type === 'send')
      expect(sent).toMatchObject({ message: { total: length } })
      const sessionId = sent?.type === 'send' ? sent.sessionId : ''
      session.step({ type: 'need-data', sessionId, offset: 10, length: 100 })
      expect(session.events.at(-1)).toEqual({ type: 'need-octets', fileId: 'f', position: first + 10, length: 100 })
      const bytes = new Uint8Array(100)
      session.step({ type: 'command', command: { name: 'octets', fileId: 'f', position: first + 10, bytes } })
      expect(session.msrp.at(-1)).toEqual({ type: 'data', sessionId, offset: 10, bytes })
    }
    expect(result({ more: ['a=file-range:1-4401'] })).toBe('failed protocol-error')
    expect(result({ more: ['a=file-range:4401-*'] })).toBe('failed protocol-error')
  })

  it('end the session with BYE when the answer has another number of m-lines or no SDP @req CR-7', () => {
    for (const broken of ['', 'garbage', sdp(fileLine({ direction: 'recvonly' })), sdp(fileLine(), fileLine(), fileLine())]) {
      const session = inviting('f', 'g')
      session.answered(broken)
      expect(session.states('f').at(-1), broken).toBe('failed')
      expect(session.states('g').at(-1)).toBe('failed')
      expect(session.sip.map(({ name }) => name)).toEqual(['invite', 'bye'])
      expect(session.msrp.map(({ type }) => type).filter(type => type !== 'remove-session')).toEqual([])
      expect(session.session.state).toBe('terminated')
    }
  })

  it('never say passive in an offer, nor actpass in an answer @req CON-20', () => {
    const sender = inviting('f')
    expect(attribute(sender.sdp, 'setup')).toEqual(['actpass'])
    const agreed = answer(sender)
    sender.answered(agreed)
    sender.offered(agreed.replace(/^o=peer 77 \d+/m, 'o=peer 77 9999'))
    expect(sender.last?.name).toBe('accept')
    expect(attribute(sender.sdp, 'setup')).toEqual(['active'])
    expect(sender.states('f')).toEqual(['offered', 'connecting'])
    const receiver = running(fileLine({ id: 'one' }), fileLine({ id: 'two' }))
    start(receiver, sessionId(receiver, 0))
    receiver.step({ type: 'command', command: { name: 'abort', fileId: 'bob/in-1' } })
    expect(receiver.last?.name).toBe('offer')
    expect(ports(receiver.sdp)).toEqual([0, 2855])
    expect(attribute(receiver.sdp, 'setup')).toEqual(['actpass'])
  })

  it('grow the version by one, also after a refusal, and keep the o= line when nothing changed @req OA-9 OA-5', () => {
    const session = inviting('f')
    const first = version(session.sdp)
    session.answered(answer(session))
    session.step({ type: 'command', command: { name: 'send', files: [{ ...FILE, fileId: 'g' }] } })
    expect(version(session.sdp)).toBe(first + 1)
    const refusedId = attribute(session.sdp, 'file-transfer-id')[1]
    session.event({ name: 'refused', id: 'alice', status: 491, retryAfter: 2500 })
    session.run(2499)
    expect(session.sip.filter(({ name }) => name === 'offer')).toHaveLength(1)
    session.run(1)
    expect(session.sip.filter(({ name }) => name === 'offer')).toHaveLength(2)
    expect(version(session.sdp)).toBe(first + 2)
    expect(attribute(session.sdp, 'file-transfer-id')[1]).not.toBe(refusedId)
    session.answered(answer(session))
    expect(session.states('g')).toEqual(['offered', 'offered', 'connecting'])
  })

  it('give up after ten refusals for timing; a file that runs is not touched @req SIP-22 SIP-23', () => {
    const session = inviting('f')
    session.answered(answer(session))
    session.step({ type: 'command', command: { name: 'send', files: [{ ...FILE, fileId: 'g' }] } })
    for (let count = 0; count < 10; count++) {
      session.event({ name: 'refused', id: 'alice', status: count % 2 === 0 ? 491 : 500 })
      session.run(2000)
    }
    expect(session.sip.filter(({ name }) => name === 'offer')).toHaveLength(10)
    expect(session.states('g').at(-1)).toBe('failed')
    expect(session.states('f')).toEqual(['offered', 'connecting'])
  })

  it('answer 491 to an offer that crosses them @req SIP-21', () => {
    const session = inviting('f')
    const agreed = answer(session)
    session.answered(agreed)
    session.step({ type: 'command', command: { name: 'send', files: [{ ...FILE, fileId: 'g' }] } })
    session.offered(agreed)
    expect(session.last).toMatchObject({ name: 'reject', status: 491 })
    session.answered(answer(session))
    expect(session.states('g').at(-1)).toBe('connecting')
  })

  it('come from the peer with port 0: first the message stops, then the answer @req OA-44 OA-24', () => {
    const session = inviting('f')
    session.answered(answer(session))
    const sessionId = /:2855\/([^;]+);/.exec(attribute(session.sdp, 'path')[0] ?? '')?.[1] ?? ''
    session.step({ type: 'need-data', sessionId, offset: 0, length: 10 })
    session.msrp.length = 0
    const outputs = session.event({
      name: 'offered',
      id: 'alice',
      body: sdpBody(answer(session, { port: 0 })),
      method: 'INVITE',
      request: request([]),
    })
    const order = outputs.flatMap(output =>
      output.type === 'msrp' ? [output.input.type] : output.type === 'sip' ? [output.command.name] : [],
    )
    expect(order).toEqual(['abort', 'remove-session', 'accept'])
    expect(ports(session.sdp)).toEqual([0])
    expect(session.states('f').at(-1)).toBe('aborted')
  })

  it('queue what comes while one is open, and send it together @req SND-6 SIP-24', () => {
    const session = inviting('f')
    session.answered(answer(session))
    const add = (fileId: string) => session.step({ type: 'command', command: { name: 'send', files: [{ ...FILE, fileId }] } })
    add('g')
    add('h')
    session.step({ type: 'command', command: { name: 'abort', fileId: 'f' } })
    session.step({
      type: 'msrp',
      event: { type: 'aborted', sessionId: /:2855\/([^;]+);/.exec(attribute(session.sdp, 'path')[0] ?? '')?.[1] ?? '' },
    })
    add('i')
    expect(session.sip.filter(({ name }) => name === 'offer')).toHaveLength(1)
    session.answered(answer(session))
    expect(session.sip.filter(({ name }) => name === 'offer')).toHaveLength(2)
    expect(ports(session.sdp)).toEqual([0, 2855, 2855, 2855])
  })

  it('keep a completed file completed when closing it fails @req SND-7', () => {
    for (const status of [488, 500, 603, 400]) {
      const session = inviting('f')
      session.answered(answer(session))
      const id = /:2855\/([^;]+);/.exec(attribute(session.sdp, 'path')[0] ?? '')?.[1] ?? ''
      session.step({ type: 'need-data', sessionId: id, offset: 0, length: 10 })
      session.step({ type: 'msrp', event: { type: 'reported', sessionId: id } })
      expect(session.states('f').at(-1)).toBe('completed')
      for (let count = 0; count < 10 && session.session.state === 'established'; count++) {
        session.event({ name: 'refused', id: 'alice', status })
        session.run(2000)
      }
      expect(session.states('f').filter(state => state === 'completed' || state === 'failed')).toEqual(['completed'])
      session.run(40_000)
      expect(session.last?.name).toBe('bye')
    }
  })
})
