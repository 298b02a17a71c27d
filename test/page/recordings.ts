import { encodeEntry, type MessageEntry, type TraceEntry } from '../../src/trace/index.js'
import { NOW } from './scenes.js'

const SIP = { alice: '192.0.2.10:5060', bob: '192.0.2.20:5060' }
const MSRP = { alice: '192.0.2.10:2855', bob: '192.0.2.20:2855' }

/** One side's recording of a transfer of two files of which one is accepted, with `chunks` chunks; `at` moves it in time and gives it its own dialog. */
export function recordedTransfer(chunks = 21, at = 0): string[] {
  return transferEntries(chunks, at).map(encodeEntry)
}

/** The same transfer over a server, as both sides and the server recorded it: `cpmft trace merge` of the three. */
export function mergedTransfer(chunks = 21): string[] {
  const alice = transferEntries(chunks, 0)
  return [...alice, ...alice.flatMap(entry => (entry.kind === 'state' ? [] : otherRecords(entry)))]
    .map(entry => (entry.kind === 'message' && entry.protocol === 'sip' && entry.party === 'alice' ? { ...entry, remote: SERVER } : entry))
    .sort((one, other) => one.time - other.time)
    .map(encodeEntry)
}

/** A recording of about `count` lines. */
export function longRecording(count: number): string[] {
  const each = Math.max(1, Math.floor(count / 50))
  const lines: string[] = []
  for (let at = 0; lines.length < count; at++) lines.push(...recordedTransfer(Math.floor(each / 2), at))
  return lines.slice(0, count)
}

const SERVER = '192.0.2.1:5060'

/** What the others recorded of what alice did: bob of MSRP, the server and bob of SIP. */
function otherRecords(entry: MessageEntry): MessageEntry[] {
  const direction = entry.direction === 'out' ? 'in' : 'out'
  if (entry.protocol === 'msrp') return [{ ...entry, party: 'bob', direction, local: MSRP.bob, remote: MSRP.alice }]
  const onward = entry.text.replace('Via: ', `Via: SIP/2.0/TCP ${SERVER};branch=z9hG4bKs${entry.text.length}\r\nVia: `)
  // the server passes on a millisecond after alice sent, and a millisecond before she gets it
  const time = entry.time + (entry.direction === 'out' ? 1 : -1)
  return [
    { ...entry, party: 'server', direction, local: SERVER, remote: SIP.alice },
    { ...entry, time, party: 'server', text: onward, local: SERVER, remote: SIP.bob },
    { ...entry, time, party: 'bob', direction, text: onward, local: SIP.bob, remote: SERVER },
  ]
}

const OFFER = sdp('alice', '192.0.2.10', [
  'm=message 2855 TCP/MSRP *',
  'a=sendonly',
  'a=accept-types:message/cpim',
  'a=accept-wrapped-types:*',
  'a=path:msrp://192.0.2.10:2855/s1a;tcp',
  'a=file-selector:name:"plan.pdf" type:application/pdf size:1363148 hash:sha-1:72:24:5F:E8:65:3D:DA:F3:71:36:2F:86:D4:71:91:3E:E4:A2:CE:2E',
  'a=file-transfer-id:vBnG916bdberum2fFEABR1FR3ExZMUrd',
  'a=file-disposition:attachment',
  'm=message 2855 TCP/MSRP *',
  'a=sendonly',
  'a=accept-types:message/cpim',
  'a=accept-wrapped-types:*',
  'a=path:msrp://192.0.2.10:2855/s2a;tcp',
  'a=file-selector:name:"photos.zip" type:application/zip size:41838182 hash:sha-1:58:23:1F:E8:65:3B:BC:F3:71:36:2F:86:D4:71:91:3E:E4:B1:DF:2F',
  'a=file-transfer-id:Q6LMoGymJdh0IKIgD6wD0jkcfgva4xvE',
  'a=file-disposition:attachment',
])
const ANSWER = sdp('bob', '192.0.2.20', [
  'm=message 2855 TCP/MSRP *',
  'a=recvonly',
  'a=accept-types:message/cpim',
  'a=accept-wrapped-types:*',
  'a=path:msrp://192.0.2.20:2855/s1b;tcp',
  'a=file-selector:name:"plan.pdf" type:application/pdf size:1363148 hash:sha-1:72:24:5F:E8:65:3D:DA:F3:71:36:2F:86:D4:71:91:3E:E4:A2:CE:2E',
  'a=file-transfer-id:vBnG916bdberum2fFEABR1FR3ExZMUrd',
  'm=message 0 TCP/MSRP *',
])

