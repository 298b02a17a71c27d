import type { Client } from '../../src/client/index.js'
import type { MessageEntry, TraceEntry } from '../../src/trace/index.js'

/** One m-line as an end wrote it. */
export interface LoggedMedia {
  readonly port: number
  readonly direction: string | undefined
  readonly setup: string | undefined
  readonly path: string | undefined
  readonly selector: string | undefined
  readonly transferId: string | undefined
  readonly lines: readonly string[]
}

export interface LoggedSdp {
  /** `o=` session version. */
  readonly version: number
  readonly lines: readonly string[]
  readonly media: readonly LoggedMedia[]
}

/** Everything one client sees on the wire from now on, in the words of callflows.md. */
export class WireLog {
  readonly entries: TraceEntry[] = []

  constructor(client: Pick<Client, 'trace'>) {
    void this.#read(client)
  }

  async #read(client: Pick<Client, 'trace'>): Promise<void> {
    for await (const entry of client.trace()) this.entries.push(entry)
  }

  get messages(): MessageEntry[] {
    return this.entries.filter(entry => entry.kind === 'message')
  }

  /** `-> INVITE 2855 0`, `<- 200 INVITE 0`, `-> SEND 1-2048/4717 +`, `<- REPORT 1-4717/4717 000 200`; 100 is left out. */
  get labels(): string[] {
    return this.messages.map(label).filter(text => !text.endsWith(' 100 INVITE'))
  }

  get sip(): string[] {
    return this.labels.filter(text => /(INVITE|ACK|BYE|CANCEL|UPDATE|PRACK|OPTIONS|MESSAGE)\b/.test(text))
  }

  get msrp(): MessageEntry[] {
    return this.messages.filter(entry => entry.protocol === 'msrp')
  }

  /** The whole text of the SIP messages whose label begins like this. */
  texts(start: string): string[] {
    return this.messages.filter(entry => label(entry).startsWith(start)).map(entry => entry.text)
  }

  /** The session descriptions of the SIP messages whose label begins like this, in order. */
  sdps(start: string): LoggedSdp[] {
    return this.texts(start).flatMap(text => sdpOf(text) ?? [])
  }
}

export function header(text: string, name: string): string | undefined {
  const head = text.slice(0, text.indexOf('\r\n\r\n') < 0 ? text.length : text.indexOf('\r\n\r\n'))
  const line = head.split('\r\n').find(each => each.toLowerCase().startsWith(`${name.toLowerCase()}:`))
  return line?.slice(name.length + 1).trim()
}

export function sdpOf(text: string): LoggedSdp | undefined {
  const body = text.slice(text.indexOf('\r\n\r\n') + 4)
  if (!body.startsWith('v=0')) return undefined
  const [session, ...sections] = body.split('\r\nm=').map((part, index) => (index === 0 ? part : `m=${part}`))
  const lines = (session ?? '').split('\r\n')
  return {
    version: Number(lines.find(line => line.startsWith('o='))?.split(' ')[2]),
    lines,
    media: sections.map(section => readMedia(section.split('\r\n').filter(line => line !== ''))),
  }
}

function readMedia(lines: readonly string[]): LoggedMedia {
  const attribute = (name: string) => lines.find(line => line.startsWith(`a=${name}:`))?.slice(name.length + 3)
  return {
    port: Number(lines[0]?.split(' ')[1]),
    direction: lines.find(line => /^a=(sendonly|recvonly|sendrecv|inactive)$/.test(line))?.slice(2),
    setup: attribute('setup'),
    path: attribute('path'),
    selector: attribute('file-selector'),
    transferId: attribute('file-transfer-id'),
    lines,
  }
}

function label(entry: MessageEntry): string {
  const arrow = entry.direction === 'out' ? '->' : '<-'
  const first = entry.text.slice(0, entry.text.indexOf('\r'))
  if (entry.protocol === 'sip') {
    const method = /^CSeq:\s*\d+ (\w+)/im.exec(entry.text)?.[1] ?? ''
    const ports = sdpOf(entry.text)?.media.map(({ port }) => (port === 0 ? ' 0' : ' m')) ?? []
    return `${arrow} ${/^SIP\/2\.0 (\d+)/.exec(first)?.[1] ?? ''} ${method}${ports.join('')}`.replace('  ', ' ')
  }
  const [, , word] = first.split(' ')
  if (word === 'SEND') return `${arrow} SEND ${header(entry.text, 'Byte-Range')} ${entry.flag ?? ''}`
  if (word === 'REPORT') return `${arrow} REPORT ${header(entry.text, 'Byte-Range')} ${header(entry.text, 'Status')}`
  return `${arrow} ${word}`
}
