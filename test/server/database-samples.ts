import type { GroupDefinition } from '../../src/focus/index.js'
import type { Binding } from '../../src/server/database.js'
import type { Deposit, DepositFile } from '../../src/server/deposit-types.js'

export const NOW = 1_795_000_000_000
export const MINUTE = 60_000

export function binding(changes: Partial<Binding> = {}): Binding {
  return {
    aor: 'sip:bob@example.org',
    contact: 'sip:bob@192.0.2.7:5070;transport=tcp',
    parameters: ';+sip.instance="<urn:uuid:1>";+g.oma.sip-im',
    callId: 'call-1',
    cseq: 1,
    q: 1,
    expires: NOW + MINUTE,
    path: [],
    ...changes,
  }
}

/** Every field is there. */
export const FULL_BINDING = binding({
  instance: '<urn:uuid:1>',
  regId: 2,
  q: 0.25,
  path: ['<sip:edge.example.org;lr;ob>', '<sip:core.example.org;lr>'],
  node: 'n1',
  flow: 'flow-7',
  userAgent: 'phone/1.0 "Ü" 📎',
})

export const GROUP: GroupDefinition = {
  name: 'Team',
  uri: 'sip:team@example.org',
  members: [
    { uri: 'sip:alice@example.org', hidden: false },
    { uri: 'tel:+15550103', name: 'Carol Stone', hidden: true },
  ],
  senders: ['sip:alice@example.org'],
  maxSize: 20,
}

export function depositFile(changes: Partial<DepositFile> = {}): DepositFile {
  return {
    name: 'plan.pdf',
    type: 'application/pdf',
    size: 4096,
    disposition: 'attachment',
    spool: 'spool-1',
    octets: 4400,
    cpimLength: 304,
    state: 'waiting',
    ...changes,
  }
}

export function deposit(changes: Partial<Deposit> = {}): Deposit {
  return {
    id: 'd1',
    node: 'n1',
    recipient: 'sip:bob@example.org',
    creator: 'sip:alice@example.org',
    conversationId: 'conv-1',
    contributionId: 'contr-1',
    created: NOW,
    expires: NOW + MINUTE,
    state: 'waiting',
    attempts: 0,
    nextAttempt: NOW,
    files: [depositFile()],
    ...changes,
  }
}
