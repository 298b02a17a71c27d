import { describe, expect, it } from 'vitest'
import { identityOf, type OutgoingFile, outcomeOfResponse, type SessionEvent } from '../../src/cpm/index.js'
import { refusalOf } from '../../src/cpm/refusal.js'
import { RemoteProtocolError } from '../../src/wire/index.js'
import { HELLO } from '../kit/flow-pair.js'
import { EMPTY_HASH, fileLine, ICSI, LoneSession, sdp, sdpBody } from '../kit/lone-session.js'
import { attribute, ports, request, response } from '../kit/session-pair.js'

const FILE: OutgoingFile = { fileId: 'f', selector: { name: 'a.txt', size: 4400, hashes: [] }, disposition: 'attachment' }

/** A push of ours, and the answer to it. */
function pushed(
  change: Parameters<typeof fileLine>[0] = {},
  file: OutgoingFile = FILE,
  settings: ConstructorParameters<typeof LoneSession>[0] = {},
) {
  const session = new LoneSession({ id: 'bob', ...settings })
  session.step({ type: 'command', command: { name: 'send', files: [file] } })
  const [id = ''] = attribute(session.sdp, 'file-transfer-id')
  const line = { setup: 'passive', direction: 'recvonly', acceptTypes: '*', id, selector: 'name:"a.txt"', ...change }
  session.answered(sdp(fileLine(line)))
  const add = session.msrp.find(input => input.type === 'add-session')
  const sessionId = /([^/;]+);tcp$/.exec(add?.type === 'add-session' ? add.session.localUri : '')?.[1] ?? ''
  const msrp = (event: object) => session.step({ type: 'msrp', event: { sessionId, ...event } as never })
  const last = () => {
    const event = [...session.events].reverse().find((found): found is SessionEvent & { type: 'file' } => found.type === 'file')
    return `${event?.state} ${event?.outcome?.code ?? ''} ${event?.outcome?.status ?? ''}`.trim()
  }
  return { session, line, sessionId, msrp, last }
}

/** A push of the peer that we took. */
function taken(change: Parameters<typeof fileLine>[0] = {}) {
  const session = new LoneSession()
  session.incoming(sdp(fileLine(change)))
  session.answer()
  const sessionId = /([^/;]+);tcp$/.exec(attribute(session.sdp, 'path')[0] ?? '')?.[1] ?? ''
  const msrp = (event: object) => session.step({ type: 'msrp', event: { sessionId, ...event } as never })
  const message = (contentType: string, headers: readonly (readonly [string, string])[] = []) =>
    msrp({
      type: 'message',
      message: { messageId: 'm', total: undefined, contentType, headers, successReport: true, failureReport: 'yes' },
    })
  const body = (bytes: Uint8Array, offset = 0) => msrp({ type: 'body', messageId: 'm', offset, bytes })
  return { session, sessionId, msrp, message, body }
}

