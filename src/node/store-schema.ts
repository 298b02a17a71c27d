import type { Generated } from 'kysely'

/** The tables, as the query library sees them. Times are milliseconds since 1970, truth values 0 or 1. */
export interface StoreTables {
  transfers: TransferRow
  files: FileRow
  recipients: RecipientRow
  contacts: ContactRow
  groups: GroupRow
  capabilities: CapabilitiesRow
}

export interface TransferRow {
  /** Order of insertion; kept when the transfer is saved again. */
  seq: Generated<number>
  id: string
  direction: 'sent' | 'received'
  kind: 'push' | 'pull'
  account: string
  peer: string
  peer_name: string | null
  subject: string | null
  conversation_id: string | null
  started: number
  ended: number | null
  /** Addresses and names of the peer and the recipients for searching: `peopleOf`. */
  folded: string
  group_uri: string | null
}

export interface RecipientRow {
  /** `transfers.seq` */
  transfer: number
  position: number
  uri: string
  name: string | null
  copy_control: 'to' | 'cc' | 'bcc'
  state: string
  error_code: string | null
  error_detail: string | null
  /** Places of the files it has: JSON array of numbers. */
  files: string
}

export interface FileRow {
  /** `transfers.seq` */
  transfer: number
  position: number
  name: string
  type: string
  size: number | null
  /** An engine gives `ArrayBuffer`, the other `Uint8Array`. */
  sha1: Uint8Array | ArrayBuffer | null
  state: string
  bytes: number
  path: string | null
  part: string | null
  modified: number | null
  error_code: string | null
  error_detail: string | null
  notice: 'delivered' | 'displayed' | 'failed' | 'stored' | null
  imdn: string | null
  updated: number
  folded: string
}

export interface ContactRow {
  uri: string
  name: string | null
  trusted: number
  added: number
}

export interface GroupRow {
  name: string
  uri: string | null
  /** JSON array of addresses. */
  members: string
  added: number
}

export interface CapabilitiesRow {
  uri: string
  file_transfer: number
  max_size: number | null
  /** JSON array of texts. */
  tags: string
  learned: number
}

/** `PRAGMA application_id` of our files: "CPMF". */
export const APPLICATION_ID = 0x43504d46

/** Makes the table of applied migrations. Never changes, so that every version can read it. */
export const SCHEMA_TABLE = 'create table if not exists "schema" (version integer primary key, applied integer not null) strict'

/**
 * Migration n, at index n - 1, brings a store from schema n - 1 to n. A migration that was released never changes again;
 * a new one only adds, because an older process may have the file open.
 */
export const MIGRATIONS: readonly string[] = [
  `create table transfers (
    seq integer primary key,
    id text not null unique,
    direction text not null,
    kind text not null,
    account text not null,
    peer text not null,
    peer_name text,
    subject text,
    conversation_id text,
    started integer not null,
    ended integer,
    folded text not null
  ) strict;
  create index transfers_started on transfers (started, seq);
  create index transfers_peer on transfers (peer, direction, started);
  create table files (
    transfer integer not null references transfers (seq) on delete cascade,
    position integer not null,
    name text not null,
    type text not null,
    size integer,
    sha1 blob,
    state text not null,
    bytes integer not null,
    path text,
    part text,
    modified integer,
    error_code text,
    error_detail text,
    notice text,
    imdn text,
    updated integer not null,
    folded text not null,
    primary key (transfer, position)
  ) strict, without rowid;
  create index files_sha1 on files (sha1, updated) where sha1 is not null;
  create index files_imdn on files (imdn) where imdn is not null;
  create index files_updated on files (updated);
  create index files_state on files (state);
  create table contacts (
    uri text primary key,
    name text,
    trusted integer not null,
    added integer not null
  ) strict, without rowid;
  create table capabilities (
    uri text primary key,
    file_transfer integer not null,
    max_size integer,
    tags text not null,
    learned integer not null
  ) strict, without rowid;
  create index capabilities_learned on capabilities (learned);`,
  `alter table transfers add column group_uri text;
  create table recipients (
    transfer integer not null references transfers (seq) on delete cascade,
    position integer not null,
    uri text not null,
    name text,
    copy_control text not null,
    state text not null,
    error_code text,
    error_detail text,
    files text not null,
    primary key (transfer, position)
  ) strict, without rowid;`,
  `create table groups (
    name text primary key,
    uri text,
    members text not null,
    added integer not null
  ) strict, without rowid;`,
]
