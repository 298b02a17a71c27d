import { describe, expect, it } from 'vitest'
import {
  decodeRecipientHistory,
  decodeRecipientList,
  encodeRecipientList,
  isVisible,
  MAX_ADDRESS,
  MAX_ADHOC_GROUP_SIZE,
  MAX_LIST_ENTRIES,
  MAX_TEXT,
  mayReplyToAll,
  type Recipient,
  readRecipientListPart,
  recipientHistory,
  recipientHistoryPart,
  recipientListPart,
} from '../../src/focus/index.js'
import { decodeUtf8, encodeUtf8, LocalProtocolError, type Part, RemoteProtocolError } from '../../src/wire/index.js'

const CREATOR = ['sip:alice@home1.example', 'tel:+15550100']
const RULES = { creator: CREATOR }
const HEAD = '<?xml version="1.0" encoding="UTF-8"?>\r\n'
const NAMES = 'xmlns="urn:ietf:params:xml:ns:resource-lists" xmlns:cp="urn:ietf:params:xml:ns:copycontrol"'

const listOf = (...entries: string[]) => encodeUtf8(`<resource-lists ${NAMES}><list>${entries.join('')}</list></resource-lists>`)
const entry = (uri: string, rest = 'cp:copyControl="to"') => `<entry uri="${uri}" ${rest}/>`
const people = (count: number) => Array.from({ length: count }, (_, index) => `sip:u${index}@home2.example`)
const decode = (bytes: Uint8Array, rules = RULES) => decodeRecipientList(bytes, rules)
const shape = (recipients: readonly Recipient[]) =>
  recipients.map(({ uri, copyControl, anonymize }) => `${uri} ${copyControl}${anonymize ? ' anonymous' : ''}`)

/** `code status` of the refusal, 'taken' without one. */
function verdict(run: () => unknown): string {
  try {
    run()
    return 'taken'
  } catch (error) {
    if (error instanceof RemoteProtocolError) return `${error.code} ${error.status}`
    if (error instanceof LocalProtocolError) return error.code
    throw error
  }
}

describe('the list we send', () => {
  it('is one flat list with copy control, `to` unless chosen otherwise @req GRP-4', () => {
    const bytes = encodeRecipientList(
      [
        { uri: 'sip:bob@home2.example' },
        { uri: 'tel:+15550103', copyControl: 'cc', anonymize: true },
        { uri: 'sip:dave@home1.example', copyControl: 'bcc' },
      ],
      CREATOR,
    )
    expect(decodeUtf8(bytes)).toBe(
      `${HEAD}<resource-lists ${NAMES}><list>` +
        '<entry uri="sip:bob@home2.example" cp:copyControl="to"/>' +
        '<entry uri="tel:+15550103" cp:copyControl="cc" cp:anonymize="true"/>' +
        '<entry uri="sip:dave@home1.example" cp:copyControl="bcc"/>' +
        '</list></resource-lists>',
    )
    expect(shape(decode(bytes))).toEqual(['sip:bob@home2.example to', 'tel:+15550103 cc anonymous', 'sip:dave@home1.example bcc'])
  })

  it('escapes what XML needs in an address @req GRP-4', () => {
    const uri = "sip:o'neill&sons@home2.example"
    const bytes = encodeRecipientList([{ uri }], CREATOR)
    expect(decodeUtf8(bytes)).toContain("o'neill&amp;sons")
    expect(decode(bytes)[0]?.uri).toBe(uri)
  })

  it('leaves the creator and doubles out @req GRP-5', () => {
    const wanted = [
      'sip:bob@home2.example',
      'sip:ALICE@home1.example',
      'sip:alice@HOME1.example',
      'tel:+1-555-0100',
      'sip:%62ob@HOME2.example',
    ]
    const bytes = encodeRecipientList(
      wanted.map(uri => ({ uri })),
      CREATOR,
    )
    // The user part of a SIP URI counts letter by letter, so ALICE is somebody else (RFC 3261 §19.1.4)
    expect(decode(bytes).map(({ uri }) => uri)).toEqual(['sip:bob@home2.example', 'sip:ALICE@home1.example'])
  })

  it('counts the creator as one of ten, and fails here before anything is sent @req GRP-5', () => {
    const sizes = (max?: number) =>
      [8, 9, 10].map(count =>
        verdict(() =>
          encodeRecipientList(
            people(count).map(uri => ({ uri })),
            CREATOR,
            max,
          ),
        ),
      )
    expect(MAX_ADHOC_GROUP_SIZE).toBe(10)
    expect(sizes()).toEqual(['taken', 'taken', 'too-many-recipients'])
    expect(sizes(9)).toEqual(['taken', 'too-many-recipients', 'too-many-recipients'])
    // Doubles do not count
    expect(
      verdict(() =>
        encodeRecipientList(
          [...people(9), ...people(9)].map(uri => ({ uri })),
          CREATOR,
        ),
      ),
    ).toBe('taken')
  })

  it('cannot be empty or name what cannot be invited', () => {
    expect(verdict(() => encodeRecipientList([], CREATOR))).toBe('no-recipients')
    expect(verdict(() => encodeRecipientList([{ uri: 'sip:alice@home1.example' }], CREATOR))).toBe('no-recipients')
    for (const uri of [
      '',
      'bob',
      'mailto:bob@home2.example',
      'sip:home2.example',
      'tel:5550103',
      `sip:${'b'.repeat(MAX_ADDRESS)}@home2.example`,
    ])
      expect(
        verdict(() => encodeRecipientList([{ uri }], CREATOR)),
        uri.slice(0, 40),
      ).toBe('bad-recipient')
  })
})

