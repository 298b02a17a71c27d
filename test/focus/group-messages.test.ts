import { describe, expect, it } from 'vitest'
import {
  type CpimHead,
  type CpimMessage,
  decodeCpimHead,
  decodeCpimMessage,
  decodeImdn,
  encodeCpimHead,
  encodeCpimMessage,
  encodeImdn,
  type Imdn,
  readImdnHeaders,
} from '../../src/cpim/index.js'
import { checkGroupMessage, coverNotification, FORWARDED_HEADERS, mayForward } from '../../src/focus/index.js'
import { decodeUtf8, encodeUtf8, RemoteProtocolError } from '../../src/wire/index.js'

const CONFERENCE = 'sip:ft-8Jq2Lx71Zk@cf.home1.example'
const RULES = { conferenceUri: CONFERENCE, identities: ['sip:alice@home1.example', 'tel:+15550100', 'sip:anonymous1@anonymous.invalid'] }

const head = (from: string, ...to: string[]): CpimHead => ({
  from: { uri: from },
  to: to.map(uri => ({ uri })),
  dateTime: undefined,
  mime: [['Content-Type', 'image/png']],
})

function verdict(run: () => unknown): string {
  try {
    run()
    return 'taken'
  } catch (error) {
    if (error instanceof RemoteProtocolError) return `${error.status} ${error.code}`
    throw error
  }
}

describe('a SEND into a conference', () => {
  it.each([
    ['is taken from the address of the participant', head('sip:alice@home1.example', CONFERENCE), 'taken'],
    ['is taken in another spelling', head('sip:%61lice@HOME1.example', CONFERENCE), 'taken'],
    ['is taken from another address of the participant', head('tel:+1-555-0100', CONFERENCE), 'taken'],
    ['is taken under the name that hides it', head('sip:anonymous1@anonymous.invalid', CONFERENCE), 'taken'],
    ['needs CPIM', undefined, '415 group-without-cpim'],
    ['is refused in the name of another', head('sip:bob@home2.example', CONFERENCE), '403 foreign-author'],
    ['is refused under the hiding name of another', head('sip:anonymous2@anonymous.invalid', CONFERENCE), '403 foreign-author'],
    ['is refused in the name of the conference', head(CONFERENCE, CONFERENCE), '403 foreign-author'],
    ['has one recipient', head('sip:alice@home1.example', CONFERENCE, 'sip:bob@home2.example'), '403 several-recipients'],
    ['has one recipient even when it is named twice', head('sip:alice@home1.example', CONFERENCE, CONFERENCE), '403 several-recipients'],
    ['goes to nobody alone', head('sip:alice@home1.example', 'sip:bob@home2.example'), '404 not-the-conference'],
    ['goes to no other conference', head('sip:alice@home1.example', 'sip:ft-other@cf.home1.example'), '404 not-the-conference'],
    ['goes to somebody', head('sip:alice@home1.example'), '404 not-the-conference'],
  ])('%s', (_, given, expected) => {
    expect(verdict(() => checkGroupMessage(given, RULES))).toBe(expected)
  })

  it('is checked on the octets of its head', () => {
    const octets = (lines: string) => decodeCpimHead(encodeUtf8(`${lines}\r\n\r\nContent-Type: text/plain\r\n\r\n`), 1000)?.head
    const good = `From: "Alice" <sip:alice@home1.example>\r\nTo: <${CONFERENCE}>`
    expect(verdict(() => checkGroupMessage(octets(good), RULES))).toBe('taken')
    expect(verdict(() => checkGroupMessage(octets(`${good}\r\nTo: <sip:bob@home2.example>`), RULES))).toBe('403 several-recipients')
    expect(verdict(() => checkGroupMessage(octets(good.replace('alice', 'bob')), RULES))).toBe('403 foreign-author')
  })

  it.each([
    [['message/cpim'], [], true],
    [['message/cpim'], ['*'], true],
    [['message/cpim'], ['image/*'], true],
    [['message/cpim', 'image/png'], ['text/plain'], true],
    [['message/cpim'], ['IMAGE/PNG'], true],
    [['message/cpim'], ['text/plain', 'image/jpeg'], false],
  ])('goes to a member that accepts %j and wraps %j: %s', (acceptTypes, acceptWrappedTypes, expected) => {
    expect(mayForward(head('sip:a@x.example', CONFERENCE), { acceptTypes, acceptWrappedTypes })).toBe(expected)
  })

  it('is plain text where it says nothing (RFC 2045)', () => {
    const bare: CpimHead = { ...head('sip:a@x.example', CONFERENCE), mime: [] }
    expect(mayForward(bare, { acceptTypes: ['message/cpim'], acceptWrappedTypes: ['text/plain'] })).toBe(true)
    expect(mayForward(bare, { acceptTypes: ['message/cpim'], acceptWrappedTypes: ['image/png'] })).toBe(false)
  })

  it('keeps its type and gets paths, ids and reports of its own on every leg', () => {
    const named = (origin: string) => Object.keys(FORWARDED_HEADERS).filter(name => FORWARDED_HEADERS[name] === origin)
    expect(named('kept')).toEqual(['Content-Type'])
    expect(named('own')).toEqual(['To-Path', 'From-Path', 'Message-ID', 'Byte-Range'])
    expect(named('focus')).toEqual(['Success-Report', 'Failure-Report'])
  })
})

