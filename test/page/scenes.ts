import type {
  ContactView,
  ErrorView,
  FileView,
  HistoryFile,
  HistoryRow,
  OfferedFileView,
  OfferView,
  PageState,
  PartyView,
  RecipientView,
  TransferView,
} from '../../src/web/protocol/index.js'

/** Monday 23 November 2026, 14:30 UTC: the clock of every picture. */
export const NOW = Date.UTC(2026, 10, 23, 14, 30)
export const MIB = 1024 * 1024

export const BOB = party('sip:bob@example.com', 'Bob Stone', { known: true, trusted: true })
export const CAROL = party('sip:carol@example.com', 'Carol Winter', { known: true })
export const STRANGER = party('sip:x81@elsewhere.example', undefined, { identity: 'unverified' })

export function party(uri: string, displayName?: string, more: Partial<PartyView> = {}): PartyView {
  return { uri, displayName, identity: 'asserted', known: false, trusted: false, ...more }
}

/** An account that is registered and has nothing to do. */
export function pageState(more: Partial<PageState> = {}): PageState {
  return {
    v: 1,
    version: '0.1.0',
    mode: 'client',
    account: {
      aor: 'sip:alice@example.com',
      displayName: 'Alice Reed',
      contact: 'sip:alice@192.0.2.10:5061;transport=tls',
      proxy: 'sip:proxy.example.com;transport=tls',
      profile: 'secure',
    },
    registration: { state: 'registered' },
    folder: { path: '/srv/alice/Downloads', free: 58 * 1024 * MIB },
    limits: { maxFileSize: undefined, warnSize: 2 * MIB, maxGroupSize: 10 },
    transfers: [],
    offers: [],
    tour: undefined,
    ...more,
  }
}

/** The state before there is an account. */
export function firstRun(): PageState {
  return pageState({ mode: 'first-run', account: undefined, registration: { state: 'none' } })
}

export function fileView(index: number, name: string, size: number, more: Partial<FileView> = {}): FileView {
  return {
    index,
    name,
    type: typeOf(name),
    size,
    sha1: undefined,
    state: 'sending',
    bytes: 0,
    confirmed: true,
    stored: false,
    resumedAt: 0,
    rate: undefined,
    eta: undefined,
    path: undefined,
    error: undefined,
    ...more,
  }
}

/** Sent to Bob and on its way, unless told otherwise. */
export function transferView(id: string, files: readonly FileView[], more: Partial<TransferView> = {}): TransferView {
  return {
    id,
    direction: 'sent',
    peer: BOB,
    subject: undefined,
    started: NOW - 60_000,
    ended: undefined,
    phase: 'running',
    ok: undefined,
    files,
    group: undefined,
    recipients: undefined,
    warnings: [],
    error: undefined,
    actions: ['cancel', 'pause'],
    ...more,
  }
}

export function recipientView(uri: string, state: string, files: RecipientView['files'], more: Partial<RecipientView> = {}): RecipientView {
  const bytes = files.reduce((sum, file) => sum + file.bytes, 0)
  return { uri, displayName: undefined, copyControl: 'to', state, bytes, total: undefined, error: undefined, files, ...more }
}

export function offeredFile(id: string, name: string, size: number, more: Partial<OfferedFileView> = {}): OfferedFileView {
  return {
    id,
    name,
    size,
    type: typeOf(name),
    description: undefined,
    modified: NOW - 86_400_000,
    icon: undefined,
    unavailable: undefined,
    resumesAt: undefined,
    alreadyAt: undefined,
    risky: false,
    ...more,
  }
}

/** Bob's, with two minutes to answer. */
export function offerView(id: string, files: readonly OfferedFileView[], more: Partial<OfferView> = {}): OfferView {
  return {
    id,
    from: BOB,
    subject: undefined,
    received: NOW,
    expires: NOW + 120_000,
    files,
    totalSize: files.reduce((sum, file) => sum + (file.size ?? 0), 0),
    group: undefined,
    ...more,
  }
}

