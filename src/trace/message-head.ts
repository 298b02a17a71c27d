import type { MessageEntry } from './entry.js'
import { MAX_HEADERS } from './limits.js'

/** As much of a recorded message as a ladder shows. Lenient on purpose: a trace must show broken messages too. */
export interface MessageHead {
  /** Request: its method. Response: undefined. */
  readonly method: string | undefined
  /** Response: its status, 100 to 699. Request: undefined. */
  readonly status: number | undefined
  /** Response: its phrase, possibly empty. */
  readonly phrase: string
  /** MSRP transaction id; '' for SIP. */
  readonly transaction: string
  /** Lower-case long header names, in order, folded lines joined. */
  readonly headers: readonly (readonly [name: string, value: string])[]
  readonly body: string
}

/** RFC 3261 §7.3.3 and §20: compact forms of the names a ladder needs. */
const COMPACT: Readonly<Record<string, string>> = { v: 'via', i: 'call-id', m: 'contact', l: 'content-length', c: 'content-type' }

/** The head of a recorded message; undefined when its start line is neither SIP nor MSRP. */
export function readHead(entry: MessageEntry): MessageHead | undefined {
  const end = endOfLine(entry.text, 0)
  const start = readStartLine(entry.protocol, entry.text.slice(0, end.at))
  if (start === undefined) return undefined
  const { headers, bodyAt } = readHeaders(entry.text, end.next)
  return { ...start, headers, body: entry.text.slice(bodyAt) }
}

/** The first value of header `name` (lower case), or undefined. */
export function headerOf(head: MessageHead, name: string): string | undefined {
  return head.headers.find(([candidate]) => candidate === name)?.[1]
}

type StartLine = Pick<MessageHead, 'method' | 'status' | 'phrase' | 'transaction'>

/** `INVITE sip:b@h SIP/2.0`, `SIP/2.0 200 OK`, `MSRP t1 SEND`, `MSRP t1 200 OK`. */
function readStartLine(protocol: 'sip' | 'msrp', line: string): StartLine | undefined {
  const words = line.split(' ', 3)
  const [first = '', second = '', third = ''] = words
  if (protocol === 'sip') {
    if (first === 'SIP/2.0') return response(second, line.slice(first.length + second.length + 2), '')
    return third.startsWith('SIP/') && first !== '' ? { method: first, status: undefined, phrase: '', transaction: '' } : undefined
  }
  if (first !== 'MSRP' || third === '') return undefined
  const phrase = line.slice(first.length + second.length + third.length + 3)
  return response(third, phrase, second) ?? { method: third, status: undefined, phrase: '', transaction: second }
}

function response(code: string, phrase: string, transaction: string): StartLine | undefined {
  const status = Number(code)
  if (code.length !== 3 || !(status >= 100 && status <= 999)) return undefined
  return { method: undefined, status, phrase, transaction }
}

function readHeaders(text: string, from: number): { headers: [string, string][]; bodyAt: number } {
  const headers: [string, string][] = []
  let at = from
  while (at < text.length && headers.length < MAX_HEADERS) {
    const end = endOfLine(text, at)
    const line = text.slice(at, end.at)
    at = end.next
    if (line === '') return { headers, bodyAt: at }
    const last = headers[headers.length - 1]
    // RFC 3261 §7.3.1: a line that begins with white space continues the one before.
    if ((line.startsWith(' ') || line.startsWith('\t')) && last !== undefined) last[1] += ` ${line.trim()}`
    else {
      const colon = line.indexOf(':')
      if (colon <= 0) continue
      const name = line.slice(0, colon).trim().toLowerCase()
      headers.push([COMPACT[name] ?? name, line.slice(colon + 1).trim()])
    }
  }
  return { headers, bodyAt: text.length }
}

function endOfLine(text: string, from: number): { at: number; next: number } {
  const feed = text.indexOf('\n', from)
  if (feed < 0) return { at: text.length, next: text.length }
  return { at: feed > from && text[feed - 1] === '\r' ? feed - 1 : feed, next: feed + 1 }
}
