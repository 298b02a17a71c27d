import type { MessageEntry, TraceEntry } from '../../src/trace/entry.js'

/** One end as it appears in a trace: party name and `host:port`. */
export type End = readonly [party: string, address: string]

/** Writes traces for tests: every step is one millisecond later than the one before. */
export class SampleTrace {
  readonly entries: TraceEntry[] = []
  #time = 1_700_000_000_000

  /** Records the message at both ends. */
  both(from: End, to: End, text: string, more: Partial<MessageEntry> = {}): this {
    return this.out(from, to, text, more).into(from, to, text, more)
  }

  out(from: End, to: End, text: string, more: Partial<MessageEntry> = {}): this {
    return this.#add({ direction: 'out', party: from[0], local: from[1], remote: to[1], text, ...more })
  }

  into(from: End, to: End, text: string, more: Partial<MessageEntry> = {}): this {
    return this.#add({ direction: 'in', party: to[0], local: to[1], remote: from[1], text, ...more })
  }

  state(party: string, machine: 'session' | 'file', subject: string, state: string): this {
    this.entries.push({ v: 1, kind: 'state', time: this.#time++, party, machine, subject, state })
    return this
  }

  #add(fields: Partial<MessageEntry>): this {
    const protocol = fields.text?.startsWith('MSRP') ? 'msrp' : 'sip'
    const entry = { v: 1, kind: 'message', time: this.#time++, protocol, transport: 'tcp', bodyLength: 0, ...fields } as MessageEntry
    this.entries.push(entry)
    return this
  }
}

/** A SIP message with the headers a ladder looks at. */
export function sipText(
  start: string,
  cseq: string,
  options: { sdp?: string; via?: string; contact?: string; headers?: string } = {},
): string {
  const { sdp = '', via = '127.0.0.1:5071', contact = 'sip:alice@127.0.0.1:5071', headers = '' } = options
  const type = sdp === '' ? '' : 'Content-Type: application/sdp\r\n'
  return (
    `${start}\r\nVia: SIP/2.0/TCP ${via};branch=z9hG4bK${cseq.replace(' ', '')}\r\nFrom: <sip:alice@127.0.0.1:5071>;tag=a\r\n` +
    `To: <sip:bob@127.0.0.1:5070>\r\nCall-ID: c1\r\nCSeq: ${cseq}\r\nContact: <${contact}>\r\n${headers}${type}` +
    `Content-Length: ${sdp.length}\r\n\r\n${sdp}`
  )
}

/** A session description with one m-line for each port. */
export function sdpText(path: string, ...ports: readonly number[]): string {
  const media = ports.map(port => `m=message ${port} TCP/MSRP *\r\na=path:${path}\r\na=file-selector:name:"/srv/alice/plan.pdf" size:5\r\n`)
  return `v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n${media.join('')}`
}

/** An MSRP head as it is recorded: no body, no end-line. */
export function msrpText(start: string, to: string, from: string, headers = ''): string {
  return `MSRP ${start}\r\nTo-Path: ${to}\r\nFrom-Path: ${from}\r\n${headers}`
}

const ALICE_PATH = 'msrp://127.0.0.1:2855/qwertyuiop;tcp'
const BOB_PATH = 'msrp://127.0.0.1:40002/abcdefghij;tcp'
const ALICE: End = ['alice', '127.0.0.1:40001']
const BOB: End = ['bob', '127.0.0.1:5070']
const ALICE_MSRP: End = ['alice', '127.0.0.1:2855']
const BOB_MSRP: End = ['bob', '127.0.0.1:40002']

/** Two files offered, one declined, the other sent in 21 chunks, closed, released; both ends recorded. */
export function sampleTransfer(): SampleTrace {
  const trace = new SampleTrace()
  const bob = { contact: 'sip:bob@127.0.0.1:5070' }
  trace
    .both(ALICE, BOB, sipText('INVITE sip:bob@127.0.0.1:5070 SIP/2.0', '1 INVITE', { sdp: sdpText(ALICE_PATH, 2855, 2855) }))
    .both(BOB, ALICE, sipText('SIP/2.0 180 Ringing', '1 INVITE', bob))
    .both(BOB, ALICE, sipText('SIP/2.0 200 OK', '1 INVITE', { ...bob, sdp: sdpText(BOB_PATH, 9, 0) }))
    .both(ALICE, BOB, sipText('ACK sip:bob@127.0.0.1:5070 SIP/2.0', '1 ACK'))
    .state('alice', 'session', 'bob', 'confirmed')
  for (let chunk = 1; chunk <= 21; chunk++) {
    const head = msrpText(`t${chunk} SEND`, BOB_PATH, ALICE_PATH, 'Message-ID: m1\r\nByte-Range: 1-*/1281000\r\nContent-Type: a/b\r\n')
    trace.both(ALICE_MSRP, BOB_MSRP, head, { bodyLength: 61_000, flag: chunk === 21 ? '$' : '+' })
    trace.both(BOB_MSRP, ALICE_MSRP, msrpText(`t${chunk} 200 OK`, ALICE_PATH, BOB_PATH), { flag: '$' })
  }
  const report = msrpText('r1 REPORT', ALICE_PATH, BOB_PATH, 'Message-ID: m1\r\nByte-Range: 1-1281000/1281000\r\nStatus: 000 200 OK\r\n')
  return trace
    .both(BOB_MSRP, ALICE_MSRP, report, { flag: '$' })
    .state('bob', 'file', 'plan.pdf', 'done')
    .both(ALICE, BOB, sipText('INVITE sip:bob@127.0.0.1:5070 SIP/2.0', '2 INVITE', { sdp: sdpText(ALICE_PATH, 0, 0) }))
    .both(BOB, ALICE, sipText('SIP/2.0 200 OK', '2 INVITE', { ...bob, sdp: sdpText(BOB_PATH, 0, 0) }))
    .both(ALICE, BOB, sipText('BYE sip:bob@127.0.0.1:5070 SIP/2.0', '3 BYE'))
}

/** What a peer might call itself, its files or its phrases to break out of a drawing. */
export const HOSTILE_TEXTS = [
  '</text><script>alert(1)</script>',
  '"/><image href="http://192.0.2.1/x" onload="alert(1)"/>',
  '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>&x;',
  ']]><svg onload=alert(1)>&lt;script&gt;&#60;script&#62;',
  "a' onmouseover='alert(1)",
  'x;\n  L0->>L1: forged',
  'end %% #quot; #60;b#62; %%{init: {"securityLevel":"loose"}}%%',
  'click L0 href "javascript:alert(1)"',
  'wrap:<br/>\u2028\u202e\u0000\u001b[2J\ufffe\uffff\ud800',
] as const

/** A trace in which everything that a peer can say is `text`: names, addresses, methods, phrases, files, states. */
export function hostileTrace(text: string): SampleTrace {
  const word = text.replaceAll(/[ \r\n]/g, '_')
  const mallory: End = [text, text]
  const bob: End = ['bob', '2.2.2.2:2']
  return new SampleTrace()
    .both(mallory, bob, sipText(`${word} sip:bob@x SIP/2.0`, `1 ${word}`, { via: word, contact: word }))
    .both(bob, mallory, sipText(`SIP/2.0 200 ${text}`, '1 INVITE', { contact: `sip:${word}` }))
    .out(bob, ['', text], msrpText(`t1 ${word}`, `msrp://${word}/s;tcp`, `msrp://${word}/s;tcp`), { flag: text })
    .out(bob, ['', text], msrpText('t2 SEND', 'msrp://b:1/s;tcp', 'msrp://a:1/s;tcp', `Message-ID: ${word}\r\n`), { flag: text })
    .out(bob, ['', text], text)
    .state('bob', 'file', text, text)
    .state(text, 'session', text, text)
}
