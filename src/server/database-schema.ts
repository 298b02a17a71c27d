/**
 * The tables of the server, as the query library sees them; the same in SQLite and PostgreSQL. Times are milliseconds since 1970, truth
 * values 0 or 1, addresses in the form of `addressKey` where a column is called `aor`, `uri`, `recipient` or `creator`.
 */
export interface ServerTables {
  cpmft_schema: SchemaRow
  users: UserRow
  bindings: BindingRow
  groups: GroupRow
  deposits: DepositRow
  deposit_files: DepositFileRow
  nodes: NodeRow
  conferences: ConferenceRow
  secrets: SecretRow
}

export interface SchemaRow {
  version: number
  applied: number
}

export interface UserRow {
  aor: string
  /** The address as it was given. */
  address: string
  username: string
  realm: string
  display_name: string | null
  md5: string
  sha256: string
  sha512_256: string
  created: number
}

export interface BindingRow {
  aor: string
  /** Grows with every registration of the address: the newest has the highest. */
  seq: number
  contact: string
  parameters: string
  instance: string | null
  reg_id: number | null
  call_id: string
  cseq: number
  q: number
  expires: number
  /** JSON list. */
  path: string
  node: string | null
  flow: string | null
  user_agent: string | null
}

export interface GroupRow {
  uri: string
  /** The JSON of `encodeGroups` with this group alone: the form that is documented and exported. */
  definition: string
}

export interface DepositRow {
  id: string
  node: string
  recipient: string
  creator: string
  creator_name: string | null
  subject: string | null
  conversation_id: string
  contribution_id: string
  group_uri: string | null
  history: string | null
  created: number
  expires: number
  state: string
  attempts: number
  next_attempt: number
  error: string | null
}

export interface DepositFileRow {
  deposit: string
  position: number
  name: string
  type: string
  size: number
  /** Lower-case hex. */
  sha1: string | null
  disposition: string
  description: string | null
  file_created: number | null
  file_modified: number | null
  icon_type: string | null
  /** Base64. */
  icon: string | null
  spool: string | null
  octets: number
  cpim_length: number
  state: string
}

export interface NodeRow {
  id: string
  address: string
  heartbeat: number
}

export interface ConferenceRow {
  uri: string
  node: string
  creator: string
  created: number
}

export interface SecretRow {
  name: string
  /** Base64. */
  value: string
}

/** What differs between the two in a definition. */
export interface SchemaWords {
  /** Type of text that is compared octet by octet, whatever the locale of the database. */
  readonly text: string
}

/** Append only: what was released once is never changed. Statements are separated by `;` and newline. */
export const SERVER_MIGRATIONS: readonly ((words: SchemaWords) => string)[] = [
  ({ text }) => `create table users (
    aor ${text} primary key,
    address ${text} not null,
    username ${text} not null,
    realm ${text} not null,
    display_name ${text},
    md5 ${text} not null,
    sha256 ${text} not null,
    sha512_256 ${text} not null,
    created bigint not null
  );
  create unique index users_name on users (realm, username);
  create table bindings (
    aor ${text} not null,
    seq bigint not null,
    contact ${text} not null,
    parameters ${text} not null,
    instance ${text},
    reg_id bigint,
    call_id ${text} not null,
    cseq bigint not null,
    q double precision not null,
    expires bigint not null,
    path ${text} not null,
    node ${text},
    flow ${text},
    user_agent ${text},
    primary key (aor, seq)
  );
  create index bindings_expires on bindings (expires);
  create index bindings_flow on bindings (node, flow);
  create table groups (
    uri ${text} primary key,
    definition ${text} not null
  );
  create table deposits (
    id ${text} primary key,
    node ${text} not null,
    recipient ${text} not null,
    creator ${text} not null,
    creator_name ${text},
    subject ${text},
    conversation_id ${text} not null,
    contribution_id ${text} not null,
    group_uri ${text},
    history ${text},
    created bigint not null,
    expires bigint not null,
    state ${text} not null,
    attempts bigint not null,
    next_attempt bigint not null,
    error ${text}
  );
  create index deposits_due on deposits (node, state, next_attempt);
  create index deposits_recipient on deposits (recipient, state);
  create index deposits_creator on deposits (creator, created);
  create index deposits_expires on deposits (state, expires);
  create table deposit_files (
    deposit ${text} not null references deposits (id) on delete cascade,
    position bigint not null,
    name ${text} not null,
    type ${text} not null,
    size bigint not null,
    sha1 ${text},
    disposition ${text} not null,
    description ${text},
    file_created bigint,
    file_modified bigint,
    icon_type ${text},
    icon ${text},
    spool ${text},
    octets bigint not null,
    cpim_length bigint not null,
    state ${text} not null,
    primary key (deposit, position)
  );
  create index deposit_files_spool on deposit_files (spool);
  create table nodes (
    id ${text} primary key,
    address ${text} not null,
    heartbeat bigint not null
  );
  create table conferences (
    uri ${text} primary key,
    node ${text} not null,
    creator ${text} not null,
    created bigint not null
  );
  create index conferences_node on conferences (node)`,
  ({ text }) => `create table secrets (
    name ${text} primary key,
    value ${text} not null
  )`,
]

/** PRAGMA application_id of a database file of the server: "CPMs". */
export const SERVER_APPLICATION_ID = 0x43_50_4d_73
