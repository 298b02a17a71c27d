import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeImdn,
  encodeImdn,
  IMDN_STATUSES,
  type Imdn,
  type ImdnReport,
  MAX_IMDN_DATE,
  MAX_IMDN_ID,
  MAX_IMDN_TEXT,
  MAX_IMDN_URI,
} from '../../src/cpim/index.js'
import { decodeUtf8, encodeUtf8, RemoteProtocolError } from '../../src/wire/index.js'

const REPORTS = Object.entries(IMDN_STATUSES).flatMap(([kind, statuses]) =>
  (statuses as readonly string[]).map(status => ({ kind, status }) as ImdnReport),
)

const FULL: Imdn = {
  kind: 'delivery',
  status: 'delivered',
  messageId: 'Vb2k9QwLx73TfRe1',
  dateTime: '2024-05-04T12:16:49Z',
  recipientUri: 'sip:bob@home2.example;a=<&">',
  originalRecipientUri: 'sip:team@home2.example',
  subject: 'Plans & <notes> "é🙂"',
}

const ID = '<message-id>m</message-id>'
const DATE = '<datetime>2024-05-04T12:16:49Z</datetime>'
const DELIVERED = '<delivery-notification><status><delivered/></status></delivery-notification>'
const document = (...elements: string[]) => `<imdn xmlns="urn:ietf:params:xml:ns:imdn">${elements.join('')}</imdn>`
const read = (text: string): Imdn => decodeImdn(encodeUtf8(text))

function refusal(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof RemoteProtocolError) return `${error.code} ${error.status}`
    throw error
  }
  return 'none'
}

