import { describe, expect, it } from 'vitest'
import { conferenceOf, isMessageTaker, type OutgoingFile, type SessionSettings } from '../../src/cpm/index.js'
import type { Body } from '../../src/sip/index.js'
import { decodeLatin1, decodeMultipart, encodeUtf8, parseMediaType, partHeader } from '../../src/wire/index.js'
import { fileLine, LoneSession, NOTES_SELECTOR, sdp, sdpBody } from '../kit/lone-session.js'
import { attribute, request, response } from '../kit/session-pair.js'

const LIST = {
  headers: [
    ['Content-Type', 'application/resource-lists+xml'],
    ['Content-Disposition', 'recipient-list'],
  ] as const,
  body: encodeUtf8('<resource-lists/>'),
}
const CONFERENCE = 'sip:ft-8Jq2Lx71Zk@cf.home1.example'
const JPEG = { type: 'image/jpeg', bytes: Uint8Array.of(0xff, 0xd8, 0xff, 0xd9) }

const file = (fileId: string, more: Partial<OutgoingFile> = {}): OutgoingFile => ({
  fileId,
  disposition: 'attachment',
  selector: { name: `${fileId}.txt`, type: parseMediaType('text/plain') as never, size: 4400, hashes: [] },
  ...more,
})

function caller(settings: Partial<SessionSettings> = { group: { recipientList: LIST } }, ...files: OutgoingFile[]): LoneSession {
  const session = new LoneSession({ peerUri: 'sip:conference-factory@cpm.home1.example', ...settings })
  session.step({ type: 'command', command: { name: 'send', files: files.length === 0 ? [file('a')] : files } })
  return session
}
const invites = (session: LoneSession) => session.sip.flatMap(command => (command.name === 'invite' ? [command] : []))
const offers = (session: LoneSession) => session.sip.flatMap(command => (command.name === 'offer' ? [command] : []))
const partsOf = (body: Body) => decodeMultipart(body.bytes, parseMediaType(body.contentType)?.parameters.get('boundary') ?? '')

/** The focus takes the last offer of this session, file by file. */
function answer(session: LoneSession, headers: readonly (readonly [string, string])[], line: Parameters<typeof fileLine>[0] = {}): void {
  const text = sdp(answerLine(session, line))
  session.event({
    name: 'established',
    id: 'bob',
    body: sdpBody(text),
    response: response(200, headers),
    remote: { host: '192.0.2.10', port: 5060 },
  })
}
function answerLine(session: LoneSession, line: Parameters<typeof fileLine>[0]): string {
  const id = attribute(session.sdp, 'file-transfer-id').at(-1)
  const selector = attribute(session.sdp, 'file-selector').at(-1)
  return fileLine({
    direction: 'recvonly',
    setup: 'passive',
    acceptTypes: 'message/cpim',
    id,
    selector,
    more: ['a=accept-wrapped-types:*'],
    ...line,
  })
}

describe('a session with an ad-hoc group', () => {
  it('invites the factory with offer and list, and asks for what lists need @req CR-3 GRP-1 GRP-2 GRP-3', () => {
    const [invite] = invites(caller())
    expect(invite?.to).toBe('sip:conference-factory@cpm.home1.example')
    expect(invite?.headers).toContainEqual(['Require', 'recipient-list-invite'])
    expect(invite?.body.contentType).toMatch(/^multipart\/mixed;boundary="[A-Za-z0-9]{24}"$/)
    const parts = partsOf(invite?.body as Body)
    expect(parts.map(part => part.headers)).toEqual([[['Content-Type', 'application/sdp']], LIST.headers])
    expect(parts[1]?.body).toEqual(LIST.body)
    const text = decodeLatin1(parts[0]?.body as Uint8Array)
    expect(attribute(text, 'accept-types')).toEqual(['message/cpim'])
    expect(attribute(text, 'accept-wrapped-types')).toEqual(['*'])
  })

  it('nests the icons of the offer in its first part @req GRP-3', () => {
    const [invite] = invites(caller(undefined, file('a', { icon: JPEG })))
    const [related, list] = partsOf(invite?.body as Body)
    expect(list?.body).toEqual(LIST.body)
    const contentType = partHeader(related as never, 'content-type') ?? ''
    expect(contentType).toMatch(/^multipart\/related;type="application\/sdp"/)
    expect(partsOf({ contentType, bytes: related?.body as Uint8Array }).map(part => partHeader(part, 'content-type'))).toEqual([
      'application/sdp',
      'image/jpeg',
    ])
  })

  it('addresses each message to the conference that the answer names, always wrapped @req GRP-6 GRP-7', () => {
    for (const acceptTypes of ['message/cpim', '* message/cpim']) {
      const session = caller()
      answer(
        session,
        [
          ['Contact', `<${CONFERENCE}>;isfocus`],
          ['Allow-Events', 'presence, Conference'],
        ],
        { acceptTypes },
      )
      expect(session.events).toContainEqual({ type: 'established', conference: { uri: CONFERENCE, tells: true } })
      const add = session.msrp.find(input => input.type === 'add-session')
      const sessionId = sessionIdOf(add?.type === 'add-session' ? add.session.localUri : '')
      const sent = session.msrp.find(input => input.type === 'send')
      expect(sent).toMatchObject({ sessionId, message: { contentType: 'message/cpim' } })
      session.step({ type: 'need-data', sessionId, offset: 0, length: 4096 })
      const data = session.msrp.find(input => input.type === 'data')
      const head = decodeLatin1(data?.type === 'data' ? data.bytes : new Uint8Array(0))
      expect(/^To: (.*)\r$/m.exec(head)?.[1]).toBe(`<${CONFERENCE}>`)
      expect(/^From: (.*)\r$/m.exec(head)?.[1]).toBe('<sip:bob@home2.example>')
    }
  })

  it('offers more files in the same dialog, without list and without option tag @req GRP-8', () => {
    const session = caller()
    answer(session, [['Contact', `<${CONFERENCE}>;isfocus`]])
    session.step({ type: 'command', command: { name: 'send', files: [file('b')] } })
    expect(invites(session)).toHaveLength(1)
    const [offer] = offers(session)
    expect(offer?.body.contentType).toBe('application/sdp')
    expect(offer?.headers ?? []).toEqual([])
    expect(attribute(session.sdp, 'accept-types')).toEqual(['message/cpim', 'message/cpim'])
  })

  it('repeats the list when the same offer goes again without icons @req OA-13 GRP-3', () => {
    const session = caller(undefined, file('a', { icon: JPEG }))
    session.event({ name: 'rejected', id: 'bob', cause: 'response', status: 415, response: response(415) })
    const [, again] = invites(session)
    expect(again?.headers).toContainEqual(['Require', 'recipient-list-invite'])
    expect(partsOf(again?.body as Body).map(part => partHeader(part, 'content-type'))).toEqual([
      'application/sdp',
      'application/resource-lists+xml',
    ])
  })

  it('ends when somebody answers who is no conference @req GRP-7', () => {
    for (const [group, code] of [
      [{ recipientList: LIST }, 'no-group-service'],
      [{}, 'unknown-group'],
    ] as const) {
      const session = caller({ group })
      answer(session, [['Contact', '<sip:mailbox@home1.example>']])
      expect(session.session.state).toBe('terminated')
      expect(session.events).toContainEqual(
        expect.objectContaining({ type: 'file', fileId: 'a', state: 'failed', outcome: expect.objectContaining({ code }) }),
      )
      expect(session.last).toMatchObject({ name: 'bye', reason: 'SIP;cause=488;text="Conference required"' })
      expect(session.msrp.filter(({ type }) => type === 'add-session')).toEqual([])
    }
  })
})

