import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  decodeXml,
  encodeUtf8,
  encodeXml,
  LocalProtocolError,
  RemoteProtocolError,
  XML_IMPORT_LIMITS,
  XML_LIMITS,
  type XmlElement,
  type XmlLimits,
  type XmlOutput,
  xmlAttribute,
  xmlChildren,
} from '../../src/wire/index.js'

const read = (text: string, limits?: XmlLimits): XmlElement => decodeXml(encodeUtf8(text), limits)

function refusal(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    if (error instanceof RemoteProtocolError) return `${error.code} ${error.status}`
    throw error
  }
  return 'none'
}

/** A list of the recipients of a group, as RFC 5366 prints one. */
const LIST = `<?xml version="1.0" encoding="UTF-8"?>
<!-- who gets it -->
<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists"
                xmlns:cp="urn:ietf:params:xml:ns:copycontrol">
  <list>
    <entry uri="sip:bill@example.com" cp:copyControl="to" />
    <entry uri="sip:joe@example.org" cp:copyControl="cc" cp:anonymize="true"/>
    <display-name xml:lang="en">Close &amp; far <![CDATA[<friends>]]></display-name>
  </list>
</resource-lists>
`
const LISTS = 'urn:ietf:params:xml:ns:resource-lists'
const COPY_CONTROL = 'urn:ietf:params:xml:ns:copycontrol'

describe('decodeXml', () => {
  it('resolves prefixes and gives elements, attributes and text', () => {
    const root = read(LIST)
    expect([root.namespace, root.name, root.attributes]).toEqual([LISTS, 'resource-lists', []])
    const [list] = xmlChildren(root, LISTS, 'list')
    const entries = xmlChildren(list as XmlElement, LISTS, 'entry')
    expect(entries.map(entry => xmlAttribute(entry, 'uri'))).toEqual(['sip:bill@example.com', 'sip:joe@example.org'])
    expect(entries.map(entry => xmlAttribute(entry, 'anonymize', COPY_CONTROL))).toEqual([undefined, 'true'])
    expect(xmlAttribute(entries[0] as XmlElement, 'copyControl')).toBeUndefined()
    expect(xmlChildren(list as XmlElement, '', 'entry')).toEqual([])
    const name = list?.children[2] as XmlElement
    expect(name.text).toBe('Close & far <friends>')
    expect(xmlAttribute(name, 'lang', 'http://www.w3.org/XML/1998/namespace')).toBe('en')
  })

  it('takes a byte order mark, character references and elements without namespace', () => {
    expect(read('\ufeff<a b="&#x41;&lt;&#9;">\r\n&quot;</a>')).toEqual({
      namespace: '',
      name: 'a',
      attributes: [{ namespace: '', name: 'b', value: 'A<\t' }],
      children: [],
      text: '\n"',
    })
  })

  it.each([
    ['no document', ''],
    ['no element', '<?xml version="1.0"?>'],
    ['an open element', '<a><b></b>'],
    ['elements that cross', '<a><b></a></b>'],
    ['two roots', '<a/><b/>'],
    ['text behind the root', '<a/>text'],
    ['a bare ampersand', '<a>&</a>'],
    ['an unknown entity', '<a>&copy;</a>'],
    ['a name of Object.prototype as entity', '<a>&constructor;</a>'],
    ['an attribute twice', '<a b="1" b="2"/>'],
    ['an attribute twice by namespace', '<a xmlns:p="u" xmlns:q="u" p:b="1" q:b="2"/>'],
    ['an undeclared prefix', '<p:a/>'],
    ['an unquoted value', '<a b=c/>'],
    ['a less-than in a value', '<a b="<"/>'],
    ['a control character', '<a>\u0001</a>'],
    ['a reference to a control character, also for XML 1.1', '<?xml version="1.1"?><a>&#1;</a>'],
    ['a reference beyond Unicode', '<a>&#x110000;</a>'],
    ['a reference to nothing', '<a>&#;</a>'],
    ['the end of a CDATA section in text', '<a>]]></a>'],
  ])('refuses %s @req SEC-11', (_, text) => {
    expect(refusal(() => read(text))).toBe('bad-xml 400')
  })

  it('refuses octets that are no UTF-8 @req SEC-11', () => {
    expect(refusal(() => decodeXml(Uint8Array.of(0x3c, 0x61, 0x3e, 0xe9, 0x3c, 0x2f, 0x61, 0x3e)))).toBe('bad-xml 400')
    expect(refusal(() => decodeXml(Uint8Array.of(0xff, 0xfe, 0x3c, 0, 0x61, 0, 0x2f, 0, 0x3e, 0)))).toBe('bad-xml 400')
  })

  it('refuses every document type, so that nothing is expanded or fetched @req SEC-11', () => {
    const laughs = Array.from({ length: 9 }, (_, level) => `<!ENTITY l${level + 1} "${`&l${level};`.repeat(10)}">`).join('')
    for (const type of [
      `<!DOCTYPE a [<!ENTITY l0 "ha">${laughs}]><a>&l9;</a>`,
      '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
      '<!DOCTYPE a [<!ENTITY x SYSTEM "http://192.0.2.1/x">]><a>&x;</a>',
      '<!DOCTYPE a><a/>',
    ])
      expect(
        refusal(() => read(type)),
        type.slice(0, 40),
      ).toBe('bad-xml 400')
  })

  it('says in which line it stopped', () => {
    expect(() => read('<a>\n\n<b></a>')).toThrow('line 3')
  })

  it.each(Object.entries({ XML_LIMITS, XML_IMPORT_LIMITS }))('keeps each of the %s @req SEC-11', (_, limits) => {
    const nested = (depth: number) => '<a>'.repeat(depth) + '</a>'.repeat(depth)
    const wide = (elements: number) => `<a>${'<b/>'.repeat(elements - 1)}</a>`
    const long = (bytes: number) => `<a>${'x'.repeat(bytes - 7)}</a>`
    for (const [limit, make] of [
      [limits.depth, nested],
      [limits.elements, wide],
      [limits.bytes, long],
    ] as const) {
      expect(refusal(() => read(make(limit - 1), limits))).toBe('none')
      expect(refusal(() => read(make(limit), limits))).toBe('none')
      expect(refusal(() => read(make(limit + 1), limits))).toBe('xml-too-large 413')
    }
  })

  it('keeps the limits of documents from the network unless told otherwise @req SEC-11', () => {
    expect([XML_LIMITS.bytes, XML_LIMITS.depth]).toEqual([256 * 1024, 32])
    const deep = '<a>'.repeat(33) + '</a>'.repeat(33)
    expect(refusal(() => read(deep))).toBe('xml-too-large 413')
    expect(read(deep, XML_IMPORT_LIMITS).name).toBe('a')
  })

  it('throws nothing but RemoteProtocolError, whatever is damaged @req SEC-11', () => {
    const document = encodeUtf8(LIST)
    const damage = fc.array(fc.tuple(fc.nat(document.length - 1), fc.constantFrom(...encodeUtf8('<>&"\'=/!?[] :x;#\0'), 0xc3, 0xff)), {
      minLength: 1,
      maxLength: 4,
    })
    fc.assert(
      fc.property(damage, fc.nat(document.length), (changes, end) => {
        const bytes = document.slice(0, end)
        for (const [at, octet] of changes) if (at < end) bytes[at] = octet
        expect(refusal(() => decodeXml(bytes))).toMatch(/^(none|bad-xml 400)$/)
      }),
      { numRuns: 1500 },
    )
  })
})