describe('a notification document', () => {
  it('is written element by element in the order of the schema @req IMDN-4', () => {
    expect(decodeUtf8(encodeImdn(FULL))).toBe(
      '<?xml version="1.0" encoding="UTF-8"?>\r\n' +
        '<imdn xmlns="urn:ietf:params:xml:ns:imdn">' +
        '<message-id>Vb2k9QwLx73TfRe1</message-id>' +
        '<datetime>2024-05-04T12:16:49Z</datetime>' +
        '<recipient-uri>sip:bob@home2.example;a=&lt;&amp;&quot;&gt;</recipient-uri>' +
        '<original-recipient-uri>sip:team@home2.example</original-recipient-uri>' +
        '<subject>Plans &amp; &lt;notes&gt; &quot;é🙂&quot;</subject>' +
        '<delivery-notification><status><delivered/></status></delivery-notification>' +
        '</imdn>',
    )
  })

  it.each(REPORTS)('says $kind $status and is read back the same @req IMDN-4', report => {
    for (const imdn of [
      { ...FULL, ...report },
      { ...report, messageId: 'm', dateTime: '2024-05-04T12:16:49Z' },
    ] as Imdn[])
      expect(decodeImdn(encodeImdn(imdn))).toEqual(imdn)
  })

  it('is read whatever its prefixes, white space, order and extensions are @req IMDN-4', () => {
    const text = `<?xml version="1.0"?>
      <i:imdn xmlns:i="urn:ietf:params:xml:ns:imdn" xmlns:x="urn:x">
        <x:message-id>not this one</x:message-id><message-id>nor this</message-id>
        <i:display-notification><i:status><x:seen/><i:displayed/></i:status></i:display-notification>
        <i:note>  as drafts had it  </i:note>
        <i:datetime>
          2024-05-04T12:16:49Z
        </i:datetime>
        <i:message-id> <![CDATA[m]]> </i:message-id>
      </i:imdn>`
    expect(read(text)).toEqual({
      kind: 'display',
      status: 'displayed',
      messageId: 'm',
      dateTime: '2024-05-04T12:16:49Z',
      note: 'as drafts had it',
    })
  })

  it('never writes the note of the drafts, which the schema does not have', () => {
    expect(decodeImdn(encodeImdn({ ...FULL, note: 'x' }))).toEqual(FULL)
  })

  it.each([
    ['another document', '<list xmlns="urn:ietf:params:xml:ns:imdn"/>'],
    ['another namespace', document(ID, DATE, DELIVERED).replace(':imdn', ':imdm')],
    ['no namespace', `<imdn>${ID}${DATE}${DELIVERED}</imdn>`],
    ['no message id', document(DATE, DELIVERED)],
    ['an empty message id', document('<message-id> </message-id>', DATE, DELIVERED)],
    ['two message ids', document(ID, ID, DATE, DELIVERED)],
    ['no date', document(ID, DELIVERED)],
    ['two dates', document(ID, DATE, DATE, DELIVERED)],
    ['two recipients', document(ID, DATE, DELIVERED, '<recipient-uri>a:b</recipient-uri>'.repeat(2))],
    ['two subjects', document(ID, DATE, DELIVERED, '<subject/><subject/>')],
    ['no notification', document(ID, DATE)],
    ['two notifications', document(ID, DATE, DELIVERED, DELIVERED)],
    ['two kinds', document(ID, DATE, DELIVERED, DELIVERED.replaceAll('delivery', 'display').replace('delivered', 'displayed'))],
    ['no status', document(ID, DATE, '<delivery-notification/>')],
    ['an empty status', document(ID, DATE, '<delivery-notification><status/></delivery-notification>')],
    ['two statuses', document(ID, DATE, DELIVERED.replace('<delivered/>', '<delivered/><failed/>'))],
    ['two status elements', document(ID, DATE, '<delivery-notification><status/><status/></delivery-notification>')],
    ['a status of another kind', document(ID, DATE, DELIVERED.replace('delivered', 'displayed'))],
    ['an unknown status', document(ID, DATE, DELIVERED.replace('delivered', 'constructor'))],
    ['a status as text', document(ID, DATE, DELIVERED.replace('<delivered/>', 'delivered'))],
  ])('is refused with %s @req IMDN-4', (_, text) => {
    expect(refusal(() => read(text))).toBe('bad-imdn 400')
  })

  it('is refused with a document type or as no XML at all @req IMDN-4 SEC-11', () => {
    expect(refusal(() => read(`<!DOCTYPE imdn [<!ENTITY m "m">]>${document('<message-id>&m;</message-id>', DATE, DELIVERED)}`))).toBe(
      'bad-xml 400',
    )
    expect(refusal(() => read('delivered'))).toBe('bad-xml 400')
    expect(refusal(() => read(document(ID, DATE, DELIVERED, '<a>'.repeat(32), '</a>'.repeat(32))))).toBe('xml-too-large 413')
  })

  it('keeps the limits of its texts @req SEC-11', () => {
    for (const [element, limit] of [
      ['message-id', MAX_IMDN_ID],
      ['datetime', MAX_IMDN_DATE],
      ['recipient-uri', MAX_IMDN_URI],
      ['original-recipient-uri', MAX_IMDN_URI],
    ] as const) {
      const others = [ID, DATE].filter(text => !text.startsWith(`<${element}>`))
      const make = (length: number) => document(...others, `<${element}>${'x'.repeat(length)}</${element}>`, DELIVERED)
      expect(refusal(() => read(make(limit - 1)))).toBe('none')
      expect(refusal(() => read(make(limit)))).toBe('none')
      expect(refusal(() => read(make(limit + 1)))).toBe('bad-imdn 400')
    }
  })

  it('cuts long texts for people, never inside of a character @req SEC-11', () => {
    for (const element of ['subject', 'note'] as const) {
      const textOf = (text: string) => read(document(ID, DATE, `<${element}>${text}</${element}>`, DELIVERED))[element]
      const x = (length: number) => 'x'.repeat(length)
      expect(textOf(x(MAX_IMDN_TEXT - 1))).toBe(x(MAX_IMDN_TEXT - 1))
      expect(textOf(x(MAX_IMDN_TEXT))).toBe(x(MAX_IMDN_TEXT))
      expect(textOf(x(MAX_IMDN_TEXT + 1))).toBe(x(MAX_IMDN_TEXT))
      expect(textOf(`${x(MAX_IMDN_TEXT - 1)}🙂`)).toBe(x(MAX_IMDN_TEXT - 1))
      expect(textOf(`${x(MAX_IMDN_TEXT - 2)}🙂`)).toBe(`${x(MAX_IMDN_TEXT - 2)}🙂`)
      expect(textOf('')).toBe('')
    }
  })

  it('gives RemoteProtocolError and nothing else, however it is damaged @req SEC-11', () => {
    const bytes = encodeImdn(FULL)
    const changes = fc.array(fc.tuple(fc.nat(bytes.length - 1), fc.constantFrom(...encodeUtf8('<>/&;"m-'), 0xff)), { maxLength: 3 })
    fc.assert(
      fc.property(changes, fc.nat(bytes.length), (list, end) => {
        const damaged = bytes.slice(0, end)
        for (const [at, octet] of list) if (at < end) damaged[at] = octet
        expect(refusal(() => decodeImdn(damaged))).toMatch(/^(none|bad-imdn 400|bad-xml 400)$/)
      }),
      { numRuns: 1000 },
    )
  })

  it('with a text that is cut reads the same when it is written again @req IMDN-4 SEC-11', () => {
    for (const end of ['a ', '\u{1f600}', ' \u{1f600}', 'ab']) {
      const subject = `A${' '.repeat(MAX_IMDN_TEXT - 3)}${end}tail`
      const first = decodeImdn(encodeImdn({ ...FULL, subject }))
      expect(decodeImdn(encodeImdn(first))).toEqual(first)
    }
  })
})
