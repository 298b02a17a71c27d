import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { dissectMessage } from '../../src/trace/dissect-message.js'
import type { DissectedNode } from '../../src/trace/dissection.js'
import type { MessageEntry } from '../../src/trace/entry.js'
import { MAX_BODY_DEPTH, MAX_DISSECTED, MAX_DISSECTED_DEPTH, MAX_HEADERS, MAX_NODES, MAX_SPANS } from '../../src/trace/limits.js'
import { msrpText, sampleTransfer, sipText } from './sample-trace.js'

const message = (text: string): MessageEntry => ({
  v: 1,
  kind: 'message',
  time: 1,
  protocol: text.startsWith('MSRP') ? 'msrp' : 'sip',
  direction: 'in',
  transport: 'tcp',
  party: 'a',
  local: '1.1.1.1:1',
  remote: '2.2.2.2:2',
  text,
  bodyLength: 0,
})
const dissect = (text: string) => dissectMessage(message(text))
const withBody = (type: string, body: string): string => `MESSAGE sip:b@h SIP/2.0\r\nContent-Type: ${type}\r\n\r\n${body}`

/** `  label = value [place]` for each part. */
function outline(nodes: readonly DissectedNode[], depth = 0): string[] {
  return nodes.flatMap(({ label, value, clause, children }) => [
    `${'  '.repeat(depth)}${label}${value === '' ? '' : ` = ${value}`}${clause === undefined ? '' : ` [${`${clause.source} ${clause.section}`.trim()}]`}`,
    ...outline(children, depth + 1),
  ])
}

const count = (nodes: readonly DissectedNode[]): number => nodes.reduce((sum, node) => sum + 1 + count(node.children), 0)
const depthOf = (nodes: readonly DissectedNode[]): number => Math.max(0, ...nodes.map(node => 1 + depthOf(node.children)))

/** The pieces with their kinds, space between them left out. */
const pieces = (text: string): string[] => {
  const { spans } = dissect(text)
  return spans.map(({ from, to, kind }) => `${kind} ${text.slice(from, to)}`)
}