describe('encodeXml', () => {
  const name = fc.constantFrom('a', 'b-c', '_d.e', 'p:f')
  // Every character XML 1.0 can hold
  const text = fc.string({ unit: 'binary' }).map(raw => raw.replace(/[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, ''))
  const { element } = fc.letrec<{ element: XmlOutput }>(tie => ({
    element: fc.record({
      name,
      attributes: fc.uniqueArray(fc.tuple(fc.constantFrom('x', 'y', 'z'), text), { selector: ([key]) => key, maxLength: 3 }),
      content: fc.array(fc.oneof({ depthSize: 'small' }, text, tie('element')), { maxLength: 4 }),
    }),
  }))

  /** What a reader must see, prefix `p` resolved. */
  function expected({ name, attributes = [], content = [] }: XmlOutput): XmlElement {
    return {
      namespace: name.startsWith('p:') ? 'urn:p' : '',
      name: name.replace('p:', ''),
      attributes: attributes.map(([key, value]) => ({ namespace: '', name: key, value })),
      children: content.filter(part => typeof part !== 'string').map(expected),
      text: content.filter(part => typeof part === 'string').join(''),
    }
  }

  it('writes what is read back the same, whatever the texts hold @req SEC-14', () => {
    fc.assert(
      fc.property(element, one => {
        const root: XmlOutput = { name: 'root', attributes: [['xmlns:p', 'urn:p']], content: [one] }
        expect(decodeXml(encodeXml(root)).children).toEqual([expected(one)])
      }),
      { numRuns: 300 },
    )
  })

  it('escapes whatever could be markup @req SEC-14', () => {
    const hostile = "\"><evil a='x'/>&amp;]]>\r\n\t"
    const written = new TextDecoder().decode(encodeXml({ name: 'a', attributes: [['b', hostile]], content: [hostile] }))
    const escaped = "&quot;&gt;&lt;evil a='x'/&gt;&amp;amp;]]&gt;&#13;&#10;&#9;"
    expect(written).toBe(`<?xml version="1.0" encoding="UTF-8"?>\r\n<a b="${escaped}">${escaped}</a>`)
  })

  it('refuses names that are none and characters that no document can hold @req SEC-14', () => {
    for (const bad of ['', 'a b', '1a', 'a>', 'é', 'a\n']) expect(() => encodeXml({ name: bad }), bad).toThrow(LocalProtocolError)
    expect(() => encodeXml({ name: 'a', attributes: [['b="" c', '1']] })).toThrow(LocalProtocolError)
    for (const bad of ['\0', '\u0008', '\u001f', '\ud800', '\udc00x', '\ufffe', '\uffff'])
      expect(() => encodeXml({ name: 'a', content: [bad] }), JSON.stringify(bad)).toThrow(LocalProtocolError)
    for (const good of [' ', '\u007f', '\ud7ff', '\ue000', '\ufffd', '\u{1f642}', '\u{10ffff}'])
      expect(decodeXml(encodeXml({ name: 'a', content: [good] })).text, JSON.stringify(good)).toBe(good)
  })
})