describe('the list we get', () => {
  it('gives copy control and anonymity, hiding whom it cannot read @req GRP-15', () => {
    const bytes = listOf(
      entry('sip:a@home2.example'),
      entry('sips:b@home2.example', 'cp:copyControl=" cc " cp:anonymize="1"'),
      entry('tel:+15550103', ''),
      entry('sip:d@home2.example', 'cp:copyControl="TO"'),
      entry('sip:e@home2.example', 'copyControl="to"'),
      entry('sip:f@home2.example', 'cp:copyControl="to" cp:anonymize="0"'),
      entry('sip:g@home2.example', 'cp:copyControl="to" cp:anonymize="false"'),
      entry('sip:h@home2.example', 'cp:copyControl="to" cp:anonymize="yes"'),
    )
    expect(shape(decode(bytes))).toEqual([
      'sip:a@home2.example to',
      'sips:b@home2.example cc anonymous',
      'tel:+15550103 bcc',
      'sip:d@home2.example bcc',
      'sip:e@home2.example bcc',
      'sip:f@home2.example to',
      'sip:g@home2.example to',
      'sip:h@home2.example to anonymous',
    ])
  })

  it('takes the misspelt namespace of an example in RFC 5366 @req GRP-15', () => {
    const bytes = encodeUtf8(
      '<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists" xmlns:cp="urn:ietf:params:xml:ns:copyControl"><list>' +
        '<entry uri="sip:bill@example.com" cp:copyControl="to"/></list></resource-lists>',
    )
    expect(shape(decode(bytes))).toEqual(['sip:bill@example.com to'])
  })

  it('invites doubles once, with the highest copy control @req GRP-15', () => {
    const orders = [
      ['bcc', 'cc', 'to'],
      ['to', 'bcc', 'cc'],
      ['cc', 'bcc', 'bcc'],
    ].map(values =>
      listOf(...values.map(value => entry('sip:bob@home2.example', `cp:copyControl="${value}"`)), entry('sip:c@home2.example')),
    )
    expect(orders.map(bytes => shape(decode(bytes))[0])).toEqual([
      'sip:bob@home2.example to',
      'sip:bob@home2.example to',
      'sip:bob@home2.example cc',
    ])
    expect(orders.map(bytes => decode(bytes).length)).toEqual([2, 2, 2])
    const hidden = listOf(entry('sip:bob@home2.example'), entry('sip:bob@HOME2.example', 'cp:copyControl="cc" cp:anonymize="true"'))
    expect(shape(decode(hidden))).toEqual(['sip:bob@home2.example to anonymous'])
  })

  it('passes over nested lists, references and foreign elements, and keeps names @req GRP-15', () => {
    const name = `<display-name> ${'n'.repeat(MAX_TEXT + 5)} </display-name>`
    const bytes = listOf(
      '<display-name>Friends</display-name>',
      `<entry uri=" sip:bob@home2.example " cp:copyControl="to">${name}<x:card xmlns:x="urn:x"/></entry>`,
      `<list>${entry('sip:nested@home2.example')}</list>`,
      '<entry-ref ref="users/x"/><external anchor="http://x.example/"/>',
      '<x:entry xmlns:x="urn:x" uri="sip:foreign@home2.example"/>',
      '<entry uri="sip:c@home2.example"><display-name>  </display-name></entry>',
    )
    expect(decode(bytes)).toEqual([
      { uri: 'sip:bob@home2.example', copyControl: 'to', anonymize: false, displayName: 'n'.repeat(MAX_TEXT) },
      { uri: 'sip:c@home2.example', copyControl: 'bcc', anonymize: false },
    ])
  })

  it('never tears a pair of surrogates when it cuts a name', () => {
    const named = (name: string) =>
      decode(listOf(`<entry uri="sip:b@home2.example"><display-name>${name}</display-name></entry>`))[0]?.displayName
    expect(named(`${'n'.repeat(MAX_TEXT - 1)}😀`)).toBe('n'.repeat(MAX_TEXT - 1))
    expect(named(`${'n'.repeat(MAX_TEXT - 2)}😀`)).toBe(`${'n'.repeat(MAX_TEXT - 2)}😀`)
    expect(named(`${'n'.repeat(MAX_TEXT)}é`)).toBe('n'.repeat(MAX_TEXT))
  })

  it.each([
    ['no XML', '<resource-lists', 'bad-xml 400'],
    ['a document type', '<!DOCTYPE x><resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists"/>', 'bad-xml 400'],
    [
      'an entity',
      `<!DOCTYPE x [<!ENTITY e "x">]><resource-lists ${NAMES}><list><entry uri="sip:&e;@home2.example"/></list></resource-lists>`,
      'bad-xml 400',
    ],
    [
      'another namespace',
      `<resource-lists><list>${'<entry uri="sip:b@home2.example"/>'}</list></resource-lists>`,
      'bad-recipient-list 400',
    ],
    ['another root', `<list ${NAMES}><entry uri="sip:b@home2.example"/></list>`, 'bad-recipient-list 400'],
    ['an entry without address', decodeUtf8(listOf('<entry/>')), 'bad-recipient-list 400'],
    ['a scheme that is no SIP', decodeUtf8(listOf(entry('https://home2.example'))), 'bad-recipient-list 400'],
    ['headers in an address', decodeUtf8(listOf(entry('sip:b@home2.example?Replaces=x'))), 'bad-recipient-list 400'],
    ['a line break in an address', decodeUtf8(listOf(entry('sip:b&#13;&#10;@home2.example'))), 'bad-recipient-list 400'],
    ['an address without end', decodeUtf8(listOf(entry(`sip:${'b'.repeat(MAX_ADDRESS)}@home2.example`))), 'bad-recipient-list 400'],
    ['no list', `<resource-lists ${NAMES}/>`, 'empty-recipient-list 488'],
    ['an empty list', decodeUtf8(listOf()), 'empty-recipient-list 488'],
    ['nobody but the creator', decodeUtf8(listOf(entry('sip:alice@home1.example'), entry('tel:+15550100'))), 'empty-recipient-list 488'],
    ['ten beside the creator', decodeUtf8(listOf(...people(10).map(uri => entry(uri)))), 'too-many-participants 403'],
    ['too much XML', `<resource-lists ${NAMES}><list>${' '.repeat(262_144)}</list></resource-lists>`, 'xml-too-large 413'],
  ])('refuses %s @req GRP-15', (_, text, expected) => {
    expect(verdict(() => decode(encodeUtf8(text)))).toBe(expected)
  })

  it('has its limits around the number of people and of entries @req GRP-15', () => {
    const sized = (count: number, maxGroupSize?: number) =>
      verdict(() =>
        decodeRecipientList(listOf(...people(count).map(uri => entry(uri))), { creator: CREATOR, ...(maxGroupSize && { maxGroupSize }) }),
      )
    expect([8, 9, 10].map(count => sized(count))).toEqual(['taken', 'taken', 'too-many-participants 403'])
    expect([3, 4].map(count => sized(count, 4))).toEqual(['taken', 'too-many-participants 403'])
    const doubles = (count: number) => verdict(() => decode(listOf(...Array.from({ length: count }, () => entry('sip:bob@home2.example')))))
    expect([-1, 0, 1].map(more => doubles(MAX_LIST_ENTRIES + more))).toEqual(['taken', 'taken', 'too-many-participants 403'])
  })

  it('keeps an address of the greatest length', () => {
    const uri = `sip:${'b'.repeat(MAX_ADDRESS - 'sip:@home2.example'.length)}@home2.example`
    expect(decode(listOf(entry(uri)))[0]?.uri).toBe(uri)
    expect(decodeRecipientHistory(listOf(entry(uri)))[0]?.uri).toBe(uri)
    expect(decodeRecipientHistory(listOf(entry(uri.replace('sip:', 'sip:b'))))).toEqual([])
  })
})

