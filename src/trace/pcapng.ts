import { concatBytes, encodeLatin1, encodeUtf8 } from '../wire/index.js'
import type { MessageEntry, TraceEntry } from './entry.js'

/** Block types of pcapng (draft-ietf-opsawg-pcapng §4). */
const SECTION_HEADER = 0x0a0d0d0a
const INTERFACE_DESCRIPTION = 1
const ENHANCED_PACKET = 6
const BYTE_ORDER_MAGIC = 0x1a2b3c4d
/** LINKTYPE_WIRESHARK_UPPER_PDU: what TLS carried can be shown too, since no frames below are needed. */
const UPPER_PDU = 252
/** Tags of the upper PDU head, big-endian as the link type wants it. */
const DISSECTOR_NAME = 12
const IPV4_SOURCE = 20
const IPV4_DESTINATION = 21
const IPV6_SOURCE = 22
const IPV6_DESTINATION = 23
const PORT_TYPE = 24
const SOURCE_PORT = 25
const DESTINATION_PORT = 26
const END_OF_TAGS = 0
const TCP_PORT = 2
const UDP_PORT = 3
const OPTION_COMMENT = 1

/** A pcapng file with one packet for each message of `entries`; state changes are left out, and so are file bytes, which no trace has. */
export function encodePcapng(entries: readonly TraceEntry[]): Uint8Array {
  const blocks = [sectionHeader(), interfaceDescription()]
  for (const entry of entries) if (entry.kind === 'message') blocks.push(packet(entry))
  // More blocks than a call may have arguments
  const file = new Uint8Array(blocks.reduce((length, { length: more }) => length + more, 0))
  let at = 0
  for (const piece of blocks) {
    file.set(piece, at)
    at += piece.length
  }
  return file
}

function sectionHeader(): Uint8Array {
  const body = new DataView(new ArrayBuffer(16))
  body.setUint32(0, BYTE_ORDER_MAGIC, true)
  body.setUint16(4, 1, true)
  // Section length -1: not said.
  body.setBigInt64(8, -1n, true)
  return block(SECTION_HEADER, new Uint8Array(body.buffer))
}

function interfaceDescription(): Uint8Array {
  const body = new DataView(new ArrayBuffer(8))
  body.setUint16(0, UPPER_PDU, true)
  return block(INTERFACE_DESCRIPTION, new Uint8Array(body.buffer))
}

function packet(entry: MessageEntry): Uint8Array {
  const data = concatBytes(upperPduHead(entry), encodeLatin1(packetText(entry)))
  const head = new DataView(new ArrayBuffer(20))
  // Microseconds since 1970, the resolution of an interface that names none.
  const time = BigInt(Math.round(entry.time * 1000))
  head.setUint32(4, Number(time >> 32n), true)
  head.setUint32(8, Number(time & 0xffffffffn), true)
  head.setUint32(12, data.length, true)
  head.setUint32(16, data.length, true)
  const comment = `${entry.party} ${entry.direction} ${entry.transport}${entry.bodyLength > 0 ? `, ${entry.bodyLength} body octets not recorded` : ''}`
  return block(ENHANCED_PACKET, concatBytes(new Uint8Array(head.buffer), padded(data), option(OPTION_COMMENT, comment), new Uint8Array(4)))
}

/** An MSRP head is made whole with an empty body and its end-line (RFC 4975 §7.1), so that a dissector recognises the end. */
function packetText(entry: MessageEntry): string {
  if (entry.protocol === 'sip') return entry.text
  const transaction = entry.text.split(' ', 2)[1]?.trim() ?? ''
  const lines = entry.text.split('\r\n').filter(line => line !== '')
  return `${lines.join('\r\n')}\r\n${entry.bodyLength > 0 ? '\r\n\r\n' : ''}-------${transaction}${entry.flag ?? '$'}\r\n`
}

function upperPduHead(entry: MessageEntry): Uint8Array {
  const [source, destination] = entry.direction === 'out' ? [entry.local, entry.remote] : [entry.remote, entry.local]
  const from = splitAddress(source)
  const to = splitAddress(destination)
  const version = from.bytes.length === 4 && to.bytes.length === 4 ? 4 : 6
  return concatBytes(
    tag(DISSECTOR_NAME, encodeUtf8(entry.protocol)),
    tag(version === 4 ? IPV4_SOURCE : IPV6_SOURCE, version === 4 ? from.bytes : widen(from.bytes)),
    tag(version === 4 ? IPV4_DESTINATION : IPV6_DESTINATION, version === 4 ? to.bytes : widen(to.bytes)),
    tag(PORT_TYPE, number32(entry.transport === 'udp' ? UDP_PORT : TCP_PORT)),
    tag(SOURCE_PORT, number32(from.port)),
    tag(DESTINATION_PORT, number32(to.port)),
    tag(END_OF_TAGS, new Uint8Array(0)),
  )
}

function tag(type: number, value: Uint8Array): Uint8Array {
  const head = new DataView(new ArrayBuffer(4))
  const whole = padded(value)
  head.setUint16(0, type)
  head.setUint16(2, whole.length)
  return concatBytes(new Uint8Array(head.buffer), whole)
}

function option(code: number, text: string): Uint8Array {
  const value = encodeUtf8(text)
  const head = new DataView(new ArrayBuffer(4))
  head.setUint16(0, code, true)
  head.setUint16(2, value.length, true)
  return concatBytes(new Uint8Array(head.buffer), padded(value))
}

function block(type: number, body: Uint8Array): Uint8Array {
  const length = 12 + body.length
  const whole = new Uint8Array(length)
  const view = new DataView(whole.buffer)
  view.setUint32(0, type, true)
  view.setUint32(4, length, true)
  whole.set(body, 8)
  view.setUint32(length - 4, length, true)
  return whole
}

function padded(bytes: Uint8Array): Uint8Array {
  const whole = new Uint8Array(Math.ceil(bytes.length / 4) * 4)
  whole.set(bytes)
  return whole
}

function number32(value: number): Uint8Array {
  return new Uint8Array([value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255])
}

/** `192.0.2.1:5060`, `[2001:db8::1]:5060` or a name, which becomes 0.0.0.0. */
function splitAddress(address: string): { bytes: Uint8Array; port: number } {
  const colon = address.lastIndexOf(':')
  const host = address.slice(0, colon).replace('[', '').replace(']', '')
  const port = Number(address.slice(colon + 1)) & 0xffff
  if (host.includes(':')) return { bytes: ipv6Bytes(host), port }
  const numbers = host.split('.').map(Number)
  return {
    bytes: new Uint8Array(numbers.length === 4 && numbers.every(value => value >= 0 && value <= 255) ? numbers : [0, 0, 0, 0]),
    port,
  }
}

function ipv6Bytes(host: string): Uint8Array {
  const [front, back] = (host.split('%', 1)[0] as string).split('::', 2) as [string, string?]
  const groups = (text: string): number[] => (text === '' ? [] : text.split(':').map(group => Number.parseInt(group, 16) & 0xffff))
  const left = groups(front)
  const right = back === undefined ? [] : groups(back)
  const all = [...left, ...new Array<number>(Math.max(0, 8 - left.length - right.length)).fill(0), ...right].slice(0, 8)
  return new Uint8Array(all.flatMap(group => [group >> 8, group & 255]))
}

/** RFC 4291 §2.5.5.2: an IPv4 address as IPv6. */
function widen(bytes: Uint8Array): Uint8Array {
  return bytes.length === 16 ? bytes : new Uint8Array([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, ...bytes])
}
