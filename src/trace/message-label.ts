import type { MessageEntry } from './entry.js'
import { MAX_LABEL_LENGTH } from './limits.js'
import { headerOf, type MessageHead, readHead } from './message-head.js'
import { formatSize } from './size.js'
import { visibleText } from './visible-text.js'

/** What stands on the arrow of one message: `INVITE (SDP)`, `200 OK (SDP)`, `SEND · 1.3 MB · $`. Safe for a terminal. */
export function messageLabel(entry: MessageEntry): string {
  const head = readHead(entry)
  if (head === undefined) return 'undecodable message'
  if (entry.protocol === 'sip') return sipLabel(head)
  return head.method === 'SEND' ? sendLabel(1, entry.bodyLength, entry.flag) : msrpLabel(head)
}

/**
 * Label of a SIP message.
 * @param offered ports of the offer this message answers, to tell a declined file from one that was closed
 */
export function sipLabel(head: MessageHead, offered?: readonly number[]): string {
  const ports = mediaPorts(head)
  // RFC 5547 §8.5: what OPTIONS is answered with offers no file, it tells what could be
  if (ports.length > 0 && headerOf(head, 'cseq')?.endsWith('OPTIONS') === true) return cut(`${startLabel(head)} (SDP: capabilities)`)
  return cut(ports.length === 0 ? startLabel(head) : `${startLabel(head)} (SDP${mediaLabel(ports, offered, head.method !== undefined)})`)
}

export function msrpLabel(head: MessageHead): string {
  if (head.method !== 'REPORT') return cut(startLabel(head))
  // `Status: 000 200 OK`, RFC 4975 §9
  const status = headerOf(head, 'status')?.split(' ', 2)[1]
  return cut(status === undefined ? 'REPORT' : `REPORT ${status}`)
}

/** `SEND ×21 · 1.3 MB · $` */
export function sendLabel(chunks: number, octets: number, flag: string | undefined): string {
  const parts = [chunks > 1 ? `SEND ×${chunks}` : 'SEND']
  if (octets > 0) parts.push(formatSize(octets))
  if (flag !== undefined && flag !== '') parts.push(visibleText(flag))
  return cut(parts.join(' · '))
}

/** Ports of the m-lines of the SDP a SIP message carries, in order; empty without SDP. */
export function mediaPorts(head: MessageHead): readonly number[] {
  const ports: number[] = []
  if (!(headerOf(head, 'content-type') ?? '').toLowerCase().match(/^(application\/sdp|multipart\/)/)) return ports
  for (const line of head.body.split('\n')) if (line.startsWith('m=')) ports.push(Number.parseInt(line.split(' ', 2)[1] ?? '', 10) || 0)
  return ports
}

/** '' for one open file; ` ×2 files`; `: 1 ok, 1 no` when the answer declines; `: 1 closed` when a port is 0 by the offer (CR-10). */
function mediaLabel(ports: readonly number[], offered: readonly number[] | undefined, isOffer: boolean): string {
  const zero = ports.filter(port => port === 0).length
  if (zero === 0) return ports.length > 1 && isOffer ? ` ×${ports.length} files` : ''
  const declined = isOffer ? 0 : ports.filter((port, index) => port === 0 && offered?.[index] !== 0).length
  const open = ports.length - zero
  const parts = [open > 0 ? `${open} ok` : '', declined > 0 ? `${declined} no` : '', zero > declined ? `${zero - declined} closed` : '']
  return `: ${parts.filter(part => part !== '').join(', ')}`
}

function startLabel(head: MessageHead): string {
  return head.method ?? `${head.status} ${head.phrase}`.trim()
}

function cut(label: string): string {
  const visible = visibleText(label)
  return visible.length > MAX_LABEL_LENGTH ? `${visible.slice(0, MAX_LABEL_LENGTH - 1)}…` : visible
}