export function contact(uri: string, name?: string, more: Partial<ContactView> = {}): ContactView {
  return { uri, name, trusted: false, added: NOW - 30 * 86_400_000, ...more }
}

export const CONTACTS: readonly ContactView[] = [
  contact('sip:bob@example.com', 'Bob Stone', { trusted: true }),
  contact('sip:carol@example.com', 'Carol Winter'),
  contact('sip:dan@example.com', 'Dan Field'),
  contact('sip:erin@partner.example', 'Erin Moss', { trusted: true }),
  contact('sip:fay@partner.example'),
]

export const GROUPS = [
  { name: 'Sprint team', uri: 'sip:sprint@groups.example.com', members: ['sip:bob@example.com', 'sip:carol@example.com'] },
  { name: 'Family', uri: undefined, members: ['sip:dan@example.com', 'sip:erin@partner.example', 'sip:fay@partner.example'] },
]

export function errorView(code: string, text: string, more: Partial<ErrorView> = {}): ErrorView {
  return { code, text, ...more }
}

export function historyFile(index: number, name: string, size: number, more: Partial<HistoryFile> = {}): HistoryFile {
  return {
    index,
    name,
    type: typeOf(name),
    size,
    state: 'done',
    bytes: size,
    path: `/srv/alice/Downloads/${name}`,
    here: true,
    notice: undefined,
    error: undefined,
    ...more,
  }
}

export function historyRow(id: string, files: readonly HistoryFile[], more: Partial<HistoryRow> = {}): HistoryRow {
  return {
    id,
    direction: 'sent',
    peer: 'sip:bob@example.com',
    peerName: 'Bob Stone',
    subject: undefined,
    started: NOW - 3_600_000,
    ended: NOW - 3_590_000,
    group: undefined,
    recipients: undefined,
    files,
    actions: [],
    ...more,
  }
}

/** Many transfers, newest first, 20 minutes apart; the same ones every time. */
export function manyRows(count: number): HistoryRow[] {
  const people = ['Bob Stone', 'Carol Winter', 'Dan Field', 'Erin Moss', 'Fay Hill']
  const names = ['report.pdf', 'photo.jpg', 'notes.txt', 'build.zip', 'talk.mp4', 'sheet.ods']
  const states = ['done', 'done', 'done', 'failed', 'done', 'declined', 'done', 'cancelled', 'done']
  return Array.from({ length: count }, (_, at) => {
    const person = people[at % people.length] as string
    const started = NOW - (at + 1) * 1_200_000
    const state = states[at % states.length] as string
    const size = ((at * 7_919) % 40_000) * 1_000 + 512
    const files = Array.from({ length: 1 + (at % 3) }, (_, index) =>
      historyFile(index, `${at}-${names[(at + index) % names.length]}`, size, { state, bytes: state === 'done' ? size : 0 }),
    )
    return historyRow(`H${at.toString(36).toUpperCase().padStart(4, '0')}`, files, {
      direction: at % 2 === 0 ? 'sent' : 'received',
      peer: `sip:${person.split(' ')[0]?.toLowerCase()}@example.com`,
      peerName: person,
      started,
      ended: started + 5_000,
      actions: state === 'failed' ? ['retry', 'send-again'] : at % 2 === 0 ? ['send-again'] : [],
    })
  })
}

const TYPES: Record<string, string> = {
  pdf: 'application/pdf',
  zip: 'application/zip',
  jpg: 'image/jpeg',
  png: 'image/png',
  txt: 'text/plain',
  md: 'text/markdown',
  mp4: 'video/mp4',
  ods: 'application/vnd.oasis.opendocument.spreadsheet',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
  exe: 'application/x-msdownload',
}

function typeOf(name: string): string {
  return TYPES[name.slice(name.lastIndexOf('.') + 1).toLowerCase()] ?? 'application/octet-stream'
}