describe('a file we send', () => {
  it('is offered with the dates that are known @req CR-6', () => {
    const created = new Date('2024-05-04T12:10:00Z')
    expect(attribute(pushed({}, { ...FILE, created }).session.sdp, 'file-date')).toEqual(['creation:"Sat, 04 May 2024 12:10:00 +0000"'])
  })

  it('that fails while our # is on its way was aborted by us all the same @req OA-40 CR-12', () => {
    const { session, msrp, last, sessionId } = pushed()
    session.step({ type: 'need-data', sessionId, offset: 0, length: 10 })
    session.step({ type: 'command', command: { name: 'abort', fileId: 'f' } })
    msrp({ type: 'failed', cause: 'connection-lost' })
    expect(last()).toBe('aborted cancelled')
    // when the # never goes out, its time ends
    const silent = pushed()
    silent.session.step({ type: 'command', command: { name: 'abort', fileId: 'f', outcome: { code: 'file-unreadable' } } })
    silent.session.run(5000)
    expect(silent.last()).toBe('failed file-unreadable')
  })

  it('ends with the last 200 where no REPORT was asked for, whatever reports come @req CR-8 D-1', () => {
    const { msrp, last } = pushed({}, FILE, { successReport: false })
    msrp({ type: 'reported' })
    expect(last()).toBe('sending')
    msrp({ type: 'answered' })
    expect(last()).toBe('completed')
  })

  it('that is refused without a status failed @req CR-12', () => {
    const { msrp, last } = pushed()
    msrp({ type: 'failed', cause: 'refused' })
    expect(last()).toBe('failed peer-failed 0')
  })

  it('cannot follow the peer to another path through our relay @req OA-10 RLY-3', () => {
    const relay = { localUri: 'msrp://192.0.2.20:2855/ownRelayed7mZ2kLx9Rt;tcp', usePath: ['msrp://relay.example.com:2855/r1;tcp'] }
    const { session, line, last } = pushed({}, { ...FILE, relay })
    session.offered(sdp(fileLine({ ...line, path: 'msrp://192.0.2.10:2855/another7mZ2kLx9Rt;tcp' })))
    expect(last()).toBe('aborted relay-failed')
    expect(ports(session.sdp)).toEqual([0])
  })

  it('is not sent in a range that it does not have, when only we know its size @req SDP-21 D-17', () => {
    expect(pushed({ more: ['a=file-range:4401-*'] }).last()).toBe('failed protocol-error')
    expect(pushed({ more: ['a=file-range:1-4400'] }).last()).toBe('connecting')
    const empty: OutgoingFile = { ...FILE, selector: { name: 'e', hashes: [{ algorithm: 'sha-1', octets: new Uint8Array(20) }] } }
    expect(pushed({ more: ['a=file-range:1-5'] }, empty).last()).toBe('failed protocol-error')
    expect(pushed({ more: ['a=file-range:1-*'] }, empty).last()).toBe('connecting')
  })

  it('that failed before its pause was refused stays failed, and held no more @req SIP-23', () => {
    const { session, msrp } = pushed()
    session.step({ type: 'command', command: { name: 'pause', fileId: 'f' } })
    msrp({ type: 'failed', cause: 'connection-lost' })
    session.event({ name: 'refused', id: 'bob', status: 488, response: response(488) })
    expect(session.events.filter(event => event.type === 'held')).toHaveLength(1)
    expect(ports(session.sdp)).toEqual([0])
  })

  it('gets no octets that came for another file, or too late @req SND-10', () => {
    const { session } = pushed()
    const before = session.msrp.length
    for (const fileId of ['none', 'f']) {
      if (fileId === 'f') session.event({ name: 'ended', id: 'bob', by: 'remote' })
      session.step({ type: 'command', command: { name: 'octets', fileId, position: 0, bytes: HELLO } })
    }
    expect(session.msrp.slice(before).map(({ type }) => type)).toEqual(['remove-session'])
    session.step({ type: 'need-data', sessionId: 'none', offset: 0, length: 1 })
    session.step({ type: 'command', command: { name: 'saved', fileId: 'none' } })
    session.event({ name: 'ended', id: 'bob', by: 'remote' })
    expect(session.events.filter(({ type }) => type === 'ended')).toHaveLength(1)
  })
})