describe('a message taken apart', () => {
  it('names the parts of a request, their parameters and the clause of each', () => {
    const text =
      'INVITE sip:bob@h SIP/2.0\r\nv: SIP/2.0/TCP 1.1.1.1;branch=z9hG4bKx;rport\r\nFrom: "A;B" <sip:a@h;user=phone>;tag=1\r\n' +
      'Contact: <sip:a@1.1.1.1>;+sip.instance="<urn:uuid:1>";expires = 60\r\nX-Own: (a) 12, urn:x:1;to=<sip:x>;\r\nConversation-ID: c\r\n\r\n'
    expect(outline(dissect(text).nodes)).toEqual([
      'request = INVITE sip:bob@h SIP/2.0 [RFC 3261 13]',
      '  method = INVITE',
      '  Request-URI = sip:bob@h',
      'v = SIP/2.0/TCP 1.1.1.1;branch=z9hG4bKx;rport [RFC 3261 20.42]',
      '  branch = z9hG4bKx [RFC 3261 8.1.1.7]',
      '  rport [RFC 3581 3]',
      'From = "A;B" <sip:a@h;user=phone>;tag=1 [RFC 3261 20.20]',
      '  tag = 1 [RFC 3261 19.3]',
      'Contact = <sip:a@1.1.1.1>;+sip.instance="<urn:uuid:1>";expires = 60 [RFC 3261 20.10]',
      '  +sip.instance = "<urn:uuid:1>" [RFC 5626 4.1]',
      '  expires = 60 [RFC 3261 10.2.1.1]',
      'X-Own = (a) 12, urn:x:1;to=<sip:x>;',
      '  to = <sip:x>',
      'Conversation-ID = c [OMA CPM]',
    ])
    expect(pieces(text).slice(0, 12)).toEqual([
      'method INVITE',
      'uri sip:bob@h',
      'version SIP/2.0',
      'name v',
      'punctuation :',
      'punctuation ;',
      'parameter branch',
      'punctuation =',
      'punctuation ;',
      'parameter rport',
      'name From',
      'punctuation :',
    ])
    expect(pieces(text)).toEqual(expect.arrayContaining(['string "A;B"', 'uri sip:a@h;user=phone', 'number 60', 'uri urn:x:1']))
  })

  it('names the parts of answers, known and unknown ones', () => {
    expect(outline(dissect('SIP/2.0 180 Ringing here\r\n\r\n').nodes)).toEqual([
      'response = SIP/2.0 180 Ringing here [RFC 3261 21.1.2]',
      '  status = 180',
      '  phrase = Ringing here',
    ])
    expect(outline(dissect('SIP/2.0 499\r\n\r\n').nodes)).toEqual(['response = SIP/2.0 499 [RFC 3261 21.4]', '  status = 499'])
    expect(outline(dissect('SIP/2.0 999 X\r\n\r\n').nodes)[0]).toBe('response = SIP/2.0 999 X')
    expect(outline(dissect('PING sip:a b@h SIP/2.0\r\n\r\n').nodes)).toEqual([])
  })

  it('names the parts of MSRP', () => {
    const send = msrpText('t1 SEND', 'msrp://b:1/s;tcp', 'msrps://a:2/t;tcp msrp://a:1/t;tcp', 'Byte-Range: 1-*/8\r\nX: y\r\n')
    expect(outline(dissect(send).nodes)).toEqual([
      'request = MSRP t1 SEND [RFC 4975 7.1.1]',
      '  transaction = t1',
      '  method = SEND',
      'To-Path = msrp://b:1/s;tcp [RFC 4975 7.1]',
      'From-Path = msrps://a:2/t;tcp msrp://a:1/t;tcp [RFC 4975 7.1]',
      'Byte-Range = 1-*/8 [RFC 4975 7.1.1]',
      'X = y',
    ])
    expect(pieces(send)).toEqual(expect.arrayContaining(['uri msrps://a:2/t;tcp', 'uri msrp://a:1/t;tcp', 'method SEND', 'string t1']))
    expect(outline(dissect(msrpText('t1 413 Stop', 'a', 'b')).nodes).slice(0, 4)).toEqual([
      'response = MSRP t1 413 Stop [RFC 4975 10]',
      '  transaction = t1',
      '  status = 413',
      '  phrase = Stop',
    ])
  })

  it('takes a session description apart, the lines of a medium below its m-line', () => {
    const sdp =
      'v=0\r\nb=AS:64\r\nm=message 9 TCP/MSRP *\r\na=sendonly\r\na=path:msrp://a:1/s;tcp\r\n' +
      'a=file-selector:name:"a b.pdf"  size:5 hash:sha-1:7F\r\na=x-own:"open\r\n\r\nnonsense\r\nm=message 0 TCP/MSRP *\r\n'
    expect(outline(dissect(sipText('INVITE sip:b SIP/2.0', '1 INVITE', { sdp })).nodes).slice(13)).toEqual([
      'application/sdp',
      '  v = 0 [RFC 8866 5.1]',
      '  b=AS = 64',
      '  m = message 9 TCP/MSRP * [RFC 8866 5.14]',
      '    a=sendonly [RFC 8866 6.7.3]',
      '    a=path = msrp://a:1/s;tcp [RFC 4975 8.2]',
      '    a=file-selector = name:"a b.pdf"  size:5 hash:sha-1:7F [RFC 5547 6]',
      '      name = "a b.pdf" [RFC 5547 6]',
      '      size = 5 [RFC 5547 6]',
      '      hash = sha-1:7F [RFC 5547 6]',
      '    a=x-own = "open',
      '    ? = nonsense',
      '  m = message 0 TCP/MSRP * [RFC 8866 5.14]',
    ])
    expect(outline(dissect(withBody('application/sdp', 'a=file-selector:odd')).nodes).at(-1)).toBe('    odd')
    expect(outline(dissect(withBody('application/sdp', 'a=sendonly')).nodes).at(-1)).toBe('  a=sendonly [RFC 8866 6.7.3]')
  })

  it('takes CPIM and the notification in it apart', () => {
    const imdn =
      '<?xml version="1.0"?><!-- c --><imdn xmlns="urn:ietf:params:xml:ns:imdn"><message-id>m1</message-id><x:note a=\'1\' b/></imdn>'
    const body = `From: <im:a@h>\r\nNS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: m2\r\n\r\nContent-type: message/imdn+xml\r\n\r\n${imdn}`
    expect(outline(dissect(withBody('message/cpim', body)).nodes).slice(4)).toEqual([
      'message/cpim',
      '  From = <im:a@h> [RFC 3862 4.1]',
      '  NS = imdn <urn:ietf:params:imdn> [RFC 3862 4.6]',
      '  imdn.Message-ID = m2 [RFC 5438 6.3]',
      '  Content-type = message/imdn+xml [RFC 2045 5]',
      '  message/imdn+xml',
      '    <imdn> [RFC 5438 7.2.1]',
      '      xmlns = urn:ietf:params:xml:ns:imdn',
      '      <message-id> [RFC 5438 7.2.1.1]',
      '        text = m1',
      '      <x:note>',
      '        a = 1',
    ])
    expect(outline(dissect(withBody('message/cpim', 'To: <im:b@h>\r\n\r\n\r\nhello')).nodes).slice(-3)).toEqual([
      '  To = <im:b@h> [RFC 3862 4.2]',
      '  text/plain',
      '    text = hello',
    ])
  })

  it('takes bodies of several parts apart, also without a last boundary or a boundary at all', () => {
    const part = (type: string, content: string): string => `--b\r\n${type === '' ? '' : `Content-Type: ${type}\r\n`}\r\n${content}\r\n`
    const parts = `preamble\r\n${part('application/sdp', 'v=0')}${part('', 'text')}`
    const read = (type: string, body: string) => outline(dissect(withBody(type, body)).nodes).slice(5)
    const both = [
      '  part',
      '    Content-Type = application/sdp [RFC 2045 5]',
      '    application/sdp',
      '      v = 0 [RFC 8866 5.1]',
      '  part',
      '    text/plain',
      '      text = text',
    ]
    const behind = (type: string, body: string) =>
      outline(dissect(withBody(type, body)).nodes).filter(
        (_, index) => index > outline(dissect(withBody(type, body)).nodes).findIndex(line => line.startsWith('multipart')),
      )
    expect(behind('multipart/mixed;boundary="b"', `${parts}--b--\r\nepilogue`)).toEqual(both)
    expect(behind('multipart/mixed; boundary=b;x=y', `${parts}--b--`)).toEqual(both)
    expect(behind('multipart/mixed; boundary=b', parts.slice(0, -2))).toEqual(both)
    expect(read('multipart/mixed', 'no part')).toEqual([])
  })

  it('shows XML that is broken or nested too deep', () => {
    const read = (xml: string) =>
      outline(dissect(withBody('application/resource-lists+xml', xml)).nodes)
        .slice(5)
        .map(line => line.trim())
    expect(read('stray<a b="1" c=d e="open>x')).toEqual(expect.arrayContaining(['text = stray']))
    expect(read('</a><![CDATA[x]]><!DOCTYPE x><entry uri="sip:a@h"/>open')).toEqual([
      '<entry> [RFC 5366 4]',
      'uri = sip:a@h',
      'text = open',
    ])
    expect(read('<a>&lt;</a')).toEqual(['<a>', 'text = &lt;'])
    expect(read('<!-- never closed')).toEqual([])
    expect(read('<a b=')).toEqual(['<a>', 'b'])
    expect(read('<a b="1/>')).toEqual(['<a>', 'b = 1'])
    expect(read('<a b = "c" d>')).toEqual(['<a>', 'b = c'])
    const deep = '<a>'.repeat(MAX_DISSECTED_DEPTH + 5)
    expect(depthOf(dissect(withBody('text/xml', deep)).nodes)).toBe(MAX_DISSECTED_DEPTH + 2)
  })

  it('shows any other body as text, and keeps to its limits', () => {
    expect(outline(dissect(withBody('text/plain', 'hello')).nodes).slice(-2)).toEqual(['text/plain', '  text = hello'])
    expect(outline(dissect('MESSAGE sip:b SIP/2.0\r\n\r\nhello').nodes).slice(-2)).toEqual(['body', '  text = hello'])
    const nested = (depth: number): string =>
      depth === 0 ? 'x' : `To: <im:a>\r\n\r\nContent-Type: message/cpim\r\n\r\n${nested(depth - 1)}`
    expect(depthOf(dissect(withBody('message/cpim', nested(20))).nodes)).toBe(MAX_BODY_DEPTH + 2)
    const headers = dissect(`OPTIONS sip:b SIP/2.0\r\n${'A: b\r\n'.repeat(MAX_HEADERS + 5)}\r\n`)
    expect(headers.nodes.filter(({ label }) => label === 'A').length).toBe(MAX_HEADERS)
    const many = dissect(withBody('application/sdp', 'a=b:1:1:1:1:1:1\r\n'.repeat(4_000)))
    expect(many.spans.length).toBe(MAX_SPANS)
    expect(count(dissect(withBody('application/sdp', 'a=b\r\n'.repeat(MAX_NODES + 100))).nodes)).toBe(MAX_NODES)
    expect(Math.max(...dissect(withBody('text/plain', 'x'.repeat(MAX_DISSECTED))).spans.map(({ to }) => to))).toBe(MAX_DISSECTED)
  })

  it('marks headers that are none, and joins folded lines', () => {
    const text = 'OPTIONS sip:b SIP/2.0\r\nno colon\r\n: no name\r\nSubject: a\r\n b\r\n\tc\r\n\r\n'
    expect(outline(dissect(text).nodes).slice(3)).toEqual(['? = no colon', '? = : no name', 'Subject = a\r\n b\r\n\tc [RFC 3261 20.36]'])
    expect(pieces(text)).toEqual(expect.arrayContaining(['bad no colon', 'bad : no name']))
  })

  it('gives what is no message as bytes', () => {
    const { spans, nodes, undecodable } = dissect('\x16\x03\x01')
    expect({ spans, nodes, undecodable }).toEqual({ spans: [{ from: 0, to: 3, kind: 'bad' }], nodes: [], undecodable: true })
  })

  it('never throws, and its spans lie in order within the text, whatever comes', () => {
    const starts = ['INVITE sip:a SIP/2.0', 'SIP/2.0 200 OK', 'MSRP t SEND', 'MSRP t 200', '']
    const types = ['application/sdp', 'message/cpim', 'multipart/mixed;boundary=b', 'application/x+xml', 'text/plain']
    const bits = [
      '\r\n',
      '\n',
      ' ',
      ':',
      ';',
      '=',
      '"',
      '<',
      '>',
      '/',
      '--b',
      'a=',
      'm=',
      'file-selector',
      'msrp://x',
      '\\',
      '<!--',
      '</',
      '\u00e9',
      'x',
      '9',
    ]
    const body = fc.array(fc.constantFrom(...bits), { maxLength: 60 }).map(list => list.join(''))
    fc.assert(
      fc.property(fc.constantFrom(...starts), body, fc.constantFrom(...types), body, (start, headers, type, content) => {
        const { spans, text, nodes } = dissect(`${start}\r\nVia: ${headers}\r\nContent-Type: ${type}\r\n\r\n${content}`)
        let at = 0
        for (const { from, to } of spans) {
          expect(from).toBeGreaterThanOrEqual(at)
          expect(to).toBeGreaterThan(from)
          at = to
        }
        expect(at).toBeLessThanOrEqual(text.length)
        const within = (list: readonly DissectedNode[], from: number, to: number): void => {
          for (const node of list) {
            expect(node.from).toBeGreaterThanOrEqual(from)
            expect(node.to).toBeLessThanOrEqual(to)
            within(node.children, node.from, node.to)
          }
        }
        within(nodes, 0, text.length)
      }),
      { numRuns: 1000 },
    )
  })

  it('finds a clause for every header, attribute and status of a transfer', () => {
    const without: string[] = []
    const look = (nodes: readonly DissectedNode[], under: string): void => {
      for (const node of nodes) {
        if (node.clause === undefined && /^(top|m|application\/sdp)$/.test(under) && !node.label.includes('/')) without.push(node.label)
        look(node.children, node.label)
      }
    }
    for (const entry of sampleTransfer().entries) if (entry.kind === 'message') look(dissectMessage(entry).nodes, 'top')
    expect(without).toEqual([])
  })
})