function transferEntries(chunks: number, at: number): TraceEntry[] {
  const start = NOW + at * 4_000
  const call = `call-${at}@192.0.2.10`
  const entries: TraceEntry[] = []
  const state = (ms: number, machine: 'session' | 'file', subject: string, name: string) =>
    entries.push({ v: 1, kind: 'state', time: start + ms, party: 'alice', machine, subject, state: name })
  const sip = (ms: number, direction: 'in' | 'out', first: string, cseq: string, body = '') =>
    entries.push({
      v: 1,
      kind: 'message',
      time: start + ms,
      protocol: 'sip',
      direction,
      transport: 'tcp',
      party: 'alice',
      local: SIP.alice,
      remote: SIP.bob,
      text: sipText(first, call, cseq, body, at),
      bodyLength: 0,
    })
  const msrp = (ms: number, direction: 'in' | 'out', text: string, bodyLength = 0, flag?: string) =>
    entries.push({
      v: 1,
      kind: 'message',
      time: start + ms,
      protocol: 'msrp',
      direction,
      transport: 'tcp',
      party: 'alice',
      local: MSRP.alice,
      remote: MSRP.bob,
      text,
      bodyLength,
      ...(flag === undefined ? {} : { flag }),
    })
  sip(0, 'out', 'INVITE sip:bob@example.com SIP/2.0', '1 INVITE', OFFER)
  state(1, 'session', 'bob@example.com', 'calling')
  sip(4, 'in', 'SIP/2.0 180 Ringing', '1 INVITE')
  sip(2_310, 'in', 'SIP/2.0 200 OK', '1 INVITE', ANSWER)
  sip(2_312, 'out', 'ACK sip:bob@192.0.2.20:5060 SIP/2.0', '1 ACK')
  state(2_313, 'session', 'bob@example.com', 'confirmed')
  state(2_314, 'file', 'plan.pdf', 'sending')
  const size = 64_000
  const total = size * chunks
  for (let chunk = 0; chunk < chunks; chunk++) {
    const id = `d${at}x${chunk}`
    const last = chunk === chunks - 1
    msrp(2_330 + chunk * 4, 'out', sendHead(id, at, chunk * size + 1, (chunk + 1) * size, total), size, last ? '$' : '+')
    msrp(2_332 + chunk * 4, 'in', `MSRP ${id} 200 OK\r\n${paths('alice', 'bob')}`, 0, '$')
  }
  const end = 2_340 + chunks * 4
  msrp(
    end,
    'in',
    `MSRP r${at} REPORT\r\n${paths('alice', 'bob')}Message-ID: m${at}\r\nByte-Range: 1-${total}/${total}\r\nStatus: 000 200 OK\r\n`,
    0,
    '$',
  )
  state(end + 1, 'file', 'plan.pdf', 'done')
  sip(end + 8, 'out', 'BYE sip:bob@192.0.2.20:5060 SIP/2.0', '2 BYE')
  sip(end + 10, 'in', 'SIP/2.0 200 OK', '2 BYE')
  state(end + 11, 'session', 'bob@example.com', 'terminated')
  return entries
}

function paths(to: 'alice' | 'bob', from: 'alice' | 'bob'): string {
  return `To-Path: msrp://${MSRP[to]}/s1${to[0]};tcp\r\nFrom-Path: msrp://${MSRP[from]}/s1${from[0]};tcp\r\n`
}

function sendHead(id: string, at: number, from: number, to: number, total: number): string {
  return (
    `MSRP ${id} SEND\r\n${paths('bob', 'alice')}Message-ID: m${at}\r\nByte-Range: ${from}-${to}/${total}\r\n` +
    `Success-Report: yes\r\nContent-Type: message/cpim\r\n\r\n`
  )
}

function sdp(user: string, host: string, media: readonly string[]): string {
  const lines = ['v=0', `o=${user} 2890844526 2890844526 IN IP4 ${host}`, 's=-', `c=IN IP4 ${host}`, 't=0 0', ...media]
  return `${lines.join('\r\n')}\r\n`
}

function sipText(first: string, call: string, cseq: string, body: string, at: number): string {
  const toTag = cseq === '1 INVITE' && !first.startsWith('SIP/') ? '' : `;tag=b${at}`
  const lines = [
    first,
    `Via: SIP/2.0/TCP ${SIP.alice};branch=z9hG4bK${at}${cseq.replace(' ', '')}`,
    ...(first.startsWith('SIP/') ? [] : ['Max-Forwards: 70']),
    `From: "Alice Reed" <sip:alice@example.com>;tag=a${at}`,
    `To: <sip:bob@example.com>${toTag}`,
    `Call-ID: ${call}`,
    `CSeq: ${cseq}`,
    `Contact: <sip:${first.startsWith('SIP/') ? `bob@${SIP.bob}` : `alice@${SIP.alice}`};transport=tcp>`,
    ...(body === '' ? [] : ['Content-Type: application/sdp']),
    `Content-Length: ${body.length}`,
  ]
  return `${lines.join('\r\n')}\r\n\r\n${body}`
}