describe('a session with a group that has an address', () => {
  it('invites that address with nothing but the offer @req CR-4 GRP-10 GRP-11', () => {
    const session = caller({ peerUri: 'sip:hiking-club@groups.home1.example', group: {} })
    const [invite] = invites(session)
    expect(invite?.to).toBe('sip:hiking-club@groups.home1.example')
    expect(invite?.body.contentType).toBe('application/sdp')
    expect(invite?.headers?.some(([name]) => name === 'Require')).toBe(false)
    answer(session, [['Contact', `<${CONFERENCE}>;isfocus`]])
    expect(session.events).toContainEqual({ type: 'established', conference: { uri: CONFERENCE, tells: false } })
  })
})

describe('a member', () => {
  it('takes wrapped files alone @req D-15 GRP-43', () => {
    const session = new LoneSession({ group: {} })
    session.incoming(sdp(fileLine({ selector: NOTES_SELECTOR })))
    session.answer()
    expect(attribute(session.sdp, 'accept-types')).toEqual(['message/cpim'])
    expect(session.msrp.find(({ type }) => type === 'add-session')).toMatchObject({ session: { acceptTypes: ['message/cpim'] } })
  })

  it('knows a focus by its Contact', () => {
    const of = (...headers: (readonly [string, string])[]) => conferenceOf(request(headers))
    expect(of(['Contact', `<${CONFERENCE}>;isfocus`])).toEqual({ uri: CONFERENCE, tells: false })
    expect(of(['Contact', `<${CONFERENCE}>`])).toBeUndefined()
    expect(of(['Contact', `<${CONFERENCE};isfocus>`])).toBeUndefined()
    expect(of()).toBeUndefined()
    expect(of(['Contact', '<<>'])).toBeUndefined()
  })

  it('knows who only takes messages for somebody by its Contact @req RCS-9', () => {
    const of = (...headers: (readonly [string, string])[]) => isMessageTaker(request(headers))
    expect(of(['Contact', '<sip:example.org>;automata;actor="msg-taker"'])).toBe(true)
    expect(of(['Contact', '<sip:example.org>;automata;actor="principal"'])).toBe(false)
    expect(of(['Contact', '<sip:example.org>'])).toBe(false)
    expect(of()).toBe(false)
    expect(new LoneSession().session.messageTaker).toBe(false)
  })
})

function sessionIdOf(uri: string): string {
  return /\/([^/;]+);/.exec(uri.slice(7))?.[1] ?? ''
}

describe('the release timer', () => {
  it('runs anew with another length, or not at all @req CR-14 CR-17', () => {
    const session = caller({ group: {}, releaseTimer: 3_600_000 })
    answer(session, [['Contact', `<${CONFERENCE}>;isfocus`]], { port: 0 })
    expect(session.session.state).toBe('releasing')
    session.step({ type: 'command', command: { name: 'release', after: 30_000 } })
    session.run(29_999)
    expect(session.session.state).toBe('releasing')
    session.step({ type: 'command', command: { name: 'release', after: 0 } })
    expect(session.last).toMatchObject({ name: 'bye' })
  })
})
