import type { StoredFile, StoredTransfer } from '../../src/client/store.js'

/** Noon of 14 November 2023 in UTC: what `CommandLine` calls now. */
export const NOW = 1_700_000_000_000

export function storedFile(fields: Partial<StoredFile> = {}): StoredFile {
  return {
    index: 0,
    name: 'plan.pdf',
    type: 'application/pdf',
    size: 1000,
    sha1: new Uint8Array(20),
    state: 'done',
    bytes: 1000,
    path: '/out/plan.pdf',
    part: undefined,
    modified: undefined,
    error: undefined,
    notice: undefined,
    imdn: undefined,
    updated: NOW - 300_000,
    ...fields,
  }
}

export function storedTransfer(fields: Partial<StoredTransfer> = {}): StoredTransfer {
  return {
    id: '7Q2F',
    direction: 'sent',
    kind: 'push',
    account: 'sip:tester@here',
    peer: 'sip:bob@example.org',
    peerName: undefined,
    subject: undefined,
    conversationId: undefined,
    started: NOW - 400_000,
    ended: NOW - 300_000,
    files: [storedFile()],
    ...fields,
  }
}

/** Stopped at 43 %. */
export const CUT = storedTransfer({
  files: [storedFile({ state: 'failed', bytes: 430, error: { code: 'connection-lost', detail: undefined } })],
})