describe('the part that carries the list', () => {
  const list = listOf(entry('sip:bob@home2.example'))
  const part = (type: string | undefined, disposition: string | undefined, body = list): Part => ({
    headers: [
      ...(type === undefined ? [] : [['Content-Type', type] as const]),
      ...(disposition === undefined ? [] : [['Content-Disposition', disposition] as const]),
    ],
    body,
  })
  const sdp = part('application/sdp', undefined)

  it('is what we write ourselves', () => {
    const written = recipientListPart(encodeRecipientList([{ uri: 'sip:bob@home2.example' }], CREATOR))
    expect(written.headers).toEqual([
      ['Content-Type', 'application/resource-lists+xml'],
      ['Content-Disposition', 'recipient-list'],
    ])
    expect(shape(readRecipientListPart([sdp, written], RULES))).toEqual(['sip:bob@home2.example to'])
  })

  it.each([
    ['with parameters and in capitals', 'Application/Resource-Lists+XML;charset=utf-8', 'Recipient-List; handling=required', 'taken'],
    ['by its type alone', 'application/resource-lists+xml', undefined, 'taken'],
    ['as history', 'application/resource-lists+xml', 'recipient-list-history', 'no-recipient-list 400'],
    ['of another type', 'application/xml', 'recipient-list', 'recipient-list-type 415'],
    ['of no type', undefined, 'recipient-list', 'recipient-list-type 415'],
    ['without any mark', undefined, undefined, 'no-recipient-list 400'],
  ])('is found %s, or refused with its own code @req GRP-15', (_, type, disposition, expected) => {
    expect(verdict(() => readRecipientListPart([sdp, part(type, disposition)], RULES))).toBe(expected)
  })
})

