import type { StoredFile, StoredRecipient, StoredTransfer } from '../../src/client/index.js'

export const DAY = 24 * 3600 * 1000
export const NOW = Date.UTC(2026, 10, 23)

export function storedFile(change: Partial<StoredFile> = {}): StoredFile {
  return {
    index: 0,
    name: 'plan.pdf',
    type: 'application/pdf',
    size: 1300,
    sha1: hash(1),
    state: 'done',
    bytes: 1300,
    path: '/h/bob/inbox/plan.pdf',
    part: undefined,
    modified: NOW - DAY,
    error: undefined,
    notice: undefined,
    imdn: undefined,
    updated: NOW,
    ...change,
  }
}

export function storedTransfer(change: Partial<StoredTransfer> = {}): StoredTransfer {
  return {
    id: '7Q2F',
    direction: 'received',
    kind: 'push',
    account: 'sip:bob@example.com',
    peer: 'sip:alice@example.com',
    peerName: 'Alice Reed',
    subject: 'Plans',
    conversationId: 'f81d4fae-7dec-11d0-a765-00a0c91e6bf6',
    started: NOW,
    ended: undefined,
    files: [storedFile()],
    ...change,
  }
}

export function hash(value: number): Uint8Array {
  return new Uint8Array(20).fill(value)
}

export function storedRecipient(change: Partial<StoredRecipient> = {}): StoredRecipient {
  return {
    uri: 'sip:carol@example.com',
    name: 'Carol',
    copyControl: 'bcc',
    state: 'declined',
    error: { code: 'declined', detail: 'The server says 488.' },
    files: [0, 2],
    ...change,
  }
}