describe('the notification of a member', () => {
  const IMDN: Imdn = {
    kind: 'delivery',
    status: 'delivered',
    messageId: 'Vb2k9QwLx73TfRe1',
    dateTime: '2024-05-04T12:16:49Z',
    recipientUri: 'sip:dave@home1.example',
    originalRecipientUri: 'sip:dave.work@home1.example',
    subject: 'from Dave',
  }
  const message = (imdn = encodeImdn(IMDN), type = 'message/imdn+xml'): CpimMessage =>
    decodeCpimMessage(
      encodeCpimMessage({
        head: {
          from: { displayName: 'Dave', uri: 'sip:dave@home1.example' },
          to: [{ uri: 'sip:alice@home1.example' }],
          dateTime: '2024-05-04T12:17:00Z',
          subject: 'Dave has it',
          extensions: [
            ['NS', 'imdn <urn:ietf:params:imdn>'],
            ['imdn.Message-ID', 'd4v3s0wn1d'],
            ['NS', 'dave <urn:dave>'],
            ['dave.Place', 'home1'],
          ],
          mime: [
            ['Content-Type', type],
            ['Content-Disposition', 'notification'],
            ['Content-Length', `${imdn.length}`],
          ],
        },
        body: imdn,
      }),
    )
  const encoded = (covered: CpimMessage) => decodeUtf8(encodeCpimMessage(covered))

  it('passes unchanged from a visible member', () => {
    const given = message()
    expect(coverNotification(given, { hidden: false, entity: 'sip:dave@home1.example' })).toBe(given)
  })

  it('tells nothing of a hidden one but what happened', () => {
    const covered = coverNotification(message(), { hidden: true, entity: 'sip:anonymous2@anonymous.invalid' })
    expect(encoded(covered)).not.toMatch(/dave/i)
    const read = decodeCpimMessage(encodeCpimMessage(covered))
    expect(read.head.from).toEqual({ uri: 'sip:anonymous2@anonymous.invalid' })
    expect(read.head.to).toEqual([{ uri: 'sip:alice@home1.example' }])
    expect(readImdnHeaders(read.head).messageId).toBe('d4v3s0wn1d')
    expect(decodeImdn(read.body)).toEqual({
      kind: 'delivery',
      status: 'delivered',
      messageId: 'Vb2k9QwLx73TfRe1',
      dateTime: '2024-05-04T12:16:49Z',
    })
  })

  it('needs no id of its own', () => {
    const { head: given, body } = message()
    const covered = coverNotification(
      { head: { ...given, extensions: [] }, body },
      { hidden: true, entity: 'sip:anonymous2@anonymous.invalid' },
    )
    expect(covered.head.extensions).toEqual([])
    expect(encodeCpimHead(covered.head).length).toBeGreaterThan(0)
  })

  it('is nothing else', () => {
    const member = { hidden: true, entity: 'sip:anonymous2@anonymous.invalid' }
    expect(verdict(() => coverNotification(message(encodeUtf8('x'), 'text/plain'), member))).toBe('415 no-notification')
    expect(verdict(() => coverNotification({ head: head('sip:a@x.example', CONFERENCE), body: encodeUtf8('x') }, member))).toBe(
      '415 no-notification',
    )
    expect(
      verdict(() => coverNotification({ head: { ...head('sip:a@x.example', CONFERENCE), mime: [] }, body: encodeUtf8('x') }, member)),
    ).toBe('415 no-notification')
    expect(verdict(() => coverNotification(message(encodeUtf8('<imdn')), member))).toBe('400 bad-xml')
  })
})
