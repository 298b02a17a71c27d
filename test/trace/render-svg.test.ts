import { describe, expect, it } from 'vitest'
import { MAX_SVG_ROWS } from '../../src/trace/limits.js'
import { renderSvg } from '../../src/trace/render-svg.js'
import { decodeXml, encodeUtf8, XML_IMPORT_LIMITS, type XmlElement, xmlAttribute } from '../../src/wire/index.js'
import { type End, HOSTILE_TEXTS, hostileTrace, msrpText, SampleTrace, sampleTransfer, sipText } from './sample-trace.js'

const SVG = 'http://www.w3.org/2000/svg'
const LIMITS = { ...XML_IMPORT_LIMITS, bytes: 16_000_000 }

const draw = (...input: Parameters<typeof renderSvg>): XmlElement => decodeXml(encodeUtf8(renderSvg(...input)), LIMITS)
const textsOf = (svg: XmlElement) => svg.children.filter(({ name }) => name === 'text').map(({ text }) => text)
const number = (element: XmlElement | undefined, name: string) => Number(xmlAttribute(element as XmlElement, name))
const labelled = (svg: XmlElement, label: string) => svg.children.find(({ text }) => text === label)

const ALICE: End = ['alice', '10.0.0.1:5060']
const BOB: End = ['bob', '10.0.0.2:5060']

