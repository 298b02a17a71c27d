import { findHeaderClause, findMethodClause, findStatusClause } from './clause.js'
import type { Dissection } from './dissection.js'
import { dissectBody } from './dissect-body.js'
import { dissectHeaders } from './dissect-headers.js'
import { Dissector } from './dissector.js'
import type { MessageEntry } from './entry.js'
import { MAX_DISSECTED } from './limits.js'
import { readHead } from './message-head.js'

/** Takes a message apart: start line, headers, parameters, bodies. Never throws; what cannot be read stays as it is. */
export function dissectMessage(entry: MessageEntry): Dissection {
  const out = new Dissector(entry.text)
  const head = readHead(entry)
  if (head === undefined) {
    out.mark(0, entry.text.length, 'bad')
    return { text: entry.text, spans: out.spans, nodes: out.nodes, undecodable: true }
  }
  const end = Math.min(entry.text.length, MAX_DISSECTED)
  const [start] = out.lines(0, end)
  const line = start as { from: number; to: number; next: number }
  dissectStart(out, entry.protocol, line.to)
  const { values, bodyAt } = dissectHeaders(out, line.next, end, name => findHeaderClause(entry.protocol, name))
  dissectBody(out, values.get('content-type') ?? values.get('c') ?? '', bodyAt, end)
  return { text: entry.text, spans: out.spans, nodes: out.nodes, undecodable: false }
}

/** `INVITE sip:b@h SIP/2.0`, `SIP/2.0 200 OK`, `MSRP t1 SEND`, `MSRP t1 200 OK` */
function dissectStart(out: Dissector, protocol: 'sip' | 'msrp', end: number): void {
  const line = out.text.slice(0, end)
  const words: { text: string; from: number; to: number }[] = []
  for (let at = 0; words.length < 3 && at <= line.length; ) {
    const space = words.length === 2 && !line.startsWith('SIP/2.0 ') && protocol === 'sip' ? -1 : line.indexOf(' ', at)
    const to = space < 0 ? line.length : space
    words.push({ text: line.slice(at, to), from: at, to })
    at = to + 1
  }
  const [first, second, third] = words as [(typeof words)[0], (typeof words)[0], (typeof words)[0]]
  const isSipResponse = protocol === 'sip' && first.text === 'SIP/2.0'
  const code = isSipResponse ? second : third
  const isResponse = isSipResponse || (protocol === 'msrp' && /^\d{3}$/.test(third.text))
  if (protocol === 'sip' && !isResponse) {
    out.mark(first.from, first.to, 'method')
    out.mark(second.from, second.to, 'uri')
    out.mark(third.from, third.to, 'version')
    out.enter('request', line, 0, end, findMethodClause('sip', first.text))
    out.leaf('method', first.text, first.from, first.to)
    out.leaf('Request-URI', second.text, second.from, second.to)
    out.leave(end)
    return
  }
  const phrase = line.slice(code.to).trim()
  out.mark(first.from, first.to, 'version')
  if (protocol === 'msrp') out.mark(second.from, second.to, 'string')
  out.mark(code.from, code.to, isResponse ? 'status' : 'method')
  if (isResponse) out.mark(code.to, end, 'text')
  const clause = isResponse ? findStatusClause(protocol, Number(code.text)) : findMethodClause('msrp', code.text)
  out.enter(isResponse ? 'response' : 'request', line, 0, end, clause)
  if (protocol === 'msrp') out.leaf('transaction', second.text, second.from, second.to)
  out.leaf(isResponse ? 'status' : 'method', code.text, code.from, code.to)
  if (phrase !== '') out.leaf('phrase', phrase, code.to, end)
  out.leave(end)
}
