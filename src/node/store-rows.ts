import type { Insertable, Selectable } from 'kysely'
import {
  type Contact,
  foldedText,
  peopleOf,
  type StoredCapabilities,
  type StoredFile,
  type StoredGroup,
  type StoredRecipient,
  type StoredTransfer,
} from '../client/index.js'
import type { CapabilitiesRow, ContactRow, FileRow, GroupRow, RecipientRow, TransferRow } from './store-schema.js'

export function transferRow(transfer: StoredTransfer): Insertable<TransferRow> {
  return {
    id: transfer.id,
    direction: transfer.direction,
    kind: transfer.kind,
    account: transfer.account,
    peer: transfer.peer,
    peer_name: transfer.peerName ?? null,
    subject: transfer.subject ?? null,
    conversation_id: transfer.conversationId ?? null,
    started: transfer.started,
    ended: transfer.ended ?? null,
    folded: peopleOf(transfer),
    group_uri: transfer.group ?? null,
  }
}

export function readTransfer(
  row: Selectable<TransferRow>,
  files: readonly StoredFile[],
  recipients: readonly StoredRecipient[],
): StoredTransfer {
  return {
    id: row.id,
    direction: row.direction,
    kind: row.kind,
    account: row.account,
    peer: row.peer,
    peerName: row.peer_name ?? undefined,
    subject: row.subject ?? undefined,
    conversationId: row.conversation_id ?? undefined,
    started: row.started,
    ended: row.ended ?? undefined,
    files,
    ...(row.group_uri === null ? {} : { group: row.group_uri }),
    ...(recipients.length === 0 ? {} : { recipients }),
  }
}

export function recipientRow(transfer: number, position: number, recipient: StoredRecipient): Insertable<RecipientRow> {
  return {
    transfer,
    position,
    uri: recipient.uri,
    name: recipient.name ?? null,
    copy_control: recipient.copyControl,
    state: recipient.state,
    error_code: recipient.error?.code ?? null,
    error_detail: recipient.error?.detail ?? null,
    files: JSON.stringify(recipient.files),
  }
}

export function readRecipient(row: Selectable<RecipientRow>): StoredRecipient {
  return {
    uri: row.uri,
    name: row.name ?? undefined,
    copyControl: row.copy_control,
    state: row.state,
    error: row.error_code === null ? undefined : { code: row.error_code, detail: row.error_detail ?? undefined },
    files: JSON.parse(row.files) as number[],
  }
}

export function fileRow(transfer: number, file: StoredFile): Insertable<FileRow> {
  return {
    transfer,
    position: file.index,
    name: file.name,
    type: file.type,
    size: file.size ?? null,
    sha1: file.sha1 ?? null,
    state: file.state,
    bytes: file.bytes,
    path: file.path ?? null,
    part: file.part ?? null,
    modified: file.modified ?? null,
    error_code: file.error?.code ?? null,
    error_detail: file.error?.detail ?? null,
    notice: file.notice ?? null,
    imdn: file.imdn ?? null,
    updated: file.updated,
    folded: foldedText(file.name),
  }
}

export function readFile(row: Selectable<FileRow>): StoredFile {
  return {
    index: row.position,
    name: row.name,
    type: row.type,
    size: row.size ?? undefined,
    sha1: row.sha1 === null ? undefined : new Uint8Array(row.sha1),
    state: row.state,
    bytes: row.bytes,
    path: row.path ?? undefined,
    part: row.part ?? undefined,
    modified: row.modified ?? undefined,
    error: row.error_code === null ? undefined : { code: row.error_code, detail: row.error_detail ?? undefined },
    notice: row.notice ?? undefined,
    imdn: row.imdn ?? undefined,
    updated: row.updated,
  }
}

export function contactRow(contact: Contact): Insertable<ContactRow> {
  return { uri: contact.uri, name: contact.name ?? null, trusted: contact.trusted ? 1 : 0, added: contact.added }
}

export function readContact(row: Selectable<ContactRow>): Contact {
  return { uri: row.uri, name: row.name ?? undefined, trusted: row.trusted === 1, added: row.added }
}

export function groupRow(group: StoredGroup): Insertable<GroupRow> {
  return { name: group.name, uri: group.uri ?? null, members: JSON.stringify(group.members), added: group.added }
}

export function readGroup(row: Selectable<GroupRow>): StoredGroup {
  return { name: row.name, uri: row.uri ?? undefined, members: JSON.parse(row.members) as string[], added: row.added }
}

export function capabilitiesRow(capabilities: StoredCapabilities): Insertable<CapabilitiesRow> {
  return {
    uri: capabilities.uri,
    file_transfer: capabilities.fileTransfer ? 1 : 0,
    max_size: capabilities.maxSize ?? null,
    tags: JSON.stringify(capabilities.tags),
    learned: capabilities.learned,
  }
}

export function readCapabilities(row: Selectable<CapabilitiesRow>): StoredCapabilities {
  return {
    uri: row.uri,
    fileTransfer: row.file_transfer === 1,
    maxSize: row.max_size ?? undefined,
    tags: JSON.parse(row.tags) as string[],
    learned: row.learned,
  }
}