describe('a drawing', () => {
  it('says everything the ladder says, with the addresses of each lane', () => {
    const texts = textsOf(draw(sampleTransfer().entries))
    for (const text of [
      'SIP and MSRP trace',
      'alice',
      'bob',
      '127.0.0.1:40001',
      '127.0.0.1:2855',
      '127.0.0.1:5070',
      '00.000',
      'INVITE (SDP ×2 files)',
      '200 OK (SDP: 1 ok, 1 no)',
      'dialog 1',
      'confirmed',
      '00.009',
      'SEND ×21 · 1.3 MB · $',
      '200 ×21, REPORT 200',
      'plan.pdf done',
    ])
      expect(texts, text).toContain(text)
    expect(texts.filter(text => text === 'dialog 1')).toHaveLength(1)
  })

  it('puts arrows from lane to lane in the colour of their protocol', () => {
    const svg = draw(sampleTransfer().entries)
    const [alice, bob] = ['alice', 'bob'].map(name => number(labelled(svg, name), 'x')) as [number, number]
    const heads = svg.children
      .filter(({ name }) => name === 'path')
      .map(path => [xmlAttribute(path, 'd')?.split(' ')[0], xmlAttribute(path, 'fill')])
    const colour = (label: string) => xmlAttribute(labelled(svg, label) as XmlElement, 'fill')
    expect(colour('SIP')).not.toBe(colour('MSRP'))
    expect(heads[0]).toEqual([`M${bob}`, colour('SIP')])
    expect(heads[1]).toEqual([`M${alice}`, colour('SIP')])
    expect(heads[4]).toEqual([`M${bob}`, colour('MSRP')])
    expect(colour('180 Ringing')).toBe(colour('SIP'))
    expect(colour('SEND ×21 · 1.3 MB · $')).toBe(colour('MSRP'))
    expect(number(labelled(svg, 'plan.pdf done'), 'x')).toBeGreaterThan(bob)
  })

  it('shows what could not be read in a third colour, and a message to oneself beside its lane', () => {
    const trace = new SampleTrace()
      .out(ALICE, BOB, 'nonsense')
      .both(ALICE, ['alice', '10.0.0.1:5061'], sipText('BYE sip:a SIP/2.0', '1 BYE'))
    const svg = draw(trace.entries)
    const bad = xmlAttribute(labelled(svg, 'undecodable message') as XmlElement, 'fill')
    expect([
      xmlAttribute(labelled(svg, 'SIP') as XmlElement, 'fill'),
      xmlAttribute(labelled(svg, 'MSRP') as XmlElement, 'fill'),
    ]).not.toContain(bad)
    const own = draw([{ ...trace.entries[1]!, local: '10.0.0.1:5061', remote: '10.0.0.1:5061' } as never])
    expect(textsOf(own)).toContain('↺ BYE')
  })

  it('counts the addresses beyond the third of a lane', () => {
    const trace = new SampleTrace()
    for (let port = 1; port <= 5; port++)
      trace.both(['alice', `10.0.0.1:${port}`], BOB, sipText('OPTIONS sip:b SIP/2.0', `${port} OPTIONS`))
    const texts = textsOf(draw(trace.entries))
    expect(texts).toEqual(expect.arrayContaining(['10.0.0.1:1', '10.0.0.1:3', 'and 2 more']))
    expect(texts).not.toContain('10.0.0.1:4')
    for (let port = 1; port <= 3; port++) expect(textsOf(draw(trace.entries.slice(0, 2 * port))).join()).not.toContain('more')
  })

  it('writes the address of a peer without a name once, and none that is empty', () => {
    const trace = new SampleTrace().out(['alice', ''], ['', '10.0.0.2:5060'], msrpText('t1 SEND', 'msrp://b:1/s;tcp', 'msrp://a:1/s;tcp'))
    const texts = textsOf(draw(trace.entries))
    expect(texts.filter(text => text === '10.0.0.2:5060')).toHaveLength(1)
    expect(texts).not.toContain('')
  })

  it('is as wide as it is told, as far as the lanes allow', () => {
    const { entries } = sampleTransfer()
    const gap = (width?: number) => {
      const svg = draw(entries, width === undefined ? {} : { width })
      return number(labelled(svg, 'bob'), 'x') - number(labelled(svg, 'alice'), 'x')
    }
    expect([gap(100), gap(650), gap(5000)]).toEqual([220, 320, 420])
    expect(gap()).toBe(gap(960))
    const svg = draw(entries)
    expect(xmlAttribute(svg, 'viewBox')).toBe(`0 0 ${xmlAttribute(svg, 'width')} ${xmlAttribute(svg, 'height')}`)
    for (const element of svg.children) {
      expect(number(element, 'y') || 0).toBeLessThan(number(svg, 'height'))
      expect(number(element, 'x') || 0).toBeLessThan(number(svg, 'width'))
    }
  })

  it('cuts names and labels that have no room', () => {
    const long = 'a'.repeat(200)
    const trace = new SampleTrace().both([long, '10.0.0.1:1'], BOB, `SIP/2.0 200 ${long}\r\n\r\n`).state('bob', 'file', long, 'done')
    const svg = draw(trace.entries, { title: long })
    const width = number(svg, 'width')
    for (const element of svg.children.filter(({ name }) => name === 'text')) {
      // A character is about 7.9 pixels wide, in the title a quarter more
      const length = element.text.length * 7.9 * (xmlAttribute(element, 'font-size') === undefined ? 1 : 1.25)
      const left = number(element, 'x') - (xmlAttribute(element, 'text-anchor') === 'middle' ? length / 2 : 0)
      expect([left > 0, left + length < width], element.text).toEqual([true, true])
    }
  })

  it('is empty but whole without entries', () => {
    expect(textsOf(draw([], { title: 'Nothing' }))).toEqual(['Nothing', 'SIP', 'MSRP'])
  })

  it('draws so many rows and counts the rest', () => {
    const trace = new SampleTrace()
    for (let index = 0; index <= MAX_SVG_ROWS; index++) trace.state('alice', 'session', 'bob', 'x')
    const drawn = (rows: number) => textsOf(draw(trace.entries.slice(0, rows)))
    for (const rows of [MAX_SVG_ROWS - 1, MAX_SVG_ROWS]) {
      expect(drawn(rows).filter(text => text === 'x')).toHaveLength(rows)
      expect(drawn(rows).at(-1)).toBe('x')
    }
    const above = drawn(MAX_SVG_ROWS + 1)
    expect(above.filter(text => text === 'x')).toHaveLength(MAX_SVG_ROWS)
    expect(above.at(-1)).toBe('… 1 more')
  })
})

describe('hostile text in a drawing', () => {
  it.each(HOSTILE_TEXTS)('stays text: %j @req SEC-14', hostile => {
    const svg = draw(hostileTrace(hostile).entries, { title: hostile })
    const elements = [svg, ...svg.children]
    expect(elements.flatMap(({ children }) => children)).toHaveLength(svg.children.length)
    for (const { namespace, name, attributes } of elements) {
      expect([namespace, name]).toEqual([SVG, expect.stringMatching(/^(svg|title|rect|line|path|circle|text)$/)])
      // Nothing that runs, loads or leads anywhere
      for (const attribute of attributes)
        expect(attribute.name).toMatch(
          /^(width|height|viewBox|role|font-family|font-size|font-weight|fill|x|y|cx|cy|r|d|x1|y1|x2|y2|stroke|stroke-width|text-anchor)$/,
        )
    }
  })
})