describe('what members learn of the others', () => {
  const u = (number: number) => `sip:u${number}@home2.example`
  const INPUT = listOf(
    entry(u(1)),
    entry(u(2), 'cp:copyControl="to" cp:anonymize="true"'),
    entry(u(3), 'cp:copyControl="to" cp:anonymize="true"'),
    entry(u(4), 'cp:copyControl="cc"'),
    entry(u(5), 'cp:copyControl="cc" cp:anonymize="true"'),
    entry(u(6), 'cp:copyControl="bcc"'),
    entry(u(7), ''),
    entry(u(1), 'cp:copyControl="bcc"'),
  )

  it('is vector D.6: seven INVITEs, and a history without the hidden ones', () => {
    const recipients = decode(INPUT)
    expect(recipients.map(({ uri }) => uri)).toEqual([1, 2, 3, 4, 5, 6, 7].map(u))
    const part = recipientHistoryPart(recipients) as Part
    expect(part.headers).toEqual([
      ['Content-Type', 'application/resource-lists+xml'],
      ['Content-Disposition', 'recipient-list-history; handling=optional'],
    ])
    expect(decodeUtf8(part.body)).toBe(
      `${HEAD}<resource-lists ${NAMES}><list>` +
        '<entry uri="sip:u1@home2.example" cp:copyControl="to"/>' +
        '<entry uri="sip:anonymous@anonymous.invalid" cp:copyControl="to" cp:count="2"/>' +
        '<entry uri="sip:u4@home2.example" cp:copyControl="cc"/>' +
        '<entry uri="sip:anonymous@anonymous.invalid" cp:copyControl="cc" cp:count="1"/>' +
        '</list></resource-lists>',
    )
    for (const hidden of [2, 3, 5, 6, 7]) expect(decodeUtf8(part.body)).not.toContain(u(hidden))
    expect(decodeRecipientHistory(part.body)).toEqual(recipientHistory(recipients))
  })

  it('lets bcc win over anonymize', () => {
    const recipients = decode(listOf(entry(u(1), 'cp:copyControl="bcc" cp:anonymize="true"'), entry(u(2))))
    expect(recipients.map(isVisible)).toEqual([false, true])
    expect(recipientHistory(recipients)).toEqual([{ uri: u(2), copyControl: 'to', count: 1 }])
  })

  it('is no part at all when everybody is hidden', () => {
    expect(recipientHistoryPart(decode(listOf(entry(u(1), 'cp:copyControl="bcc"'), entry(u(2), ''))))).toBeUndefined()
  })

  it('forbids a reply to all who does not see itself, or sees itself hidden', () => {
    const history = decodeRecipientHistory(
      listOf(entry(u(1)), entry(u(2), 'cp:copyControl="bcc"'), entry(u(3), ''), entry(u(1), 'cp:copyControl="cc"')),
    )
    expect([1, 2, 3, 4].map(number => mayReplyToAll(history, [u(number)]))).toEqual([true, false, false, false])
    expect(mayReplyToAll(history, ['tel:+15550199', 'sip:u1@HOME2.example'])).toBe(true)
    expect(mayReplyToAll(history, [])).toBe(false)
    expect(mayReplyToAll([...history, { uri: u(1), copyControl: 'bcc', count: 1 }], [u(1)])).toBe(false)
  })

  it('is read with tolerance and within limits', () => {
    const lines = decodeRecipientHistory(
      listOf(
        '<entry/>',
        entry('mailto:x@home2.example'),
        `<entry uri="${u(1)}" cp:copyControl="to" cp:count="x"><display-name>One</display-name></entry>`,
        entry('sip:anonymous@anonymous.invalid', 'cp:copyControl="cc" cp:count="99999"'),
      ),
    )
    expect(lines).toEqual([
      { uri: u(1), copyControl: 'to', count: 1, displayName: 'One' },
      { uri: 'sip:anonymous@anonymous.invalid', copyControl: 'cc', count: MAX_LIST_ENTRIES },
    ])
    const many = listOf(...people(MAX_LIST_ENTRIES + 1).map(uri => entry(uri)))
    expect(decodeRecipientHistory(many)).toHaveLength(MAX_LIST_ENTRIES)
    expect(verdict(() => decodeRecipientHistory(encodeUtf8('<x/>')))).toBe('bad-recipient-list 400')
  })
})
