import type { DepositFileRow, DepositRow } from './database-schema.js'
import type { Deposit, DepositFile, DepositFileState, DepositState } from './deposit-types.js'
import { addressKey } from './address-key.js'
import { storableOptional, storableText } from './storable-text.js'

export function depositRow(deposit: Deposit): DepositRow {
  return {
    id: deposit.id,
    node: deposit.node,
    recipient: addressKey(deposit.recipient),
    creator: addressKey(deposit.creator),
    creator_name: storableOptional(deposit.creatorName),
    subject: storableOptional(deposit.subject),
    conversation_id: storableText(deposit.conversationId),
    contribution_id: storableText(deposit.contributionId),
    group_uri: storableOptional(deposit.group),
    history: storableOptional(deposit.history),
    created: Math.trunc(deposit.created),
    expires: Math.trunc(deposit.expires),
    state: deposit.state,
    attempts: deposit.attempts,
    next_attempt: Math.trunc(deposit.nextAttempt),
    error: storableOptional(deposit.error),
  }
}

export function depositFileRow(deposit: string, position: number, file: DepositFile): DepositFileRow {
  return {
    deposit,
    position,
    name: storableText(file.name),
    type: storableText(file.type),
    size: file.size,
    sha1: storableOptional(file.sha1),
    disposition: storableText(file.disposition),
    description: storableOptional(file.description),
    file_created: file.created === undefined ? null : Math.trunc(file.created),
    file_modified: file.modified === undefined ? null : Math.trunc(file.modified),
    icon_type: storableOptional(file.icon?.type),
    icon: file.icon === undefined ? null : Buffer.from(file.icon.octets).toString('base64'),
    spool: storableOptional(file.spool),
    octets: file.octets,
    cpim_length: file.cpimLength,
    state: file.state,
  }
}

export function readDeposit(row: DepositRow, files: readonly DepositFileRow[]): Deposit {
  return {
    id: row.id,
    node: row.node,
    recipient: row.recipient,
    creator: row.creator,
    ...(row.creator_name !== null && { creatorName: row.creator_name }),
    ...(row.subject !== null && { subject: row.subject }),
    conversationId: row.conversation_id,
    contributionId: row.contribution_id,
    ...(row.group_uri !== null && { group: row.group_uri }),
    ...(row.history !== null && { history: row.history }),
    created: row.created,
    expires: row.expires,
    state: row.state as DepositState,
    attempts: row.attempts,
    nextAttempt: row.next_attempt,
    ...(row.error !== null && { error: row.error }),
    files: files.map(readFile),
  }
}

function readFile(row: DepositFileRow): DepositFile {
  return {
    name: row.name,
    type: row.type,
    size: row.size,
    ...(row.sha1 !== null && { sha1: row.sha1 }),
    disposition: row.disposition,
    ...(row.description !== null && { description: row.description }),
    ...(row.file_created !== null && { created: row.file_created }),
    ...(row.file_modified !== null && { modified: row.file_modified }),
    ...(row.icon !== null &&
      row.icon_type !== null && { icon: { type: row.icon_type, octets: new Uint8Array(Buffer.from(row.icon, 'base64')) } }),
    ...(row.spool !== null && { spool: row.spool }),
    octets: row.octets,
    cpimLength: row.cpim_length,
    state: row.state as DepositFileState,
  }
}