describe('a file that comes', () => {
  it('may be held from its first offer on @req OA-38', () => {
    const { session } = taken({ direction: 'inactive' })
    expect(session.sdp).toContain('a=inactive')
    expect(session.msrp.map(({ type }) => type)).toEqual(['add-session', 'pause'])
    session.offered(sdp(fileLine()))
    expect(session.sdp).toContain('a=recvonly')
    expect(session.msrp.at(-1)?.type).toBe('continue')
  })

  it('has its name from where the message says it @req OA-23 OA-63', () => {
    const name = (...headers: (readonly [string, string])[]) => {
      const { session, message, body, msrp } = taken({ selector: 'size:12' })
      message('text/plain', headers)
      body(HELLO)
      msrp({ type: 'complete', messageId: 'm', length: 12 })
      const event = session.events.find(found => found.type === 'complete')
      return event?.type === 'complete' ? event.fileName : 'none'
    }
    expect(name(['content-disposition', 'attachment; filename="a \\"b\\".txt"; size=12'])).toBe('a "b".txt')
    expect(name(['Content-Disposition', 'attachment; filename=""'])).toBeUndefined()
    expect(name(['Content-Disposition', 'attachment'])).toBeUndefined()
    expect(name(['Content-Disposition', 'attachment; filename="broken'])).toBeUndefined()
    expect(name()).toBeUndefined()
  })

  it('in a wrapper without a type is text, as MIME has it @req MSRP-63', () => {
    const { session, message, body, msrp } = taken({ selector: 'type:text/plain' })
    message('message/cpim')
    body(new TextEncoder().encode('From: <sip:a@x>\r\nTo: <sip:b@x>\r\n\r\nContent-ID: <1>\r\n\r\nabc'))
    msrp({ type: 'complete', messageId: 'm', length: 60 })
    expect(session.events.find(event => event.type === 'complete')).toMatchObject({ contentType: 'text/plain' })
  })

  it('that goes silent is out of time @req MSRP-31', () => {
    const { session, message, msrp } = taken()
    message('text/plain')
    msrp({ type: 'abandoned', messageId: 'm', cause: 'idle' })
    expect(session.events.at(-1)).toMatchObject({ state: 'aborted', outcome: { code: 'timeout' } })
  })
})

