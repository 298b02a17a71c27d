import JsSip from 'jssip/lib/Parser.js'
import { Parser } from 'sip.js/lib/core/messages/parser.js'
import { OutgoingRequestMessage } from 'sip.js/lib/core/messages/outgoing-request-message.js'
import { Grammar } from 'sip.js/lib/grammar/grammar.js'
import { NODE_TEXT } from '../dist/node/node-text.js'
import { checkRequest, decodeMessage, encodeMessage, SIP_LIMITS } from '../dist/sip/index.js'
import { timed } from './timed.mjs'

/** What it costs to read and to write the INVITE of a CPM file transfer, beside other SIP libraries of this runtime. */

const BODY = `v=0
o=alice 3923820001 1 IN IP4 192.0.2.10
s=-
c=IN IP4 192.0.2.10
t=0 0
m=message 2855 TCP/MSRP *
i=Meeting notes
a=sendonly
a=setup:actpass
a=msrp-cema
a=accept-types:message/cpim *
a=path:msrp://192.0.2.10:2855/aQ7mZ2kLx9RtVb4Ns1Yc;tcp
a=file-selector:name:"notes.txt" type:text/plain size:4400 hash:sha-1:1F:0C:8F:FB:EE:81:5B:F5:49:F0:83:1E:9C:0B:9E:5E:3D:AD:B8:BD
a=file-transfer-id:f1Kx83LmQz0TtY7bWc5RnV2eHd9GjA64
a=file-disposition:attachment
a=file-date:modification:"Sat, 04 May 2024 12:10:00 +0000"
`.replaceAll('\n', '\r\n')

const HEAD = `INVITE sip:bob@192.0.2.20:5060;transport=tcp SIP/2.0
Via: SIP/2.0/TCP 192.0.2.99:5060;branch=z9hG4bK4c1d.9a2;received=192.0.2.99
Via: SIP/2.0/TCP 192.0.2.10:5060;branch=z9hG4bKq8LmZ2kTt7bWc5Rn;rport
Record-Route: <sip:192.0.2.99;lr>
Max-Forwards: 69
From: "Alice" <sip:alice@example.org>;tag=8dK2mQ0x
To: <sip:bob@example.org>
Call-ID: Zp4kWq81LmZx02KdVb7N@192.0.2.10
CSeq: 1 INVITE
Contact: <sip:alice@192.0.2.10:5060;transport=tcp>;+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.filetransfer"
Accept-Contact: *;+g.3gpp.icsi-ref="urn%3Aurn-7%3A3gpp-service.ims.icsi.oma.cpm.filetransfer";require;explicit
P-Preferred-Service: urn:urn-7:3gpp-service.ims.icsi.oma.cpm.filetransfer
P-Asserted-Identity: <sip:alice@example.org>
Conversation-ID: f81d4fae-7dec-11d0-a765-00a0c91e6bf6
Contribution-ID: 1e6bf6f8-91d0-4fae-a765-7dec11d000a0
Allow: INVITE, ACK, CANCEL, BYE, OPTIONS, UPDATE, MESSAGE
Supported: timer, gruu, outbound
Session-Expires: 1800;refresher=uac
Accept: application/sdp, message/cpim
Subject: Meeting notes of Saturday
Date: Sat, 04 May 2024 12:10:30 GMT
User-Agent: cpmft/0.1.0
Content-Type: application/sdp
Content-Length: ${BODY.length}

`.replaceAll('\n', '\r\n')

const TEXT = HEAD + BODY
const BYTES = new TextEncoder().encode(TEXT)
const SILENT = { debug: ignore, log: ignore, warn: complain, error: complain }

const decode = limits => decodeMessage(BYTES, 0, BYTES.length, limits)

function whole(limits) {
  const message = decode(limits)
  if (checkRequest(message) !== undefined) throw new Error('the INVITE is not accepted')
  return message.body.length
}

/** What is measured, by direction and library. */
function functions() {
  const limits = { ...SIP_LIMITS, text: NODE_TEXT }
  const message = decodeMessage(BYTES)
  const foreign = foreignRequest(message)
  const read = {
    jssip: () => JsSip.parseMessage(TEXT, {}).body.length,
    'sip.js': () => Parser.parseMessage(TEXT, SILENT).body.length,
    head: () => decode(limits).body.length,
    plain: () => whole(SIP_LIMITS),
    cpmft: () => whole(limits),
  }
  const write = {
    'sip.js': () => Buffer.from(foreign.toString()).length,
    plain: () => encodeMessage(message).length,
    cpmft: () => encodeMessage(message, NODE_TEXT).length,
  }
  for (const [name, run] of Object.entries(read)) if (run() !== BODY.length) throw new Error(`${name} does not read the body`)
  for (const [name, run] of Object.entries(write))
    if (Math.abs(run() - BYTES.length) > 100) throw new Error(`${name} writes ${run()} octets, not about ${BYTES.length}`)
  return { read, write }
}

/** What the other rows are measured by. */
const BASELINE = { read: 'jssip', write: 'sip.js' }

export const suite = {
  name: 'sip-parse',
  title: `an INVITE of ${BYTES.length} octets, in memory: beside other SIP libraries of this runtime`,
  about:
    'Reading ends with the header values parsed, as the others do it; `head` is what we do before a value is looked into. The others get ' +
    'text, we get octets. `plain` is without the UTF-8 of the platform: what a core without platform costs.',
  unit: 'a second',
  bounds: 'Turning octets into strings, and the values of the headers that have to be checked.',
  short: { rounds: 2 },
  scenarios: {},
}

for (const [direction, runs] of Object.entries(functions())) {
  const baseline = `${direction}, ${BASELINE[direction]}`
  for (const [name, run] of Object.entries(runs)) {
    const scenario = `${direction}, ${name}`
    suite.scenarios[scenario] = {
      ...(scenario !== baseline && { baseline }),
      run: ({ short }) => timed(run, short ? 100 : 400),
    }
  }
}
suite.scenarios['read, cpmft'].goals = [
  { figure: 'ratio', of: 'read, jssip', least: 10 },
  { figure: 'ratio', of: 'read, sip.js', least: 100 },
]

/** The same request, made by sip.js and ready to be written: the headers it does not write by itself are extra ones. */
function foreignRequest({ headers, body }) {
  const uris = ['sip:bob@192.0.2.20:5060;transport=tcp', 'sip:alice@example.org', 'sip:bob@example.org']
  const own = new Set(['from', 'to', 'cseq', 'call-id', 'max-forwards', 'content-type', 'content-length', 'supported', 'user-agent'])
  const extra = [...headers].filter(([name]) => !own.has(name.toLowerCase())).map(([name, value]) => `${name}: ${value}`)
  const options = { fromDisplayName: 'Alice', fromTag: '8dK2mQ0x', callId: headers.get('call-id'), cseq: 1, userAgentString: 'cpmft/0.1.0' }
  const content = { contentDisposition: 'session', contentType: 'application/sdp', content: Buffer.from(body).toString() }
  return new OutgoingRequestMessage('INVITE', ...uris.map(text => Grammar.URIParse(text)), options, extra, content)
}

function ignore() {}

function complain(text) {
  throw new Error(`the INVITE is not accepted: ${text}`)
}