describe('a session', () => {
  it.each([
    ['no body', undefined],
    ['another body', sdpBody('hello', 'text/plain')],
    ['broken SDP', sdpBody('v=broken')],
  ])('that is answered with %s ends, and its files fail @req CR-7', (_, body) => {
    const session = new LoneSession({ id: 'bob' })
    session.step({ type: 'command', command: { name: 'send', files: [FILE] } })
    const event = { name: 'established', id: 'bob', response: response(200), remote: { host: '192.0.2.10', port: 5060 } } as const
    session.event({ ...event, ...(body && { body }) } as never)
    expect(session.last?.name).toBe('bye')
    expect(session.events.find(found => found.type === 'file' && found.state === 'failed')).toMatchObject({
      outcome: { code: 'protocol-error' },
    })
  })

  it('refuses a later offer in a body that is no SDP with 415, and goes on @req SIP-17 SIP-23', () => {
    const { session } = taken()
    session.event({ name: 'offered', id: 'bob', body: sdpBody('hello', 'text/plain'), method: 'INVITE', request: undefined as never })
    expect(session.refusal).toBe('415')
    session.offered(sdp(fileLine()))
    expect(session.last?.name).toBe('accept')
  })

  it('takes no notice of refusals, withdrawals and answers to nothing @req SIP-23', () => {
    const { session } = taken()
    const [sip, events] = [session.sip.length, session.events.length]
    session.event({ name: 'refused', id: 'bob', status: 488, response: response(488) })
    session.event({ name: 'offer-withdrawn', id: 'bob' })
    session.step({ type: 'command', command: { name: 'answer', accepted: [] } })
    session.event({ name: 'confirmed', id: 'bob' })
    session.event({ name: 'provisional', id: 'bob', status: 183, response: response(183) })
    expect([session.sip.length, session.events.length]).toEqual([sip, events])
  })

  it('stops ringing when the caller said so @req CPM-8 D-7', () => {
    const session = new LoneSession()
    session.incoming(sdp(fileLine()), [
      ['P-Preferred-Service', ICSI],
      ['Expires', '10'],
      ['Subject', 'Minutes'],
    ])
    expect(session.offer?.subject).toBe('Minutes')
    session.run(9999)
    expect(session.session.state).toBe('ringing')
    session.run(1)
    expect(session.refusal).toBe('480')
  })

  it('declined with a reason keeps it for the log, and one that is withdrawn says why @req CR-22 RCV-8', () => {
    const session = new LoneSession()
    session.incoming(sdp(fileLine()))
    session.step({ type: 'command', command: { name: 'answer', accepted: [], reason: 'not now' } })
    expect(session.events.at(-1)).toEqual({ type: 'ended', outcome: { code: 'declined', detail: 'not now' } })
    const other = new LoneSession()
    other.incoming(sdp(fileLine()))
    other.event({ name: 'cancelled', id: 'bob', reason: 'Call completed elsewhere' })
    expect(other.events.find(event => event.type === 'offer-withdrawn')).toMatchObject({ outcome: { detail: 'Call completed elsewhere' } })
  })

  it('keeps the line of something else closed when the peer offers it closed @req SDP-2 OA-24', () => {
    const audio = 'm=audio 4000 RTP/AVP 0'
    const session = new LoneSession()
    session.incoming(sdp(audio, fileLine()))
    session.answer()
    session.offered(sdp(audio.replace('4000', '0'), fileLine()))
    expect(session.sdp).toContain('m=audio 0 RTP/AVP 0')
    expect(session.session.conversation).toBe(session.offer?.conversation)
    expect(session.session.initiator).toBe(false)
    expect(session.session.settings.id).toBe('bob')
  })

  it('that ends while the user is being asked takes the question back @req RCV-8 SND-1', () => {
    const { session } = taken()
    session.offered(sdp(fileLine(), fileLine({ id: 'two' })))
    session.event({ name: 'ended', id: 'bob', by: 'local' })
    expect(session.events.find(event => event.type === 'offer-withdrawn')).toMatchObject({ outcome: { code: 'session-ended' } })
    expect(session.states('bob/in-2')).toEqual(['aborted'])
    const reasoned = taken().session
    reasoned.event({ name: 'ended', id: 'bob', by: 'remote', reason: 'SIP;cause=200' })
    expect(reasoned.events.findLast(event => event.type === 'file')).toMatchObject({
      outcome: { code: 'aborted-by-peer', detail: 'SIP;cause=200' },
    })
  })

  it('that is closed lets a file be verified to its end @req OA-47 SND-10', () => {
    const { session, message, body, msrp } = taken({ selector: 'size:12' })
    message('text/plain')
    body(HELLO)
    msrp({ type: 'complete', messageId: 'm', length: 12 })
    session.step({ type: 'command', command: { name: 'close' } })
    session.step({ type: 'command', command: { name: 'saved', fileId: 'bob/in-1' } })
    expect(session.states('bob/in-1').at(-1)).toBe('completed')
  })

  it('that cannot be set up tells by what it failed @req CR-13 SIP-34', () => {
    const failed = (cause: string) => {
      const session = new LoneSession({ id: 'bob' })
      session.step({ type: 'command', command: { name: 'send', files: [FILE] } })
      session.event({ name: 'rejected', id: 'bob', cause } as never)
      const event = session.events.find(found => found.type === 'file' && found.state === 'failed')
      return event?.type === 'file' ? event.outcome?.code : undefined
    }
    expect(['auth', 'transport', 'timeout', 'cancelled'].map(failed)).toEqual([
      'auth-failed',
      'connection-refused',
      'unreachable',
      'cancelled',
    ])
  })

  it('of an address without a user still has a name in o= @req SDP-1', () => {
    const session = new LoneSession({ ownUri: 'sip:!@home.example' })
    session.step({ type: 'command', command: { name: 'send', files: [FILE] } })
    expect(session.sdp).toMatch(/^v=0\r\no=- /)
  })

  it('carries our name in the wrapper if we have one @req MSRP-63', () => {
    const { session, sessionId } = pushed({ acceptTypes: 'message/cpim *' }, FILE, { ownDisplayName: 'Bob B.' })
    session.step({ type: 'need-data', sessionId, offset: 0, length: 200 })
    const data = session.msrp.findLast(input => input.type === 'data')
    expect(data?.type === 'data' ? new TextDecoder().decode(data.bytes) : '').toContain('From: "Bob B." <sip:bob@home2.example>')
  })

  it('shows no limit for an empty file of no announced size @req D-16', () => {
    const session = new LoneSession({ maxFileSize: 5 })
    session.incoming(sdp(fileLine({ selector: EMPTY_HASH })))
    expect(session.offer?.files).toHaveLength(1)
  })
})

describe('what is wrong with an offer', () => {
  it('is told by a line without an id, which nobody is asked about @req SDP-17 RCV-4', () => {
    const session = new LoneSession()
    session.incoming(sdp(fileLine({ id: undefined }), fileLine({ id: 'two' })))
    expect(session.offer?.files.map(({ transferId, unavailable }) => [transferId, unavailable === undefined])).toEqual([
      ['', false],
      ['two', true],
    ])
    session.answer()
    expect(ports(session.sdp)).toEqual([0, 2855])
  })

  it('is not a part beside the SDP that has no type @req OA-12', () => {
    const text = `--b\r\n\r\nhello\r\n--b\r\nContent-Type: application/sdp\r\n\r\n${sdp(fileLine())}\r\n--b--\r\n`
    const session = new LoneSession()
    session.incoming(sdpBody(text, 'multipart/mixed;boundary=b'))
    expect(session.offer?.files).toHaveLength(1)
  })

  it('counts as 400 where no status says more @req SIP-17', () => {
    expect(refusalOf(new RemoteProtocolError('x', 'y'), 'host').status).toBe(400)
  })

  it('and with a response of no known class is a breach of the protocol @req SIP-34', () => {
    expect(outcomeOfResponse(response(199)).code).toBe('protocol-error')
  })

  it('and a request without From comes from nobody @req SIP-28', () => {
    expect(identityOf(request([]), true).certainty).toBe('anonymous')
  })
})

describe('a pull', () => {
  const get = (change: Parameters<typeof fileLine>[0]) => {
    const session = new LoneSession({ id: 'bob' })
    session.step({ type: 'command', command: { name: 'get', files: [{ fileId: 'f', selector: { name: 'a', hashes: [] } }] } })
    session.answered(sdp(fileLine({ setup: 'passive', direction: 'sendonly', selector: 'type:a/b', ...change })))
    return session.states('f').at(-1)
  }

  it('is never answered over TLS when it was asked for without, or the other way @req CON-40', () => {
    expect(get({})).toBe('connecting')
    expect(get({ protocol: 'TCP/TLS/MSRP', path: 'msrps://192.0.2.10:2855/aQ7mZ2kLx9RtVb4Ns1Yc;tcp' })).toBe('failed')
  })

  it('of an empty file with a range gets the empty file, or nothing @req D-16 OA-34', () => {
    const served = (range: string) => {
      const session = new LoneSession()
      session.incoming(sdp(fileLine({ direction: 'recvonly', selector: 'name:"e"', more: [`a=file-range:${range}`] })))
      const file = { selector: { name: 'e', hashes: [] }, disposition: 'attachment' } as const
      session.step({
        type: 'command',
        command: { name: 'answer', accepted: [], served: [{ fileId: session.offer?.files[0]?.fileId ?? '', file }] },
      })
      return session.last?.name
    }
    expect([served('1-*'), served('1-1')]).toEqual(['accept', 'reject'])
  })

  it('that is rejected twice, as no user agent does, ends once @req SND-1', () => {
    const session = new LoneSession({ id: 'bob' })
    session.step({ type: 'command', command: { name: 'send', files: [FILE] } })
    const rejected = { name: 'rejected', id: 'bob', cause: 'response', status: 486, response: response(486) } as const
    session.event(rejected)
    session.event(rejected)
    expect(session.events.filter(({ type }) => type === 'ended')).toHaveLength(1)
  })
})
